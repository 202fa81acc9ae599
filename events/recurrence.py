"""Repeating dates: rules as people choose them, their text in RFC 5545, their dates, and the sentence that says them.

Everything here is the wall clock of the site: naive datetimes, and plain dates. `at()` makes an instant of one, so a
date at 19:30 stays at 19:30 when the clocks change. A wall time that the clocks leave out is taken with the offset
before the change (RFC 5545, 3.3.5: 02:30 becomes 03:30); of one that comes twice the first is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any

from dateutil import rrule
from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

MAX_EVERY = 99
MAX_COUNT = 400
MAX_DURATION = timedelta(days=5 * 366)
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LAST = -1
# How many dates are compared where a rule moves.
_COMPARED = 60


class Unit(StrEnum):
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"

    @property
    def frequency(self) -> str:
        return {Unit.DAYS: "DAILY", Unit.WEEKS: "WEEKLY", Unit.MONTHS: "MONTHLY"}[self]


class MonthBy(StrEnum):
    """What stays the same from month to month."""

    DAY = "day"
    WEEKDAY = "weekday"
    LAST = "last"


def at(wall: datetime) -> datetime:
    """The instant of a wall time of the site."""
    return timezone.make_aware(wall).astimezone(UTC)


def wall(moment: datetime) -> datetime:
    """What the site's clock shows at an instant."""
    return timezone.make_naive(moment)


