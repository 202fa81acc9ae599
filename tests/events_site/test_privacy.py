"""No address, browser or referrer of anybody is kept: not in the database, the cache, a log, a mail or a file."""

import base64
import hashlib
import hmac
import ipaddress
import logging
import secrets
import time
import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings as site
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from events.models import Event
from events_site import limits, views
from events_site.guards import FormToken
from events_site.logs import WithoutTokens
from moderation import emails
from moderation.models import ModerationAction, Report
from tests.factories import PASSWORD
from tests.routes import ROUTES, World

pytestmark = pytest.mark.django_db

ADDRESS, AGENT, REFERRER = "127.0.0.77", "CanaryBrowser/9", "https://canary-referrer.example/page"
FROM = {
    "REMOTE_ADDR": ADDRESS,
    "headers": {"user-agent": AGENT, "referer": REFERRER, "origin": REFERRER, "x-forwarded-for": ADDRESS},
}
FUTURE = {"date_0": "2090-06-01", "date_1": "19:00"}


def traces_of(text: str) -> Iterator[str]:
    """The text, and what anybody can compute from it with what is on the server's disk."""
    yield text
    for content in (text.encode(), ipaddress.ip_address(ADDRESS).packed):
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256"):
            for digest in (hashlib.new(name, content).digest(), hmac.digest(site.SECRET_KEY.encode(), content, name)):
                yield digest.hex()[:16]
                yield base64.b64encode(digest).decode()[:16]
                yield base64.urlsafe_b64encode(digest).decode()[:16]


CANARIES = [*traces_of(ADDRESS), *traces_of(AGENT), str(int(ipaddress.ip_address(ADDRESS))), "canary-referrer"]


def form(**fields) -> dict[str, str]:
    """What a browser sends back of any form that anybody may send, a minute after it was opened."""
    opened = time.time() - 60
    token = str(FormToken(uuid.uuid4().hex, opened, opened))
    return {"title": "Open picnic", "summary": "Bring a friend.", "form_token": token, **FUTURE, **fields}


def database() -> str:
    """Every column of every row of every table."""
    kept = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            kept.append(repr(cursor.fetchall()))
    return "\n".join(kept)


def test_nothing_of_a_visitor_is_kept(
    settings, tmp_path, caplog, capfd, monkeypatch, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    settings.REPORT_MAIL = "each"
    settings.LIMITS = settings.LIMITS | {"attempt": [(1_000, 600)]}
    caplog.set_level(logging.DEBUG)
    world = World()
    world.moderator.email = "mod@example.org"
    world.moderator.save()
    visitor = Client(raise_request_exception=False, **FROM)
    strict = Client(enforce_csrf_checks=True, **FROM)
    moderator = Client(**FROM)

    statuses = {visitor.get("/events", headers={"host": "evil.example"}).status_code}
    statuses.add(visitor.get("/nothing").status_code)
    for route in ROUTES:
        for address in route.addresses(world):
            statuses.add(visitor.get(address).status_code)
            statuses.add(strict.post(address, form(), secure=True).status_code)
            statuses.add(visitor.post(address, form(title="")).status_code)
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(12):
            visitor.post(f"/events/{world.linked.pk}/report", form(reason="other", text=f"Look {number}"))
            statuses.add(visitor.post("/events/new", form(title=f"Gig {number}")).status_code)
    visitor.post("/login", {"username": "mod", "password": "wrong"})
    moderator.post("/login", {"username": "mod", "password": PASSWORD, "stay": "on"})
    posted = Event.objects.get(title="Gig 0")
    deed = {"action": "hide", "index": 0, "_selected_action": [posted.pk], "with_reason": 1, "public_reason": "spam"}
    moderator.post("/admin/events/event/", deed)
    moderator.post(f"/admin/events/event/{posted.pk}/change/", {"title": "Gig", "summary": "x", **FUTURE})
    monkeypatch.delattr(views, "_plain")
    statuses.add(visitor.get("/healthz").status_code)
    emails._sender.submit(int).result()  # Mails leave one after the other: those before this have left.

    # All of it happened, and every kind of answer was given.
    assert statuses >= {200, 302, 400, 403, 404, 429, 500}
    assert ModerationAction.objects.filter(object_id=posted.pk).exists()
    assert Report.objects.exists()
    assert "limits:report" in repr(cache._cache)  # type: ignore[attr-defined]
    kept = {
        "database": database(),
        "cache": repr(cache._cache),  # type: ignore[attr-defined]
        "memory of the limits": repr(vars(limits._store)) + repr(limits._store.memory._cache),  # type: ignore[attr-defined]
        "log": caplog.text + "".join(capfd.readouterr()),
        "mail": "\n".join(message.message().as_string() for message in mail.outbox),
        "files": "\n".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()),
    }
    assert "Not Found: /nothing" in kept["log"]
    assert "To: mod@example.org" in kept["mail"]
    found = {where: [canary for canary in CANARIES if canary in text] for where, text in kept.items()}
    assert found == {where: [] for where in kept}


def test_search_for_traces_finds_what_it_is_meant_to_find(client):
    """A hash of the address that anybody can undo would be found, were it kept."""
    cache.set("seen", hashlib.sha256(ADDRESS.encode()).hexdigest())

    assert [canary for canary in CANARIES if canary in repr(cache._cache)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("events:kept", ["{}"]),
        ("events:update_by_link", ["{}", 1]),
        ("events:posted", ["{}"]),
        ("events:comment_posted", ["{}"]),
        ("collectives:invitation", ["{}"]),
        ("account_confirm_email", ["{}"]),
        ("account_reset_password_from_key", ["1a", "{}"]),
    ],
)
def test_log_quotes_no_token_of_a_secret_link(name, args):
    token = secrets.token_urlsafe(32)
    address = reverse(name, args=[token if arg == "{}" else arg for arg in args])

    line = WithoutTokens().format(logging.makeLogRecord({"msg": f"Internal Server Error: {address}"}))

    assert token in address
    assert token not in line
    assert "…" in line


def test_session_says_nothing_of_where_it_was_opened():
    World()
    client = Client(**FROM)

    client.post("/login", {"username": "mod", "password": PASSWORD, "stay": "on"})

    session = repr(dict(client.session))
    assert client.session.get("_auth_user_id")
    assert [canary for canary in CANARIES if canary in session] == []
