"""What the pages of lists show beside their events: the filters in use, the way up, what to do when nothing is on."""

import re
from datetime import UTC, datetime, timedelta

import lxml.html
import mf2py
import pytest

from events.models import EventGroup
from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator

pytestmark = pytest.mark.django_db

# A Wednesday.
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def read(client, path: str):
    return lxml.html.fromstring(client.get(path).content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def links(page, xpath: str) -> list[tuple[str, str]]:
    """What links say, and where they lead."""
    return [(words(link), link.get("href")) for link in page.xpath(f"{xpath}//a")]


# Filters


def test_each_filter_in_use_can_be_dropped_alone(client):
    make_event("Picnic", date=NOW + DAY, tags=("Food", "Music"), areas=("Hackney",), place="The Hall, E8")

    page = read(
        client,
        "/events?q=picnic&tag=food&tag=music&area=hackney&place=the-hall-e8&from=2026-06-01&to=2026-06-30&order=posted",
    )

    rest = "tag=food&tag=music&area=hackney&place=the-hall-e8&from=2026-06-01&to=2026-06-30&order=posted"
    assert links(page, "//ul[@aria-label='Narrowed down to']") == [
        ("Without: “picnic” ×", f"/events?{rest}"),
        ("Without: Food ×", f"/events?q=picnic&{rest.replace('tag=food&', '')}"),
        ("Without: Music ×", f"/events?q=picnic&{rest.replace('tag=music&', '')}"),
        ("Without: in Hackney ×", f"/events?q=picnic&{rest.replace('area=hackney&', '')}"),
        ("Without: at The Hall, E8 ×", f"/events?q=picnic&{rest.replace('place=the-hall-e8&', '')}"),
        ("Without: from 1 June 2026 ×", f"/events?q=picnic&{rest.replace('from=2026-06-01&', '')}"),
        ("Without: until 30 June 2026 ×", f"/events?q=picnic&{rest.replace('to=2026-06-30&', '')}"),
        ("Without: newest posts first ×", f"/events?q=picnic&{rest.replace('&order=posted', '')}"),
        ("Drop all of these", "/events"),
    ]


def test_what_the_address_itself_says_is_no_filter_to_drop(client):
    make_event(date=NOW + DAY, tags=("Food",), areas=("Hackney",))

    assert links(read(client, "/tags/food"), "//ul[@aria-label='Narrowed down to']") == []
    assert links(read(client, "/tags/food?tag=food&area=hackney"), "//ul[@aria-label='Narrowed down to']") == [
        ("Without: in Hackney ×", "/tags/food")
    ]


def test_words_of_a_search_stay_in_their_field(client):
    make_event("Picnic", date=NOW + DAY, tags=("Food",))

    page = read(client, "/search?q=picnic&tag=food")

    assert links(page, "//ul[@aria-label='Narrowed down to']") == [("Without: Food ×", "/search?q=picnic")]
    typed = {field.get("name"): field.get("value") for field in page.xpath("//form[@role='search']//input")}
    assert typed == {"q": "picnic", "tag": "Food"} | dict.fromkeys(["area", "place", "group", "from", "to"])


@pytest.mark.parametrize(
    "path", ["/events", "/events/archive", "/tags/food", "/events/2026/06", "/events/archive/2026"]
)
def test_form_shows_the_filters_in_use_and_leads_to_the_same_list(client, path):
    group = make_collective("Open House")
    for date in (NOW - DAY, NOW + DAY):
        make_event("Picnic", date=date, tags=("Food", "Music"), areas=("Hackney",), place="The Hall", collective=group)

    page = read(client, f"{path}?q=picnic&tag=music&area=hackney&place=the-hall&group=open-house&from=2026-06-01")

    [form] = page.xpath("//details/form")
    assert form.get("action") == path
    in_form = {name: value for name, value in form.form_values() if value}
    assert in_form == {
        "q": "picnic",
        "from": "2026-06-01",
        "tag": "Music",
        "area": "Hackney",
        "place": "The Hall",
        "group": "open-house",
    }
    again = client.get(path, in_form)
    assert lxml.html.fromstring(again.content).xpath("//link[@rel='canonical']/@href") == page.xpath(
        "//link[@rel='canonical']/@href"
    )


# To other times


QUERY = (
    "?q=picnic&tag=food&tag=music&area=hackney&place=the-hall&group=open-house&status=featured"
    "&from=2026-05-01&to=2026-07-31"
)
PARTS = ["week-strip", "quick", "page-head page-head--bar", "page-head", "day__head", "month", "year"]


@pytest.fixture
def picnics():
    """Five that pass all filters: last month, yesterday, today, tomorrow and next month."""
    group = make_collective("Open House")
    for days in (-30, -1, 0, 1, 30):
        make_event(
            "Picnic",
            date=NOW + days * DAY + 6 * HOUR,
            status=Status.FEATURED,
            tags=("Food", "Music"),
            areas=("Hackney",),
            place="The Hall",
            collective=group,
        )


def ways(client, path: str) -> list[str]:
    """Where the links of a list to other times lead."""
    parts = " or ".join(f"@class='{name}'" for name in PARTS)
    found = [href for _words, href in links(read(client, path), f"//*[{parts}]")]
    return [href for href in found if re.match(r"/events($|\?|/(2026|archive|tonight|weekend|next))", href)]


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/events", 7 + 3 + 5),
        ("/events/today", 7 + 4 + 1),
        ("/events/tonight", 7 + 4 + 1),
        ("/events/weekend", 7 + 4),
        ("/events/next", 7 + 4 + 2),
        ("/events/archive", 1 + 2),
        ("/events/archive/2026", 1 + 3),
        ("/events/2026/06", 1 + 3 + 30),
        ("/events/2026/w24", 2 + 2 + 3),
        ("/events/2026/06/10", 2 + 2 + 1),
    ],
)
def test_ways_to_other_times_keep_what_the_reader_chose(client, picnics, path, number):
    found = ways(client, path + QUERY)

    assert len(found) == number
    for way in found:
        assert way.partition("#")[0].endswith(QUERY)
        assert client.get(way).status_code == 200


