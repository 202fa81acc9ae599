from django import forms
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line, validate_text


class ReasonForm(forms.Form):
    """Why a post is hidden: what everybody reads, and what only moderators do."""

    public_reason = forms.CharField(
        label=_("Public reason"),
        max_length=255,
        validators=[validate_line],
        help_text=_("Everybody who opens the post's address reads this. Say nothing of the post itself."),
        error_messages={"required": _("Give a reason: the author and the readers are told.")},
    )
    private_note = forms.CharField(
        label=_("Private note"),
        max_length=2_000,
        required=False,
        validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For moderators only."),
    )
