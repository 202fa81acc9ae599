"""Calendars over HTTP, as calendar programs subscribe to them: read by icalendar, expanded by recurring-ical-events."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
import recurring_ical_events
import time_machine
from django.utils import timezone
from icalendar import Calendar

from events.models import Event, EventGroup, Venue
from events.recurrence import Recurrence
from tests.factories import make_attachment, make_event, make_moderator
from tests.routes import LISTS, Kind, World

pytestmark = pytest.mark.django_db

ZONES = ["Europe/London", "America/St_Johns", "Asia/Kathmandu"]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# From before the clocks go forward to after they go back, in London and in St John's.
RANGE = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
# The nights on which some clock changes, and the half hours in them that it leaves out.
NIGHTS = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (10, 25), (11, 1))]
LEFT_OUT = {"Europe/London": datetime(2026, 3, 29, 1, 30), "America/St_Johns": datetime(2026, 3, 8, 2, 30)}
WEEKLY = [datetime(2026, 3, 4, 19, 30), datetime(2026, 3, 8, 1, 30), datetime(2026, 3, 8, 2, 30)]


@pytest.fixture(autouse=True)
def _march():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(params=ZONES)
def _zone(request, settings):
    settings.TIME_ZONE = request.param


def shown(content: bytes) -> list[tuple[str, datetime, datetime]]:
    """What a calendar program shows: each title, from when to when in UTC."""
    calendar = Calendar.from_ical(content)
    # RFC 5545 does not know it. The expander would put times in UTC on that clock and measure the length of events
    # there, which is an hour too short over the end of summer time.
    del calendar["X-WR-TIMEZONE"]
    found = recurring_ical_events.of(calendar).between(*RANGE)
    rows = [
        (str(each["SUMMARY"]), *(each[key].dt.astimezone(UTC) for key in ("DTSTART", "DTEND") if key in each))
        for each in found
    ]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def stored(events) -> list[tuple[str, datetime, datetime]]:
    rows = [(each.title, each.date, each.end_date or each.date) for each in events]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def entry(content: bytes):
    (found,) = Calendar.from_ical(content).walk("VEVENT")
    return found


def _encoded(address: str) -> str:
    return quote(address, safe="/?=&%")


def raw(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").splitlines()


# The same instants


@pytest.mark.usefixtures("_zone")
def test_every_event_is_shown_when_it_is_across_both_changes_of_the_clock(client):
    for night in NIGHTS:
        for number in range(16):
            starts = night + timedelta(minutes=30 * number)
            make_event(f"Night {starts:%m-%d %H:%M}", date=starts, end_date=starts + timedelta(minutes=90))
    make_event("Without an end", date=NIGHTS[0])
    make_event("Over several nights", date=NIGHTS[1] - timedelta(hours=5), end_date=NIGHTS[1] + timedelta(hours=20))

    subscription = client.get("/events.ics").content

    assert shown(subscription) == stored(Event.objects.all())
    for event in Event.objects.all():
        assert shown(client.get(f"/events/{event.pk}.ics").content) == stored([event])


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize("clock", WEEKLY)
def test_series_is_shown_on_its_dates_at_the_same_wall_time_all_year(client, settings, clock):
    settings.SERIES_HORIZON_DAYS = 300
    first = timezone.make_aware(clock)
    series = EventGroup.objects.make(Recurrence(clock, count=40))
    ends = first + timedelta(hours=2)
    lesson = make_event("Lesson", date=first, end_date=ends, event_group=series, recurrence_id=first)
    series.make_dates(lesson, EventGroup.horizon())

    found = shown(client.get(f"/series/{series.pk}.ics").content)

    assert found == stored(series.events.all())
    walls = [timezone.localtime(starts).replace(tzinfo=None) for _title, starts, _ends in found]
    # An hour that the clock leaves out is the next one (RFC 5545 section 3.3.5).
    assert walls == [
        wall + timedelta(hours=LEFT_OUT.get(settings.TIME_ZONE) == wall)
        for wall in (clock + timedelta(weeks=number) for number in range(40))
    ]


@pytest.mark.usefixtures("_zone")
def test_search_is_a_calendar_of_what_it_finds(client):
    found = make_event("Bicycle kitchen", date=NIGHTS[1] + timedelta(hours=20))
    later = make_event("Mend a bicycle", date=NIGHTS[2] + timedelta(hours=20))
    make_event("Choir", date=NIGHTS[2])

    assert shown(client.get("/search.ics?q=bicycle").content) == stored([found, later])


@pytest.mark.usefixtures("_zone")
def test_whole_days_are_shown_as_days(client):
    first = timezone.make_aware(datetime(2026, 10, 24))
    event = make_event("Camp", date=first, end_date=timezone.make_aware(datetime(2026, 10, 27)))

    (found,) = recurring_ical_events.of(Calendar.from_ical(client.get(f"/events/{event.pk}.ics").content)).at(2026)

    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2026, 10, 24), date(2026, 10, 27))


def test_every_list_is_a_calendar_that_can_be_read(client):
    world = World()
    addresses = [
        address
        for route in LISTS
        if route.kind == Kind.DATA
        for address in route.addresses(world)
        if address.partition("?")[0].endswith(".ics")
    ]

    found = {address: Calendar.from_ical(client.get(address).content) for address in addresses}

    assert {address: (each["VERSION"], str(each["SOURCE"])) for address, each in found.items()} == {
        address: ("2.0", f"http://testserver{_encoded(address)}") for address in addresses
    }
    assert {address: each.errors for address, each in found.items()} == {address: [] for address in addresses}


# Again and again


@pytest.mark.parametrize("address", ["/events.ics", "/events/12.ics", "/search.ics?q=picnic"])
def test_nothing_is_sent_again_until_something_changes(client, address):
    make_event("Picnic", pk=12, date=NIGHTS[1])
    first = client.get(address)

    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        again = client.get(address)
        saved = client.get(address, headers={"if-none-match": first["ETag"]})

    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert (saved.status_code, saved.content) == (304, b"")


def edit(client, event: Event, **fields):
    starts = timezone.localtime(event.date)
    form = {"title": event.title, "summary": "x", "date_0": f"{starts:%Y-%m-%d}", "date_1": f"{starts:%H:%M}"}
    assert client.post(f"/events/{event.pk}/edit", form | fields).status_code == 302


def test_edit_is_newer_and_another_time_or_place_is_another_sequence(client):
    event = make_event("Picnic", date=NIGHTS[1])
    client.force_login(make_moderator())
    address = f"/events/{event.pk}.ics"
    versions = [entry(client.get(address).content)]

    for hours, fields in enumerate(({"title": "Open picnic"}, {"date_1": "20:00"}, {"place": "The hall"}), 1):
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            edit(client, Event.objects.get(), **fields)
            versions.append(entry(client.get(address).content))

    assert len({str(each["UID"]) for each in versions}) == 1
    assert [each["SEQUENCE"] for each in versions] == [0, 0, 1, 2]
    assert [each["LAST-MODIFIED"].dt for each in versions[1:]] == [NOW + timedelta(hours=hours) for hours in (1, 2, 3)]
    assert [each["DTSTAMP"].dt for each in versions[1:]] == [each["LAST-MODIFIED"].dt for each in versions[1:]]


def test_what_is_cancelled_stays_and_says_so(client):
    event = make_event("Picnic", date=NIGHTS[1])
    client.force_login(make_moderator())
    before = entry(client.get("/events.ics").content)

    client.post(f"/events/{event.pk}/cancel", {"event_status": "cancelled", "status_note": "It rains."})

    after = entry(client.get("/events.ics").content)
    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DESCRIPTION"].startswith("It rains.")


# What else is told


def test_calendar_says_where_it_is_what_about_and_how_often_to_ask(client):
    event = make_event("Picnic", date=NIGHTS[1], place="Nettle House", tags=("food", "parks, ponds"))
    Venue.objects.update(latitude=51.5, longitude=-0.125)
    picture = make_attachment(event)

    content = client.get("/events.ics").content

    calendar, found = Calendar.from_ical(content), entry(content)
    assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == "Upcoming events"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert (found["GEO"].latitude, found["GEO"].longitude) == (51.5, -0.125)
    assert [str(each) for each in found["CATEGORIES"].cats] == ["food", "parks, ponds"]
    assert str(found["ATTACH"]) == f"http://testserver/media/{picture.name}-full.webp"
    assert found["ATTACH"].params["FMTTYPE"] == "image/webp"
    # Nothing beyond these: a program that stops at what it does not know stops nowhere.
    assert [line for line in raw(content) if line.startswith(("RRULE", "METHOD", "RDATE;VALUE=PERIOD"))] == []


def test_pages_of_lists_link_to_their_calendar_to_subscribe_to(client):
    world = World()
    found = {}

    for route in LISTS:
        if route.kind == Kind.PAGE:
            (address,) = route.addresses(world)
            path, mark, query = address.partition("?")
            calendar = f"{path}.ics{mark}{query}"
            page = client.get(address).content.decode()
            links = [link.replace("&amp;", "&") for link in re.findall(r'href="(webcal:[^"]+)"', page)]
            found[address] = set(links) == {f"webcal://testserver{_encoded(calendar)}"}

    assert found == dict.fromkeys(found, True)
