"""The pages of the calendar as a reader sees them, and publishing as an author does."""

import functools
import operator
import re
from datetime import UTC, date, datetime, timedelta

import lxml.html
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

import collectives.urls
import events.urls
import moderation.urls
from collectives.models import Collective
from events.models import Comment, Event, EventGroup
from events.recurrence import Recurrence
from moderation.models import Status
from tests.concurrency import at_once
from tests.factories import (
    make_attachment,
    make_collective,
    make_comment,
    make_event,
    make_moderator,
    make_superuser,
    make_user,
)
from tests.routes import LISTS as LISTS_OF_EVENTS

SECTIONS = "//article//section[not(@aria-labelledby='additions')]"
pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LISTS = ["/events", "/events/featured", "/events/promoted", "/events/archive", "/events/2026/06/12"]


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def read(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def with_class(element, name: str) -> list:
    return element.xpath(f".//*[contains(concat(' ', @class, ' '), ' {name} ')]")


def titles(element) -> list[str]:
    return [words(title) for title in with_class(element, "row__title")]


def listed_days(page) -> list[tuple[str, list[str]]]:
    """The headings of a listing with the titles under them."""
    return [
        (words(with_class(section, "day__head")[0].find("a")), titles(section))
        for section in page.xpath("//section[starts-with(@class, 'day ')]")
    ]


def facts(page) -> dict[str, str]:
    return {words(term): words(term.getnext()) for term in page.xpath("//dl[@class='facts']//dt")}


# Home


def test_home_opens_with_the_lead_then_the_next_days(client):
    group = make_collective("Open House")
    make_event("Later", date=NOW + 2 * DAY, status=Status.PENDING)
    make_event("Lead", date=NOW + DAY, status=Status.FEATURED, collective=group)
    make_event("Worth it", date=NOW + DAY + HOUR, status=Status.PROMOTED)
    make_event("Hidden", date=NOW + DAY, status=Status.HIDDEN, collective=make_collective("Hidden's group"))
    make_event("Over", date=NOW - DAY, status=Status.FEATURED, collective=make_collective("Quiet group"))

    page = read(client.get("/"))

    assert [words(lead) for lead in with_class(page, "lead__title")] == ["Lead"]
    assert listed_days(page) == [
        ("Tomorrow Thursday 11 June", ["Lead", "Worth it"]),
        ("Friday 12 June", ["Later"]),
    ]
    aside = {
        words(section.find("h2")): [words(link) for link in section.xpath(".//li//a | .//p/a")]
        for section in page.xpath("//div[@class='aside']/section")
    }
    assert aside == {
        "Worth crossing town for": ["Worth it"],
        "Just posted": ["Worth it", "Lead", "Later"],
        "Active groups": ["Open House"],
    }


def test_home_without_events_says_so(client):
    assert "Nothing here yet." in words(read(client.get("/")))


def test_week_strip_counts_the_next_seven_days(client):
    make_event(date=NOW)
    make_event(date=NOW + 6 * DAY)
    make_event(date=NOW + 7 * DAY)

    strip = with_class(read(client.get("/")), "week-strip")[0]

    counts = [words(count) for count in with_class(strip, "week-strip__count")]
    assert counts == ["1 event", *["0 events"] * 5, "1 event"]
    assert strip.xpath(".//a/@href")[0] == "/events/2026/06/10"


# Upcoming


def test_index_is_soonest_first_and_grouped_by_day(client):
    make_event("Later", date=NOW + 2 * DAY)
    make_event("Tonight", date=NOW + 7 * HOUR)
    make_event("Now", date=NOW - HOUR, end_date=NOW + HOUR)
    make_event("Exhibition", date=NOW - 3 * DAY, end_date=NOW + DAY)
    make_event("Next year", date=NOW + 365 * DAY)
    make_event("Over", date=NOW - HOUR)
    make_event("Hidden", date=NOW + HOUR, status=Status.HIDDEN)

    page = read(client.get("/events"))

    assert listed_days(page) == [
        ("Today Wednesday 10 June", ["Now", "Tonight", "Exhibition"]),
        ("Friday 12 June", ["Later"]),
        ("Thursday 10 June 2027", ["Next year"]),
    ]
    assert [words(label) for label in with_class(page, "label--now")] == ["On now", "On now"]


@pytest.mark.parametrize(
    ("now", "moments", "headings"),
    [
        (
            datetime(2026, 6, 10, 12, 0, tzinfo=UTC),
            ["2026-06-10 22:59", "2026-06-10 23:00", "2026-06-11 22:59"],
            [("Today Wednesday 10 June", 1), ("Tomorrow Thursday 11 June", 2)],
        ),
        (
            datetime(2026, 3, 28, 12, 0, tzinfo=UTC),  # the clocks go forward in the next night
            ["2026-03-28 23:59", "2026-03-29 00:00", "2026-03-29 22:59", "2026-03-29 23:00"],
            [("Today Saturday 28 March", 1), ("Tomorrow Sunday 29 March", 2), ("Monday 30 March", 1)],
        ),
        (
            datetime(2026, 10, 24, 12, 0, tzinfo=UTC),  # they go back in the next night
            ["2026-10-24 22:59", "2026-10-24 23:00", "2026-10-25 23:59", "2026-10-26 00:00"],
            [("Today Saturday 24 October", 1), ("Tomorrow Sunday 25 October", 2), ("Monday 26 October", 1)],
        ),
        (
            datetime(2026, 6, 10, 23, 30, tzinfo=UTC),  # after midnight in London: the 11th
            ["2026-06-10 23:45"],
            [("Today Thursday 11 June", 1)],
        ),
    ],
)
def test_index_turns_the_day_at_the_sites_midnight(client, settings, clock, now, moments, headings):
    settings.TIME_ZONE = "Europe/London"
    clock.move_to(now, tick=False)
    for moment in moments:
        make_event(date=datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC))

    page = read(client.get("/events"))

    assert [(heading, len(found)) for heading, found in listed_days(page)] == headings


def follow(client, path: str) -> list[list[str]]:
    """The titles of every page of a list, by its links to the next."""
    pages = []
    while path:
        page = read(client.get(path))
        pages.append(titles(page))
        path = next(iter(page.xpath("//nav[@class='pagination']/a[@rel='next']/@href")), "")
    return pages


