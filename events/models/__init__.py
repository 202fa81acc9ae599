"""The calendar: events, what readers add to them, the series they belong to, their tags and areas."""

from events.models.attachments import MAX_ATTACHMENTS, VERSIONS, Attachment
from events.models.comments import Comment, CommentPage, CommentQuerySet
from events.models.events import (
    EXPORT_JOINS,
    EXPORT_RELATIONS,
    LONG,
    NIGHT,
    TITLE_MAX_LENGTH,
    Event,
    EventQuerySet,
    start_of,
)
from events.models.links import EditLink, Holder
from events.models.series import CannotMove, EventGroup
from events.models.terms import MAX_TERMS, PLACE_LENGTH, Area, EventArea, EventTag, Tag, Term, Venue

__all__ = [
    "EXPORT_JOINS",
    "EXPORT_RELATIONS",
    "LONG",
    "MAX_ATTACHMENTS",
    "MAX_TERMS",
    "NIGHT",
    "PLACE_LENGTH",
    "TITLE_MAX_LENGTH",
    "VERSIONS",
    "Area",
    "Attachment",
    "CannotMove",
    "Comment",
    "CommentPage",
    "CommentQuerySet",
    "EditLink",
    "Event",
    "EventArea",
    "EventGroup",
    "EventQuerySet",
    "EventTag",
    "Holder",
    "Tag",
    "Term",
    "Venue",
    "start_of",
]
