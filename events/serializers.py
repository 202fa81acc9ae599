"""One record, many formats: the public fields of an event, and what turns them into bytes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from collectives.models import Collective
from events.models import Event
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS
from events_site.sanitizing import plain_text, printable


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
    calendar.add("prodid", f"-//{settings.SITE_NAME}//events//EN")
    calendar.add("version", "2.0")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    for record in records:
        if record["starts"] is None:
            continue  # RFC 5545 section 3.6.1: a VEVENT needs its DTSTART
        entry = CalendarEvent()
        entry.add("uid", f"event-{record['id']}@{host}")
        entry.add("dtstamp", record["updated"] or record["created"] or record["starts"])
        entry.add("dtstart", record["starts"])
        if record["ends"] and record["ends"] > record["starts"]:
            entry.add("dtend", record["ends"])
        entry.add("summary", record["title"])
        if description := "\n\n".join(text for text in (record["summary"], record["body"]) if text):
            entry.add("description", description)
        if record["place"]:
            entry.add("location", record["place"])
        entry.add("url", record["url"])
        entry.add("status", "CONFIRMED")
        for key, moment in (("created", record["created"]), ("last-modified", record["updated"])):
            if moment:
                entry.add(key, moment)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