def test_pages_of_the_index_hold_every_event_once(client):
    for number in range(35):
        make_event(f"Same minute {number:02}", date=NOW + HOUR)
    for number in range(30):
        make_event(f"Later {number:02}", date=NOW + DAY + number * HOUR)

    pages = follow(client, "/events")

    assert [len(page) for page in pages] == [30, 30, 5]
    assert functools.reduce(operator.iadd, pages, []) == [
        *(f"Same minute {n:02}" for n in range(35)),
        *(f"Later {n:02}" for n in range(30)),
    ]


def test_pages_of_the_archive_hold_every_event_once(client):
    for number in range(35):
        make_event(f"Over {number:02}", date=NOW - 2 * HOUR)

    pages = follow(client, "/events/archive")

    assert [len(page) for page in pages] == [30, 5]
    assert functools.reduce(operator.iadd, pages, []) == [f"Over {n:02}" for n in reversed(range(35))]


def test_pages_of_a_day_hold_every_event_once(client):
    for number in range(33):
        make_event(f"Event {number:02}", date=NOW + 2 * DAY)

    assert [len(page) for page in follow(client, "/events/2026/06/12")] == [30, 3]


def test_further_pages_lead_back_to_the_start(client):
    for _ in range(31):
        make_event(date=NOW + HOUR)
    [further] = read(client.get("/events")).xpath("//a[@rel='next']/@href")

    page = read(client.get(further))

    assert page.xpath("//nav[@class='pagination']/a/@href") == ["/events"]


# Featured, promoted, archive


def test_chosen_lists_show_what_comes_then_what_was(client):
    for status in Status:
        make_event(f"{status} to come", date=NOW + DAY, status=status)
        make_event(f"{status} over", date=NOW - DAY, status=status)
        make_event(f"{status} over for long", date=NOW - 9 * DAY, status=status)

    lists = {path: titles(read(client.get(f"/events/{path}"))) for path in ("featured", "promoted")}

    assert lists == {
        status: [f"{status} to come", f"{status} over", f"{status} over for long"]
        for status in ("featured", "promoted")
    }


def test_archive_is_newest_first_without_what_comes_or_is_hidden(client):
    make_event("Long ago", date=datetime(2009, 10, 22, 19, 0, tzinfo=UTC))
    make_event("Yesterday", date=NOW - DAY, status=Status.PENDING)
    make_event("Runs", date=NOW - DAY, end_date=NOW + DAY)
    make_event("Hidden", date=NOW - DAY, status=Status.HIDDEN)

    page = read(client.get("/events/archive"))

    assert titles(page) == ["Yesterday", "Long ago"]
    assert [words(when) for when in with_class(page, "row__time")] == ["9 JunTue", "22 OctThu"]


# Months and days


def test_month_is_a_table_that_says_what_it_holds(client):
    make_event("Picnic", date=NOW)
    for number in range(6):
        make_event(f"Busy {number}", date=NOW + DAY + number * HOUR)
    make_event("Hidden", date=NOW, status=Status.HIDDEN)
    make_event("July", date=datetime(2026, 7, 1, tzinfo=UTC))

    page = read(client.get("/events/2026/06"))

    [table] = page.xpath("//table")
    assert words(table.find("caption")) == "Events in June 2026"
    assert [(words(head), head.xpath("./abbr/@title")) for head in table.xpath("./thead/tr/th[@scope='col']")] == [
        (name[:3], [name]) for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    ]
    assert [len(week.xpath("./td")) for week in table.xpath("./tbody/tr")] == [7] * 5
    cells = {words(with_class(cell, "month__date")[0]): cell for cell in table.xpath(".//td[a]")}
    assert list(cells)[:2] == ["Monday 1 June", "Tuesday 2 June"]
    shown = {day: [words(link) for link in with_class(cell, "month__event")] for day, cell in cells.items()}
    assert {day: links for day, links in shown.items() if links} == {
        "Wednesday 10 June": ["12:00 Picnic"],
        "Thursday 11 June": ["12:00 Busy 0", "13:00 Busy 1", "14:00 Busy 2", "15:00 Busy 3", "2 more Thursday 11 June"],
    }
    assert table.xpath(".//*[@aria-current='date']/@href") == ["/events/2026/06/10"]


def test_calendar_leads_to_the_month_of_the_sites_clock(client, settings, clock):
    settings.TIME_ZONE = "Pacific/Auckland"
    clock.move_to(datetime(2026, 6, 30, 13, 0, tzinfo=UTC), tick=False)

    assert client.get("/events/calendar").url == "/events/2026/07"


def test_day_holds_what_begins_on_it(client):
    make_event("Before", date=datetime(2026, 6, 11, 23, 59, tzinfo=UTC))
    make_event("Morning", date=datetime(2026, 6, 12, 9, 0, tzinfo=UTC))
    make_event("Midnight", date=datetime(2026, 6, 12, 0, 0, tzinfo=UTC))
    make_event("After", date=datetime(2026, 6, 13, 0, 0, tzinfo=UTC))
    make_event("Hidden", date=datetime(2026, 6, 12, 9, 0, tzinfo=UTC), status=Status.HIDDEN)

    page = read(client.get("/events/2026/06/12"))

    assert listed_days(page) == [("Friday 12 June", ["Midnight", "Morning"])]
    assert words(page.xpath("//h1")[0]) == "Friday 12 June 2026"


def test_day_follows_the_sites_clock(client, settings):
    settings.TIME_ZONE = "Europe/London"
    make_event("Small hours", date=datetime(2026, 6, 11, 23, 30, tzinfo=UTC))

    assert [titles(read(client.get(f"/events/2026/06/{day}"))) for day in (11, 12)] == [[], ["Small hours"]]


