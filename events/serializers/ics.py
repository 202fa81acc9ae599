"""Events as a calendar (RFC 5545, RFC 7986)."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard, vDuration, vText
from icalendar import Event as CalendarEvent
from icalendar.prop import vInline
from icalendar.timezone import is_utc

from events.calendar import YEARS, local
from events.serializers.records import EventRecord, EventTimes, status_note_html
from events_site.sanitizing import printable

# What RFC 5545 section 3.8.1.11 calls it. Postponed is "tentative": it will be, but perhaps not then.
STATUS = {"scheduled": "CONFIRMED", "cancelled": "CANCELLED", "postponed": "TENTATIVE"}
ASK_AGAIN_AFTER = timedelta(hours=1)
# A longer text is sent once, as plain text: two hundred events of it would be tens of megabytes.
HTML_MAX_LENGTH = 20_000


def to_ics(records: Iterable[EventRecord], title: str, url: str = "") -> bytes:
    """A calendar with the events that have a start. `url` is where it can be had again, with its `.ics`.

    The same records give the same bytes: DTSTAMP is the time of the last change, as RFC 5545 section 3.8.7.2 wants it
    where there is no METHOD.
    """
    records = list(records)
    return b"".join(ics_parts(records, title, url, years=zoned_years(records)))


def zoned_years(times: Iterable[EventTimes]) -> tuple[int, int] | None:
    """The first and last year of what a calendar tells in the site's time zone; None when it is all in UTC or days."""
    years = {
        moment.year
        for each in times
        if (starts := each["starts"])
        for moment in _span(each, starts)
        if isinstance(moment, datetime) and moment.tzinfo is not UTC
    }
    return (min(years), max(years)) if years else None


def ics_parts(
    records: Iterable[EventRecord], title: str, url: str = "", *, years: tuple[int, int] | None
) -> Iterator[bytes]:
    """The bytes of `to_ics()`, event by event, for calendars that no memory holds.

    The changes of the clock stand before the events, so the `zoned_years()` of all of them are asked for first.
    """
    calendar = Calendar()
    calendar.add("prodid", _text(f"-//{settings.SITE_NAME}//events//EN"))
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for key in ("name", "x-wr-calname"):
        calendar.add(key, vText(_text(title)))  # icalendar knows neither as text, and would not escape it
    calendar.add("x-wr-timezone", timezone.get_current_timezone_name())
    # RFC 7986 section 5.7 has no default type for it. X-PUBLISHED-TTL is Outlook's word for the same.
    calendar.add("refresh-interval", ASK_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(ASK_AGAIN_AFTER))
    if url:
        calendar.add("source", url, parameters={"VALUE": "URI"})
        calendar.add("url", _page_of(url))
    if years:
        zone: Any = timezone.get_current_timezone()
        calendar.add_component(_vtimezone(zone, *years))
    end = b"END:VCALENDAR\r\n"
    yield calendar.to_ical().removesuffix(end)
    for record in records:
        if starts := record["starts"]:
            yield _entry(record, starts).to_ical()
    yield end


def uid_of(pk: int) -> str:
    """The UID under which calendars know an event of this site."""
    return f"event-{pk}@{_host()}"


def pk_of_uid(uid: str) -> int | None:
    """Which event of this site, by its key, has this UID; None when it is another site's."""
    match = re.fullmatch(rf"event-([0-9]{{1,18}})@{re.escape(_host())}", uid)
    return int(match[1]) if match else None


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _entry(record: EventRecord, starts: datetime) -> CalendarEvent:
    entry = CalendarEvent()
    entry.add("uid", uid_of(record["id"]))
    entry.add("dtstamp", _utc(record["updated"] or record["created"] or starts))
    first, last = _span(record, starts)
    entry.add("dtstart", first)
    if last is not None:
        entry.add("dtend", last)
    entry.add("summary", _text(record["title"]))
    texts = (record["status_note"], record["summary"], record["body"])
    if description := "\n\n".join(text for text in texts if text):
        entry.add("description", _text(description))
    if (html := _html(record)) and len(html) <= HTML_MAX_LENGTH:
        # What Outlook and Thunderbird read. STYLED-DESCRIPTION of RFC 9073 would be the text for a third time.
        entry.add("x-alt-desc", vText(_text(html)), parameters={"FMTTYPE": "text/html"})
    if record["place"]:
        entry.add("location", _text(record["place"]))
    if (venue := record["venue"]) and venue["latitude"] is not None:
        # As a number without an exponent, which icalendar writes for small ones and RFC 5545 does not know.
        entry.add("geo", vInline(f"{venue['latitude']:.6f};{venue['longitude']:.6f}"))
    if tags := [_text(tag["name"]) for tag in record["tags"]]:
        entry.add("categories", tags)
    if flyer := record["flyer"]:
        entry.add("attach", flyer["url"], parameters={"FMTTYPE": flyer["type"]})
    entry.add("url", record["url"])
    entry.add("status", STATUS[record["status"]])
    entry.add("sequence", record["sequence"])
    for key, moment in (("created", record["created"]), ("last-modified", record["updated"])):
        if moment:
            entry.add(key, _utc(moment))
    return entry


