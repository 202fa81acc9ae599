"""What other sites are told of an event that somebody linked there."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from lxml import etree, html

from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator
from tests.hostile import ALL

pytestmark = pytest.mark.django_db

JUNE = datetime(2026, 6, 12, 19, tzinfo=UTC)


def ask(url: str, **more):
    return Client(raise_request_exception=False).get("/oembed", {"url": url, **more})


def test_event_as_json():
    event = make_event("Rock & <Roll>", id=2565, collective=make_collective("Nettle"))

    response = ask("http://testserver/events/2565")

    frame = html.fragment_fromstring(response.json().pop("html"))
    assert {name: value for name, value in response.json().items() if name != "html"} == {
        "version": "1.0",
        "type": "rich",
        "title": "Rock & <Roll>",
        "author_name": "Nettle",
        "author_url": "http://testserver/groups/nettle",
        "provider_name": "The Noticeboard",
        "provider_url": "http://testserver",
        "cache_age": 3600,
        "width": 600,
        "height": 240,
    }
    assert dict(frame.attrib) == {
        "src": f"http://testserver/events/{event.pk}/embed",
        "title": "Rock & <Roll>",
        "width": "600",
        "height": "240",
        "frameborder": "0",
        "loading": "lazy",
    }
    assert response["Access-Control-Allow-Origin"] == "*"


def test_event_as_xml_says_the_same():
    make_event("Rock & <Roll>", id=2565, published_by="Amy & co.")

    response = ask("http://testserver/events/2565", format="xml")

    document = etree.fromstring(response.content)
    assert (document.tag, response["Content-Type"]) == ("oembed", "text/xml; charset=utf-8")
    expected = ask("http://testserver/events/2565").json()
    assert expected["author_name"] == "Amy & co."
    assert {field.tag: field.text for field in document} == {name: str(value) for name, value in expected.items()}


def test_group_that_may_not_be_seen_is_not_the_author():
    group = make_collective("Nettle", moderation_status=Status.HIDDEN)
    event = make_event(collective=group)

    answer = ask(f"http://testserver/events/{event.pk}").json()

    assert [name for name in answer if name.startswith("author")] == []


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"maxwidth": "320", "maxheight": "100"}, (320, 100)),
        ({"maxwidth": "9999", "maxheight": "241"}, (600, 240)),
        ({"maxwidth": "-1", "maxheight": "1e3"}, (600, 240)),
        ({"maxwidth": "٣٢٠", "maxheight": "9" * 5000}, (600, 240)),
    ],
)
def test_frame_fits_into_the_room_there_is(asked, given):
    event = make_event()

    answer = ask(f"http://testserver/events/{event.pk}", **asked).json()

    frame = html.fragment_fromstring(answer["html"])
    assert (answer["width"], answer["height"]) == given
    assert (frame.get("width"), frame.get("height")) == tuple(map(str, given))


def test_address_may_have_a_query_and_a_fragment():
    event = make_event()

    assert ask(f"http://testserver/events/{event.pk}?additions=2#comment-1").json()["title"] == event.title


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/events/{pk}",
        "http://testserver",
        "http://testserver/",
        "http://testserver/events",
        "http://testserver/events/{pk}.xml",
        "http://testserver/events/{pk}/edit",
        "http://testserver/events/{pk}/",
        "http://testserver/groups/{pk}",
        "http://testserver/events/999999",
        "http://testserver/events/" + "9" * 30,
        "http://testserver/events/" + "9" * 5000,
        "http://testserver//events/{pk}",
        "http://testserver//[/events/{pk}",
        "http://testserver.evil.example/events/{pk}",
        "http://testserver@evil.example/events/{pk}",
        "https://evil.example/?http://testserver/events/{pk}",
        "file:///etc/passwd",
        "http://[",
        "http://testserver/\ud800",
        "http://testserver/%ff%0a",
        *ALL,
    ],
)
def test_what_is_no_event_of_this_site_is_not_found(url):
    event = make_event()

    response = ask(url.replace("{pk}", str(event.pk)).encode(errors="replace"))

    # A NUL is refused before anything looks at it.
    assert response.status_code == (400 if "\0" in url else 404)


def test_hidden_event_is_gone_and_one_that_was_never_public_is_not_found(settings):
    event, unseen = make_event("Canary"), make_event("Canary", status=Status.PENDING)
    settings.MODERATION_POLICY = "review"
    event.hide(by=make_moderator(), reason="Advertising")

    for suffix in ("json", "xml"):
        gone = ask(f"http://testserver/events/{event.pk}", format=suffix)
        never = ask(f"http://testserver/events/{unseen.pk}", format=suffix)
        assert (gone.status_code, never.status_code) == (410, 404)
        assert "Advertising" in gone.content.decode()
        assert "Canary" not in gone.content.decode() + never.content.decode()


def test_other_format_is_not_implemented():
    assert ask(f"http://testserver/events/{make_event().pk}", format="yaml").status_code == 501


def test_page_of_an_event_says_where_to_ask(client):
    event = make_event(published_by="Amy")

    page = html.fromstring(client.get(f"/events/{event.pk}").content)

    for suffix, kind in (("json", "application/json+oembed"), ("xml", "text/xml+oembed")):
        (address,) = page.xpath(f"//link[@rel='alternate'][@type='{kind}']/@href")
        assert address == f"http://testserver/oembed?format={suffix}&url=http%3A%2F%2Ftestserver%2Fevents%2F{event.pk}"
        assert event.title in client.get(address).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_answer_costs_one_query(django_assert_num_queries, number):
    events = [make_event(collective=make_collective(), tags=("a", "b"), date=JUNE) for _ in range(number)]

    with django_assert_num_queries(1):
        ask(f"http://testserver/events/{events[0].pk}")