def test_ways_to_other_times_keep_the_order(client, picnics):
    assert {way.partition("?")[2] for way in ways(client, "/events/2026/w24?tag=food&order=posted")} == {
        "tag=food&order=posted"
    }


@pytest.mark.parametrize("path", ["/", "/events", "/events/2026/w24", "/series/3"])
def test_ways_of_a_whole_list_lead_to_whole_lists(client, picnics, path):
    make_event(date=NOW + DAY, event_group=EventGroup.objects.create(pk=3))

    found = ways(client, path)

    assert found
    assert [way for way in found if "?" in way] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/tags/food", "tag=food"),
        ("/tags/food?tag=music&area=hackney", "tag=food&tag=music&area=hackney"),
        ("/areas/hackney?q=picnic", "q=picnic&area=hackney"),
        ("/places/the-hall", "place=the-hall"),
        ("/groups/open-house?from=2026-06-10", "group=open-house&from=2026-06-10"),
        ("/events/featured", "status=featured"),
    ],
)
def test_days_of_a_page_lead_to_what_else_it_has_on_that_day(client, picnics, path, query):
    make_event("Elsewhere", date=NOW + DAY)

    found = [href for _words, href in links(read(client, path), "//*[@class='day__head']")]

    assert found == [f"/events/2026/{day}?{query}" for day in ("06/10", "06/11", "07/10")]
    assert [event.title for event in client.get(found[1]).context["page"].events] == ["Picnic"]


def test_days_on_the_page_of_a_group_that_readers_do_not_see_lead_to_whole_days(client):
    group = make_collective("Open House", moderation_status=Status.HIDDEN, public_since=NOW)
    make_event(date=NOW + DAY, collective=group)
    client.force_login(make_moderator())

    assert links(read(client, "/groups/open-house"), "//*[@class='day__head']")[0][1] == "/events/2026/06/11"


def test_page_of_a_tag_takes_no_more_tags_than_other_lists_with_its_own(client):
    tags = [f"t{number}" for number in range(10)]
    make_event(date=NOW + DAY, tags=tags)
    others = "&".join(f"tag={tag}" for tag in tags[1:])
    make_event(tags=("one more",))

    [(_day, way)] = links(read(client, f"/tags/t0?{others}"), "//*[@class='day__head']")

    assert client.get(way).status_code == 200
    assert client.get(f"/tags/t0?{others}&tag=t0").status_code == 200
    assert client.get(f"/tags/t0?{others}&tag=one-more").status_code == 400


def test_week_strip_counts_what_the_reader_chose(client, picnics):
    make_event(date=NOW + DAY, tags=("Food",))
    make_event(date=NOW + DAY)

    strip = {
        path: [words(count) for count in read(client, path).xpath("//*[@class='week-strip__count']")][:3]
        for path in ("/events", "/events?tag=food", "/events/tonight?tag=music")
    }

    assert strip == {
        "/events": ["1 event", "3 events", "0 events"],
        "/events?tag=food": ["1 event", "2 events", "0 events"],
        "/events/tonight?tag=music": ["1 event", "1 event", "0 events"],
    }


