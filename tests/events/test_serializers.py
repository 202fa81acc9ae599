"""Every format is read back by a reader that knows nothing of this site.

Calendars are read by icalendar, and their lines by hand where it would be too kind; their time zones by dateutil,
which believes what the calendar says of them, where icalendar takes them for known by their names.
"""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from icalendar import Calendar, Component
from pyld import jsonld

from events.models import Event, EventGroup, Venue
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS
from events.serializers import (
    EventRecord,
    FileRecord,
    GroupRecord,
    TermRecord,
    VenueRecord,
    collective_attributes,
    event_attributes,
    event_json,
    event_record,
    to_ics,
    to_json,
    to_json_ld,
    to_text,
)
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event
from tests.hostile import ALL

STARTS = datetime(2026, 6, 1, 18, tzinfo=UTC)
CHANGED = datetime(2026, 5, 2, 9, 30, 15, tzinfo=UTC)
HERE = "https://events.example.org"
FLYER = FileRecord(
    url=f"{HERE}/media/{'0' * 32}-full.webp", type="image/webp", alt="A blanket", size=123, width=30, height=40
)
COMMON_ROOM = VenueRecord(name="Common Room", address="2 High St", latitude=51.5, longitude=-0.125)
# All that an event can have.
FULL = {
    "place": "Common Room, 2 High St",
    "venue": COMMON_ROOM,
    "areas": [TermRecord(name="Hackney", slug="hackney")],
    "tags": [TermRecord(name="food, drink", slug="food-drink"), TermRecord(name="parks", slug="parks")],
    "summary_html": "<p>Bring a <b>friend</b>.</p>",
    "body_html": "<p>And a blanket.</p>",
    "published_by": "Nettle",
    "group": GroupRecord(name="Open House", url=f"{HERE}/groups/open-house"),
    "source": "https://picnic.example/",
    "contact_email": "picnic@example.org",
    "contact_phone": "020 7946 0000",
    "flyer": FLYER,
    "attachments": [FLYER],
    "series_url": f"{HERE}/series/3",
}


def record(**fields) -> EventRecord:
    return EventRecord(
        **{
            "id": 12,
            "url": f"{HERE}/events/{fields.get('id', 12)}",
            "title": "Picnic",
            "starts": STARTS,
            "ends": STARTS + timedelta(hours=2),
            "all_day": False,
            "place": "Common Room",
            "venue": VenueRecord(name="Common Room", address="", latitude=None, longitude=None),
            "areas": [],
            "tags": [],
            "summary": "Bring a friend.",
            "summary_html": "",
            "body": "And a blanket.",
            "body_html": "",
            "status": "scheduled",
            "status_note": "",
            "sequence": 0,
            "published_by": "",
            "group": None,
            "source": "",
            "contact_email": "",
            "contact_phone": "",
            "flyer": None,
            "attachments": [],
            "series_url": "",
            "created": datetime(2026, 5, 1, tzinfo=UTC),
            "updated": CHANGED,
        }
        | fields
    )


def lines(calendar: bytes) -> list[str]:
    """The content lines, unfolded. A bare CR or LF, or whatever else some reader breaks at, starts one too."""
    return calendar.decode().replace("\r\n ", "").splitlines()


def names(calendar: bytes) -> list[str]:
    return [line.partition(":")[0].partition(";")[0] for line in lines(calendar)]


def the_event(calendar: bytes) -> Component:
    (event,) = Calendar.from_ical(calendar).walk("VEVENT")
    return event


# The fields of a record


