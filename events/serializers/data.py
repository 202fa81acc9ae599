"""Events as JSON, and as the data of schema.org in a page."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from collectives.models import Collective
from events.calendar import local
from events.serializers.records import EventRecord
from events_site.sanitizing import plain_lines, printable, sanitized
from moderation.models import ModerationAction, Status

SCHEMA = "https://schema.org"
SCHEMA_STATUS = {"scheduled": "EventScheduled", "cancelled": "EventCancelled", "postponed": "EventPostponed"}
CONTACT = ("contact_email", "contact_phone")


def event_json(record: EventRecord) -> dict[str, Any]:
    """One event as docs/api.md promises it: every key is always there, what is unknown is null or empty."""
    return {
        "id": record["id"],
        "url": record["url"],
        "title": record["title"],
        "start": _iso(record["starts"]),
        "end": _iso(record["ends"]),
        "all_day": record["all_day"],
        "status": record["status"],
        "status_note": record["status_note"],
        "place": record["place"],
        "venue": record["venue"],
        "areas": record["areas"],
        "tags": record["tags"],
        "summary": record["summary"],
        "summary_html": record["summary_html"],
        "body": record["body"],
        "body_html": record["body_html"],
        "group": record["group"],
        "published_by": record["published_by"],
        "source": record["source"] or None,
        "contact_email": record["contact_email"] or None,
        "contact_phone": record["contact_phone"] or None,
        "image": record["flyer"],
        "attachments": record["attachments"],
        "series": record["series_url"] or None,
        "created": _iso(record["created"]),
        "updated": _iso(record["updated"]),
    }


def collective_json(collective: Collective) -> dict[str, Any]:
    """A group, before its events and among other groups."""
    return {
        "id": collective.pk,
        "url": settings.SITE_URL + collective.get_absolute_url(),
        "name": printable(collective.name),
        "slug": collective.slug,
        "summary": plain_lines(collective.summary or ""),
        "summary_html": str(sanitized(collective.summary or "", base=settings.SITE_URL)),
        "links": [{"title": printable(link.title), "url": link.address} for link in collective.web_links],
    }


def term_json(term: Any) -> dict[str, Any]:
    """A tag or area as `TermQuerySet.counted_in()` gives it."""
    return {
        "url": settings.SITE_URL + term.get_absolute_url(),
        "name": printable(term.name),
        "slug": term.slug,
        "soon": term.number,
    }


def log_json(action: ModerationAction) -> dict[str, Any]:
    """A row of the public moderation log, without anything that tells which post it is about."""
    return {
        "when": _iso(action.created_on),
        "what": "hidden" if action.to_status == Status.HIDDEN else "shown again",
        "kind": action.content_type.model,
        "guideline": printable(action.clause.title) if action.clause else None,
        "reason": printable(action.public_reason),
        "by": printable(action.signature or "moderators"),
    }


def to_json(
    records: Iterable[EventRecord],
    title: str,
    url: str,
    next_url: str | None = None,
    *,
    about: dict[str, Any] | None = None,
) -> bytes:
    """A page of a list. `url` is the page for people, `next_url` the JSON of the next one, `about` goes before.

    Nobody's e-mail address or telephone number is in it: collecting those is not made easy.
    """
    return b"".join(json_parts(records, title, url, next_url, about=about))


def json_parts(
    records: Iterable[EventRecord],
    title: str,
    url: str,
    next_url: str | None = None,
    *,
    about: dict[str, Any] | None = None,
) -> Iterator[bytes]:
    """The bytes of `to_json()`, event by event, for lists that no memory holds."""
    end = b"]}\n"
    yield json_bytes({**(about or {}), "title": title, "url": url, "next": next_url, "events": []}).removesuffix(end)
    comma = b""
    for record in records:
        event = event_json(record)
        for key in CONTACT:
            del event[key]
        yield comma + json_bytes(event).rstrip(b"\n")
        comma = b","
    yield end


def json_bytes(value: dict[str, Any]) -> bytes:
    """JSON in UTF-8 (RFC 8259)."""
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode()


def to_json_ld(record: EventRecord) -> dict[str, Any]:
    """A schema.org Event, for search engines and other readers of the page. Empty without a start, which it needs.

    It has what Google asks of an Event as far as that is known: no price, performer or organising person is made up.
    """
    if record["starts"] is None:
        return {}
    texts = (record["status_note"], record["summary"] or record["body"])
    values: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Event",
        "@id": record["url"],
        "url": record["url"],
        "name": record["title"],
        "startDate": _schema_time(record, record["starts"]),
        "endDate": _schema_time(record, record["ends"], is_end=True),
        "eventStatus": f"{SCHEMA}/{SCHEMA_STATUS[record['status']]}",
        "eventAttendanceMode": f"{SCHEMA}/OfflineEventAttendanceMode",
        "location": _location(record),
        "image": [file["url"] for file in record["attachments"] if file["width"]],
        "description": "\n\n".join(text for text in texts if text),
        "keywords": [tag["name"] for tag in record["tags"]],
    }
    if group := record["group"]:
        values["organizer"] = {"@type": "Organization", "name": group["name"], "url": group["url"]}
    if record["series_url"]:
        values["superEvent"] = {
            "@type": "EventSeries",
            "@id": record["series_url"],
            "url": record["series_url"],
            "name": record["title"],
        }
    return {key: value for key, value in values.items() if value}


def _location(record: EventRecord) -> dict[str, Any] | None:
    """Where it is, or at least in which area."""
    venue, areas = record["venue"], ", ".join(area["name"] for area in record["areas"])
    if venue is None:
        return {"@type": "Place", "name": areas, "address": areas} if areas else None
    street = venue["address"] or record["place"]
    address: Any = street
    if areas:
        address = {"@type": "PostalAddress", "streetAddress": street, "addressLocality": areas}
    place: dict[str, Any] = {"@type": "Place", "name": venue["name"], "address": address}
    if venue["latitude"] is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": venue["latitude"], "longitude": venue["longitude"]}
    return place


def _schema_time(record: EventRecord, moment: datetime | None, *, is_end: bool = False) -> str | None:
    """A time, or the first or last of whole days."""
    if moment is None:
        return None
    if record["all_day"]:
        return (local(moment).date() - timedelta(days=is_end)).isoformat()
    return local(moment).isoformat(timespec="minutes")


def _iso(moment: datetime | None) -> str | None:
    """By the site's wall clock, with its offset (RFC 3339)."""
    return local(moment).isoformat(timespec="seconds") if moment else None
