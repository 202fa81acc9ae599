"""Photos and flyers of an event, in the form that makes or edits it."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import MAX_ATTACHMENTS, Attachment, Event
from events_site import limits
from events_site.sanitizing import validate_line, validate_no_markup
from events_site.uploads import ACCEPTED, read_upload, shown_name


@dataclass(frozen=True)
class Row:
    """An attachment that the form has already, with what a person may change about it."""

    attachment: Attachment
    title: forms.BoundField
    position: forms.BoundField
    remove: forms.BoundField


class AttachmentsInput(forms.FileInput):
    """Files to add, below those that are there."""

    template_name = "events/_attachments_input.html"
    allow_multiple_selected = True
    rows: list[Row] = []
    key = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"rows": self.rows, "key": self.key}
        return context


class AttachmentsField(forms.FileField):
    """Any number of files, not yet read."""

    widget = AttachmentsInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return list(data or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class AttachmentFields(forms.Form):
    """What is sent with a form that comes back, for a preview or with an error, is kept as drafts of that form.

    A browser does not send files twice. The key of the form, in a hidden input, says whose drafts they are. Each file
    counts for the `client` before it is read, whatever becomes of the form.
    """

    client: limits.Client | None = None

    attachments = AttachmentsField(
        label=_("Flyer or photos"),
        required=False,
        widget=AttachmentsInput(attrs={"accept": ACCEPTED}),
        help_text=_("JPEG, PNG, GIF, WebP or PDF, up to 10 MB each. Where a photo was taken is removed from it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = str(self.data.get("attachment_key", ""))
        self.key = sent if re.fullmatch("[0-9a-f]{32}", sent) else secrets.token_hex(16)
        self.rows: list[Row] = []
        widget: Any = self.fields["attachments"].widget
        widget.rows, widget.key = self.rows, self.key
        event = self.instance  # type: ignore[attr-defined]
        for attachment in event.attachments.all() if event.pk else ():
            self._show(attachment)
        if sent:
            for draft in Attachment.objects.drafts_of(self.key):
                self._show(draft)

    def _show(self, attachment: Attachment) -> None:
        """Adds the fields of an attachment. What was not sent about it stays as it is."""
        attachment.with_key = True
        title, position, remove = (f"attachment_{word}_{attachment.name}" for word in ("title", "position", "remove"))
        if self.is_bound and self.add_prefix(title) not in self.data:
            sent: Any = self.data
            data = sent.copy()
            data[self.add_prefix(title)] = attachment.title
            data[self.add_prefix(position)] = str(attachment.position)
            self.data = data
        self.initial.update({title: attachment.title, position: attachment.position})
        self.fields[title] = forms.CharField(
            label=_("What does it show?"),
            help_text=_("Read aloud to people who cannot see it."),
            required=False,
            max_length=255,
            validators=[validate_line, validate_no_markup],
        )
        self.fields[title].widget.attrs.pop("maxlength", None)
        self.fields[position] = forms.IntegerField(
            label=_("Place in the order"), required=False, min_value=1, max_value=99
        )
        self.fields[remove] = forms.BooleanField(label=_("Remove"), required=False)
        self.rows.append(Row(attachment, self[title], self[position], self[remove]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for file in cleaned.get("attachments", []):
            if len(self.attached()) >= MAX_ATTACHMENTS:
                self.add_error("attachments", _("There is room for %(limit)d.") % {"limit": MAX_ATTACHMENTS})
                break
            if self.client and (wait := limits.hit("upload", self.client)):
                self.add_error("attachments", limits.sentence(wait))
                break
            try:
                position = max((row.attachment.position for row in self.rows), default=0) + 1
                self._show(Attachment.objects.stash(read_upload(file), self.key, position))
            except ValidationError as error:
                self.add_error("attachments", error)
            except OSError:
                self.add_error(
                    "attachments",
                    _("%(name)s could not be stored just now. Send it again, or publish without it.")
                    % {"name": shown_name(file.name)},
                )
        return cleaned

    @property
    def changes_attachments(self) -> bool:
        """Whether the event would have others, or these otherwise."""
        is_drafted = any(row.attachment.draft_key for row in self.rows)
        return is_drafted or any(name.startswith("attachment") for name in self.changed_data)

    def attached(self) -> list[Attachment]:
        """What the event would have, as typed and in order."""
        found = []
        for row in self.rows:
            if self.cleaned_data.get(row.remove.name):
                continue
            attachment = row.attachment
            attachment.event = self.instance  # type: ignore[attr-defined]
            attachment.title = self.cleaned_data.get(row.title.name, attachment.title)
            attachment.position = self.cleaned_data.get(row.position.name) or attachment.position
            found.append(attachment)
        return sorted(found, key=lambda attachment: (attachment.position, attachment.pk))

    def save_attachments(self, event: Event) -> None:
        """Gives the event what the form has, and deletes what was removed."""
        free = Attachment.objects.filter(Q(event=None) | Q(event=event))
        kept = self.attached()
        for position, attachment in enumerate(kept, 1):
            free.filter(pk=attachment.pk).update(event=event, title=attachment.title, position=position, draft_key="")
        free.filter(pk__in={row.attachment.pk for row in self.rows} - {attachment.pk for attachment in kept}).delete()

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.save_attachments(self.instance)  # type: ignore[attr-defined]
