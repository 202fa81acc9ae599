"""A thousand machines that do everything right, one member, and one person on Tor without scripts."""

import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import html

from events.models import Event
from events_site.guards import FormToken
from tests.factories import make_user
from tests.routes import Kind, World, of_kind

pytestmark = pytest.mark.django_db

BOTS = 1_000


def form_token() -> str:
    """Of a form that was open for a minute, as a patient machine has it."""
    opened = time.time() - 60
    return str(FormToken(uuid.uuid4().hex, opened, opened))


def fields(title: str) -> dict[str, str]:
    return {
        "title": title,
        "summary": "Cheap watches.",
        "date_0": "2090-06-01",
        "date_1": "19:00",
        "form_token": form_token(),
    }


def test_after_the_brake_no_bot_reaches_a_public_page(client, settings):
    settings.TOR_ADDRESSES = {"127.0.0.1"}
    world = World()

    for number in range(BOTS):
        response = client.post(
            "/events/new", fields(f"Watches {number:04}"), REMOTE_ADDR=f"10.9.{number // 250}.{number % 250}"
        )
        assert response.status_code == 302

    let_through = Event.objects.visible().filter(title__startswith="Watches")
    assert sorted(let_through.values_list("title", flat=True)) == [f"Watches {number:04}" for number in range(60)]
    assert Event.objects.filter(title__startswith="Watches", is_held=True).count() == BOTS - 60
    for route in of_kind(Kind.PAGE, Kind.DATA):
        for address in route.addresses(world):
            page = client.get(address).content.decode(errors="replace")
            assert not [number for number in range(60, BOTS) if f"Watches {number:04}" in page], address
    for event in Event.objects.filter(is_held=True).order_by("pk")[:3]:
        assert client.get(event.get_absolute_url()).status_code == 404

    # A person on Tor fills in the form as it is served, and learns that it waits.
    form = html.fromstring(client.get("/events/new", REMOTE_ADDR="127.0.0.1").content).get_element_by_id("event_form")
    settings.FORM_MIN_SECONDS = 0
    token = dict(form.form_values())["form_token"]
    sent = client.post(
        "/events/new",
        fields("Tenants' meeting") | {"form_token": token},
        REMOTE_ADDR="127.0.0.1",
        follow=True,
    )
    assert sent.status_code == 200
    assert "waiting for a moderator" in sent.content.decode()
    assert Event.objects.get(title="Tenants' meeting").is_held

    # A member's post appears as always.
    client.force_login(make_user(date_joined=timezone.now() - timedelta(days=30)))
    client.post("/events/new", fields("Choir rehearsal"), REMOTE_ADDR="10.9.0.1")
    assert Event.objects.visible().filter(title="Choir rehearsal").exists()
