"""The dates that a rule gives (RFC 5545 section 3.3.10), found in a bounded time whatever a stranger's rule says."""

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from typing import Any

from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _
from icalendar import vRecur

from events.ics_importer.report import Unacceptable

# A rule that gives no date is searched through to the year 9999. The calendar repeats every 400 years, so the search
# is begun as late as can be.
_SHIFT = 7600
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE_PARTS = frozenset(
    "FREQ INTERVAL COUNT UNTIL BYDAY BYMONTHDAY BYMONTH BYYEARDAY BYWEEKNO BYSETPOS WKST".split()  # noqa: SIM905
)
# So many values of one part of a rule; a month has 31 days, counted from either end.
_MOST_VALUES = 62


def dates_of(rule: vRecur | None, start: datetime, zone: tzinfo) -> Iterator[datetime]:
    """What the clock of `zone` shows at each date of the rule; there may be no last. Raises Unacceptable.

    The first is one whatever the rule says (RFC 5545 section 3.8.5.3). The library raises errors of many kinds.
    """
    yield start
    if rule is None:
        return
    parts = {str(name).upper(): values for name, values in rule.items()}
    _check(parts)
    count = parts.pop("COUNT", [None])[0]
    until = _last_moment(parts.pop("UNTIL", [None])[0], zone)
    first = start.replace(year=start.year + _SHIFT)
    number = 1
    for shifted in rrulestr(vRecur(parts).to_ical().decode(), dtstart=first):
        wall = shifted.replace(year=shifted.year - _SHIFT)
        if (until and wall > until) or (count and number >= count):
            return
        if wall != start:
            number += 1
            yield wall


def _check(parts: dict[str, Any]) -> None:
    """Whether it can be said in a bounded time which dates the rule gives."""
    if parts.get("FREQ", [""])[0] not in _FREQUENCIES or not parts.keys() <= _RULE_PARTS:
        raise Unacceptable(
            _("It repeats by a rule that is not read here: every so many days, weeks, months or years is."), "RRULE"
        )
    for name in ("INTERVAL", "COUNT"):
        if not all(0 < number < 2**31 for number in parts.get(name, [])):
            raise Unacceptable(_("The rule by which it repeats makes no sense."), "RRULE")
    if any(len(values) > _MOST_VALUES for values in parts.values()):
        raise Unacceptable(_("The rule by which it repeats is too long."), "RRULE")


def _last_moment(until: Any, zone: tzinfo) -> datetime | None:
    """The last moment of the rule by the clock of its start; UNTIL is in UTC, or a day, or by that clock."""
    if isinstance(until, datetime):
        return until.astimezone(zone).replace(tzinfo=None) if until.tzinfo else until
    return datetime.combine(until, time.max) if isinstance(until, date) else None
