"""Publishing: what a person fills in, and how it becomes an event."""

from events.forms.event import EventForm
from events.forms.publish import PublishForm
from events.forms.state import StateForm

__all__ = ["EventForm", "PublishForm", "StateForm"]