@pytest.mark.parametrize(
    "path",
    [
        "/events/1",
        "/events/0",
        "/events/-1",
        "/events/99999999999999999999999999",
        "/events/" + "9" * 5000,
        "/events/1.xml",
        "/events/1.ics",
        "/events/1.exe",
        "/events/x",
        "/events/2009/13",
        "/events/2009/0",
        "/events/2009/00",
        "/events/1899/12",
        "/events/2101/01",
        "/events/9999/12",
        "/events/2026/02/29",
        "/events/2026/06/31",
        "/events/2026/06/0",
        "/events/2026/06/32",
        "/events/2026/6/1/1",
        "/events/posted/garbage",
        "/events/posted/MQ:x",
        "/groups/nobody",
        "/groups/1",
        "/groups/99999999999999999999999999",
        "/groups/nobody.xml",
        "/groups/1.xml",
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", *LISTS, "/events/2026/06", "/events.xml", "/groups", "/account"])
def test_reading_pages_take_no_posts(client, path):
    client.force_login(make_user())

    assert client.post(path).status_code == 405


def test_address_with_a_slash_leads_to_the_one_without(client):
    response = client.get("/events/archive/?after=0-1")

    assert (response.status_code, response.url) == (301, "/events/archive?after=0-1")


# One event


def make_full_event(**fields) -> Event:
    defaults = {
        "date": datetime(2026, 6, 12, 19, 30, tzinfo=UTC),
        "end_date": datetime(2026, 6, 12, 22, 0, tzinfo=UTC),
        "summary": "<p>Bring a <b>friend</b>.</p>",
        "body": "<p>All of it.</p><script>alert(1)</script>",
        "place": "The Common, Hackney E8",
        "published_by": "Amy",
        "contact_email": "amy@example.org",
        "contact_phone": "020 7946 0000",
        "source": "https://example.org/picnic",
        "collective": make_collective("Open House"),
        "created_on": datetime(2026, 6, 1, tzinfo=UTC),
        "tags": ("Food",),
        "areas": ("Hackney", "London"),
    }
    return make_event("Open picnic", **{**defaults, **fields})


def test_detail_says_what_when_where_and_who(client):
    event = make_full_event()

    page = read(client.get(f"/events/{event.pk}"))

    assert words(page.xpath("//h1")[0]) == "Open picnic"
    assert facts(page) == {
        "When": "Friday 12 June 2026, 19:30 to 22:00",
        "Where": "The Common, Hackney E8Hackney, London",
        "Who": "Open HousePosted by Amy, 1 June 2026",
    }
    assert lxml.html.tostring(with_class(page, "prose")[0], encoding="unicode").strip() == (
        '<div class="prose e-content" dir="auto"><p>Bring a <b>friend</b>.</p><p>All of it.</p></div>'
    )
    sections = {words(section.find("h2")): words(section.find("p")) for section in page.xpath(SECTIONS)}
    assert sections == {"Tags": "Food", "Contact": "amy@example.org020 7946 0000https://example.org/picnic"}
    links = [link for link in page.xpath("//article//a/@href") if "2026" not in link and "/comments/" not in link]
    assert links == [
        event.venue.get_absolute_url(),
        "/areas/hackney",
        "/areas/london",
        "/groups/open-house",
        f"/events/{event.pk}.ics",
        event.map_url,
        f"/events/{event.pk}/poster",
        f"/events/{event.pk}/copy",
        f"/events/{event.pk}.xml",
        "/tags/food",
        "mailto:amy@example.org",
        "https://example.org/picnic",
    ]
    asked = f"url=http%3A%2F%2Ftestserver%2Fevents%2F{event.pk}"
    assert page.xpath("//head/link[@rel='alternate']/@href") == [
        f"http://testserver/oembed?format=json&{asked}",
        f"http://testserver/oembed?format=xml&{asked}",
        f"/events/{event.pk}.xml",
        f"/events/{event.pk}.ics",
        f"/events/{event.pk}.json",
    ]


def test_formats_that_a_page_links_are_there(client):
    event = make_full_event()
    pages = ["/", *LISTS, "/events/2026/06", f"/events/{event.pk}", event.collective.get_absolute_url()]

    links = {link for path in pages for link in read(client.get(path)).xpath("//link[@rel='alternate']/@href")}

    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    assert len(links) == 47


@pytest.mark.parametrize(
    ("zone", "when"),
    [
        ("UTC", "Friday 12 June 2026, 19:30 to 22:00"),
        ("Europe/London", "Friday 12 June 2026, 20:30 to 23:00Time zone: Europe/London"),
        ("America/New_York", "Friday 12 June 2026, 15:30 to 18:00Time zone: America/New York"),
        ("Asia/Tokyo", "Saturday 13 June 2026, 04:30 to 07:00Time zone: Asia/Tokyo"),
    ],
)
def test_detail_names_the_time_zone_unless_it_is_utc(client, settings, zone, when):
    settings.TIME_ZONE = zone
    event = make_full_event()

    assert facts(read(client.get(f"/events/{event.pk}")))["When"] == when


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({"end_date": None}, "Friday 12 June 2026, 19:30"),
        (
            {"end_date": datetime(2026, 6, 13, 2, 0, tzinfo=UTC)},
            "Friday 12 June 2026, 19:30 to 02:00 the next morning, Saturday 13 June",
        ),
        (
            {"end_date": datetime(2026, 6, 14, 17, 0, tzinfo=UTC)},
            "Friday 12 June 2026, 19:30 to Sunday 14 June 2026, 17:00",
        ),
        ({"date": None, "end_date": None}, "Date unknown"),
        ({"date": None}, "Date unknown"),
    ],
)
def test_detail_says_when_it_ends(client, fields, when):
    event = make_full_event(**fields)

    assert facts(read(client.get(f"/events/{event.pk}")))["When"] == when


def test_detail_without_anything_optional_leaves_it_out(client):
    event = make_event("Picnic", summary="", date=NOW + DAY, created_on=None)

    page = read(client.get(f"/events/{event.pk}"))

    assert facts(page) == {"When": "Thursday 11 June 2026, 12:00", "Who": "Posted without a name"}
    assert page.xpath(SECTIONS) == []


def test_detail_marks_what_is_pending_running_or_over(client):
    events = [
        make_event(date=NOW + DAY, status=Status.PENDING),
        make_event(date=NOW - HOUR, end_date=NOW + HOUR),
        make_event(date=NOW - DAY),
        make_event(date=NOW + DAY, status=Status.FEATURED),
    ]

    labels = [
        [words(label) for label in with_class(read(client.get(event.get_absolute_url())), "label")] for event in events
    ]

    assert labels == [["Not yet reviewed"], ["On now"], ["Over"], ["Featured"]]


def test_addresses_that_are_none_are_shown_but_not_linked(client):
    event = make_full_event(source="javascript:alert(1)", contact_email="a@example.org?bcc=b@example.org")

    page = read(client.get(f"/events/{event.pk}"))

    links = [link for link in page.xpath("//article//a/@href") if not link.startswith("/")]
    assert links == [event.map_url]
    assert "javascript:alert(1)" in words(page)


