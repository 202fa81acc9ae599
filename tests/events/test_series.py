"""Series: what a person fills in, the dates that come of it, and what is done to them together."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from events.models import Event, EventGroup
from events.recurrence import Recurrence, Unit
from moderation.models import QueueEntry, Status
from tests.factories import make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

def make_series(number=5, *, rule=None, **fields):
    """A weekly series of so many dates that begins tomorrow at 19:30."""
    starts = timezone.make_naive(timezone.now() + timedelta(days=1)).replace(hour=19, minute=30, second=0, microsecond=0)
    rule = rule or Recurrence(starts, count=number)
    series = EventGroup.objects.make(rule)
    first = timezone.make_aware(rule.starts)
    event = make_event("Choir", date=first, end_date=first + timedelta(hours=2), event_group=series, recurrence_id=first, tags=("song",), **fields)
    event.screen()
    series.make_dates(event, EventGroup.horizon())
    return [event, *series.events.exclude(pk=event.pk).order_by("date")]


def test_make():
    dates = make_series(status=Status.PENDING)
    assert len(dates) == 5
    assert QueueEntry.objects.count() == 5
    assert QueueEntry.objects.in_front().count() == 1
    assert [d.tags.count() for d in dates] == [1]*5
