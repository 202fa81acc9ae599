"""Saying that an event does not take place, or not then."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from events.forms.editing import CountedEdit
from events.models import Event
from events_site.limits import Client
from events_site.sanitizing import validate_line, validate_no_markup


class StateForm(CountedEdit, forms.Form):
    event_status = forms.ChoiceField(
        label=_("What has happened?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
        choices=[
            (Event.EventStatus.CANCELLED, _("It is cancelled")),
            (Event.EventStatus.POSTPONED, _("It is postponed")),
            (Event.EventStatus.SCHEDULED, _("It takes place as planned")),
        ],
    )
    status_note = forms.CharField(
        label=_("What should people know?"),
        required=False,
        max_length=255,
        validators=[validate_line, validate_no_markup],
        help_text=_("One or two sentences: why, and what becomes of tickets or of the date."),
        error_messages={"max_length": _("Keep this under %(limit_value)d letters; it has %(show_value)d.")},
    )

    def __init__(self, data: Any = None, *, event: Event, client: Client | None = None) -> None:
        super().__init__(data)
        self.client = client
        self.event = event
        self.initial["status_note"] = event.status_note
        if event.is_off:
            self.initial["event_status"] = event.event_status
        self.label_suffix = ""
        self.fields["status_note"].widget.attrs.pop("maxlength", None)

    def clean(self) -> None:
        self.count()

    def save(self, *, by: Any, scope: str = "this") -> None:
        """Raises PermissionDenied. `scope` is one of a series, as for `Event.siblings`."""
        deeds = {
            Event.EventStatus.CANCELLED: self.event.cancel,
            Event.EventStatus.POSTPONED: self.event.postpone,
            Event.EventStatus.SCHEDULED: self.event.reinstate,
        }
        # One date alone is no model for those to come.
        self.event.is_detached |= scope == "this"
        with transaction.atomic():
            deeds[Event.EventStatus(self.cleaned_data["event_status"])](by=by, note=self.cleaned_data["status_note"])
            self.event.spread_status(scope, by=by)
