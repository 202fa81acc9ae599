"""One date of a calendar, and whether it says the same as a post."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from django.utils import timezone

from events.models import Event, Term


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
