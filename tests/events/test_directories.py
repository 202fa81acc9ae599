"""Lists of other things than events as data: groups, topics, areas, and the public moderation log."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lxml.html
import pytest
from django.conf import settings as django_settings
from django.test import Client

from collectives import views as group_views
from collectives.models import Collective
from events.rails_xml import collection
from events.serializers import collective_attributes
from events.views import directories
from moderation.models import Guideline, Status
from tests.factories import make_collective, make_event, make_filter, make_moderator

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ADDRESSES = ["/groups.json", "/groups.xml", "/tags.json", "/areas.json", "/hidden.json"]
DOCUMENTATION = (Path(django_settings.BASE_DIR) / "docs" / "api.md").read_text()


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def small_pages(monkeypatch):
    """Two groups or terms on a page."""
    for module, name in ((group_views, "GROUPS_PAGE"), (directories, "GROUPS_PAGE"), (directories, "MOST_TERMS")):
        monkeypatch.setattr(module, name, 2)


def read(address: str) -> dict:
    return json.loads(Client().get(address).content)


def documented(heading: str) -> set[str]:
    """The keys in the table of docs/api.md under the line that begins like this."""
    (table,) = re.findall(rf"^{heading}.*\n\n((?:\|.*\n)+)", DOCUMENTATION, re.MULTILINE)
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def followed(address: str, name: str) -> list[str]:
    """The names in a list, through all of its pages."""
    found = []
    while address:
        page = read(address.removeprefix(SITE))
        found.append([each["name"] for each in page[name]])
        address = page["next"]
    return found


# Groups


def test_groups_are_those_of_the_page_in_its_order_as_each_says_it_of_itself():
    make_collective("Bike Kitchen", moderation_status=Status.PENDING)
    make_collective("Open House", summary="<p>We <b>meet</b>.</p>", links="https://house.example/ Our site")
    make_collective("Zine Library", moderation_status=Status.FEATURED)
    make_collective("Secret", moderation_status=Status.HIDDEN)

    document = read("/groups.json")

    page = lxml.html.fromstring(Client().get("/groups").content)
    assert [group["url"] for group in document["groups"]] == [
        SITE + path for path in page.xpath("//li[@class='group']//h2/a/@href")
    ]
    assert document["groups"] == [
        read(f"/groups/{slug}.json")["group"] for slug in ("zine-library", "bike-kitchen", "open-house")
    ]
    assert document["groups"][2] == {
        "id": Collective.objects.get(slug="open-house").pk,
        "url": f"{SITE}/groups/open-house",
        "name": "Open House",
        "slug": "open-house",
        "summary": "We meet.",
        "summary_html": "<p>We <b>meet</b>.</p>",
        "links": [{"title": "Our site", "url": "https://house.example/"}],
    }
    assert (document["title"], document["url"], document["next"]) == ("Groups", f"{SITE}/groups", None)


def test_groups_as_xml_are_the_array_of_their_documents():
    for name in ("Open House", "Bike Kitchen"):
        make_collective(name, summary="<p>“We” &amp; they</p>")
    make_collective("Secret", moderation_status=Status.HIDDEN)

    content = Client().get("/groups.xml").content

    groups = [Collective.objects.get(slug=slug) for slug in ("bike-kitchen", "open-house")]
    assert content == collection(map(collective_attributes, groups), root="collectives")
    inside = [Client().get(f"/groups/{group.slug}.xml").content.partition(b"?>\n")[2] for group in groups]
    assert b"".join(line[2:] for line in content.splitlines(keepends=True)[2:-1]) == b"".join(inside)


def test_group_that_a_filter_holds_is_on_no_list():
    make_filter("casino")
    held = make_collective("Casino", moderation_status=Status.PENDING, public_since=None)
    held.screen()

    assert held.is_held
    assert read("/groups.json")["groups"] == []
    assert Client().get("/groups.xml").content.endswith(b'<collectives type="array"/>\n')


def test_groups_come_in_the_same_pages_as_on_the_page(small_pages):
    for name in "edcba":
        make_collective(name)

    assert followed("/groups.json", "groups") == [["a", "b"], ["c", "d"], ["e"]]
    page, number = "/groups", 1
    while page:
        html = lxml.html.fromstring(Client().get(page).content)
        xml = Client().get(f"/groups.xml?page={number}")
        names = html.xpath("//li[@class='group']//h2/a/bdi/text()")
        assert names == re.findall(r"<name>(.*)</name>", xml.content.decode())
        further = html.xpath("//a[@rel='next']/@href")
        assert [f'<{SITE}/groups.xml{query}>; rel="next"' in xml["Link"] for query in further] == [True] * len(further)
        page, number = f"/groups{further[0]}" if further else "", number + 1
    assert number == 4


# Topics and areas


@pytest.mark.parametrize(("kind", "title"), [("tags", "Topics"), ("areas", "Areas")])
def test_terms_are_those_that_something_visible_has_with_how_much_is_soon(kind, title):
    for date in (NOW + DAY, NOW + 2 * DAY, NOW + 40 * DAY, NOW - DAY):
        make_event(date=date, **{kind: ("Food & drink",)})
    make_event(date=NOW - DAY, **{kind: ("bygone",)})
    make_event(status=Status.HIDDEN, **{kind: ("Food & drink", "secret")})

    assert read(f"/{kind}.json") == {
        "title": title,
        "url": f"{SITE}/{kind}",
        "next": None,
        kind: [
            {"url": f"{SITE}/{kind}/food-drink", "name": "Food & drink", "slug": "food-drink", "soon": 2},
            {"url": f"{SITE}/{kind}/bygone", "name": "bygone", "slug": "bygone", "soon": 0},
        ],
    }


@pytest.mark.parametrize("kind", ["tags", "areas"])
def test_next_leads_through_all_terms_once(small_pages, kind):
    make_event(**{kind: tuple("edcba")})
    make_event(status=Status.HIDDEN, **{kind: ("aa", "f")})

    assert followed(f"/{kind}.json", kind) == [["a", "b"], ["c", "d"], ["e"]]


# The public moderation log


def test_log_tells_when_what_and_why_and_nothing_that_leads_to_the_post():
    event = make_event(
        "Canary title", pk=7_777_777, summary="<p>Canary summary</p>", published_by="Canary author", tags=("canary",)
    )
    moderator = make_moderator("Canarylogin", signature="u.n")
    clause = Guideline.objects.create(title="No advertising")
    event.hide(by=moderator, reason="It sells something", clause=clause, note="Canary note")
    event.publish(by=moderator)
    make_collective("Canary group").hide(by=moderator, reason="Spam")

    response = Client().get("/hidden.json")

    same = {"when": "2026-06-10T12:00:00+00:00", "by": "u.n"}
    assert json.loads(response.content)["log"] == [
        {**same, "what": "hidden", "kind": "collective", "guideline": None, "reason": "Spam"},
        {**same, "what": "shown again", "kind": "event", "guideline": None, "reason": ""},
        {**same, "what": "hidden", "kind": "event", "guideline": "No advertising", "reason": "It sells something"},
    ]
    assert "canary" not in response.content.decode().lower()
    assert "7777777" not in response.content.decode()


def test_log_is_read_in_the_pages_of_the_page():
    moderator = make_moderator()
    for number in range(52):
        make_event().hide(by=moderator, reason=f"Reason {number}")

    first = read("/hidden.json")
    second = read(first["next"].removeprefix(SITE))

    page = lxml.html.fromstring(Client().get("/hidden").content)
    assert page.xpath("//a[@rel='next']/@href") == ["?" + first["next"].partition("?")[2]]
    reasons = [row["reason"] for row in first["log"] + second["log"]]
    assert reasons == [f"Reason {number}" for number in reversed(range(52))]
    assert (len(first["log"]), second["next"]) == (50, None)


def test_log_that_is_switched_off_is_not_found_in_words(settings):
    settings.PUBLIC_MODERATION_LOG = False
    make_event().hide(by=make_moderator(), reason="Spam")

    response = Client().get("/hidden.json")

    assert response.status_code == 404
    assert json.loads(response.content) == {"errors": ["There is nothing at this address."]}


# All of them


def test_every_key_is_documented_and_always_there():
    make_collective()
    make_event(tags=("food",), areas=("Bow",)).hide(by=make_moderator(), reason="")
    make_event(tags=("food",), areas=("Bow",))
    headings = {
        "groups": "A group,",
        "tags": "A topic or area",
        "areas": "A topic or area",
        "hidden": "A row of the log",
    }

    for name, heading in headings.items():
        *frame, key = read(f"/{name}.json").items()
        assert [each for each, _value in frame] == ["title", "url", "next"]
        (row,) = key[1]
        assert set(row) == documented(heading), name


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("number", ["x", "-1", "1.5", "٢", "9" * 30])
def test_page_that_is_no_number_is_answered_with_a_sentence_in_the_format(address, number):
    parameter = "before" if "hidden" in address else "page"

    response = Client().get(address, {parameter: number})

    sentence = f"“{parameter}” has to be a whole number."
    assert response.status_code == 400
    if address.endswith("xml"):
        assert f"<error>{sentence}</error>" in response.content.decode().replace("&#8220;", "“").replace("&#8221;", "”")
    else:
        assert json.loads(response.content) == {"errors": [sentence]}


def test_page_of_groups_that_is_no_number_is_answered_with_the_same_sentence():
    response = Client().get("/groups?page=x")

    assert response.status_code == 400
    assert "“page” has to be a whole number." in response.content.decode()


@pytest.mark.parametrize("address", ["/groups", *ADDRESSES[:-1]])
@pytest.mark.parametrize("number", ["0", "2", "9" * 18])
def test_page_beyond_the_last_is_not_found(address, number):
    make_collective()
    make_event(tags=("food",), areas=("Bow",))

    assert [Client().get(address, {"page": page}).status_code for page in ("1", number)] == [200, 404]


@pytest.mark.parametrize("address", ADDRESSES)
def test_list_with_nothing_in_it_is_there(address):
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_list_is_sent_again_only_when_something_in_it_changed(address):
    def change():
        event = make_event(tags=("food",), areas=("Bow",))
        make_collective()
        make_event().hide(by=make_moderator(), reason="Spam")
        return event

    change()
    client = Client()
    before = client.get(address)
    condition = {"if-none-match": before["ETag"], "if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    unchanged = client.get(address, headers=condition)
    change()
    changed = client.get(address, headers=condition)

    assert [before.status_code, unchanged.status_code, changed.status_code] == [200, 304, 200]
    assert before["Link"] == f'<{SITE}{address.partition(".")[0]}>; rel="alternate"; type="text/html"'


@pytest.mark.parametrize(
    ("page", "suffixes"),
    [
        ("/groups", ["/groups.json", "/groups.xml"]),
        ("/tags", ADDRESSES[2:4]),
        ("/hidden", ["/hidden.atom", "/hidden.json"]),
    ],
)
def test_page_names_its_formats(page, suffixes):
    html = lxml.html.fromstring(Client().get(page).content)

    assert html.xpath("//link[@rel='alternate']/@href") == suffixes
    assert html.xpath("//p[starts-with(@class, 'formats')]/a/@href") == suffixes
    for link in html.xpath("//link[@rel='alternate']"):
        assert Client().get(link.get("href"))["Content-Type"].partition(";")[0] == link.get("type")
