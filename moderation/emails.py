"""Notices by mail. They leave after the transaction that gave rise to them, and nobody waits for the mail server."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

logger = logging.getLogger("django.moderation")


def tell_author_it_is_hidden(address: str, title: str, action: Any) -> None:
    """Tells the author of a post that moderators hid it, and the public reason."""
    context = {"title": title, "reason": action.reason, "site_name": settings.SITE_NAME}
    body = render_to_string("moderation/mail_hidden.txt", context)
    _send(_("Your post was hidden"), body, [address])


def _send(subject: str, body: str, addresses: list[str]) -> None:
    """A mail server that is down must not undo what a moderator did: it is logged, without the address."""

    def send() -> None:
        try:
            send_mail(f"[{settings.SITE_NAME}] {subject}", body, None, addresses)
        except OSError as error:
            logger.error("A notice could not be sent: %s", type(error).__name__)

    transaction.on_commit(send, robust=True)
