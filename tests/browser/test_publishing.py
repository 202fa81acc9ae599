"""Publishing in a real browser: on a phone without JavaScript, on a desk with it, and with the keyboard alone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from events.models import Event
from moderation.models import Status
from tests.factories import PASSWORD, make_event, make_user

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


FOCUSED = """() => {
    const element = document.activeElement, style = getComputedStyle(element);
    const isOutlined = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
    return [element.getAttribute("name"), isOutlined || style.boxShadow !== "none"];
}"""


def in_two_days() -> str:
    return f"{timezone.localdate() + timedelta(days=2):%Y-%m-%d}"


def fill_in(page: Page) -> None:
    page.get_by_label("Title").fill("Open picnic on the common")
    page.get_by_label("In one or two sentences").fill("Bring *something* to share.")
    page.get_by_label("The whole story").fill("First line\nsecond line\n\n- a list")
    page.get_by_label("Starts: day").fill(in_two_days())
    page.get_by_label("Starts: time").fill("15:00")
    page.get_by_label("Venue and address").fill("The Common, Hackney E8")
    page.get_by_label("Tags").fill("Food, Parks")
    page.get_by_label("Shown as posted by").fill("Amy")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def values(page: Page) -> dict[str, str]:
    """What the form holds as the browser sees it."""
    controls = page.locator("main form").locator("input:not([type=hidden]), textarea")
    return {
        control.get_attribute("name"): str(control.is_checked())
        if control.get_attribute("type") == "checkbox"
        else control.input_value()
        for control in controls.all()
    }


def is_within_width(page: Page) -> bool:
    """Whether nothing sticks out, so that nobody has to scroll sideways."""
    width = page.viewport_size["width"]
    boxes = [element.bounding_box() for element in page.locator("main *:visible").all()]
    return all(box is None or box["x"] + box["width"] <= width + 1 for box in boxes)


@pytest.mark.parametrize("script", [False, True], ids=["phone without JavaScript", "desk with JavaScript"])
def test_post_after_an_error_and_a_preview_is_in_the_listing(page, page_without_script, script):
    page = page if script else page_without_script
    page.goto("/")
    page.get_by_role("link", name="Publish").first.click()
    fill_in(page)
    page.get_by_label("Title").fill("A title that is far too long, as it goes on and on and on")
    page.get_by_label("Ends: day").fill(in_two_days())
    typed = values(page)

    # First the errors, which lead to their fields.
    press(page, "Publish")
    expect(page).to_have_title(re.compile("^Something to put right"))
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link")).to_have_text(
        ["Title: Keep the title under 50 letters; it has 57.", "Ends: Choose the time too."]
    )
    assert values(page) == typed
    alert.get_by_role("link", name="Title:").click()
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page.get_by_label("Title")).to_be_in_viewport()
    expect(page.get_by_label("Title")).to_have_accessible_description(re.compile("Keep the title under 50 letters"))
    alert.get_by_role("link", name="Ends:").click()
    expect(page.get_by_label("Ends: day")).to_be_focused()

    # Then a preview, which keeps everything.
    page.get_by_label("Title").fill("Open picnic on the common")
    page.get_by_label("Ends: time").fill("18:00")
    typed = values(page)
    press(page, "Preview")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("heading", level=1)).to_have_text("Open picnic on the common")
    expect(preview.locator(".prose")).to_contain_text("Bring something to share.")
    expect(preview.locator(".prose li")).to_have_text(["a list"])
    expect(preview).to_contain_text("15:00 to 18:00")
    assert values(page) == typed
    assert Event.objects.count() == 0

    # Then the post, its page and the listing.
    press(page, "Publish")
    expect(page.get_by_role("main")).to_contain_text("“Open picnic on the common” is on the site now.")
    page.get_by_role("link", name="See its page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open picnic on the common")
    expect(page.get_by_role("main")).to_contain_text("The Common, Hackney E8")
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.get_by_role("heading", name="Open picnic on the common")).to_be_visible()
    assert is_within_width(page)


def test_back_and_publish_again_is_one_post(page_without_script):
    page = page_without_script
    page.goto("/events/new")
    fill_in(page)
    press(page, "Publish")
    page.wait_for_url("**/events/posted/*")
    receipt = page.url

    page.go_back()
    press(page, "Publish")
    page.wait_for_url("**/events/posted/*")

    assert page.url == receipt
    assert Event.objects.count() == 1


def test_long_paste_is_not_cut_off(page):
    page.goto("/events/new")

    page.get_by_label("Venue and address").fill("x" * 300)
    press(page, "Publish")

    assert len(page.get_by_label("Venue and address").input_value()) == 300
    expect(page.get_by_role("alert")).to_contain_text("Keep this under 255 letters; it has 300.")


def test_form_can_be_filled_in_and_sent_with_the_keyboard_alone(page):
    day = timezone.localdate() + timedelta(days=2)
    page.goto("/events/new")
    keyboard = page.keyboard

    def tab_to(name: str) -> None:
        """Presses Tab until the control has the focus, as a person does."""
        for _ in range(40):
            focused = page.locator(":focus")
            if focused.count() and focused.get_attribute("name") == name:
                return
            keyboard.press("Tab")
        pytest.fail(f"Tab never reaches {name}")

    tab_to("title")
    keyboard.type("Open picnic")
    tab_to("summary")
    keyboard.type("Bring something.")
    tab_to("date_0")
    keyboard.type(f"{day:%m%d%Y}" if is_american(page) else f"{day:%d%m%Y}")
    tab_to("date_1")
    keyboard.type("0300PM" if is_american(page) else "1500")
    tab_to("place")
    keyboard.type("The Common")
    tab_to("allows_comments")
    keyboard.press("Space")
    tab_to("preview")
    keyboard.press("Enter")
    expect(page.get_by_role("region", name="Preview")).to_be_visible()
    tab_to("title")
    keyboard.press("Enter")
    page.wait_for_url("**/events/posted/*")

    event = Event.objects.get()
    assert (event.title, event.place, event.allows_comments) == ("Open picnic", "The Common", False)
    assert f"{timezone.localtime(event.date):%Y-%m-%d %H:%M}" == f"{day:%Y-%m-%d} 15:00"


def is_american(page: Page) -> bool:
    """In which order Chromium's date input takes the parts of a day: that of the browser's own language."""
    return str(page.evaluate("navigator.language")) == "en-US"


def test_focus_is_visible_on_every_stop_of_the_form(page):
    page.goto("/events/new")
    page.get_by_label("Title").focus()

    stops: dict[str, bool] = {}
    for _ in range(40):
        page.keyboard.press("Tab")
        name, is_shown = page.evaluate(FOCUSED)
        # A day and a time have several stops each, for their parts; the first is that of the control.
        stops.setdefault(name, is_shown)
        if name == "preview":
            break

    assert [name for name, is_shown in stops.items() if not is_shown] == []
    assert list(stops) == [
        "summary",
        "body",
        "date_0",
        "date_1",
        "end_date_0",
        "end_date_1",
        "place",
        "areas",
        "tags",
        "published_by",
        "contact_email",
        "contact_phone",
        "source",
        "allows_comments",
        "publish",
        "preview",
    ]


def test_trap_for_machines_is_seen_by_nobody(page_without_script):
    page = page_without_script
    page.goto("/events/new")

    expect(page.locator("[name=website]")).not_to_be_in_viewport()
    assert page.get_by_role("textbox", name="Leave this field empty").count() == 0


def test_author_logs_in_publishes_and_edits(page_without_script):
    page = page_without_script
    make_user("amy")
    page.goto("/events/new")
    page.get_by_role("link", name="Your account").click()
    page.get_by_label("Username").fill("amy")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your posts")

    page.goto("/events/new")
    fill_in(page)
    press(page, "Publish")
    page.get_by_role("link", name="See its page").click()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("The whole story")).to_have_value("First line\nsecond line\n\n- a list")
    page.get_by_label("Title").fill("Open feast")
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open feast")

    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("link", name="Open feast")).to_be_visible()
    press(page, "Log out")
    page.wait_for_url("**/")
    event = Event.objects.get()
    assert (event.user.username, event.moderation_status) == ("amy", Status.PENDING)
    assert page.goto(f"/events/{event.pk}/edit").url.endswith(f"/login?next=/events/{event.pk}/edit")


def test_edit_of_an_import_in_a_browser_keeps_its_bytes(page):
    imported = '<p class="x">One<br/>\r\ntwo</p>\n\n<font>three</font>\r'
    event = make_event("Old", user=make_user("amy"), summary=imported, body=imported)
    page.goto(f"/events/{event.pk}/edit")
    page.get_by_label("Username").fill("amy")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")

    page.get_by_label("Title").fill("New")
    press(page, "Save")
    page.wait_for_url(f"**/events/{event.pk}")

    event.refresh_from_db()
    assert (event.title, event.summary, event.body) == ("New", imported, imported)
