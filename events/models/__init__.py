"""The calendar: events, the series they belong to, their tags and areas."""

from events.models.events import TITLE_MAX_LENGTH, Event, EventQuerySet, start_of
from events.models.links import EditLink, Holder
from events.models.series import CannotMove, EventGroup
from events.models.terms import Area, Tag, Term

__all__ = [
    "TITLE_MAX_LENGTH",
    "Area",
    "CannotMove",
    "EditLink",
    "Event",
    "EventGroup",
    "EventQuerySet",
    "Holder",
    "Tag",
    "Term",
    "start_of",
]
