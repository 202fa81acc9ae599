"""Days and months: events and dates in, rows and grids out. No queries."""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from events.models import Event

FIRST_YEAR, LAST_YEAR = 1900, 2100
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
_LAST_MINUTE = dt.time(23, 59)


def local(moment: dt.datetime) -> dt.datetime:
    """`moment` by the site's wall clock; in UTC on the last and first days that a computer knows."""
    try:
        return timezone.localtime(moment)
    except OverflowError:
        return moment


def end_of_whole_days(starts: dt.datetime | None, ends: dt.datetime | None) -> dt.datetime | None:
    """The midnight after the last of whole days; None when it is not about whole days.

    The format has no flag for it: whoever means whole days says from midnight to midnight, or to the minute before, as
    calendars are imported.
    """
    if starts is None or ends is None:
        return None
    first, last = local(starts), local(ends)
    if last.time() == _LAST_MINUTE and last.date() < dt.date.max:
        last += dt.timedelta(minutes=1)
    return last if first.time() == last.time() == dt.time.min and first.date() < last.date() else None


@dataclass
class Row:
    """An event in a day of a listing; `same_time` when the row above starts at the same minute."""

    event: "Event"
    same_time: bool = False


@dataclass
class Day:
    """A day of a listing. `count` is None when the page may show only part of the day."""

    date: dt.date
    today: dt.date
    rows: list[Row] = field(default_factory=list)
    still_on: list[Row] = field(default_factory=list)
    count: int | None = None

    @property
    def is_today(self) -> bool:
        return self.date == self.today

    @property
    def is_tomorrow(self) -> bool:
        return self.date == self.today + dt.timedelta(days=1)


def by_day(
    events: Iterable["Event"],
    today: dt.date | None = None,
    *,
    carry: bool = True,
    cut_before: bool = False,
    cut_after: bool = False,
) -> list[Day]:
    """Events in order of their date, as days by the site's wall clock.

    What began before `today` and still runs stands under today, unless `carry` is False. `cut_before` and
    `cut_after` say that the page before or after may hold more of the first or last day.
    """
    today = today or timezone.localdate()
    days: dict[dt.date, Day] = {}
    for event in events:
        assert event.date is not None
        starts = timezone.localdate(event.date)
        carried = carry and starts < today and not event.is_over
        day = days.setdefault(today if carried else starts, Day(today if carried else starts, today))
        rows = day.still_on if carried else day.rows
        rows.append(Row(event, same_time=bool(rows) and not carried and rows[-1].event.date == event.date))
    listed = sorted(days.values(), key=lambda day: day.date)
    for number, day in enumerate(listed):
        is_cut = (cut_before and number == 0) or (cut_after and number == len(listed) - 1)
        day.count = None if is_cut else len(day.rows) + len(day.still_on)
    return listed


@dataclass
class Cell:
    """A day of a month's grid; `date` is None outside the month. `more` events are not shown."""

    date: dt.date | None
    today: dt.date
    events: list["Event"] = field(default_factory=list)
    more: int = 0

    @property
    def is_today(self) -> bool:
        return self.date == self.today

    @property
    def is_past(self) -> bool:
        return self.date is not None and self.date < self.today


def month_grid(
    year: int, month: int, events: Iterable["Event"], counts: dict[dt.date, int], today: dt.date | None = None
) -> list[list[Cell]]:
    """The weeks of a month, Monday first, with the given events in their days."""
    today = today or timezone.localdate()
    shown: dict[dt.date, list[Event]] = {}
    for event in events:
        assert event.date is not None
        shown.setdefault(timezone.localdate(event.date), []).append(event)

    def cell(number: int) -> Cell:
        if not number:
            return Cell(None, today)
        day = dt.date(year, month, number)
        here = shown.get(day, [])
        return Cell(day, today, here, more=counts.get(day, 0) - len(here))

    return [[cell(number) for number in week] for week in calendar.Calendar().monthdayscalendar(year, month)]


def last_day(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def week_start(year: int, week: int) -> dt.date:
    """The Monday of an ISO 8601 week. Raises ValueError where the year has no such week."""
    return dt.date.fromisocalendar(year, week, 1)


# The addresses of the calendar. The pages of months, weeks and days are linked so often that reversing would cost.


def day_address(day: dt.date) -> str:
    return f"/events/{day:%Y/%m/%d}"


def week_address(day: dt.date) -> str:
    """Of the ISO week that `day` is in."""
    year, week, _weekday = day.isocalendar()
    return f"/events/{year}/w{week:02}"


def month_address(day: dt.date) -> str:
    return f"/events/{day:%Y/%m}"


def year_address(year: int) -> str:
    """Not /events/2009, which is an event when there is one of this number."""
    return f"/events/archive/{year}"


def neighbour_day(day: dt.date, step: int) -> dt.date | None:
    """The day `step` days away; None outside the years the site knows."""
    there = day + dt.timedelta(days=step)
    return there if FIRST_YEAR <= there.year <= LAST_YEAR else None


def weeks_later(starts: dt.datetime) -> dt.date | None:
    """The next day that is the same of the week as `starts`, and not yet past its clock time; at least a week later.

    None outside the years the site knows.
    """
    passed = timezone.make_naive(timezone.now()) - timezone.make_naive(starts)
    return neighbour_day(timezone.localdate(starts), 7 * max(1, -(-passed // dt.timedelta(weeks=1))))
