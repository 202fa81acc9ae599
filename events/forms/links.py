"""Sending a secret edit link by mail: while one has it, and when it is lost."""

import re
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from events.emails import send_edit_link
from events.models import EditLink, Event, Holder
from events_site.guards import GuardedForm


class AddressForm(GuardedForm):
    """A mail address, in small letters: what is compared is also what the mail is sent to."""

    limit = "link_mail"
    is_done_once = False  # each time a mail leaves

    email = forms.EmailField(
        label=_("E-mail address"), max_length=255, error_messages={"required": _("Write it here.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.guard()
        return cleaned


class MailLinkForm(AddressForm):
    """Sends somebody the link they hold. Of the address only a hash is kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _(
            "We keep a scrambled form of it that nobody can read, so that a lost link can be sent again."
        )

    def send(self, holder: Holder) -> None:
        with transaction.atomic():
            holder.link.remember_contact(self.cleaned_data["email"])
            send_edit_link(self.cleaned_data["email"], holder.token)


class LostLinkForm(AddressForm):
    """Sends a new link to the address that the lost one was sent to; who asks does not learn whether it did."""

    event = forms.CharField(
        label=_("The event"),
        max_length=255,
        help_text=_("The address of its page, or the number in it."),
        error_messages={"required": _("Say which event it is.")},
    )

    field_order = ["event", "email"]

    def clean_event(self) -> int:
        found = re.fullmatch(r"\s*(?:\S*/events/)?([0-9]{1,18})(?:[/?#.]\S*)?\s*", self.cleaned_data["event"], re.ASCII)
        if found is None:
            raise forms.ValidationError(
                _("Write the address of its page, such as %(example)s.") % {"example": "/events/2565"}
            )
        return int(found[1])

    def send(self) -> None:
        email = self.cleaned_data["email"]
        named = Event.objects.filter(pk=self.cleaned_data["event"])
        if link := EditLink.objects.valid().filter(pk__in=named.values("edit_link")).sent_to(email):
            with transaction.atomic():
                send_edit_link(email, link.renew(), is_new=True)
