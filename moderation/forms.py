from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line, validate_text
from moderation.models import Guideline, SavedReply


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
