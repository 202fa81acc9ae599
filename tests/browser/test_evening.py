"""An organiser's evening on a cheap phone, without JavaScript: a weekly event from the empty form to every format."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from icalendar import Calendar
from lxml import etree, html
from PIL import Image
from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Kitchen for all"
NOTE = "The kitchen is being painted."
ATOM = "{http://www.w3.org/2005/Atom}"
FLYER_COLOUR = (200, 30, 60)


@pytest.fixture(autouse=True)
def _own_address_and_no_time_trap(settings, live_server):
    settings.SITE_URL = live_server.url
    settings.FORM_MIN_SECONDS = 0


@pytest.fixture
def flyer(tmp_path) -> Path:
    path = tmp_path / "flyer.png"
    Image.new("RGB", (900, 1270), FLYER_COLOUR).save(path)
    return path


@pytest.fixture
def phone(page_without_script) -> Page:
    return page_without_script


class Fields:
    """The fields of the form, and which of them a person had to fill in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.filled: list[str] = []

    def __getitem__(self, name: str) -> Locator:
        self.filled.append(name)
        return self.page.locator(f"#event_form [name={name}]")

    def fill_in(self, *, title: str, starts: date, flyer: Path) -> None:
        """What everybody who posts a weekly event fills in."""
        self["title"].fill(title)
        self["summary"].fill("Soup, bread and company. 🍲")
        self["body"].fill("Come and eat.\n\nMore at https://kitchen.example/")
        self["date_0"].fill(starts.isoformat())
        self["date_1"].fill("19:30")
        self["end_date_1"].fill("01:00")
        self.page.get_by_text("It repeats", exact=True).click()
        self["repeat"].select_option("weeks")
        self["place"].fill("KUFA, Lower Mill Lane 7")
        self["areas"].fill("Old Town")
        self["tags"].fill("Food")
        self["attachments"].set_input_files(flyer)


def press(page: Page, name: str) -> None:
    """Presses the button at the end of what is on the page; the first of the form is for the Enter key."""
    page.get_by_role("main").get_by_role("button", name=name, exact=True).last.click()


def starts_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 19, 30, tzinfo=timezone.get_default_timezone())


def listed(page: Page, path: str) -> list[tuple[str, str, str, str, bool]]:
    """The rows of a list: day, time, title, note, and whether it says “Cancelled”."""
    assert page.goto(path).ok
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tree = html.fromstring(page.content())
    rows = []
    for row in tree.xpath("//main//li[contains(@class, 'row') and .//*[@class='row__title']]"):
        words = [
            " ".join("".join(row.xpath(f".//*[contains(@class, '{name}')]//text()")).split())
            for name in ("row__time", "row__title", "row__note", "label--cancelled")
        ]
        day = row.xpath("string(ancestor::section[contains(@class, 'day')][1]/@id)")
        rows.append((day, *words[:3], words[3] == "Cancelled"))
    return rows


def row_of(day: date, *, cancelled: bool = False) -> tuple[str, str, str, str, bool]:
    return (f"d{day.isoformat()}", "19:30until 01:00", TITLE, NOTE if cancelled else "", cancelled)


def fetched(page: Page, path: str) -> bytes:
    answer = page.request.get(path)
    assert answer.ok, path
    return answer.body()


def in_calendar(page: Page, path: str) -> list[tuple[datetime, datetime, str, str, int, bool]]:
    calendar = Calendar.from_ical(fetched(page, path))
    return [
        (
            entry.decoded("dtstart"),
            entry.decoded("dtend"),
            str(entry["summary"]),
            str(entry["status"]),
            entry["sequence"],
            NOTE in entry["description"],
        )
        for entry in calendar.walk("VEVENT")
    ]


def entry_of(day: date, *, cancelled: bool = False, sequence: int = 0) -> tuple:
    starts = starts_of(day)
    status = "CANCELLED" if cancelled else "CONFIRMED"
    return (starts, starts + timedelta(hours=5, minutes=30), TITLE, status, sequence, cancelled)


def in_xml(element: etree._Element) -> tuple[str, datetime, datetime]:
    starts, ends = (datetime.fromisoformat(element.findtext(name)) for name in ("date", "end-date"))
    return (element.findtext("title"), starts, ends)


def record_of(day: date) -> tuple[str, datetime, datetime]:
    starts = starts_of(day)
    return (TITLE, starts, starts + timedelta(hours=5, minutes=30))


def in_feed(page: Page, path: str) -> list[str]:
    feed = etree.fromstring(fetched(page, path))
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def feed_title(day: date, *, cancelled: bool = False) -> str:
    return f"{'Cancelled: ' if cancelled else ''}{TITLE} · {day:%a} {day.day} {day:%B %Y}, 19:30"


