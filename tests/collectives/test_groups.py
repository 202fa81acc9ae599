"""Groups that people run by themselves: founding, joining, inviting, roles, leaving, and who may do what."""

import io
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from collectives.models import Collective, Invitation, JoinRequest, LastAdministrator, Membership
from events.models import Event
from events_site.guards import FormToken
from moderation.models import QueueEntry, Status
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
ADMINISTRATOR, MEMBER = Membership.Role.ADMINISTRATOR, Membership.Role.MEMBER
LAST = "Somebody has to look after the group: make another member administrator first."


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def browser(user=None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def read(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(response) -> str:
    return " ".join(read(response).xpath("//main")[0].text_content().split())


def make_group(*administrators, members=(), **fields) -> Collective:
    group = make_collective("Nettle", members=members, **fields)
    for user in administrators:
        group.memberships.create(user=user, role=ADMINISTRATOR)
    return group


def roles(group) -> dict[str, str]:
    return dict(group.memberships.order_by("user").values_list("user__username", "role"))


def membership(group, user) -> int:
    return group.memberships.get(user=user).pk


# Who may do what


def everybody() -> dict[str, Client]:
    amy, ben = make_user("amy"), make_user("ben")
    make_group(amy, members=(ben,))
    people = {"other": make_user("other"), "member": ben, "administrator": amy, "moderator": make_moderator("mod")}
    return {"anonymous": browser()} | {role: browser(user) for role, user in people.items()}


#                anonymous other member administrator moderator
PAGES = {
    "": [200, 200, 200, 200, 200],
    ".xml": [200, 200, 200, 200, 200],
    ".ics": [200, 200, 200, 200, 200],
    ".atom": [200, 200, 200, 200, 200],
    "/archive": [301, 301, 301, 301, 301],
    "/join": [302, 200, 302, 302, 200],
    "/leave": [302, 404, 200, 200, 404],
    "/edit": [302, 404, 404, 200, 200],
    "/members": [302, 404, 404, 200, 200],
    "/posts": [302, 404, 200, 200, 200],
    "/import": [302, 404, 404, 200, 200],
    "/members/1": [405] * 5,
    "/requests/1": [405] * 5,
    "/invitations": [405] * 5,
    "/invitations/1": [405] * 5,
}


def test_each_page_opens_for_whom_it_is_meant():
    clients = everybody()

    found = {page: [client.get(f"/groups/nettle{page}").status_code for client in clients.values()] for page in PAGES}

    assert found == PAGES


@pytest.mark.parametrize("page", ["edit", "members/{ben}", "requests/{asked}", "invitations", "invitations/{open}"])
def test_only_who_looks_after_the_group_changes_it(page):
    clients = everybody()
    group = Collective.objects.get()
    group.ask_to_join(make_user("zoe"))
    group.invite(1)
    address = "/groups/nettle/" + page.format(
        ben=group.memberships.get(user__username="ben").pk,
        asked=group.join_requests.get().pk,
        open=group.invitations.get().pk,
    )
    data = {"name": "Forged", "do": "accept", "uses_left": 1}
    before = state()

    refused = {role: clients[role].post(address, data).status_code for role in ("anonymous", "other", "member")}

    assert refused == {"anonymous": 302, "other": 404, "member": 404}
    assert state() == before


def state() -> tuple:
    return (
        list(Collective.objects.values_list("name", "summary", "links", "moderation_status", "is_trusted")),
        list(Membership.objects.values_list("user", "collective", "role").order_by("pk")),
        list(JoinRequest.objects.values_list("user", "text")),
        list(Invitation.objects.values_list("uses_left")),
    )


def test_login_names_are_on_no_page_but_that_of_the_members():
    clients = everybody()
    Collective.objects.get().ask_to_join(make_user("zoe"))

    for role in ("anonymous", "other", "member"):
        for page in ("", ".xml", ".ics", "/archive", "/join", "/posts", "/edit", "/members"):
            text = clients[role].get(f"/groups/nettle{page}").content.decode()
            assert [name for name in ("amy", "zoe") if name in text] == [], (role, page)
    shown = words(clients["administrator"].get("/groups/nettle/members"))
    assert [name for name in ("amy", "ben", "zoe") if name in shown] == ["amy", "ben", "zoe"]


def test_mail_addresses_are_not_shown_even_to_administrators():
    amy = make_user("amy", email="amy@example.org")
    group = make_group(amy, members=(make_user("ben", email="ben@example.org"),))
    group.ask_to_join(make_user("zoe", email="zoe@example.org"))

    assert "example.org" not in browser(amy).get("/groups/nettle/members").content.decode()


def test_administrator_of_one_group_is_nobody_in_another():
    amy = make_user()
    make_group(amy)
    other = make_collective("Other", members=(ben := make_user(),))

    answers = [
        browser(amy).post("/groups/other/edit", {"name": "Forged"}),
        browser(amy).post(f"/groups/nettle/members/{membership(other, ben)}", {"do": "remove"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 302]
    assert Collective.objects.filter(name="Other").exists()
    assert other.memberships.count() == 1


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize(("page", "queries"), [("members", 8), ("posts", 6)])
def test_pages_of_a_group_cost_the_same_with_many_members(django_assert_num_queries, page, queries, number):
    amy = make_user()
    group = make_group(amy, members=tuple(make_user() for _ in range(number)))
    for _ in range(number):
        group.ask_to_join(make_user())
        group.invite(1)
        make_event(collective=group)
        make_event(collective=group).hide(by=make_moderator())
    client = browser(amy)

    with django_assert_num_queries(queries):
        client.get(f"/groups/nettle/{page}")


# Founding


def founding(**typed) -> dict:
    token = FormToken.new()
    return {"name": "Bike Kitchen", "form_token": str(token), **typed}


@pytest.fixture
def _patient(settings):
    settings.FORM_MIN_SECONDS = -1


@pytest.mark.usefixtures("_patient")
def test_founder_looks_after_the_new_group_which_is_not_trusted():
    amy = make_user("amy")

    response = browser(amy).post("/groups/new", founding(summary="We *mend*.", links="example.org Our page"))

    group = Collective.objects.get()
    assert (response.status_code, response.url) == (302, "/groups/bike-kitchen")
    assert (group.summary, group.links) == ("<p>We <em>mend</em>.</p>", "https://example.org Our page")
    assert (group.moderation_status, group.is_trusted, roles(group)) == ("pending", False, {"amy": "administrator"})
    assert QueueEntry.objects.of(group).exists()


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("review", 404)])
def test_new_group_is_seen_by_others_as_the_policy_says(settings, policy, status):
    settings.MODERATION_POLICY = policy
    amy = make_user()
    browser(amy).post("/groups/new", founding())
    make_event("Workshop", collective=Collective.objects.get())

    assert browser().get("/groups/bike-kitchen").status_code == status
    assert browser(make_user()).get("/groups/bike-kitchen").status_code == status
    assert browser(amy).get("/groups/bike-kitchen").status_code == 200
    assert browser(make_moderator()).get("/groups/bike-kitchen").status_code == 200
    named = ["Bike Kitchen" in browser().get(path).content.decode() for path in ("/", "/groups", "/events")]
    assert named == [status == 200] * 3


@pytest.mark.usefixtures("_patient")
def test_founder_posts_for_the_new_group_under_review_until_a_moderator_trusts_it():
    amy = make_user()
    browser(amy).post("/groups/new", founding())
    group, statuses = Collective.objects.get(), []

    for trusted in (False, True):
        if trusted:
            group.trust(by=make_moderator())
        event = Event(title="Workshop", user=amy, collective=Collective.objects.get())
        event.record_creation()
        statuses.append(event.moderation_status)

    assert statuses == ["pending", "published"]


@pytest.mark.usefixtures("_patient")
def test_form_sent_twice_founds_one_group():
    client, data = browser(make_user()), founding()

    answers = [client.post("/groups/new", data).url for _ in range(2)]

    assert answers == ["/groups/bike-kitchen"] * 2
    assert Collective.objects.count() == 1


@pytest.mark.usefixtures("_patient")
@pytest.mark.django_db(transaction=True)
def test_two_who_found_groups_of_one_name_at_once_get_two():
    clients = [browser(make_user()) for _ in range(2)]

    found = at_once(*[lambda client=client: client.post("/groups/new", founding()).url for client in clients])

    assert sorted(found) == ["/groups/bike-kitchen", "/groups/bike-kitchen-2"]


@pytest.mark.usefixtures("_patient")
def test_nobody_founds_more_than_five_groups_a_day(clock):
    client = browser(amy := make_user())
    for number in range(5):
        client.post("/groups/new", founding(name=f"Group {number}"))

    sixth = client.post("/groups/new", founding(name="Sixth"))

    assert "You have started several groups today." in words(sixth)
    assert read(sixth).xpath("//input[@name='name']/@value") == ["Sixth"]
    clock.move_to(NOW + timedelta(days=1, minutes=1), tick=False)
    assert browser(amy).post("/groups/new", founding(name="Sixth")).status_code == 302


@pytest.mark.usefixtures("_patient")
def test_content_filter_holds_a_new_group():
    make_filter("casino")
    amy = make_user()

    browser(amy).post("/groups/new", founding(links="https://example.org Casino"))

    assert Collective.objects.get().is_held
    assert browser().get("/groups/bike-kitchen").status_code == 404
    assert "Waiting for a moderator" in words(browser(amy).get("/groups/bike-kitchen"))


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Name: This field is required."),
        ({"name": "<b>x</b>"}, "Name: This is plain text: take out the HTML tags, such as <b>."),
        ({"slug": "New"}, "Address: This address is taken by the site itself."),
        ({"slug": "invitation"}, "Address: This address is taken by the site itself."),
        ({"slug": "77"}, "Address: The address needs at least one letter."),
        ({"slug": "nettle"}, "Address: Collective with this Address already exists."),
        ({"links": "javascript://x%0Apwned() x"}, "Links: “javascript://x%0Apwned() x” does not begin with"),
        ({"links": "ftp://example.org"}, "Links: “ftp://example.org” does not begin with a web address"),
        ({"links": "our page"}, "Links: “https://our page” does not begin with a web address"),
        ({"links": "https://example.org\n" * 11}, "Links: Choose at most 10 links."),
        ({"links": f"https://example.org {'x' * 500}"}, "Links: Keep each link under 500 letters"),
        ({"website": "x"}, "A field that people do not see was filled in."),
    ],
)
def test_bad_input_is_answered_at_its_field_and_nothing_is_founded(typed, said):
    make_group()

    page = browser(make_user()).post("/groups/new", founding(**typed))

    assert page.status_code == 200
    assert said in words(page)
    assert Collective.objects.count() == 1