@pytest.mark.django_db
def test_event_record_holds_everything_that_is_public_with_absolute_addresses(settings):
    settings.SITE_URL = HERE
    made = make_event(
        "Rock & Roll",
        date=STARTS,
        place="Café <1>, 2 High St",
        summary='<p>One</p><p><a href="/events/9">two</a> &amp; three</p>',
        body='<p>Come <b>in</b><br>and stay.</p><p>See <a href="#map">map</a></p><script>alert("x")</script>',
        tags=("food",),
        areas=("Old Town",),
        collective=make_collective("Open House", slug="open-house"),
        published_by="Nettle",
        source="https://picnic.example/",
        contact_email="picnic@example.org",
        contact_phone="020 7946 0000",
        event_group=EventGroup.objects.create(),
    )
    Venue.objects.update(latitude=51.5, longitude=-0.125)
    picture = make_attachment(made, title="A drawing")
    event = Event.objects.for_export().get()
    page, rel = f"{HERE}/events/{event.pk}", 'rel="nofollow ugc noopener"'
    flyer = FileRecord(
        url=f"{HERE}/media/{picture.name}-full.webp",
        type="image/webp",
        alt="A drawing",
        size=picture.size,
        width=30,
        height=40,
    )

    assert event_record(event) == EventRecord(
        id=event.pk,
        url=page,
        title="Rock & Roll",
        starts=STARTS,
        ends=None,
        all_day=False,
        place="Café <1>, 2 High St",
        venue=VenueRecord(name="Café <1>", address="2 High St", latitude=51.5, longitude=-0.125),
        areas=[TermRecord(name="Old Town", slug="old-town")],
        tags=[TermRecord(name="food", slug="food")],
        summary="One two & three",
        summary_html=f'<p>One</p><p><a href="{HERE}/events/9" {rel}>two</a> &amp; three</p>',
        body="Come in\nand stay.\n\nSee map",
        body_html=f'<p>Come <b>in</b><br>and stay.</p><p>See <a href="{page}#map" {rel}>map</a></p>',
        status="scheduled",
        status_note="",
        sequence=0,
        published_by="Nettle",
        group=GroupRecord(name="Open House", url=f"{HERE}/groups/open-house"),
        source="https://picnic.example/",
        contact_email="picnic@example.org",
        contact_phone="020 7946 0000",
        flyer=flyer,
        attachments=[flyer],
        series_url=f"{HERE}/series/{event.event_group_id}",
        created=event.created_on,
        updated=event.updated_on,
    )


@pytest.mark.django_db
def test_event_record_leaves_out_a_hidden_group_and_what_is_no_web_address():
    event = make_event(
        collective=make_collective(moderation_status=Status.HIDDEN), source="javascript:alert(1)", body=None, place=""
    )

    record = event_record(event)

    assert {key: record[key] for key in ("group", "source", "body", "body_html", "venue", "flyer")} == {
        "group": None,
        "source": "",
        "body": "",
        "body_html": "",
        "venue": None,
        "flyer": None,
    }


@pytest.mark.django_db
def test_records_of_an_export_cost_the_same_whatever_the_number(django_assert_num_queries):
    for _ in range(2):
        event = make_event(
            collective=make_collective(),
            place="Hall",
            tags=("a", "b"),
            areas=("c",),
            event_group=EventGroup.objects.create(),
        )
        make_attachment(event)
        with django_assert_num_queries(4):
            for each in Event.objects.for_export():
                event_record(each)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/London", "America/St_Johns", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("starts", "ends", "until"),
    [
        ((2026, 6, 1), (2026, 6, 2), (2026, 6, 2)),
        ((2026, 3, 28), (2026, 3, 30), (2026, 3, 30)),  # over a change of the clock in London
        ((2026, 6, 1), (2026, 6, 1, 23, 59), (2026, 6, 2)),  # as calendars are imported
        ((2026, 3, 28), (2026, 3, 29, 23, 59), (2026, 3, 30)),
        ((2026, 6, 1), (2026, 6, 1), None),
        ((2026, 6, 1), None, None),
        ((2026, 6, 1), (2026, 6, 2, 0, 1), None),
        ((2026, 6, 1), (2026, 6, 1, 23, 58), None),
        ((2026, 6, 1, 1), (2026, 6, 2), None),
        (None, None, None),
    ],
)
def test_whole_days_are_from_midnight_to_a_later_midnight_of_the_site(settings, zone, starts, ends, until):
    settings.TIME_ZONE = zone
    date, end_date, midnight = (moment and datetime(*moment, tzinfo=ZoneInfo(zone)) for moment in (starts, ends, until))

    record = event_record(make_event(date=date, end_date=end_date))

    assert (record["all_day"], record["ends"]) == (until is not None, midnight or end_date)


