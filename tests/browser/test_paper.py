"""Sheets and posters as they leave the printer: how many sides of A4, nothing cut, and a code that is read."""

import io
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page

from events.models import Event
from moderation.models import Status
from tests.browser.conftest import PHONE
from tests.factories import a_picture, make_attachment, make_event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONDAY = datetime(2030, 7, 1, 9, 0, tzinfo=UTC)
TITLES = [
    "Repair café: bring the toaster",
    "Know your rights when the bailiffs come: a workshop for private renters",
    "Queer ceilidh",
    "Everybody eats: a pay-what-you-can supper and assembly",
    "أمسية شعرية من أجل الميناء",
]
PLACES = ["Ropewalk Hall", "The Cinema Under the Arches, Bethnal Green", "Kolo Café, 12 Rye Lane, Peckham"]
LONG = "Know your rights when the bailiffs come and the council will not answer: a workshop for renters. " * 3
A4 = (595, 842)
# Of what stands on paper: what is wider than its place, or than the paper?
CUT = """() => [...document.querySelectorAll(".paper :is(h1, h2, h3, p, svg, picture)")]
    .filter(part => part.scrollWidth > part.clientWidth + 1 && !part.matches(".poster__summary, svg, picture"))
    .map(part => part.outerHTML)"""


def make_events(number: int, days: int) -> None:
    Event.objects.bulk_create(
        Event(
            title=TITLES[n % len(TITLES)],
            date=MONDAY + timedelta(days=n % days, minutes=15 * (n // days)),
            place=PLACES[n % len(PLACES)],
            moderation_status=Status.FEATURED if n % 20 == 7 else Status.PUBLISHED,
            event_status="cancelled" if n % 15 == 4 else "scheduled",
        )
        for n in range(number)
    )


def printed(page: Page, path: str) -> list[tuple[int, int]]:
    """The pages that come out, by their size in points."""
    page.goto(path)
    with pikepdf.Pdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True))) as document:
        return [(round(sheet.mediabox[2]), round(sheet.mediabox[3])) for sheet in document.pages]


@pytest.mark.parametrize(
    ("path", "number", "days", "sides"),
    [
        ("/events/2030/w27/sheet", 0, 7, 1),
        ("/events/2030/w27/sheet", 3, 3, 1),
        ("/events/2030/w27/sheet", 20, 7, 1),
        ("/events/2030/w27/sheet", 60, 7, 2),
        ("/events/2030/07/sheet", 20, 31, 1),
        ("/events/2030/07/sheet", 300, 31, 2),
    ],
)
def test_sheet_fits_its_sides_of_a4(page, path, number, days, sides):
    make_events(number, days)

    assert printed(page, path) == [A4] * sides


@pytest.mark.parametrize("shape", [None, (600, 850), (850, 400)], ids=["no flyer", "tall", "wide"])
@pytest.mark.parametrize(
    "title", ["Supper", "Everybody eats: a pay-what-you-can supper and assembly", LONG[:255], "W" * 60]
)
@pytest.mark.parametrize("state", ["scheduled", "cancelled"])
def test_poster_is_one_side_of_a4_whatever_it_has_to_say(page, title, shape, state):
    event = make_event(
        title,
        date=MONDAY,
        end_date=MONDAY + timedelta(days=2),
        place="The Cinema Under the Arches, 14 Ropewalk Street, Bermondsey",
        summary=f"<p>{LONG}</p>",
        event_status=state,
        status_note=LONG[:255] if state == "cancelled" else "",
    )
    if shape:
        make_attachment(event, a_picture(shape))

    assert printed(page, f"/events/{event.pk}/poster") == [A4]
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("path", ["/events/2030/w27/sheet", "/events/2030/07/sheet"])
def test_nothing_is_cut_on_a_phone(new_context, path):
    make_events(12, 7)
    page = new_context(viewport=PHONE).new_page()

    page.goto(path)

    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_read_and_at_least_three_centimetres_wide(settings, new_context, scheme):
    event = make_event(date=MONDAY)
    page = new_context(color_scheme=scheme).new_page()

    for path, paper in [("/events/2030/w27", "sheet"), (f"/events/{event.pk}", "poster")]:
        page.goto(f"{path}/{paper}")
        page.emulate_media(media="print", color_scheme=scheme)
        drawn = page.locator(".qr")
        (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn.screenshot())))
        modules = int(drawn.get_attribute("viewBox").split()[-1])
        width = drawn.bounding_box()["width"] / 96 * 25.4 * (modules - 8) / modules
        assert (code.text, width >= 30) == (f"{settings.SITE_URL}{path}", True)
        page.emulate_media(media="screen")