def test_nobody_founds_a_group_without_an_account():
    assert browser().get("/groups/new").url == "/login?next=/groups/new"


@pytest.mark.parametrize("name", ["New", "NEW", "Invitation"])
def test_address_is_never_one_of_the_sites_own(name):
    assert make_collective(name).slug == f"group-{name.lower()}"


# The page


def test_links_are_printed_for_people_and_not_for_search_engines():
    make_group(links="https://example.org/x Our <b>page</b>\njavascript:pwned() x\nhttps://b.example")

    links = read(browser().get("/groups/nettle")).xpath("//main//a[@rel='nofollow ugc noopener']")

    assert [(link.get("href"), link.text_content()) for link in links] == [
        ("https://example.org/x", "Our <b>page</b>"),
        ("https://b.example", "https://b.example"),
    ]


def test_calendar_and_archive_of_a_group_have_what_it_does():
    group = make_group()
    make_event("Soon", collective=group)
    make_event("Over", collective=group, date=datetime(2020, 1, 1, tzinfo=UTC))
    make_event("Secret", collective=group, status=Status.HIDDEN)
    make_event("Of others", date=datetime(2020, 1, 1, tzinfo=UTC))
    titles = ("Soon", "Over", "Secret", "Of others")

    calendar = browser().get("/groups/nettle.ics")
    archive = browser().get("/groups/nettle/archive", follow=True)

    assert calendar["Content-Type"] == "text/calendar; charset=utf-8"
    assert [title for title in titles if title in calendar.content.decode()] == ["Soon", "Over"]
    assert archive.redirect_chain == [("/events/archive?group=nettle", 301)]
    assert [title for title in titles if title in words(archive)] == ["Over"]


