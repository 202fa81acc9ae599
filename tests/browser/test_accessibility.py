"""Every page, as people meet it who see little, enlarge text, use a keyboard or hold a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone
from playwright.sync_api import Page

from collectives.models import Membership
from events.models import Event, EventGroup
from moderation.models import Status
from tests.factories import (
    PASSWORD,
    a_picture,
    make_attachment,
    make_collective,
    make_comment,
    make_event,
    make_moderator,
    make_user,
)

pytestmark = pytest.mark.browser

# axe's rules by colour scheme: in the dark only colours differ.
RULES = {
    "light": {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "rules": {"target-size": {"enabled": True}},
        "resultTypes": ["violations"],
    },
    "dark": {
        "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
        "resultTypes": ["violations"],
    },
}
WIDTHS = (320, 360, 768, 1280)
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Each control in turn is focused as the Tab key does: which are without an outline, or behind something?
NOT_SEEN_IN_FOCUS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(control => control.checkVisibility() && control.tabIndex >= 0)
    .filter(control => {
        control.focus();
        const style = getComputedStyle(control), box = control.getClientRects()[0];
        const middle = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
        const there = document.elementFromPoint(box.left + box.width / 2, middle);
        const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        return !isOutlined || !there || !(control.contains(there) || there.contains(control));
    })
    .map(control => control.outerHTML)"""
SMALL_CONTROLS = """() => [...document.querySelectorAll(
        "button, input, select, textarea, .button, .more, :is(nav, .tags, .foot, .errors, .formats) a"
    )]
    .filter(control => control.checkVisibility() && !control.matches("[type=checkbox], .honeypot *"))
    .filter(control => control.getBoundingClientRect().height < 44)
    .map(control => control.outerHTML)"""


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


def make_everything() -> str:
    """Events in every state, with texts as long as they may be. Returns the address of one with all of it."""
    now = timezone.now()
    group = make_collective("Nachbarschaftshilfevereinsgründungsversammlung", summary="<p>We meet on Mondays.</p>")
    full = make_event(
        "Nachbarschaftshilfevereinsgründungsversammlungsort",
        status=Status.FEATURED,
        date=now - timedelta(minutes=5),
        end_date=now + timedelta(hours=1),
        summary="<p>" + "A sentence about it. " * 20 + "</p>",
        body="<h2>Part</h2><p>https://example.org/" + "x" * 200 + "</p><pre>" + "x" * 200 + "</pre>"
        "<blockquote><ul><li>One<ol><li>Two</li></ol></li></ul></blockquote>"
        '<p><a href="https://example.org/">A link</a> in the text.</p>',
        place="Noncommercial House" + "x" * 100 + ", 165 Commercial Street",
        published_by="Amy",
        contact_email="amy@example.org",
        contact_phone="020 7946 0000",
        source="https://example.org/" + "x" * 100,
        collective=group,
        tags=("Food", "Housing"),
        areas=("Hackney", "London"),
    )
    make_attachment(full, a_picture((1200, 800)), title="People around a table " * 8)
    make_attachment(full, a_picture((300, 1200)))
    make_attachment(full, kind="pdf", title="x" * 255)
    series = EventGroup.objects.create()
    make_event("Weekly", date=now + timedelta(days=5), event_group=series)
    make_event("Weekly", date=now - timedelta(days=2), event_group=series, tags=("Over",))
    for number in range(4):
        make_event(
            f"Camp {number}", date=now - timedelta(days=20), end_date=now + timedelta(days=20), areas=("Hackney",)
        )
    make_event("Exhibition", date=now - timedelta(days=2), end_date=now + timedelta(days=9), place="22, High Street")
    make_event("حكايات الشاي", status=Status.PROMOTED, collective=group, summary="<p>قصص قصيرة with tea</p>")
    make_event("Not looked at", status=Status.PENDING, areas=("Hackney",))
    for days in (3, 3, 40, 4000):
        make_event(status=Status.FEATURED, date=now - timedelta(days=days), collective=group, place="The Hall, E8")
    for number in range(32):
        make_event(date=now + timedelta(days=2, hours=number), collective=group, tags=("Food",))
    make_comment(full, "The lift is out of order. " + "x" * 200, is_organiser=True, published_by="Amy")
    make_comment(full, "I went last month.", status=Status.PENDING)
    return full.get_absolute_url()


