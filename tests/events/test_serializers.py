"""Calendars are read back by icalendar, and their lines by hand where a reader would be too kind."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from icalendar import Calendar, Component

from events.models import Event
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS
from events.serializers import EventRecord, collective_attributes, event_attributes, event_record, to_ics
from tests.factories import make_collective, make_event

STARTS = datetime(2026, 6, 1, 18, tzinfo=UTC)
CHANGED = datetime(2026, 5, 2, 9, 30, 15, tzinfo=UTC)


def record(**fields) -> EventRecord:
    return EventRecord(
        **{
            "id": 12,
            "url": "https://events.example.org/events/12",
            "title": "Picnic",
            "starts": STARTS,
            "ends": STARTS + timedelta(hours=2),
            "place": "Common Room",
            "summary": "Bring a friend.",
            "body": "And a blanket.",
            "status": "scheduled",
            "status_note": "",
            "sequence": 0,
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
def test_event_record_holds_the_words_of_the_texts_and_an_absolute_address(settings):
    settings.SITE_URL = "https://events.example.org"
    event = make_event(
        "Rock & Roll",
        date=STARTS,
        place="Café <1>",
        summary="<p>One</p><p>two &amp; three</p>",
        body='<p>Come <b>in</b><script>alert("x")</script></p>',
    )

    assert event_record(event) == EventRecord(
        id=event.pk,
        url=f"https://events.example.org/events/{event.pk}",
        title="Rock & Roll",
        starts=STARTS,
        ends=None,
        place="Café <1>",
        summary="One two & three",
        body="Come in",
        status="scheduled",
        status_note="",
        sequence=0,
        created=event.created_on,
        updated=event.updated_on,
    )


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
    settings.SITE_NAME, settings.SITE_URL = "The Noticeboard", "https://events.example.org"

    calendar = Calendar.from_ical(to_ics([record()], "Upcoming events"))

    assert {key: str(calendar[key]) for key in calendar} == {
        "VERSION": "2.0",
        "PRODID": "-//The Noticeboard//events//EN",
        "NAME": "Upcoming events",
        "X-WR-CALNAME": "Upcoming events",
    }
    (event,) = calendar.walk("VEVENT")
    assert {key: event.decoded(key) for key in event} == {
        "UID": "event-12@events.example.org",
        "DTSTAMP": CHANGED,
        "DTSTART": STARTS,
        "DTEND": STARTS + timedelta(hours=2),
        "SUMMARY": "Picnic",
        "DESCRIPTION": "Bring a friend.\n\nAnd a blanket.",
        "LOCATION": "Common Room",
        "URL": "https://events.example.org/events/12",
        "STATUS": "CONFIRMED",
        "SEQUENCE": 0,
        "CREATED": datetime(2026, 5, 1, tzinfo=UTC),
        "LAST-MODIFIED": CHANGED,
    }


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


def test_times_of_any_zone_are_written_in_utc():
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
    calendar = to_ics([record(summary="", body="", place="")], "Events")

    assert [name for name in names(calendar) if name in ("DESCRIPTION", "LOCATION")] == []


def test_no_events_make_a_calendar_all_the_same():
    assert names(to_ics([], "Events")) == ["BEGIN", "VERSION", "PRODID", "NAME", "X-WR-CALNAME", "END"]


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
    hostile = record(title=text, place=text, summary=text, body=text)

    assert names(to_ics([hostile], text)) == names(to_ics([record()], "Events"))


def test_name_of_the_site_cannot_start_a_property_either(settings):
    settings.SITE_NAME = "A\r\nMETHOD:CANCEL"

    assert "METHOD" not in names(to_ics([], "Events"))


any_text = st.text(st.characters(), min_size=1, max_size=200) | st.text(
    st.sampled_from('\r\n\t\x00\x0b\x85\u2028:;,\\"nN =BEGIND\ud800🎉'), min_size=1, max_size=60
)


@given(title=any_text, place=any_text, summary=any_text, body=any_text, name=any_text)
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_text_leaves_the_same_properties(title, place, summary, body, name):
    calendar = to_ics([record(title=title, place=place, summary=summary, body=body)], name)

    assert names(calendar) == names(to_ics([record()], "Events"))
    assert [component.name for component in Calendar.from_ical(calendar).walk()] == ["VCALENDAR", "VEVENT"]


# Backslashes are left out: icalendar takes the first of two for the start of an escape when it reads, so that what
# comes back says nothing about what was written.
single_lines = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\\"), max_size=150)


@given(title=single_lines, place=single_lines, summary=single_lines)
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_line_of_text_reads_back_the_same(title, place, summary):
    event = the_event(to_ics([record(title=title, place=place, summary=summary, body="")], "Events"))

    assert (event.get("summary"), event.get("location", ""), event.get("description", "")) == (title, place, summary)
