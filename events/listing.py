"""Lists of events: which, in what order, under what address and name. One object behind every format of a list."""

import enum
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collectives.models import Collective
from events.calendar import YEARS
from events.models import EXPORT_JOINS, EXPORT_RELATIONS, LONG, Area, Event, EventQuerySet, Tag, Venue, start_of
from events.paging import PAGE_SIZE, Cursor, Order, Page

# How many are shown in a box beside the days.
BESIDE = 12
BEST_MATCHES = 30
_INSTANT = timedelta(microseconds=1)
EVENING, MORNING = timedelta(hours=17), timedelta(hours=30)


def _during(column: str, begins: datetime | None, ends: datetime | None) -> dict[str, datetime]:
    """Conditions for a column with an instant."""
    found = {f"{column}__gte": begins, f"{column}__lt": ends}
    return {condition: instant for condition, instant in found.items() if instant}


class Span(enum.Enum):
    """Which part of time a list is about, unless it is asked for another."""

    UPCOMING = "what is not over, soonest first"
    PAST = "what is over, newest first"
    PERIOD = "what begins within some time, in order"
    ONGOING = "what has been on for long, and goes on"
    ALL = "what is not over, soonest first, then what is, newest first"
    SEARCH = "what is not over, soonest first, then of what is over that which matches best"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed down to. Days are by the site's wall clock and both belong to it."""

    q: str = ""
    tags: tuple[Tag, ...] = ()
    area: Area | None = None
    place: Venue | None = None
    group: Collective | None = None
    status: str = ""
    first: date | None = None
    last: date | None = None
    order: str = ""

    @property
    def begins(self) -> datetime | None:
        """The first instant of the first day."""
        return start_of(self.first) if self.first else None

    @property
    def ends(self) -> datetime | None:
        """The first instant after the last day."""
        return start_of(self.last + timedelta(days=1)) if self.last else None

    def among(
        self, events: EventQuerySet, begins: datetime | None = None, ends: datetime | None = None
    ) -> EventQuerySet:
        """Those of `events` that pass, of which none begins before `begins`, or at `ends` or later."""
        for tag in self.tags:
            events = events.filter(**_during("eventtag__date", begins, ends), eventtag__tag=tag)
        if self.area:
            events = events.filter(**_during("eventarea__date", begins, ends), eventarea__area=self.area)
        if self.place:
            events = events.filter(venue=self.place)
        if self.group:
            events = events.filter(collective=self.group)
        if self.status:
            events = events.filter(moderation_status=self.status)
        return events.matching(self.q, begins) if self.q else events

    def as_query(self) -> list[tuple[str, str]]:
        """As the parameters of an address, always in the same order."""
        found: list[tuple[str, Any]] = [("q", self.q)]
        found += sorted(("tag", tag.slug) for tag in self.tags)
        found += [
            ("area", self.area and self.area.slug),
            ("place", self.place and self.place.slug),
            # A group that not everybody may see, a list cannot be asked for.
            ("group", self.group and self.group.is_public and self.group.slug),
            ("status", self.status),
            ("from", self.first and self.first.isoformat()),
            ("to", self.last and self.last.isoformat()),
            ("order", self.order),
        ]
        return [(name, value) for name, value in found if value]

    def each(self) -> Iterator[tuple[str, "Filters"]]:
        """Every filter that is set, in words, and what is left without that one."""
        if self.q:
            yield _("“%(words)s”") % {"words": self.q}, replace(self, q="")
        for tag in self.tags:
            yield tag.name, replace(self, tags=tuple(other for other in self.tags if other != tag))
        if self.area:
            yield _("in %(area)s") % {"area": self.area.name}, replace(self, area=None)
        if self.place:
            yield _("at %(venue)s") % {"venue": self.place}, replace(self, place=None)
        if self.group:
            yield _("by %(group)s") % {"group": self.group.name}, replace(self, group=None)
        if self.status:
            yield _("featured") if self.status == "featured" else _("promoted"), replace(self, status="")
        if self.first:
            yield replace(self, last=None).period, replace(self, first=None)
        if self.last:
            yield replace(self, first=None).period, replace(self, last=None)
        if self.order:
            yield _("newest posts first"), replace(self, order="")

    @property
    def subject(self) -> str:
        """What kind of events, whose and where, in words; empty when all of them."""
        words = [", ".join(tag.name for tag in self.tags)]
        if self.status:
            kind = _("Featured events") if self.status == "featured" else _("Promoted events")
            words = [f"{kind}: {words[0]}" if words[0] else kind]
        elif not words[0] and (self.area or self.place or self.group or self.q):
            words = [_("Events")]
        if self.area:
            words.append(_("in %(area)s") % {"area": self.area.name})
        if self.place:
            words.append(_("at %(venue)s") % {"venue": self.place})
        if self.group:
            words.append(_("by %(group)s") % {"group": self.group.name})
        if self.q:
            words.append(_("with “%(words)s”") % {"words": self.q})
        return " ".join(filter(None, words))

    @property
    def period(self) -> str:
        """From when to when, in words."""
        first, last = (date_format(day, "j F Y") if day else "" for day in (self.first, self.last))
        if first and last:
            return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return _("from %(first)s") % {"first": first}
        return _("until %(last)s") % {"last": last} if last else ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of events. `path` is its address without a format's suffix, `name` what it is called.

    `when` is the part of time it is about as it stands in a sentence ("this weekend"). `fixed` is what the address
    itself narrows it down to, `chosen` what was asked for beside. `begins` and `ends` are instants; the end is not in.
    """

    path: str
    name: str
    span: Span = Span.UPCOMING
    when: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    fixed: Filters = field(default_factory=Filters)
    chosen: Filters = field(default_factory=Filters)
    events: EventQuerySet = field(default_factory=lambda: Event.objects.visible(), compare=False)
    # What the rows show of other tables, read once for all parts of a page.
    relations: tuple[str, ...] = ()
    after: Cursor | None = None

    def narrowed(self, chosen: Filters, after: Cursor | None = None) -> "Listing":
        """The same list with what a reader asked for."""
        fixed = {tag.pk for tag in self.fixed.tags}
        return replace(
            self, chosen=replace(chosen, tags=tuple(tag for tag in chosen.tags if tag.pk not in fixed)), after=after
        )

    # Its addresses.

    @property
    def query(self) -> str:
        """What was asked for, as the query of an address: the same for the same list, without the cursor."""
        return urlencode(self.chosen.as_query(), quote_via=quote)

    @property
    def key(self) -> str:
        """Tells cursors of this list from those of others."""
        return f"{zlib.crc32(self.address().encode()):08x}"

    def address(self, suffix: str = "", after: Cursor | None = None) -> str:
        """The path and query of this list in a format; of its page after a cursor."""
        parts = [self.query, f"after={after}" if after else ""]
        query = "&".join(filter(None, parts))
        path = (self.path if self.path != "/" else "/events") if suffix else self.path
        return f"{path}{'.' if suffix else ''}{suffix}{'?' if query else ''}{query}"

    def url(self, suffix: str = "", after: Cursor | None = None) -> str:
        return settings.SITE_URL + self.address(suffix, after)

    @property
    def here(self) -> str:
        """The path and query of this page, whatever else a link to it carried."""
        return self.address(after=self.after)

    @property
    def canonical(self) -> str:
        """The one address of this page."""
        return settings.SITE_URL + self.here

    @property
    def whole(self) -> str:
        """The address of the list with nothing left out. A search keeps what it is for."""
        return replace(self, chosen=Filters(q=self.chosen.q if self.span == Span.SEARCH else ""), after=None).address()

    @property
    def narrowing(self) -> Filters:
        """What its address and what was asked for narrow it down to. Of two areas, say, that of the address stands."""
        by_address = {name: getattr(self.fixed, name) for name in ("area", "place", "group", "status")}
        by_address = {name: value for name, value in by_address.items() if value}
        return replace(self.chosen, tags=(*self.fixed.tags, *self.chosen.tags), **by_address)

    @property
    def query_string(self) -> str:
        """What narrows it down, as it follows the path of a list of another time: with the question mark, or empty."""
        query = urlencode(self.narrowing.as_query(), quote_via=quote)
        return f"?{query}" if query else ""

    @property
    def chips(self) -> list[tuple[str, str]]:
        """The filters in use: each in words, and the address of the list without it.

        What a search is for stands in its field.
        """
        return [
            (words, replace(self, chosen=without, after=None).address())
            for words, without in self.chosen.each()
            if self.span != Span.SEARCH or without.q == self.chosen.q
        ]

    # Its name.

    @property
    def title(self) -> str:
        """What the list holds, in words: "Benefit in Hackney, this weekend"."""
        if self.chosen == Filters(order=self.chosen.order):
            return self.name
        shown = self.narrowing
        times = [self.when, shown.period]
        subject = shown.subject or (_("Events") if self.when else self.name)
        return ", ".join(filter(None, [subject, *times]))

    # Its events.

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query)

    @property
    def order(self) -> Order | None:
        """The one order that the whole list is in; None when it has two parts."""
        if self.chosen.order == "posted":
            return Order.POSTED
        if self.span in (Span.ALL, Span.SEARCH) and not self.chosen.first:
            return None
        return Order.LATEST if self.span == Span.PAST else Order.SOONEST

    @property
    def orders(self) -> tuple[Order, ...]:
        """Those of its parts, one after the other."""
        return (self.order,) if self.order else (Order.SOONEST, Order.LATEST)

    @property
    def within(self) -> EventQuerySet:
        """Those of its events that begin within what it is about."""
        return self._between()

    def _between(self, begins: datetime | None = None, ends: datetime | None = None) -> EventQuerySet:
        """The same, from `begins` on and before `ends`."""
        begins = max(filter(None, [begins, self.begins, self.chosen.begins]), default=None)
        ends = min(filter(None, [ends, self.ends, self.chosen.ends]), default=None)
        events = self.events.filter(**_during("date", begins, ends))
        return self.chosen.among(self.fixed.among(events, begins, ends), begins, ends)

    def page(self, size: int = PAGE_SIZE, *, beside: int = BESIDE) -> Page:
        """A page of at most `size` events; on the first, up to `beside` more that are on beside them."""
        page = Page(after=self.after, carries=self._carries)
        if not self.after:
            page.ongoing = list(self.beside()[:beside])
        found: list[tuple[Order, Event]] = []
        for order in self.orders:
            if self.span == Span.SEARCH and order == Order.LATEST:
                page.dated = [] if self.after else self._best_of_the_past()
            elif not self.after or self.after.order in (order, Order.SOONEST):
                found += [(order, event) for event in self._in_order(order)[: size + 1 - len(found)]]
        for order, event in found[:size]:
            (page.coming if order == Order.SOONEST else page.dated).append(event)
        if len(found) > size:
            order, last = found[size - 1]
            page.next = Cursor.of(last, order, self.key)
        if page.dated and not (self.order or self.after or page.ongoing or page.coming):
            page.last = page.dated[0]
        models.prefetch_related_objects(page.events, *self.relations)
        return page

    def for_reading(self) -> "Listing":
        """With what the rows of a page show."""
        return replace(self, events=self.events.in_brief(), relations=("tags", "areas"))

    def for_export(self) -> "Listing":
        """With what the formats for other programs tell."""
        return replace(self, events=self.events.select_related(*EXPORT_JOINS), relations=EXPORT_RELATIONS)

    def beside(self) -> EventQuerySet:
        """What is on without beginning in the time of this list."""
        if self._boxes_ongoing:
            return self.within.ongoing()
        if self.span == Span.PERIOD and self.begins and not self.chosen.first and not self.chosen.order:
            return replace(self, begins=None, ends=None)._between(self.begins - LONG, self.begins).still_on(self.begins)
        return self.events.none()

    @property
    def _carries(self) -> bool:
        return self.span in (Span.UPCOMING, Span.ONGOING, Span.ALL, Span.SEARCH) and not self.chosen.first

    @property
    def _boxes_ongoing(self) -> bool:
        return self._carries and self.span != Span.ONGOING and not self.chosen.order

    def _in_order(self, order: Order) -> EventQuerySet:
        """Its events, or one of its two parts, in an order; on a further page, those that are left."""
        after = self.after if self.after and self.after.order == order else None
        now = timezone.now()
        shown_to = after.moment if after and order != Order.POSTED else None
        if self.span == Span.ONGOING:
            events = self.within.ongoing(now)
        elif self.span == Span.PAST or order == Order.LATEST:
            events = self._between(ends=min(shown_to or now, now) + _INSTANT).past(now)
        elif self._boxes_ongoing:
            events = self._between(shown_to or now - LONG).coming_up(now)
        elif self.span == Span.UPCOMING and self._carries:
            events = self._between(shown_to).upcoming(now)
        else:
            events = self._between(shown_to)
        # Imported events may lack either: what is sorted by nothing has no place, and what has no day no row.
        known = {f"{column}__isnull": False for column in ("date", order.column)}
        events = events.filter(**known).order_by(*self._columns(order))
        return events.filter(after.following) if after else events

    def _columns(self, order: Order) -> list[str]:
        """What the database sorts by: the same dates beside a tag or area, whose index has its events in order."""
        terms = {"eventtag": self.fixed.tags or self.chosen.tags, "eventarea": self.fixed.area or self.chosen.area}
        join = next((join for join, narrows in terms.items() if narrows), None)
        if join is None or order == Order.POSTED:
            return order.columns
        sign = "-" if order.descends else ""
        return [f"{sign}{join}__date", f"{sign}{join}__event"]

    def _best_of_the_past(self) -> list[Event]:
        """What a search finds of what is over."""
        past = replace(self, chosen=replace(self.chosen, q=""))._in_order(Order.LATEST)
        return past.best_matches(self.chosen.q, BEST_MATCHES)

    def nearest_days(self) -> tuple[date | None, date | None]:
        """The last day before this list's time, and the first after it, that have something."""
        assert self.begins is not None
        assert self.ends is not None
        # Of other years there are no pages.
        first, last = start_of(date(YEARS.start, 1, 1)), start_of(date(YEARS.stop, 1, 1))
        at_any_time = replace(self, begins=None, ends=None)
        latest = at_any_time._between(first, self.begins).order_by(*self._columns(Order.LATEST))
        soonest = at_any_time._between(self.ends, last).order_by(*self._columns(Order.SOONEST))
        before, after = (found.values_list("date", flat=True).first() for found in (latest, soonest))
        return before and timezone.localdate(before), after and timezone.localdate(after)


def of_days(first: date, last: date, **how: Any) -> Listing:
    """What begins on the days `first` to `last` by the site's wall clock."""
    return Listing(span=Span.PERIOD, begins=start_of(first), ends=start_of(last + timedelta(days=1)), **how)


def tonight(**how: Any) -> Listing:
    """What begins this evening or before the morning; before six o'clock that is the night that is still going on."""
    # By the clock, as all sums of times in the site's zone are, also on the days when it changes.
    start = start_of((timezone.localtime() - timedelta(hours=6)).date())
    return Listing(span=Span.PERIOD, begins=start + EVENING, ends=start + MORNING, when=_("tonight"), **how)


def weekend(**how: Any) -> Listing:
    """From Friday evening to Sunday night, of this week."""
    today = timezone.localdate()
    friday = today + timedelta(days=4 - today.weekday())
    ends = start_of(friday + timedelta(days=3))
    return Listing(span=Span.PERIOD, begins=start_of(friday) + EVENING, ends=ends, when=_("this weekend"), **how)
