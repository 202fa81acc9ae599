"""The formats over HTTP: bytes, headers, validators, and what is left of them when a post is hidden."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.http import http_date
from icalendar import Calendar

from events.models import Event
from events.rails_xml import collection, document
from events.serializers import event_attributes
from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[2] / "fixtures" / "events"
GENUINE = (FIXTURES / "2565.xml").read_bytes()
VECTORS = json.loads((FIXTURES / "vectors.json").read_text())["vectors"]
# All that a row can hold: the status of `all-null` is null, which the site has no use for.
IMPORTABLE = [
    vector
    for vector in VECTORS
    if vector["kind"] == "record" and vector["element"] == "event" and vector["name"] != "all-null"
]
XML, ICS = "application/xml; charset=utf-8", "text/calendar; charset=utf-8"


@pytest.fixture
def event():
    return make_event("Picnic", pk=12, summary="<p>Bring a friend.</p>")


@pytest.fixture
def moderator():
    return make_moderator()


def quoted_md5(body: bytes) -> str:
    return f'"{md5(body).hexdigest()}"'


def conditions(response) -> list[dict[str, str]]:
    """The conditional requests a client may make that has `response`."""
    tag, changed = response["ETag"], response.get("Last-Modified")
    by_tag = [{"If-None-Match": header} for header in (tag, f'"other", {tag}', f"W/{tag}", "*")]
    both = [{"If-None-Match": tag, "If-Modified-Since": changed}] if changed else []
    # The date of a list goes back when its newest post is hidden: by itself it says nothing.
    by_time = [{"If-Modified-Since": changed}] if changed and "/events." not in response.request["PATH_INFO"] else []
    return by_tag + both + by_time


# The genuine document, all the way round


def test_genuine_event_comes_back_byte_for_byte(client):
    call_command("import_events", str(FIXTURES / "2565.xml"))

    response = client.get("/events/2565.xml")

    assert response.content == GENUINE
    assert response["Content-Type"] == XML
    assert response["ETag"] == quoted_md5(GENUINE)
    assert response["Last-Modified"] == "Sun, 18 Oct 2009 09:34:09 GMT"


@pytest.mark.parametrize("vector", IMPORTABLE, ids=[vector["name"] for vector in IMPORTABLE])
def test_event_of_every_vector_comes_back_byte_for_byte(client, tmp_path, vector):
    xml = vector["xml"].encode()
    (tmp_path / "event.xml").write_bytes(xml)

    call_command("import_events", str(tmp_path))
    client.force_login(make_moderator())  # one of them is hidden

    assert client.get(f"/events/{vector['attributes']['id']}.xml").content == xml


def test_genuine_event_is_the_same_under_another_time_zone(client, settings):
    call_command("import_events", str(FIXTURES / "2565.xml"))

    settings.TIME_ZONE = "Asia/Kathmandu"

    assert client.get("/events/2565.xml").content == GENUINE


def test_list_imported_again_from_its_own_xml_is_unchanged(client, tmp_path, capsys):
    call_command("import_events", str(FIXTURES / "2565.xml"))
    make_event("Ago", date=datetime(2020, 1, 1, tzinfo=UTC), body="one\r\ntwo")
    (tmp_path / "list.xml").write_bytes(client.get("/events/archive.xml").content)
    capsys.readouterr()

    call_command("import_events", str(tmp_path))

    assert "created: 0, unchanged: 2, updated: 0, refused: 0" in capsys.readouterr().out


# One record


def test_event_xml_is_the_document_of_the_row(client, event):
    response = client.get("/events/12.xml")

    assert response.status_code == 200
    assert response.content == document("event", event_attributes(Event.objects.get()))


@pytest.mark.parametrize("lookup", ["27", "open-house"])
def test_group_xml_is_the_document_of_the_collective(client, lookup):
    collective = make_collective(
        "Open House",
        pk=27,
        slug="open-house",
        summary='<p>Social centre &amp; "freeshop".</p>',
        image="logo.png",
        created_on=datetime(2009, 5, 1, 10, tzinfo=UTC),
    )
    collective.updated_on = datetime(2009, 10, 18, 9, 34, 9, tzinfo=UTC)
    collective.save(keep_times=True)
    (vector,) = [vector for vector in VECTORS if vector["name"] == "group"]

    response = client.get(f"/groups/{lookup}.xml")

    assert response.content == vector["xml"].encode()
    assert response["Content-Type"] == XML
    assert response["ETag"] == quoted_md5(response.content)
    assert response["Last-Modified"] == "Sun, 18 Oct 2009 09:34:09 GMT"


def test_event_ics_is_a_calendar_of_one_event_with_addresses_of_the_site(client, settings):
    settings.SITE_URL = "https://events.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    event = make_event("Picnic, potluck", pk=12, body="<p>See you</p>")

    response = client.get("/events/12.ics", headers={"host": "evil.example"})

    assert response["Content-Type"] == ICS
    assert response["ETag"] == quoted_md5(response.content)
    assert response["Last-Modified"] == http_date(event.updated_on.timestamp())
    (entry,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert [str(entry[key]) for key in ("UID", "URL", "SUMMARY", "DESCRIPTION")] == [
        "event-12@events.example.org",
        "https://events.example.org/events/12",
        "Picnic, potluck",
        "Bring a friend.\n\nSee you",
    ]
    assert entry.decoded("DTSTAMP") == event.updated_on.replace(microsecond=0)
    assert b"evil" not in response.content


def test_event_ics_takes_a_title_of_several_lines(client):
    make_event("Picnic\r\nEND:VCALENDAR\rMETHOD:CANCEL", pk=12)

    calendar = Calendar.from_ical(client.get("/events/12.ics").content)

    assert [str(entry["SUMMARY"]) for entry in calendar.walk("VEVENT")] == ["Picnic\nEND:VCALENDAR\nMETHOD:CANCEL"]
    assert "METHOD" not in calendar


@pytest.mark.parametrize("updated_on", [None, datetime(1950, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)])
def test_event_with_an_odd_time_of_change_is_served(client, updated_on):
    event = make_event(pk=12)
    event.updated_on = updated_on
    event.save(keep_times=True)

    for suffix in ("xml", "ics"):
        response = client.get(f"/events/12.{suffix}")

        assert response.status_code == 200
        assert response.get("Last-Modified") == (updated_on and http_date(updated_on.timestamp()))


ADDRESSES = ["/events/12.xml", "/events/12.ics", "/groups/27.xml", "/events.xml", "/events.ics"]
each_address = pytest.mark.parametrize("address", ADDRESSES)


@pytest.fixture
def posts(event):
    return event, make_collective("Open House", pk=27)


@each_address
def test_client_that_has_it_gets_304_without_a_body(client, posts, address):
    response = client.get(address)

    for headers in conditions(response):
        again = client.get(address, headers=headers)

        assert (again.status_code, again.content) == (304, b""), headers
        assert again["ETag"] == response["ETag"]


@each_address
def test_client_that_has_another_version_gets_all_of_it(client, posts, address):
    response = client.get(address)
    long_ago = http_date(0)

    for headers in (
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": long_ago},
        {"If-None-Match": '"other"', "If-Modified-Since": response.get("Last-Modified", long_ago)},
        {"If-None-Match": "garbage", "If-Modified-Since": "garbage"},
    ):
        again = client.get(address, headers=headers)

        assert (again.status_code, again.content) == (200, response.content), headers


@each_address
def test_head_is_get_without_the_body(client, posts, address):
    response = client.get(address)

    head = client.head(address)

    assert head.content == b""
    assert dict(head.headers) == dict(response.headers)
    for headers in conditions(response):
        assert client.head(address, headers=headers).status_code == 304


@each_address
def test_other_methods_are_refused(client, posts, address):
    assert [client.generic(method, address).status_code for method in ("POST", "PUT", "DELETE")] == [405, 405, 405]


@each_address
def test_compressed_answer_is_the_same_document_and_revalidates(client, address):
    make_event(pk=12, body="<p>word</p>" * 100)
    make_collective(pk=27, summary="<p>word</p>" * 100)
    plain = client.get(address)

    response = client.get(address, headers={"accept-encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == plain.content
    assert response["ETag"] == f"W/{plain['ETag']}"
    again = client.get(address, headers={"accept-encoding": "gzip", "if-none-match": response["ETag"]})
    assert again.status_code == 304


@each_address
def test_answer_is_data_for_everybody_whether_new_or_not(client, posts, address):
    response = client.get(address)
    again = client.get(address, headers={"if-none-match": response["ETag"]})

    # A browser takes the headers of a 304 over into what it has stored.
    for answer in (response, again):
        assert {
            name: answer.get(name)
            for name in (
                "Content-Security-Policy",
                "X-Content-Type-Options",
                "Access-Control-Allow-Origin",
                "Cross-Origin-Resource-Policy",
                "X-Robots-Tag",
                "Cache-Control",
            )
        } == {
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Robots-Tag": "noindex",
            "Cache-Control": "no-cache",
        }
        assert not answer.cookies


def test_change_gives_a_new_tag(client, event):
    before = client.get("/events/12.xml")
    event.title = "Bigger picnic"
    event.save()

    after = client.get("/events/12.xml", headers={"if-none-match": before["ETag"]})

    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    assert b"Bigger picnic" in after.content


# Lists

LISTS = ["/events", "/events/featured", "/events/promoted", "/events/archive", "/events/2026/06", "/events/2026/06/01"]


@pytest.mark.parametrize("address", LISTS)
def test_empty_list_is_an_empty_array_and_an_empty_calendar(client, address):
    xml, ics = client.get(f"{address}.xml"), client.get(f"{address}.ics")

    assert xml.content == b'<?xml version="1.0" encoding="UTF-8"?>\n<events type="array"/>\n'
    assert (xml["Content-Type"], ics["Content-Type"]) == (XML, ICS)
    assert (xml["ETag"], ics["ETag"]) == (quoted_md5(xml.content), quoted_md5(ics.content))
    assert Calendar.from_ical(ics.content).walk("VEVENT") == []


@pytest.mark.parametrize("address", LISTS)
def test_list_is_an_array_of_whole_records_in_the_order_of_the_page(client, time_machine, address):
    time_machine.move_to(datetime(2026, 6, 1, 12, tzinfo=UTC))
    start = datetime(2026, 6, 1, 9 if address == "/events/archive" else 19, tzinfo=UTC)
    status = {"/events/featured": Status.FEATURED, "/events/promoted": Status.PROMOTED}.get(address, Status.PUBLISHED)
    later = make_event("Later", date=start + timedelta(hours=1), body="<p>a\r\nb</p>", status=status)
    sooner = make_event("Sooner", date=start, tags=("food",), collective=make_collective(), status=status)
    make_event("Hidden", date=start, status=Status.HIDDEN)
    events = [later, sooner] if address == "/events/archive" else [sooner, later]

    xml, ics = client.get(f"{address}.xml"), client.get(f"{address}.ics")

    records = [{"element": "event", "attributes": event_attributes(event)} for event in events]
    assert xml.content == collection(records)
    titles = [str(entry["SUMMARY"]) for entry in Calendar.from_ical(ics.content).walk("VEVENT")]
    assert titles == [event.title for event in events]


def test_pages_of_a_list_follow_each_other_by_link_header(client):
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(65):
        make_event(f"Event {number:02}", date=start + timedelta(hours=number // 2))

    pages, address = [], "/events/archive.xml"
    while address:
        response = client.get(address)
        pages.append(re.findall(r"Event \d\d(?=</title>)", response.content.decode()))
        link = re.search('<http://testserver([^>]*)>; rel="next"', response["Link"])
        address = link and link[1]

    assert [len(page) for page in pages] == [30, 30, 5]
    assert [title for page in pages for title in page] == [f"Event {number:02}" for number in reversed(range(65))]


def test_calendar_of_a_list_says_what_it_is(client):
    calendar = Calendar.from_ical(client.get("/events/featured.ics").content)

    assert (str(calendar["NAME"]), str(calendar["X-WR-CALNAME"])) == ("Featured events", "Featured events")


# What is not there


@pytest.mark.parametrize(
    "address",
    [
        "/events/999.xml",
        "/events/999.ics",
        "/events/0.xml",
        f"/events/{2**63}.xml",
        f"/events/{'9' * 5000}.xml",
        "/events/-1.xml",
        "/groups/999.xml",
        f"/groups/{2**63}.xml",
        "/groups/nobody.xml",
        "/events/12.pdf",
        "/events/2026/13.xml",
        "/events/2026/02/30.xml",
    ],
)
def test_unknown_is_404(client, event, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("suffix", ["xml", "ics"])
def test_pending_event_is_served_under_the_open_policy_only(client, settings, suffix):
    make_event("Secret picnic", pk=12, status=Status.PENDING)
    address = f"/events/12.{suffix}"
    served = client.get(address)
    assert served.status_code == 200

    settings.MODERATION_POLICY = "review"

    for headers in ({}, *conditions(served)):
        response = client.get(address, headers=headers)
        assert response.status_code == 404
        assert b"Secret" not in response.content
    assert b"Secret" not in client.get(f"/events.{suffix}").content


# Hidden


@pytest.mark.parametrize("address", ["/events/12.xml", "/events/12.ics", "/groups/27.xml"])
def test_hidden_post_is_410_even_for_who_has_it(client, moderator, address):
    event, collective = make_event("Canary", pk=12, body="Canary"), make_collective("Canary", pk=27)
    before = client.get(address)
    assert b"Canary" in before.content

    for post in (event, collective):
        post.hide(by=moderator, reason="Advertising")

    for headers in ({}, *conditions(before)):
        response = client.get(address, headers=headers)
        assert response.status_code == 410, headers
        assert b"Canary" not in response.content
        assert b"Reason given: Advertising" in response.content
        assert "Last-Modified" not in response
        assert client.head(address, headers=headers).status_code == 410


def test_410_keeps_to_its_format(client, moderator):
    event, collective = make_event(pk=12), make_collective(pk=27)
    for post in (event, collective):
        post.hide(by=moderator, reason='Not <an> "event"')

    xml, ics, group = (client.get(address) for address in ("/events/12.xml", "/events/12.ics", "/groups/27.xml"))

    assert xml["Content-Type"] == group["Content-Type"] == XML
    assert xml.content == group.content
    assert xml.content.decode().splitlines()[1:] == [
        "<errors>",
        "  <error>Moderators hid this post.</error>",
        "  <error>Reason given: Not &lt;an&gt; &quot;event&quot;</error>",
        "</errors>",
    ]
    assert ics["Content-Type"] == "text/plain; charset=utf-8"
    assert ics.content.decode() == 'Moderators hid this post.\nReason given: Not <an> "event"\n'


@pytest.mark.parametrize("address", ["/events.xml", "/events.ics"])
def test_list_forgets_a_hidden_event_even_for_who_has_it(client, moderator, address):
    make_event("Picnic")
    newest = make_event("Canary")
    before = client.get(address)
    later = http_date((newest.updated_on + timedelta(hours=1)).timestamp())

    newest.hide(by=moderator, reason="spam")

    for headers in ({"If-None-Match": before["ETag"]}, {"If-Modified-Since": later}):
        response = client.get(address, headers=headers)
        assert response.status_code == 200
        assert b"Picnic" in response.content
        assert b"Canary" not in response.content


@pytest.mark.parametrize("address", ["/events/12.xml", "/events/12.ics", "/groups/27.xml"])
def test_post_hidden_before_anybody_saw_it_is_404(client, address):
    make_event("Canary", pk=12, status=Status.HIDDEN, public_since=None)
    make_collective("Canary", pk=27, moderation_status=Status.HIDDEN)

    response = client.get(address)

    assert response.status_code == 404
    assert b"Canary" not in response.content


@pytest.mark.parametrize("address", ["/events/12.xml", "/events/12.ics", "/groups/27.xml"])
def test_moderator_gets_a_hidden_post_and_no_cache_does(client, moderator, address):
    make_event("Canary", pk=12, status=Status.HIDDEN)
    make_collective("Canary", pk=27, moderation_status=Status.HIDDEN)
    client.force_login(moderator)

    response = client.get(address)

    assert response.status_code == 200
    assert b"Canary" in response.content
    assert response["Cache-Control"] == "no-store, private"
