"""Calendars of groups, from files and from the web, for the operator."""

import socket
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections import Counter
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from collectives.models import Collective, User
from events.ics_importer import CalendarImport, Outcome, Result, read_calendar

TIMEOUT = 20  # seconds without an answer
MAX_SECONDS = 60  # for the whole file
MAX_REDIRECTS = 3
_CHUNK = 64 * 1024


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Another host has to be one that anybody on the web can reach: a calendar opens no door into this network."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        host = urlsplit(newurl).hostname
        if host and host != urlsplit(req.full_url).hostname and not _is_public(host):
            raise urllib.error.URLError("it leads to an address that is not public")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_public(host: str) -> bool:
    found = socket.getaddrinfo(host, None)
    return all(ip_address(str(address[0]).partition("%")[0]).is_global for *_kind, address in found)


class Command(BaseCommand):
    help = "Imports the calendar (.ics) of a group. Run it again to take over what has changed there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="a file, or a web address that begins with http:// or https://")
        parser.add_argument("--group", required=True, metavar="NAME", help="the group, as in its address /groups/NAME")
        parser.add_argument("--user", help="the account of one who looks after the group, to sign the posts")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, source: str, group: str, user: str | None, dry_run: bool, **options: Any) -> None:
        collective = Collective.objects.filter(slug=group).first()
        if collective is None:
            raise CommandError(f"There is no group {_printable(group)}.")
        if collective.is_hidden:
            raise CommandError("The group is hidden; nothing can be published for it.")
        account = self._account(user, collective) if user is not None else None
        calendar = CalendarImport(read_calendar(self._content(source)), collective, account)
        try:
            results = calendar.preview() if dry_run else calendar.carry_out()
        except Error as error:
            raise CommandError(
                f"The database failed, and the import ended there; it may be repeated: {_printable(str(error))}"
            ) from error
        self._report(source, results, dry_run=dry_run)

    def _report(self, source: str, results: list[Result], *, dry_run: bool) -> None:
        for result in results:
            if result.outcome == Outcome.REFUSED:
                self.stderr.write(f"{_printable(source)}: {_printable(str(result))}")
            elif result.outcome != Outcome.UNCHANGED:
                reason = f" ({_printable(result.reason)})" if result.reason else ""
                starts = f"{result.starts:%Y-%m-%d %H:%M} UTC " if result.starts else ""
                self.stdout.write(f"{result.outcome}: {starts}{_printable(result.title)}{reason}")
        counts = Counter(result.outcome for result in results)
        outcomes = [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UPDATED, Outcome.LEFT, Outcome.REFUSED]
        counted = ", ".join(f"{outcome}: {counts[outcome]}" for outcome in outcomes)
        self.stdout.write(f"{'Nothing was written. Would be ' if dry_run else ''}{counted}")
        if counts[Outcome.REFUSED]:
            raise CommandError("Not everything could be imported; the reasons are above.")

    def _account(self, name: str, collective: Collective) -> User:
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None or not collective.can_be_edited_by(user):
            raise CommandError(f"{_printable(name)} is no account of one who looks after the group.")
        return user

    def _content(self, source: str) -> bytes:
        """At most one byte more than allowed, for the reader to refuse."""
        try:
            if source.lower().startswith(("http://", "https://")):
                return self._download(source)
            with Path(source).open("rb") as file:
                return file.read(settings.IMPORT_MAX_SIZE + 1)
        except (OSError, ValueError, HTTPException) as error:
            # urllib puts the reason of the system into its own error.
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
            raise CommandError(f"{_printable(source)}: cannot be read: {_printable(str(why))}") from None

    def _download(self, address: str) -> bytes:
        # No handler of other schemes: a redirect leads to no file.
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.UnknownHandler(),
            _Redirects(),
        ):
            opener.add_handler(handler)
        request = urllib.request.Request(address, headers={"Accept": "text/calendar", "User-Agent": settings.SITE_URL})  # noqa: S310
        deadline, content = time.monotonic() + MAX_SECONDS, bytearray()
        with opener.open(request, timeout=TIMEOUT) as response:
            while len(content) <= settings.IMPORT_MAX_SIZE and (chunk := response.read1(_CHUNK)):
                content += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError(None, "it takes too long")
        return bytes(content[: settings.IMPORT_MAX_SIZE + 1])


def _printable(text: str) -> str:
    """`text` without what can command a terminal or begin a line."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