@pytest.mark.django_db
def test_event_attributes_are_the_stored_row_and_nothing_else():
    made = make_event("Picnic", collective=make_collective(), tags=("food",))
    event = Event.objects.get(pk=made.pk)

    attributes = event_attributes(event)

    assert list(attributes) == list(EVENT_COLUMNS)
    assert attributes == Event.objects.values(*EVENT_COLUMNS).get()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("image", "created_on", "path"),
    [
        ("logo.png", datetime(2009, 5, 1, 10, tzinfo=UTC), "/system/group/image/2009/05/01/27/logo.png"),
        (None, datetime(2009, 5, 1, 10, tzinfo=UTC), None),
        ("logo.png", None, None),
    ],
)
def test_collective_attributes_name_the_public_path_of_the_picture(image, created_on, path):
    collective = make_collective("Open House", pk=27, image=image, created_on=created_on)

    attributes = collective_attributes(collective)

    assert sorted(attributes) == list(COLLECTIVE_COLUMNS)
    assert attributes["image"] == path


# Calendars


def test_calendar_reads_back_with_every_field(settings):
    settings.SITE_NAME, settings.SITE_URL = "The Noticeboard", HERE

    written = to_ics([record(**FULL)], "Upcoming events", f"{HERE}/events.ics?tag=food")
    calendar = Calendar.from_ical(written)

    assert {key: calendar[key].to_ical() for key in calendar if key not in ("VERSION", "CALSCALE")} == {
        "PRODID": b"-//The Noticeboard//events//EN",
        "NAME": b"Upcoming events",
        "X-WR-CALNAME": b"Upcoming events",
        "X-WR-TIMEZONE": b"UTC",
        "REFRESH-INTERVAL": b"PT1H",
        "X-PUBLISHED-TTL": b"PT1H",
        "SOURCE": b"https://events.example.org/events.ics?tag=food",
        "URL": b"https://events.example.org/events?tag=food",
    }
    assert [line for line in lines(written) if "VALUE=" in line] == [
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:https://events.example.org/events.ics?tag=food",
    ]
    (event,) = calendar.walk("VEVENT")
    read = {key: event.decoded(key) for key in event if key not in ("CATEGORIES", "GEO", "ATTACH", "X-ALT-DESC")}
    assert read == {
        "UID": "event-12@events.example.org",
        "DTSTAMP": CHANGED,
        "DTSTART": STARTS,
        "DTEND": STARTS + timedelta(hours=2),
        "SUMMARY": "Picnic",
        "DESCRIPTION": "Bring a friend.\n\nAnd a blanket.",
        "LOCATION": "Common Room, 2 High St",
        "URL": "https://events.example.org/events/12",
        "STATUS": "CONFIRMED",
        "SEQUENCE": 0,
        "CREATED": datetime(2026, 5, 1, tzinfo=UTC),
        "LAST-MODIFIED": CHANGED,
    }
    assert event.categories == ["food, drink", "parks"]
    assert (event["GEO"].latitude, event["GEO"].longitude) == (51.5, -0.125)
    assert (str(event["ATTACH"]), event["ATTACH"].params) == (FLYER["url"], {"FMTTYPE": "image/webp"})
    assert event["X-ALT-DESC"].params == {"FMTTYPE": "text/html"}
    assert r"X-ALT-DESC;FMTTYPE=text/html:<p>Bring a <b>friend</b>.</p><p>And a blanket.</p>" in lines(written)


def test_calendar_prints_nobodys_address():
    written = to_ics([record(**FULL)], "Events")

    assert b"picnic@example.org" not in written
    assert b"7946" not in written


