"""An account in a real browser: made, used, secured, recovered and deleted, on a phone without JavaScript."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axe_playwright_python.base import AXE_SCRIPT
from django.core.cache import cache
from playwright.sync_api import Page, expect

from collectives.models import User
from events.models import Event
from tests.factories import PASSWORD, make_superuser

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=link, exact=True).click()


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")


def code_for(secret: str) -> str:
    """What an app would show now."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


def set_up(page: Page) -> str:
    """Sets up the second step and returns the app's key."""
    secret = page.locator("code.key").inner_text()
    expect(page.get_by_role("img", name="Picture for the app")).to_be_visible()
    page.get_by_label("Code that the app shows").fill(code_for(secret))
    press(page, "Switch it on")
    return secret


def is_within_width(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_account_from_the_first_page_to_the_last(page_without_script):
    page = page_without_script
    page.goto("/")
    follow(page, "Your account")
    follow(page, "Make an account")
    page.get_by_label("Username").fill("amy")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Make the account")

    page.goto("/events/new")
    page.get_by_label("Title").fill("Open picnic")
    page.get_by_label("In one or two sentences").fill("Bring a friend.")
    page.locator("[name=date_0]").fill("2090-06-01")
    page.locator("[name=date_1]").fill("15:00")
    press(page, "Publish")
    page.goto("/account")
    expect(page.get_by_role("link", name="Open picnic")).to_be_visible()

    follow(page, "Second step at the log-in")
    follow(page, "Set it up")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Go on")
    secret = set_up(page)
    recovery = page.locator("ul.key code").first.inner_text()
    assert is_within_width(page)
    page.goto("/account")
    press(page, "Log out")

    cache.clear()  # a code works once; the test does not wait for the next
    page.goto("/login?next=/account/email")
    log_in(page, "amy")
    page.get_by_label("Code from your app").fill(code_for(secret))
    press(page, "Log in")
    expect(page).to_have_url(re.compile("/account/email$"))
    page.goto("/account")
    press(page, "Log out")

    page.goto("/login")
    log_in(page, "amy")
    page.get_by_label("Code from your app").fill(recovery)
    press(page, "Log in")
    expect(page).to_have_url(re.compile("/account$"))

    follow(page, "Delete the account")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Delete my account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    assert not User.objects.exists()
    assert Event.objects.get().user is None


def test_fresh_superuser_is_led_through_the_second_step_to_the_admin(page_without_script, settings):
    settings.REQUIRE_TWO_FACTOR = True
    make_superuser("root")
    page = page_without_script
    page.goto("/admin/")
    log_in(page, "root")

    expect(page.get_by_role("main")).to_contain_text("You need this before you can moderate.")
    set_up(page)
    follow(page, "Go on to moderation")

    expect(page).to_have_url(re.compile("/admin/queue/$"))


PAGES = [
    "/signup",
    "/login",
    "/account",
    "/account/delete",
    "/account/email",
    "/account/email/sent",
    "/account/email/confirm/x:y:z",
    "/account/password",
    "/account/password/reset",
    "/account/password/reset/sent",
    "/account/password/reset/done",
    "/account/password/reset/1/x-y",
    "/account/reauthenticate",
    "/account/two-factor",
    "/account/two-factor/app",
    "/account/two-factor/codes",
    "/account/two-factor/codes/new",
    "/account/two-factor/app/remove",
    "/account/two-factor/reauthenticate",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def test_every_page_of_accounts_is_the_sites_own_and_pleases_axe(page):
    make_superuser("root")
    page.goto("/login")
    log_in(page, "root")
    found = []

    for width, address in [(width, address) for address in PAGES for width in (360, 1280)]:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        page.evaluate(AXE_SCRIPT)
        violations = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        found += [(address, width, violation["id"]) for violation in violations]
        assert page.url.endswith(address), page.url
        assert page.get_by_role("link", name="Skip to the content").count() == 1, address
        if not is_within_width(page):
            found.append((address, width, "scrolls sideways"))
        if address == "/account/two-factor/app" and width == 1280:
            set_up(page)

    assert found == []