def test_featured_groups_come_first():
    for name, status in [("A", Status.PUBLISHED), ("B", Status.PROMOTED), ("C", Status.FEATURED)]:
        make_event(collective=make_collective(name, moderation_status=status))

    page = read(browser().get("/groups"))
    home = read(browser().get("/"))

    assert [title.text_content() for title in page.xpath("//li[@class='group']//h2/a")] == ["C", "B", "A"]
    assert [title.text_content() for title in home.xpath("//p[@class='tags']/a")] == ["C", "B", "A"]


def test_edit_comes_back_to_the_queue_with_what_was_changed():
    amy = make_user()
    group = make_group(amy, summary="<p>Old words</p>")
    client = browser(amy)
    seen = read(client.get("/groups/nettle/edit")).xpath("//input[@name='seen']/@value")[0]

    response = client.post("/groups/nettle/edit", {"name": "Nettles", "summary": "New words", "seen": seen})

    group.refresh_from_db()
    assert (response.url, group.name, group.slug) == ("/groups/nettle", "Nettles", "nettle")
    assert group.moderation_status == Status.PUBLISHED
    assert QueueEntry.objects.of(group).get().is_edited
    assert group.content_as_reviewed()["summary"] == "<p>Old words</p>"


def test_form_holds_what_was_typed():
    make_group(amy := make_user())
    client = browser(amy)
    client.post("/groups/nettle/edit", {"name": "Nettle", "summary": "We *mend*."})

    page = read(client.get("/groups/nettle/edit"))

    assert page.xpath("//textarea[@name='summary']")[0].text.strip() == "We *mend*."
    client.post("/groups/nettle/edit", {"name": "Nettle", "summary": "We *mend*."})
    assert Collective.objects.get().summary == "<p>We <em>mend</em>.</p>"