def test_position_near_the_equator_is_a_plain_number():
    venue = VenueRecord(name="Buoy", address="", latitude=1e-5, longitude=-1e-9)

    assert "GEO:0.000010;-0.000000" in lines(to_ics([record(venue=venue)], "Events"))


# Their times


ZONES = ["Europe/London", "America/St_Johns", "Asia/Kathmandu"]


def read_times(calendar: bytes, key: str) -> list[datetime]:
    """The instants that a reader finds which believes the calendar's own VTIMEZONE."""
    text = "\r\n".join(lines(calendar))
    zones = tzical(io.StringIO(text)) if "VTIMEZONE" in text else None
    found = []
    events = text.rpartition("END:VTIMEZONE")[2]
    for tzid, wall, utc in re.findall(rf"^{key}(?:;TZID=([^:]+))?:(\d{{8}}T\d{{6}})(Z?)", events, re.MULTILINE):
        moment = datetime.strptime(wall, "%Y%m%dT%H%M%S")
        assert bool(utc) != bool(tzid), "a time without a zone"
        found.append(moment.replace(tzinfo=zones.get(tzid) if tzid else UTC).astimezone(UTC))
    return found


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Dublin", "UTC"])
def test_instants_read_back_in_every_zone_across_the_changes_of_the_clock(settings, zone):
    settings.TIME_ZONE = zone
    # Every half hour of the nights when some clock changes, and some of other years.
    nights = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (10, 25), (11, 1))]
    instants = [night + timedelta(minutes=30 * number) for night in nights for number in range(16)]
    instants += [datetime(year, month, 15, 12, tzinfo=UTC) for year in (1968, 1988, 2006, 2011) for month in (1, 7)]
    records = [record(id=number, starts=each, ends=each + timedelta(hours=1)) for number, each in enumerate(instants)]

    calendar = to_ics(records, "Events")

    assert read_times(calendar, "DTSTART") == instants
    assert read_times(calendar, "DTEND") == [each + timedelta(hours=1) for each in instants]
    assert [
        event.decoded("dtstart").astimezone(UTC) for event in Calendar.from_ical(calendar).walk("VEVENT")
    ] == instants


def test_times_are_those_of_the_wall_clock_with_one_description_of_it(settings):
    settings.TIME_ZONE = "Europe/London"

    calendar = to_ics([record(), record(id=13, starts=STARTS + timedelta(days=200), ends=None)], "Events")

    assert [line for line in lines(calendar) if line.startswith(("DTSTART;", "DTEND;", "TZID", "X-WR-TIMEZONE"))] == [
        "X-WR-TIMEZONE:Europe/London",
        "TZID:Europe/London",
        "DTSTART;TZID=Europe/London:20260601T190000",
        "DTEND;TZID=Europe/London:20260601T210000",
        "DTSTART;TZID=Europe/London:20261218T180000",
    ]
    # RFC 5545 section 3.6.5: the onset is told by the clock before the change.
    assert [line for line in lines(calendar) if line.startswith("DTSTART:")] == [
        "DTSTART:20260101T000000",
        "DTSTART:20260329T010000",
        "DTSTART:20261025T020000",
    ]


def test_second_of_two_equal_hours_is_told_in_utc(settings):
    settings.TIME_ZONE = "Europe/London"
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]

    calendar = to_ics([record(id=number, starts=each, ends=None) for number, each in enumerate(twice)], "Events")

    assert [line for line in lines(calendar) if line.startswith("DTSTART") and "T0130" in line] == [
        "DTSTART;TZID=Europe/London:20261025T013000",
        "DTSTART:20261025T013000Z",
    ]


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_year_that_no_clock_knows_does_no_harm(settings, year):
    settings.TIME_ZONE = "Asia/Kathmandu"
    odd = datetime(year, 12 if year == 9999 else 1, 31, 23, 30, tzinfo=UTC)

    calendar = to_ics([record(), record(id=13, starts=odd, ends=odd)], "Events")

    assert f"DTSTART:{year:04}{odd:%m%d}T233000Z" in lines(calendar)
    assert len(calendar) < 3000
    assert to_text([record(starts=odd, ends=odd)], "Events", HERE)
    assert json.loads(to_json([record(starts=odd, ends=odd)], "Events", HERE))["events"][0]["start"][:4] == f"{year:04}"
    assert to_json_ld(record(starts=odd, ends=odd))