def test_imported_event_without_a_start_breaks_no_page(client):
    make_event("Odd", date=None, end_date=NOW + DAY, status=Status.FEATURED)
    make_event("Usual", date=NOW + DAY)

    pages = {path: client.get(path) for path in ["/", *LISTS, "/events.xml", "/events.ics"]}

    assert {path: response.status_code for path, response in pages.items()} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("suffix", ["", ".xml", ".ics"])
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("open", {"pending": 200, "published": 200, "promoted": 200, "featured": 200, "hidden": 410}),
        ("review", {"pending": 404, "published": 200, "promoted": 200, "featured": 200, "hidden": 410}),
    ],
)
def test_readers_see_what_the_statuses_say(client, settings, policy, expected, suffix):
    settings.MODERATION_POLICY = policy
    events = {status.value: make_event(status=status) for status in Status}

    answers = {status: client.get(f"/events/{event.pk}{suffix}").status_code for status, event in events.items()}

    assert answers == expected


def test_hidden_event_that_was_never_public_is_not_found(client):
    event = make_event(status=Status.HIDDEN, public_since=None)

    assert [client.get(f"/events/{event.pk}{suffix}").status_code for suffix in ("", ".xml", ".ics")] == [404] * 3


def test_pending_event_under_review_is_seen_by_those_concerned(settings):
    settings.MODERATION_POLICY = "review"
    author, member = make_user(), make_user()
    event = make_event(status=Status.PENDING, user=author, collective=make_collective(members=(member,)))
    people = {"author": author, "member": member, "stranger": make_user(), "moderator": make_moderator()}

    answers = {}
    for who, user in people.items():
        client = Client()
        client.force_login(user)
        answers[who] = client.get(f"/events/{event.pk}").status_code

    assert answers == {"author": 200, "member": 200, "stranger": 404, "moderator": 200}


def test_detail_offers_an_edit_to_those_who_may(settings):
    author, member = make_user(), make_user()
    event = make_event(user=author, collective=make_collective(members=(member,)))
    people = {
        "anonymous": None,
        "author": author,
        "member": member,
        "stranger": make_user(),
        "moderator": make_moderator(),
    }

    offers = {}
    for who, user in people.items():
        client = Client()
        if user:
            client.force_login(user)
        offers[who] = f"/events/{event.pk}/edit" in client.get(f"/events/{event.pk}").content.decode()

    assert offers == {"anonymous": False, "author": True, "member": True, "stranger": False, "moderator": True}


# How many queries each page costs


def make_everything(number: int) -> dict[str, str]:
    """`number` of each kind of row that any page shows. Gives the addresses of one of them."""
    groups = [make_collective(summary="<p>About us.</p>") for _ in range(number)]
    collective = groups[0]
    for index, group in enumerate(groups):
        for moment in (NOW + DAY, NOW - DAY, NOW + 2 * DAY):
            for status in Status:
                for owner in {collective, group}:
                    make_event(
                        status=status,
                        date=moment + index * HOUR,
                        collective=owner,
                        tags=("Food", f"Tag {index}"),
                        areas=("Hackney", f"Area {index}"),
                    )
    event = Event.objects.filter(moderation_status=Status.PUBLISHED, collective=collective)[0]
    for index in range(number):
        event.tags.add(*event.tags.model.objects.named([f"More {index}"]))
    series = EventGroup.objects.make(Recurrence(datetime(2026, 6, 1, 19)))
    Event.objects.filter(collective=collective).update(event_group=series)
    for index in range(number):
        comment = make_comment(event, is_organiser=index == 0)
        make_comment(event, status=Status.PENDING)
        make_attachment(event)
        make_attachment(Event.objects.visible().upcoming().lead())
    hidden_comment = make_comment(event, status=Status.HIDDEN)
    picture = event.attachments.all()[0]
    hidden = Event.objects.filter(moderation_status=Status.HIDDEN)[0]
    hidden_group = make_collective(moderation_status=Status.HIDDEN, public_since=NOW)
    ContentType.objects.get_for_model(Event)
    ContentType.objects.get_for_model(Collective)
    ContentType.objects.get_for_model(Comment)
    return {
        "event": f"/events/{event.pk}",
        "poster": f"/events/{event.pk}/poster",
        "series": f"/series/{series.pk}",
        "comment form": f"/events/{event.pk}/comments/new",
        "comment": f"/comments/{comment.pk}",
        "comment report": f"/comments/{comment.pk}/report",
        "hidden comment": f"/comments/{hidden_comment.pk}",
        "copy": f"/events/{event.pk}/copy",
        "picture": f"/media/{picture.name}-page",
        "report": f"/events/{event.pk}/report",
        "group report": f"/groups/{collective.slug}/report",
        "hidden": f"/events/{hidden.pk}",
        "embed": f"/events/{event.pk}/embed",
        "oembed": f"/oembed?url=http://testserver/events/{event.pk}",
        "hidden embed": f"/events/{hidden.pk}/embed",
        "group": f"/groups/{collective.slug}",
        "group by id": f"/groups/{collective.pk}",
        "group archive": f"/groups/{collective.slug}/archive",
        "hidden group": f"/groups/{hidden_group.slug}",
    }


LIST_PATTERNS = {route.pattern for route in LISTS_OF_EVENTS if "suffix" not in route.pattern}
QUERIES = {
    "/": 11,
    "/areas": 0,
    "/feeds": 3,
    "/tags": 4,
    "/tags.json": 2,
    "/areas.json": 2,
    "/events/calendar": 0,
    "/events/2026/06/sheet": 3,
    "/events/2026/w24/sheet": 3,
    "/events/new": 3,
    "/events/new/day?date=2026-06-11": 2,
    "/events/new/day?date=2026-06-11&tags=food": 2,
    "/events/new/day?date=2026-06-11&tags=nothing": 3,
    "/edit/lost": 0,
    "/edit/lost/sent": 0,
    "/edit/revoked": 0,
    "/groups": 1,
    "/groups.json": 1,
    "/groups.xml": 1,
    "/groups/new": 0,
    "/login": 0,
    "event": 6,
    "embed": 1,
    "oembed": 1,
    "hidden embed": 3,
    "poster": 3,
    "comment form": 1,
    "comment": 2,
    "comment report": 1,
    "hidden comment": 3,
    "picture.webp": 1,
    "/signup": 0,
    "/account/password/reset": 0,
    "event.xml": 1,
    "event.ics": 4,
    "copy": 7,
    "report": 1,
    "group report": 1,
    "/hidden": 1,
    "/hidden.atom": 1,
    "/hidden.json": 1,
    "/reported": 0,
    "/moderation": 0,
    "hidden": 3,
    "hidden.xml": 3,
    "hidden.ics": 3,
    "group.xml": 1,
    "group by id": 1,
    "group by id.xml": 1,
    "group by id.json": 1,
    "hidden group": 3,
    "hidden group.xml": 3,
}


