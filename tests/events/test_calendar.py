"""Events and dates in, days and grids out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.calendar import by_day, last_day, month_grid, neighbour_day
from events.models import Event

TODAY = date(2026, 6, 10)
NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def event(starts: datetime, ends: datetime | None = None, title: str = "") -> Event:
    return Event(title=title, date=starts, end_date=ends)


def shape(days) -> list[tuple[date, list[str], list[str]]]:
    return [
        (day.date, [row.event.title for row in day.rows], [row.event.title for row in day.still_on]) for day in days
    ]


# Days of a listing


def test_no_events_are_no_days():
    assert by_day([]) == []


def test_events_stand_under_the_days_they_begin_on():
    events = [event(NOON, title="a"), event(NOON + HOUR, title="b"), event(NOON + 3 * DAY, title="c")]

    assert shape(by_day(events)) == [(TODAY, ["a", "b"], []), (TODAY + 3 * DAY, ["c"], [])]


def test_what_runs_since_an_earlier_day_stands_under_today():
    events = [event(NOON - 2 * DAY, NOON + DAY, "exhibition"), event(NOON, title="picnic")]

    assert shape(by_day(events)) == [(TODAY, ["picnic"], ["exhibition"])]


def test_what_runs_since_this_morning_is_an_ordinary_row():
    assert shape(by_day([event(NOON - HOUR, NOON + HOUR, "stall")])) == [(TODAY, ["stall"], [])]


def test_what_is_over_stays_under_its_own_day():
    assert shape(by_day([event(NOON - DAY, NOON - DAY + HOUR, "talk")])) == [(TODAY - DAY, ["talk"], [])]


def test_day_itself_keeps_what_began_on_it():
    events = [event(NOON - DAY, NOON + DAY, "exhibition")]

    assert shape(by_day(events, carry=False)) == [(TODAY - DAY, ["exhibition"], [])]


def test_same_minute_is_marked_in_all_rows_but_the_first():
    events = [event(NOON), event(NOON), event(NOON + HOUR), event(NOON + DAY), event(NOON + DAY)]

    assert [[row.same_time for row in day.rows] for day in by_day(events)] == [[False, True, False], [False, True]]


def test_today_and_tomorrow_are_known():
    days = by_day([event(NOON), event(NOON + DAY), event(NOON + 2 * DAY)])

    assert [(day.is_today, day.is_tomorrow) for day in days] == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize(
    ("cuts", "counts"),
    [
        ({}, [1, 2, 1]),
        ({"cut_before": True}, [None, 2, 1]),
        ({"cut_after": True}, [1, 2, None]),
        ({"cut_before": True, "cut_after": True}, [None, 2, None]),
    ],
)
def test_days_that_a_page_may_cut_have_no_count(cuts, counts):
    events = [event(NOON), event(NOON + DAY), event(NOON + DAY), event(NOON + 2 * DAY)]

    assert [day.count for day in by_day(events, **cuts)] == counts


def test_count_includes_what_is_still_on():
    [day] = by_day([event(NOON - DAY, NOON + HOUR), event(NOON)])

    assert day.count == 2


def test_days_turn_at_the_sites_midnight(settings):
    settings.TIME_ZONE = "Europe/London"  # an hour ahead of UTC in June
    before, after = datetime(2026, 6, 10, 22, 59, tzinfo=UTC), datetime(2026, 6, 10, 23, 0, tzinfo=UTC)

    assert shape(by_day([event(before, title="late"), event(after, title="small hours")])) == [
        (TODAY, ["late"], []),
        (TODAY + DAY, ["small hours"], []),
    ]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28 23:59", date(2026, 3, 28)),  # winter time: the same as UTC
        ("2026-03-29 00:30", date(2026, 3, 29)),
        ("2026-03-29 22:59", date(2026, 3, 29)),  # since one in the morning an hour ahead
        ("2026-03-29 23:00", date(2026, 3, 30)),
        ("2026-10-24 23:00", date(2026, 10, 25)),
        ("2026-10-25 23:59", date(2026, 10, 25)),  # winter again
        ("2026-10-26 00:00", date(2026, 10, 26)),
    ],
)
def test_days_follow_summer_time(settings, moment, day):
    settings.TIME_ZONE = "Europe/London"
    moment = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)

    assert [listed.date for listed in by_day([event(moment)], today=date(2026, 1, 1))] == [day]


# Months


def test_grid_has_whole_weeks_from_monday():
    weeks = month_grid(2026, 6, [], {})

    assert [[cell.date and cell.date.day for cell in week] for week in weeks] == [
        [1, 2, 3, 4, 5, 6, 7],
        [8, 9, 10, 11, 12, 13, 14],
        [15, 16, 17, 18, 19, 20, 21],
        [22, 23, 24, 25, 26, 27, 28],
        [29, 30, None, None, None, None, None],
    ]


def test_grid_shows_events_in_their_days_and_how_many_more():
    shown = [event(NOON, title="a"), event(NOON + HOUR, title="b")]

    cells = [cell for week in month_grid(2026, 6, shown, {TODAY: 5}) for cell in week if cell.events]

    assert [(cell.date, [event.title for event in cell.events], cell.more) for cell in cells] == [
        (TODAY, ["a", "b"], 3)
    ]


def test_grid_knows_today_and_the_past():
    cells = [cell for week in month_grid(2026, 6, [], {}) for cell in week if cell.date]

    assert [cell.date.day for cell in cells if cell.is_past] == list(range(1, 10))
    assert [cell.date.day for cell in cells if cell.is_today] == [10]


def test_cells_outside_the_month_are_neither_past_nor_today():
    outside = [cell for week in month_grid(2026, 2, [], {}) for cell in week if not cell.date]

    assert [(cell.is_past, cell.is_today, cell.events) for cell in outside] == [(False, False, [])] * 7


@pytest.mark.parametrize(("month", "day"), [((2026, 2), 28), ((2028, 2), 29), ((2100, 2), 28), ((2026, 12), 31)])
def test_last_day_knows_leap_years(month, day):
    assert last_day(*month) == date(*month, day)


@pytest.mark.parametrize(
    ("day", "step", "neighbouring"),
    [
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
        (date(2028, 3, 1), -1, date(2028, 2, 29)),
        (date(2100, 12, 31), 1, None),
        (date(1900, 1, 1), -1, None),
    ],
)
def test_neighbouring_day_ends_with_the_years_the_site_knows(day, step, neighbouring):
    assert neighbour_day(day, step) == neighbouring