@pytest.mark.parametrize("zone", ZONES)
def test_whole_days_are_dates_up_to_the_day_after(settings, zone):
    settings.TIME_ZONE = zone
    starts, ends = (datetime(2026, 3, day, tzinfo=ZoneInfo(zone)) for day in (28, 30))

    event = the_event(to_ics([record(starts=starts, ends=ends, all_day=True)], "Events"))

    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 3, 28), date(2026, 3, 30))


@pytest.mark.parametrize(("status", "word"), [("cancelled", "CANCELLED"), ("postponed", "TENTATIVE")])
def test_event_that_is_off_says_so_with_the_reason_and_a_raised_sequence(status, word):
    event = the_event(to_ics([record(status=status, status_note="The hall is flooded.", sequence=3)], "Coming"))

    assert (event["STATUS"], event["SEQUENCE"]) == (word, 3)
    assert str(event["DESCRIPTION"]).startswith("The hall is flooded.")


def test_event_keeps_its_uid_when_everything_else_changes():
    changed = record(title="Other", starts=STARTS + timedelta(days=1), ends=None, place="", updated=STARTS)

    assert the_event(to_ics([record()], "A"))["uid"] == the_event(to_ics([changed], "B"))["uid"]


def test_events_have_uids_of_their_own():
    calendar = Calendar.from_ical(to_ics([record(id=1), record(id=2)], "Events"))

    assert len({str(event["uid"]) for event in calendar.walk("VEVENT")}) == 2


def test_same_records_give_the_same_bytes_at_any_time(time_machine):
    time_machine.move_to(datetime(2026, 5, 3, tzinfo=UTC))
    before = to_ics([record(), record(id=13)], "Events")

    time_machine.move_to(datetime(2027, 1, 1, tzinfo=UTC))

    assert to_ics([record(), record(id=13)], "Events") == before


def test_subscription_has_no_method():
    assert "METHOD" not in names(to_ics([record()], "Events"))


@pytest.mark.parametrize(
    ("updated", "created", "stamp"),
    [
        (CHANGED, STARTS, CHANGED),
        (CHANGED.replace(microsecond=999_999), None, CHANGED),
        (None, CHANGED, CHANGED),
        (None, None, STARTS),
    ],
)
def test_stamp_is_the_time_of_the_last_change_as_far_as_it_is_known(updated, created, stamp):
    event = the_event(to_ics([record(updated=updated, created=created)], "Events"))

    assert event.decoded("dtstamp") == stamp


def test_times_of_any_zone_are_written_in_utc_where_the_site_is():
    london = ZoneInfo("Europe/London")
    calendar = to_ics(
        [
            record(
                starts=datetime(2026, 6, 1, 19, tzinfo=london),
                ends=datetime(2026, 6, 1, 21, 0, 0, 5, tzinfo=london),
                created=datetime(2026, 5, 1, 1, tzinfo=london),
                updated=CHANGED.astimezone(london),
            )
        ],
        "Events",
    )

    assert [line for line in lines(calendar) if line.startswith(("DT", "CREATED", "LAST"))] == [
        "DTSTART:20260601T180000Z",
        "DTEND:20260601T200000Z",
        "DTSTAMP:20260502T093015Z",
        "CREATED:20260501T000000Z",
        "LAST-MODIFIED:20260502T093015Z",
    ]


@pytest.mark.parametrize("ends", [None, STARTS, STARTS + timedelta(microseconds=900_000)])
def test_end_that_is_not_after_the_start_is_left_out(ends):
    assert "DTEND" not in names(to_ics([record(ends=ends)], "Events"))


