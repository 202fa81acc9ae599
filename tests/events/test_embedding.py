"""Pages for the frames of other sites, and what the page of an event says of itself to other machines."""

from datetime import UTC, datetime, timedelta

import mf2py
import pytest
from django.test import Client, RequestFactory
from lxml import html

from events.models import Venue
from events.views.embedding import embed
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event, make_moderator

pytestmark = pytest.mark.django_db

JUNE = datetime(2026, 6, 12, 19, tzinfo=UTC)


def read(response) -> html.HtmlElement:
    return html.fromstring(response.content.decode())


def texts(element) -> list[str]:
    return [text for part in element.itertext() if (text := " ".join(part.split()))]


# The page for a frame


def test_event_in_a_frame_says_what_when_and_where_and_links_to_its_page_outside_the_frame(client):
    event = make_event("Open <picnic>", date=JUNE, place="LARC, 62 Fieldgate Street")

    page = read(client.get(f"/events/{event.pk}/embed"))

    assert texts(page.find("body")) == [
        "Open <picnic>",
        "Fri 12 Jun 2026",
        "19:00",
        "LARC, 62 Fieldgate Street",
        "The Noticeboard",
    ]
    links = [(a.get("href"), a.get("target"), a.get("rel")) for a in page.iter("a")]
    assert links == [(f"http://testserver/events/{event.pk}", "_blank", "noopener")] * 2
    assert page.xpath("//script | //img | //form | //style | //*[@style]") == []
    assert page.xpath("//link[@rel='stylesheet']/@href") == ["/static/css/embed.css"]


def test_event_in_a_frame_says_that_it_is_cancelled_or_not_yet_reviewed(client):
    cancelled = make_event(event_status="cancelled", status_note="The roof leaks.")
    pending = make_event(status=Status.PENDING, date=None)

    found = [texts(read(client.get(f"/events/{event.pk}/embed")).find("body")) for event in (cancelled, pending)]

    assert found[0][-3:] == ["The roof leaks.", "Cancelled", "The Noticeboard"]
    assert found[1] == [pending.title, "Date unknown", "Not yet reviewed", "The Noticeboard"]


@pytest.mark.parametrize(("theme", "given"), [("light", "light"), ("dark", "dark"), ("", None), ('"><b>', None)])
def test_frame_follows_the_reader_unless_the_other_site_names_a_theme(client, theme, given):
    event = make_event()

    page = read(client.get(f"/events/{event.pk}/embed", {"theme": theme}))

    assert page.get("data-theme") == given
    assert page.xpath("//meta[@name='color-scheme']/@content") == [given or "light dark"]


def test_hidden_event_is_gone_from_frames_for_everybody_and_the_frame_says_so():
    moderator = make_moderator()
    event = make_event("Canary")
    event.hide(by=moderator, reason="Advertising & worse")
    client = Client()
    client.force_login(moderator)

    for visitor in (Client(), client):
        response = visitor.get(f"/events/{event.pk}/embed")
        assert (response.status_code, "X-Frame-Options" in response) == (410, False)
        found = texts(read(response).find("body"))
        assert found == ["Moderators hid this post.", "Reason given: Advertising & worse", "The Noticeboard"]


def test_list_in_a_frame_names_each_event_with_its_link_and_the_list():
    first, second = make_event("Picnic", date=JUNE), make_event("Choir", date=JUNE + timedelta(days=1))
    request = RequestFactory().get("/events.embed")

    page = read(embed(request, [first, second], "Upcoming events", "/events"))

    found = [(" ".join(texts(a)), a.get("href")) for a in page.iter("a")]
    assert found == [
        ("Upcoming events", "http://testserver/events"),
        ("Picnic", f"http://testserver/events/{first.pk}"),
        ("Choir", f"http://testserver/events/{second.pk}"),
        ("The Noticeboard", "http://testserver/events"),
    ]
    empty = read(embed(request, [], "Upcoming events", "/events"))
    assert texts(empty.find("body")) == ["Upcoming events", "Nothing is coming up.", "The Noticeboard"]


# What is shared


def shared(address: str) -> dict[str, str]:
    page = read(Client().get(address))
    named = {meta.get("property") or meta.get("name"): meta.get("content") for meta in page.iter("meta")}
    (canonical,) = page.xpath("//link[@rel='canonical']/@href") or [""]
    wanted = ("og:", "twitter:", "description")
    return {"canonical": canonical} | {name: text for name, text in named.items() if name and name.startswith(wanted)}


NO_PICTURE = {
    "og:image": "http://testserver/static/img/share.png",
    "og:image:type": "image/png",
    "og:image:width": "1200",
    "og:image:height": "630",
    "og:image:alt": "The Noticeboard",
}


