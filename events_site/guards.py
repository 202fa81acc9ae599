"""What keeps machines from filling in the forms that anybody may send, and a form from being sent twice."""

import secrets
import time
import uuid
from dataclasses import astuple, dataclass, replace
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from events_site import limits


@dataclass(frozen=True)
class FormToken:
    """Goes out with a form and comes back with it: a random key, when it was opened and when last confirmed."""

    key: str
    opened: float
    confirmed: float

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_urlsafe(32), time.time(), time.time())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Reads what `str()` wrote; None when it is not ours."""
        try:
            return cls(*cls._signer().unsign_object(text))
        except signing.BadSignature:
            return None

    def __str__(self) -> str:
        return self._signer().sign_object(astuple(self))

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose: the same for the same form. Neither the key nor what is derived for another
        purpose can be had from them.
        """
        return salted_hmac(f"events_site.form.{purpose}", self.key, algorithm="sha256").digest()

    @property
    def submission_key(self) -> uuid.UUID:
        """What is stored of the form, so that it is not taken twice."""
        return uuid.UUID(bytes=self.derive("submission")[:16])

    @staticmethod
    def _signer() -> signing.Signer:
        return signing.Signer(salt="events.publish")


class GuardedForm(forms.Form):
    """A honeypot, a token that tells when the form was opened, and limits. Its `clean()` calls `guard()`.

    Nothing that a person typed is lost: where somebody has to confirm or to wait, the form comes back as it was.
    Given a `client`, the form counts every attempt, and what is right and meant to be sent as one more `limit`.
    """

    limit = ""  # a name in settings.LIMITS
    # Whether the same form sent again does nothing new, so that it need not count again.
    is_done_once = True
    retry_after = 0  # seconds

    website = forms.CharField(label=_("Leave this field empty"), required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False)
    token: FormToken | None = None

    def __init__(self, *args: Any, client: limits.Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.initial["form_token"] = str(FormToken.new())

    @property
    def is_meant(self) -> bool:
        """Whether the person who sent it wants it done, rather than to look at it first."""
        return not self.data.keys() & {"preview", "check"}

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.client is None:
            return
        wait = limits.hit("attempt", self.client)
        if not wait and self.is_meant and not self.errors and self.token is not None:
            wait = limits.hit(self.limit, self.client, once=self.token.key if self.is_done_once else "")
        if wait:
            self.retry_after = wait
            self.add_error(None, limits.sentence(wait))

    def guard(self) -> None:
        """Checks the honeypot and the token."""
        if self.cleaned_data.get("website"):
            # A person's browser may have filled it in. It comes back empty.
            self.add_error(
                None,
                _("A field that people do not see was filled in. Nothing is lost: look it over and send it again."),
            )
        self.token = FormToken.parse(self.cleaned_data.get("form_token", ""))
        if self.token is None:
            self.ask_again(
                FormToken.new(), _("This form had expired. Nothing is lost: look it over and send it again.")
            )
        else:
            self.clean_token(self.token)

    def clean_token(self, token: FormToken) -> None:
        """The form must have been open for a few seconds and at most a day, give or take a clock that was set.

        Where a person has to confirm, the token they send with it is good at once.
        """
        now = time.time()
        if token.confirmed - now > settings.CLOCK_TOLERANCE or token.opened - now > settings.CLOCK_TOLERANCE:
            self.ask_again(
                replace(token, opened=now - settings.FORM_MIN_SECONDS, confirmed=now),
                _("The clock was set since you opened this. Nothing is lost: look it over and send it again."),
            )
        elif now - token.confirmed > settings.FORM_MAX_SECONDS:
            # The key stays: the form may have been sent before.
            self.ask_again(
                replace(token, confirmed=now),
                _("This form was open for very long. Nothing is lost: look it over and send it again."),
            )
        elif 0 <= now - token.opened < settings.FORM_MIN_SECONDS:
            self.add_error(
                None, _("That was quicker than a person writes. Nothing is lost: wait a moment and send it again.")
            )

    def ask_again(self, token: FormToken, message: Any) -> None:
        """Refuses the form once, and gives it `token` for the next time."""
        self.add_error(None, message)
        data: Any = self.data
        data = data.copy()
        data["form_token"] = str(token)
        self.data = data
