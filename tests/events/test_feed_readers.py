"""Feeds, JSON and schema.org data over HTTP, read by programs that know nothing of the site."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import quote

import feedparser
import lxml.html
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pyld import jsonld

from events.models import Event, EventGroup, Venue
from events_site.sanitizing import printable, sanitized
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event
from tests.hostile import ALL
from tests.routes import LISTS, Kind, World

pytestmark = pytest.mark.django_db

DOCUMENTATION = (Path(django_settings.BASE_DIR) / "docs" / "api.md").read_text()
SITE = "http://testserver"
KINDS = {"atom": "atom10", "rss": "rss20"}


@pytest.fixture
def world() -> World:
    """With something on every list, in texts of every kind."""
    world = World()
    now = timezone.now()
    same = {
        "tags": ("food",),
        "areas": ("Hackney",),
        "place": world.event.place,
        "collective": world.collective,
        "event_group": world.series,
        "summary": '<p>Bring a <a href="/friends">friend</a> &amp; <em>more</em>.</p>',
        "body": "<p>One</p><ul><li>Two</li></ul>",
    }
    make_event("Open air: R&B <live> “now”", date=now + timedelta(minutes=1), status=Status.PROMOTED, **same)
    make_event("Open all day", date=now - timedelta(days=2), end_date=now + timedelta(days=20), **same)
    make_event("Open, but off", date=now + timedelta(days=3), event_status="cancelled", status_note="A & B <c>", **same)
    make_event("Open: حكايات الشاي", date=now - timedelta(days=1), published_by="Amy <3", **same)
    return world


def addresses(world: World, suffix: str) -> list[str]:
    """Of every list in a format."""
    found = [address for route in LISTS if route.kind == Kind.DATA for address in route.addresses(world)]
    return [address for address in found if address.partition("?")[0].endswith(f".{suffix}")]


def in_json(address: str, suffix: str) -> dict:
    """The same list as JSON."""
    return json.loads(Client().get(address.replace(f".{suffix}", ".json", 1)).content)


# Feeds


def subscribed(address: str) -> feedparser.FeedParserDict:
    response = Client().get(address)
    feed = feedparser.parse(response.content, response_headers={"content-type": response["Content-Type"]})
    assert not feed.bozo, (address, feed.bozo_exception)
    return feed


@pytest.mark.parametrize("suffix", KINDS)
def test_every_list_is_a_feed_that_readers_take_without_complaint(world, suffix):
    content_type = f"application/{suffix}+xml; charset=utf-8"

    for address in addresses(world, suffix):
        feed = subscribed(address)

        assert Client().get(address)["Content-Type"] == content_type
        assert (feed.version, feed.encoding) == (KINDS[suffix], "utf-8")
        links = {link.rel: link.href for link in feed.feed.links}
        listing = in_json(address, suffix)
        assert links == {"alternate": listing["url"], "self": f"{SITE}{quote(address, safe='/?=&')}"}, address
        assert feed.feed.title == f"{listing['title']} · The Noticeboard"
        assert feed.feed.get("id", links["alternate"]) == links["alternate"]


@pytest.mark.parametrize("suffix", KINDS)
def test_entries_of_every_feed_say_what_is_stored(world, suffix):
    seen = set()

    for address in addresses(world, suffix):
        feed, listing = subscribed(address), in_json(address, suffix)

        assert [entry.id for entry in feed.entries] == [event["url"] for event in listing["events"]], address
        for entry in feed.entries:
            event = Event.objects.get(pk=entry.id.rpartition("/")[2])
            seen.add(event.title)
            note = "<p>A &amp; B &lt;c&gt;</p>" if event.status_note else ""
            base = f"{SITE}{event.get_absolute_url()}"
            summary = note + sanitized(event.summary, base=base)
            assert (entry.link, entry.id) == (base, base)
            assert entry.title.removeprefix("Cancelled: ").startswith(f"{event.title} · ")
            assert entry.title.startswith("Cancelled: ") == event.is_off
            assert entry.summary == summary
            assert summary + sanitized(event.body, base=base) in [content.value for content in entry.content]
            for key, moment in (("updated", event.updated_on), ("published", event.created_on)):
                assert entry[f"{key}_parsed"][:6] == moment.astimezone(UTC).timetuple()[:6], (address, key)
            assert entry.get("author", "The Noticeboard") == (event.published_by or "The Noticeboard")
            assert [tag.term for tag in entry.get("tags", [])] == [tag.name for tag in event.tags.all()]

    assert seen == {event.title for event in Event.objects.all()}


@pytest.mark.parametrize("suffix", KINDS)
def test_hostile_texts_make_no_feed_that_readers_complain_of(suffix):
    collective = make_collective('</title><script>pwned()</script>&"', slug="hostile")
    for text in ALL:
        make_event(
            text[:255], summary=text, body=text, published_by=text[:255], tags=(text[:60],), collective=collective
        )
    query = quote("]]></title><script>pwned()</script>")

    for address in (f"/events.{suffix}", f"/groups/hostile.{suffix}", f"/search.{suffix}?q={query}"):
        ids = []
        while address:
            feed = subscribed(address)
            ids += [entry.id for entry in feed.entries]
            following = [link.href for link in feed.feed.links if link.rel == "next"]
            address = following[0].removeprefix(SITE) if following else ""
        assert len(ids) in (0, len(set(ids)))


# JSON


def documented(heading: str) -> set[str]:
    """The keys in the table of docs/api.md under the line that begins like this."""
    (table,) = re.findall(rf"^{heading}.*\n\n((?:\|.*\n)+)", DOCUMENTATION, re.MULTILINE)
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_every_list_and_event_has_the_keys_that_are_documented_and_no_others(world):
    of_list, of_event = documented("A list is one object"), documented("An event:")
    private = {"contact_email", "contact_phone"}

    for address in addresses(world, "json"):
        listing = json.loads(Client().get(address).content)
        assert set(listing) == of_list - (set() if address.startswith("/groups/") else {"group"}), address
        assert {frozenset(event) for event in listing["events"]} <= {frozenset(of_event - private)}, address
    assert set(json.loads(Client().get(f"/events/{world.event.pk}.json").content)) == of_event


def test_next_leads_through_all_events_of_a_list_once():
    now, series = timezone.now().replace(microsecond=0), EventGroup.objects.create()
    collective = make_collective("Nettle", slug="nettle")
    for number in range(70):
        for date in (now + timedelta(days=1, minutes=number // 3), now - timedelta(days=1, minutes=number // 3)):
            make_event(
                date=date,
                tags=("food",),
                areas=("Bow",),
                place="Nettle House",
                collective=collective,
                event_group=series,
                status=Status.FEATURED,
            )
    make_event("Hidden", status=Status.HIDDEN, tags=("food",))
    coming = set(Event.objects.visible().filter(date__gt=now).values_list("pk", flat=True))
    past = set(Event.objects.visible().filter(date__lt=now).values_list("pk", flat=True))

    found = {}
    for path in ("events", "events/featured", "events/archive", "tags/food", "areas/bow", "places/nettle-house"):
        found[path] = walked(f"/{path}.json")
    for path in (f"series/{series.pk}", "groups/nettle"):
        found[path] = walked(f"/{path}.json")

    assert {path: len(pks) for path, pks in found.items()} == {path: len(set(pks)) for path, pks in found.items()}
    assert {path: set(pks) for path, pks in found.items()} == dict.fromkeys(found, coming | past) | {
        "events": coming,
        "events/archive": past,
    }


def walked(address: str) -> list[int]:
    """The ids on all pages of a list, in order."""
    found: list[int] = []
    for _page in count():
        listing = json.loads(Client().get(address).content)
        found += [event["id"] for event in listing["events"]]
        if listing["next"] is None:
            return found
        assert listing["next"].startswith(f"{SITE}/")
        assert listing["events"], "an empty page that is not the last"
        address = listing["next"].removeprefix(SITE)
    return found


# schema.org


def schema_org(event: Event) -> dict:
    """The data in the page of an event, as a processor of JSON-LD reads it."""
    page = lxml.html.document_fromstring(Client().get(event.get_absolute_url()).content.decode())
    (script,) = page.xpath("//script[@type='application/ld+json']")

    def load(url: str, options: dict) -> dict:
        assert url == "https://schema.org"
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": {"@vocab": "https://schema.org/"}}}

    (node,) = jsonld.expand(json.loads(script.text), {"documentLoader": load})
    return node


def values(node: dict, path: str) -> list:
    nodes = [node]
    for name in path.split("."):
        nodes = [value for each in nodes for value in each.get(f"https://schema.org/{name}", [])]
    return [each.get("@value", each) for each in nodes]


def test_page_of_an_event_tells_search_engines_all_that_they_ask_for_and_is_known():
    """What Google requires and recommends of an Event, but for offers and performers, which nobody told."""
    starts = timezone.now().replace(microsecond=0, second=0) + timedelta(days=2)
    event = make_event(
        "Open <picnic>",
        date=starts,
        end_date=starts + timedelta(hours=2),
        summary="<p>Bring a <b>friend</b> &amp; a blanket.</p>",
        place="Nettle House, High Street",
        areas=("Hackney",),
        collective=make_collective("Nettle", slug="nettle"),
    )
    Venue.objects.update(latitude=51.5, longitude=-0.125)
    picture = make_attachment(event)

    node = schema_org(event)

    wanted = {
        "name": "Open <picnic>",
        "startDate": starts.isoformat(timespec="minutes"),
        "endDate": (starts + timedelta(hours=2)).isoformat(timespec="minutes"),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location.name": "Nettle House",
        "location.address.streetAddress": "High Street",
        "location.address.addressLocality": "Hackney",
        "location.geo.latitude": 51.5,
        "location.geo.longitude": -0.125,
        "image": f"{SITE}/media/{picture.name}-full.webp",
        "description": "Bring a friend & a blanket.",
        "organizer.name": "Nettle",
        "organizer.url": f"{SITE}/groups/nettle",
        "url": f"{SITE}/events/{event.pk}",
    }
    assert node["@type"] == ["https://schema.org/Event"]
    assert {path: values(node, path) for path in wanted} == {path: [value] for path, value in wanted.items()}


@pytest.mark.parametrize(
    ("status", "word"),
    [("scheduled", "EventScheduled"), ("cancelled", "EventCancelled"), ("postponed", "EventPostponed")],
)
def test_search_engines_are_told_whether_it_takes_place(status, word):
    event = make_event(event_status=status, date=datetime(2026, 6, 12, 19, tzinfo=UTC))

    assert values(schema_org(event), "eventStatus") == [f"https://schema.org/{word}"]


def test_hostile_texts_stay_texts_in_the_data_of_a_page():
    events = [make_event(text[:255], place=text[:255]) for text in ALL]

    assert [values(schema_org(event), "name") for event in events] == [[printable(event.title)] for event in events]