def test_two_who_edit_at_once_see_each_others_change():
    amy = make_user()
    group = make_group(amy, summary="<p>Old</p>")
    client = browser(amy)
    client.post("/groups/nettle/edit", {"name": "Changed", "seen": 1})

    second = client.post("/groups/nettle/edit", {"name": "Mine", "seen": 1})

    group.refresh_from_db()
    assert group.name == "Changed"
    assert "Somebody else has changed this since you opened it." in words(second)
    assert read(second).xpath("//input[@name='name']/@value") == ["Mine"]
    [seen] = read(second).xpath("//input[@name='seen']/@value")
    client.post("/groups/nettle/edit", {"name": "Mine", "seen": seen})
    group.refresh_from_db()
    assert group.name == "Mine"


def test_edit_takes_only_the_fields_of_the_form():
    amy = make_user()
    group = make_group(amy, is_trusted=False)
    forged = {"slug": "x", "is_trusted": "on", "moderation_status": "featured", "image": "x", "id": 77, "version": 9}

    browser(amy).post("/groups/nettle/edit", {"name": "Nettle", "summary": "x", **forged})

    group.refresh_from_db()
    assert (group.slug, group.is_trusted, group.moderation_status, group.image) == ("nettle", False, "published", None)


def test_administrator_cannot_bring_back_what_moderators_hid_and_reads_why():
    amy = make_user()
    group = make_group(amy)
    group.hide(by=make_moderator(), reason="Advertising <only>")
    client = browser(amy)

    codes = [client.get(f"/groups/nettle{page}").status_code for page in ("", "/edit", "/members", "/posts", "/join")]

    assert codes == [410, 404, 404, 404, 404]
    assert client.post("/groups/nettle/edit", {"name": "Back"}).status_code == 404
    assert "hidden by moderators: Advertising <only>" in words(client.get("/account"))


