"""Lists of events: the same in every format, at a cost that does not grow, and what they are narrowed down to."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.listing import Listing
from events.models import Event
from events.paging import Cursor, Order
from events.views.exports import FORMATS
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event
from tests.routes import LISTS, Kind, World

pytestmark = pytest.mark.django_db

# A Wednesday.
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PAGES = [route for route in LISTS if route.kind == Kind.PAGE]
FOUND = {
    "xml": rb'<id type="integer">(\d+)</id>',
    "ics": rb"\r\nUID:event-(\d+)@",
    "atom": rb"<id>http://testserver/events/(\d+)</id>",
    "rss": rb'<guid isPermaLink="false">http://testserver/events/(\d+)</guid>',
    "txt": rb"http://testserver/events/(\d+)\n",
    "embed": rb'href="http://testserver/events/(\d+)"',
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def ids_in(content: bytes, suffix: str) -> list[int]:
    """The events of a list, in its order."""
    if suffix == "json":
        return [event["id"] for event in json.loads(content)["events"]]
    if suffix:
        return [int(number) for number in re.findall(FOUND[suffix], content)]
    page = lxml.html.fromstring(content.decode())
    shown = "//*[@class='row__title']/a | //*[@class='ongoing']//li/a | //a[@class='month__event']"
    return [
        int(link.rpartition("/")[2]) for link in page.xpath(f"({shown})/@href") if re.fullmatch(r"/events/\d+", link)
    ]


def sentences(answer, suffix: str) -> str:
    """What a refusal says."""
    text = answer.content.decode()
    if suffix == "json":
        return " ".join(json.loads(text)["errors"])
    if suffix == "xml":
        return "".join(lxml.etree.fromstring(answer.content).itertext())
    return lxml.html.fromstring(text).text_content() if suffix in ("", "embed") else text


def in_format(path: str, suffix: str) -> str:
    parts = urlsplit(path)
    return f"{parts.path}.{suffix}{'?' if parts.query else ''}{parts.query}"


def titles(client, path: str) -> list[str]:
    names = dict(Event.objects.values_list("pk", "title"))
    return [names[pk] for pk in ids_in(client.get(path).content, "")]


def make_some(world: World, number: int = 1) -> None:
    """Events of every sort of time, all of the same kind, place and group."""
    kind = {"tags": ("food",), "areas": ("Hackney",), "place": world.event.place, "collective": world.collective}
    kind |= {"event_group": world.series}
    for n in range(number):
        shift = timedelta(minutes=n)
        for status in (Status.FEATURED, Status.PROMOTED, Status.PENDING, Status.HIDDEN):
            make_event("Open, over", date=NOW - 3 * DAY + shift, status=status, **kind)
            make_event("Open, running", date=NOW - HOUR + shift, end_date=NOW + HOUR, status=status, **kind)
            make_event("Open, for weeks", date=NOW - 20 * DAY + shift, end_date=NOW + 9 * DAY, status=status, **kind)
            make_event("Open, tonight", date=NOW + 8 * HOUR + shift, status=status, **kind)
            flyer = make_event("Open, on Saturday", date=NOW + 3 * DAY + shift, status=status, **kind)
            make_attachment(flyer)
        make_event("Open, cancelled", date=NOW + 4 * DAY + shift, event_status="cancelled", **kind)


# The same in every format


def test_every_format_of_a_list_has_the_events_of_its_page(client):
    world = World()
    make_some(world)
    types = {suffix: wanted.content_type for suffix, wanted in FORMATS.items()} | {"embed": "text/html; charset=utf-8"}

    for route in PAGES:
        [path] = route.addresses(world)
        # Under the address of a group, XML is the group itself.
        formats = types.keys() - ({"xml"} if route.pattern.startswith("groups/") else set())

        answers = {suffix: client.get(in_format(path, suffix)) for suffix in formats}

        on_page = ids_in(client.get(path).content, "")
        if route.pattern == "events/archive/<year:year>":
            # The page of a year says how many there are in each month, and no more.
            on_page = list(Event.objects.visible().order_by("date", "id").values_list("pk", flat=True))
        if route.pattern == "events/<year:year>/<month:month>":
            # The grid of a month has room for four on a day, and says how many more.
            june = Event.objects.visible().between(date(2026, 6, 1), date(2026, 6, 30))
            assert on_page == list(june.first_of_each_day(4).values_list("pk", flat=True))
            on_page = list(june.values_list("pk", flat=True))
        assert {suffix: (answer.status_code, answer["Content-Type"]) for suffix, answer in answers.items()} == {
            suffix: (200, types[suffix]) for suffix in formats
        }, path
        assert on_page, path
        assert {suffix: ids_in(answer.content, suffix) for suffix, answer in answers.items()} == dict.fromkeys(
            formats, on_page
        ), path


def test_pages_of_a_list_hold_each_event_once_and_lead_to_the_next(client):
    world = World()
    make_some(world, 6)

    for route in PAGES:
        [path] = route.addresses(world)
        listed, following = [], in_format(path, "atom")

        while following:
            answer = client.get(following)
            listed += ids_in(answer.content, "atom")
            found = re.search(r'<http://testserver([^>]+)>; rel="next"', answer["Link"])
            following = found[1] if found else None

        assert len(listed) == len(set(listed)), path
        everything = ids_in(client.get(in_format(path, "ics")).content, "ics")
        assert set(listed) >= set(everything) if "ongoing" not in path else set(listed) == set(everything), path


def test_a_calendar_holds_more_than_a_page(client):
    for number in range(40):
        make_event(date=NOW + number * HOUR)

    counts = {suffix: len(ids_in(client.get(f"/events.{suffix}").content, suffix)) for suffix in ("atom", "ics")}

    assert counts == {"atom": 30, "ics": 40}


@pytest.mark.parametrize("suffix", FORMATS)
def test_list_that_is_unchanged_is_not_sent_again(client, suffix):
    event = make_event("Picnic")
    first = client.get(f"/events.{suffix}")
    assert first["Last-Modified"] == "Wed, 10 Jun 2026 12:00:00 GMT"

    again = client.get(f"/events.{suffix}", headers={"If-None-Match": first["ETag"]})
    event.hide(by=World().moderator)
    changed = client.get(
        f"/events.{suffix}",
        headers={"If-None-Match": first["ETag"], "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    )

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert b"Picnic" not in changed.content


def test_a_page_names_its_formats_and_its_one_address(client):
    make_event(date=NOW + DAY, tags=("food", "film"))

    page = lxml.html.fromstring(client.get("/events?utm_source=x&tag=film&tag=food&tag=food&area=").content)

    assert page.xpath("//link[@rel='canonical']/@href") == ["http://testserver/events?tag=film&tag=food"]
    alternates = page.xpath("//link[@rel='alternate']/@href")
    assert alternates == [f"/events.{suffix}?tag=film&tag=food" for suffix in FORMATS]
    assert [client.get(link).status_code for link in alternates] == [200] * len(alternates)


# What it costs


QUERIES = {
    # The page, and each of its formats but XML, which tells no relations.
    "events": (5, 5),
    "events/featured": (5, 6),
    "events/promoted": (5, 6),
    "events/archive": (5, 4),
    "events/archive/<year:year>": (3, 5),
    "events/today": (5, 5),
    "events/tonight": (5, 5),
    "events/weekend": (5, 5),
    "events/next": (5, 5),
    "events/ongoing": (3, 4),
    "events/<year:year>/<month:month>": (5, 5),
    "events/<year:year>/<week:week>": (6, 5),
    "events/<year:year>/<month:month>/<day:day>": (6, 5),
    "tags/<term:slug>": (6, 7),
    "areas/<term:slug>": (6, 7),
    "places/<term:slug>": (6, 7),
    "series/<int:pk>": (7, 7),
    "search": (9, 10),
    "groups/<slug:slug>": (6, 7),
}


@pytest.mark.parametrize("number", [1, 2])
def test_list_costs_the_same_with_few_events_and_with_many(client, number):
    world = World()
    make_some(world, number)

    for route in PAGES:
        [path] = route.addresses(world)
        cache.clear()
        ContentType.objects.clear_cache()

        costs = {}
        for suffix in ("", *FORMATS):
            with CaptureQueriesContext(connection) as queries:
                client.get(in_format(path, suffix) if suffix else path)
            # PostgreSQL is asked first how it would search.
            costs[suffix] = len([query for query in queries if not query["sql"].startswith("EXPLAIN")])

        on_page, in_formats = QUERIES[route.pattern]
        of_xml = costs.pop("xml")
        assert costs == {"": on_page} | dict.fromkeys(FORMATS.keys() - {"xml"}, in_formats), path
        assert of_xml == (1 if route.pattern.startswith("groups/") else in_formats - 3), path


@pytest.mark.parametrize(("name", "table"), [("tag", "events_event_tags"), ("area", "events_event_areas")])
def test_ways_to_other_days_go_by_the_dates_beside_the_topic_or_area(client, name, table):
    """Through those of all events it takes half a minute to find, among a million, that no other day has both tags."""
    make_event(date=NOW, tags=("food",), areas=("food",))

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/events/2026/06/12?{name}=food")

    found = [re.search(r'ORDER BY "(\w+)"."date" \w+, .* LIMIT 1$', query["sql"]) for query in queries]
    assert [match[1] for match in found if match] == [table] * 2


# Parts of time


def test_tonight_is_the_evening_and_the_night(client, clock):
    for hour in (4, 5, 6, 16, 17, 23, 24, 29, 30):
        make_event(f"{hour}", date=datetime(2026, 6, 10, tzinfo=UTC) + hour * HOUR)
    make_event("Running", date=NOW - 2 * HOUR, end_date=NOW + 9 * HOUR)

    evening = titles(client, "/events/tonight")
    clock.move_to(datetime(2026, 6, 11, 3, 0, tzinfo=UTC), tick=False)
    small_hours = titles(client, "/events/tonight")

    assert evening == ["Running", "17", "23", "24", "29"]
    assert small_hours == evening


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (datetime(2026, 10, 25, 5, 30, tzinfo=UTC), "Saturday"),
        (datetime(2026, 10, 25, 6, 30, tzinfo=UTC), "Sunday"),
        (datetime(2026, 3, 29, 4, 30, tzinfo=UTC), "Saturday"),
        (datetime(2026, 3, 29, 5, 30, tzinfo=UTC), "Sunday"),
    ],
)
def test_tonight_begins_at_six_in_the_morning_where_the_clocks_change(client, clock, settings, moment, found):
    settings.TIME_ZONE = "Europe/London"
    sunday = moment.replace(hour=21)
    make_event("Saturday", date=sunday - DAY)
    make_event("Sunday", date=sunday)
    clock.move_to(moment, tick=False)

    assert titles(client, "/events/tonight") == [found]


def test_weekend_is_from_friday_evening_to_sunday_night(client, clock):
    friday = datetime(2026, 6, 12, tzinfo=UTC)
    for name, hours in {"Friday noon": 12, "Friday": 20, "Saturday": 30, "Sunday": 71, "Monday": 72}.items():
        make_event(name, date=friday + hours * HOUR)

    found = []
    for moment in (NOW, friday + 71 * HOUR, friday - 4 * DAY):
        clock.move_to(moment, tick=False)
        found.append(titles(client, "/events/weekend"))

    assert found == [["Friday", "Saturday", "Sunday"]] * 3


def test_next_days_are_seven_with_today(client):
    for days in (-1, 0, 6, 7):
        make_event(f"{days}", date=NOW.replace(hour=1) + days * DAY)

    assert titles(client, "/events/next") == ["0", "6"]


def test_what_lasts_for_weeks_stands_beside_the_days(client):
    make_event("Exhibition", date=NOW - 30 * DAY, end_date=NOW + 30 * DAY)
    make_event("Ends first", date=NOW - 30 * DAY, end_date=NOW + DAY)
    make_event("Festival", date=NOW - DAY, end_date=NOW + DAY)
    make_event("Begins soon, for weeks", date=NOW + DAY, end_date=NOW + 30 * DAY)
    make_event("Over", date=NOW - 30 * DAY, end_date=NOW - DAY)

    page = lxml.html.fromstring(client.get("/events").content)

    assert [link.text_content() for link in page.xpath("//*[@class='ongoing']//li/a")] == ["Ends first", "Exhibition"]
    assert titles(client, "/events") == ["Ends first", "Exhibition", "Festival", "Begins soon, for weeks"]
    assert titles(client, "/events/ongoing") == ["Exhibition", "Ends first"]


def test_days_show_what_began_before_and_is_still_on(client):
    make_event("Festival", date=NOW - DAY, end_date=NOW + DAY)
    make_event("Exhibition", date=NOW - 30 * DAY, end_date=NOW + 30 * DAY)
    make_event("Talk", date=NOW + HOUR)

    assert titles(client, "/events/2026/06/10") == ["Festival", "Talk"]
    assert titles(client, "/events/2026/06/11") == ["Festival"]
    assert titles(client, "/events/2026/06/12") == []


def test_week_is_that_of_iso_8601(client):
    for day in (date(2020, 12, 27), date(2020, 12, 28), date(2021, 1, 3), date(2021, 1, 4)):
        make_event(day.isoformat(), date=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))

    assert titles(client, "/events/2020/w53") == ["2020-12-28", "2021-01-03"]
    assert titles(client, "/events/2021/w1") == ["2021-01-04"]
    assert client.get("/events/2021/w53").status_code == 404


def test_year_counts_its_months_and_an_event_of_this_number_goes_before(client):
    make_event(date=datetime(2009, 10, 22, tzinfo=UTC))
    make_event(date=datetime(2009, 12, 31, 23, tzinfo=UTC))

    page = lxml.html.fromstring(client.get("/events/2009").content)
    counts = [" ".join(link.text_content().split()) for link in page.xpath("//*[contains(@class, 'year')]//a")]
    make_event("Number 2009", id=2009, date=NOW)

    assert "October 1 event" in counts
    assert "December 1 event" in counts
    assert "Number 2009" in client.get("/events/2009").content.decode()
    assert len(ids_in(client.get("/events/archive/2009.ics").content, "ics")) == 2


@pytest.mark.parametrize(
    ("path", "neighbours"),
    [
        ("/events/2026/06/10", ["/events/2026/05/01", "/events/2027/01/09"]),
        ("/events/2026/w24", ["/events/2026/w18", "/events/2027/w01"]),
        ("/events/2026/06", ["/events/2026/05", "/events/2027/01"]),
        ("/events/archive/2026", ["/events/archive/2009", "/events/archive/2027"]),
        ("/events/2026/06?tag=food", ["/events/2009/10?tag=food"]),
        ("/events/2026/06?from=2026-05-01&to=2026-12-31", ["/events/2026/05?from=2026-05-01&to=2026-12-31"]),
        ("/events/2100/12/31", ["/events/2027/01/09"]),
        ("/events/1900/01", ["/events/2009/10"]),
    ],
)
def test_previous_and_next_lead_to_what_has_something(client, path, neighbours):
    for day in (date(2026, 5, 1), date(2027, 1, 9)):
        make_event(date=datetime(day.year, day.month, day.day, tzinfo=UTC))
    make_event(date=datetime(2009, 10, 22, tzinfo=UTC), tags=("food",))
    make_event(date=NOW)
    for shift in (-DAY, DAY):
        make_event(date=NOW + shift, status=Status.HIDDEN)

    page = lxml.html.fromstring(client.get(path).content)

    assert page.xpath("//a[@rel='prev' or @rel='next']/@href") == neighbours


# Filters


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/events", ["Gig", "Film", "Walk"]),
        ("/events?tag=music", ["Gig"]),
        ("/events?tag=Music", ["Gig"]),
        ("/events?tag=music&tag=benefit", ["Gig"]),
        ("/events?tag=music,film", []),
        ("/events?area=hackney", ["Gig", "Film"]),
        ("/events?area=Hackney&tag=film", ["Film"]),
        ("/events?place=the-lion-high-street", ["Gig"]),
        ("/events?place=The Lion, High Street", ["Gig"]),
        ("/events?group=Nettle_2", ["Film"]),
        ("/events?status=featured", ["Gig"]),
        ("/events?status=promoted", []),
        ("/events?from=2026-06-12", ["Film", "Walk"]),
        ("/events?to=2026-06-12", ["Gig", "Film"]),
        ("/events?from=2026-06-01&to=2026-06-11", ["Over", "Gig"]),
        ("/events?order=posted", ["Walk", "Film", "Gig"]),
        ("/events/archive?tag=music", ["Over"]),
        ("/events/2026/06?area=hackney", ["Over", "Gig", "Film"]),
        ("/tags/music", ["Gig", "Over"]),
        ("/tags/music?status=featured", ["Gig"]),
        ("/areas/hackney", ["Gig", "Film", "Over"]),
        ("/areas/hackney?order=posted", ["Over", "Film", "Gig"]),
        ("/places/the-lion-high-street", ["Gig", "Over"]),
        ("/events/weekend?tag=film", ["Film"]),
    ],
)
def test_filters_narrow_every_list(client, path, found):
    group = World().collective
    type(group).objects.filter(pk=group.pk).update(slug="Nettle_2")
    Event.objects.all().delete()
    lion = {"place": "The Lion, High Street", "areas": ("Hackney",)}
    make_event("Gig", date=NOW + DAY, tags=("Music", "Benefit"), status=Status.FEATURED, **lion)
    make_event("Film", date=NOW + 2 * DAY + 8 * HOUR, tags=("film",), areas=("Hackney",), collective=group)
    make_event("Walk", date=NOW + 5 * DAY)
    make_event("Over", date=NOW - 2 * DAY, tags=("Music",), **lion)
    Event.objects.filter(title="Over").update(created_on=NOW + HOUR)
    for pk, title in enumerate(["Gig", "Film", "Walk"]):
        Event.objects.filter(title=title).update(created_on=NOW + timedelta(minutes=pk))

    assert titles(client, path) == found


def test_newest_posts_leave_out_what_was_posted_nobody_knows_when(client):
    make_event(created_on=None, date=NOW + DAY)
    make_event("Known", date=NOW + DAY)

    assert titles(client, "/events?order=posted") == ["Known"]


def test_groups_newest_posts_are_not_said_to_be_over(client):
    group = make_collective("Open House")
    make_event("To come", date=NOW + DAY, collective=group)

    page = lxml.html.fromstring(client.get(f"{group.get_absolute_url()}?order=posted").content)

    assert titles(client, f"{group.get_absolute_url()}?order=posted") == ["To come"]
    assert [heading.text_content() for heading in page.xpath("//main//h2")] == ["Events"]


def test_pages_of_the_calendar_count_and_lead_to_what_the_filters_leave(client):
    make_event(date=datetime(2026, 6, 3, tzinfo=UTC), tags=("food",))
    make_event(date=datetime(2026, 6, 20, tzinfo=UTC), tags=("food",))
    query = "?tag=food&from=2026-06-10"

    year, month, sheet = (
        lxml.html.fromstring(client.get(path + query).content)
        for path in ("/events/archive/2026", "/events/2026/06", "/events/2026/06/sheet")
    )

    assert "June 1 event" in [" ".join(link.text_content().split()) for link in year.xpath("//*[@class='year']//a")]
    assert f"/events/2026/06/20{query}" in month.xpath("//a[@class='month__date']/@href")
    assert [" ".join(day.text_content().split()) for day in sheet.xpath("//*[@class='sheet__date']")] == [
        "Saturday 20 June"
    ]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/events", "Upcoming events"),
        ("/events?area=hackney", "Events in Hackney"),
        ("/events?tag=music&tag=benefit&area=hackney", "Benefit, Music in Hackney"),
        ("/events/weekend?tag=benefit&area=hackney", "Benefit in Hackney, this weekend"),
        ("/events/weekend", "This weekend"),
        ("/events?status=featured&tag=music", "Featured events: Music"),
        ("/events/featured?area=hackney", "Featured events in Hackney"),
        ("/tags/music?area=hackney", "Music in Hackney"),
        ("/tags/music", "Music"),
        ("/events?from=2026-06-12&to=2026-06-12", "Upcoming events, 12 June 2026"),
        ("/events?tag=music&from=2026-06-01&to=2026-06-30", "Music, 1 June 2026 to 30 June 2026"),
        ("/events/archive?area=hackney", "Events in Hackney, in the archive"),
        ("/events/2026/06?tag=music", "Music, June 2026"),
    ],
)
def test_title_says_in_words_what_the_list_holds(client, path, title):
    make_event(date=NOW + DAY, tags=("Music", "Benefit"), areas=("Hackney",), status=Status.FEATURED)

    page = lxml.html.fromstring(client.get(path).content)

    assert page.xpath("string(//title)").partition(" · ")[0] == title


# Bad input

BAD = {
    "tag=nothing": "There is no tag “nothing”.",
    "tag=secret": "There is no tag “secret”.",
    "area=nowhere": "There is no area “nowhere”.",
    "place=nowhere": "There is no venue “nowhere”.",
    "group=nobody": "There is no group “nobody”.",
    "&".join(f"tag={number}" for number in range(500)): "These are too many tags: choose 10 at most.",
    "q=" + "a" * 10_000: "These are too many words: 200 characters are enough.",
    "q=a%0Ab": "Write this on one line.",
    "from=2026-02-30": "This is no day: write it like 2026-06-30.",
    "from=yesterday": "This is no day: write it like 2026-06-30.",
    "to=0000-01-01": "This is no day: write it like 2026-06-30.",
    "to=9999-12-31": "The years are 1900 to 2100.",
    "from=2026-06-11&to=2026-06-10": "The end is before the beginning.",
    "status=hidden": "The choices are “featured” and “promoted”.",
    "order=random": "The only other order is “posted”: newest posts first.",
    "after=garbage": "This further page belongs to another list: begin this one at its start.",
    "after=s1-1-00000000": "This further page belongs to another list: begin this one at its start.",
}


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:30])
@pytest.mark.parametrize("path", ["/events", "/events/archive", "/events/2026/06", "/tags/food"])
def test_what_makes_no_sense_is_answered_with_a_sentence_in_the_format(client, query, path):
    make_event(date=NOW + DAY, tags=("food",))
    make_event(tags=("secret",), status=Status.HIDDEN)

    answers = {suffix: client.get(f"{path}{suffix and '.'}{suffix}?{query}") for suffix in ("", "embed", *FORMATS)}

    assert {suffix: answer.status_code for suffix, answer in answers.items()} == dict.fromkeys(answers, 400)
    said = {suffix: sentences(answer, suffix) for suffix, answer in answers.items()}
    assert {suffix: text for suffix, text in said.items() if BAD[query] not in text} == {}


def test_formats_name_the_parameter_that_makes_no_sense(client):
    answer = client.get("/events.json?from=yesterday&status=hidden")

    assert answer.json() == {
        "errors": [
            "from: This is no day: write it like 2026-06-30.",
            "status: The choices are “featured” and “promoted”.",
        ]
    }


def test_nothing_typed_is_lost_when_it_makes_no_sense(client):
    page = lxml.html.fromstring(client.get("/events?q=picnic&tag=a&tag=b&from=tomorrow&to=2026-06-30").content)

    typed = {field.get("name"): field.get("value") for field in page.xpath("//main//input[@name]")}
    assert typed == {
        "q": "picnic",
        "tag": "a, b",
        "area": None,
        "place": None,
        "group": None,
        "from": "tomorrow",
        "to": "2026-06-30",
    }


def test_cursor_of_one_list_is_none_of_another(client):
    for _number in range(31):
        make_event(date=NOW + DAY, tags=("food",))
    [following] = lxml.html.fromstring(client.get("/events").content).xpath("//a[@rel='next']/@href")
    cursor = following.partition("after=")[2]

    answers = {
        path: client.get(f"{path}after={cursor}").status_code
        for path in (
            "/events?",
            "/events.ics?",
            "/events?tag=food&",
            "/events/archive?",
            "/tags/food?",
            "/events.atom?order=posted&",
        )
    }

    assert answers == {
        "/events?": 200,
        "/events.ics?": 200,
        "/events?tag=food&": 400,
        "/events/archive?": 400,
        "/tags/food?": 400,
        "/events.atom?order=posted&": 400,
    }


@pytest.mark.parametrize("path", ["/events", "/events/archive", "/events/2026/06/12", "/tags/food"])
def test_page_beyond_the_end_is_empty(client, path):
    make_event(date=NOW + DAY, tags=("food",))
    make_event(date=NOW - DAY, tags=("food",))
    order, moment = (Order.SOONEST, datetime(2100, 1, 1, tzinfo=UTC))
    if path in ("/events/archive", "/tags/food"):
        order, moment = (Order.LATEST, datetime(1900, 1, 1, tzinfo=UTC))

    cursor = Cursor(order, moment, 1, Listing(path=path, name="").key)

    answer = client.get(path, {"after": str(cursor)})
    assert (answer.status_code, ids_in(answer.content, "")) == (200, [])


@pytest.mark.parametrize(
    "path",
    ["/events/2565.pdf", "/groups.ics", "/feeds.ics", "/events/99999.json", "/tags/none.xml", "/x.txt"],
)
def test_what_has_no_such_format_is_not_found_in_words(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    suffix = path.rpartition(".")[2]
    kinds = {"json": "application/json", "ics": "text/plain", "txt": "text/plain", "xml": "application/xml"}
    assert answer["Content-Type"].partition(";")[0] == kinds.get(suffix, "text/html")
    assert b"There is nothing at this address." in answer.content or suffix == "pdf"


NO_SUCH_TIME = [
    "0/01",
    "0000/01",
    "9999/12",
    "1899/01",
    "2026/02/30",
    "2026/13",
    "2026/00",
    "2026/w54",
    "2026/w00",
    "2021/w53",
]


@pytest.mark.parametrize("time", [*NO_SUCH_TIME, "archive/0", "archive/9999", "0000"])
def test_time_that_there_is_not_is_not_found_in_any_format(client, time):
    answers = {suffix: client.get(f"/events/{time}{suffix}").status_code for suffix in ("", ".json", ".ics", ".embed")}

    assert answers == dict.fromkeys(answers, 404)


ODD_WORDS = [
    '"',
    "a AND",
    "NOT",
    "NEAR(a b)",
    "a* OR b",
    "-zebra",
    "(",
    "title:a",
    "a'; DROP TABLE x",
    "&|!",
    "%",
    "\\",
    "é" * 200,
]


@pytest.mark.parametrize("words", ODD_WORDS)
def test_no_words_are_an_error_or_mean_something_else(client, words):
    make_event("Picnic", date=NOW + DAY)

    answers = [client.get(path, {"q": words}) for path in ("/search", "/events", "/search.json", "/events/archive.ics")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert not any(b"Picnic" in answer.content for answer in answers)


def test_very_many_searches_from_one_connection_wait(client, settings):
    settings.LIMITS = {**settings.LIMITS, "search": [(3, 60)]}
    paths = ["/search?q=a", "/events?q=a", "/search.json?q=a", "/search.json?q=a", "/search?q=a", "/events"]

    answers = [client.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429, 200]
    assert int(answers[3]["Retry-After"]) <= 61
    assert "very many searches" in json.loads(answers[3].content)["errors"][0]
    assert "very many searches" in answers[4].content.decode()


def test_frame_is_told_in_a_frame_what_is_wrong(client):
    world = World()
    world.collective.hide(by=world.moderator, reason="No advertising")

    answers = [client.get(path) for path in ("/groups/nettle.embed", "/events.embed?tag=nothing", "/search.embed")]

    assert [answer.status_code for answer in answers] == [410, 400, 400]
    assert {answer["Content-Security-Policy"].rpartition("frame-ancestors ")[2] for answer in answers} == {"*"}
    said = [
        " ".join(lxml.html.fromstring(answer.content).xpath("//main")[0].text_content().split()) for answer in answers
    ]
    assert said == [
        "Moderators hid this post. Reason given: No advertising",
        "tag: There is no tag “nothing”.",
        "Say what to look for: q=word.",
    ]
