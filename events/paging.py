"""Pages by cursor: the next one starts after the last event shown, so page 30,000 costs what the first does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from events.calendar import Day, by_day

if TYPE_CHECKING:
    from events.models import Event, EventQuerySet

PAGE_SIZE = 30
# How many events are read at a time where there is no page.
CHUNK = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):  # noqa: N818
    """What came as a cursor is none."""


class Order(StrEnum):
    """The orders of lists. Events of the same instant stand in that of their ids."""

    SOONEST = "s"
    LATEST = "l"
    POSTED = "p"

    @property
    def column(self) -> str:
        return "created_on" if self == Order.POSTED else "date"

    @property
    def descends(self) -> bool:
        return self != Order.SOONEST

    @property
    def columns(self) -> list[str]:
        """As Django sorts by them."""
        sign = "-" if self.descends else ""
        return [f"{sign}{self.column}", f"{sign}id"]


@dataclass(frozen=True)
class Cursor:
    """A place in a list: that of one event. `listing` is what tells the list from all others."""

    order: Order
    moment: datetime
    id: int
    listing: str

    @classmethod
    def of(cls, event: "Event", order: Order, listing: str) -> Self:
        return cls(order, getattr(event, order.column), event.pk, listing)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str()` wrote. Raises BadCursor."""
        match = re.fullmatch(r"([slp])(-?[0-9]{1,18})-([0-9]{1,18})-([0-9a-f]{8})", text)
        if not match:
            raise BadCursor("not a cursor")
        try:
            moment = _EPOCH + timedelta(microseconds=int(match[2]))
        except OverflowError:
            raise BadCursor("not a date") from None
        return cls(Order(match[1]), moment, int(match[3]), match[4])

    def __str__(self) -> str:
        return f"{self.order}{(self.moment - _EPOCH) // timedelta(microseconds=1)}-{self.id}-{self.listing}"

    @property
    def following(self) -> Q:
        """The condition for what stands after this place.

        The first part is implied by the second; it lets the database start in the index.
        """
        then, column = "lt" if self.order.descends else "gt", self.order.column
        after = Q(**{f"{column}__{then}": self.moment}) | Q(**{column: self.moment, f"id__{then}": self.id})
        return Q(**{f"{column}__{then}e": self.moment}) & after


def all_in_order(events: "EventQuerySet", order: Order, at_once: int = CHUNK) -> "Iterator[Event]":
    """Every one of `events`, with no more than `at_once` read at a time; what lacks that by which they are sorted last.

    No query and no transaction lasts: the site goes on meanwhile, and what moves in the order may come twice or never.
    """
    for lacks_it, columns in ((False, order.columns), (True, ["id"])):
        rest = part = events.filter(**{f"{order.column}__isnull": lacks_it}).order_by(*columns)
        while found := list(rest[:at_once]):
            yield from found
            last = found[-1]
            rest = part.filter(Q(id__gt=last.pk) if lacks_it else Cursor.of(last, order, "").following)


@dataclass
class Page:
    """Some events of a list. `next` is the cursor of the page after, None on the last one."""

    # What has been on for long, and goes on.
    ongoing: "list[Event]" = field(default_factory=list)
    # What is shown under its days, in order of time.
    coming: "list[Event]" = field(default_factory=list)
    # What is shown in rows with a date each: what was, or another order.
    dated: "list[Event]" = field(default_factory=list)
    # What was on last, where nothing of the list is to come.
    last: "Event | None" = None
    after: Cursor | None = None
    next: Cursor | None = None
    # Whether what is over is left out, and what began before today and still runs stands under today.
    carries: bool = True

    @property
    def events(self) -> "list[Event]":
        """All of them, as formats list them."""
        return [*self.ongoing, *self.coming, *self.dated]

    @property
    def days(self) -> list[Day]:
        """What is coming under its days."""
        more = self.next is not None and not self.dated
        return by_day(self.coming, carry=self.carries, cut_before=self.after is not None, cut_after=more)

    @property
    def goes_on_later(self) -> bool:
        """Whether the next page is later in time rather than earlier."""
        return self.next is not None and self.next.order == Order.SOONEST
