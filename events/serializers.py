"""One record, many formats: the public fields of an event, and what turns them into bytes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, vText
from icalendar import Event as CalendarEvent

from collectives.models import Collective
from events.models import Event
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS
from events.templatetags.venue import name_and_address
from events_site.sanitizing import plain_text, printable

# What RFC 5545 section 3.8.1.11 and schema.org call it. Postponed is "tentative": it will be, but perhaps not then.
CALENDAR_STATUS = {"scheduled": "CONFIRMED", "cancelled": "CANCELLED", "postponed": "TENTATIVE"}
SCHEMA_STATUS = {"scheduled": "EventScheduled", "cancelled": "EventCancelled", "postponed": "EventPostponed"}


class EventRecord(TypedDict):
    """What everybody may know of an event; texts are plain, times are aware."""

    id: int
    url: str
    title: str
    starts: datetime | None
    ends: datetime | None
    place: str
    summary: str
    body: str
    # One of Event.EventStatus, why, and how often the schedule has changed.
    status: str
    status_note: str
    sequence: int
    created: datetime | None
    updated: datetime | None


def event_record(event: Event) -> EventRecord:
    return EventRecord(
        id=event.pk,
        url=settings.SITE_URL + event.get_absolute_url(),
        title=printable(event.title),
        starts=event.date,
        ends=event.end_date,
        place=printable(event.place),
        summary=plain_text(event.summary),
        body=plain_text(event.body),
        status=event.event_status,
        status_note=printable(event.status_note),
        sequence=event.sequence,
        created=event.created_on,
        updated=event.updated_on,
    )


def event_attributes(event: Event) -> dict[str, Any]:
    """The stored row as the columns of the event XML."""
    return {column: getattr(event, column) for column in EVENT_COLUMNS}


def collective_attributes(collective: Collective) -> dict[str, Any]:
    """The stored row as the columns of the group XML; `image` is the public path of the picture."""
    values = {column: getattr(collective, column) for column in COLLECTIVE_COLUMNS if column != "image"}
    return values | {"image": collective.image_path}


def to_ics(records: Iterable[EventRecord], name: str) -> bytes:
    """A calendar (RFC 5545). The same records give the same bytes: DTSTAMP is the time of the last change."""
    calendar = Calendar()
    calendar.add("prodid", _calendar_text(f"-//{settings.SITE_NAME}//events//EN"))
    calendar.add("version", "2.0")
    for key in ("name", "x-wr-calname"):
        calendar.add(key, vText(_calendar_text(name)))  # icalendar knows neither as text, and would not escape it
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    for record in records:
        if record["starts"] is None:
            continue  # RFC 5545 section 3.6.1: a VEVENT needs its DTSTART
        entry = CalendarEvent()
        entry.add("uid", f"event-{record['id']}@{host}")
        entry.add("dtstamp", record["updated"] or record["created"] or record["starts"])
        starts, ends = _calendar_time(record["starts"]), _calendar_time(record["ends"] or record["starts"])
        entry.add("dtstart", starts)
        if ends > starts:
            entry.add("dtend", ends)
        entry.add("summary", _calendar_text(record["title"]))
        texts = (record["status_note"], record["summary"], record["body"])
        if description := "\n\n".join(text for text in texts if text):
            entry.add("description", _calendar_text(description))
        if record["place"]:
            entry.add("location", _calendar_text(record["place"]))
        entry.add("url", record["url"])
        entry.add("status", CALENDAR_STATUS[record["status"]])
        entry.add("sequence", record["sequence"])
        for key, moment in (("created", record["created"]), ("last-modified", record["updated"])):
            if moment:
                entry.add(key, moment)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def to_json_ld(record: EventRecord) -> dict[str, Any]:
    """A schema.org Event, for search engines and other readers of the page. Empty without a start, which it needs."""
    if record["starts"] is None:
        return {}
    values: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": record["url"],
        "url": record["url"],
        "name": record["title"],
        "startDate": _iso(record["starts"]),
        "endDate": _iso(record["ends"]),
        "eventStatus": f"https://schema.org/{SCHEMA_STATUS[record['status']]}",
        "description": "\n\n".join(text for text in (record["status_note"], record["summary"]) if text),
    }
    if record["place"]:
        name, address = name_and_address(record["place"])
        values["location"] = {"@type": "Place", "name": name, "address": address or record["place"]}
    return {key: value for key, value in values.items() if value}


def _iso(moment: datetime | None) -> str | None:
    """By the site's wall clock, with its offset."""
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else None


def _calendar_text(text: str) -> str:
    """`text` with line feeds for line breaks of every kind: icalendar escapes those, so that no text starts a line."""
    return "\n".join(printable(text).splitlines())


def _calendar_time(moment: datetime) -> datetime:
    """In UTC, which needs no VTIMEZONE, and without the fraction of a second that iCalendar does not have."""
    return moment.astimezone(UTC).replace(microsecond=0)
