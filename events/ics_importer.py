"""Calendars of other programs (RFC 5545): what is read of a file, and how that becomes posts of a group.

`read_calendar()` trusts nothing and touches no database. Of the file only the entries and the name of a time zone
are taken: what a VTIMEZONE says is never evaluated, and the library gets one entry at a time, without what is nested
in it. A rule that repeats becomes dates up to the horizon of the site's own series, each of which is a post.

An entry is matched by its UID, and a date of a series by its RECURRENCE-ID too. What was edited, withdrawn or hidden
here stays as it is, and so does what a later file no longer has.
"""

import codecs
import hashlib
import heapq
import json
import re
import time as clock
import uuid
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache, cached_property
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from dateutil.rrule import rrulestr
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from icalendar import Event as CalendarEvent
from icalendar import vBroken, vRecur
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from collectives.models import Collective, User
from events.calendar import YEARS
from events.forms.fields import TermsField, WebAddressField
from events.models import Event, EventGroup, Tag, Term
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup
from moderation.models import QueueEntry

UID_MAX_LENGTH = 255
# Of one entry: what the longest accepted text needs, every letter of it escaped. The library takes seconds for more.
ENTRY_MAX_LENGTH = 250_000
# After so many seconds of computing, the rest of a file is refused.
READING_SECONDS = 10
# A rule that gives no date is searched through to the year 9999. The calendar repeats every 400 years, so the search
# is begun as late as can be.
_SHIFT = 7600
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE_PARTS = frozenset(
    "FREQ INTERVAL COUNT UNTIL BYDAY BYMONTHDAY BYMONTH BYYEARDAY BYWEEKNO BYSETPOS WKST".split()  # noqa: SIM905
)
# So many values of one part of a rule; a month has 31 days, counted from either end.
_MOST_VALUES = 62
_READ = frozenset(
    "UID RECURRENCE-ID DTSTART DTEND DURATION RRULE RDATE EXDATE SUMMARY DESCRIPTION LOCATION URL CATEGORIES STATUS "  # noqa: SIM905
    "CLASS SEQUENCE LAST-MODIFIED".split()
)
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


class Outcome(StrEnum):
    REFUSED = "refused"
    CREATED = "created"
    UPDATED = "updated"
    LEFT = "left alone"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Result:
    """What becomes of an entry, of one of its dates, or of the whole file. `number` counts the entries from 1."""

    outcome: Outcome
    reason: str = ""
    number: int | None = None
    uid: str = ""
    field: str = ""
    title: str = ""
    starts: datetime | None = None
    place: str = ""
    event: Event | None = None

    def __str__(self) -> str:
        where = [
            f"entry {self.number}" if self.number else "",
            f"UID {_shown(self.uid)}" if self.uid else "",
            f"{timezone.localtime(self.starts):%Y-%m-%d %H:%M}" if self.starts else "",
            self.field,
        ]
        return ": ".join(filter(None, [", ".join(filter(None, where)), self.reason or self.outcome]))


@dataclass(frozen=True)
class Section:
    """The results of one outcome, under a heading."""

    outcome: Outcome
    heading: str
    results: list[Result]


def sections(results: Sequence[Result], *, is_done: bool) -> list[Section]:
    """The results by what became of them, or would: first what needs attention."""
    headings = {
        Outcome.REFUSED: _("Refused"),
        Outcome.CREATED: _("Published") if is_done else _("New"),
        Outcome.UPDATED: _("Updated") if is_done else _("To be updated"),
        Outcome.LEFT: _("Left alone"),
        Outcome.UNCHANGED: _("Unchanged"),
    }
    found = [
        Section(outcome, heading, [result for result in results if result.outcome == outcome])
        for outcome, heading in headings.items()
    ]
    return [section for section in found if section.results]


@dataclass(frozen=True)
class CalendarRecord:
    """One date of one entry, of the right types and within the limits of what is typed here. Times are in UTC."""

    number: int
    uid: str
    # The instant that names this date among those of its entry; None when the entry has no others.
    recurrence_id: datetime | None
    starts: datetime
    ends: datetime | None
    title: str
    summary: str
    summary_source: str | None
    body: str | None
    body_source: str | None
    place: str
    source: str | None
    tags: tuple[str, ...]
    event_status: str
    sequence: int | None = None
    modified: datetime | None = None
    # What was assumed, for the person who imports.
    note: str = ""

    @cached_property
    def digest(self) -> str:
        slugs = [Term.slug_of(name) for name in self.tags]
        return _digest(self.starts, self.ends, self.event_status, slugs, self._texts)

    @property
    def is_over(self) -> bool:
        return (self.ends or self.starts) < timezone.now()

    def says_what(self, other: "CalendarRecord") -> bool:
        """Whether both say the same, apart from when it is."""
        mine, its = ((each._texts, each.tags, each.event_status) for each in (self, other))
        return mine == its

    @property
    def _texts(self) -> list[str | None]:
        return [self.title, self.summary_source, self.body_source, self.place, self.source]


