"""Editing an event, and with it other dates of its series."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from events import recurrence
from events.forms.event import EventForm
from events.models import CannotMove, Event
from events_site import limits


class CountedEdit(forms.BaseForm):
    """An edit that counts for its `client`, unless it is only looked at: what stood there before is kept each time,
    for every date of a series. `clean()` ends with `count()`.
    """

    client: limits.Client | None = None
    retry_after = 0  # seconds

    def count(self) -> None:
        if self.client is None or self.errors or self.data.keys() & {"preview", "check"}:
            return
        if wait := limits.hit("edit", self.client):
            self.retry_after = wait
            self.add_error(None, limits.sentence(wait))


class EditForm(CountedEdit, EventForm):
    scope = forms.ChoiceField(
        label=_("This change is for"),
        required=False,
        initial="this",
        choices=[
            ("this", _("Only this date")),
            ("following", _("This date and the following")),
            ("all", _("All dates")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, client: limits.Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        if not self.instance.event_group_id:
            del self.fields["scope"]
        else:
            # What is in the database: the instance is about to take what was typed.
            self.stored = Event.objects.select_related("event_group").get(pk=self.instance.pk)

    @property
    def scope_chosen(self) -> str:
        return self.cleaned_data.get("scope") or "this"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.scope_chosen != "this" and cleaned.get("date") and "date" in self.changed_data:
            self._check_move()
        self.count()
        return cleaned

    def _check_move(self) -> None:
        event = self.stored
        coming = [each for each in event.in_scope(self.scope_chosen, by=self.user) if not each.is_over]
        first = min((each.recurrence_id for each in coming if each.recurrence_id), default=None)
        if first is None or event.date is None or event.event_group is None or event.event_group.rule is None:
            return
        starts = recurrence.wall(self.cleaned_data["date"])
        days = (starts.date() - recurrence.wall(event.date).date()).days
        try:
            event.event_group.moved_rule(recurrence.wall(first), days=days, clock=starts.time())
        except CannotMove:
            self.add_error(
                "date",
                _(
                    "On other days the dates would no longer follow the rule “%(rule)s”. Move only this one, or "
                    "withdraw it with the following ones and publish the event anew."
                )
                % {"rule": event.event_group.in_words()},
            )

    def save(self, commit: bool = True) -> Event:
        if not commit or "scope" not in self.fields:
            return super().save(commit)
        changed = {name for name in self.changed_data if not name.startswith("attachment")} - {"scope", "seen"}
        if self.changes_attachments:
            changed.add("attachments")
        with transaction.atomic():
            before = {name: self.stored.worth(name) for name in changed}
            self.instance.is_detached |= bool(changed) and self.scope_chosen == "this"
            event = super().save()
            event.spread(before, self.scope_chosen, by=self.user)
        return event
