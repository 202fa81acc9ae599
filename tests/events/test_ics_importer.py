"""What is read of the calendars of other programs, and what becomes of it in a group."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collectives.models import Membership
from events.ics_importer import CalendarImport, CalendarRecord, Outcome, Result, read_calendar
from events.models import Event, EventGroup
from events.serializers import EventRecord, to_ics
from moderation.models import QueueEntry, Revision, Status
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user
from tests.hostile import LIVE

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
NOT_READ = "It repeats by a rule that is not read here: every so many days, weeks, months or years is."
NO_SENSE = "The rule by which it repeats makes no sense."
NO_CALENDAR = "This is not a calendar: such a file begins with BEGIN:VCALENDAR."
SHORTER = "Export a shorter time, or only what is to come."


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def entry(*lines: str, uid: str | None = "a@example.org", start: str | None = "DTSTART:20260612T180000Z") -> str:
    """A VEVENT; a line of its own replaces the default of the same property."""
    given_names = {line.split(":")[0].split(";")[0] for line in lines}
    defaults = [f"UID:{uid}" if uid is not None else "", start or "", "SUMMARY:Picnic"]
    kept = [line for line in defaults if line and line.split(":")[0].split(";")[0] not in given_names]
    return "\r\n".join(["BEGIN:VEVENT", *kept, *lines, "END:VEVENT"])


def calendar(*entries: str, head: str = "") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *([head] if head else []), *entries, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def read(*lines: str, head: str = "", **parts) -> CalendarRecord:
    """The one date of one entry."""
    (found,) = read_calendar(calendar(entry(*lines, **parts), head=head))
    assert isinstance(found, CalendarRecord), found
    return found


def dates(*entries: str, head: str = "") -> list[str]:
    found = read_calendar(calendar(*entries, head=head))
    assert all(isinstance(each, CalendarRecord) for each in found), found
    return [f"{each.starts:%m-%d %H:%M}" for each in found]


def refusals(data: bytes) -> list[tuple]:
    return [(each.outcome.value, each.field, each.reason) for each in read_calendar(data) if isinstance(each, Result)]


def refusal(*lines: str, **parts) -> tuple:
    (found,) = refusals(calendar(entry(*lines, **parts)))
    return found


# What is read of an entry


def test_entry_becomes_what_a_person_would_have_typed():
    record = read(
        "SUMMARY:Film\\, and a talk",
        "DTEND:20260612T200000Z",
        "DESCRIPTION:Bring a *friend*.\\n\\nAnd a blanket\\;\\nsee https://example.org/a%2Cb",
        "LOCATION:Common Room\\n12 High Street",
        "URL:https://example.org/film",
        "CATEGORIES:film,free entry",
        "CATEGORIES:talk",
        "SEQUENCE:3",
        "LAST-MODIFIED:20260601T100000Z",
        "STATUS:CONFIRMED",
        "X-ALT-DESC;FMTTYPE=text/html:<b>other</b>",
        "ORGANIZER;CN=Amy:mailto:amy@example.org",
        "ATTENDEE:mailto:ben@example.org",
    )

    assert record == CalendarRecord(
        number=1,
        uid="a@example.org",
        recurrence_id=None,
        starts=datetime(2026, 6, 12, 18, tzinfo=UTC),
        ends=datetime(2026, 6, 12, 20, tzinfo=UTC),
        title="Film, and a talk",
        summary="<p>Bring a <em>friend</em>.</p>",
        summary_source="Bring a *friend*.",
        body='<p>And a blanket;<br>\nsee <a href="https://example.org/a%2Cb">https://example.org/a%2Cb</a></p>',
        body_source="And a blanket;\nsee https://example.org/a%2Cb",
        place="Common Room, 12 High Street",
        source="https://example.org/film",
        tags=("film", "free entry", "talk"),
        event_status="scheduled",
        sequence=3,
        modified=datetime(2026, 6, 1, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (["DTSTART;TZID=Europe/London:20260612T190000", "DURATION:PT90M"], "06-12 18:00", "06-12 19:30"),
        (["DTSTART;TZID=GMT Standard Time:20260612T190000"], "06-12 18:00", None),
        (["DTSTART;TZID=/mozilla.org/20070129_1/Europe/London:20260612T190000"], "06-12 18:00", None),
        (
            ["DTSTART;TZID=Europe/London:20260612T190000", "DTEND;TZID=Europe/Berlin:20260612T210000"],
            "06-12 18:00",
            "06-12 19:00",
        ),
        (["DTSTART;VALUE=DATE:20260612"], "06-11 23:00", "06-12 22:59"),
        (["DTSTART;VALUE=DATE:20260612", "DTEND;VALUE=DATE:20260614"], "06-11 23:00", "06-13 22:59"),
        (["DTSTART;VALUE=DATE:20260612", "DURATION:P2D"], "06-11 23:00", "06-13 22:59"),
        (["DTSTART:20260612T180000Z", "DTEND:20260612T180000Z"], "06-12 18:00", None),
    ],
)
def test_times_are_those_of_their_zone_and_days_those_of_the_site(settings, lines, starts, ends):
    settings.TIME_ZONE = "Europe/London"

    record = read(*lines)

    assert f"{record.starts:%m-%d %H:%M}" == starts
    assert (f"{record.ends:%m-%d %H:%M}" if record.ends else None) == ends
    assert record.note == ""


def test_what_is_assumed_of_a_time_zone_is_said(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    floating, unknown = ["DTSTART:20260612T190000"], ["DTSTART;TZID=Ours:20260612T190000"]
    london, location = (
        "X-WR-TIMEZONE:Europe/London",
        "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nX-LIC-LOCATION:Asia/Tokyo\r\nEND:VTIMEZONE",
    )
    found = [read(*floating), read(*floating, head=london), read(*unknown, head=london), read(*unknown, head=location)]

    assert [(f"{each.starts:%H:%M}", each.note) for each in found] == [
        ("17:00", "Its times name no time zone; taken as Europe/Berlin."),
        ("18:00", "Its times name no time zone; taken as Europe/London."),
        ("18:00", "Nothing is known of its time zone “Ours”; taken as that of the calendar, Europe/London."),
        ("10:00", ""),
    ]
    assert refusal(*unknown) == ("refused", "DTSTART", "The time zone “Ours” is not known here.")


def test_only_cancelled_is_taken_over_of_what_is_said_of_the_status():
    statuses = [read(f"STATUS:{word}").event_status for word in ("CANCELLED", "cancelled", "TENTATIVE", "CONFIRMED")]

    assert statuses == ["cancelled", "cancelled", "scheduled", "scheduled"]


def test_address_that_is_none_of_the_web_is_left_out():
    assert [
        read(f"URL:{url}").source
        for url in ("ftp://example.org/x", "javascript:alert(1)", "message:%3Cx%3E", "http://intranet/x", "nothing")
    ] == [None] * 5


@pytest.mark.parametrize("text", LIVE)
def test_markup_in_a_description_is_cleaned_like_typed_text(text):
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    (record,) = read_calendar(calendar(entry(f"DESCRIPTION:Hello\\n\\n{escaped}")))

    if isinstance(record, CalendarRecord):
        html = (record.body or "").lower()
        assert "<script" not in html
        assert "<img" not in html
        assert "<svg" not in html
        assert "<iframe" not in html
        assert "<style" not in html
    else:
        assert record.field == "DESCRIPTION"


# What is refused, and why


@pytest.mark.parametrize(
    ("lines", "parts", "reason"),
    [
        ([], {"uid": None}, ("UID", "It has no UID: a later import could not tell that it is the same.")),
        ([], {"uid": " "}, ("UID", "It has no UID: a later import could not tell that it is the same.")),
        ([], {"uid": "x" * 256}, ("UID", "It has 256 letters; 255 are allowed.")),
        ([], {"uid": "a\x1bb"}, ("UID", "There is an invisible control character in it.")),
        ([], {"start": None}, ("DTSTART", "It does not say when it starts.")),
        (["DTSTART:soon"], {}, ("DTSTART", "It cannot be read: “soon”")),
        (["DTSTART:120000"], {}, ("DTSTART", "It is neither a day nor a day with a time.")),
        (["DTSTART:20260612T180000Z", "DTSTART:20260613T180000Z"], {}, ("DTSTART", "It is there twice.")),
        (["DTSTART:99991231T235959Z"], {}, ("DTSTART", "It is not between the years 1900 and 2100.")),
        (["DTSTART;TZID=Europe/London:00010101T000000"], {}, ("DTSTART", "It is not between the years 1900 and 2100.")),
        (["DTEND:20260612T170000Z"], {}, ("DTEND", "It ends before it starts.")),
        (["DURATION:-PT1H"], {}, ("DURATION", "It ends before it starts.")),
        (["DURATION:P99999D"], {}, ("DURATION", "It is not between the years 1900 and 2100.")),
        (["DTEND;VALUE=DATE:20260613"], {}, ("DTEND", "The start and the end must both be days, or both have a time.")),
        (
            ["DTSTART;TZID=Europe/London,UTC:20260612T180000"],
            {},
            ("DTSTART", "The time zone “['Europe/London', 'UTC']” is not known here."),
        ),
        (["SUMMARY:"], {}, ("SUMMARY", "This field is required.")),
        (["SUMMARY:" + "x" * 256], {}, ("SUMMARY", "Ensure this value has at most 255 characters (it has 256).")),
        (["SUMMARY:<b>Picnic</b>"], {}, ("SUMMARY", "This is plain text: take out the HTML tags, such as <b>.")),
        (["SUMMARY:Pic\x07nic"], {}, ("SUMMARY", "Take out the invisible control character after “Pic”.")),
        (["LOCATION:" + "x" * 256], {}, ("LOCATION", "Ensure this value has at most 255 characters (it has 256).")),
        (["DESCRIPTION:" + "x " * 3000], {}, ("DESCRIPTION", "Keep this under 5000 letters; it has 5999.")),
        (
            ["DESCRIPTION:a\\n\\n" + "x " * 60_000],
            {},
            ("DESCRIPTION", "Keep this under 100000 letters; it has 119999."),
        ),
        (["DESCRIPTION:bell \x07"], {}, ("DESCRIPTION", "Take out the invisible control character after “bell”.")),
        (["CATEGORIES:" + ",".join(f"tag{number}" for number in range(11))], {}, ("CATEGORIES", "Choose at most 10.")),
        (["RRULE:FREQ=SECONDLY"], {}, ("RRULE", NOT_READ)),
        (["RRULE:FREQ=DAILY;BYHOUR=1,2,3"], {}, ("RRULE", NOT_READ)),
        (["RRULE:x"], {}, ("RRULE", NOT_READ)),
        (["RRULE:FREQ=SOMETIMES"], {}, ("RRULE", "It cannot be read: “FREQ=SOMETIMES”")),
        (["RRULE:FREQ=WEEKLY;INTERVAL=0"], {}, ("RRULE", NO_SENSE)),
        (["RRULE:FREQ=WEEKLY;COUNT=-1"], {}, ("RRULE", NO_SENSE)),
        (["RRULE:FREQ=MONTHLY;BYSETPOS=0"], {}, ("RRULE", NO_SENSE)),
        (
            ["RRULE:FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 70)],
            {},
            ("RRULE", "The rule by which it repeats is too long."),
        ),
        (["RDATE;VALUE=PERIOD:20260613T180000Z/PT1H"], {}, ("RDATE", "It is neither a day nor a day with a time.")),
        (
            ["RECURRENCE-ID;RANGE=THISANDFUTURE:20260612T180000Z"],
            {},
            ("RECURRENCE-ID", "It changes all dates from one on; only changes of single dates can be read."),
        ),
    ],
)
def test_entry_is_refused_with_its_property_and_the_reason(lines, parts, reason):
    assert refusal(*lines, **parts) == ("refused", *reason)


@pytest.mark.parametrize("kind", ["TEXT", "URI", "BINARY", "DATE", "DURATION", "PERIOD", "RECUR", "UTC-OFFSET"])
@pytest.mark.parametrize("name", ["CATEGORIES", "SEQUENCE"])
def test_property_of_another_type_than_its_own_is_read_or_refused(name, kind):
    for value in ("abc", "20260612", "20260612T180000Z/PT1H", "PT1H", "+0100"):
        (found,) = read_calendar(calendar(entry(f"{name};VALUE={kind}:{value}")))

        assert isinstance(found, CalendarRecord) or found.outcome == "refused"


def test_entry_that_would_take_long_to_read_is_refused_before():
    for line in ("CATEGORIES:" + "x," * 900_000, "RRULE:FREQ=DAILY;BYSETPOS=" + "1," * 900_000):
        began = time.thread_time()

        assert refusal(line) == ("refused", "", "The entry is too long.")
        assert time.thread_time() - began < 1


def test_private_entry_is_left_out():
    assert refusal("CLASS:PRIVATE") == ("left alone", "CLASS", "The calendar marks it as private.")


def test_what_is_wrong_with_an_entry_does_not_concern_the_others():
    found = read_calendar(calendar(entry(uid="a"), entry("DTSTART:soon", uid="b"), entry(uid="a"), entry(uid="c")))

    assert [(each.number, each.uid, getattr(each, "reason", "")) for each in found] == [
        (1, "a", ""),
        (2, "b", "It cannot be read: “soon”"),
        (3, "a", "An entry with this UID is in the file already."),
        (4, "c", ""),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \r\n", "The file is empty."),
        (b"<html>", NO_CALENDAR),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", NO_CALENDAR),
        (b"/etc/passwd", NO_CALENDAR),
        (b"PK\x03\x04\x14", NO_CALENDAR),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "The file ends in the middle of an entry. Export it again."),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "The file is damaged: an END there has no BEGIN. Export it again."),
        (b"BEGIN:" * 200_000, NO_CALENDAR),
        (
            b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 100_000,
            "The file ends in the middle of an entry. Export it again.",
        ),
        (
            calendar(entry()).replace(b"Picnic", b"Caf\xe9"),
            "Line 6 has a character that is not UTF-8. Save the file as UTF-8.",
        ),
        (b"x" * 5 * 1024**2, f"The file is larger than 2 MB. {SHORTER}"),
        (calendar(*["BEGIN:VEVENT\r\nEND:VEVENT"] * 10_000), f"The file has more than 500 entries. {SHORTER}"),
    ],
)
def test_file_is_refused_as_a_whole(data, reason):
    before = time.thread_time()

    assert refusals(data) == [("refused", "", reason)]
    assert time.thread_time() - before < 2


def test_calendar_without_events_says_so():
    assert refusals(calendar("BEGIN:VTODO\r\nUID:x\r\nEND:VTODO")) == [
        ("left alone", "", "There is no event in this calendar.")
    ]


def test_mark_of_utf8_line_feeds_and_folded_lines_are_read():
    data = b"\xef\xbb\xbf" + calendar(entry("SUMMARY:Caf\xe9 im H\r\n of")).replace(b"\r\n", b"\n")

    (found,) = read_calendar(data)

    assert found.title == "Café im Hof"


def test_nothing_that_is_nested_in_an_entry_is_read():
    alarm = "BEGIN:VALARM\r\nSUMMARY:Wake up\r\nUID:other\r\nBEGIN:VEVENT\r\nUID:inner\r\nEND:VEVENT\r\nEND:VALARM"

    record = read(alarm)

    assert (record.uid, record.title) == ("a@example.org", "Picnic")


def test_rules_of_a_time_zone_are_never_evaluated():
    rules = "".join(
        f"BEGIN:STANDARD\r\nDTSTART:19000101T000000\r\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY={30 + number % 2}\r\n"
        "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
        for number in range(2_000)
    )
    hostile = f"BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\n{rules}END:VTIMEZONE"
    before = time.thread_time()

    record = read("DTSTART;TZID=Europe/London:20260612T190000", head=hostile)

    assert record.starts == datetime(2026, 6, 12, 19, tzinfo=LONDON)
    assert time.thread_time() - before < 2


def test_break_in_a_line_begins_no_property():
    record = read("SUMMARY:Picnic\\r\\nURL:https://evil.example\\nin the\u2028park\x85", "LOCATION:Hall\\nUID:b")

    assert (record.title, record.place, record.source) == (
        "Picnic\\r URL:https://evil.example in the park",
        "Hall, UID:b",
        None,
    )


# Events that repeat


def test_rule_becomes_the_dates_to_come_up_to_the_horizon(settings):
    settings.SERIES_HORIZON_DAYS = 21

    assert dates(entry("DTSTART:20200103T180000Z", "RRULE:FREQ=WEEKLY")) == [
        "06-12 18:00",
        "06-19 18:00",
        "06-26 18:00",
    ]


def test_rule_gives_no_more_dates_than_a_series_of_the_site(settings):
    settings.SERIES_MAX_DATES = 3

    assert dates(entry("RRULE:FREQ=DAILY;COUNT=1000000000")) == ["06-12 18:00", "06-13 18:00", "06-14 18:00"]


def test_wall_time_stays_when_the_clocks_change():
    found = dates(entry("DTSTART;TZID=Europe/London:20261024T190000", "RRULE:FREQ=DAILY;COUNT=2"))

    assert found == ["10-24 18:00", "10-25 19:00"]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=2", ["06-12", "06-19"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260619T180000Z", ["06-12", "06-19"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260619", ["06-12", "06-19"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260619T175959Z", ["06-12"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", ["06-12", "06-15", "06-19"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1MO;COUNT=3", ["06-12", "06-29", "07-27"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1;COUNT=2", ["06-12", "07-06"]),
        ("RRULE:FREQ=YEARLY;INTERVAL=1;COUNT=2", ["06-12"]),
    ],
)
def test_rules_as_other_programs_write_them(rule, found):
    assert dates(entry(rule)) == [f"{day} 18:00" for day in found]


def test_exceptions_additions_and_single_changes_are_honoured():
    found = read_calendar(
        calendar(
            entry(
                "RRULE:FREQ=WEEKLY;COUNT=5",
                "EXDATE:20260619T180000Z",
                "EXDATE;VALUE=DATE:20260703",
                "RDATE;TZID=Europe/London:20260620T190000",
            ),
            entry("RECURRENCE-ID:20260626T180000Z", "DTSTART:20260627T200000Z", "SUMMARY:Picnic indoors"),
        )
    )

    assert [(f"{each.recurrence_id:%m-%d}", f"{each.starts:%m-%d %H}", each.title) for each in found] == [
        ("06-12", "06-12 18", "Picnic"),
        ("06-20", "06-20 18", "Picnic"),
        ("07-10", "07-10 18", "Picnic"),
        ("06-26", "06-27 20", "Picnic indoors"),
    ]


def test_whole_days_repeat_without_a_time(settings):
    settings.TIME_ZONE = "Europe/London"

    assert dates(entry("DTSTART;VALUE=DATE:20261024", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261025")) == [
        "10-23 23:00",
        "10-26 00:00",
    ]


def test_series_without_a_date_to_come_is_left_out():
    assert refusal("DTSTART:20200103T180000Z", "RRULE:FREQ=WEEKLY;COUNT=3") == (
        "left alone",
        "RRULE",
        "It has no date from now to 7 December 2026.",
    )


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=53MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYWEEKNO=60",
        "FREQ=WEEKLY;INTERVAL=2147483647",
        "FREQ=DAILY;INTERVAL=2147483647",
    ],
)
def test_rule_that_gives_nothing_is_not_searched_for_long(rule):
    before = time.thread_time()

    found = read_calendar(calendar(entry(f"RRULE:{rule}")))

    assert len(found) == 1
    assert time.thread_time() - before < 2


def test_file_that_takes_too_long_is_refused_from_there_on(monkeypatch):
    monkeypatch.setattr("events.ics_importer.reading.READING_SECONDS", 0.05)
    slow = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"

    found = read_calendar(calendar(entry(uid="a"), entry(slow, uid="b"), entry(slow, uid="c"), entry(uid="d")))

    assert [getattr(each, "reason", "") for each in found[2:]] == [
        "Reading this file takes too long. Export a shorter time."
    ] * 2


def test_file_gives_only_so_many_dates(settings):
    settings.IMPORT_MAX_EVENTS = 10

    found = read_calendar(calendar(*(entry("RRULE:FREQ=DAILY;COUNT=4", uid=uid) for uid in "abc")))

    assert [getattr(each, "reason", "") for each in found] == [""] * 8 + [
        "With this there are more than 10 dates. Import it in parts."
    ]


# Anything at all

ANY_LINE = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}{}:{}".format,
        st.sampled_from(
            [
                "UID",
                "DTSTART",
                "DTEND",
                "DURATION",
                "RRULE",
                "RDATE",
                "EXDATE",
                "RECURRENCE-ID",
                "SUMMARY",
                "SEQUENCE",
                "CATEGORIES",
                "URL",
                "BEGIN",
                "END",
                "LAST-MODIFIED",
            ]
        ),
        st.sampled_from(
            ["", ";TZID=Europe/London", ";VALUE=DATE", ";VALUE=PERIOD", ";TZID=x", ";VALUE=TEXT", ';X="', ";"]
        ),
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                [
                    "20260612T190000",
                    "20260612T190000Z",
                    "20260612",
                    "20260612T190000Z/PT1H",
                    "PT1H",
                    "-P1D",
                    "FREQ=DAILY",
                    "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260701",
                    "FREQ=MONTHLY;BYMONTHDAY=99",
                    "VEVENT",
                    "1",
                    "99991231T235959Z",
                    "00010101",
                ]
            ),
        ),
    ),
)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_LINE, max_size=8))
def test_whatever_an_entry_says_it_is_read_or_refused(lines):
    for each in read_calendar(calendar(entry(), "\r\n".join(["BEGIN:VEVENT", "UID:x", *lines, "END:VEVENT"]))):
        assert isinstance(each, CalendarRecord) or each.reason


WORDS = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="<>&`*_[]\\#~|\u2028\u2029"), max_size=40
).map(lambda text: " ".join(text.split()))
MOMENTS = st.datetimes(datetime(2026, 6, 11), datetime(2030, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def site_records(draw) -> EventRecord:
    starts = draw(MOMENTS)
    number = draw(st.integers(1, 10**9))
    return EventRecord(
        id=number,
        url=f"{django_settings.SITE_URL}/events/{number}",
        title=draw(WORDS.filter(bool)),
        starts=starts,
        ends=draw(st.none() | st.integers(1, 10_000).map(lambda minutes: starts + timedelta(minutes=minutes))),
        all_day=False,
        place=draw(WORDS),
        venue=None,
        areas=[],
        tags=[],
        summary=draw(WORDS),
        summary_html="",
        body="",
        body_html="",
        status=draw(st.sampled_from(["scheduled", "cancelled"])),
        status_note="",
        sequence=draw(st.integers(0, 99)),
        published_by="",
        group=None,
        source="",
        contact_email="",
        contact_phone="",
        flyer=None,
        attachments=[],
        series_url="",
        created=NOW,
        updated=NOW,
    )


@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(site_records(), max_size=5, unique_by=lambda record: record["id"]))
def test_calendar_that_the_site_writes_is_read_back_as_the_same_events(records):
    found = [each for each in read_calendar(to_ics(records, "Nettle")) if isinstance(each, CalendarRecord)]

    assert [
        (each.uid, each.title, each.starts, each.ends, each.summary_source or "", each.event_status, each.sequence)
        for each in found
    ] == [
        (
            f"event-{each['id']}@testserver",
            each["title"],
            each["starts"],
            each["ends"],
            each["summary"],
            each["status"],
            each["sequence"],
        )
        for each in records
    ]


# What becomes of it


class Group:
    """A group whose administrator imports calendars."""

    def __init__(self, *, trusted: bool = False) -> None:
        self.amy = make_user("amy")
        self.collective = make_collective("Nettle", is_trusted=trusted)
        self.collective.memberships.create(user=self.amy, role=Membership.Role.ADMINISTRATOR)

    def imports(self, *entries: str, by="amy", preview: bool = False) -> list[tuple[str, str]]:
        user = self.amy if by == "amy" else by
        importing = CalendarImport(read_calendar(calendar(*entries)), self.collective, user)
        results = importing.preview() if preview else importing.carry_out()
        return [(result.outcome.value, result.reason) for result in results]


@pytest.fixture
def group(db) -> Group:
    return Group()


def rows() -> list[dict]:
    return list(Event.objects.order_by("pk").values())


def test_imported_event_is_a_post_of_the_group_and_of_who_imports_it(group):
    assert group.imports(entry("DESCRIPTION:Bring a friend.", "CATEGORIES:Food")) == [("created", "")]

    event = Event.objects.get()
    assert (event.title, event.summary, event.summary_source) == ("Picnic", "<p>Bring a friend.</p>", "Bring a friend.")
    assert (event.user, event.collective, event.admin_note) == (group.amy, group.collective, "<p>Created by: amy.</p>")
    assert [tag.name for tag in event.tags.all()] == ["Food"]
    assert (event.moderation_status, event.auto_moderation_checked, event.event_group) == (Status.PENDING, True, None)
    assert [entry.is_new for entry in QueueEntry.objects.of(event)] == [True]


def test_posts_of_a_trusted_group_need_no_review_when_a_member_imports_them(db):
    group = Group(trusted=True)

    group.imports(entry(uid="a"))
    group.imports(entry(uid="b"), by=None)

    assert [(event.user, event.moderation_status) for event in Event.objects.order_by("pk")] == [
        (group.amy, Status.PUBLISHED),
        (None, Status.PENDING),
    ]


def test_same_calendar_a_second_time_changes_nothing(group):
    entries = [
        entry("CATEGORIES:food"),
        entry("RRULE:FREQ=WEEKLY;COUNT=3", uid="b"),
        entry("DTSTART;VALUE=DATE:20260701", uid="c"),
    ]
    group.imports(*entries)
    before = rows()

    assert group.imports(*entries) == [("unchanged", "")] * 5
    assert rows() == before


def test_preview_says_the_same_and_writes_nothing(group, django_assert_num_queries):
    entries = [
        entry(uid="a"),
        entry("RRULE:FREQ=WEEKLY;COUNT=3", uid="b"),
        entry("DTSTART:20200101T100000Z", uid="c"),
        entry("DTSTART:soon", uid="d"),
    ]
    with django_assert_num_queries(1):
        shown = group.imports(*entries, preview=True)
    written = Event.objects.count()

    assert group.imports(*entries) == shown
    assert [outcome for outcome, _reason in shown] == ["created"] * 4 + ["left alone", "refused"]
    assert written == 0


def test_later_version_is_an_edit_that_goes_back_into_the_queue(group):
    moderator = make_moderator()
    group.imports(entry("SEQUENCE:0"))
    Event.objects.get().publish(by=moderator)

    assert group.imports(entry("SEQUENCE:1", "DTSTART:20260613T180000Z", "CATEGORIES:food")) == [("updated", "")]

    event = Event.objects.get()
    assert (event.date.day, event.sequence, event.moderation_status) == (13, 1, Status.PUBLISHED)
    assert [tag.name for tag in event.tags.all()] == ["food"]
    assert [entry.is_edited for entry in QueueEntry.objects.of(event)] == [True]
    assert Revision.objects.count() == 1


def test_event_that_is_cancelled_in_the_calendar_is_cancelled_here(group):
    group.imports(entry())

    assert group.imports(entry("STATUS:CANCELLED")) == [("updated", "")]
    assert Event.objects.get().is_cancelled


def test_what_is_no_longer_in_the_file_is_left_alone(group):
    group.imports(entry(uid="a"), entry(uid="b"))
    before = rows()

    assert group.imports(entry(uid="b")) == [("unchanged", "")]
    assert rows() == before


@pytest.mark.parametrize(
    "older",
    [["SEQUENCE:1"], ["SEQUENCE:2", "LAST-MODIFIED:20260501T100000Z"]],
)
def test_older_version_changes_nothing(group, older):
    group.imports(entry("SEQUENCE:2", "LAST-MODIFIED:20260601T100000Z"))

    assert group.imports(entry("SUMMARY:Old name", *older)) == [("unchanged", "What is here is newer.")]
    assert Event.objects.get().title == "Picnic"


def test_what_was_edited_here_stays(group):
    group.imports(entry(uid="a"), entry(uid="b"))
    event = Event.objects.get(import_uid="a")
    event.title = "Picnic, and rain"
    event.revise(by=group.amy)

    assert group.imports(entry(uid="a"), entry("SUMMARY:Other", uid="b")) == [("unchanged", ""), ("updated", "")]
    assert group.imports(entry("SUMMARY:Walk", uid="a")) == [("left alone", "It was edited here since.")]
    assert Event.objects.get(pk=event.pk).title == "Picnic, and rain"


def test_what_was_cancelled_here_is_not_brought_back(group):
    group.imports(entry())
    Event.objects.get().cancel(by=group.amy, note="Rain")

    assert group.imports(entry("LOCATION:Hall")) == [("left alone", "It was edited here since.")]
    assert Event.objects.get().is_cancelled


def test_what_moderators_hid_stays_hidden(group):
    group.imports(entry())
    Event.objects.get().hide(by=make_moderator(), reason="Advertising")
    before = rows()

    assert group.imports(entry("SUMMARY:Walk", "SEQUENCE:9")) == [("left alone", "Moderators hid it here.")]
    assert (
        group.imports(entry("RRULE:FREQ=WEEKLY;COUNT=3"))
        == [("unchanged", "")] + [("left alone", "The series was ended here.")] * 2
    )
    assert rows() == before


def test_what_was_withdrawn_here_stays_withdrawn(group):
    group.imports(entry())
    Event.objects.get().withdraw(by=group.amy)

    assert group.imports(entry("SUMMARY:Walk")) == [("left alone", "It was withdrawn here.")]
    assert Event.objects.get().is_withdrawn


def test_what_is_over_is_neither_published_nor_changed(group, time_machine):
    group.imports(entry(uid="a"))
    time_machine.move_to(NOW + timedelta(days=10), tick=False)

    assert group.imports(entry("SUMMARY:Walk", uid="a"), entry(uid="b")) == [("left alone", "It is over.")] * 2
    assert [event.title for event in Event.objects.all()] == ["Picnic"]


def test_dates_of_a_series_are_posts_of_one_series_behind_one_place_in_the_queue(group):
    group.imports(
        entry("RRULE:FREQ=WEEKLY;COUNT=3"),
        entry("RECURRENCE-ID:20260619T180000Z", "DTSTART:20260619T180000Z", "SUMMARY:Walk"),
    )

    series = EventGroup.objects.get()
    assert [(f"{event.date:%m-%d}", event.title, event.event_group) for event in Event.objects.order_by("date")] == [
        ("06-12", "Picnic", series),
        ("06-19", "Walk", series),
        ("06-26", "Picnic", series),
    ]
    assert QueueEntry.objects.count() == 3
    assert sorted(entry.post.title for entry in QueueEntry.objects.in_front()) == ["Picnic", "Walk"]


def test_series_goes_on_with_time(group, time_machine, settings):
    settings.SERIES_HORIZON_DAYS = 10
    weekly = entry("RRULE:FREQ=WEEKLY")
    group.imports(weekly)
    time_machine.move_to(NOW + timedelta(days=14), tick=False)

    assert group.imports(weekly) == [("created", ""), ("created", "")]
    assert [f"{event.date:%m-%d}" for event in Event.objects.order_by("date")] == ["06-12", "06-19", "06-26", "07-03"]
    assert EventGroup.objects.count() == 1


def test_series_that_was_ended_here_does_not_go_on(group, time_machine, settings):
    settings.SERIES_HORIZON_DAYS = 10
    weekly = entry("RRULE:FREQ=WEEKLY")
    group.imports(weekly)
    Event.objects.order_by("date").last().withdraw(by=group.amy)
    time_machine.move_to(NOW + timedelta(days=8), tick=False)

    assert group.imports(weekly) == [("unchanged", ""), ("left alone", "The series was ended here.")]


def test_series_that_moves_to_another_hour_makes_no_date_twice(group):
    group.imports(entry("RRULE:FREQ=WEEKLY;COUNT=3"))

    assert group.imports(entry("DTSTART:20260612T200000Z", "RRULE:FREQ=WEEKLY;COUNT=3")) == [("updated", "")] * 3
    assert [f"{event.date:%m-%d %H}" for event in Event.objects.order_by("date")] == [
        "06-12 20",
        "06-19 20",
        "06-26 20",
    ]


def test_event_that_begins_to_repeat_is_its_first_date(group):
    group.imports(entry())

    assert group.imports(entry("RRULE:FREQ=WEEKLY;COUNT=2")) == [("unchanged", ""), ("created", "")]
    assert group.imports(entry("RRULE:FREQ=WEEKLY;COUNT=2")) == [("unchanged", "")] * 2
    assert Event.objects.count() == 2


def test_content_filters_hold_what_is_imported_and_what_is_changed(group):
    make_filter("casino")
    group.imports(entry("SUMMARY:Casino night", "RRULE:FREQ=WEEKLY;COUNT=2", uid="a"), entry(uid="b"))
    group.imports(entry("DESCRIPTION:Casino", uid="b"))

    assert [(event.title, event.is_held) for event in Event.objects.order_by("pk")] == [
        ("Casino night", True),
        ("Casino night", True),
        ("Picnic", True),
    ]


def test_flood_of_a_new_account_waits(group, settings):
    settings.FLOOD_POSTS_PER_HOUR = 2

    group.imports(*(entry(uid=uid) for uid in "abcd"))

    assert [event.is_held for event in Event.objects.order_by("pk")] == [False, False, True, True]


def test_groups_import_the_same_calendar_each_for_itself(group):
    other = make_collective("Other")
    group.imports(entry())
    importing = CalendarImport(read_calendar(calendar(entry("SUMMARY:Walk"))), other, group.amy)

    assert [result.outcome for result in importing.carry_out()] == [Outcome.CREATED]
    assert [(event.collective.name, event.title) for event in Event.objects.order_by("pk")] == [
        ("Nettle", "Picnic"),
        ("Other", "Walk"),
    ]


def test_event_that_leaves_the_group_leaves_its_calendar(group):
    other = make_collective("Other")
    group.imports(entry())
    CalendarImport(read_calendar(calendar(entry())), other, group.amy).carry_out()
    event = Event.objects.order_by("pk").first()
    event.collective = other

    event.revise(by=group.amy)

    assert list(Event.objects.order_by("pk").values_list("collective__name", "import_uid")) == [
        ("Other", None),
        ("Other", "a@example.org"),
    ]


def test_calendar_that_the_site_gave_out_changes_only_what_the_group_keeps_and_not_even_that(group):
    own = make_event("Own", collective=group.collective, date=datetime(2026, 6, 12, 18, tzinfo=UTC))
    foreign = make_event("Foreign")
    uids = [f"event-{pk}@testserver" for pk in (own.pk, foreign.pk, foreign.pk + 1)]
    before = rows()

    assert group.imports(entry("SUMMARY:Own", uid=uids[0])) == [("unchanged", "")]
    assert group.imports(*(entry("SUMMARY:Forged", uid=uid) for uid in uids)) == [
        ("left alone", "It was written on this site: change it here."),
        ("refused", "Its UID is that of a post of this site, but of none of this group."),
        ("refused", "Its UID is that of a post of this site, but of none of this group."),
    ]
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_publish_each_event_once():
    group = Group()
    entries = [entry(uid=f"{number}") for number in range(5)]

    outcomes = at_once(lambda: group.imports(*entries), lambda: group.imports(*entries))

    assert Event.objects.count() == 5
    assert {outcome for results in outcomes for outcome, _reason in results} <= {"created", "unchanged"}
