"""Publishing: what a person fills in, and how it becomes an event."""

from events.forms.event import EventForm, TextForm
from events.forms.publish import PublishForm

__all__ = ["EventForm", "PublishForm", "TextForm"]