@dataclass(frozen=True)
class Recurrence:
    """A rule whose first date is `starts`. `until` is the last day it may give; `count` includes what `left_out` names.

    Raises ValueError where it makes no sense.
    """

    starts: datetime
    unit: Unit = Unit.WEEKS
    every: int = 1
    weekdays: tuple[int, ...] = ()  # of weeks; Monday is 0, none means the weekday of the first date
    month_by: MonthBy = MonthBy.DAY
    until: date | None = None
    count: int | None = None
    left_out: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= self.every <= MAX_EVERY:
            raise ValueError(f"every {self.every}")
        if self.count is not None and (self.count < 1 or self.until is not None):
            raise ValueError(f"{self.count} dates until {self.until}")
        if not all(0 <= day <= 6 for day in self.weekdays):
            raise ValueError(f"weekdays {self.weekdays}")
        chosen = tuple(sorted(set(self.weekdays))) or (self.starts.weekday(),)
        object.__setattr__(self, "weekdays", chosen if self.unit == Unit.WEEKS else ())
        object.__setattr__(self, "month_by", self.month_by if self.unit == Unit.MONTHS else MonthBy.DAY)

    # Text

    def to_rrule(self) -> str:
        """The value of RRULE. UNTIL is a wall time, as that of DTSTART is."""
        parts = [f"FREQ={self.unit.frequency}", f"INTERVAL={self.every}"]
        if self.unit == Unit.WEEKS:
            parts.append("BYDAY=" + ",".join(_CODES[day] for day in self.weekdays))
        elif self.unit == Unit.MONTHS and self.month_by == MonthBy.DAY:
            parts.append(f"BYMONTHDAY={self.starts.day}")
        elif self.unit == Unit.MONTHS:
            parts.append(f"BYDAY={self.place_in_month}{_CODES[self.starts.weekday()]}")
        if self.until:
            parts.append(f"UNTIL={datetime.combine(self.until, time(23, 59, 59)):%Y%m%dT%H%M%S}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        return ";".join(parts)

    def to_exdates(self) -> str:
        """The value of EXDATE, empty when nothing is left out."""
        return ",".join(f"{datetime.combine(day, self.starts.time()):%Y%m%dT%H%M%S}" for day in sorted(self.left_out))

    @classmethod
    def from_rrule(cls, text: str, exdates: str, starts: datetime) -> "Recurrence":
        """Reads what `to_rrule` and `to_exdates` wrote of a rule that starts then. Raises ValueError."""
        parts = dict(part.split("=", 1) for part in text.split(";"))
        unit = next((unit for unit in Unit if unit.frequency == parts.get("FREQ")), None)
        if unit is None:
            raise ValueError(text)
        how: dict[str, Any] = {"unit": unit, "every": int(parts.get("INTERVAL", "1"))}
        if unit == Unit.WEEKS and "BYDAY" in parts:
            how["weekdays"] = tuple(_CODES.index(code) for code in parts["BYDAY"].split(","))
        elif unit == Unit.MONTHS and "BYDAY" in parts:
            how["month_by"] = MonthBy.LAST if parts["BYDAY"].startswith("-") else MonthBy.WEEKDAY
        if "UNTIL" in parts:
            how["until"] = datetime.strptime(parts["UNTIL"][:8], "%Y%m%d").date()
        if "COUNT" in parts:
            how["count"] = int(parts["COUNT"])
        days = re.findall(r"(\d{8})T\d{6}", exdates)
        rule = cls(starts, left_out=frozenset(datetime.strptime(day, "%Y%m%d").date() for day in days), **how)
        if rule.to_rrule() != text:
            raise ValueError(text)
        return rule

    # Dates

    @property
    def place_in_month(self) -> int:
        """Which one of its weekday in the month the first date is; -1 for the last."""
        return _LAST if self.month_by == MonthBy.LAST else (self.starts.day - 1) // 7 + 1

    def _all(self) -> Iterator[datetime]:
        """Every date of the rule, those left out too."""
        how: dict[str, Any] = {"dtstart": self.starts, "interval": self.every, "count": self.count}
        if self.until:
            how["until"] = datetime.combine(self.until, time.max)
        if self.unit == Unit.WEEKS:
            how["byweekday"] = self.weekdays
        elif self.unit == Unit.MONTHS and self.month_by == MonthBy.DAY:
            how["bymonthday"] = self.starts.day
        elif self.unit == Unit.MONTHS:
            how["byweekday"] = rrule.weekday(self.starts.weekday(), self.place_in_month)
        return iter(rrule.rrule(getattr(rrule, self.unit.frequency), **how))

    def dates(self, until: date | None = None) -> Iterator[datetime]:
        """The wall times of the dates in order, up to the day `until`. Without it a rule may have no end."""
        found = (each for each in self._all() if each.date() not in self.left_out)
        return found if until is None else takewhile(lambda each: each.date() <= until, found)

    @property
    def fits_first_date(self) -> bool:
        """Whether the first date is one that the rule itself gives."""
        return next(self._all(), None) == self.starts

    # Changes

    def ended(self, day: date) -> "Recurrence":
        """The same rule, without what comes after `day`."""
        return replace(self, until=min(day, self.until or day), count=None)

    def continued_from(self, starts: datetime) -> "Recurrence":
        """The part of the rule that begins with `starts`, one of its dates."""
        before = sum(1 for _each in takewhile(lambda each: each < starts, self._all())) if self.count else 0
        return replace(self, starts=starts, count=self.count - before if self.count else None)

    def moved(self, days: int, clock: time) -> "Recurrence | None":
        """The rule whose dates are `days` later and at `clock`; None when there is no such rule."""
        moved = replace(
            self,
            starts=datetime.combine(self.starts + timedelta(days), clock),
            weekdays=tuple((day + days) % 7 for day in self.weekdays),
            until=self.until + timedelta(days) if self.until else None,
            left_out=frozenset(day + timedelta(days) for day in self.left_out),
        )
        # A rule that gives dates rarely would be read through to the end of time.
        horizon = self.starts.date() + MAX_DURATION
        mine, other = self.dates(horizon), moved.dates(horizon + timedelta(days))
        wanted = [each.date() + timedelta(days) for each in islice(mine, _COMPARED)]
        return moved if wanted == [each.date() for each in islice(other, _COMPARED)] else None

    # Words

    def in_words(self) -> str:
        """For instance “Every second Thursday at 19:30 until 24 December 2026, not on 29 October 2026”."""
        words = _("%(dates)s at %(time)s") % {"dates": self._dates_in_words(), "time": f"{self.starts:%H:%M}"}
        if self.until:
            words = _("%(dates)s until %(day)s") % {"dates": words, "day": date_format(self.until, "j F Y")}
        if self.count:
            words = ngettext("%(dates)s, %(number)d time", "%(dates)s, %(number)d times", self.count) % {
                "dates": words,
                "number": self.count,
            }
        if self.left_out:
            days = _joined([date_format(day, "j F Y") for day in sorted(self.left_out)])
            words = _("%(dates)s, not on %(days)s") % {"dates": words, "days": days}
        return words

    def gaps_in_words(self) -> str:
        """Which months are left out because they lack the day; empty when none are."""
        if self.unit != Unit.MONTHS:
            return ""
        if self.month_by == MonthBy.DAY and self.starts.day > 28:
            if self.every % 12 == 0 and (self.starts.month, self.starts.day) == (2, 29):
                return _("Years without a 29 February are left out.")
            return _("Months without a %(day)s are left out.") % {"day": ordinal(self.starts.day)}
        if self.place_in_month == 5:
            return _("Months without a fifth %(weekday)s are left out.") % {"weekday": self._weekday}
        return ""

    @property
    def _weekday(self) -> str:
        return str(WEEKDAYS[self.starts.weekday()])

    def _dates_in_words(self) -> str:
        number = {"number": self.every}
        if self.unit == Unit.DAYS:
            return _every(self.every, _("Every day"), _("Every second day"), _("Every %(number)d days") % number)
        if self.unit == Unit.WEEKS:
            names = {"weekdays": _joined([str(WEEKDAYS[day]) for day in self.weekdays])}
            if len(self.weekdays) == 7:
                names = {"weekdays": _("all days")}
            several = len(self.weekdays) > 1
            return _every(
                self.every,
                _("Every day") if len(self.weekdays) == 7 else _("Every %(weekdays)s") % names,
                (_("Every second week on %(weekdays)s") if several else _("Every second %(weekdays)s")) % names,
                _("Every %(number)d weeks on %(weekdays)s") % {**number, **names},
            )
        months = _every(self.every, _("Every month"), _("Every second month"), _("Every %(number)d months") % number)
        return _("%(months)s on the %(day)s") % {"months": months, "day": self._day_of_month()}

    def _day_of_month(self) -> str:
        if self.month_by == MonthBy.DAY:
            return str(ordinal(self.starts.day))
        places = {
            1: pgettext("place in the month", "first"),
            2: pgettext("place in the month", "second"),
            3: pgettext("place in the month", "third"),
            4: pgettext("place in the month", "fourth"),
            5: pgettext("place in the month", "fifth"),
            _LAST: pgettext("place in the month", "last"),
        }
        return _("%(place)s %(weekday)s") % {"place": places[self.place_in_month], "weekday": self._weekday}


def _every(number: int, each: str, second: str, rarer: str) -> str:
    return {1: each, 2: second}.get(number, rarer)


def _joined(words: list[str]) -> str:
    *first, last = words
    return _("%(words)s and %(last)s") % {"words": ", ".join(first), "last": last} if first else last
