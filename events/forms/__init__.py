"""Publishing: what a person fills in, and how it becomes an event."""

from events.forms.editing import EditForm
from events.forms.event import EventForm
from events.forms.publish import PublishForm
from events.forms.state import StateForm

__all__ = ["EditForm", "EventForm", "PublishForm", "StateForm"]