@pytest.mark.parametrize("number", [1, 4])
def test_page_costs_the_same_with_one_row_and_with_many(client, django_assert_num_queries, number):
    addresses = make_everything(number)

    for page, queries in QUERIES.items():
        name, dot, suffix = page.partition(".")
        path = addresses.get(name, name) + dot + suffix
        cache.clear()

        with django_assert_num_queries(queries, info=page):
            response = client.get(path)

        assert response.status_code in (200, 301, 302, 410), page


def test_every_public_address_has_its_number_of_queries():
    personal = {"events:update", "events:cancel", "events:withdraw", "events:moderate", "events:text_preview"}
    personal |= {"events:withdraw_comment", "events:moderate_comment", "events:import_calendar"}
    personal |= {"collectives:logout", "collectives:account", "collectives:moderate"}
    personal |= {f"collectives:{name}" for name in ("edit", "posts", "join", "leave", "members", "member", "answer")}
    personal |= {"collectives:invite", "collectives:revoke", "collectives:picture"}
    urls = {"events": events.urls, "collectives": collectives.urls, "moderation": moderation.urls}
    routes = {
        f"{app}:{url.name}"
        for app, module in urls.items()
        for url in module.urlpatterns
        # Lists have their numbers in test_lists.
        if "<str:token>" not in str(url.pattern)
        and str(url.pattern).partition(".")[0] not in LIST_PATTERNS
        and url.name
    }
    collective = make_collective()
    event = make_event(event_group=EventGroup.objects.create())
    comment = make_comment(event)
    picture = make_attachment(event)
    arguments = {
        "events:detail": [event.pk],
        "events:embed": [event.pk],
        "events:month_sheet": [2026, 6],
        "events:week_sheet": [2026, 24],
        "events:poster": [event.pk],
        "events:copy": [event.pk],
        "events:media": [picture.name, "page.webp"],
        "events:report": [event.pk],
        "events:add_comment": [event.pk],
        "events:comment": [comment.pk],
        "events:report_comment": [comment.pk],
        "collectives:report": [collective.slug],
        "events:group_xml": [collective.slug],
        "events:group_xml_by_id": [collective.pk],
        "collectives:by_id": [collective.pk],
        "events:group_by_id": [collective.pk, "json"],
    }
    shorthand = {
        f"/events/{event.pk}": "event",
        f"/events/{event.pk}/embed": "embed",
        "/oembed": "oembed",
        f"/events/{event.pk}/poster": "poster",
        "/events/new/day": "/events/new/day?date=2026-06-11",
        f"/events/{event.pk}/copy": "copy",
        f"/media/{picture.name}-page.webp": "picture.webp",
        f"/events/{event.pk}/report": "report",
        f"/events/{event.pk}/comments/new": "comment form",
        f"/comments/{comment.pk}": "comment",
        f"/comments/{comment.pk}/report": "comment report",
        f"/groups/{collective.slug}/report": "group report",
        f"/groups/{collective.pk}": "group by id",
        f"/groups/{collective.slug}.xml": "group.xml",
        f"/groups/{collective.pk}.xml": "group by id.xml",
        f"/groups/{collective.pk}.json": "group by id.json",
    }

    public = [reverse(route, args=arguments.get(route)) for route in sorted(routes - personal)]

    assert [path for path in public if shorthand.get(path, path) not in QUERIES] == []


# Publishing

FILLED_IN = {
    "title": "Open picnic",
    "summary": "Bring *something* to share.",
    "date_0": "2026-06-12",
    "date_1": "19:30",
    "publish": "1",
}


@pytest.fixture
def fill_in(clock):
    """Opens the form, takes five minutes, and gives what the browser would send."""

    def fill_in(client, **typed) -> dict[str, str]:
        token = read(client.get("/events/new")).xpath("//input[@name='form_token']/@value")[0]
        clock.shift(timedelta(minutes=5))
        data = {**FILLED_IN, "form_token": token, **typed}
        return {name: value for name, value in data.items() if value is not None}

    return fill_in


def values(page) -> dict[str, str]:
    """What the controls of the form on a page hold."""
    form = page.xpath("//form[@method='post']")[0]
    random = ("csrfmiddlewaretoken", "form_token", "attachment_key")
    return {name: value for name, value in form.form_values() if name not in random}


def test_form_asks_for_what_the_site_says(client):
    form = read(client.get("/events/new")).xpath("//form[@method='post']")[0]

    names = [name for name in form.xpath(".//*[@name]/@name") if name != "csrfmiddlewaretoken"]
    assert names == [
        "publish",
        "title",
        "summary",
        "body",
        "date_0",
        "date_1",
        "check",
        "end_date_0",
        "end_date_1",
        "repeat",
        "repeat_until",
        "repeat_count",
        "repeat_except",
        "repeat_every",
        "repeat_unit",
        *7 * ["repeat_weekdays"],
        "repeat_month_by",
        "place",
        "areas",
        "tags",
        "attachment_key",
        "attachments",
        "published_by",
        "contact_email",
        "contact_phone",
        "source",
        "allows_comments",
        "website",
        "form_token",
        "publish",
        "preview",
    ]
    assert (form.get("novalidate"), form.get("enctype")) == ("", "multipart/form-data")
    assert {
        name: value for name, value in form.form_values() if value.strip() and not re.search("token|key", name)
    } == {
        "allows_comments": "on",
        "repeat_every": "1",
        "repeat_unit": "weeks",
        "repeat_month_by": "day",
    }


def test_every_control_has_a_label(client):
    client.force_login(make_user())
    page = read(client.get("/events/new"))

    ids = page.xpath("//form[@method='post']//*[self::input or self::textarea][@type!='hidden' or not(@type)]/@id")

    unlabelled = [
        id_
        for id_ in ids
        if not page.xpath(f"//label[@for='{id_}'] | //label[.//*[@id='{id_}']] | //*[@id='{id_}'][@aria-label]")
    ]
    assert unlabelled == []
    assert len(ids) == 29