def test_event_without_a_start_is_left_out():
    calendar = Calendar.from_ical(to_ics([record(id=1, starts=None), record(id=2)], "Events"))

    assert [str(event["uid"]).partition("@")[0] for event in calendar.walk("VEVENT")] == ["event-2"]


def test_empty_texts_are_left_out():
    calendar = to_ics([record(summary="", body="", place="", venue=None)], "Events")

    optional = {"DESCRIPTION", "X-ALT-DESC", "LOCATION", "GEO", "CATEGORIES", "ATTACH", "SOURCE"}
    assert optional & set(names(calendar)) == set()


def test_no_events_make_a_calendar_all_the_same():
    assert sorted(names(to_ics([], "Events"))) == [
        "BEGIN",
        "CALSCALE",
        "END",
        "NAME",
        "PRODID",
        "REFRESH-INTERVAL",
        "VERSION",
        "X-PUBLISHED-TTL",
        "X-WR-CALNAME",
        "X-WR-TIMEZONE",
    ]


def test_lines_are_folded_at_75_bytes_and_end_with_cr_lf():
    calendar = to_ics([record(title="Größe 🎉 " * 30, body="word " * 500)], "Ü" * 200)

    physical = calendar.split(b"\r\n")
    assert physical.pop() == b""
    assert max(map(len, physical)) <= 75
    assert b"\n" not in b"".join(physical)
    assert the_event(calendar)["summary"] == "Größe 🎉 " * 30


def test_name_of_the_calendar_is_escaped_like_any_text():
    calendar = to_ics([], "Soup, bread; and\r\nMETHOD:CANCEL \\o/")

    assert [line for line in lines(calendar) if "Soup" in line] == [
        r"NAME:Soup\, bread\; and\nMETHOD:CANCEL \\o/",
        r"X-WR-CALNAME:Soup\, bread\; and\nMETHOD:CANCEL \\o/",
    ]


LINE_BREAKS = ["\n", "\r", "\r\n", "\n\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", LINE_BREAKS, ids=ascii)
def test_no_line_break_starts_a_property(line_break):
    text = f"a{line_break}END:VEVENT{line_break} b{line_break}"
    tag = TermRecord(name=text, slug="tag")
    hostile = record(**FULL | {"title": text, "place": text, "summary": text, "body_html": text, "tags": [tag]})

    assert names(to_ics([hostile], text)) == names(to_ics([record(**FULL)], "Events"))


def test_name_of_the_site_cannot_start_a_property_either(settings):
    settings.SITE_NAME = "A\r\nMETHOD:CANCEL"

    assert "METHOD" not in names(to_ics([], "Events"))


any_text = st.text(st.characters(), min_size=1, max_size=200) | st.text(
    st.sampled_from('\r\n\t\x00\x0b\x85\u2028:;,\\"nN =BEGIND\ud800🎉'), min_size=1, max_size=60
)


@given(title=any_text, place=any_text, summary=any_text, body=any_text, tag=any_text, name=any_text)
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_text_leaves_the_same_properties(title, place, summary, body, tag, name):
    texts = {"title": title, "place": place, "summary": summary, "body": body, "body_html": body}
    calendar = to_ics([record(**FULL | texts | {"tags": [TermRecord(name=tag, slug="tag")]})], name)

    assert names(calendar) == names(to_ics([record(**FULL)], "Events"))
    assert max(map(len, calendar.split(b"\r\n"))) <= 75
    assert [component.name for component in Calendar.from_ical(calendar).walk()] == ["VCALENDAR", "VEVENT"]


# Backslashes are left out: icalendar takes the first of two for the start of an escape when it reads, so that what
# comes back says nothing about what was written.
single_lines = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\\"), max_size=150)


@given(title=single_lines, place=single_lines, summary=single_lines)
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_line_of_text_reads_back_the_same(title, place, summary):
    event = the_event(to_ics([record(title=title, place=place, summary=summary, body="")], "Events"))

    assert (event.get("summary"), event.get("location", ""), event.get("description", "")) == (title, place, summary)


# JSON