# The way up


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/events/archive/2026", [("Archive", "/events/archive")]),
        ("/events/2026/06", [("2026", "/events/archive/2026")]),
        ("/events/2026/w24", [("2026", "/events/archive/2026"), ("June", "/events/2026/06")]),
        ("/events/2026/06/11", [("2026", "/events/archive/2026"), ("June", "/events/2026/06")]),
        ("/tags/food", [("Topics", "/tags")]),
        ("/areas/hackney", [("Areas", "/tags#areas")]),
        ("/places/the-hall", [("Events", "/events")]),
        ("/groups/open-house", [("Groups", "/groups")]),
        ("/events/7", [("June 2026", "/events/2026/06"), ("Thursday 11", "/events/2026/06/11")]),
        ("/series/3", [("Events", "/events")]),
    ],
)
def test_pages_lead_up(client, path, way):
    make_event(
        id=7,
        date=NOW + DAY,
        tags=("Food",),
        areas=("Hackney",),
        place="The Hall",
        collective=make_collective("Open House"),
        event_group=EventGroup.objects.create(pk=3),
    )

    assert links(read(client, path), "//nav[@aria-label='Breadcrumb']") == way


# Nothing


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/tags/food", "Nothing is coming up with this tag."),
        ("/areas/hackney", "Nothing is coming up in this area."),
        ("/places/the-hall", "Nothing is coming up at this venue."),
        ("/groups/open-house", "Nothing is coming up."),
    ],
)
def test_list_without_anything_to_come_names_what_was_last(client, path, says):
    group = make_collective("Open House")
    kind = {"tags": ("Food",), "areas": ("Hackney",), "place": "The Hall", "collective": group}
    make_event("First", date=NOW - 9 * DAY, **kind)
    make_event("Last", date=NOW - 2 * DAY, **kind)
    make_event("Unseen", date=NOW - DAY, status=Status.HIDDEN, **kind)

    [empty] = read(client, path).xpath("//*[@class='empty']")

    last = "The last one was “Last” on Monday 8 June 2026. Subscribe, and you will know of the next one first."
    assert words(empty) == f"{says} {last} Publish the next one Subscribe"
    assert links(empty, ".") == [
        ("Publish the next one", "/events/new"),
        ("Subscribe", f"webcal://testserver{path}.ics"),
    ]


def test_filters_that_find_nothing_can_be_dropped(client):
    make_event(date=NOW + DAY, tags=("Food",))

    [empty] = read(client, "/events?tag=food&q=nothing").xpath("//*[@class='empty']")

    assert links(empty, ".") == [("Show the whole list", "/events")]


@pytest.mark.parametrize("path", ["/events", "/tags/food", "/search?q=picnic", "/events/archive"])
def test_list_with_something_says_nothing_of_being_empty(client, path):
    make_event("Picnic", date=NOW + DAY, tags=("Food",))
    make_event("Picnic", date=NOW - DAY, tags=("Food",))

    assert read(client, path).xpath("//*[@class='empty']") == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/events", "1 left"),
        ("/events/today", "2 events"),
        ("/events/2026/06/10", "2 events"),
        ("/events/next", "2 events"),
    ],
)
def test_day_says_what_is_left_of_it_only_where_the_rest_is_left_out(client, path, says):
    make_event("Breakfast", date=NOW - 4 * HOUR, end_date=NOW - 3 * HOUR)
    make_event("Supper", date=NOW + 6 * HOUR)

    page = read(client, path)

    assert [words(count) for count in page.xpath("//*[@class='day__count']")] == [says]


# Search


def test_search_says_how_much_it_found_and_marks_it(client):
    make_event("A picnic", date=NOW + DAY, summary="<p>Bring <i>a</i> picnic &lt;basket&gt;.</p>")
    make_event("At the square", date=NOW + 2 * DAY, place="Picnic Square, E8", summary="")
    make_event("Picnic <b>over</b>", date=NOW - DAY, summary="")

    page = read(client, "/search?q=picnic")

    assert words(page.xpath("//*[@role='status']")[0]) == "Events with “picnic”: 2 coming up, 1 past"
    marked = [(words(mark.getparent()), mark.text) for mark in page.xpath("//main//mark")]
    assert marked == [
        ("A picnic", "picnic"),
        ("Bring a picnic <basket>.", "picnic"),
        ("Picnic Square", "Picnic"),
        ("Picnic <b>over</b>", "Picnic"),
    ]


def test_search_says_when_there_is_more(client):
    for number in range(31):
        make_event("Picnic", date=NOW + DAY + number * HOUR)
        make_event("Picnic", date=NOW - DAY - number * HOUR)

    said = words(read(client, "/search?q=picnic").xpath("//*[@role='status']")[0])

    assert said == "Events with “picnic”: 30 coming up, and more, and of the past the 30 that fit best"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("from=2025-01-01&to=2025-12-31", "Events with “picnic”, 1 January 2025 to 31 December 2025: 1 found"),
        ("from=2025-01-01", "Events with “picnic”, from 1 January 2025: 30 found, and more"),
        ("order=posted", "Events with “picnic”: 30 found, and more"),
    ],
)
def test_search_says_of_other_times_and_orders_only_how_much_it_found(client, query, says):
    make_event("Picnic", date=NOW - 365 * DAY)
    for number in range(31):
        make_event("Picnic", date=NOW + DAY + number * HOUR)

    page = read(client, f"/search?q=picnic&{query}")

    assert words(page.xpath("//*[@role='status']")[0]) == says
    assert not page.xpath("//h2[.='Past' or .='Coming up']")
    assert words(page.xpath("(//*[@class='row__time'])[last()]")[0])[-4:] in ("2025", "2026")


