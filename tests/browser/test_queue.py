"""A moderator's morning: twenty posts, and what the public site shows afterwards."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from moderation.models import ContentFilter, Report, Status
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import PASSWORD, make_event, make_moderator, make_user

pytestmark = pytest.mark.browser


def tomorrow(hour):
    return timezone.now().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture
def morning():
    """Twenty posts that wait: new ones, a duplicate, two reported, one that a filter held, one edited since review."""
    author = make_user("author")
    for number in range(14):
        make_event(f"New {number:02}", status=Status.PENDING, date=tomorrow(9) + timedelta(days=number + 5))
    make_event("Open decks", place="Sidings", date=tomorrow(20))
    make_event("open decks", place="Sidings", date=tomorrow(20), status=Status.PENDING)
    last_second = timezone.localtime().replace(hour=23, minute=59, second=58, microsecond=0)
    make_event("Tonight’s lead", date=last_second, status=Status.PENDING)
    for title in ("Sales pitch", "Wrongly reported"):
        make_event(title, date=tomorrow(18), user=author).report(Report(reason="advertising", text=f"About {title}"))
    ContentFilter.objects.create(title="finance", why="spam", expressions="guaranteed return", is_active=True)
    make_event("Get rich", summary="<p>A guaranteed return</p>", status=Status.PENDING, date=tomorrow(12)).screen()
    edited = make_event("Ceilidh", summary="<p>Bring shoes.</p>", status=Status.PENDING, user=author, date=tomorrow(19))
    edited.publish(by=make_moderator("yesterday"))
    edited.summary = "<p>Bring flat shoes.</p>"
    edited.revise(by=author)
    make_moderator("mod")


def log_in(page, username, address):
    page.goto(address)
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{address}")


def card(page, title):
    return page.locator(".queue-card").filter(has=page.get_by_role("heading", name=title, exact=True))


def do(page, title, deed, said):
    card(page, title).get_by_role("button", name=deed, exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text(said)


def hide(page, title, reason):
    one = card(page, title)
    one.locator("form summary").click()
    one.get_by_label("Public reason").fill(reason)
    one.get_by_role("button", name="Hide it").click()
    expect(page.locator(".messagelist")).to_contain_text("1 post: hidden.")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_morning(new_context, morning, script):
    page = new_context(java_script_enabled=script).new_page()
    log_in(page, "mod", "/admin/queue/")
    expect(page.get_by_role("heading", level=1)).to_have_text("20 posts wait, 1 starts today")
    headings = page.locator(".queue-card h2")
    assert headings.all_text_contents()[:4] == ["Get rich", "Sales pitch", "Wrongly reported", "Tonight’s lead"]
    expect(card(page, "open decks")).to_contain_text("Perhaps the same")
    expect(card(page, "Ceilidh").locator("ins")).to_contain_text("flat")

    hide(page, "Get rich", "Advertising")
    hide(page, "Sales pitch", "It sells something")
    do(page, "Wrongly reported", "Dismiss reports", "1 post: left as it is.")
    do(page, "Tonight’s lead", "Feature", "1 post: featured.")
    do(page, "Ceilidh", "Accept as it is", "1 post: left as it is.")
    hide(page, "open decks", "It is there twice")
    do(page, "New 13", "Promote", "1 post: promoted.")
    hide(page, "New 12", "a slip of the hand")
    page.locator(".messagelist").get_by_role("button", name="Undo").click()
    expect(page.locator(".messagelist")).to_contain_text("1 deed was undone.")
    for checkbox in page.locator(".queue-card input[type=checkbox]").all():
        checkbox.check()
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(".messagelist")).to_contain_text("13 posts: published.")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()

    reader = new_context().new_page()
    listed = reader.request.get("/events").text()
    shown = [
        "Tonight’s lead",
        "Wrongly reported",
        "Ceilidh",
        "Open decks",
        *(f"New {number:02}" for number in range(14)),
    ]
    for title in shown:
        assert title in listed, title
    for title in ("Get rich", "Sales pitch", "open decks"):
        assert title not in listed, title
    assert "Not yet reviewed" not in listed
    reader.goto("/")
    expect(reader.locator(".lead")).to_contain_text("Tonight’s lead")

    author = new_context(viewport=PHONE).new_page()
    log_in(author, "author", "/account")
    expect(author.get_by_text("It sells something")).to_be_visible()


def test_keys_do_what_the_buttons_do(new_context, morning):
    page = new_context().new_page()
    log_in(page, "mod", "/admin/queue/")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(card(page, "Sales pitch")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator(".messagelist")).to_contain_text("1 post: left as it is.")
    page.keyboard.press("u")
    expect(page.locator(".messagelist")).to_contain_text("1 deed was undone.")
    expect(card(page, "Sales pitch")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(card(page, "Get rich").get_by_label("Public reason")).to_be_focused()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_of_moderators_are_accessible_and_do_not_scroll_sideways(new_context, morning, viewport):
    event = make_event("Picnic")
    event.hide(by=make_moderator("first"), reason="Advertising")
    # Axe is injected into the page, which the policy of the site would refuse.
    page = new_context(viewport=viewport, bypass_csp=True).new_page()
    log_in(page, "mod", "/admin/queue/")

    found = {}
    for path in ("/admin/", "/admin/queue/", f"/events/{event.pk}/moderate", f"/events/{event.pk}", "/hidden"):
        page.goto(path)
        if violations := [violation["id"] for violation in Axe().run(page).response["violations"]]:
            found[path] = violations
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    assert found == {}