def test_weekly_event_is_posted_corrected_cancelled_once_and_posted_again_from_a_phone(phone, flyer):
    first = timezone.localdate() + timedelta(days=2)
    dates = [first + timedelta(weeks=week) for week in range(5)]
    off, extra = dates[3], first + timedelta(days=10)

    # Posts it with a typing error in the title, looks at it first, and keeps the secret edit link.
    phone.goto("/events/new")
    fields = Fields(phone)
    fields.fill_in(title="Kichten for all", starts=first, flyer=flyer)
    fields["repeat_count"].fill("5")
    press(phone, "Preview")
    assert "Kichten for all" in phone.locator(".preview h1").inner_text()
    assert phone.locator(".preview [aria-labelledby=rule] li").all_inner_texts() == [
        f"{day:%a} {day.day} {day:%b %Y}, 19:30" for day in dates
    ]
    assert listed(phone.context.new_page(), "/events") == []
    press(phone, "Publish it like this")
    secret = phone.get_by_label("Your secret edit link").input_value()
    assert phone.url == f"{secret}/posted"
    assert f"Every {first:%A} at 19:30" in phone.get_by_role("main").inner_text()

    # Comes back by the link, and corrects all dates.
    phone.get_by_role("link", name="Open the link").click()
    assert phone.url == secret
    deeds = phone.locator(".deeds a:visible").all()
    assert len(deeds) == 15  # five for each of the next three dates
    assert min(deed.bounding_box()["height"] for deed in deeds) >= 44
    phone.get_by_role("link", name="Edit", exact=True).first.click()
    phone.get_by_label("Title").fill(TITLE)
    phone.get_by_label("All dates").check()
    press(phone, "Save")

    assert "Your change is saved." in phone.get_by_role("status").inner_text()

    # Cancels the fourth, which is folded away.
    phone.goto(secret)
    phone.get_by_text("2 further dates").click()
    phone.get_by_role("link", name="Cancel or postpone").nth(dates.index(off)).click()
    assert f"{off:%A} {off.day} {off:%B %Y}, 19:30" in phone.get_by_role("main").inner_text()
    phone.get_by_label("It is cancelled").check()
    phone.get_by_label("What should people know?").fill(NOTE)
    press(phone, "Tell everybody")

    # Posts it again, once, for another day.
    phone.goto(secret)
    phone.get_by_role("link", name="Post again").first.click()
    again = Fields(phone)
    again["date_0"].fill(extra.isoformat())
    again["attachments"].set_input_files(flyer)
    press(phone, "Publish")
    other = phone.get_by_label("Your secret edit link").input_value()
    assert other != secret

    # The lists show exactly that.
    everything = sorted([*dates, extra])
    assert listed(phone, "/events") == [row_of(day, cancelled=day == off) for day in everything]
    for day in everything:
        assert listed(phone, f"/events/{day:%Y/%m/%d}") == [row_of(day, cancelled=day == off)]
        # The night belongs to the evening before.
        assert listed(phone, f"/events/{day + timedelta(days=1):%Y/%m/%d}") == []
    addresses = [link.get_attribute("href") for link in rows_on(phone, "/events")]

    # So does every date's own page, with the flyer, and its XML.
    series = set()
    for day, address in zip(everything, addresses, strict=True):
        phone.goto(address)
        assert phone.locator("h1").inner_text() == TITLE
        assert phone.locator(".facts time").first.get_attribute("datetime").startswith(day.isoformat())
        assert (NOTE in phone.get_by_role("main").inner_text()) is (day == off)
        image = phone.locator(".flyer img")
        assert image.count() == 1
        assert image.evaluate("image => image.complete && image.naturalWidth") == 900
        assert phone.request.get(phone.locator(".flyer a").get_attribute("href")).ok
        links = phone.get_by_role("link", name="See all dates")
        series |= {links.get_attribute("href")} if links.count() else set()
        assert bool(links.count()) is (day != extra)
        assert in_xml(etree.fromstring(fetched(phone, f"{address}.xml"))) == record_of(day)

    # And so do the formats of the list, and of the series without what was posted again.
    (series_path,) = series
    for path, shown in (("/events", everything), (series_path, dates)):
        assert listed(phone, path) == [row_of(day, cancelled=day == off) for day in shown]
        assert in_calendar(phone, f"{path}.ics") == [
            entry_of(day, cancelled=day == off, sequence=int(day == off)) for day in shown
        ]
        assert [in_xml(each) for each in etree.fromstring(fetched(phone, f"{path}.xml"))] == [
            record_of(day) for day in shown
        ]
        assert in_feed(phone, f"{path}.atom") == [feed_title(day, cancelled=day == off) for day in shown]

    # What each link keeps is what was posted with it.
    assert [len(rows_on(phone, link)) for link in (secret, other)] == [5, 1]


def rows_on(page: Page, path: str) -> list[Locator]:
    page.goto(path)
    return page.locator("main .row__title a").all()


def test_key_fields_one_page_and_a_preview_lead_from_the_form_to_the_published_event(phone, flyer):
    loads: list[str] = []
    phone.on(
        "response",
        lambda response: (
            loads.append(response.request.method)
            if response.request.is_navigation_request() and not 300 <= response.status < 400
            else None
        ),
    )
    fields = Fields(phone)

    with measured("open the form"):
        phone.goto("/events/new")
    with measured("fill it in"):
        fields.fill_in(title=TITLE, starts=timezone.localdate() + timedelta(days=2), flyer=flyer)
        fields["published_by"].fill("KUFA")
    with measured("preview"):
        press(phone, "Preview")
    with measured("publish"):
        press(phone, "Publish it like this")

    assert "is on the site now" in phone.get_by_role("main").inner_text()
    assert len(fields.filled) == len(set(fields.filled)) <= 12
    # The form; the preview; the page that says it is published.
    assert loads == ["GET", "POST", "GET"]
    print(f"{len(fields.filled)} fields: {', '.join(fields.filled)}")
    assert len(rows_on(phone, "/events")) == 26


@contextmanager
def measured(step: str) -> Iterator[None]:
    """Says how long a step took: for whoever runs the test with `-s`."""
    started = time.perf_counter()
    yield
    print(f"\n{step}: {time.perf_counter() - started:.2f} s")
