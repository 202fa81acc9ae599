"""Pages of groups, the login, and one's own account."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import lxml.html
import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from events.models import Comment, Event
from moderation.models import Status
from tests.factories import PASSWORD, make_collective, make_comment, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def read(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def titles(element) -> list[str]:
    return [words(title) for title in element.xpath(".//*[@class='row__title']")]


# Groups


def test_index_lists_groups_by_name(client):
    make_collective("Open House", summary="<p>We <b>meet</b>.</p>")
    make_collective("Bike Kitchen", moderation_status=Status.PENDING)
    make_collective("Hidden", moderation_status=Status.HIDDEN)

    page = read(client.get("/groups"))

    groups = page.xpath("//li[@class='group']")
    assert [(words(group), group.xpath(".//a/@href")) for group in groups] == [
        ("Bike Kitchen Not yet reviewed", ["/groups/bike-kitchen"]),
        ("Open House We meet.", ["/groups/open-house"]),
    ]


def test_index_without_groups_says_so(client):
    assert "No group publishes here yet." in words(read(client.get("/groups")))


def test_detail_shows_what_the_group_does_and_did(client):
    group = make_collective("Open House", summary="<p>We <b>meet</b>.</p><script>alert(1)</script>")
    make_event("Later", date=NOW + 2 * DAY, collective=group)
    make_event("Soon", date=NOW + DAY, collective=group, status=Status.PENDING)
    make_event("Over", date=NOW - DAY, collective=group)
    make_event("Hidden", date=NOW + DAY, collective=group, status=Status.HIDDEN)
    make_event("Of others", date=NOW + DAY)

    page = read(client.get("/groups/open-house"))

    assert titles(page) == ["Soon", "Later", "Over"]
    assert words(page.xpath("//h1")[0]) == "Open House"
    [about] = page.xpath("//div[@class='prose']")
    assert lxml.html.tostring(about, encoding="unicode").strip() == (
        '<div class="prose" dir="auto"><p>We <b>meet</b>.</p></div>'
    )
    assert page.xpath("//link[@rel='alternate']/@href") == [
        "/groups/open-house.xml",
        *(f"/groups/open-house.{suffix}" for suffix in ("ics", "atom", "rss", "json", "txt")),
    ]


def test_detail_has_pages(client):
    group = make_collective("Open House")
    for number in range(33):
        make_event(f"Event {number:02}", date=NOW + DAY, collective=group)
    first = read(client.get("/groups/open-house"))
    [further] = first.xpath("//a[@rel='next']/@href")

    second = read(client.get(further))

    assert titles(first) + titles(second) == [f"Event {number:02}" for number in range(33)]


@pytest.mark.parametrize(("after", "status"), [("garbage", 400), ("%00", 400), ("4102444800000000-1", 400)])
def test_detail_answers_odd_cursors(client, after, status):
    make_collective("Open House")

    assert client.get("/groups/open-house", {"after": after}).status_code == status


def test_number_leads_to_the_name_for_good(client):
    group = make_collective("Open House")

    response = client.get(f"/groups/{group.pk}")

    assert (response.status_code, response.url) == (301, "/groups/open-house")


def test_hidden_group_is_gone_with_its_reason_at_every_address(client):
    group = make_collective("Open House", summary="<p>Secret</p>")
    group.hide(by=make_moderator(), reason="Asked for by the group")

    answers = [client.get(f"/groups/{name}{suffix}") for name in (group.slug, group.pk) for suffix in ("", ".xml")]

    assert [answer.status_code for answer in answers] == [410] * 4
    assert ["Asked for by the group" in answer.content.decode() for answer in answers] == [True] * 4
    assert [text for text in ("Open House", "Secret") for answer in answers if text in answer.content.decode()] == []


def test_hidden_group_is_seen_by_moderators_marked_as_such(client):
    group = make_collective("Open House", moderation_status=Status.HIDDEN)
    client.force_login(make_moderator())

    response = client.get(f"/groups/{group.pk}", follow=True)

    assert "Only moderators see this page." in words(read(response))


def test_pending_group_waits_for_a_moderator_under_review(client, settings):
    settings.MODERATION_POLICY = "review"
    group = make_collective(moderation_status=Status.PENDING)

    answers = [client.get(f"/groups/{name}{suffix}") for name in (group.slug, group.pk) for suffix in ("", ".xml")]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_hidden_group_is_not_named_beside_its_events(client):
    group = make_collective("Open House", moderation_status=Status.HIDDEN)
    event = make_event("Picnic", date=NOW + DAY, collective=group)

    pages = [client.get(path).content.decode() for path in ("/", "/events", event.get_absolute_url())]

    assert [("Picnic" in page, "Open House" in page) for page in pages] == [(True, False)] * 3


# Login and logout


def log_in(client, **typed):
    return client.post("/login", {"username": "amy", "password": PASSWORD, **typed})


def test_login_leads_to_ones_own_posts(client):
    make_user("amy")

    assert log_in(client).url == "/account"


def test_login_leads_on_to_where_one_was_going(client):
    make_user("amy")
    page = read(client.get("/login", {"next": "/events/5/edit"}))

    [going] = page.xpath("//input[@name='next']/@value")

    assert log_in(client, next=going).url == "/events/5/edit"


ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "http://testserver@evil.example",
    "http://testserver.evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example/%2f..",
    "http:///evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_login_leads_to_no_other_site(client, target):
    make_user("amy")

    in_form = log_in(Client(), next=target).url
    in_address = client.post(f"/login?{urlencode({'next': target})}", {"username": "amy", "password": PASSWORD}).url

    assert (in_form, in_address) == ("/account", "/account")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_logout_leads_to_no_other_site(client, target):
    client.force_login(make_user())

    assert client.post("/logout", {"next": target}).url == "/"


def test_wrong_password_is_answered_beside_the_form(client):
    make_user("amy")

    page = read(log_in(client, password="wrong"))

    assert [words(error) for error in page.xpath("//*[@role='alert']//li")] == [
        "This name and this password do not go together."
    ]
    assert page.xpath("//input[@name='username']/@value") == ["amy"]
    assert page.xpath("//input[@name='password']/@value") == []


@pytest.mark.parametrize(("typed", "ends_with_browser"), [({}, True), ({"stay": "on"}, False)])
def test_login_ends_with_the_browser_unless_asked(client, typed, ends_with_browser):
    make_user("amy")

    log_in(client, **typed)

    assert client.session.get_expire_at_browser_close() is ends_with_browser
    assert (client.cookies["sessionid"]["max-age"] == "") is ends_with_browser


def test_login_makes_a_new_session(client):
    make_user("amy")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key

    log_in(client)

    assert client.cookies["sessionid"].value != session.session_key


def test_login_of_another_site_is_refused():
    make_user("amy")
    client = Client(enforce_csrf_checks=True)

    assert log_in(client).status_code == 403
    assert "sessionid" not in client.cookies


def test_logout_needs_a_post(client):
    client.force_login(make_user())

    assert client.get("/logout").status_code == 405
    assert client.get("/account").status_code == 200


def test_logout_ends_the_session_and_clears_the_browser(client):
    client.force_login(make_user())

    response = client.post("/logout")

    assert (response.url, response["Clear-Site-Data"]) == ("/", '"cookies", "storage"')
    assert client.get("/account").url == "/login?next=/account"


# One's own account


def test_account_lists_ones_own_posts_with_their_status(client):
    user = make_user("amy")
    for status in Status:
        make_event(str(status), status=status, user=user)
    make_event("Of others", user=make_user())
    client.force_login(user)

    page = read(client.get("/account"))

    rows = {
        words(row.xpath(".//h2")[0]): " · ".join(words(line) for line in row.xpath(".//h2/following-sibling::p"))
        for row in page.xpath("//li[@class='row']")
    }
    assert rows == {
        "hidden": "hidden by moderators",
        "featured": "featured · Edit Cancel or postpone Withdraw Post again",
        "promoted": "promoted · Edit Cancel or postpone Withdraw Post again",
        "published": "published · Edit Cancel or postpone Withdraw Post again",
        "pending": "not yet reviewed · Edit Cancel or postpone Withdraw Post again",
    }
    assert words(page.xpath("//header/following::p[@class='kicker']")[0]) == "amy"


def test_account_links_what_can_be_seen_and_edited(client):
    user = make_user()
    event = make_event(user=user)
    make_event(user=user, status=Status.HIDDEN)
    client.force_login(user)

    links = read(client.get("/account")).xpath("//li[@class='row']//a/@href")

    assert links == [f"/events/{event.pk}{path}" for path in ("", "/edit", "/cancel", "/withdraw", "/copy")]
    assert [client.get(link).status_code for link in links] == [200] * 5


def test_account_says_why_a_post_is_hidden_and_keeps_the_private_note(client):
    user = make_user()
    event = make_event("Picnic", user=user)
    event.hide(by=make_moderator("loginname"), reason="First <reason>", note="secret")
    event.publish(by=make_moderator())
    event.hide(by=make_moderator(), reason="Posted <twice>", note="secret")
    client.force_login(user)

    page = read(client.get("/account"))

    assert [words(meta) for meta in page.xpath("//p[@class='row__meta']")] == ["hidden by moderators: Posted <twice>"]
    assert [text for text in ("secret", "loginname", "First") if text in words(page.xpath("//ol")[0])] == []


def test_account_shows_fifty_posts_and_leads_to_older_ones(client):
    user = make_user()
    for number in range(51):
        make_event(f"Number {number}", user=user)
    client.force_login(user)

    page = read(client.get("/account"))
    [older] = page.xpath("//nav[@class='pagination']/a/@href")
    rest = read(client.get(f"/account{older}"))

    assert titles(page) == [f"Number {number}" for number in range(50, 0, -1)]
    assert (titles(rest), rest.xpath("//nav[@class='pagination']")) == (["Number 0"], [])
    assert client.get("/account?before=x").status_code == 200


def test_account_without_posts_says_so(client):
    client.force_login(make_user())

    assert "You have not posted anything under this account." in words(read(client.get("/account")))


def test_account_shows_an_event_without_a_date(client):
    user = make_user()
    make_event("Odd", date=None, user=user)
    client.force_login(user)

    assert titles(read(client.get("/account"))) == ["Odd"]


def test_account_needs_a_login(client):
    assert client.get("/account").url == "/login?next=/account"


@pytest.mark.parametrize("number", [1, 4])
def test_account_costs_the_same_with_many_posts(client, django_assert_num_queries, number):
    user, moderator = make_user(), make_moderator()
    for _ in range(number):
        make_event(user=user, collective=make_collective(members=(user,)))
        make_collective(members=(user,)).hide(by=moderator, reason="Off topic")
        make_event(user=user).hide(by=moderator, reason="Off topic")
        make_comment(make_event(), user=user)
    client.force_login(user)
    ContentType.objects.get_for_model(Event)
    ContentType.objects.get_for_model(Comment)

    with django_assert_num_queries(7):
        client.get("/account")
