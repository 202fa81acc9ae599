"""What is printed and put up: the sheet of a week or month, and the poster of an event."""

import re
from datetime import UTC, date, datetime, timedelta

import lxml.html
import pytest
import zxingcpp
from django.test import Client
from PIL import Image, ImageDraw

from events.calendar import week_start
from events.models import Event
from events.views.lists import days_in_words
from events.views.paper import fair_share, title_step
from events_site.templatetags.qr import qr_code
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTH, WEEK = "/events/2026/06/sheet", "/events/2026/w24/sheet"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def read(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def with_class(element, name: str) -> list:
    return element.xpath(f".//*[contains(concat(' ', @class, ' '), ' {name} ')]")


def days(page) -> dict[str, list[str]]:
    """The days of a sheet with what stands under each."""
    return {
        words(with_class(day, "sheet__date")[0]): [words(event) for event in with_class(day, "sheet__event")]
        for day in with_class(page, "sheet__day")
    }


def decoded(drawing) -> str:
    """What a reader of QR codes makes of a drawing."""
    scale = 4
    picture = Image.new("L", (drawing["size"] * scale,) * 2, "white")
    draw = ImageDraw.Draw(picture)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing["path"]):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + int(length) * scale - 1, top + scale - 1), fill="black")
    (code,) = zxingcpp.read_barcodes(picture)
    return code.text


def qr_of(page) -> dict:
    (svg,) = page.xpath("//svg")
    return {"path": svg.find("path").get("d"), "size": int(svg.get("viewbox").split()[-1])}


# The sheet


def test_week_sheet_lists_each_day_in_order_with_time_title_and_venue(client):
    make_event("Night walk", date=NOW + 4 * DAY + 11 * HOUR)
    make_event("Choir", date=NOW + HOUR, place="St Jude's Crypt, 3 Candle Road", areas=("Dalston",))
    make_event("Picket", date=NOW - 2 * DAY - 4 * HOUR)
    make_event("The Sunday before", date=NOW - 3 * DAY)
    make_event("The Monday after", date=NOW + 5 * DAY)

    page = read(client.get(WEEK))

    assert words(page.find(".//h1")) == "8 to 14 June 2026"
    assert days(page) == {
        "Monday 8 June": ["08:00 Picket"],
        "Wednesday 10 June": ["13:00 Choir St Jude's Crypt, 3 Candle Road, Dalston"],
        "Sunday 14 June": ["23:00 Night walk"],
    }


