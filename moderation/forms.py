import contextlib
import uuid
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from events_site.guards import GuardedForm
from events_site.sanitizing import validate_line, validate_text
from moderation.diffs import FieldDiff, differences
from moderation.models import Guideline, Moderated, Report, SavedReply

REPORT_MAX_LENGTH = 2_000


class VersionedForm(forms.ModelForm):
    """The edit of a post. Asks once more where somebody else has changed the post since the form was opened."""

    # The version of the post that the form was made from, and what has changed in it since.
    seen = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    changes: list[FieldDiff] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.version
        else:
            self.fields.pop("seen", None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("seen"):
            self._compare_with(cleaned["seen"])
        return cleaned

    def _compare_with(self, seen: int) -> None:
        before = self.instance.content_as_of(seen)
        if before is None:
            return
        self.changes = differences(before, self.instance.content())
        self.add_error(
            None,
            _("Somebody else has changed this since you opened it. Look at the change, then send the form again."),
        )
        data: Any = self.data
        data = data.copy()
        data["seen"] = str(self.instance.version)
        self.data = data


class ReasonForm(forms.Form):
    """Why a post is hidden: what everybody reads, and what only moderators do."""

    clause = forms.ModelChoiceField(
        Guideline.objects.all(), label=_("Guideline"), required=False, empty_label=_("No guideline")
    )
    saved_reply = forms.ModelChoiceField(
        SavedReply.objects.all(), label=_("Saved reply"), required=False, empty_label=_("None"), to_field_name="pk"
    )
    public_reason = forms.CharField(
        label=_("Public reason"),
        max_length=255,
        required=False,
        validators=[validate_line],
        help_text=_("Everybody who opens the post's address reads this. Say nothing of the post itself."),
    )
    private_note = forms.CharField(
        label=_("Private note"),
        max_length=2_000,
        required=False,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For moderators only."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in ("clause", "saved_reply"):
            if not self.fields[name].queryset.exists():  # type: ignore[attr-defined]
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        reply = cleaned.get("saved_reply")
        if reply and not cleaned.get("public_reason"):
            cleaned["public_reason"] = reply.text
        if not (cleaned.get("public_reason") or cleaned.get("clause")) and "public_reason" not in self.errors:
            self.add_error("public_reason", _("Give a reason: the author and the readers are told."))
        return cleaned

    def reasons(self) -> dict[str, Any]:
        """As `Moderated.hide` takes them."""
        return {
            "clause": self.cleaned_data.get("clause"),
            "reason": self.cleaned_data["public_reason"],
            "note": self.cleaned_data["private_note"],
        }


class ReportForm(GuardedForm, forms.ModelForm):
    """A reader's complaint about a post, from anybody."""

    limit = "report"

    class Meta:
        model = Report
        fields = ["reason", "text"]
        widgets = {"reason": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 4})}
        labels = {"reason": _("What is wrong?"), "text": _("Tell the moderators more")}
        error_messages = {"reason": {"required": _("Choose what is wrong.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        reasons = self.fields["reason"]
        reasons.choices = Report.Reason.choices  # type: ignore[attr-defined]
        self.fields["text"].validators.append(MaxLengthValidator(REPORT_MAX_LENGTH))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.guard()
        return cleaned

    def send(self, post: Moderated) -> None:
        """Files the report. The same form sent again is the same report."""
        assert self.token is not None
        report = self.save(commit=False)
        report.submission_key = uuid.UUID(self.token.key)
        if not Report.objects.filter(submission_key=report.submission_key).exists():
            with contextlib.suppress(IntegrityError):
                post.report(report)
