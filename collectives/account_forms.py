"""The forms of accounts: allauth's, in the site's words and without what its pages do not need."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from collectives.models import User
from events_site import limits
from events_site.guards import GuardedForm

PASSWORD_HELP = _("At least 12 characters. Four words in a row are easy to keep in mind and hard to guess.")


class PlainForm(forms.Form):
    """Labels say what a field is for; no placeholder repeats them."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if isinstance(field.widget, forms.PasswordInput):
                field.help_text = PASSWORD_HELP if name == "password1" else ""
            if name == "code":
                field.widget.attrs |= {"inputmode": "text", "autocapitalize": "off", "spellcheck": "false"}


class LoginForm(PlainForm, allauth_forms.LoginForm):
    """Ends with the browser unless the person asks to stay."""

    labels = {"login": _("Username"), "remember": _("Stay logged in on this device")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {"login": "username", "password": "password", "remember": "stay"}
        self.fields = {new: self.fields[old] for old, new in names.items()}

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        self.cleaned_data["remember"] = self.cleaned_data.get("stay", False)
        return super().clean() or {}


class SignupForm(PlainForm, GuardedForm, allauth_forms.SignupForm):
    limit = "signup"
    is_done_once = False

    labels = {"username": _("Username"), "email": _("E-mail address"), "password1": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, client=limits.client(context.request), **kwargs)
        self.fields["username"].help_text = _(
            "Shown on no page. It does appear in the data of what you sign with your account."
        )
        self.fields["email"].help_text = _(
            "For one thing: without it nobody can let you back in when you forget your password. It is shown to "
            "nobody. We send a mail there to confirm it."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.guard()
        return cleaned


class ResetPasswordForm(PlainForm, allauth_forms.ResetPasswordForm):
    labels = {"email": _("E-mail address of the account")}


class ResetPasswordKeyForm(PlainForm, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("New password again")}


class ChangePasswordForm(PlainForm, allauth_forms.ChangePasswordForm):
    labels = {
        "oldpassword": _("Password until now"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }


class ChangeEmailForm(PlainForm, allauth_forms.AddEmailForm):
    labels = {"email": _("New e-mail address")}


class ReauthenticateForm(PlainForm, allauth_forms.ReauthenticateForm):
    pass


class CodeForm(PlainForm, mfa_forms.AuthenticateForm):
    labels = {"code": _("Code from your app, or a recovery code")}


class ReauthenticateCodeForm(PlainForm, mfa_forms.ReauthenticateForm):
    labels = {"code": _("Code from your app, or a recovery code")}


class ActivateForm(PlainForm, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Code that the app shows")}


class DeleteForm(PlainForm):
    """Asks whether the posts of an account go with it, and for the password."""

    with_posts = forms.BooleanField(label=_("Delete everything I posted under it as well"), required=False)
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["with_posts"].help_text = _("Otherwise it stays, and nothing leads from it to you any more.")

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("incorrect_password")
        return password
