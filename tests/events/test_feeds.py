"""Feeds are read back by feedparser, which says whether they are well formed, and by lxml where it is too kind."""

from datetime import UTC, datetime, timedelta

import feedparser
import lxml.etree
import lxml.html
import pytest
from django.test import RequestFactory
from django.utils.feedgenerator import rfc3339_date
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from events.feeds import EventFeed
from events.models import Event
from events_site.sanitizing import printable
from tests.factories import make_attachment, make_collective, make_event
from tests.hostile import ALL

pytestmark = pytest.mark.django_db

KINDS = ["atom", "rss"]
HERE = "https://events.example.org"
STARTS = datetime(2026, 6, 12, 19, 30, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_NAME, settings.SITE_URL, settings.TIME_ZONE = "The Noticeboard", HERE, "Europe/London"


def written(kind: str, events=None, **options) -> bytes:
    events = list(Event.objects.for_export().order_by("pk")) if events is None else events
    addresses = {"page_url": f"{HERE}/events", "url": f"{HERE}/events.{kind}"}
    feed = EventFeed(events, options.pop("title", "Upcoming events"), kind=kind, **addresses | options)
    return feed(RequestFactory().get("/")).content


def read(kind: str, **options) -> feedparser.FeedParserDict:
    feed = feedparser.parse(written(kind, **options))
    assert not feed.bozo, feed.bozo_exception
    return feed


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_entry_has_everything_that_a_reader_of_feeds_can_show(kind):
    made = make_event(
        "Picnic & <b>games</b>",
        date=STARTS,
        summary='<p>Bring a <a href="/friends">friend</a>.</p>',
        body="<p>And a blanket.</p><script>alert(1)</script>",
        published_by="Nettle",
        contact_email="picnic@example.org",
        contact_phone="020 7946 0000",
        tags=("food", "parks"),
    )
    picture = make_attachment(made, title="A blanket")
    address = f"{HERE}/events/{made.pk}"

    feed = read(kind)

    (entry,) = feed.entries
    assert entry.title == "Picnic & <b>games</b> · Fri 12 June 2026, 20:30"
    assert (entry.link, entry.id) == (address, address)
    summary = f'<p>Bring a <a href="{HERE}/friends" rel="nofollow ugc noopener">friend</a>.</p>'
    assert entry.summary == summary
    assert [content.value for content in entry.content if "blanket" in content.value] == [
        f"{summary}<p>And a blanket.</p>"
    ]
    assert entry.author == "Nettle"
    assert [tag.term for tag in entry.tags] == ["food", "parks"]
    assert [(file.href, file.type, file.length) for file in entry.enclosures] == [
        (f"{HERE}/media/{picture.name}-full.webp", "image/webp", str(picture.size))
    ]
    document = written(kind)
    assert b"picnic@example.org" not in document
    assert b"7946" not in document


@pytest.mark.parametrize("kind", KINDS)
def test_feed_names_itself_its_page_and_the_next_one(kind):
    addresses = {
        "page_url": f"{HERE}/events?tag=food&area=bow",
        "url": f"{HERE}/events.{kind}?tag=food&area=bow",
        "next_url": f"{HERE}/events.{kind}?tag=food&after=1-2",
    }

    feed = read(kind, **addresses).feed

    assert feed.title == "Upcoming events · The Noticeboard"
    assert {link.rel: link.href for link in feed.links} == dict(
        zip(("alternate", "self", "next"), addresses.values(), strict=True)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_last_page_names_no_next_one(kind):
    assert sorted(link.rel for link in read(kind).feed.links) == ["alternate", "self"]


@pytest.mark.parametrize("kind", KINDS)
def test_entries_stand_in_the_order_of_the_list(kind):
    events = [make_event(title, date=STARTS - timedelta(days=number)) for number, title in enumerate("BAC")]

    feed = read(kind, events=events)

    assert [entry.title[0] for entry in feed.entries] == ["B", "A", "C"]


@pytest.mark.parametrize("kind", KINDS)
def test_times_are_those_of_the_post_and_the_feed_is_as_new_as_its_newest(kind):
    posted = datetime(2026, 5, 1, 10, tzinfo=UTC)
    for days in (3, 9, 6):
        event = make_event(date=STARTS, created_on=posted)
        Event.objects.filter(pk=event.pk).update(updated_on=posted + timedelta(days=days))

    feed = read(kind)

    assert [entry.updated_parsed[:3] for entry in feed.entries] == [(2026, 5, 4), (2026, 5, 10), (2026, 5, 7)]
    assert [entry.published_parsed[:4] for entry in feed.entries] == [(2026, 5, 1, 10)] * 3
    assert feed.feed.updated_parsed[:3] == (2026, 5, 10)


@pytest.mark.parametrize("kind", KINDS)
def test_time_that_nobody_knows_is_not_made_up(kind):
    event = make_event(date=None)
    Event.objects.filter(pk=event.pk).update(created_on=None, updated_on=None)

    (entry,) = read(kind).entries

    assert "published" not in entry
    assert entry.updated_parsed[:3] == (1970, 1, 1)


def test_every_atom_feed_and_entry_has_what_rfc_4287_demands():
    make_event("Picnic", published_by="")
    make_event("", published_by="Nettle")

    feed = lxml.etree.fromstring(written("atom"))

    assert [len(feed.findall(ATOM + name)) for name in ("id", "title", "updated", "author")] == [1, 1, 1, 1]
    for entry in feed.findall(ATOM + "entry"):
        assert [len(entry.findall(ATOM + name)) for name in ("id", "title", "updated", "content")] == [1, 1, 1, 1]
        assert moment(entry.findtext(ATOM + "updated")).year >= 2026
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in feed.findall(ATOM + "entry")] == [None, "Nettle"]


def test_every_rss_item_has_one_address_that_is_its_guid():
    event = make_event("Picnic")

    channel = lxml.etree.fromstring(written("rss")).find("channel")

    assert [len(channel.findall(name)) for name in ("title", "link", "description", "lastBuildDate")] == [1, 1, 1, 1]
    (guid,) = channel.findall("item/guid")
    assert (guid.text, guid.attrib) == (f"{HERE}/events/{event.pk}", {"isPermaLink": "false"})
    assert channel.findtext(f"item/{ATOM}updated") == rfc3339_date(event.updated_on)


@pytest.mark.parametrize("kind", KINDS)
def test_title_says_what_became_of_it_and_how_long_it_lasts(kind):
    midnight = datetime(2026, 6, 11, 23, tzinfo=UTC)
    make_event("Gig", date=STARTS, event_status="cancelled", status_note="Rain & wind.")
    make_event("Fair", date=midnight, end_date=midnight + timedelta(days=1))
    make_event("Camp", date=midnight, end_date=midnight + timedelta(days=3))
    make_event("Some time", date=None)

    feed = read(kind)

    assert [entry.title for entry in feed.entries] == [
        "Cancelled: Gig · Fri 12 June 2026, 20:30",
        "Fair · Fri 12 June 2026",
        "Camp · Fri 12 June 2026 – Sun 14 June 2026",
        "Some time",
    ]
    assert feed.entries[0].summary.startswith("<p>Rain &amp; wind.</p>")


@pytest.mark.parametrize("kind", KINDS)
def test_same_list_gives_the_same_bytes_at_any_time(kind, time_machine):
    time_machine.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    empty = written(kind, events=[])
    make_event()
    full = written(kind)

    time_machine.move_to(datetime(2027, 6, 1, tzinfo=UTC))

    assert (written(kind, events=[]), written(kind)) == (empty, full)


@pytest.mark.parametrize("kind", KINDS)
def test_feed_costs_the_same_whatever_the_number_of_entries(kind, django_assert_num_queries):
    for _ in range(2):
        event = make_event(collective=make_collective(), place="Hall", tags=("a",), areas=("b",))
        make_attachment(event)
        with django_assert_num_queries(4):
            written(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_stay_texts(kind):
    for text in ALL:
        make_event(text[:255], summary=text, body=text, published_by=text[:255], tags=(text[:60],))

    feed = read(kind, title=ALL[0])

    # Its titles are those of a document: feedparser takes those of RSS for HTML, and cleans them.
    entries = list(lxml.etree.fromstring(written(kind)).iter(ATOM + "entry", "item"))
    titles = [entry[0].text.partition(" · ")[0].split() for entry in entries]
    assert titles == [text[:255].split() for text in ALL]
    assert len(feed.entries) == len(ALL)
    for entry in feed.entries:
        html = entry.summary + "".join(content.value for content in entry.content)
        assert lxml.html.fromstring(f"<div>{html}</div>").xpath("//script|//img|//iframe|//@onerror|//@style") == []


any_text = st.text(st.characters(), min_size=1, max_size=60) | st.text(
    st.sampled_from("\r\n\t\x00\x0b\x85\u2028<>&]'\"\ud800\ufffe🎉"), min_size=1, max_size=30
)


@pytest.mark.parametrize("kind", KINDS)
@given(title=any_text, author=any_text, text=any_text, name=any_text)
@hypothesis_settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_text_makes_one_entry_with_that_text(kind, title, author, text, name):
    event = Event(pk=1, title=title, summary=text, body=text, published_by=author, created_on=STARTS, updated_on=STARTS)
    event._prefetched_objects_cache = {"tags": [], "areas": [], "attachments": []}

    document = lxml.etree.fromstring(written(kind, events=[event], title=name))

    (entry,) = document.iter(ATOM + "entry", "item")
    (found,) = [child.text for child in entry if child.tag in (ATOM + "title", "title")]
    assert found.split() == (printable(title).split() or ["Untitled"])