def test_month_sheet_lists_the_month_and_nothing_else(client):
    make_event("First", date=datetime(2026, 6, 1, 0, 0, tzinfo=UTC))
    make_event("Last", date=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    make_event("May", date=datetime(2026, 5, 31, 23, 59, tzinfo=UTC))
    make_event("July", date=datetime(2026, 7, 1, 0, 0, tzinfo=UTC))

    page = read(client.get(MONTH))

    assert words(page.find(".//h1")) == "June 2026"
    assert days(page) == {"Monday 1 June": ["00:00 First"], "Tuesday 30 June": ["23:30 Last"]}


def test_sheet_says_what_is_off_what_goes_on_and_what_nobody_has_reviewed(client):
    off = {"event_status": "cancelled", "status_note": "The boiler broke."}
    make_event("Supper", date=NOW, place="Hall", **off)
    make_event("Camp", date=NOW + HOUR, end_date=NOW + 2 * DAY)
    make_event("Party", date=NOW + 8 * HOUR, end_date=NOW + 14 * HOUR)
    make_event("New", date=NOW + 9 * HOUR, status=Status.PENDING)

    page = read(client.get(WEEK))

    assert days(page) == {
        "Wednesday 10 June": [
            "12:00 Supper Cancelled Hall The boiler broke.",
            "13:00 Camp until Friday 12 June",
            "20:00 Party",
            "21:00 New *",
        ]
    }
    assert words(with_class(page, "sheet__foot")[0]).startswith("* Not yet reviewed by the moderators.")


def test_sheet_sets_featured_events_heavier(client):
    make_event("Usual", date=NOW)
    make_event("Featured", date=NOW + HOUR, status=Status.FEATURED)

    heavy = with_class(read(client.get(WEEK)), "sheet__event--featured")

    assert [words(event) for event in heavy] == ["13:00 Featured"]


def test_sheet_without_events_says_so(client):
    page = read(client.get(WEEK))

    assert (days(page), words(with_class(page, "sheet__none")[0])) == ({}, "Nothing is known yet.")


@pytest.mark.parametrize(
    ("number", "step"), [(1, 1), (6, 1), (7, 2), (16, 2), (17, 3), (22, 3), (23, 4), (33, 4), (34, 5), (79, 5), (80, 6)]
)
def test_more_events_are_set_smaller(client, number, step):
    Event.objects.bulk_create(
        Event(title=f"Event {n}", date=NOW + n * timedelta(minutes=1), moderation_status=Status.PUBLISHED)
        for n in range(number)
    )

    page = read(client.get(WEEK))

    assert (len(with_class(page, "sheet__event")), len(with_class(page, f"sheet--{step}"))) == (number, 1)
    assert with_class(page, "sheet__more") == []


def test_sheet_of_a_busy_month_shows_a_fair_share_of_each_day_and_says_how_many_more_there_are(client):
    Event.objects.bulk_create(
        Event(
            title=f"Event {n}",
            date=datetime(2026, 6, 1 + n % 30, 10 + n // 30, tzinfo=UTC),
            moderation_status=Status.FEATURED if n == 299 else Status.PUBLISHED,
        )
        for n in range(300)
    )

    page = read(client.get(MONTH))

    shown = days(page)
    assert [len(events) for events in shown.values()] == [3] * 30
    assert shown["Monday 1 June"] == ["10:00 Event 0", "11:00 Event 30", "12:00 Event 60 and 7 more"]
    # What is featured is not left out for being late.
    assert shown["Tuesday 30 June"] == ["10:00 Event 29", "11:00 Event 59", "19:00 Event 299 and 7 more"]
    assert "all 300 events are at the address beside" in words(with_class(page, "sheet__lede")[0])


def test_fair_share_leaves_small_days_whole():
    shares = [fair_share(*case) for case in [([], 10), ([3, 3], 10), ([1, 9, 9], 10), ([5, 5, 5], 2)]]

    assert shares == [1, 3, 4, 1]


def test_hidden_events_are_on_no_sheet(client):
    make_event("Open", date=NOW)
    make_event("Hidden", date=NOW, status=Status.HIDDEN)
    moderator = Client()
    moderator.force_login(make_moderator())

    sheets = [days(read(browser.get(path))) for browser in (client, moderator) for path in (WEEK, MONTH)]

    assert sheets == [{"Wednesday 10 June": ["12:00 Open"]}] * 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("2026/w53", 200),
        ("2025/w53", 404),
        ("2026/w54", 404),
        ("2026/w00", 404),
        ("2026/w1", 200),
        ("2026/24", 404),
        ("2026/13", 404),
        ("2026/00", 404),
        ("1899/w01", 404),
        ("1900/w01", 200),
        ("2100/w52", 200),
        ("2101/01", 404),
    ],
)
def test_sheet_is_there_for_weeks_and_months_that_are(client, path, status):
    assert client.get(f"/events/{path}/sheet").status_code == status


def test_week_starts_on_monday_in_the_year_of_its_thursday():
    starts = [week_start(2026, 1), week_start(2026, 53), week_start(2027, 1)]

    assert starts == [date(2025, 12, 29), date(2026, 12, 28), date(2027, 1, 4)]
    with pytest.raises(ValueError, match="week"):
        week_start(2025, 53)


def test_days_say_once_what_they_have_in_common():
    pairs = [(date(2026, 6, 8), 6), (date(2026, 6, 29), 6), (date(2026, 12, 28), 6)]

    spans = [days_in_words(first, first + length * DAY) for first, length in pairs]

    assert spans == ["8 to 14 June 2026", "29 June to 5 July 2026", "28 December 2026 to 3 January 2027"]


# The poster


def test_poster_says_what_when_where_who_and_why(client):
    event = make_event(
        "Everybody eats",
        date=NOW + 7 * HOUR,
        end_date=NOW + 10 * HOUR,
        place="Ropewalk Hall, 14 Ropewalk Street",
        areas=("Bermondsey",),
        collective=make_collective("Ropewalk Collective"),
        published_by="Jo",
        summary="<p>Three <b>courses</b>.</p>",
    )

    page = read(client.get(f"/events/{event.pk}/poster"))

    assert [words(part) for part in page.xpath("//article//*[self::h1 or self::p]")] == [
        "Everybody eats",
        "Wednesday 10 June 2026",
        "19:00 to 22:00",
        "Ropewalk Hall, 14 Ropewalk Street, Bermondsey",
        "Ropewalk Collective",
        "Three courses.",
        f"testserver/events/{event.pk}",
        "The Noticeboard",
    ]
    assert page.xpath("//article//img") == []


@pytest.mark.parametrize(
    ("state", "note", "said"),
    [
        ("cancelled", "", "Cancelled"),
        ("cancelled", "The boiler broke.", "Cancelled The boiler broke."),
        ("postponed", "", "Postponed A new date is not known yet."),
    ],
)
def test_poster_says_first_that_nobody_should_come(client, state, note, said):
    event = make_event(event_status=state, status_note=note)

    page = read(client.get(f"/events/{event.pk}/poster"))

    assert words(page.find(".//article/header/p")) == said