# Joining


def test_request_waits_for_the_administrators_who_are_told(django_capture_on_commit_callbacks):
    amy, ben = make_user("amy", email="amy@example.org"), make_user("ben", email="ben@example.org")
    group = make_group(amy, members=(ben,))
    group.memberships.create(user=make_user(email="cleo@example.org"), role=ADMINISTRATOR)
    zoe = make_user("zoe")

    with django_capture_on_commit_callbacks(execute=True):
        response = browser(zoe).post("/groups/nettle/join", {"text": "I mend <bikes>"})

    assert "You have asked." in words(browser(zoe).get(response.url))
    assert (JoinRequest.objects.get().user, zoe.is_member_of(group)) == (zoe, False)
    assert sorted(address for message in mail.outbox for address in message.to) == [
        "amy@example.org",
        "cleo@example.org",
    ]
    assert all("/groups/nettle/members" in message.body for message in mail.outbox)
    assert all("zoe" not in message.body and "bikes" not in message.body for message in mail.outbox)
    assert "I mend <bikes>" in words(browser(amy).get("/groups/nettle/members"))


@pytest.mark.parametrize(("do", "is_in"), [("accept", True), ("decline", False)])
def test_answer_lets_in_or_not_and_is_mailed(django_capture_on_commit_callbacks, do, is_in):
    amy, zoe = make_user(), make_user(email="zoe@example.org")
    group = make_group(amy)
    group.ask_to_join(zoe)
    address = f"/groups/nettle/requests/{group.join_requests.get().pk}"

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            browser(amy).post(address, {"do": do})

    assert (zoe.is_member_of(group), JoinRequest.objects.count()) == (is_in, 0)
    [message] = mail.outbox
    assert (message.to, "/groups/nettle" in message.body) == (["zoe@example.org"], True)


def test_who_asks_twice_or_belongs_already_asks_once():
    amy, zoe = make_user(), make_user()
    group = make_group(amy)

    for user in (zoe, zoe, amy):
        browser(user).post("/groups/nettle/join", {"text": "x"})

    assert [request.user for request in group.join_requests.all()] == [zoe]


@pytest.mark.parametrize("status", [Status.HIDDEN, Status.PENDING])
def test_nobody_asks_to_join_what_they_cannot_see(settings, status):
    settings.MODERATION_POLICY = "review"
    make_group(moderation_status=status)

    assert browser(make_user()).post("/groups/nettle/join", {"text": "x"}).status_code == 404


def test_line_about_oneself_has_one_line():
    make_group()

    page = browser(make_user()).post("/groups/nettle/join", {"text": "x" * 256})

    assert "255" in words(page)
    assert JoinRequest.objects.count() == 0


# Inviting


def invite(user, uses=1) -> str:
    page = browser(user).post("/groups/nettle/invitations", {"uses_left": uses})
    [link] = read(page).xpath("//input[@id='link']/@value")
    return link.removeprefix("http://testserver")


def test_link_lets_in_as_many_as_it_says_and_is_kept_nowhere():
    group = make_group(amy := make_user("amy"))
    link = invite(amy, uses=2)
    ann, bob, cem = [make_user(name) for name in ("ann", "bob", "cem")]

    codes = [browser(user).post(link).status_code for user in (ann, ann, bob, cem)]

    assert codes == [302, 302, 302, 404]
    assert roles(group) == {"amy": "administrator", "ann": "member", "bob": "member"}
    assert link.rpartition("/")[2] not in repr(list(Invitation.objects.values()))


