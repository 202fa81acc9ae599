"""Addresses of accounts. allauth and Django ask for these names, which stand in no namespace."""

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as two_factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path
from django.views.decorators.cache import never_cache

from collectives import account_views


def _private(route: str, view: Any, name: str) -> Any:
    return path(route, never_cache(view), name=name)


urlpatterns = [
    _private("signup", account.signup, "account_signup"),
    _private("login", account.login, "account_login"),
    _private("logout", account_views.Logout.as_view(), "account_logout"),
    _private("account/reauthenticate", account.reauthenticate, "account_reauthenticate"),
    _private("account/delete", account_views.delete, "account_delete"),
    _private("account/email", account.email, "account_email"),
    _private("account/email/sent", account.email_verification_sent, "account_email_verification_sent"),
    _private("account/email/confirm/<str:key>", account.confirm_email, "account_confirm_email"),
    _private("account/password", account.password_change, "account_change_password"),
    _private("account/password/reset", account.password_reset, "account_reset_password"),
    _private("account/password/reset/sent", account.password_reset_done, "account_reset_password_done"),
    _private(
        "account/password/reset/done",
        account.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
    _private(
        "account/password/reset/<str:uidb36>/<str:key>",
        account.password_reset_from_key,
        "account_reset_password_from_key",
    ),
    _private("account/two-factor", two_factor.index, "mfa_index"),
    _private("account/two-factor/code", two_factor.authenticate, "mfa_authenticate"),
    _private("account/two-factor/reauthenticate", two_factor.reauthenticate, "mfa_reauthenticate"),
    _private("account/two-factor/app", totp.activate_totp, "mfa_activate_totp"),
    _private("account/two-factor/app/remove", totp.deactivate_totp, "mfa_deactivate_totp"),
    _private("account/two-factor/codes", codes.view_recovery_codes, "mfa_view_recovery_codes"),
    _private("account/two-factor/codes/new", codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _private("account/two-factor/codes.txt", codes.download_recovery_codes, "mfa_download_recovery_codes"),
]
