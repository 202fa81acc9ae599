"""Photos and flyers in a real browser: sent with and without script, and inert when opened by themselves."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from events.models import Attachment, Event
from events_site.uploads import MAX_SIZE
from tests.factories import make_attachment, make_event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = b"<script>document.title = 'pwned'</script>"


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


@pytest.fixture
def flyer(tmp_path) -> Path:
    """A picture that is a page with a script too."""
    file = io.BytesIO()
    Image.new("RGB", (600, 800), "steelblue").save(file, "JPEG", comment=SCRIPT)
    path = tmp_path / "flyer.html.jpg"
    path.write_bytes(file.getvalue() + SCRIPT)
    return path


def fill_in(page: Page, flyer: Path) -> None:
    page.goto("/events/new")
    page.get_by_label("Title").fill("Open picnic")
    page.locator("[name=summary]").fill("Bring something to share.")
    page.locator("[name=date_0]").fill(f"{timezone.localtime() + timedelta(days=2):%Y-%m-%d}")
    page.locator("[name=date_1]").fill("19:30")
    page.locator("[name=attachments]").set_input_files(flyer)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_flyer_goes_through_a_preview_and_is_on_the_page(page, page_without_script, script, flyer):
    browser = page if script else page_without_script
    fill_in(browser, flyer)
    browser.locator("form#event_form").get_by_role("button", name="Preview").click()
    shown = browser.locator(".preview .flyer img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 600
    browser.get_by_label("What does it show?").fill("A blue sky")

    browser.locator("form#event_form").get_by_role("button", name="Publish").last.click()

    browser.wait_for_url(re.compile("/edit/.+/posted"))
    browser.goto(Event.objects.get().get_absolute_url())
    picture = browser.get_by_alt_text("A blue sky")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 600
    assert picture.evaluate("image => image.currentSrc").endswith("-page.webp")


def test_form_that_comes_back_with_a_file_still_helps(page, flyer):
    again = make_event("Benefit gig")
    page.goto(f"{again.get_absolute_url()}/copy#event_form")
    page.locator("[name=attachments]").set_input_files(flyer)
    page.locator("[name=title]").fill("")
    page.locator("form#event_form").get_by_role("button", name="Publish").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Give the event a title")
    text = page.get_by_label("The whole story")
    text.fill("loud")
    text.select_text()

    page.get_by_role("button", name="Bold").click()

    expect(text).to_have_value("**loud**")
    expect(page.get_by_label("What does it show?")).to_be_visible()
    expect(page.get_by_label("In one or two sentences")).to_have_value(re.compile("Bring a friend"))


def test_file_that_is_too_large_is_named_before_it_is_sent(page, tmp_path):
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff" * (MAX_SIZE + 1))
    fill_in(page, large)

    page.locator("form#event_form").get_by_role("button", name="Publish").last.click()

    assert "“large.jpg” is larger than 10 MB" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Title").input_value() == "Open picnic"
    assert not Event.objects.exists()


def test_file_opened_by_itself_is_a_picture_and_nothing_more(page, flyer):
    fill_in(page, flyer)
    page.locator("form#event_form").get_by_role("button", name="Publish").last.click()
    page.wait_for_url(re.compile("/edit/.+/posted"))
    attachment = Attachment.objects.get()

    for version in ("full.webp", "page.jpg"):
        answer = page.goto(attachment.url_of(version))
        assert answer.ok
        assert SCRIPT not in answer.body()
        assert "pwned" not in page.title()
        assert page.locator("img").count() == 1


def test_page_of_an_event_with_pictures_is_as_wide_as_the_window(page_without_script):
    event = make_event()
    make_attachment(event)

    page_without_script.goto(event.get_absolute_url())

    assert page_without_script.evaluate("document.documentElement.scrollWidth <= innerWidth")
