"""Notices to those who belong to a group, or ask to. They hold nothing but links to the site."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation.emails import send


def tell_administrators_of_request(collective: Any, addresses: list[str]) -> None:
    """Somebody asks to join: each of `addresses` gets a mail of its own."""
    link = settings.SITE_URL + reverse("collectives:members", args=[collective.slug])
    body = render_to_string("collectives/mail_request.txt", {"link": link})
    for address in addresses:
        send(_("Somebody asks to join your group"), body, [address])


def tell_requester_of_answer(collective: Any, address: str, *, is_accepted: bool) -> None:
    link = settings.SITE_URL + collective.get_absolute_url()
    body = render_to_string("collectives/mail_answer.txt", {"link": link, "is_accepted": is_accepted})
    send(_("Your request to join a group"), body, [address])
