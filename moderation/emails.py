"""Notices by mail. They leave after the transaction that gave rise to them, and nobody waits for the mail server."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import get_connection, send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# How long somebody waits for the mail server, in seconds, however many mails there are; they go on by themselves.
WAIT = 0.5
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()

logger = logging.getLogger("django.moderation")


def tell_author_it_is_hidden(address: str, title: str, action: Any) -> None:
    """Tells the author of a post that moderators hid it, and the public reason."""
    context = {"title": title, "reason": action.reason, "site_name": settings.SITE_NAME}
    body = render_to_string("moderation/mail_hidden.txt", context)
    send(_("Your post was hidden"), body, [address])


def tell_moderators_of_report(report: Any) -> None:
    """Tells the moderators who gave an address, when the site is set to mail every report."""
    if settings.REPORT_MAIL == "each":
        report.is_mailed = True
        report.save(update_fields=["is_mailed"])
        subject, body = _about_reports([report])
        for address in _moderators():
            # One mail each: moderators' addresses are nobody else's business, not even each other's.
            send(subject, body, [address])


def send_digest() -> int:
    """Mails the reports that nobody was told of yet, and returns how many they are. For a command.

    Raises OSError when the mail server does not take them; they are in the next digest then.
    """
    from moderation.models import Report

    reports = list(Report.objects.filter(is_mailed=False, answer=None).prefetch_related("post").order_by("id")[:200])
    addresses = _moderators()
    if not reports or not addresses:
        return 0
    subject, body = _about_reports(reports)
    with get_connection() as connection:
        for address in addresses:
            send_mail(f"[{settings.SITE_NAME}] {subject}", body, None, [address], connection=connection)
    Report.objects.filter(pk__in=[report.pk for report in reports]).update(is_mailed=True)
    return len(reports)


def _moderators() -> list[str]:
    accounts = get_user_model().objects.filter(groups__name="Moderators", is_active=True).exclude(email="")
    return list(accounts.values_list("email", flat=True).distinct())


def _about_reports(reports: list[Any]) -> tuple[str, str]:
    lines = [(report, settings.SITE_URL + report.post.get_absolute_url()) for report in reports if report.post]
    context = {"lines": lines, "queue": settings.SITE_URL + reverse("moderation:queue")}
    subject = ngettext("%d report", "%d reports", len(lines)) % len(lines)
    return subject, render_to_string("moderation/mail_reports.txt", context)


def send(subject: str, body: str, addresses: list[str]) -> None:
    """Mails when the transaction is through. A mail server that is slow or down holds up nobody, and undoes nothing."""

    def deliver() -> None:
        try:
            send_mail(f"[{settings.SITE_NAME}] {subject}", body, None, addresses)
        except OSError as error:
            logger.error("A notice could not be sent: %s", type(error).__name__)

    def start() -> None:
        is_busy = bool(_waiting)
        mail = _sender.submit(deliver)
        _waiting.add(mail)
        mail.add_done_callback(_waiting.discard)
        if not is_busy:
            wait([mail], WAIT)

    transaction.on_commit(start, robust=True)
