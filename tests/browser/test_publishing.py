"""Publishing in a real browser: on a phone without JavaScript, on a desk with it, and with the keyboard alone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Page, expect

from events.models import Event, start_of
from moderation.models import Status
from tests.factories import PASSWORD, make_event, make_user

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


FOCUSED = """() => {
    const element = document.activeElement, style = getComputedStyle(element);
    const isOutlined = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
    const name = element.getAttribute("name") ?? element.innerText.split(":")[0];
    return [name, isOutlined || style.boxShadow !== "none"];
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
    page.wait_for_url("**/edit/*/posted")

    page.go_back()
    press(page, "Publish")
    page.wait_for_url("**/events/posted/*")

    expect(page.get_by_role("main")).to_contain_text("Its edit link was shown when it was first sent.")
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

    def tab_to_fold() -> None:
        while page.evaluate("document.activeElement.tagName") != "SUMMARY":
            keyboard.press("Tab")

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
    tab_to_fold()
    keyboard.press("Enter")
    tab_to("allows_comments")
    keyboard.press("Space")
    tab_to("preview")
    keyboard.press("Enter")
    expect(page.get_by_role("region", name="Preview")).to_be_visible()
    tab_to("title")
    keyboard.press("Enter")
    page.wait_for_url("**/edit/*/posted")

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
        if name == "More":
            page.keyboard.press("Enter")
        # A day and a time have several stops each, for their parts; the first is that of the control.
        stops.setdefault(name, is_shown)
        if name == "preview":
            break

    assert [name for name, is_shown in stops.items() if not is_shown] == []
    assert list(stops) == [
        "summary",
        "body",
        "Bold",
        "Italic",
        "Link",
        "List",
        "date_0",
        "date_1",
        "check",
        "end_date_0",
        "end_date_1",
        "It repeats",
        "place",
        "areas",
        "tags",
        "attachments",
        "published_by",
        "More",
        "contact_email",
        "contact_phone",
        "source",
        "allows_comments",
        "publish",
        "preview",
    ]


def test_phone_without_a_script_needs_few_fields_and_asks_about_the_night_and_the_twin(page_without_script):
    page = page_without_script
    day = timezone.localdate() + timedelta(days=2)
    make_event("Night picnic", date=start_of(day) + timedelta(hours=21), place="The Common")
    make_event("Assembly", date=start_of(day) + timedelta(hours=19), place="Ropewalk Hall", tags=("Food",))
    page.goto("/events/new")
    empty = values(page)

    page.get_by_label("Title").fill("Night picnic")
    page.get_by_label("In one or two sentences").fill("Bring *something* to share.")
    page.get_by_label("Starts: day").fill(f"{day:%Y-%m-%d}")
    press(page, "What else is on that day?")
    expect(page.locator("#clash")).to_be_in_viewport()
    expect(page.locator("#clash")).to_contain_text("Assembly")
    assert is_within_width(page)
    page.get_by_label("Starts: time").fill("22:00")
    page.get_by_label("Ends: time").fill("02:00")
    page.get_by_label("Venue and address").fill("The Common")
    assert len([name for name, value in values(page).items() if value != empty.get(name, "")]) == 6

    press(page, "Preview")
    morning = f"22:00 to 02:00 the next morning, {date_format(day + timedelta(days=1), 'l j F')}"
    expect(page.get_by_role("region", name="Preview")).to_contain_text(morning)
    expect(page.get_by_role("region", name="Is it one of these?")).to_contain_text("Night picnic")
    assert is_within_width(page)
    press(page, "Publish it like this")
    page.wait_for_url("**/edit/*/posted")
    expect(page.get_by_role("main")).to_contain_text("Ends at 02:00 the next morning")
    assert Event.objects.count() == 3


def test_twin_is_asked_about_once_with_everything_kept(page_without_script):
    page = page_without_script
    make_event("Open picnic on the common", date=start_of(timezone.localdate() + timedelta(days=2)))
    page.goto("/events/new")
    fill_in(page)
    typed = values(page)

    press(page, "Publish")
    expect(page.get_by_role("alert")).to_contain_text("Is it one of these?")
    assert values(page) == typed
    assert is_within_width(page)
    press(page, "It is another event: publish it")

    page.wait_for_url("**/edit/*/posted")
    assert Event.objects.count() == 2


def test_script_shows_the_day_as_soon_as_it_is_chosen(page):
    day = timezone.localdate() + timedelta(days=2)
    make_event("Assembly", date=start_of(day) + timedelta(hours=19), tags=("Food",))
    make_event("<img src=x onerror=document.title=1>", date=start_of(day) + timedelta(hours=20))
    page.goto("/events/new")
    region = page.locator("#clash [aria-live=polite]")

    page.get_by_label("Starts: day").fill(f"{day:%Y-%m-%d}")
    expect(region.get_by_role("link").first).to_have_text("Assembly")
    expect(region).to_contain_text("<img src=x onerror=document.title=1>")
    page.get_by_label("Tags").fill("Food")
    page.get_by_label("Tags").blur()
    expect(region).to_contain_text("with the same tags")
    expect(region).to_contain_text("1 more that day")
    page.get_by_label("Starts: day").fill("")
    expect(region).to_be_empty()


def test_script_has_buttons_for_the_text_and_shows_how_it_will_look(page):
    page.goto("/events/new")
    text = page.get_by_label("The whole story")
    look = page.get_by_role("region", name="How the text will look")

    text.press_sequentially("Bring cake")
    text.press("Shift+Control+ArrowLeft")
    press(page, "Bold")
    expect(text).to_have_value("Bring **cake**")
    expect(text).to_be_focused()
    press(page, "Italic")
    expect(text).to_have_value("Bring ***cake***")
    expect(look.locator("strong")).to_have_text("cake")
    text.fill("one\ntwo")
    text.press("Control+a")
    press(page, "List")
    expect(text).to_have_value("- one\n- two")
    expect(look.get_by_role("listitem")).to_have_text(["one", "two"])
    text.fill("our page")
    text.press("Control+a")
    press(page, "Link")
    expect(text).to_have_value("[our page](https://)")
    page.keyboard.type("https://example.org")
    expect(look.get_by_role("link", name="our page")).to_have_attribute("href", "https://example.org")
    text.fill("<img src=x onerror=document.title=1> and <script>document.title=1</script> safe")
    expect(look).to_contain_text("document.title=1 safe")
    assert look.locator("img, script").count() == 0
    text.fill("")
    expect(look).to_be_hidden()


def test_enter_in_a_line_publishes(page):
    page.goto("/events/new")
    fill_in(page)

    page.get_by_label("Title").press("Enter")

    page.wait_for_url("**/edit/*/posted")


def test_event_is_posted_again_with_a_new_date(page_without_script):
    page = page_without_script
    event = make_event("Open picnic", date=timezone.now() + timedelta(days=1), place="The Common", tags=("Food",))
    page.goto(event.get_absolute_url())

    page.get_by_role("link", name="Post again with a new date").click()
    expect(page.get_by_label("Starts: day")).to_have_value(f"{timezone.localdate() + timedelta(days=8):%Y-%m-%d}")
    press(page, "Publish")

    page.wait_for_url("**/edit/*/posted")
    first, again = Event.objects.order_by("date")
    assert (first, again.title, again.place) == (event, event.title, event.place)
    assert again.date - first.date == timedelta(days=7) - timedelta(
        seconds=first.date.second, microseconds=first.date.microsecond
    )


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
