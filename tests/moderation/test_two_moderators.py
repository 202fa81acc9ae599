"""Two moderators at once: each with a session of their own, at the same moment on PostgreSQL."""

import pytest
from django.test import Client
from django.urls import reverse

from moderation.deeds import key_of
from moderation.models import ModerationAction, QueueEntry, Status
from tests.concurrency import at_once
from tests.factories import make_event, make_moderator

pytestmark = pytest.mark.django_db(transaction=True)


def session(username):
    client = Client()
    client.force_login(make_moderator(username))
    return client


def seen_in_the_queue(client):
    """The form of the one post, as this moderator was shown it."""
    (card,) = client.get(reverse("admin:queue")).context["cards"]
    return {"post": card.key, f"seen-{card.key}": card.post.version}


def test_of_two_deeds_at_once_one_is_done_and_the_other_moderator_is_shown_it():
    event = make_event("Picnic", status=Status.PENDING)
    first, second = session("first"), session("second")
    data = [seen_in_the_queue(first) | {"deed": "feature"}, seen_in_the_queue(second) | {"deed": "promote"}]

    answers = at_once(
        *(lambda client=client, form=form: client.post(reverse("admin:act"), form)
          for client, form in zip((first, second), data, strict=True))
    )  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    done = ModerationAction.objects.get()
    told = next(answer for answer in answers if answer.status_code == 409).content.decode()
    assert done.get_deed_display() in told
    assert done.user.username in told
    event.refresh_from_db()
    assert event.moderation_status == done.to_status

    # The second decides, knowing what the first did.
    loser, form = (first, data[0]) if done.deed == "promote" else (second, data[1])
    key = key_of(event)
    assert loser.post(reverse("admin:act"), form | {f"seen-{key}": event.version}).status_code == 302
    assert ModerationAction.objects.count() == 2


def test_of_two_undoings_at_once_one_is_done():
    event = make_event(status=Status.PENDING)
    action = event.publish(by=make_moderator())
    first, second = session("first"), session("second")

    at_once(
        *(lambda client=client: client.post(reverse("admin:undo"), {"undo": action.pk}) for client in (first, second))
    )

    event.refresh_from_db()
    assert event.is_pending
    assert [each.deed for each in event.moderation_log] == ["undo", "publish"]


def test_of_two_claims_at_once_one_holds():
    make_event(status=Status.PENDING)
    moderators = [make_moderator(), make_moderator()]

    held = at_once(*(lambda user=user: QueueEntry.objects.get().claim(by=user) for user in moderators))

    assert sorted(held) == [False, True]
    assert QueueEntry.objects.get().claimed_by == moderators[held.index(True)]
