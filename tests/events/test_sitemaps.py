"""The sitemap, read as a search engine reads it."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from lxml import etree

from collectives.models import Collective
from events import sitemaps
from events.models import Event
from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator

pytestmark = pytest.mark.django_db

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read(address: str) -> list[tuple[str, ...]]:
    """The addresses in a sitemap, each with its day of last change if it has one."""
    response = Client().get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    document = etree.fromstring(response.content)
    assert document.tag in (f"{NAMESPACE}sitemapindex", f"{NAMESPACE}urlset")
    return [tuple(field.text.removeprefix("http://testserver") for field in entry) for entry in document]


def test_index_names_the_pages_on_which_there_is_something():
    group = make_collective()
    for pk in (1, 1_999, 2_000, 4_005, 77_777_777):
        make_event(id=pk, date=datetime(2009, 10, 17, 12, tzinfo=UTC))
    make_event(id=6_001, status=Status.HIDDEN, date=datetime(2011, 10, 17, 12, tzinfo=UTC))
    make_event(id=6_002, date=None)
    make_event(id=88_888_888, status=Status.HIDDEN, date=datetime(2019, 10, 17, 12, tzinfo=UTC))
    make_event(id=8_001, date=datetime(2012, 1, 1, 12, tzinfo=UTC))

    assert read("/sitemap.xml") == [
        ("/sitemap-pages-1.xml",),
        ("/sitemap-months-2009.xml",),
        ("/sitemap-months-2012.xml",),
        (f"/sitemap-groups-{sitemaps.page_of(group.pk)}.xml",),
        ("/sitemap-events-1.xml",),
        ("/sitemap-events-2.xml",),
        ("/sitemap-events-3.xml",),
        ("/sitemap-events-4.xml",),
        ("/sitemap-events-5.xml",),
        ("/sitemap-events-38889.xml",),
    ]


def test_index_of_an_empty_site_names_its_own_pages():
    assert read("/sitemap.xml") == [("/sitemap-pages-1.xml",)]


def test_page_holds_the_visible_events_of_its_range_of_ids_past_ones_too_with_the_day_of_change(time_machine):
    time_machine.move_to("2026-06-10T12:00:00Z", tick=False)
    for pk in (1_999, 2_000, 2_002, 3_999, 4_000):
        make_event(id=pk)
    make_event(id=2_001, status=Status.HIDDEN)
    make_event(id=2_003, status=Status.PENDING, date=datetime(2009, 10, 17, 12, tzinfo=UTC))
    make_event(id=2_004, date=None)
    Event.objects.filter(pk=2_002).update(updated_on=None, created_on=datetime(2009, 1, 2, 12, tzinfo=UTC))
    Event.objects.filter(pk=2_004).update(updated_on=None, created_on=None)

    assert read("/sitemap-events-2.xml") == [
        ("/events/2000", "2026-06-10"),
        ("/events/2002", "2009-01-02"),
        ("/events/2003", "2026-06-10"),
        ("/events/2004",),
        ("/events/3999", "2026-06-10"),
    ]


def test_page_where_nothing_may_be_seen_is_not_found(settings):
    make_event(id=2_000, status=Status.HIDDEN)
    make_event(id=4_000, status=Status.PENDING)
    client = Client()
    addresses = [f"/sitemap-events-{number}.xml" for number in (0, 1, 2, 4, 2**63, "9" * 5000)]
    addresses += [f"/sitemap-{name}.xml" for name in ("groups-1", "months-2009", "months-0", "months-9999", "pages-2")]

    assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
    assert client.get("/sitemap-events-3.xml").status_code == 200
    settings.MODERATION_POLICY = "review"
    assert client.get("/sitemap-events-3.xml").status_code == 404


def test_event_that_is_hidden_leaves_its_page_and_no_time_tells_of_it():
    stays, goes = make_event(id=1), make_event(id=2)
    client = Client()
    before = [client.get(address) for address in ("/sitemap.xml", "/sitemap-events-1.xml")]

    goes.hide(by=make_moderator())

    after = [client.get(answer.wsgi_request.path, headers={"if-none-match": answer["ETag"]}) for answer in before]
    assert [answer.status_code for answer in after] == [304, 200]
    assert [loc for loc, _day in read("/sitemap-events-1.xml")] == [stays.get_absolute_url()]
    assert [answer.has_header("Last-Modified") for answer in [*before, *after]] == [False] * 4


def test_groups_are_named_unless_hidden():
    make_collective("Nettle", id=3)
    make_collective("Spam", id=4, moderation_status=Status.HIDDEN)

    assert [loc for loc, _day in read("/sitemap-groups-1.xml")] == ["/groups/nettle"]


def test_months_are_those_of_the_sites_clock_in_which_something_begins(settings):
    settings.TIME_ZONE = "Europe/London"
    make_event(date=datetime(2009, 10, 17, 12, tzinfo=UTC))
    make_event(date=datetime(2009, 7, 31, 23, 30, tzinfo=UTC))
    make_event(date=datetime(2009, 12, 24, 12, tzinfo=UTC), status=Status.HIDDEN)

    assert read("/sitemap-months-2009.xml") == [("/events/2009/08",), ("/events/2009/10",)]


@pytest.mark.parametrize("is_public", [True, False])
def test_pages_that_are_always_there(settings, is_public):
    settings.PUBLIC_MODERATION_LOG = is_public

    found = [loc for (loc,) in read("/sitemap-pages-1.xml")]

    assert found == [
        "/",
        "/events",
        "/events/ongoing",
        "/events/featured",
        "/events/promoted",
        "/events/archive",
        "/tags",
        "/feeds",
        "/groups",
    ] + (["/hidden"] if is_public else [])
    assert {Client().get(address).status_code for address in found} == {200}


def test_addresses_are_those_of_the_site_whatever_host_was_asked(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://events.example.org", ["*"]
    make_event(id=5)

    index = Client(headers={"host": "other.example"}).get("/sitemap.xml").content.decode()
    page = Client(headers={"host": "other.example"}).get("/sitemap-events-1.xml").content.decode()

    assert "<loc>https://events.example.org/sitemap-events-1.xml</loc>" in index
    assert "<loc>https://events.example.org/events/5</loc>" in page
    assert "other.example" not in index + page


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/sitemap.xml", 8),
        ("/sitemap-pages-1.xml", 0),
        ("/sitemap-months-2009.xml", 1),
        ("/sitemap-groups-1.xml", 1),
        ("/sitemap-events-1.xml", 1),
    ],
)
def test_sitemap_costs_the_same_with_one_row_and_with_many(django_assert_num_queries, address, queries, number):
    for index in range(number):
        Collective.objects.create(id=index + 1, name=f"Group {index}", moderation_status=Status.PUBLISHED)
        for page in range(number):
            make_event(id=page * sitemaps.PAGE_SIZE + index, date=datetime(2009 + index, 1 + page, 1, tzinfo=UTC))

    with django_assert_num_queries(queries):
        assert Client().get(address).status_code == 200
