"""The flood brake: when strangers send more than the site lets through unseen, their posts wait."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from events.forms import PublishForm
from events.models import Event
from events.views import receipts
from events_site.guards import FormToken
from moderation.models import Deed, ModerationAction, QueueEntry, Status
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:queue")
LIMIT = 3


@pytest.fixture(autouse=True)
def _small_flood(settings):
    settings.FLOOD_POSTS_PER_HOUR = LIMIT
    settings.FORM_MIN_SECONDS = 0


def publish(title: str = "Picnic", by=None, **fields) -> Event:
    data = {
        "title": title,
        "summary": "Bring a friend.",
        "date_0": "2090-06-01",
        "date_1": "19:00",
        "form_token": str(FormToken.new()),
        **fields,
    }
    form = PublishForm(data, user=by)
    assert form.is_valid(), form.errors
    return Event.objects.get(pk=form.publish().pk)


def flood(number: int = LIMIT, **fields) -> None:
    for _ in range(number):
        make_event(status=Status.PENDING, submission_key=uuid.uuid4(), **fields)


def test_posts_appear_at_once_up_to_the_limit():
    events = [publish(f"Picnic {number}") for number in range(LIMIT)]

    assert {event.moderation_status for event in events} == {Status.PENDING}


def test_next_post_waits_and_was_never_public(client):
    flood()

    event = publish("One too many")

    assert (event.moderation_status, event.is_held, event.public_since) == (Status.HIDDEN, True, None)
    assert client.get(event.get_absolute_url()).status_code == 404
    receipt = client.get(reverse("events:posted", args=[receipts.sign_object(event.pk)])).content.decode()
    assert "waiting for a moderator" in receipt


def test_log_says_that_it_was_the_brake():
    flood()
    event = publish()

    action = ModerationAction.objects.of(event).get()
    assert (action.deed, action.user, action.signature) == (Deed.HOLD, None, "")
    assert "Flood brake" in action.private_note
    assert not ModerationAction.objects.public().exists()


def test_held_post_is_first_in_the_queue():
    flood(date=timezone.now() + timedelta(minutes=5))
    event = publish()

    first, *_others = QueueEntry.objects.page()[0]

    assert (first.post, first.rank, first.is_marked) == (event, QueueEntry.Rank.HELD, False)


def test_moderator_releases_what_waits_and_may_take_that_back(client):
    flood()
    event = publish()
    moderator = make_moderator()

    action = event.publish(by=moderator)

    assert event.is_public
    assert client.get(event.get_absolute_url()).status_code == 200
    action.undo(by=moderator)
    event.refresh_from_db()
    assert (event.moderation_status, event.is_held) == (Status.HIDDEN, True)


def test_brake_is_off_again_when_fewer_come(time_machine):
    time_machine.move_to("2026-06-10T12:00:00Z", tick=False)
    flood()
    assert publish("Held").is_held

    time_machine.shift(timedelta(minutes=61))

    assert not publish("Later").is_held


def test_what_waits_counts_too_so_that_the_flood_does_not_leak():
    flood()

    assert [publish(f"Spam {number}").is_held for number in range(5)] == [True] * 5


def test_brake_does_not_forget_with_the_cache():
    flood()
    cache.clear()

    assert publish().is_held


def test_post_under_an_account_is_not_held_nor_counted():
    member = make_user(date_joined=timezone.now() - timedelta(days=2))
    flood(5, user=member)
    assert not publish("By a stranger").is_held

    flood()

    assert publish("By a member", by=member).is_public
    assert publish("Not under the account", by=member, without_account="on").is_held


def test_new_accounts_are_strangers_until_they_are_trusted():
    flood(user=make_user())

    assert publish("Under a new account", by=make_user()).is_held
    assert publish("By a stranger").is_held
    assert publish("By somebody trusted", by=make_user(is_trusted=True)).is_public


def test_new_member_of_a_trusted_group_posts_for_it_in_a_flood():
    flood()
    member = make_user()

    assert publish("Open house", by=member, collective=make_collective(members=(member,)).pk).is_public


def test_imported_and_invented_events_are_no_flood():
    for _ in range(LIMIT + 1):
        make_event(status=Status.PENDING)

    assert not publish().is_held


def test_edit_in_a_flood_stays_where_it_is():
    event = make_event(status=Status.PENDING, submission_key=uuid.uuid4())
    flood()

    event.title = "Another title"
    event.revise(by=make_user())

    assert event.is_public


def test_filter_that_holds_it_is_the_only_one_to_do_so():
    make_filter("casino")
    flood()

    event = publish("Casino night")

    assert [action.private_note for action in ModerationAction.objects.of(event).filter(deed=Deed.HOLD)] == [""]


def test_site_that_reviews_everything_needs_no_brake(settings):
    settings.MODERATION_POLICY = "review"
    flood()

    event = publish()

    assert (event.moderation_status, event.is_held) == (Status.PENDING, False)


def test_queue_tells_moderators_while_the_brake_is_on(client):
    client.force_login(make_moderator())
    flood()
    assert "flood brake is on" not in client.get(QUEUE).content.decode()

    publish()

    assert "The flood brake is on (events)" in client.get(QUEUE).content.decode()


def test_brake_looks_at_no_more_rows_than_it_needs(django_assert_num_queries):
    flood(LIMIT * 3)

    with django_assert_num_queries(1) as queries:
        assert Event.objects.is_flooded()
    assert f"LIMIT {LIMIT + 1}" in queries[0]["sql"]