class _Unacceptable(Exception):  # noqa: N818
    def __init__(self, reason: str, field: str = "", outcome: Outcome = Outcome.REFUSED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.outcome = outcome


def _shown(text: str, length: int = 80) -> str:
    """A stranger's text for a terminal: short, and nothing in it but printable ASCII."""
    return text[:length].encode("unicode_escape").decode()


def _quoted(text: str) -> str:
    """A stranger's text within a sentence."""
    return "".join(letter for letter in text[:60] if letter.isprintable())


def _digest(starts: datetime | None, ends: datetime | None, status: str, slugs: list[str], texts: list) -> str:
    """What an event says, of what an import writes, as a short text to compare."""
    times = [each.astimezone(UTC).isoformat() if each else "" for each in (starts, ends)]
    # A form's line breaks are CR LF, a calendar's LF.
    words = [(text or "").replace("\r\n", "\n") for text in texts]
    return hashlib.sha256(json.dumps([*times, status, sorted(set(slugs)), words]).encode()).hexdigest()


def digest_of(event: Event) -> str:
    """The same of an event as it is stored."""
    typed = [
        getattr(event, name) if (source := getattr(event, f"{name}_source")) is None else source
        for name in ("summary", "body")
    ]
    texts = [event.title, *typed, event.place, event.source]
    return _digest(event.date, event.end_date, event.event_status, [tag.slug for tag in event.tags.all()], texts)


# Reading: the file


def read_calendar(data: bytes) -> list[CalendarRecord | Result]:
    """What a file says, in its order: dates that can become posts, and what is refused or left out, with the reason.

    What is wrong with one entry does not concern the others. A file that is no calendar, is not whole or has more
    than IMPORT_MAX_EVENTS entries is refused as such.
    """
    try:
        file = _File.parse(_decoded(data))
    except _Unacceptable as problem:
        return [Result(problem.outcome, problem.reason)]
    if not file.entries:
        return [Result(Outcome.LEFT, _("There is no event in this calendar."))]
    return sorted(_Reading(file).records(), key=lambda each: each.number or 0)


def _decoded(data: bytes) -> str:
    if len(data) > settings.IMPORT_MAX_SIZE:
        limit = settings.IMPORT_MAX_SIZE // 1024**2
        raise _Unacceptable(
            _("The file is larger than %(limit)d MB. Export a shorter time, or only what is to come.")
            % {"limit": limit}
        )
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise _Unacceptable(_("The file is empty."))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Unacceptable(
            _("Line %(line)d has a character that is not UTF-8. Save the file as UTF-8.") % {"line": line}
        ) from None


@dataclass
class _File:
    """The content lines of each entry, and what the file says of time zones by name."""

    entries: list[list[str]] = field(default_factory=list)
    zone: str = ""
    # The X-LIC-LOCATION of each VTIMEZONE, by TZID.
    locations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "_File":
        """Raises _Unacceptable."""
        file, stack, tzid = cls(), list[str](), ""
        unfolded = re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
        for line in unfolded.split("\n"):
            if not line.strip():
                continue
            name, _colon, value = line.partition(":")
            name, value = re.split("[;:]", name, maxsplit=1)[0].strip().upper(), value.strip()
            if name == "BEGIN":
                if not stack and value.upper() != "VCALENDAR":
                    break
                stack.append(value.upper())
                if stack == ["VCALENDAR", "VEVENT"]:
                    file.entries.append([])
            elif name == "END":
                if not stack or stack.pop() != value.upper():
                    raise _Unacceptable(_("The file is damaged: an END there has no BEGIN. Export it again."))
            elif not stack:
                break
            elif stack == ["VCALENDAR"] and name == "X-WR-TIMEZONE":
                file.zone = value
            elif stack == ["VCALENDAR", "VEVENT"] and name in _READ:
                file.entries[-1].append(line)
            elif stack == ["VCALENDAR", "VTIMEZONE"] and name == "TZID":
                tzid = value
            elif stack == ["VCALENDAR", "VTIMEZONE"] and name == "X-LIC-LOCATION":
                file.locations[tzid] = value
            if len(file.entries) > settings.IMPORT_MAX_EVENTS:
                raise _Unacceptable(
                    _("The file has more than %(limit)d entries. Export a shorter time, or only what is to come.")
                    % {"limit": settings.IMPORT_MAX_EVENTS}
                )
        else:
            if stack:
                raise _Unacceptable(_("The file ends in the middle of an entry. Export it again."))
            return file
        raise _Unacceptable(_("This is not a calendar: such a file begins with BEGIN:VCALENDAR."))


@cache
def _zone_names() -> dict[str, str]:
    """The names of all time zones by what they are in lower case."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _zone_of(name: str) -> tzinfo | None:
    """A time zone by its name in the IANA database, by Windows' name, or by a name that ends in the former."""
    name = WINDOWS_TO_OLSON.get(name, name)
    parts = name.split("/")
    for tail in (name, "/".join(parts[-3:]), "/".join(parts[-2:])):
        if known := _zone_names().get(tail.lower()):
            return zoneinfo.ZoneInfo(known)
    return None


# Reading: the entries


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


class _Reading:
    """The entries of one file, by UID: the one that stands for a series, and those that replace single dates."""

    def __init__(self, file: _File) -> None:
        self.file = file
        self.now = timezone.now()
        self.site_zone = timezone.get_default_timezone()
        self.horizon = EventGroup.horizon()
        self.deadline = clock.thread_time() + READING_SECONDS
        self.number_of_dates = 0

    def records(self) -> Iterator[CalendarRecord | Result]:
        by_uid: dict[str, list[_Entry]] = {}
        for number, lines in enumerate(self.file.entries, 1):
            try:
                if clock.thread_time() > self.deadline:
                    raise _Unacceptable(_("Reading this file takes too long. Export a shorter time."))
                entry = _Entry(self, number, lines)
                by_uid.setdefault(entry.uid, []).append(entry)
            except _Unacceptable as problem:
                yield Result(problem.outcome, problem.reason, number, _uid_in(lines), problem.field)
        for entries in by_uid.values():
            yield from self._records_of(entries)

    def _records_of(self, entries: list["_Entry"]) -> Iterator[CalendarRecord | Result]:
        """`entries` have one UID."""
        replaced = {entry.recurrence_id for entry in entries}
        seen = set()
        for entry in entries:
            try:
                if entry.recurrence_id in seen:
                    raise _Unacceptable(_("An entry with this UID is in the file already."), "UID")
                seen.add(entry.recurrence_id)
                if clock.thread_time() > self.deadline:
                    raise _Unacceptable(_("Reading this file takes too long. Export a shorter time."))
                found = entry.records(replaced)
                self.number_of_dates += len(found)
                if self.number_of_dates > settings.IMPORT_MAX_EVENTS:
                    raise _Unacceptable(
                        _("With this there are more than %(limit)d dates. Import it in parts.")
                        % {"limit": settings.IMPORT_MAX_EVENTS}
                    )
                yield from found
            except _Unacceptable as problem:
                yield entry.result(problem)

    def zone_named(self, tzid: str) -> tuple[tzinfo, str]:
        """A zone, and what was assumed. Raises _Unacceptable."""
        for name in (tzid, self.file.locations.get(tzid, "")):
            if zone := _zone_of(name):
                return zone, ""
        if zone := _zone_of(self.file.zone):
            return zone, _("Nothing is known of its time zone “%(name)s”; taken as that of the calendar, %(zone)s.") % {
                "name": _quoted(tzid),
                "zone": zone,
            }
        raise _Unacceptable(_("The time zone “%(name)s” is not known here.") % {"name": _quoted(tzid)})

    def zone_of_floating(self) -> tuple[tzinfo, str]:
        zone = _zone_of(self.file.zone) or self.site_zone
        return zone, _("Its times name no time zone; taken as %(zone)s.") % {"zone": zone}


def _uid_in(lines: list[str]) -> str:
    return next((line.partition(":")[2].strip() for line in lines if line.upper().startswith("UID:")), "")


class _Entry:
    """One VEVENT. Raises _Unacceptable."""

    def __init__(self, reading: _Reading, number: int, lines: list[str]) -> None:
        self.reading, self.number, self.note = reading, number, ""
        if sum(map(len, lines)) > ENTRY_MAX_LENGTH:
            raise _Unacceptable(_("The entry is too long."))
        lines = [re.sub('^([^:"]*);TZID=', rf"\1;{_TZID}=", line, flags=re.IGNORECASE) for line in lines]
        try:
            self.component = CalendarEvent.from_ical("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]).encode())
        except _UNREADABLE:
            raise _Unacceptable(_("The entry cannot be read.")) from None
        self.uid = self._text("UID").strip()
        if not self.uid:
            raise _Unacceptable(_("It has no UID: a later import could not tell that it is the same."), "UID")
        if len(self.uid) > UID_MAX_LENGTH:
            raise _Unacceptable(
                _("It has %(length)d letters; %(limit)d are allowed.")
                % {"length": len(self.uid), "limit": UID_MAX_LENGTH},
                "UID",
            )
        if not self.uid.isprintable():
            raise _Unacceptable(_("There is an invisible control character in it."), "UID")
        replaced = self._time("RECURRENCE-ID")
        self.recurrence_id = replaced.instant if replaced else None

    def result(self, problem: _Unacceptable) -> Result:
        """What is said of the entry, with as much of it as can be read."""
        title, starts = "", None
        with suppress(_Unacceptable):
            title = " ".join(_quoted(self._text("SUMMARY")).split())
        with suppress(_Unacceptable):
            start = self._time("DTSTART")
            starts = start.instant if start else None
        return Result(problem.outcome, problem.reason, self.number, self.uid, problem.field, title, starts)

    def records(self, replaced: set[datetime | None]) -> list[CalendarRecord]:
        """The dates of this entry that are to come, without those that other entries replace; of one that happens
        once its date, though it be over.
        """
        if self._text("CLASS").strip().upper() in ("PRIVATE", "CONFIDENTIAL"):
            raise _Unacceptable(_("The calendar marks it as private."), "CLASS", Outcome.LEFT)
        start = self._time("DTSTART")
        if start is None:
            raise _Unacceptable(_("It does not say when it starts."), "DTSTART")
        ends_of = self._ends_of(start)
        said = self._said()
        if self.recurrence_id is not None:
            if "RANGE" in self.component["RECURRENCE-ID"].params:
                raise _Unacceptable(
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
            raise _Unacceptable(_("It is there twice."), name)
        self._check(name, value)
        return value

    def _check(self, name: str, value: Any) -> None:
        if isinstance(value, vBroken):
            raise _Unacceptable(_("It cannot be read: “%(value)s”") % {"value": _quoted(str(value))}, name)

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
        except _Unacceptable as problem:
            raise _Unacceptable(problem.reason, name) from None
        if isinstance(moment, datetime):
            found = _Time(moment.replace(tzinfo=None), zone)
        elif isinstance(moment, date):
            found = _Time(datetime.combine(moment, time.min), self.reading.site_zone, is_day=True)
        else:
            raise _Unacceptable(_("It is neither a day nor a day with a time."), name)
        self._within_years(found, name)
        return found

    def _zone_for(self, moment: Any, params: Any) -> tzinfo:
        if not isinstance(moment, datetime):
            return self.reading.site_zone
        if moment.tzinfo is not None:
            return UTC
        name = params.get(_TZID)
        # Of several names with commas between the library makes a list.
        zone, note = self.reading.zone_of_floating() if name is None else self.reading.zone_named(str(name))
        self.note = note or self.note
        return zone

    def _within_years(self, when: _Time, name: str) -> datetime:
        try:
            if when.wall.year in YEARS and (instant := when.instant).year in YEARS:
                return instant
        except OverflowError:
            pass
        raise _Unacceptable(
            _("It is not between the years %(first)d and %(last)d.") % {"first": YEARS[0], "last": YEARS[-1]}, name
        )

    # When

    def _ends_of(self, start: _Time) -> Callable[[_Time], datetime | None]:
        """When a date ends that begins then: by the clock as long after its beginning as that of `start`."""
        end, duration = self._time("DTEND"), getattr(self._value("DURATION"), "dt", None)
        name = "DTEND" if end else "DURATION"
        if end:
            if end.is_day != start.is_day:
                raise _Unacceptable(_("The start and the end must both be days, or both have a time."), name)
            length, rest = end.seen_from(start.zone) - start.wall, timedelta(0)
        elif isinstance(duration, timedelta):
            length, rest = timedelta(duration.days), timedelta(seconds=duration.seconds)
        elif duration is None:
            length = rest = timedelta(0)
        else:
            raise _Unacceptable(_("It cannot be read."), name)
        if length + rest < timedelta(0) or (end and end.instant < start.instant):
            raise _Unacceptable(_("It ends before it starts."), name)

        def ends(each: _Time) -> datetime | None:
            try:
                last = each.at(each.wall + length)
                if start.is_day:
                    # DTEND is the day after the last (RFC 5545 section 3.6.1); without it, it is that day.
                    last = each.at(each.wall + max(length, timedelta(days=1)))
                    return self._within_years(last, name) - timedelta(minutes=1)
                moment = self._within_years(last, name) + rest
            except OverflowError:
                raise _Unacceptable(_("It lasts too long."), name) from None
            if end and each == start:
                moment = end.instant
            return moment if moment > each.instant else None

        return ends

    def _dates(
        self, start: _Time, ends_of: Callable[[_Time], datetime | None], replaced: set[datetime | None]
    ) -> list[tuple[datetime | None, _Time]]:
        """The dates of the rule that are to come: up to the horizon, and SERIES_MAX_DATES at most."""
        left_out, days_left_out = set(), set()
        for each in self._times("EXDATE"):
            left_out.add(each.instant)
            if each.is_day:
                days_left_out.add(each.wall.date())
        added = sorted(each.seen_from(start.zone) for each in self._times("RDATE"))
        found: list[tuple[datetime | None, _Time]] = []
        try:
            for wall, _same in groupby(heapq.merge(self._walls(start), added)):
                if len(found) == settings.SERIES_MAX_DATES or (
                    wall != start.wall and wall.date() > self.reading.horizon
                ):
                    break
                each = start.at(wall)
                instant = each.instant
                if instant in left_out or wall.date() in days_left_out or instant in replaced:
                    continue
                if (ends_of(each) or instant) >= self.reading.now:
                    found.append((instant, each))
        except _UNREADABLE:
            raise _Unacceptable(_("The rule by which it repeats makes no sense."), "RRULE") from None
        if not found and not replaced - {None}:
            raise _Unacceptable(
                _("It has no date from now to %(day)s.") % {"day": date_format(self.reading.horizon, "j F Y")},
                "RRULE",
                Outcome.LEFT,
            )
        return found

    def _times(self, name: str) -> Iterator[_Time]:
        for several in self._values(name):
            for each in several.dts:
                yield self._time_of(name, each.dt, several.params)

    def _walls(self, start: _Time) -> Iterator[datetime]:
        """What the clock shows at each date of the rule. The first is one whatever the rule says (RFC 5545 section
        3.8.5.3); there may be no last.
        """
        yield start.wall
        if (rule := self._value("RRULE")) is None:
            return
        parts = {str(name).upper(): values for name, values in rule.items()}
        self._check_rule(parts)
        count = parts.pop("COUNT", [None])[0]
        until = self._until(parts.pop("UNTIL", [None])[0], start)
        first = start.wall.replace(year=start.wall.year + _SHIFT)
        number = 1
        for shifted in rrulestr(vRecur(parts).to_ical().decode(), dtstart=first):
            wall = shifted.replace(year=shifted.year - _SHIFT)
            if (until and wall > until) or (count and number >= count):
                return
            if wall != start.wall:
                number += 1
                yield wall

    def _check_rule(self, parts: dict[str, Any]) -> None:
        """Whether it can be said in a bounded time which dates the rule gives."""
        if parts.get("FREQ", [""])[0] not in _FREQUENCIES or not parts.keys() <= _RULE_PARTS:
            raise _Unacceptable(
                _("It repeats by a rule that is not read here: every so many days, weeks, months or years is."), "RRULE"
            )
        for name in ("INTERVAL", "COUNT"):
            if not all(0 < number < 2**31 for number in parts.get(name, [])):
                raise _Unacceptable(_("The rule by which it repeats makes no sense."), "RRULE")
        if any(len(values) > _MOST_VALUES for values in parts.values()):
            raise _Unacceptable(_("The rule by which it repeats is too long."), "RRULE")

    def _until(self, until: Any, start: _Time) -> datetime | None:
        """The last moment of the rule by the clock of its start; UNTIL is in UTC, or a day, or by that clock."""
        if isinstance(until, datetime):
            return until.astimezone(start.zone).replace(tzinfo=None) if until.tzinfo else until
        return datetime.combine(until, time.max) if isinstance(until, date) else None

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
            raise _Unacceptable(" ".join(map(str, problems)), _PROPERTIES[name])
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


# Storing


class CalendarImport:
    """A calendar on its way into a group. `user` signs the posts; without one they are under no account."""

    def __init__(
        self, found: Sequence[CalendarRecord | Result], collective: Collective, user: User | None = None
    ) -> None:
        self.found, self.collective, self.user = found, collective, user
        self.claimed: dict[str, set[datetime | None]] = {}
        for each in found:
            if isinstance(each, CalendarRecord):
                self.claimed.setdefault(each.uid, set()).add(each.recurrence_id)
        # The first date of each UID in this import, for which one judgement is enough.
        self.leaders: dict[str, tuple[CalendarRecord, Event]] = {}

    def preview(self) -> list[Result]:
        """What `carry_out` would do, in a few queries however much there is. Nothing is written."""
        here = self._here(self.claimed)
        return [each if isinstance(each, Result) else self._judged(each, here) for each in self.found]

    def carry_out(self) -> list[Result]:
        """Stores each date whole or not at all. The same calendar a second time changes nothing."""
        return [each if isinstance(each, Result) else self._stored(each) for each in self.found]

    def _stored(self, record: CalendarRecord) -> Result:
        try:
            return self._store(record)
        except IntegrityError:
            pass  # Somebody has imported the same just now: it is there.
        try:
            return self._store(record)
        except (IntegrityError, DataError) as error:
            reason = _("The database refused it: %(why)s") % {"why": _shown(str(error))}
            return self._result(record, Outcome.REFUSED, reason)

    def _store(self, record: CalendarRecord) -> Result:
        with transaction.atomic():
            here = self._here([record.uid], lock=True)
            result = self._judged(record, here)
            if result.outcome == Outcome.CREATED:
                return self._result(record, Outcome.CREATED, record.note, self._create(record, here[record.uid]))
            if result.outcome == Outcome.UPDATED:
                assert result.event is not None
                self._update(result.event, record)
            return result

    def _here(self, uids: Any, *, lock: bool = False) -> dict[str, list[Event]]:
        """The posts of the group by the UID they were imported under, and those that this site wrote itself."""
        found: dict[str, list[Event]] = {uid: [] for uid in uids}
        own = {uid: pk for uid in found if (pk := _own_pk(uid)) is not None}
        posts = Event.objects.filter(collective=self.collective).prefetch_related("tags").order_by("pk")
        if lock:
            posts = posts.select_for_update(of=("self",))
        for event in posts.filter(import_uid__in=list(found)):
            found[event.import_uid].append(event)
        if own:
            by_pk = {event.pk: event for event in posts.filter(pk__in=own.values())}
            for uid, pk in own.items():
                found[uid] += [by_pk[pk]] if pk in by_pk else []
        return found

    def _match(self, record: CalendarRecord, here: list[Event]) -> Event | None:
        """The post of this very date; otherwise one of the same day that no other date of the file is: its hour, or
        whether it repeats, was changed.
        """
        for event in here:
            if event.recurrence_id == record.recurrence_id:
                return event
        day = timezone.localdate(record.recurrence_id or record.starts)
        for event in here:
            moment = event.recurrence_id or event.date
            free = event.recurrence_id not in self.claimed[record.uid]
            if free and moment and timezone.localdate(moment) == day:
                return event
        return None

    def _judged(self, record: CalendarRecord, all_here: dict[str, list[Event]]) -> Result:
        here = all_here[record.uid]
        if _own_pk(record.uid) is not None:
            return self._judged_own(record, here)
        event = self._match(record, here)
        if event is None:
            if record.is_over:
                return self._result(record, Outcome.LEFT, _("It is over."))
            # As a series of the site is not continued then either.
            moments = [(moment, each.pk, each) for each in here if (moment := each.recurrence_id or each.date)]
            latest = max(moments, default=None)
            if latest and _was_ended(latest[-1]):
                return self._result(record, Outcome.LEFT, _("The series was ended here."))
            return self._result(record, Outcome.CREATED, record.note)
        if event.import_digest == record.digest:
            return self._result(record, Outcome.UNCHANGED, "", event)
        if event.is_withdrawn:
            return self._result(record, Outcome.LEFT, _("It was withdrawn here."), event)
        if event.is_taken_down:
            return self._result(record, Outcome.LEFT, _("Moderators hid it here."), event)
        if record.is_over:
            return self._result(record, Outcome.LEFT, _("It is over."), event)
        if digest_of(event) != event.import_digest:
            return self._result(record, Outcome.LEFT, _("It was edited here since."), event)
        if self._is_older(record, event):
            return self._result(record, Outcome.UNCHANGED, _("What is here is newer."), event)
        return self._result(record, Outcome.UPDATED, record.note, event)

    def _judged_own(self, record: CalendarRecord, here: list[Event]) -> Result:
        """Of a post that was written here: it is changed here. Whether there is one that others wrote is not said."""
        if not here:
            return self._result(
                record,
                Outcome.REFUSED,
                _("Its UID is that of a post of this site, but of none of this group."),
                field="UID",
            )
        event = here[0]
        same = (event.title, event.date, event.end_date or event.date, event.is_cancelled) == (
            record.title,
            record.starts,
            record.ends or record.starts,
            record.event_status == Event.EventStatus.CANCELLED,
        )
        if same:
            return self._result(record, Outcome.UNCHANGED, "", event)
        return self._result(record, Outcome.LEFT, _("It was written on this site: change it here."), event)

    def _is_older(self, record: CalendarRecord, event: Event) -> bool:
        """By SEQUENCE, and where that says nothing by LAST-MODIFIED, as they were imported (RFC 5546 section 2.1.5)."""
        if None not in (record.sequence, event.import_sequence) and record.sequence != event.import_sequence:
            return record.sequence < event.import_sequence  # type: ignore[operator]
        if record.modified is None or event.import_modified is None:
            return False
        return record.modified < event.import_modified

    def _create(self, record: CalendarRecord, here: list[Event]) -> Event:
        event = Event(user=self.user, collective=self.collective, allows_comments=settings.COMMENTS_DEFAULT)
        if self.user:
            # As for a form: what strangers send counts for the flood brake.
            event.submission_key = uuid.uuid4()
        self._fill(event, record)
        if record.recurrence_id:
            event.event_group = next((each.event_group for each in here if each.event_group), None)
            event.event_group = event.event_group or EventGroup.objects.create()
        event.record_creation()
        self._stand_behind(event, record)
        event.save()
        event.tags.set(Tag.objects.named(list(record.tags)))
        event.screen()
        self.leaders.setdefault(record.uid, (record, event))
        return event

    def _update(self, event: Event, record: CalendarRecord) -> None:
        self._fill(event, record)
        self._stand_behind(event, record)
        event.revise(
            by=self.user or AnonymousUser(),
            save_related=lambda: event.tags.set(Tag.objects.named(list(record.tags))),
        )
        self.leaders.setdefault(record.uid, (record, event))

    def _fill(self, event: Event, record: CalendarRecord) -> None:
        names = ["title", "summary", "summary_source", "body", "body_source", "place", "source", "event_status"]
        for name in (*names, "recurrence_id"):
            setattr(event, name, getattr(record, name))
        event.date, event.end_date = record.starts, record.ends
        event.import_uid, event.import_digest = record.uid, record.digest
        event.import_sequence, event.import_modified = record.sequence, record.modified

    def _stand_behind(self, event: Event, record: CalendarRecord) -> None:
        """Lets the first date of a series stand in the queue for those that say the same."""
        first, leader = self.leaders.get(record.uid, (None, None))
        if leader and first and record.says_what(first) and (entry := QueueEntry.objects.of(leader).first()):
            event.stands_behind = entry.behind or entry

    def _result(
        self, record: CalendarRecord, outcome: Outcome, reason: str, event: Event | None = None, field: str = ""
    ) -> Result:
        return Result(
            outcome, reason, record.number, record.uid, field, record.title, record.starts, record.place, event
        )


def _was_ended(latest: Event) -> bool:
    """Whether the latest date of a series is no longer there, or somebody called it off here."""
    return latest.is_taken_down or (latest.is_off and digest_of(latest) != latest.import_digest)


def _own_pk(uid: str) -> int | None:
    """The key of the post for which this site gave out a UID."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    match = re.fullmatch(rf"event-([0-9]{{1,18}})@{re.escape(host)}", uid)
    return int(match[1]) if match else None
