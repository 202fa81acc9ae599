import io

import pytest
from django.core.management import call_command

from events.models import Event
from moderation.models import Status
from tests.factories import make_moderator


@pytest.mark.django_db
def test_seeded_event_that_is_hidden_answers_as_one_that_was_public(client):
    call_command("seed", stdout=io.StringIO())
    event = Event.objects.filter(moderation_status=Status.PUBLISHED)[0]

    event.hide(by=make_moderator(), reason="Not an event")

    assert client.get(event.get_absolute_url()).status_code == 410
