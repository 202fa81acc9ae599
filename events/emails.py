"""Mails about events to people without an account."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation import emails


def send_edit_link(address: str, token: str, *, is_new: bool = False) -> None:
    """Mails the secret edit link of `token`, and nothing that anybody typed. With `is_new` it says that older ones
    are dead, and nobody waits for it.
    """
    link = settings.SITE_URL + reverse("events:kept", args=[token])
    context = {"link": link, "is_new": is_new, "site_name": settings.SITE_NAME, "days": settings.EDIT_LINK_DAYS}
    emails.send(
        _("Your edit link"), render_to_string("events/mail_edit_link.txt", context), [address], at_leisure=is_new
    )