def visit_all(page: Page) -> Iterator[str]:
    """Brings `page` to every page of the site in turn, the empty ones first, and says where it is."""

    def go(path: str, name: str = "") -> str:
        page.goto(path)
        return name or path

    def press(button: str, name: str) -> str:
        with page.expect_navigation():
            page.get_by_role("button", name=button, exact=True).click()
        return name

    for path in ("/", "/events/archive", "/groups", "/tags", "/feeds", "/search?q=picnic"):
        yield go(path, f"{path} without events")
    full = make_everything()
    today = timezone.localdate()
    for path in ("/", "/events", "/events/featured", "/events/promoted", "/events/archive", "/groups", full):
        yield go(path)
    yield go(
        make_event("Over", date=datetime(2009, 10, 22, 19, tzinfo=UTC)).get_absolute_url(), "an event that is over"
    )
    year, week, _weekday = today.isocalendar()
    for path in (
        "tonight",
        "weekend",
        "next",
        "ongoing",
        f"archive/{today.year}",
        f"{today:%Y/%m}",
        f"{today:%Y/%m/%d}",
    ):
        yield go(f"/events/{path}")
    yield go(f"/events/{year}/w{week:02}")
    yield go(f"/events/{year}/w{week:02}/sheet")
    yield go("/events/2009/02/03", "a day without events")
    group = "/groups/nachbarschaftshilfevereinsgrundungsversammlung"
    for path in (group, "/tags", "/tags/food", "/tags/over", "/areas/hackney", "/places/the-hall-e8", "/feeds"):
        yield go(path)
    yield go(f"/series/{Event.objects.exclude(event_group=None).latest('pk').event_group_id}", "a series")
    yield go(f"{full}/poster", "a poster")
    for path in (f"{full}/embed", "/events.embed"):
        yield go(path)
    for query in ("tag=food&area=hackney&status=featured", "q=nothing&tag=food", "area=nowhere&from=tomorrow"):
        yield go(f"/events?{query}")
    for query in ("", "?q=event", "?q=sentence&status=featured", "?q=nothing"):
        yield go(f"/search{query}")
    page.locator("summary").first.click()
    yield "the search with its other filters"
    page.goto("/tags/food")
    page.get_by_text("Narrow this list").click()
    yield "a list with its filters"
    yield go("/login")
    yield press("Log in", "the log-in with errors")

    yield go("/events/new")
    yield press("Publish", "the form with errors")
    page.get_by_label("Title").fill("Open picnic")
    page.get_by_label("In one or two sentences").fill("Bring a friend.")
    page.locator("[name=date_0]").fill(f"{today + timedelta(days=2):%Y-%m-%d}")
    page.locator("[name=date_1]").fill("15:00")
    yield press("Preview", "the preview")
    yield press("Publish it like this", "the receipt with its edit link")
    link = urlsplit(page.url).path.removesuffix("/posted")
    yield go(link, "an edit link")
    yield press("Mail me the link", "an edit link, its form with errors")
    yield go(f"{link}/mailed", "an edit link that was mailed")
    yield go(f"{link}/{Event.objects.get(title='Open picnic').pk}", "an event seen through its edit link")
    yield go(f"{link}/renew", "a new edit link")
    yield go(f"{link}/revoke", "the end of an edit link")
    yield go("/edit/lost")
    yield press("Send a new link", "the lost link with errors")
    yield go("/edit/lost/sent")
    yield go("/edit/revoked")
    yield go("/edit/nothing", "an edit link that opens nothing")

    yield go(f"{Event.objects.latest('pk').get_absolute_url()}/copy", "the form of an event posted again")
    page.locator("[name=date_0]").fill(f"{today + timedelta(days=2):%Y-%m-%d}")
    yield press("What else is on that day?", "the form with what else is on")
    yield press("Publish", "the form with what may be there already")

    yield go(f"{full}/comments/new")
    yield press("Publish", "the form for an addition with errors")
    page.get_by_label("What do you know?").fill("The *lift* works.")
    yield press("Preview", "the preview of an addition")
    yield press("Publish it like this", "the receipt of an addition")

    yield go("/nowhere", "404")
    hidden = make_event("Spam")
    hidden.hide(by=make_moderator(), reason="Not an event")
    yield go(hidden.get_absolute_url(), "410")
    page.goto("/events/new")
    page.context.clear_cookies()
    yield press("Preview", "a form without its token")

    author = make_user("amy", is_staff=True)
    waiting = make_event("Mine", user=author)
    make_event("Withdrawn", user=author, status=Status.HIDDEN)
    page.goto("/account")
    page.get_by_label("Username").fill("amy")
    page.get_by_label("Password").fill(PASSWORD)
    yield press("Log in", "the account")
    yield go(f"{waiting.get_absolute_url()}/edit", "the form of an edit")
    Membership.objects.create(user=author, collective=make_collective("Ours"), role=Membership.Role.ADMINISTRATOR)
    yield go("/groups/ours/import", "the import of a calendar")


def test_axe_finds_nothing(page):
    found = []

    for name in visit_all(page):
        page.evaluate(AXE_SCRIPT)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, rules in RULES.items():
                page.emulate_media(color_scheme=scheme)
                violations = page.evaluate("rules => axe.run(rules)", rules)["violations"]
                found += [
                    (name, width, scheme, rule["id"], node["html"]) for rule in violations for node in rule["nodes"]
                ]

    assert found == []


def test_no_page_lacks_a_heading_hides_the_focus_or_sticks_out_sideways(page):
    parts, controls, wide = {}, [], []

    for name in visit_all(page):
        counts = [page.locator(selector).count() for selector in ("h1", "main", "body > header", "body > footer")]
        parts[name] = (counts, page.locator("html").get_attribute("lang"), page.title().endswith(" · The Noticeboard"))

        page.set_viewport_size({"width": 360, "height": 740})
        page.keyboard.press("Tab")
        controls += [(name, control) for control in page.evaluate(NOT_SEEN_IN_FOCUS) + page.evaluate(SMALL_CONTROLS)]

        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(STICKS_OUT):
                wide.append((name, width))
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(STICKS_OUT):
            wide.append((name, "text at 200 %"))

    # What other sites frame is no page of its own.
    counts = {name: [1, 1, 0, 1] if name.endswith("embed") else [1, 1, 1, 1] for name in parts}
    assert parts == {name: (counts[name], "en-gb", True) for name in parts}
    assert controls == []
    assert wide == []


def test_first_tab_leads_past_the_masthead(page):
    page.goto("/events")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
