"""Pages by cursor: the next one starts after the last event shown, so page 30,000 costs what the first does."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import Q
from django.http import Http404

from events.calendar import Day, by_day

if TYPE_CHECKING:
    from events.models import Event

PAGE_SIZE = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(Http404):
    """What came as a cursor is none."""


@dataclass(frozen=True)
class Cursor:
    """The place in a list ordered by date and id: that of one event."""

    date: datetime
    id: int

    @classmethod
    def of(cls, event: "Event") -> Self:
        assert event.date is not None
        return cls(event.date, event.pk)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str()` wrote. Raises BadCursor."""
        match = re.fullmatch(r"(-?[0-9]{1,18})-([0-9]{1,18})", text)
        if not match:
            raise BadCursor("not a cursor")
        try:
            return cls(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
        except OverflowError:
            raise BadCursor("not a date") from None

    def __str__(self) -> str:
        return f"{(self.date - _EPOCH) // timedelta(microseconds=1)}-{self.id}"

    def following(self, *, descending: bool = False) -> Q:
        """The condition for what stands after this place."""
        then = "lt" if descending else "gt"
        return Q(**{f"date__{then}": self.date}) | Q(date=self.date, **{f"id__{then}": self.id})


@dataclass
class Page:
    """Some events of a list. `next` is the cursor of the page after, None on the last one."""

    events: "list[Event]"
    after: Cursor | None
    next: Cursor | None

    @property
    def days(self) -> list[Day]:
        """The events under their days; those that began earlier and still run, under today."""
        return self._by_day(carry=True)

    @property
    def days_begun(self) -> list[Day]:
        """The events under the days they begin on."""
        return self._by_day(carry=False)

    def _by_day(self, *, carry: bool) -> list[Day]:
        return by_day(self.events, carry=carry, cut_before=self.after is not None, cut_after=self.next is not None)