def test_opening_the_link_lets_nobody_in_yet():
    group = make_group(amy := make_user())
    link = invite(amy)

    page = browser(make_user()).get(link)

    assert "Nettle" in words(page)
    assert (group.memberships.count(), group.invitations.get().uses_left) == (1, 1)
    assert "no-store" in page["Cache-Control"]


def test_link_asks_for_a_login_first():
    make_group(amy := make_user())
    link = invite(amy)

    assert browser().get(link).url == f"/login?next={link}"


def test_link_is_good_for_two_weeks(clock):
    make_group(amy := make_user())
    link = invite(amy)
    found = []

    for days in (13.9, 14.1):
        clock.move_to(NOW + timedelta(days=days), tick=False)
        found.append(browser(make_user()).post(link).status_code)

    assert found == [302, 404]


def test_link_that_was_taken_back_or_never_was_opens_nothing():
    group = make_group(amy := make_user())
    link = invite(amy)

    browser(amy).post(f"/groups/nettle/invitations/{group.invitations.get().pk}")

    assert browser(make_user()).get(link).status_code == 404
    assert browser(make_user()).get("/groups/invitation/guessed").status_code == 404


def test_link_to_a_hidden_group_opens_nothing_and_one_to_a_waiting_group_does_not_name_it(settings):
    settings.MODERATION_POLICY = "review"
    group = make_group(amy := make_user(), moderation_status=Status.PENDING)
    link = invite(amy)

    waiting = words(browser(make_user()).get(link))
    group.hide(by=make_moderator())

    assert "Nettle" not in waiting
    assert browser(make_user()).post(link).status_code == 404


def test_who_was_removed_does_not_come_back_by_a_link_that_is_still_open():
    group = make_group(amy := make_user())
    ben = make_user()
    link = f"/groups/invitation/{group.invite(5)}"
    browser(ben).post(link)
    browser(amy).post(f"/groups/nettle/members/{membership(group, ben)}", {"do": "remove"})

    assert browser(ben).post(link).status_code == 404
    assert not ben.is_member_of(group)
    assert not group.invitations.exists()


def test_link_stays_open_when_somebody_leaves():
    group = make_group(make_user())
    ben, link = make_user(), f"/groups/invitation/{group.invite(5)}"
    browser(ben).post(link)
    browser(ben).post("/groups/nettle/leave")

    assert browser(make_user()).post(link).status_code == 302


def test_there_are_never_more_than_twenty_open_links():
    group = make_group(amy := make_user())
    for _ in range(20):
        group.invite(1)

    page = browser(amy).post("/groups/nettle/invitations", {"uses_left": 1})

    assert "There are many open invitations: take one back first." in words(page)
    assert group.invitations.count() == 20


@pytest.mark.parametrize("uses", ["0", "51", "x", ""])
def test_odd_number_of_people_is_answered_at_its_field(uses):
    make_group(amy := make_user())

    page = browser(amy).post("/groups/nettle/invitations", {"uses_left": uses})

    assert "For how many people:" in words(page)
    assert Invitation.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_use_the_last_place_of_a_link_at_once_are_one():
    group = make_group(amy := make_user("amy"))
    link = invite(amy)
    clients = [browser(make_user()) for _ in range(2)]

    codes = at_once(*[lambda client=client: client.post(link).status_code for client in clients])

    assert sorted(codes) == [302, 404]
    assert group.memberships.count() == 2


# Roles


def test_administrator_gives_and_takes_roles():
    amy, ben = make_user("amy"), make_user("ben")
    group = make_group(amy, members=(ben,))
    address = f"/groups/nettle/members/{membership(group, ben)}"
    found = []

    for do in ("administrator", "member", "king", "", "remove"):
        browser(amy).post(address, {"do": do})
        found.append(roles(group).get("ben"))

    assert found == ["administrator", "member", "member", "member", None]


