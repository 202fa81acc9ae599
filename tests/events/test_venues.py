"""Where events take place: known again by name, with a page and a way to a map."""

import importlib
from datetime import timedelta

import lxml.html
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from events.models import Event, Venue
from moderation.models import Status
from tests.factories import make_event, make_moderator

pytestmark = pytest.mark.django_db


def make_venue(name: str = "The Lion, High Street", **where: float) -> Venue:
    make_event(place=name)
    Venue.objects.update(**where)
    return Venue.objects.get()


def test_case_and_punctuation_make_no_other_venue():
    first = make_event(place="The Lion, High Street")
    same = make_event(place="the lion – High street!")
    other = make_event(place="The Lion, Church Street")
    nowhere = [make_event(place=place) for place in ("", "???")]

    assert [event.venue for event in (first, same)] == [Venue.objects.get(slug="the-lion-high-street")] * 2
    assert other.venue.name == "The Lion, Church Street"
    assert [event.venue for event in nowhere] == [None, None]


def test_event_that_moves_is_at_the_other_venue():
    event = make_event(place="The Lion")

    event.place = "The Swan"
    event.save(update_fields=["place"])

    event.refresh_from_db()
    assert event.venue.name == "The Swan"


def test_dates_and_copies_of_an_event_are_at_its_venue():
    event = make_event(place="The Lion")

    assert event.copy_to(timezone.make_naive(event.date) + timedelta(days=7)).venue == event.venue


def test_many_places_cost_three_queries_at_most(django_assert_max_num_queries):
    Venue.objects.of("Place 1")

    with django_assert_max_num_queries(3):
        found = Venue.objects.by_place([f"place {number}" for number in range(50)])

    assert len({venue.pk for venue in found.values()}) == 50
    assert found["place 1"].name == "Place 1"


def test_migration_gives_the_events_that_are_there_their_venues():
    for place in ("The Lion", "the lion", "The Swan", "", "…"):
        make_event(place=place)
    Event.objects.update(venue=None)
    Venue.objects.all().delete()

    importlib.import_module("events.migrations.0012_event_venues").give_venues(apps, None)

    named = Event.objects.order_by("pk").values_list("venue__slug", flat=True)
    assert list(named) == ["the-lion", "the-lion", "the-swan", None, None]


def test_venue_that_no_event_names_is_pruned_unless_something_is_known_of_it():
    for place in ("Gone", "Gone, on the map", "Here"):
        make_event(place=place)
    Event.objects.exclude(place="Here").delete()
    Venue.objects.filter(name="Gone, on the map").update(latitude=51.5, longitude=0)

    call_command("prune", verbosity=0)

    assert set(Venue.objects.values_list("name", flat=True)) == {"Gone, on the map", "Here"}


@pytest.mark.parametrize("where", [(91, 0), (0, 181), (51.5, None), (None, 0.1)])
def test_coordinates_are_on_earth_and_come_in_pairs(where):
    venue = make_venue()
    venue.latitude, venue.longitude = where

    with pytest.raises(ValidationError):
        venue.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        venue.save()


@pytest.mark.parametrize("at", ["venue", "event"])
def test_pages_lead_to_a_map_and_load_nothing_from_it(client, at):
    venue = make_venue(latitude=51.5, longitude=-0.1)
    address = venue.get_absolute_url() if at == "venue" else venue.events.get().get_absolute_url()

    page = lxml.html.fromstring(client.get(address).content)

    links = page.xpath("//a[contains(@href, 'openstreetmap')]")
    assert [link.get("href") for link in links] == [
        "https://www.openstreetmap.org/?mlat=51.5&mlon=-0.1#map=17/51.5/-0.1"
    ]
    assert "noreferrer" in links[0].get("rel")
    assert page.xpath("//*[contains(@src, 'openstreetmap')]") == []


def test_map_of_a_venue_without_coordinates_is_a_search(client):
    venue = make_venue("Lion & Swan, “High” Street")

    assert venue.map_url == "https://www.openstreetmap.org/search?query=Lion+%26+Swan%2C+%E2%80%9CHigh%E2%80%9D+Street"
    assert venue.geo_uri == ""


def test_venue_of_hidden_events_alone_is_not_there(client):
    venue = make_venue()
    address = venue.get_absolute_url()
    Event.objects.update(moderation_status=Status.HIDDEN)

    assert [client.get(address + suffix).status_code for suffix in ("", ".ics", ".json")] == [404] * 3


def test_moderators_say_where_a_venue_is(client):
    venue = make_venue()
    client.force_login(make_moderator())

    client.post(f"/admin/events/venue/{venue.pk}/change/", {"latitude": "51.5", "longitude": "-0.1"})

    venue.refresh_from_db()
    assert venue.coordinates == (51.5, -0.1)