def _html(record: EventRecord) -> str:
    text = record["summary_html"] + record["body_html"]
    return status_note_html(record) + text if text.strip() else ""


def _span(times: EventTimes, starts: datetime) -> tuple[date, date | None]:
    """DTSTART and DTEND, which is after the last instant or day (RFC 5545 section 3.6.1)."""
    ends = times["ends"] or starts
    if times["all_day"]:
        return local(starts).date(), local(ends).date()
    first, last = (local(moment).replace(microsecond=0) for moment in (starts, ends))
    zone = timezone.get_current_timezone()
    # Of an hour that the clock strikes twice, a TZID means the first (RFC 5545 section 3.3.5). Changes of the clock are
    # written out for the years that the site knows.
    if is_utc(zone) or any(moment.fold or moment.year not in YEARS for moment in (first, last)):
        first, last = _utc(first), _utc(last)
    return first, last if _utc(last) > _utc(first) else None


@lru_cache(maxsize=64)
def _vtimezone(zone: ZoneInfo, first_year: int, last_year: int) -> Timezone:
    """The changes of the clock in these years.

    Not icalendar's own, which puts the onset of summer time by the new clock, an hour late: RFC 5545 section 3.6.5
    wants it by the old one.
    """
    observances: dict[tuple[Any, ...], list[datetime]] = {}
    begin = datetime(first_year, 1, 1, tzinfo=zone)
    before = _clock(zone, begin.astimezone(UTC))
    observances[before[0], *before] = [begin.replace(tzinfo=None)]
    for instant in _changes(zone, begin.astimezone(UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)):
        after = _clock(zone, instant)
        observances.setdefault((before[0], *after), []).append((instant + before[0]).replace(tzinfo=None))
        before = after
    vtimezone = Timezone()
    vtimezone.add("tzid", zone.key)
    for (offset_from, offset_to, name, is_summer), onsets in observances.items():
        observance: Any = TimezoneDaylight() if is_summer else TimezoneStandard()
        observance.add("dtstart", onsets[0])
        if onsets[1:]:
            observance.add("rdate", onsets[1:])
        observance.add("tzoffsetfrom", offset_from)
        observance.add("tzoffsetto", offset_to)
        observance.add("tzname", name)
        vtimezone.add_component(observance)
    return vtimezone


def _clock(zone: ZoneInfo, instant: datetime) -> tuple[timedelta, str, bool]:
    """How the clock goes: its offset from UTC, the name of that, and whether it is summer time."""
    moment = instant.astimezone(zone)
    return moment.utcoffset() or timedelta(0), moment.tzname() or "", bool(moment.dst())


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterable[datetime]:
    """The first instants, in UTC and to the second, of every way that the clock goes from `begin` to `end`."""
    step, second = timedelta(days=7), timedelta(seconds=1)
    while begin < end:
        if _clock(zone, begin) == _clock(zone, begin + step):
            begin += step
            continue
        old, new = begin, begin + step
        while new - old > second:
            middle = old + (new - old) // 2 // second * second
            old, new = (middle, new) if _clock(zone, middle) == _clock(zone, begin) else (old, middle)
        yield new
        begin = new


def _page_of(url: str) -> str:
    """The page that shows the same as the calendar at `url`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.removesuffix(".ics")))


def _text(text: str) -> str:
    """`text` with line feeds for line breaks of every kind: icalendar escapes those, so that no text starts a line."""
    return "\n".join(printable(text).splitlines())


def _utc(moment: datetime) -> datetime:
    """In UTC, and without the fraction of a second that iCalendar does not have."""
    return moment.astimezone(UTC).replace(microsecond=0)
