"""Moderators' deeds on public pages, and what authors do to their own posts."""

import pytest
from django.urls import reverse

from moderation.deeds import key_of
from moderation.models import ModerationAction, Status
from tests.factories import make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db


def test_event_page_has_the_deeds_for_a_moderator_only(client):
    event = make_event("Open picnic")
    page = event.get_absolute_url()
    assert "moderator-bar" not in client.get(page).content.decode()
    client.force_login(make_user())
    assert "moderator-bar" not in client.get(page).content.decode()

    client.force_login(make_moderator())
    text = client.get(page).content.decode()

    assert "moderator-bar" in text
    assert 'name="deed" value="feature"' in text


def test_deed_on_a_public_page_is_logged_as_such_and_comes_back_with_undo(client):
    event, moderator = make_event(status=Status.PENDING), make_moderator()
    client.force_login(moderator)
    address = reverse("events:moderate", args=[event.pk])
    data = {"post": key_of(event), f"seen-{key_of(event)}": event.version}

    page = client.post(address, {"deed": "feature", **data}, follow=True).content.decode()

    action = ModerationAction.objects.get()
    assert (action.deed, action.through) == ("feature", "page")
    assert page.count(f'name="undo" value="{action.pk}"') == 2  # in the message, and in the log
    client.post(reverse("admin:undo"), {"undo": action.pk, "next": address})
    event.refresh_from_db()
    assert event.is_pending


def test_hiding_on_the_public_page_asks_for_the_reason_at_its_field(client):
    event = make_event()
    client.force_login(make_moderator())
    address = reverse("events:moderate", args=[event.pk])

    page = client.post(address, {"deed": "hide", "post": key_of(event)}).content.decode()
    assert "Public reason" in page
    client.post(address, {"deed": "hide", "post": key_of(event), "with_reason": 1, "public_reason": "Twice"})

    event.refresh_from_db()
    assert event.public_reason == "Twice"


@pytest.mark.parametrize("visitor", [None, make_user])
def test_moderate_page_is_closed_to_others_also_when_posted_to(client, visitor):
    event = make_event(status=Status.PENDING)
    if visitor:
        client.force_login(visitor())
    address = reverse("events:moderate", args=[event.pk])

    for response in (client.get(address), client.post(address, {"deed": "publish", "post": key_of(event)})):
        assert response.status_code == (403 if visitor else 302)
    event.refresh_from_db()
    assert event.is_pending


@pytest.mark.parametrize("role", ["author", "member"])
def test_author_and_member_withdraw_a_post_and_put_it_back(client, role):
    user = make_user()
    event = make_event(
        "Picnic", **({"user": user} if role == "author" else {"collective": make_collective(members=(user,))})
    )
    client.force_login(user)
    address = reverse("events:withdraw", args=[event.pk])

    client.post(address, {"do": "withdraw"})
    client.post(address, {"do": "withdraw"})  # pressed twice
    answer = client.get(event.get_absolute_url())
    assert answer.status_code == 410
    assert "Its author took this post down." in answer.content.decode()
    assert "Picnic" not in answer.content.decode()

    client.post(address, {"do": "restore"})
    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED
    assert [action.deed for action in event.moderation_log] == ["restore", "withdraw"]
    assert event.admin_note == "\n<p>withdrawn by its author.</p>\n<p>put back by its author.</p>"


def test_nobody_but_a_moderator_brings_back_what_a_moderator_hid(client):
    author = make_user()
    event = make_event(user=author)
    event.withdraw(by=author)
    event.publish(by=make_moderator())
    event.hide(by=make_moderator(), reason="spam")
    client.force_login(author)

    assert client.post(reverse("events:withdraw", args=[event.pk]), {"do": "restore"}).status_code == 404
    assert client.get(reverse("events:update", args=[event.pk])).status_code == 404

    event.refresh_from_db()
    assert event.is_hidden


def test_stranger_withdraws_nothing(client):
    event = make_event(user=make_user())
    client.force_login(make_user())

    assert client.post(reverse("events:withdraw", args=[event.pk]), {"do": "restore"}).status_code == 404
    event.refresh_from_db()
    assert not event.is_hidden


def test_account_tells_the_author_status_and_reason(client):
    author = make_user()
    make_event("Taken down", user=author).hide(by=make_moderator(), reason="It sells something")
    make_event("Mine again", user=author).withdraw(by=author)
    make_event("Held", user=author, status=Status.HIDDEN, is_held=True, public_since=None)
    client.force_login(author)

    page = client.get("/account").content.decode()

    assert "It sells something" in page
    assert "withdrawn by you" in page
    assert "waiting for a moderator" in page
