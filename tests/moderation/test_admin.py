import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import Event
from moderation.deeds import key_of
from moderation.models import ModerationAction, Status
from tests.factories import PASSWORD, make_collective, make_event, make_moderator, make_superuser, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:events_event_changelist")


@pytest.fixture
def moderator(client):
    user = make_moderator("mod", signature="u.n")
    client.force_login(user)
    return user


def act(client, action, *posts, **data):
    data = {"action": action, "index": 0, "select_across": 0, "_selected_action": [post.pk for post in posts], **data}
    return client.post(LIST, data)


def statuses():
    return list(Event.objects.order_by("pk").values_list("moderation_status", flat=True))


def test_list_shows_status_date_author_and_collective(client, moderator):
    make_event("Open picnic", published_by="Rosa", collective=make_collective("Nettle"), status=Status.PENDING)

    page = client.get(LIST).content.decode()

    for text in ("Open picnic", "not yet reviewed", "Rosa", "Nettle"):
        assert text in page


@pytest.mark.parametrize("query", ["q=picnic", "moderation_status__exact=pending", "q=Common"])
def test_list_can_be_searched_and_filtered(client, moderator, query):
    make_event("Open picnic", status=Status.PENDING, place="The Common")
    make_event("Loud gig")

    page = client.get(f"{LIST}?{query}").content.decode()

    assert "Open picnic" in page
    assert "Loud gig" not in page


def test_list_costs_the_same_for_one_event_and_for_many(client, moderator, django_assert_num_queries):
    def make():
        make_event(collective=make_collective(), user=make_user())

    make()
    with CaptureQueriesContext(connection) as first:
        client.get(LIST)
    for _ in range(10):
        make()
    with django_assert_num_queries(len(first)):
        client.get(LIST)


@pytest.mark.parametrize(
    ("action", "status"),
    [("publish", Status.PUBLISHED), ("promote", Status.PROMOTED), ("feature", Status.FEATURED)],
)
def test_action_sets_the_status_of_many(client, moderator, action, status):
    posts = [make_event(status=Status.PENDING) for _ in range(3)]

    response = act(client, action, *posts[:2])

    assert (response.status_code, response["Location"]) == (302, LIST)
    assert statuses() == [status, status, Status.PENDING]
    assert ModerationAction.objects.filter(user=moderator, to_status=status).count() == 2
    posts[0].refresh_from_db()
    assert posts[0].admin_note.endswith(f"<p>{status} by u.n.</p>")
    assert f"2 posts: {status}." in client.get(LIST).content.decode()


def test_hide_asks_for_a_reason_first(client, moderator):
    post = make_event("Advertisement")

    page = act(client, "hide", post).content.decode()

    assert "Public reason" in page
    assert "Advertisement" in page
    assert statuses() == [Status.PUBLISHED]


def test_hide_without_a_reason_says_so_and_keeps_the_note(client, moderator):
    page = act(client, "hide", make_event(), with_reason=1, private_note="third time").content.decode()

    assert "Give a reason" in page
    assert "third time" in page
    assert statuses() == [Status.PUBLISHED]


def test_hide_with_a_reason_hides_many(client, moderator):
    posts = [make_event(), make_event()]

    act(client, "hide", *posts, with_reason=1, public_reason="Advertising", private_note="again")

    assert statuses() == [Status.HIDDEN, Status.HIDDEN]
    assert set(ModerationAction.objects.values_list("public_reason", "private_note")) == {("Advertising", "again")}


def test_hide_of_all_that_match_is_carried_through_the_question(client, moderator):
    posts = [make_event() for _ in range(3)]

    page = act(client, "hide", posts[0], select_across=1)
    keys = [key for key, _version, _post in page.context["rows"]]
    response = client.post(
        page.context["action_url"], {"deed": "hide", "post": keys, "with_reason": 1, "public_reason": "Flood"}
    )

    assert response.status_code == 302

    assert statuses() == [Status.HIDDEN] * 3


def test_event_page_offers_the_other_statuses_and_comes_back_to_it(client, moderator):
    post = make_event(status=Status.PENDING)
    address = reverse("admin:events_event_change", args=[post.pk])

    page = client.get(address).content.decode()
    assert re.findall('name="deed" value="([a-z]+)"', page) == ["publish", "promote", "feature", "hide", "stick"]
    data = {"deed": "feature", "post": key_of(post), f"seen-{key_of(post)}": post.version, "next": address}
    response = client.post(reverse("admin:act"), data)

    assert response["Location"] == address
    page = client.get(address).content.decode()
    assert 'name="deed" value="feature"' not in page
    assert "featured by u.n." in page