def test_anybody_can_publish(client, fill_in):
    response = client.post("/events/new", fill_in(client))

    event = Event.objects.get()
    assert (event.title, event.summary, event.user, event.moderation_status) == (
        "Open picnic",
        "<p>Bring <em>something</em> to share.</p>",
        None,
        Status.PENDING,
    )
    receipt = client.get(response.url)
    assert "“Open picnic” is on the site now. A moderator will look at it later." in words(read(receipt))
    assert event.get_absolute_url() in receipt.content.decode()
    assert titles(read(client.get("/events"))) == ["Open picnic"]


def test_under_review_the_receipt_says_that_it_waits(client, fill_in, settings):
    settings.MODERATION_POLICY = "review"

    receipt = client.post("/events/new", fill_in(client), follow=True)

    assert "“Open picnic” is waiting for a moderator." in words(read(receipt))
    assert Event.objects.get().get_absolute_url() not in receipt.content.decode()
    assert titles(read(client.get("/events"))) == []


def test_receipt_of_a_post_that_was_hidden_says_so(client, fill_in):
    client.force_login(make_user())
    address = client.post("/events/new", fill_in(client)).url
    Event.objects.get().hide(by=make_moderator(), reason="Off topic")

    receipt = words(read(client.get(address)))

    assert "Moderators have hidden this post." in receipt
    assert "Open picnic" not in receipt


def test_author_publishes_edits_and_keeps_the_status(client, fill_in):
    client.force_login(make_user("amy"))
    client.post("/events/new", fill_in(client))
    event = Event.objects.get()
    event.publish(by=make_moderator())
    shown = values(read(client.get(f"/events/{event.pk}/edit")))

    response = client.post(f"/events/{event.pk}/edit", {**shown, "title": "Open feast"})

    assert response.url == event.get_absolute_url()
    event.refresh_from_db()
    assert (event.title, event.user.username, event.moderation_status, event.admin_note) == (
        "Open feast",
        "amy",
        Status.PUBLISHED,
        "<p>Created by: amy.</p>\n<p>published by moderators.</p>",
    )


def test_member_publishes_for_their_group(client, fill_in):
    member = make_user()
    collective = make_collective("Open House", members=(member,))
    client.force_login(member)

    receipt = client.post("/events/new", fill_in(client, collective=str(collective.pk)), follow=True)

    event = Event.objects.get()
    assert (event.collective, event.moderation_status) == (collective, Status.PUBLISHED)
    assert "A moderator will look at it later." not in words(read(receipt))


def test_without_account_nothing_ties_the_post_to_it(client, fill_in):
    client.force_login(make_user("amy"))

    client.post("/events/new", fill_in(client, without_account="on"))

    event = Event.objects.get()
    assert (event.user, event.admin_note) == (None, "<p>Created by: AnonymousUser.</p>")
    assert client.get(f"/events/{event.pk}/edit").status_code == 404


