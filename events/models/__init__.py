"""The calendar: events, the series they belong to, their tags and areas."""

from events.models.attachments import MAX_ATTACHMENTS, VERSIONS, Attachment
from events.models.events import NIGHT, TITLE_MAX_LENGTH, Event, EventQuerySet, start_of
from events.models.links import EditLink, Holder
from events.models.series import EventGroup
from events.models.terms import Area, Tag, Term

__all__ = [
    "MAX_ATTACHMENTS",
    "NIGHT",
    "TITLE_MAX_LENGTH",
    "VERSIONS",
    "Area",
    "Attachment",
    "EditLink",
    "Event",
    "EventGroup",
    "EventQuerySet",
    "Holder",
    "Tag",
    "Term",
    "start_of",
]
