"""How accounts behave: what slows down guessing, which names are free, how mail leaves, who needs a second factor."""

import hashlib
import time
import unicodedata
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from collectives.models import User
from events_site import limits
from events_site.sanitizing import validate_line
from events_site.sessions import ENDS_WHEN_IDLE
from moderation import emails

# Names that would be taken for somebody who runs the site.
RESERVED = {
    "admin", "administrator", "anonymous", "anonymoususer", "mod", "moderation", "moderator", "moderators", "root",
    "staff", "superuser", "support", "system", "webmaster",
}  # fmt: skip
# Alphabets whose letters look alike.
ALIKE = {"LATIN", "CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"}

# Seconds between two notes of when a moderator's session was last used.
NOTED = 5 * 60


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This name and this password do not go together."),
        "username_blacklisted": _("This name would be taken for somebody who runs the site. Choose another."),
        "too_many_login_attempts": _("Too many tries. Wait a quarter of an hour, then try again."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """What allauth counts by: never an address."""
        return limits.client(request).key

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages answer with pages."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Slows down guessing, before the password costs anything to check.

        Tries count for a connection, for an account from one connection, with growing pauses, and for an account
        from everywhere. An account that many try to enter stays open for its owner: each connection still has a few
        tries of its own.
        """
        client, account = limits.client(request), limits.account(credentials.get("username", ""))
        pair = limits.Client(hashlib.sha256(f"{client.key} {account.key}".encode()).hexdigest()[:32], client.share)
        wait = limits.hit("login", client) or limits.hit("login_to_account_from", pair)
        if not wait and limits.hit("login_to_account", account):
            wait = limits.hit("login_under_attack", pair)
        if wait:
            raise ValidationError(limits.sentence(wait), code="too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """A try counts whether it was right or wrong."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just logged in is not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        name = unicodedata.normalize("NFKC", username)
        validate_line(name)
        if name.casefold() in RESERVED:
            raise self.validation_error("username_blacklisted")
        alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
        if len(alphabets & ALIKE) > 1:
            raise ValidationError(_("Write the name in one alphabet."), code="mixed_alphabets")
        return super().clean_username(name, shallow)

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("collectives:account")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("account_login")

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """A message is kept in the session, which only those have who logged in."""
        if request.user.is_authenticated:
            super().add_message(request, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nobody waits for it: how long an answer takes tells nothing of whether an account has this address."""
        context = {**context, "email": email, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", context).split())
        body = render_to_string(f"{template_prefix}_message.txt", context).strip() + "\n"
        emails.send(subject, body, [email], at_leisure=True)


class MFAAdapter(DefaultMFAAdapter):
    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        return settings.SITE_NAME


class AccountsMiddleware:
    """Leads whoever has to prove more to where they can do so, and ends a moderator's idle session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        used = request.session.get(ENDS_WHEN_IDLE) if request.session.accessed else None
        if used and time.time() - used > NOTED:
            request.session[ENDS_WHEN_IDLE] = time.time()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ReauthenticationRequired):
            # allauth would keep the whole request in the session to repeat it, with address and browser.
            page = "account_reauthenticate" if request.user.is_authenticated else "account_login"
            return redirect_to_login(request.get_full_path(), reverse(page))
        user = request.user
        if isinstance(exception, PermissionDenied) and isinstance(user, User):
            return redirect("mfa_activate_totp") if user.is_moderating and user.lacks_second_factor else None
        return None


@receiver(user_logged_in)
def mark_session_of_moderator(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    if user.is_moderating:
        request.session[ENDS_WHEN_IDLE] = time.time()