# For other programs


@pytest.mark.parametrize("path", ["/events", "/tags/food", "/events/archive", "/search?q=picnic"])
def test_rows_are_microformats(client, path):
    group = make_collective("Open House")
    kind = {"place": "The Hall, E8", "tags": ("Food",), "collective": group, "summary": "<p>Bring a friend.</p>"}
    past = path == "/events/archive"
    event = make_event("Picnic", date=NOW + (-DAY if past else DAY), **kind)

    [found] = mf2py.parse(doc=client.get(path).content.decode())["items"]

    assert found["type"] == ["h-event"]
    properties = found["properties"]
    assert properties["name"] == ["Picnic"]
    assert properties["url"] == [event.get_absolute_url()]
    assert [moment.replace(" ", "T")[:16] for moment in properties["start"]] == [event.date.isoformat()[:16]]
    assert properties["location"] == ["The Hall, E8"]
    assert properties["summary"] == ["Bring a friend."]
    assert properties["organizer"][0]["properties"]["name"] == ["Open House"]


@pytest.mark.parametrize(
    "path", ["/", "/events", "/events/weekend?tag=food", "/tags/food", "/groups/open-house", "/feeds"]
)
def test_list_says_what_it_is_when_it_is_shared(client, path):
    make_event("Picnic", date=NOW + 3 * DAY, tags=("Food",), collective=make_collective("Open House"))

    page = read(client, path)

    address = f"http://testserver{path}"
    assert page.xpath("//link[@rel='canonical']/@href") == [address]
    assert page.xpath("//meta[@property='og:url']/@content") == [address]
    assert len(page.xpath("//meta[@property='og:title']/@content")) == 1
    if path == "/tags/food":
        assert page.xpath("//meta[@property='og:description']/@content") == ["Picnic"]


@pytest.mark.parametrize("path", ["/events/archive/2026", "/events/2026/06", "/events/2026/w24", "/events/2026/06/10"])
def test_no_page_leads_to_a_year_that_the_site_does_not_know(client, settings, path):
    settings.TIME_ZONE = "Europe/Berlin"
    make_event(date=datetime(2100, 12, 31, 23, 30, tzinfo=UTC))
    make_event(date=datetime(1899, 12, 31, 12, 0, tzinfo=UTC))

    response = client.get(path)

    assert (response.status_code, response.context.get("next")) == (200, None)


# Whole days


@pytest.mark.parametrize(
    "path", ["/", "/events", "/events/2026/06/11", "/events/2026/06", "/events/{pk}", "/groups/nettle"]
)
def test_event_of_whole_days_is_shown_without_hours(client, path):
    day = datetime(2026, 6, 11, tzinfo=UTC)
    fair = make_event(
        "Fair", date=day, end_date=day + 3 * DAY - timedelta(minutes=1), collective=make_collective("Nettle")
    )

    page = words(read(client, path.format(pk=fair.pk)).xpath("//main")[0])

    assert "All day" in page
    assert [hour for hour in ("00:00", "23:59") if hour in page] == []


def test_event_of_whole_days_says_on_which_it_ends(client):
    day = datetime(2026, 6, 11, tzinfo=UTC)
    fair = make_event("Fair", date=day, end_date=day + 3 * DAY)
    one = make_event("Open house", date=day, end_date=day + DAY)

    times = [words(row) for row in read(client, "/events").xpath("//p[contains(@class, 'row__time')]")]

    assert times == ["All dayuntil 13 Jun", "All day"]
    assert "until Saturday 13 June 2026" in words(read(client, f"/events/{fair.pk}"))
    assert "until" not in words(read(client, f"/events/{one.pk}").xpath("//dl")[0])
    assert "until Saturday 13 June" in words(read(client, f"/events/{fair.pk}/poster"))


# What lasts


def test_lists_of_what_is_on_soon_lead_to_what_goes_on_for_long(client):
    make_event("Exhibition", date=NOW - 9 * DAY, end_date=NOW + 20 * DAY, tags=("Art",))

    for path in ("/events/weekend", "/events/tonight", "/events/next", "/"):
        assert ("Ongoing", "/events/ongoing") in links(read(client, path), "//nav[@class='quick']")
    assert ("Ongoing", "/events/ongoing?tag=art") in links(
        read(client, "/events/weekend?tag=art"), "//nav[@class='quick']"
    )