def test_event_as_json_has_every_field_and_times_with_the_offset_of_the_site(settings):
    settings.TIME_ZONE = "Europe/London"

    assert event_json(record(**FULL, status="cancelled", status_note="Rain.", ends=None)) == {
        "id": 12,
        "url": f"{HERE}/events/12",
        "title": "Picnic",
        "start": "2026-06-01T19:00:00+01:00",
        "end": None,
        "all_day": False,
        "status": "cancelled",
        "status_note": "Rain.",
        "place": "Common Room, 2 High St",
        "venue": {"name": "Common Room", "address": "2 High St", "latitude": 51.5, "longitude": -0.125},
        "areas": [{"name": "Hackney", "slug": "hackney"}],
        "tags": [{"name": "food, drink", "slug": "food-drink"}, {"name": "parks", "slug": "parks"}],
        "summary": "Bring a friend.",
        "summary_html": "<p>Bring a <b>friend</b>.</p>",
        "body": "And a blanket.",
        "body_html": "<p>And a blanket.</p>",
        "group": {"name": "Open House", "url": f"{HERE}/groups/open-house"},
        "published_by": "Nettle",
        "source": "https://picnic.example/",
        "contact_email": "picnic@example.org",
        "contact_phone": "020 7946 0000",
        "image": FLYER,
        "attachments": [FLYER],
        "series": f"{HERE}/series/3",
        "created": "2026-05-01T01:00:00+01:00",
        "updated": "2026-05-02T10:30:15+01:00",
    }


def test_list_as_json_is_one_object_without_addresses():
    document = json.loads(to_json([record(**FULL)], "Upcoming", f"{HERE}/events", f"{HERE}/events.json?after=1-2"))

    (event,) = document.pop("events")
    assert document == {
        "title": "Upcoming",
        "url": f"{HERE}/events",
        "next": f"{HERE}/events.json?after=1-2",
    }
    whole = event_json(record(**FULL))
    assert sorted(whole.keys() - event.keys()) == ["contact_email", "contact_phone"]
    assert event.items() <= whole.items()


def test_last_page_as_json_names_no_next_one():
    assert json.loads(to_json([], "Upcoming", HERE))["next"] is None


@given(title=single_lines | st.sampled_from(ALL))
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_text_reads_back_from_json(title):
    assert json.loads(to_json([record(title=title)], title, HERE))["events"][0]["title"] == title


def test_documentation_names_every_key_of_json():
    documented = set(re.findall(r"^\| `(\w+)` ", (Path(__file__).parents[2] / "docs/api.md").read_text(), re.MULTILINE))

    keys = event_json(record()).keys() | json.loads(to_json([], "", "")).keys()
    assert sorted(keys - documented) == []


# schema.org


def expanded(values: dict) -> dict:
    """What a JSON-LD processor makes of it, with the context that schema.org serves for events."""

    def load(url, options):
        assert url == "https://schema.org"
        context = {"@vocab": "https://schema.org/"}
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": context}}

    (node,) = jsonld.expand(json.loads(json.dumps(values)), {"documentLoader": load})
    return node


def facts(node: dict, *path: str) -> list:
    """The values at the end of a path of schema.org properties."""
    nodes = [node]
    for name in path:
        nodes = [value for each in nodes for value in each.get(f"https://schema.org/{name}", [])]
    return [each.get("@value", each) for each in nodes]