def test_event_is_edited_under_the_rules_of_the_public_form(client, moderator):
    post = make_event("Open picnic", status=Status.FEATURED)
    address = reverse("admin:events_event_change", args=[post.pk])
    date = post.date
    data = {"title": "Picnic", "summary": "*soon* <script>x</script>", "date_0": f"{date:%Y-%m-%d}", "date_1": "19:00"}

    assert client.post(address, data | {"title": "x" * 51}).status_code == 200
    post.refresh_from_db()
    assert post.title == "Open picnic"
    response = client.post(address, data | {"moderation_status": "hidden", "user": moderator.pk, "admin_note": "x"})

    assert response.status_code == 302
    post.refresh_from_db()
    assert (post.title, post.moderation_status, post.user, post.admin_note) == ("Picnic", Status.FEATURED, None, "")
    assert post.summary.startswith("<p><em>soon</em>")
    assert "<script" not in post.summary


@pytest.mark.parametrize("action", ["publish", "promote", "feature", "hide"])
def test_action_without_its_permission_is_refused_and_not_offered(client, action):
    user = make_user(is_staff=True)
    allowed = Permission.objects.filter(codename__in=["view_event", "change_event"])
    others = Permission.objects.filter(content_type__app_label="moderation").exclude(codename=action)
    user.user_permissions.set([*allowed, *others])
    client.force_login(user)
    post = make_event(status=Status.PENDING)

    assert f'<option value="{action}">' not in client.get(LIST).content.decode()
    response = act(client, action, post, with_reason=1, public_reason="spam")

    assert response.status_code == 403
    assert statuses() == [Status.PENDING]
    assert not ModerationAction.objects.exists()


def test_bulk_deed_is_done_for_all_or_for_none(client, moderator, monkeypatch):
    posts = [make_event(status=Status.PENDING) for _ in range(3)]
    record_deed = Event.record_deed

    def fail_at_the_last(event, *args):
        if event.pk == posts[2].pk:
            raise RuntimeError
        return record_deed(event, *args)

    monkeypatch.setattr(Event, "record_deed", fail_at_the_last)
    with pytest.raises(RuntimeError):
        act(client, "publish", *posts)

    assert statuses() == [Status.PENDING] * 3
    assert not ModerationAction.objects.exists()


def test_log_can_be_read_and_not_changed(client):
    client.force_login(make_superuser())
    event = make_event("Open picnic")
    event.hide(by=make_moderator(), reason="Advertising")
    action = ModerationAction.objects.get()
    address = reverse("admin:moderation_moderationaction_changelist")

    page = client.get(address).content.decode()

    assert "Open picnic" in page
    assert "Advertising" in page
    for name in ("change", "delete"):
        url = reverse(f"admin:moderation_moderationaction_{name}", args=[action.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
    assert ModerationAction.objects.get() == action


def test_admin_is_entered_through_the_login_page_of_the_site(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/login?next=/admin/"

    make_moderator("mod")
    response = client.post("/login?next=/admin/", {"username": "mod", "password": PASSWORD, "next": "/admin/"})
    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_admin_is_closed_to_other_accounts(client):
    client.force_login(make_user())
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403


def test_moderator_cannot_delete_or_make_accounts(client, moderator):
    event = make_event()
    assert client.post(reverse("admin:events_event_delete", args=[event.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:collectives_user_add")).status_code == 403
    assert client.post(reverse("admin:collectives_user_change", args=[moderator.pk]), {}).status_code == 403


def test_event_is_not_added_in_the_admin(client):
    client.force_login(make_superuser())
    assert client.get(reverse("admin:events_event_add")).status_code == 403


def test_moderator_sees_and_finds_no_address_of_an_account(client, moderator):
    user = make_user("amy", email="amy@example.org")
    accounts = reverse("admin:collectives_user_changelist")
    account = reverse("admin:collectives_user_change", args=[user.pk])

    assert [page for page in (accounts, account) if "amy@example.org" in client.get(page).content.decode()] == []
    assert account not in client.get(accounts, {"q": "amy@example.org"}).content.decode()

    client.force_login(make_superuser())
    assert "amy@example.org" in client.get(account).content.decode()