def test_only_those_who_may_edit_reach_the_edit():
    author, member = make_user(), make_user()
    collective = make_collective(members=(member,))
    people = {
        "author": author,
        "member": member,
        "stranger": make_user(),
        "member of another": make_collective(members=(make_user(),)).members.get(),
        "moderator": make_moderator(),
        "superuser": make_superuser(),
    }
    events = {
        status: make_event(status=status, user=author, collective=collective)
        for status in (Status.PENDING, Status.HIDDEN)
    }

    answers = {}
    for who, user in people.items():
        client = Client()
        client.force_login(user)
        pages = [f"/events/{event.pk}/edit" for event in events.values()]
        answers[who] = [(client.get(page).status_code, client.post(page, {}).status_code) for page in pages]

    # An edit with nothing in it is answered by the form and its errors: 200.
    assert answers == {
        "author": [(200, 200), (404, 404)],
        "member": [(200, 200), (404, 404)],
        "stranger": [(404, 404), (404, 404)],
        "member of another": [(404, 404), (404, 404)],
        "moderator": [(200, 200), (200, 200)],
        "superuser": [(200, 200), (200, 200)],
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_edit_without_an_account_leads_to_the_login(client, method):
    event = make_event("Picnic")

    response = getattr(client, method)(f"/events/{event.pk}/edit", {"title": "Forged"})

    assert response.url == f"/login?next=/events/{event.pk}/edit" + ("%3Ftitle%3DForged" if method == "get" else "")
    event.refresh_from_db()
    assert event.title == "Picnic"


def test_get_changes_nothing(client, fill_in):
    client.force_login(make_user())
    data = fill_in(client)

    client.get("/events/new", data)

    assert Event.objects.count() == 0


EVERYTHING = {
    "title": "A title that is too long, by far: it goes on and on and on",
    "summary": "Some *words* & more\r\nin two lines",
    "body": "<b>bold</b>\r\n\r\n- a list </textarea><script>alert(1)</script>",
    "date_0": "2026-06-12",
    "date_1": "19:30",
    "end_date_0": "2026-06-13",
    "end_date_1": "02:00",
    "repeat": "",
    "repeat_every": "3",
    "repeat_unit": "months",
    "repeat_month_by": "last",
    "place": 'The "Common", Hackney',
    "areas": "Hackney, London",
    "tags": "Food, Parks",
    "published_by": "Amy & Bob",
    "contact_email": "not an address",
    "contact_phone": "020 7946 0000",
    "source": "not an address",
    "allows_comments": "on",
}


def test_nothing_typed_is_lost_after_an_error(client, fill_in):
    page = read(client.post("/events/new", fill_in(client, **EVERYTHING)))

    kept = {name: re.sub(r"\r?\n", "\r\n", value).removeprefix("\r\n") for name, value in values(page).items()}
    assert kept == {**EVERYTHING, "website": ""}
    assert Event.objects.count() == 0


def test_nothing_typed_is_lost_after_a_preview(client, fill_in):
    typed = {**EVERYTHING, "title": "Picnic", "contact_email": "a@example.org", "source": "https://example.org"}

    page = read(client.post("/events/new", fill_in(client, **typed, preview="1", publish=None)))

    kept = {name: re.sub(r"\r?\n", "\r\n", value).removeprefix("\r\n") for name, value in values(page).items()}
    assert kept == {**typed, "website": ""}
    assert Event.objects.count() == 0


def test_box_that_was_unticked_stays_so(client, fill_in):
    page = read(client.post("/events/new", fill_in(client, title="")))

    assert "allows_comments" not in values(page)


def test_preview_shows_the_event_as_its_page_will(client, fill_in):
    member = make_user()
    collective = make_collective("Open House", members=(member,))
    client.force_login(member)
    typed = {**EVERYTHING, "title": "Picnic", "contact_email": "a@example.org", "source": "https://example.org"}
    data = fill_in(client, **typed, collective=str(collective.pk))

    previewed = read(client.post("/events/new", {**data, "preview": "1"})).xpath("//article")[0]
    client.post("/events/new", data)
    page = read(client.get(Event.objects.get().get_absolute_url())).xpath("//article")[0]

    # The page alone has a calendar file, an XML and an edit, and takes additions.
    for part in with_class(page, "actions") + page.xpath(".//section[@aria-labelledby='additions']"):
        part.drop_tree()
    # Its venue, tags and areas have pages as soon as there is an event with them.
    for address in page.xpath(".//data[@value]"):
        address.drop_tree()
    for start in ("/places/", "/tags/", "/areas/"):
        for link in page.xpath(f".//a[starts-with(@href, '{start}')]"):
            link.drop_tag()
    written = [lxml.html.tostring(article, encoding="unicode") for article in (previewed, page)]
    assert re.sub(r"[\s,]+", "", written[0]) == re.sub(r"[\s,]+", "", written[1])


def test_preview_of_an_edit_changes_nothing(client):
    author = make_user()
    event = make_event("Picnic", user=author, tags=("Food",))
    client.force_login(author)
    shown = values(read(client.get(f"/events/{event.pk}/edit")))

    page = read(client.post(f"/events/{event.pk}/edit", {**shown, "title": "Feast", "tags": "Parks", "preview": "1"}))

    assert words(page.xpath("//article//h1")[0]) == "Feast"
    assert (values(page)["title"], values(page)["tags"]) == ("Feast", "Parks")
    event.refresh_from_db()
    assert (event.title, [tag.name for tag in event.tags.all()]) == ("Picnic", ["Food"])


def test_errors_come_first_and_lead_to_their_fields(client, fill_in):
    page = read(client.post("/events/new", fill_in(client, **{**EVERYTHING, "date_1": "", "end_date_0": "2026-02-29"})))

    [summary] = page.xpath("//*[@role='alert']")
    assert words(summary.find("h2")) == "Something to put right"
    assert [(words(link), link.get("href")) for link in summary.xpath(".//a")] == [
        ("Title: Keep the title under 50 letters; it has 58.", "#id_title"),
        ("Starts: Choose the time too.", "#id_date_0"),
        ("Ends: There is no such day. Write it as year-month-day, for instance 2026-06-12.", "#id_end_date_0"),
        ("E-mail for questions: Write an e-mail address, for instance amy@example.org.", "#id_contact_email"),
        ("Web page: Write a full web address, beginning with https://", "#id_source"),
    ]
    assert page.xpath("//title")[0].text.startswith("Something to put right")


def test_fields_in_error_are_marked_and_described(client, fill_in):
    page = read(client.post("/events/new", fill_in(client, **{**EVERYTHING, "date_1": ""})))

    marked = page.xpath("//*[@aria-invalid='true']")
    described = {control.get("id"): control.get("aria-describedby").split() for control in marked}
    assert described == {
        "id_title": ["id_title_helptext", "id_title_error"],
        "id_date_0": ["id_date_error"],
        "id_date_1": ["id_date_error"],
        "id_contact_email": ["id_contact_email_helptext", "id_contact_email_error"],
        "id_source": ["id_source_error"],
    }
    ids = page.xpath("//@id")
    assert [ids.count(id_) for ids_ in described.values() for id_ in ids_] == [1] * 7
    assert sorted(ids) == sorted(set(ids))


def test_nothing_at_all_is_answered_by_the_errors(client):
    page = read(client.post("/events/new"))

    assert [words(error) for error in page.xpath("//*[@role='alert']//li")] == [
        "This form had expired. Nothing is lost: look it over and send it again.",
        "Title: Give the event a title.",
        "In one or two sentences: Say in a sentence what people can expect.",
        "Starts: Say when it starts.",
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b'{"title": "x"}', 200),
        ("text/plain", b"\xff\xfe", 200),
        ("application/x-www-form-urlencoded", b"title=%ED%A0%80%FF%00&date_0=%00&date_1=%00&tags=%00", 200),
        ("multipart/form-data", b"title", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data", 200),
    ],
)
def test_whatever_is_sent_is_no_error_of_the_server(client, content_type, body, status):
    response = client.post("/events/new", body, content_type=content_type)

    assert response.status_code == status
    assert Event.objects.count() == 0


def test_megabyte_of_text_comes_back_with_a_message(client, fill_in):
    text = "x" * 1_000_000

    page = read(client.post("/events/new", fill_in(client, body=text)))

    assert [words(error) for error in page.xpath("//*[@id='id_body_error']/p")] == [
        "Keep this under 100000 letters; it has 1000000."
    ]
    assert values(page)["body"].strip() == text


def test_request_beyond_all_limits_is_refused_with_a_page(client, fill_in):
    response = client.post("/events/new", fill_in(client, body="x" * 6 * 1024 * 1024))

    assert response.status_code == 400
    assert "Go back with your browser: what you typed is still there." in words(read(response))


@pytest.mark.parametrize(
    "name", ["title", "summary", "place", "date_0", "tags", "source", "contact_email", "form_token"]
)
@pytest.mark.parametrize(
    "text", ["\x00", "\r\nX: y", "\u202e", "\ufffe", "🚲" * 300, "{{ 7 }}{% x %}", "%s%(x)s", "9" * 5000]
)
def test_odd_text_in_any_field_is_no_error_of_the_server(client, fill_in, name, text):
    response = client.post("/events/new", fill_in(client, **{name: text}))

    assert response.status_code in (200, 302)


# Sent twice


def test_same_form_twice_leads_to_the_same_receipt(client, fill_in, clock):
    data = fill_in(client)

    first = client.post("/events/new", data)
    clock.shift(timedelta(minutes=1))
    second = client.post("/events/new", data)

    assert (first.status_code, second.url) == (302, first.url)
    assert Event.objects.count() == 1


def test_preview_then_publish_then_back_is_one_event(client, fill_in):
    data = fill_in(client)
    token = read(client.post("/events/new", {**data, "preview": "1"})).xpath("//input[@name='form_token']/@value")[0]

    receipts = {client.post("/events/new", {**data, "form_token": token}).url, client.post("/events/new", data).url}

    assert len(receipts) == 1
    assert Event.objects.count() == 1


