import io
import zoneinfo
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from collectives.models import Collective
from events.models import Area, Comment, Event, Tag
from events_site.sanitizing import plain_text, sanitized
from moderation.models import ModerationAction, QueueEntry, Status

NOON = "2026-03-28 12:00Z"

pytestmark = pytest.mark.django_db


def make_programme(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Everything about the invented events but their ids."""
    stdout = io.StringIO()
    with time_machine.travel(NOON, tick=False):
        call_command("demo_data", events=number, seed=seed, stdout=stdout)
    assert stdout.getvalue() == f"Made {number} events.\n"
    programme = []
    for event in Event.objects.select_related("collective").prefetch_related("tags", "areas").order_by("pk"):
        values = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
        values |= {"tags": sorted(map(str, event.tags.all())), "areas": sorted(map(str, event.areas.all()))}
        values["comments"] = [(comment.body, comment.created_on) for comment in event.comments.order_by("pk")]
        values |= {"collective_id": str(event.collective), "reason": event.public_reason if event.is_hidden else ""}
        del values["id"]
        programme.append(values)
    return programme


def clear() -> None:
    for model in (ModerationAction, Event, Collective, Tag, Area):
        model.objects.all().delete()


def test_same_seed_on_the_same_day_makes_the_same():
    first = make_programme(51)
    clear()

    assert make_programme(51) == first


def test_another_seed_makes_another_programme():
    first = make_programme(60)
    clear()

    assert make_programme(60, seed=2) != first


@pytest.mark.parametrize("number", [0, 1, 60, 3000])
def test_number_of_events(number):
    assert len(make_programme(number)) == number
    assert Event.objects.count() == number


def test_second_run_adds_to_the_first():
    make_programme(3)
    collectives = Collective.objects.count()

    make_programme(4)

    assert Event.objects.count() == 7
    assert Collective.objects.count() == collectives


def test_negative_number_is_refused():
    with pytest.raises(CommandError, match="--events cannot be negative"):
        call_command("demo_data", events=-1)


def test_events_are_valid_and_plausible():
    make_programme(120)

    with time_machine.travel(NOON, tick=False):
        now = timezone.now()
        for event in Event.objects.prefetch_related("tags", "areas"):
            event.full_clean(exclude=["stick_at_top"])
            assert event.created_on <= event.updated_on <= now
            assert event.created_on < event.date
            assert event.date.hour in range(6, 24)
            assert event.tags.count() >= 1
            assert event.areas.count() == 1
            assert len(event.title) <= 50
            assert plain_text(event.summary)
            assert plain_text(event.body)
            assert "&lt;" not in sanitized(event.body)
            assert (event.contact_email or "x.example.org").endswith("example.org")
            assert (event.source or "https://x.example.org").startswith("https://")


def test_few_events_are_mostly_to_come():
    make_programme(60)

    with time_machine.travel(NOON, tick=False):
        upcoming = Event.objects.upcoming().count()
        month = Event.objects.filter(date__lt=timezone.now() + timedelta(days=36)).count()

    assert 36 <= upcoming <= 48
    assert month == 60


def test_programme_has_every_status_and_the_reason_of_what_is_hidden():
    make_programme(60)

    statuses = Counter(Event.objects.values_list("moderation_status", flat=True))
    assert set(statuses) == set(Status.values)
    assert statuses["published"] > 40
    hidden = [event.public_reason for event in Event.objects.filter(moderation_status=Status.HIDDEN)]
    assert "" not in hidden


@pytest.mark.parametrize("policy", ["open", "review"])
def test_what_was_public_is_known_to_have_been(policy):
    """Bulk inserts pass by the model's save; without this a demo post that is hidden would answer 404, not 410."""
    with override_settings(MODERATION_POLICY=policy):
        make_programme(60)

    not_public = set(Event.objects.filter(public_since=None).values_list("moderation_status", flat=True))
    assert not_public == (set() if policy == "open" else {"pending"})


def test_readers_have_added_to_some_events_since_they_were_posted():
    make_programme(60)

    comments = list(Comment.objects.select_related("event"))
    assert 15 < len(comments) < 60
    assert set(Status.values) - {"promoted", "featured"} == {comment.moderation_status for comment in comments}
    for comment in comments:
        comment.full_clean(exclude=["user"])
        assert comment.event.is_public
        assert comment.event.created_on <= comment.created_on < datetime.fromisoformat(NOON)
    assert {comment.is_organiser for comment in comments} == {True, False}
    waiting = QueueEntry.objects.filter(content_type=ContentType.objects.get_for_model(Comment))
    pending = {comment.pk for comment in comments if comment.is_pending}
    assert set(waiting.values_list("object_id", flat=True)) == pending
    assert all(comment.public_reason for comment in comments if comment.is_hidden)


def test_times_are_of_the_wall_clock_on_the_night_that_the_clocks_change():
    zone = zoneinfo.ZoneInfo("Europe/London")
    with override_settings(TIME_ZONE="Europe/London"):
        make_programme(14)

    library = Event.objects.get(title="The library stays open: assembly")
    school = Event.objects.get(title="Weekend school: power at work")
    assert f"{library.date.astimezone(zone):%d %H:%M %Z}" == "28 19:00 GMT"
    assert f"{school.date.astimezone(zone):%d %H:%M %Z}" == "16 17:00 BST"


def test_what_was_not_reviewed_waits_in_the_queue_and_what_was_hidden_is_in_the_public_log():
    make_programme(60)

    pending = set(Event.objects.filter(moderation_status=Status.PENDING).values_list("pk", flat=True))
    hidden = set(Event.objects.filter(moderation_status=Status.HIDDEN).values_list("pk", flat=True))
    of_events = {"content_type": ContentType.objects.get_for_model(Event)}
    assert set(QueueEntry.objects.filter(**of_events).values_list("object_id", flat=True)) == pending
    assert set(ModerationAction.objects.public().filter(**of_events).values_list("object_id", flat=True)) == hidden
    assert pending
    assert hidden
