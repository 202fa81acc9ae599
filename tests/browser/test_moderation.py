"""The main job, end to end: an anonymous post, a moderator who features and then hides it, and what readers see."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import PASSWORD, make_moderator

pytestmark = pytest.mark.browser

TITLE = "Open picnic on the common"
LISTS = [
    "/",
    "/events",
    "/events/featured",
    "/events.xml",
    "/events.ics",
    "/events/featured.xml",
    "/events/featured.ics",
]


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


def publish(page) -> str:
    """Posts an event of the day after tomorrow by the form, and returns the address of its page."""
    page.goto("/events/new")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("In one or two sentences").fill("Bring *something* to share.")
    page.locator("[name=date_0]").fill(f"{timezone.localdate() + timedelta(days=2):%Y-%m-%d}")
    page.locator("[name=date_1]").fill("15:00")
    page.get_by_label("Venue and address").fill("The Common, Hackney E8")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("link", name="See its page").click()
    page.wait_for_url(re.compile(r"/events/\d+$"))
    return page.url


def listed(page) -> list[str]:
    """The lists that name the post."""
    return [path for path in LISTS if TITLE in page.request.get(path).text()]


def log_in(page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("mod")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")


def act_on_the_first(page, action: str) -> None:
    page.goto("/admin/events/event/")
    page.locator("[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option(action)
    page.locator("button[name=index]").click()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_post_is_listed_then_featured_then_hidden(new_context, script):
    make_moderator("mod")
    reader = new_context(java_script_enabled=script).new_page()
    moderator = new_context(java_script_enabled=script).new_page()

    address = publish(reader)
    assert listed(reader) == ["/", "/events", "/events.xml", "/events.ics"]
    reader.goto("/events")
    expect(reader.get_by_text("Not yet reviewed")).to_be_visible()

    log_in(moderator)
    act_on_the_first(moderator, "feature")
    expect(moderator.get_by_text("1 post: featured.")).to_be_visible()
    assert listed(reader) == LISTS
    reader.goto("/")
    expect(reader.locator(".lead").get_by_text(TITLE)).to_be_visible()

    act_on_the_first(moderator, "hide")
    moderator.get_by_label("Public reason").fill("Not an event")
    moderator.get_by_label("Private note").fill("the usual spammer")
    moderator.get_by_role("button", name="Hide", exact=True).click()
    expect(moderator.get_by_text("1 post: hidden.")).to_be_visible()
    assert listed(reader) == []
    for suffix in ("", ".xml", ".ics"):
        answer = reader.request.get(address + suffix)
        assert answer.status == 410
        assert "Not an event" in answer.text()
        for leak in (TITLE, "something", "Common", "usual spammer"):
            assert leak not in answer.text()
    assert moderator.goto(address).status == 200

    act_on_the_first(moderator, "publish")
    expect(moderator.get_by_text("1 post: published.")).to_be_visible()
    assert listed(reader) == ["/", "/events", "/events.xml", "/events.ics"]
