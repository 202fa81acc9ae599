"""The rules of repeating dates, against the RFC's own reading of their text and against a clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from events.recurrence import MAX_EVERY, MonthBy, Recurrence, Unit, at, wall

THURSDAY = datetime(2026, 10, 1, 19, 30)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
EXAMPLES = settings(max_examples=250, deadline=None)
THOUSANDS = settings(max_examples=2_000, deadline=None)

wall_times = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@st.composite
def rules(draw):
    starts = draw(wall_times)
    rule = Recurrence(
        starts,
        unit=draw(st.sampled_from(Unit)),
        every=draw(st.integers(1, MAX_EVERY)),
        weekdays=tuple(draw(st.sets(st.integers(0, 6)))),
        month_by=draw(st.sampled_from(MonthBy)),
        **draw(
            st.sampled_from([{}, {"count": draw(st.integers(1, 60))}, {"until": starts.date() + timedelta(days=700)}])
        ),
    )
    some = [each.date() for each in rule.dates(starts.date() + timedelta(days=900))]
    left_out = draw(st.sets(st.sampled_from(some), max_size=4)) if some else ()
    return Recurrence(**{**vars(rule), "left_out": frozenset(left_out)})


def as_the_rfc_reads(rule: Recurrence):
    lines = [f"DTSTART:{rule.starts:%Y%m%dT%H%M%S}", f"RRULE:{rule.to_rrule()}"]
    if exdates := rule.to_exdates():
        lines.append(f"EXDATE:{exdates}")
    return rrulestr("\n".join(lines), forceset=True)


@THOUSANDS
@given(rules())
def test_dates_are_those_that_the_text_of_the_rule_gives(rule):
    horizon = rule.starts + timedelta(days=3000)
    expected = [each for each in as_the_rfc_reads(rule).xafter(rule.starts, count=40, inc=True) if each <= horizon]

    assert list(islice(rule.dates(horizon.date()), 40))[: len(expected)] == expected


@EXAMPLES
@given(rules())
def test_rule_survives_its_text(rule):
    assert Recurrence.from_rrule(rule.to_rrule(), rule.to_exdates(), rule.starts) == rule


@THOUSANDS
@given(rules(), st.sampled_from(ZONES))
def test_every_date_keeps_its_time_on_the_wall(rule, zone):
    with timezone.override(ZoneInfo(zone)):
        for each in islice(rule.dates(rule.starts.date() + timedelta(days=1500)), 40):
            shown = wall(at(each))
            # Only in an hour that the clocks leave out it is later, by what they go forward.
            assert shown == each or timedelta(0) < shown - each <= timedelta(hours=1)
            assert shown == each or wall(at(each) - timedelta(hours=1)) < each


@EXAMPLES
@given(rules(), st.data())
def test_two_parts_of_a_rule_are_the_whole(rule, data):
    dates = list(islice(rule.dates(rule.starts.date() + timedelta(days=2000)), 30))
    if not dates:
        return
    starts = data.draw(st.sampled_from(dates))

    before = list(rule.ended(starts.date() - timedelta(days=1)).dates())
    after = list(islice(rule.continued_from(starts).dates(), len(dates) - len(before)))

    assert [*before, *after] == dates


@EXAMPLES
@given(rules(), st.integers(-10, 10), st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_moved_rule_gives_the_moved_dates_or_there_is_none(rule, days, clock):
    horizon = rule.starts.date() + timedelta(days=1000)
    moved = rule.moved(days, clock)
    if moved is not None:
        expected = [datetime.combine(each + timedelta(days), clock) for each in islice(rule.dates(horizon), 30)]
        assert list(islice(moved.dates(horizon + timedelta(days)), 30)) == expected


def test_evening_stays_the_evening_when_the_clocks_change():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        first, second = (at(each) for each in islice(Recurrence(datetime(2026, 10, 22, 19, 30)).dates(), 2))

        assert second - first == timedelta(days=7, hours=1)
        assert f"{wall(first):%H:%M} {wall(second):%H:%M}" == "19:30 19:30"


def test_hour_that_is_left_out_is_taken_with_the_offset_before_and_one_that_comes_twice_the_first_time():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert wall(at(datetime(2026, 3, 29, 2, 30))) == datetime(2026, 3, 29, 3, 30)
        assert at(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "Every Thursday at 19:30"),
        ({"every": 3}, "Every 3 weeks on Thursday at 19:30"),
        (
            {"every": 2, "until": date(2026, 12, 24), "left_out": frozenset({date(2026, 10, 29)})},
            "Every second Thursday at 19:30 until 24 December 2026, not on 29 October 2026",
        ),
        ({"weekdays": (3, 0, 1)}, "Every Monday, Tuesday and Thursday at 19:30"),
        ({"weekdays": (3, 1), "every": 2}, "Every second week on Tuesday and Thursday at 19:30"),
        ({"weekdays": tuple(range(7))}, "Every day at 19:30"),
        ({"unit": Unit.DAYS, "count": 1}, "Every day at 19:30, 1 time"),
        ({"unit": Unit.DAYS, "every": 2, "count": 5}, "Every second day at 19:30, 5 times"),
        ({"unit": Unit.MONTHS}, "Every month on the 1st at 19:30"),
        (
            {"unit": Unit.MONTHS, "month_by": MonthBy.WEEKDAY, "every": 2},
            "Every second month on the first Thursday at 19:30",
        ),
        ({"unit": Unit.MONTHS, "month_by": MonthBy.LAST, "every": 3}, "Every 3 months on the last Thursday at 19:30"),
    ],
)
def test_rule_in_words(rule, words):
    assert Recurrence(THURSDAY, **rule).in_words() == words


@pytest.mark.parametrize(
    ("starts", "rule", "words"),
    [
        (datetime(2026, 10, 31, 19), {}, "Months without a 31st are left out."),
        (datetime(2028, 2, 29, 19), {"every": 12}, "Years without a 29 February are left out."),
        (datetime(2026, 10, 29, 19), {"month_by": MonthBy.WEEKDAY}, "Months without a fifth Thursday are left out."),
        (datetime(2026, 10, 29, 19), {"month_by": MonthBy.LAST}, ""),
        (datetime(2026, 10, 28, 19), {}, ""),
    ],
)
def test_months_that_lack_the_day_are_named_and_left_out(starts, rule, words):
    recurrence = Recurrence(starts, unit=Unit.MONTHS, **rule)

    assert recurrence.gaps_in_words() == words
    months = [(each.year - starts.year) * 12 + each.month - starts.month for each in islice(recurrence.dates(), 12)]
    assert (months == [number * recurrence.every for number in range(12)]) == (not words)


def test_last_friday_is_the_last_one_whatever_its_number():
    rule = Recurrence(datetime(2026, 10, 30, 20), unit=Unit.MONTHS, month_by=MonthBy.LAST, count=4)

    assert [f"{each:%d.%m.}" for each in rule.dates()] == ["30.10.", "27.11.", "25.12.", "29.01."]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"weekdays": (3,)}, True),
        ({"weekdays": (1,)}, False),
        ({"unit": Unit.MONTHS, "month_by": MonthBy.LAST}, False),
        ({"unit": Unit.MONTHS, "month_by": MonthBy.WEEKDAY}, True),
    ],
)
def test_first_date_has_to_be_one_of_the_rule(rule, fits):
    assert Recurrence(THURSDAY, **rule).fits_first_date == fits


@pytest.mark.parametrize(
    "rule",
    [{"every": 0}, {"every": 100}, {"count": 0}, {"weekdays": (7,)}, {"count": 3, "until": date(2026, 12, 1)}],
)
def test_what_makes_no_sense_is_refused(rule):
    with pytest.raises(ValueError, match=r"\d"):
        Recurrence(THURSDAY, **rule)


@pytest.mark.parametrize(
    "text", ["", "FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=0;BYDAY=TH", "FREQ=DAILY;BYHOUR=3", "nonsense"]
)
def test_text_that_says_something_else_is_refused(text):
    with pytest.raises(ValueError, match=r"^"):
        Recurrence.from_rrule(text, "", THURSDAY)


def test_second_thursdays_cannot_all_move_to_the_day_after():
    rule = Recurrence(datetime(2026, 10, 8, 19), unit=Unit.MONTHS, month_by=MonthBy.WEEKDAY)

    assert rule.moved(1, time(19)) is None
    assert rule.moved(0, time(20)) == Recurrence(datetime(2026, 10, 8, 20), unit=Unit.MONTHS, month_by=MonthBy.WEEKDAY)