def test_fresh_form_with_the_same_in_it_is_the_same_event_and_does_not_show_its_edit_link(client, fill_in):
    link = client.post("/events/new", fill_in(client)).url

    again = client.post("/events/new", fill_in(client), follow=True)

    assert Event.objects.count() == 1
    assert again.redirect_chain[-1][0].startswith("/events/posted/")
    assert "Its edit link was shown when it was first sent." in words(read(again))
    assert link.split("/")[2] not in again.content.decode()


@pytest.mark.django_db(transaction=True)
def test_same_form_at_once_is_one_event(client, fill_in):
    data = fill_in(client, tags="Food, Parks")

    receipts = at_once(*[lambda: Client().post("/events/new", data).url] * 4)

    assert len(set(receipts)) == 1
    assert Event.objects.count() == 1


def test_form_left_open_for_a_day_still_posts_after_one_confirmation(client, fill_in, clock):
    data = fill_in(client)
    clock.shift(DAY)

    page = read(client.post("/events/new", {**data}))
    message = words(page.xpath("//*[@role='alert']//li")[0])
    token = page.xpath("//input[@name='form_token']/@value")[0]
    response = client.post("/events/new", {**data, "form_token": token})

    assert message == "This form was open for very long. Nothing is lost: look it over and send it again."
    assert (response.status_code, Event.objects.count()) == (302, 1)


def test_machine_that_fills_in_the_trap_posts_nothing(client, fill_in):
    page = read(client.post("/events/new", fill_in(client, website="https://spam.example")))

    assert Event.objects.count() == 0
    assert (values(page)["website"], values(page)["title"]) == ("", "Open picnic")


def test_machine_that_is_too_quick_posts_nothing(client):
    token = read(client.get("/events/new")).xpath("//input[@name='form_token']/@value")[0]

    page = read(client.post("/events/new", {**FILLED_IN, "form_token": token}))

    assert Event.objects.count() == 0
    assert values(page)["title"] == "Open picnic"


def test_form_of_another_site_is_refused(fill_in):
    client = Client(enforce_csrf_checks=True)
    data = fill_in(client)

    response = client.post("/events/new", data)

    assert (response.status_code, Event.objects.count()) == (403, 0)
    assert "The form came without its token." in words(read(response))


def test_form_with_its_token_is_accepted(fill_in):
    client = Client(enforce_csrf_checks=True)
    data = fill_in(client)
    token = read(client.get("/events/new")).xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]

    response = client.post("/events/new", {**data, "csrfmiddlewaretoken": token})

    assert (response.status_code, Event.objects.count()) == (302, 1)


# Mass assignment


@pytest.mark.parametrize("who", ["anonymous", "author"])
def test_nothing_can_be_set_that_the_form_does_not_ask(client, fill_in, who):
    victim, others, series = make_user(), make_collective(), EventGroup.objects.create()
    author = None
    if who == "author":
        author = make_user("amy")
        client.force_login(author)
    forged = {
        **{
            field.name: "1"
            for field in Event._meta.concrete_fields
            if field.name not in (*FILLED_IN, "date", "end_date")
        },
        "id": "77",
        "moderation_status": "featured",
        "user": str(victim.pk),
        "user_id": str(victim.pk),
        "collective": str(others.pk),
        "collective_id": str(others.pk),
        "event_group": str(series.pk),
        "admin_note": "<p>Forged.</p>",
        "created_on": "2001-01-01 00:00",
        "updated_on": "2001-01-01 00:00",
        "public_since": "2001-01-01 00:00",
        "contact_email": "a@example.org",
        "source": "https://example.org",
    }

    client.post("/events/new", fill_in(client, **forged))

    event = Event.objects.get()
    assert event.pk != 77
    names = ("user", "collective", "event_group", "moderation_status", "stick_at_top", "auto_moderation_checked")
    assert [getattr(event, name) for name in names] == [author, None, None, Status.PENDING, None, True]
    names = ("content_id", "file", "file_content_type", "media_size", "processing_status", "body_source")
    assert [getattr(event, name) for name in names] == [None] * 5 + ["1"]
    assert event.admin_note == f"<p>Created by: {'amy' if author else 'AnonymousUser'}.</p>"
    assert {event.created_on.date(), event.updated_on.date(), event.public_since.date()} == {date(2026, 6, 10)}


# What is kept where


def test_forms_and_receipts_are_stored_by_no_cache(client, fill_in):
    author = make_user()
    client.force_login(author)
    event = make_event(user=author)
    receipt = client.post("/events/new", fill_in(client)).url

    pages = ["/events/new", receipt, f"/events/{event.pk}/edit", "/account", "/login"]

    assert [page for page in pages if "no-store" not in client.get(page)["Cache-Control"]] == []


def test_readers_get_no_cookie_and_authors_only_the_forms(client):
    addresses = make_everything(1)
    pages = [*(page for page in QUERIES if page.startswith("/")), *addresses.values()]

    cookies = {page: sorted(client.get(page).cookies) for page in pages}

    assert {page: names for page, names in cookies.items() if names} == {
        "/events/new": ["csrftoken"],
        "/edit/lost": ["csrftoken"],
        "/login": ["csrftoken"],
        addresses["copy"]: ["csrftoken"],
        "/signup": ["csrftoken"],
        "/account/password/reset": ["csrftoken"],
        addresses["report"]: ["csrftoken"],
        addresses["comment form"]: ["csrftoken"],
        addresses["comment report"]: ["csrftoken"],
        addresses["group report"]: ["csrftoken"],
    }


@pytest.mark.parametrize("number", [1, 4])
def test_form_edit_and_receipt_cost_the_same_with_many_rows(client, fill_in, django_assert_num_queries, number):
    author = make_user()
    for _ in range(number):
        make_collective(members=(author,))
    client.force_login(author)
    terms = tuple(f"Term {index}" for index in range(number))
    event = make_event(user=author, collective=author.collectives.all()[0], tags=terms, areas=terms)
    receipt = client.post("/events/new", fill_in(client, tags=", ".join(terms))).url

    for path, queries in {"/events/new": 7, f"/events/{event.pk}/edit": 13, receipt: 1}.items():
        with django_assert_num_queries(queries, info=path):
            assert client.get(path).status_code == 200
