"""Publishing: what a person fills in, and how it becomes an event."""

from events.forms.comment import AddCommentForm, CommentForm
from events.forms.editing import EditForm
from events.forms.event import EventForm, TextForm
from events.forms.filters import FilterForm
from events.forms.links import LostLinkForm, MailLinkForm
from events.forms.publish import PublishForm
from events.forms.state import StateForm

__all__ = [
    "AddCommentForm",
    "CommentForm",
    "EditForm",
    "EventForm",
    "FilterForm",
    "LostLinkForm",
    "MailLinkForm",
    "PublishForm",
    "StateForm",
    "TextForm",
]