def test_poster_shows_the_first_picture(client):
    event = make_event()
    make_attachment(event, kind="pdf")
    flyer = make_attachment(event, title="A loaf")
    make_attachment(event)

    pictures = read(client.get(f"/events/{event.pk}/poster")).xpath("//article//img")

    assert [(picture.get("src"), picture.get("alt")) for picture in pictures] == [(flyer.page.jpeg, "A loaf")]


def test_poster_names_no_group_that_is_hidden_and_nobody_in_its_place(client):
    group = make_collective("Hidden group", moderation_status=Status.HIDDEN)
    of_group = make_event(collective=group, published_by="Jo")
    of_person = make_event(published_by="Sam")

    pages = [read(client.get(f"/events/{event.pk}/poster")) for event in (of_group, of_person)]

    assert [[words(who) for who in with_class(page, "poster__who")] for page in pages] == [[], ["Sam"]]


def test_poster_is_there_for_who_may_see_the_event(settings):
    settings.MODERATION_POLICY = "review"
    author = make_user()
    waiting = make_event(status=Status.PENDING, user=author)
    hidden = make_event(status=Status.HIDDEN)
    never_public = make_event(status=Status.HIDDEN, public_since=None)
    answers = {}
    for name, user in {"reader": None, "author": author, "moderator": make_moderator()}.items():
        client = Client()
        if user:
            client.force_login(user)
        events = (waiting, hidden, never_public)
        answers[name] = [client.get(f"/events/{event.pk}/poster").status_code for event in events]

    assert answers == {"reader": [404, 410, 404], "author": [200, 410, 404], "moderator": [200, 200, 200]}


def test_long_titles_and_long_words_are_set_smaller():
    titles = ["Picnic", "Neighbours eat", "Nachbarschaftshilfe", "Nachbarschaftshilfevereine im Tal", "a " * 127, ""]

    assert [title_step(title) for title in titles] == [1, 2, 4, 6, 7, 1]


# Both


@pytest.fixture
def papers(client) -> dict[str, lxml.html.HtmlElement]:
    """A paper of each kind by the path that it leads to."""
    event = make_event(date=NOW)
    paths = {"/events/2026/06": MONTH, "/events/2026/w24": WEEK, f"/events/{event.pk}": f"/events/{event.pk}/poster"}
    return {leads_to: read(client.get(path)) for leads_to, path in paths.items()}


def test_qr_code_and_words_lead_to_the_same_address(papers):
    found = {path: (decoded(qr_of(page)), words(with_class(page, "paper__code")[0])) for path, page in papers.items()}

    assert found == {path: (f"http://testserver{path}", f"testserver{path}") for path in papers}


def test_address_that_is_too_long_for_a_code_stands_there_in_words_alone(client):
    page = read(client.get(MONTH, {"q": "\U00010348" * 200}))

    assert with_class(page, "qr") == []
    assert words(with_class(page, "paper__code")[0]) == "testserver/events/2026/06?q=" + "%F0%90%8D%88" * 200


def test_papers_are_in_no_search_engine(papers):
    assert [page.xpath("//meta[@name='robots']/@content") for page in papers.values()] == [["noindex"]] * 3


def test_papers_are_for_everybody_without_a_cookie(client, papers):
    for path in (MONTH, WEEK, f"/events/{Event.objects.get().pk}/poster"):
        response = client.get(path)
        assert (response.status_code, response.cookies) == (200, {}), path


def test_pages_lead_to_their_papers(client):
    event = make_event(date=NOW)

    links = [read(client.get(path)).xpath("//main//a/@href") for path in (f"/events/{event.pk}", "/events/2026/6")]

    assert (f"/events/{event.pk}/poster" in links[0], MONTH in links[1]) == (True, True)


@pytest.mark.parametrize("text", ["https://example.org/events/1", "https://example.org/?a='\"><script>&b=1", "Ä" * 300])
def test_qr_code_is_read_as_its_text_and_draws_nothing_but_bars(text):
    drawing = qr_code(text)

    assert decoded(drawing) == text
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", drawing["path"])


def test_drawn_code_has_no_script_no_style_and_no_address_to_fetch(papers):
    for page in papers.values():
        (svg,) = page.xpath("//svg")
        attributes = {name for element in svg.iter() for name in element.attrib}
        assert [element.tag for element in svg.iter()] == ["svg", "path"]
        assert attributes == {"class", "role", "aria-label", "viewbox", "d"}
