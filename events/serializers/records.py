"""What everybody may know of an event, before it is written down in any format."""

from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from django.conf import settings
from django.utils.html import escape

from collectives.models import Collective
from events.calendar import end_of_whole_days, local
from events.models import VERSIONS, Attachment, Event, Term, Venue
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS
from events.templatetags.venue import name_and_address
from events_site.sanitizing import plain_lines, plain_text, printable, sanitized


class TermRecord(TypedDict):
    """A tag or an area."""

    name: str
    slug: str


class GroupRecord(TypedDict):
    name: str
    url: str


class VenueRecord(TypedDict):
    """Where it is. `address` is empty when only a name is known; coordinates are degrees (WGS 84), both or neither."""

    name: str
    address: str
    latitude: float | None
    longitude: float | None


class FileRecord(TypedDict):
    """A picture or a PDF. `size` is in bytes; a PDF has no width and height."""

    url: str
    type: str
    alt: str
    size: int
    width: int | None
    height: int | None


class EventTimes(TypedDict):
    """When an event is."""

    starts: datetime | None
    ends: datetime | None
    # Whole days by the site's wall clock: `ends` is then the midnight after the last of them.
    all_day: bool


class EventRecord(EventTimes):
    """What everybody may know of an event; texts are plain but for `…_html`, times are aware, addresses absolute."""

    id: int
    url: str
    title: str
    place: str
    venue: VenueRecord | None
    areas: list[TermRecord]
    tags: list[TermRecord]
    # One line; the body has paragraphs.
    summary: str
    summary_html: str
    body: str
    body_html: str
    # One of Event.EventStatus, why, and how often the schedule has changed.
    status: str
    status_note: str
    sequence: int
    published_by: str
    group: GroupRecord | None
    # A web address, or empty.
    source: str
    # Of one event alone: no list or feed prints them.
    contact_email: str
    contact_phone: str
    # The first picture, which is among the attachments too.
    flyer: FileRecord | None
    attachments: list[FileRecord]
    # The page with the other dates of a repeating event, or empty.
    series_url: str
    created: datetime | None
    updated: datetime | None


def event_record(event: Event) -> EventRecord:
    """The public fields. Costs no query when `event` comes from `EventQuerySet.for_export()`."""
    url = _absolute(event.get_absolute_url())
    flyer, collective = event.flyer, event.shown_collective
    return EventRecord(
        id=event.pk,
        url=url,
        title=printable(event.title),
        **event_times(event.date, event.end_date),
        place=printable(event.place),
        venue=_venue_record(event.place, event.venue) if event.place else None,
        areas=[_term_record(area) for area in event.areas.all()],
        tags=[_term_record(tag) for tag in event.tags.all()],
        summary=plain_text(event.summary),
        summary_html=str(sanitized(event.summary, base=url)),
        body=plain_lines(event.body),
        body_html=str(sanitized(event.body, base=url)),
        status=event.event_status,
        status_note=printable(event.status_note),
        sequence=event.sequence,
        published_by=printable(event.published_by),
        group=(
            GroupRecord(name=printable(collective.name), url=_absolute(collective.get_absolute_url()))
            if collective
            else None
        ),
        source=printable(event.source or "") if event.has_web_address else "",
        contact_email=printable(event.contact_email or ""),
        contact_phone=printable(event.contact_phone or ""),
        flyer=_file_record(flyer) if flyer else None,
        attachments=[_file_record(attachment) for attachment in event.attachments.all()],
        series_url=_absolute(event.event_group.get_absolute_url()) if event.event_group else "",
        created=event.created_on,
        updated=event.updated_on,
    )


def event_times(starts: datetime | None, ends: datetime | None) -> EventTimes:
    """When it is, from the stored `date` and `end_date`."""
    end_of_days = end_of_whole_days(starts, ends)
    return EventTimes(starts=starts, ends=end_of_days or ends, all_day=end_of_days is not None)


def event_attributes(event: Event) -> dict[str, Any]:
    """The stored row as the columns of the event XML."""
    return {column: getattr(event, column) for column in EVENT_COLUMNS}


def collective_attributes(collective: Collective) -> dict[str, Any]:
    """The stored row as the columns of the group XML; `image` is the public path of the picture."""
    values = {column: getattr(collective, column) for column in COLLECTIVE_COLUMNS if column != "image"}
    return values | {"image": collective.image_path}


def last_day(times: EventTimes) -> date | None:
    """The last of several whole days; None of a single one, and of what has hours."""
    starts, ends = times["starts"], times["ends"]
    if starts is None or ends is None or not times["all_day"]:
        return None
    last = local(ends).date() - timedelta(days=1)
    return last if last > local(starts).date() else None


def status_note_html(record: EventRecord) -> str:
    """What became of it, as a paragraph to stand before its text; empty without a note."""
    return f"<p>{escape(record['status_note'])}</p>" if record["status_note"] else ""


def _term_record(term: Term) -> TermRecord:
    return TermRecord(name=printable(term.name), slug=term.slug)


def _venue_record(place: str, venue: Venue | None) -> VenueRecord:
    name, address = name_and_address(printable(place))
    latitude, longitude = venue.coordinates or (None, None) if venue else (None, None)
    return VenueRecord(name=name, address=address, latitude=latitude, longitude=longitude)


def _file_record(attachment: Attachment) -> FileRecord:
    return FileRecord(
        url=_absolute(attachment.url),
        type=VERSIONS["full.webp" if attachment.is_picture else "flyer.pdf"],
        alt=printable(attachment.alt),
        size=attachment.size,
        width=attachment.width,
        height=attachment.height,
    )


def _absolute(path: str) -> str:
    return settings.SITE_URL + path