def test_event_is_shared_with_when_and_where_and_its_flyer():
    event = make_event(
        "Open <picnic>", date=JUNE, place="LARC", summary="<p>Bring a <b>friend</b>.</p>", event_status="cancelled"
    )
    line = "Cancelled · Friday 12 June 2026, 19:00 · LARC · Bring a friend."
    expected = {
        "canonical": f"http://testserver/events/{event.pk}",
        "description": line,
        "og:site_name": "The Noticeboard",
        "og:type": "article",
        "og:url": f"http://testserver/events/{event.pk}",
        "og:title": "Open <picnic>",
        "og:description": line,
        "twitter:card": "summary_large_image",
    }

    assert shared(f"/events/{event.pk}") == expected | NO_PICTURE

    flyer = make_attachment(event, title="Two tables")
    assert shared(f"/events/{event.pk}?additions=1") == expected | {
        "og:image": f"http://testserver/media/{flyer.name}-page.jpg",
        "og:image:type": "image/jpeg",
        "og:image:width": "30",
        "og:image:height": "40",
        "og:image:alt": "Two tables",
    }
    assert Client().get(f"/media/{flyer.name}-page.jpg")["Content-Type"] == "image/jpeg"


def test_group_is_shared_with_its_picture_or_without():
    group = make_collective("Nettle", summary="<p>We cook.</p>")
    expected = {
        "canonical": "http://testserver/groups/nettle",
        "description": "We cook.",
        "og:site_name": "The Noticeboard",
        "og:type": "website",
        "og:url": "http://testserver/groups/nettle",
        "og:title": "Nettle",
        "og:description": "We cook.",
        "twitter:card": "summary_large_image",
    }

    assert shared("/groups/nettle") == expected | NO_PICTURE

    group.image, group.picture_width, group.picture_height = "1.jpg", 300, 200
    group.save()
    assert shared("/groups/nettle?after=") == expected | {
        "og:image": f"http://testserver{group.image_path}",
        "og:image:type": "image/jpeg",
        "og:image:width": "300",
        "og:image:height": "200",
        "og:image:alt": "Picture of Nettle",
    }


@pytest.mark.parametrize("status", [Status.HIDDEN, Status.PENDING])
def test_post_that_not_everybody_sees_is_not_to_be_shared(settings, status):
    settings.MODERATION_POLICY = "review"
    event = make_event(status=status)
    group = make_collective(moderation_status=status)
    client = Client()
    client.force_login(make_moderator())

    for address in (f"/events/{event.pk}", group.get_absolute_url()):
        page = client.get(address).content.decode()
        assert [mark for mark in ("og:", "canonical", "oembed", "twitter:") if mark in page] == []


@pytest.mark.parametrize("address", ["/", "/events", "/groups", "/events/new", "/nothing"])
def test_page_has_one_description(client, address):
    (description,) = read(client.get(address)).xpath("//meta[@name='description']/@content")

    assert description == "What is on, posted by the people who put it on."


def test_share_picture_is_of_the_size_that_is_said_and_small(settings):
    from PIL import Image

    file = settings.BASE_DIR / "static/img/share.png"

    assert file.stat().st_size < 20_000
    with Image.open(file) as picture:
        assert picture.size == (1200, 630)


# Microformats, as a parser of them reads the page


def test_event_is_an_h_event(client):
    event = make_event(
        "Open picnic",
        date=JUNE,
        end_date=JUNE + timedelta(hours=2),
        place="LARC, 62 Fieldgate Street",
        summary="<p>Bring a friend.</p>",
        tags=("food", "music"),
        areas=("Whitechapel",),
        collective=make_collective("Nettle"),
    )
    Venue.objects.update(latitude=51.5167, longitude=-0.0667)
    flyer = make_attachment(event, title="Two tables")

    page = client.get(f"/events/{event.pk}").content.decode()
    (found,) = mf2py.parse(doc=page, url=f"http://testserver/events/{event.pk}")["items"]

    properties = found["properties"]
    (place,), (group,), (content,) = (properties.pop(name) for name in ("location", "organizer", "content"))
    assert found["type"] == ["h-event"]
    photo = {"value": f"http://testserver/media/{flyer.name}-page.jpg", "alt": "Two tables"}
    assert properties == {
        "name": ["Open picnic"],
        "url": [f"http://testserver/events/{event.pk}"],
        "uid": [f"http://testserver/events/{event.pk}"],
        "start": ["2026-06-12T19:00+0000"],
        "end": ["2026-06-12T21:00+0000"],
        "category": ["food", "music"],
        "photo": [photo],
        "featured": [photo],
    }
    assert place["type"] == ["h-card"]
    assert place["properties"] == {
        "name": ["LARC"],
        "street-address": ["62 Fieldgate Street"],
        "locality": ["Whitechapel"],
        "latitude": ["51.5167"],
        "longitude": ["-0.0667"],
    }
    assert group["properties"] == {"name": ["Nettle"], "url": ["http://testserver/groups/nettle"]}
    assert content["html"] == "<p>Bring a friend.</p>"


@pytest.mark.parametrize("hours", [8, 14, 50])
def test_end_of_an_h_event_is_there_once_however_long_it_is(client, hours):
    event = make_event(date=JUNE, end_date=JUNE + timedelta(hours=hours))

    (found,) = mf2py.parse(doc=client.get(f"/events/{event.pk}").content.decode())["items"]

    assert found["properties"]["end"] == [f"{JUNE + timedelta(hours=hours):%Y-%m-%dT%H:%M%z}"]
