"""One VEVENT of a stranger's calendar: when it is, what it says, and all that can be wrong with it."""

import heapq
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from icalendar import Event as CalendarEvent
from icalendar import vBroken

from events.calendar import YEARS
from events.forms.fields import TermsField, WebAddressField
from events.ics_importer.file import CalendarFile
from events.ics_importer.records import CalendarRecord
from events.ics_importer.report import Outcome, Result, Unacceptable, quoted
from events.ics_importer.rules import dates_of
from events.models import Event, EventGroup
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup

UID_MAX_LENGTH = 255
# Of one entry: what the longest accepted text needs, every letter of it escaped. The library takes seconds for more.
ENTRY_MAX_LENGTH = 250_000
_PROPERTIES = {
    "title": "SUMMARY",
    "summary": "DESCRIPTION",
    "body": "DESCRIPTION",
    "place": "LOCATION",
    "source": "URL",
    "tags": "CATEGORIES",
}
# Zones are looked up here: the library would guess, and keep what it guessed for all that is read later.
_TZID = "X-TZID"
# What the library and the expander raise on what they cannot read.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError)


@dataclass(frozen=True)
class _Time:
    """A value of a date or time: by the clock of its zone, or a whole day of the site's."""

    wall: datetime
    zone: tzinfo
    is_day: bool = False

    @property
    def instant(self) -> datetime:
        """In UTC. Of a time that the clocks leave out, or that comes twice, RFC 5545 section 3.3.5."""
        return self.wall.replace(tzinfo=self.zone).astimezone(UTC)

    def at(self, wall: datetime) -> "_Time":
        return _Time(wall, self.zone, self.is_day)

    def seen_from(self, zone: tzinfo) -> datetime:
        """What the clock of another zone shows then."""
        return self.wall if self.is_day else self.instant.astimezone(zone).replace(tzinfo=None)


class _Texts(forms.Form):
    """The words of an entry, under the rules for what is typed."""

    title = forms.CharField(max_length=255, validators=[validate_line, validate_no_markup])
    summary = RichTextField(typed_max_length=settings.SUMMARY_MAX_LENGTH, required=False)
    body = RichTextField(typed_max_length=settings.BODY_MAX_LENGTH, required=False, empty_value=None)
    place = forms.CharField(max_length=255, required=False, validators=[validate_line, validate_no_markup])
    source = forms.CharField(max_length=255, required=False, empty_value=None)
    tags = TermsField(required=False, validators=[validate_no_markup])