def test_schema_org_event_has_what_search_engines_ask_for():
    node = expanded(to_json_ld(record(**FULL)))

    assert (node["@id"], node["@type"]) == (f"{HERE}/events/12", ["https://schema.org/Event"])
    assert {
        path: facts(node, *path.split("."))
        for path in (
            "name",
            "startDate",
            "endDate",
            "eventStatus",
            "eventAttendanceMode",
            "location.name",
            "location.address.streetAddress",
            "location.address.addressLocality",
            "location.geo.latitude",
            "location.geo.longitude",
            "image",
            "description",
            "organizer.name",
            "organizer.url",
            "superEvent.url",
            "keywords",
        )
    } == {
        "name": ["Picnic"],
        "startDate": ["2026-06-01T18:00+00:00"],
        "endDate": ["2026-06-01T20:00+00:00"],
        "eventStatus": ["https://schema.org/EventScheduled"],
        "eventAttendanceMode": ["https://schema.org/OfflineEventAttendanceMode"],
        "location.name": ["Common Room"],
        "location.address.streetAddress": ["2 High St"],
        "location.address.addressLocality": ["Hackney"],
        "location.geo.latitude": [51.5],
        "location.geo.longitude": [-0.125],
        "image": [FLYER["url"]],
        "description": ["Bring a friend."],
        "organizer.name": ["Open House"],
        "organizer.url": [f"{HERE}/groups/open-house"],
        "superEvent.url": [f"{HERE}/series/3"],
        "keywords": ["food, drink", "parks"],
    }


def test_schema_org_event_makes_nothing_up():
    bare = record(
        place="", venue=None, ends=None, summary="", body="", published_by="Nettle", contact_email="a@b.example"
    )

    assert sorted(to_json_ld(bare)) == [
        "@context",
        "@id",
        "@type",
        "eventAttendanceMode",
        "eventStatus",
        "name",
        "startDate",
        "url",
    ]
    assert to_json_ld(record(starts=None)) == {}


def test_schema_org_event_without_a_venue_is_in_its_areas():
    areas = [TermRecord(name="Hackney", slug="hackney"), TermRecord(name="Bow", slug="bow")]

    node = expanded(to_json_ld(record(place="", venue=None, areas=areas)))

    assert facts(node, "location", "address") == ["Hackney, Bow"]


def test_schema_org_event_of_whole_days_names_the_first_and_the_last():
    whole = to_json_ld(
        record(starts=datetime(2026, 6, 1, tzinfo=UTC), ends=datetime(2026, 6, 3, tzinfo=UTC), all_day=True)
    )

    assert (whole["startDate"], whole["endDate"]) == ("2026-06-01", "2026-06-02")


# Plain text


def test_programme_is_ready_to_paste(settings):
    settings.TIME_ZONE = "Europe/London"
    records = [
        record(summary="Bring a friend, a blanket and something that can be eaten without a fork or spoon."),
        record(id=13, title="Film", status="cancelled", status_note="The projector is ill.", summary="", place=""),
        record(
            id=14,
            title="Camp",
            starts=datetime(2026, 6, 1, 23, tzinfo=UTC),
            ends=datetime(2026, 6, 4, 23, tzinfo=UTC),
            all_day=True,
            summary="",
        ),
        record(id=15, title="Some time", starts=None, ends=None, place="", summary=""),
    ]

    assert (
        to_text(records, "What is on", f"{HERE}/events").decode()
        == """\
What is on
==========


Monday 1 June 2026
------------------

19:00  Picnic
       Common Room
       Bring a friend, a blanket and something that can be eaten without
       a fork or spoon.
       https://events.example.org/events/12

19:00  CANCELLED: Film
       The projector is ill.
       https://events.example.org/events/13


Tuesday 2 June 2026
-------------------

       Camp
       until Thursday 4 June 2026
       Common Room
       https://events.example.org/events/14


Date not known yet
------------------

       Some time
       https://events.example.org/events/15


More: https://events.example.org/events
"""
    )


@given(title=any_text, place=any_text, summary=any_text | st.sampled_from(ALL))
@hypothesis_settings(max_examples=100, deadline=None)
def test_programme_of_any_text_has_no_control_characters_and_short_lines(title, place, summary):
    text = to_text([record(title=title, place=place, summary=summary)], title, f"{HERE}/events").decode()

    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text) == []
    too_long = [line for line in text.split("\n") if len(line) > 72 and " " in line.strip()]
    assert [line for line in too_long if not re.match(r"\d\d:\d\d  \S+$", line)] == []
    assert text.endswith(f"\nMore: {HERE}/events\n")
