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
    return Venue.objects.of_some(Event.objects.all()).get()


def test_case_and_punctuation_make_no_other_venue():
    first = make_event(place="The Lion, High Street")
    same = make_event(place="the lion – High street!")
    other = make_event(place="The Lion, Church Street")
    nowhere = [make_event(place=place) for place in ("", "???")]

    assert [event.venue for event in (first, same)] == [Venue.objects.get(slug="the-lion-high-street")] * 2
    assert other.venue.slug == "the-lion-church-street"
    assert [event.venue for event in nowhere] == [None, None]


def test_event_that_moves_is_at_the_other_venue():
    event = make_event(place="The Lion")

    event.place = "The Swan"
    event.save(update_fields=["place"])

    event.refresh_from_db()
    assert event.venue.slug == "the-swan"


def test_dates_and_copies_of_an_event_are_at_its_venue():
    event = make_event(place="The Lion")

    assert event.copy_to(timezone.make_naive(event.date) + timedelta(days=7)).venue == event.venue


def test_many_places_cost_three_queries_at_most(django_assert_max_num_queries):
    Venue.objects.of("Place 1")

    with django_assert_max_num_queries(3):
        found = Venue.objects.by_place([f"place {number}" for number in range(50)])

    assert len({venue.pk for venue in found.values()}) == 50
    assert found["place 1"] == Venue.objects.of("Place 1")


def test_migration_gives_the_events_that_are_there_their_venues():
    for place in ("The Lion", "the lion", "The Swan", "", "…"):
        make_event(place=place)
    Event.objects.update(venue=None)
    Venue.objects.all().delete()

    importlib.import_module("events.migrations.0012_event_venues").give_venues(apps, None)

    named = Event.objects.order_by("pk").values_list("venue__slug", flat=True)
    assert list(named) == ["the-lion", "the-lion", "the-swan", None, None]


def test_venue_that_no_event_names_is_pruned_unless_something_is_known_of_it():
    for place in ("Gone", "Gone, on the map", "Gone, with a name", "Here"):
        make_event(place=place)
    Event.objects.exclude(place="Here").delete()
    Venue.objects.filter(slug="gone-on-the-map").update(latitude=51.5, longitude=0)
    Venue.objects.filter(slug="gone-with-a-name").update(name="GONE, with a name")

    call_command("prune", verbosity=0)

    assert set(Venue.objects.values_list("slug", flat=True)) == {"gone-on-the-map", "gone-with-a-name", "here"}


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

    client.post(f"/admin/events/venue/{venue.pk}/change/", {"name": "", "latitude": "51.5", "longitude": "-0.1"})

    venue.refresh_from_db()
    assert venue.coordinates == (51.5, -0.1)


def correct(client, venue: Venue, name: str) -> str:
    """Has a moderator give the venue a name; what is wrong with it."""
    client.force_login(make_moderator())
    response = client.post(f"/admin/events/venue/{venue.pk}/change/", {"name": name, "latitude": "", "longitude": ""})
    client.logout()
    if response.status_code == 302:
        return ""
    return lxml.html.fromstring(response.content.decode()).xpath("string(//ul[@class='errorlist'])").strip()


def shown(client) -> list[str]:
    """How the venue is called on its page, in a feed, and among the filters of a list."""
    page = lxml.html.fromstring(client.get("/places/the-lion").content)
    feed = lxml.html.fromstring(client.get("/places/the-lion.atom").content)
    narrowed = lxml.html.fromstring(client.get("/events?place=the-lion").content)
    found = [
        page.xpath("string(//h1)"),
        feed.xpath("string(//title)").partition(" · ")[0],
        narrowed.xpath("string(//form//input[@name='place']/@value)"),
    ]
    assert narrowed.xpath("string(//ul[@aria-label='Narrowed down to']//bdi)") == f"at {found[0]}"
    return found


def test_venue_is_called_as_the_first_event_that_readers_see_has_it(client):
    tomorrow = timezone.now() + timedelta(days=1)
    first = make_event(place="THE LION!!!", date=tomorrow)
    make_event(place="The Lion", date=tomorrow + timedelta(days=1))
    make_event(place="the lion", date=tomorrow + timedelta(days=2))
    before = shown(client)

    first.hide(by=make_moderator())

    assert before == ["THE LION!!!"] * 3
    assert shown(client) == ["The Lion"] * 3
    for path in ("/places/the-lion", "/places/the-lion.json", "/places/the-lion.ics", "/events?place=the-lion"):
        assert "THE LION" not in client.get(path).content.decode()


def test_moderators_correct_how_the_name_of_a_venue_is_written(client):
    venue = make_venue("THE LION!!!")

    assert correct(client, venue, "The Lion") == ""

    assert shown(client) == ["The Lion"] * 3
    make_event(place="the lion", date=timezone.now() - timedelta(days=1))
    assert shown(client) == ["The Lion"] * 3


def test_venue_cannot_be_given_the_name_of_another(client):
    venue = make_venue("THE LION!!!")

    said = correct(client, venue, "The Swan")

    assert said == "Only case and punctuation may change: these words are the venue “the-lion”."
    assert shown(client) == ["THE LION!!!"] * 3


@pytest.mark.parametrize("words", ["The Lion", "lion", "High St.", "street LION"])
def test_moderators_find_a_venue_by_its_words(client, words):
    make_venue("The Lion, High St. (near the street)")
    make_event(place="The Swan")
    client.force_login(make_moderator())

    found = lxml.html.fromstring(client.get("/admin/events/venue/", {"q": words}).content)

    assert found.xpath("//tbody//th//a/text()") == ["The Lion, High St. (near the street)"]


def test_moderators_read_of_no_name_that_only_hidden_posts_have(client):
    make_event(place="THE LION!!!", status=Status.HIDDEN)
    client.force_login(make_moderator())

    found = lxml.html.fromstring(client.get("/admin/events/venue/").content)

    assert found.xpath("//tbody//th//a/text()") == ["the-lion"]