class Entry:
    """One VEVENT. Raises Unacceptable."""

    def __init__(self, file: CalendarFile, number: int, lines: list[str]) -> None:
        self.file, self.number, self.note = file, number, ""
        if sum(map(len, lines)) > ENTRY_MAX_LENGTH:
            raise Unacceptable(_("The entry is too long."))
        lines = [re.sub('^([^:"]*);TZID=', rf"\1;{_TZID}=", line, flags=re.IGNORECASE) for line in lines]
        try:
            self.component = CalendarEvent.from_ical("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]).encode())
        except _UNREADABLE:
            raise Unacceptable(_("The entry cannot be read.")) from None
        self.uid = self._text("UID").strip()
        if not self.uid:
            raise Unacceptable(_("It has no UID: a later import could not tell that it is the same."), "UID")
        if len(self.uid) > UID_MAX_LENGTH:
            raise Unacceptable(
                _("It has %(length)d letters; %(limit)d are allowed.")
                % {"length": len(self.uid), "limit": UID_MAX_LENGTH},
                "UID",
            )
        if not self.uid.isprintable():
            raise Unacceptable(_("There is an invisible control character in it."), "UID")
        replaced = self._time("RECURRENCE-ID")
        self.recurrence_id = replaced.instant if replaced else None

    def result(self, problem: Unacceptable) -> Result:
        """What is said of the entry, with as much of it as can be read."""
        title, starts = "", None
        with suppress(Unacceptable):
            title = " ".join(quoted(self._text("SUMMARY")).split())
        with suppress(Unacceptable):
            start = self._time("DTSTART")
            starts = start.instant if start else None
        return Result(problem.outcome, problem.reason, self.number, self.uid, problem.field, title, starts)

    def records(self, replaced: set[datetime | None]) -> list[CalendarRecord]:
        """The dates of this entry that are to come, without those that other entries replace; of one that happens
        once its date, though it be over.
        """
        if self._text("CLASS").strip().upper() in ("PRIVATE", "CONFIDENTIAL"):
            raise Unacceptable(_("The calendar marks it as private."), "CLASS", Outcome.LEFT)
        start = self._time("DTSTART")
        if start is None:
            raise Unacceptable(_("It does not say when it starts."), "DTSTART")
        ends_of = self._ends_of(start)
        said = self._said()
        if self.recurrence_id is not None:
            if "RANGE" in self.component["RECURRENCE-ID"].params:
                raise Unacceptable(
                    _("It changes all dates from one on; only changes of single dates can be read."), "RECURRENCE-ID"
                )
            dates: list[tuple[datetime | None, _Time]] = [(self.recurrence_id, start)]
        elif self.component.keys() & {"RRULE", "RDATE"}:
            dates = self._dates(start, ends_of, replaced)
        else:
            dates = [(None, start)]
        found = []
        for recurrence_id, each in dates:
            starts, ends = self._within_years(each, "DTSTART"), ends_of(each)
            found.append(CalendarRecord(self.number, self.uid, recurrence_id, starts, ends, **said, note=self.note))
        return found

    # Values

    def _value(self, name: str) -> Any:
        """The one value of a property; None without one."""
        value = self.component.get(name)
        if isinstance(value, list):
            raise Unacceptable(_("It is there twice."), name)
        self._check(name, value)
        return value

    def _check(self, name: str, value: Any) -> None:
        if isinstance(value, vBroken):
            raise Unacceptable(_("It cannot be read: “%(value)s”") % {"value": quoted(str(value))}, name)

    def _values(self, name: str) -> list[Any]:
        values = self.component.get(name, [])
        values = values if isinstance(values, list) else [values]
        for value in values:
            self._check(name, value)
        return values

    def _text(self, name: str) -> str:
        value = self._value(name)
        return "" if value is None else str(value)

    def _time(self, name: str) -> _Time | None:
        value = self._value(name)
        return None if value is None else self._time_of(name, getattr(value, "dt", None), value.params)

    def _time_of(self, name: str, moment: Any, params: Any) -> _Time:
        try:
            zone = self._zone_for(moment, params)
        except Unacceptable as problem:
            raise Unacceptable(problem.reason, name) from None
        if isinstance(moment, datetime):
            found = _Time(moment.replace(tzinfo=None), zone)
        elif isinstance(moment, date):
            found = _Time(datetime.combine(moment, time.min), timezone.get_default_timezone(), is_day=True)
        else:
            raise Unacceptable(_("It is neither a day nor a day with a time."), name)
        self._within_years(found, name)
        return found

    def _zone_for(self, moment: Any, params: Any) -> tzinfo:
        if not isinstance(moment, datetime):
            return timezone.get_default_timezone()
        if moment.tzinfo is not None:
            return UTC
        name = params.get(_TZID)
        # Of several names with commas between the library makes a list.
        zone, note = self.file.zone_of_floating() if name is None else self.file.zone_named(str(name))
        self.note = note or self.note
        return zone

    def _within_years(self, when: _Time, name: str) -> datetime:
        try:
            if when.wall.year in YEARS and (instant := when.instant).year in YEARS:
                return instant
        except OverflowError:
            pass
        raise Unacceptable(
            _("It is not between the years %(first)d and %(last)d.") % {"first": YEARS[0], "last": YEARS[-1]}, name
        )

    # When

    def _ends_of(self, start: _Time) -> Callable[[_Time], datetime | None]:
        """When a date ends that begins then: by the clock as long after its beginning as that of `start`."""
        end, duration = self._time("DTEND"), getattr(self._value("DURATION"), "dt", None)
        name = "DTEND" if end else "DURATION"
        if end:
            if end.is_day != start.is_day:
                raise Unacceptable(_("The start and the end must both be days, or both have a time."), name)
            length, rest = end.seen_from(start.zone) - start.wall, timedelta(0)
        elif isinstance(duration, timedelta):
            length, rest = timedelta(duration.days), timedelta(seconds=duration.seconds)
        elif duration is None:
            length = rest = timedelta(0)
        else:
            raise Unacceptable(_("It cannot be read."), name)
        if length + rest < timedelta(0) or (end and end.instant < start.instant):
            raise Unacceptable(_("It ends before it starts."), name)

        def ends(each: _Time) -> datetime | None:
            try:
                last = each.at(each.wall + length)
                if start.is_day:
                    # DTEND is the day after the last (RFC 5545 section 3.6.1); without it, it is that day.
                    last = each.at(each.wall + max(length, timedelta(days=1)))
                    return self._within_years(last, name) - timedelta(minutes=1)
                moment = self._within_years(last, name) + rest
            except OverflowError:
                raise Unacceptable(_("It lasts too long."), name) from None
            if end and each == start:
                moment = end.instant
            return moment if moment > each.instant else None

        return ends

    def _dates(
        self, start: _Time, ends_of: Callable[[_Time], datetime | None], replaced: set[datetime | None]
    ) -> list[tuple[datetime | None, _Time]]:
        """The dates of the rule that are to come: up to the horizon, and SERIES_MAX_DATES at most."""
        excluded = list(self._times("EXDATE"))
        left_out = {each.instant for each in excluded}
        days_left_out = {each.wall.date() for each in excluded if each.is_day}
        added = sorted(each.seen_from(start.zone) for each in self._times("RDATE"))
        rule, now, horizon = self._value("RRULE"), timezone.now(), EventGroup.horizon()
        found: list[tuple[datetime | None, _Time]] = []
        try:
            for wall, _same in groupby(heapq.merge(dates_of(rule, start.wall, start.zone), added)):
                if len(found) == settings.SERIES_MAX_DATES or (wall != start.wall and wall.date() > horizon):
                    break
                each = start.at(wall)
                instant = each.instant
                if instant in left_out or wall.date() in days_left_out or instant in replaced:
                    continue
                if (ends_of(each) or instant) >= now:
                    found.append((instant, each))
        except _UNREADABLE:
            raise Unacceptable(_("The rule by which it repeats makes no sense."), "RRULE") from None
        if not found and not replaced - {None}:
            raise Unacceptable(
                _("It has no date from now to %(day)s.") % {"day": date_format(horizon, "j F Y")},
                "RRULE",
                Outcome.LEFT,
            )
        return found

    def _times(self, name: str) -> Iterator[_Time]:
        for several in self._values(name):
            for each in several.dts:
                yield self._time_of(name, each.dt, several.params)

    # What

    def _said(self) -> dict[str, Any]:
        """All that is the same for each date."""
        description = self._text("DESCRIPTION").replace("\r\n", "\n").strip()
        first, *rest = re.split(r"\n[ \t]*\n\s*", description, maxsplit=1)
        typed = {
            "title": " ".join(self._text("SUMMARY").split()),
            "summary": first,
            "body": "".join(rest),
            "place": ", ".join(
                line.strip(" \t,") for line in self._text("LOCATION").splitlines() if line.strip(" \t,")
            ),
            "source": self._web_address(),
            # A VALUE parameter makes another type of them.
            "tags": ", ".join(
                str(name).replace(",", " ")
                for each in self._values("CATEGORIES")
                for name in getattr(each, "cats", [each] if isinstance(each, str) else [])
            ),
        }
        form = _Texts(typed)
        for name, problems in form.errors.items():
            raise Unacceptable(" ".join(map(str, problems)), _PROPERTIES[name])
        sequence = self._optional("SEQUENCE")
        modified = getattr(self._optional("LAST-MODIFIED"), "dt", None)
        is_cancelled = self._text("STATUS").strip().upper() == "CANCELLED"
        return {
            **form.cleaned_data,
            "tags": tuple(form.cleaned_data["tags"]),
            "summary_source": typed["summary"] or None,
            "body_source": typed["body"] or None,
            "event_status": (Event.EventStatus.CANCELLED if is_cancelled else Event.EventStatus.SCHEDULED).value,
            "sequence": int(sequence) if isinstance(sequence, int) and 0 <= sequence < 2**31 else None,
            "modified": modified if isinstance(modified, datetime) and modified.tzinfo else None,
        }

    def _web_address(self) -> str:
        """Empty when there is none that a form here takes: programs put all sorts of links there."""
        try:
            return WebAddressField(assume_scheme="x").clean(self._text("URL").strip())
        except ValidationError:
            return ""

    def _optional(self, name: str) -> Any:
        """A value that only tells versions apart: as good as none where it cannot be read."""
        value = self.component.get(name)
        return None if isinstance(value, vBroken | list) else value