@pytest.mark.parametrize("do", ["member", "remove"])
@pytest.mark.parametrize("by_moderator", [False, True])
def test_last_administrator_stays(do, by_moderator):
    amy = make_user("amy")
    group = make_group(amy, members=(make_user(),))
    client = browser(make_moderator() if by_moderator else amy)

    page = client.post(f"/groups/nettle/members/{membership(group, amy)}", {"do": do}, follow=True)

    assert LAST in words(page)
    assert roles(group)["amy"] == "administrator"


def test_last_administrator_cannot_leave_before_naming_another():
    amy, ben = make_user("amy"), make_user("ben")
    group = make_group(amy, members=(ben,))

    refused = browser(amy).post("/groups/nettle/leave")
    group.set_role(membership(group, ben), ADMINISTRATOR)
    left = browser(amy).post("/groups/nettle/leave")

    assert LAST in words(refused)
    assert (left.url, roles(group)) == ("/account", {"ben": "administrator"})


def test_administrator_whose_account_is_closed_does_not_count():
    group = make_group(amy := make_user(), make_user(is_active=False))

    with pytest.raises(LastAdministrator):
        group.leave(amy)


def test_who_gives_up_the_role_is_led_to_their_account():
    group = make_group(amy := make_user(), make_user())

    response = browser(amy).post(f"/groups/nettle/members/{membership(group, amy)}", {"do": "member"})

    assert response.url == "/account"


def test_asking_to_leave_asks_once_more():
    group = make_group(make_user(), members=(ben := make_user(),))

    page = browser(ben).get("/groups/nettle/leave")

    assert "Leave the group" in words(page)
    assert ben.is_member_of(group)
    browser(ben).post("/groups/nettle/leave")
    assert not ben.is_member_of(group)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["leave", "demote each other"])
def test_two_last_administrators_who_go_at_once_leave_one(how):
    amy, ben = make_user(), make_user()
    group = make_group(amy, ben)

    def go(user) -> bool:
        try:
            if how == "leave":
                Collective.objects.get().leave(user)
            else:
                Collective.objects.get().set_role(membership(group, user), MEMBER)
        except LastAdministrator:
            return False
        return True

    assert sorted(at_once(lambda: go(amy), lambda: go(ben))) == [False, True]
    assert group.memberships.filter(role=ADMINISTRATOR).count() == 1


# What is posted in the group's name


@pytest.mark.usefixtures("_patient")
@pytest.mark.parametrize("is_member", [False, True])
def test_only_members_post_as_the_group_even_with_a_forged_form(is_member):
    ben = make_user()
    group = make_group(make_user(), members=(ben,) if is_member else ())
    typed = {"title": "Gig", "summary": "x", "date_0": "2090-06-01", "date_1": "19:00", "collective": group.pk}

    browser(ben).post("/events/new", typed | {"form_token": str(FormToken.new())})

    assert list(Event.objects.filter(collective=group).values_list("title", flat=True)) == ["Gig"] * is_member


def test_members_see_what_was_posted_as_the_group_with_what_became_of_it():
    ben = make_user()
    group = make_group(make_user(), members=(ben,))
    make_event("Waiting", collective=group, status=Status.PENDING)
    make_event("Mine", collective=group, user=ben).withdraw(by=ben)
    make_event("Taken down", collective=group).hide(by=make_moderator(), reason="Twice", note="private-note")
    make_event("Of others")

    text = words(browser(ben).get("/groups/nettle/posts"))

    assert "Waiting not yet reviewed" in text
    assert "Mine withdrawn by you or your group Put it back" in text
    assert "Taken down hidden by moderators: Twice" in text
    assert [word for word in ("private-note", "Of others") if word in text] == []


def test_page_of_a_group_leads_its_members_to_a_post_in_its_name():
    amy, nettle = make_user(), make_group(make_user("root"))
    other = make_collective("Other", members=(amy,))
    Membership.objects.create(user=amy, collective=nettle)

    def chosen(address: str) -> list[str]:
        return read(browser(amy).get(address)).xpath("//select[@name='collective']/option[@selected]/@value")

    [address] = read(browser(amy).get("/groups/nettle")).xpath("//p[@class='deeds']/a[.='Publish an event']/@href")
    assert chosen(address) == [str(nettle.pk)]
    assert chosen(f"/events/new?collective={other.pk}") == [str(other.pk)]
    for wrong in (make_collective("Of others").pk, "nettle", ""):
        assert chosen(f"/events/new?collective={wrong}") in ([], [""])


