"""Publishing: what a person fills in, and how it becomes an event."""

from events.forms.editing import EditForm
from events.forms.event import EventForm
from events.forms.publish import PublishForm

__all__ = ["EditForm", "EventForm", "PublishForm"]
