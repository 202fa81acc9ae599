import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from collectives.models import Collective
from events.management.commands import seed
from events.models import Event
from tests.factories import make_collective, make_event, make_user

pytestmark = pytest.mark.django_db


def run() -> str:
    stdout = io.StringIO()
    call_command("seed", stdout=stdout)
    return stdout.getvalue()


def test_seed_fills_an_empty_database(client):
    output = run()

    assert output == "created: 1, unchanged: 0, updated: 0, refused: 0\nMade 60 events.\n"
    assert Event.objects.count() == 61
    assert Event.objects.upcoming().count() > 30
    assert client.get(reverse("events:home")).status_code == 200
    assert client.get("/events/2565.xml").content == seed.GENUINE.read_bytes()


def test_seed_again_does_nothing():
    run()
    before = list(Event.objects.order_by("pk").values())

    assert run() == ""
    assert list(Event.objects.order_by("pk").values()) == before


def test_seed_does_not_mind_accounts():
    make_user()

    run()

    assert Event.objects.count() == 61


@pytest.mark.parametrize("make", [make_event, make_collective])
def test_seed_leaves_a_site_in_use_alone(make):
    make()

    assert run() == ""
    assert Event.objects.count() + Collective.objects.count() == 1


def test_seed_that_fails_leaves_the_database_empty_for_the_next_try(monkeypatch, tmp_path):
    broken = tmp_path / "broken.xml"
    broken.write_bytes(b"<events type='array'>" + seed.GENUINE.read_bytes().split(b"\n", 1)[1] + b"<event/></events>")
    monkeypatch.setattr(seed, "GENUINE", broken)

    with pytest.raises(CommandError):
        run()

    assert not Event.objects.exists()