def test_account_lists_ones_groups_with_the_role_and_what_one_can_do():
    amy = make_user()
    make_group(amy)
    make_collective("Open House", members=(amy,))
    make_collective("Of others")

    page = read(browser(amy).get("/account"))

    rows = {
        row.xpath(".//b")[0].text_content(): [link.text_content() for link in row.xpath("p[@class='deeds']/a")]
        for row in page.xpath("//ul[@class='people']/li")
    }
    assert rows == {"Nettle": ["Edit", "Members", "Posts", "Leave"], "Open House": ["Posts", "Leave"]}


# The picture


def photo(colour="red") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (1200, 600), colour).save(file, "PNG")
    return SimpleUploadedFile("us.png", file.getvalue(), "image/png")


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "groups"


def send_picture(user, file=None, **typed) -> Collective:
    files = {"picture": file} if file else {}
    browser(user).post("/groups/nettle/edit", {"name": "Nettle", **files, **typed})
    return Collective.objects.get()


def test_picture_is_shown_and_answers_at_the_address_that_the_xml_names(media):
    make_group(amy := make_user())

    group = send_picture(amy, photo())

    [image] = read(browser().get("/groups/nettle")).xpath("//main//img")
    answer = browser().get(image.get("src"))
    assert (image.get("width"), image.get("height")) == ("960", "480")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert image.get("src") in browser().get("/groups/nettle.xml").content.decode()
    assert browser().get(group.picture["webp"])["Content-Type"] == "image/webp"
    assert QueueEntry.objects.of(group).get().is_edited


def test_picture_of_a_group_that_may_not_be_seen_may_not_either(media):
    group = make_group(amy := make_user())
    group = send_picture(amy, photo())
    group.hide(by=make_moderator())

    codes = [browser(user).get(group.picture["jpg"]).status_code for user in (None, amy, make_moderator())]

    assert codes == [404, 404, 200]


def test_pictures_count_for_whoever_sends_them(media, settings):
    settings.LIMITS = settings.LIMITS | {"upload": [(2, 600)]}
    make_group(amy := make_user())
    kept = [send_picture(amy, photo(colour)).image for colour in ("red", "blue", "green")]

    assert kept[0] != kept[1] == kept[2]


def test_old_picture_goes_with_the_new_one_and_with_the_group(media, django_capture_on_commit_callbacks):
    make_group(amy := make_user())
    found = []

    for deed in (
        lambda: send_picture(amy, photo()),
        lambda: send_picture(amy, photo("blue")),
        lambda: send_picture(amy, without_picture="on"),
        lambda: send_picture(amy, photo()),
        lambda: Collective.objects.get().delete(),
    ):
        with django_capture_on_commit_callbacks(execute=True):
            deed()
        found.append(len(list(media.iterdir())))

    assert found == [2, 2, 0, 2, 0]


def test_imported_picture_keeps_its_name_when_the_page_is_edited(media):
    group = make_group(amy := make_user(), image="us.gif")

    browser(amy).post("/groups/nettle/edit", {"name": "Nettles"})

    group.refresh_from_db()
    assert (group.name, group.image, group.picture) == ("Nettles", "us.gif", None)
    assert browser().get(group.image_path).status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"<svg onload=pwned()>", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused_at_its_field(media, content):
    group = make_group(amy := make_user())

    page = browser(amy).post(
        "/groups/nettle/edit", {"name": "Nettles", "picture": SimpleUploadedFile("us.png", content)}
    )

    group.refresh_from_db()
    assert "Picture:" in words(page)
    assert (group.name, group.image) == ("Nettle", None)
