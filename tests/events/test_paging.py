"""Pages by cursor: every event once, in order, whatever the minutes they share."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from events.paging import BadCursor, Cursor
from tests.factories import make_event

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def walk(events, size: int) -> list[list[str]]:
    """The titles of all pages, from the first to the last."""
    pages, after = [], None
    while True:
        page = events.page(after, size=size)
        pages.append([event.title for event in page.events])
        if page.next is None:
            return pages
        after = str(page.next)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 2**59))
def test_cursor_reads_what_it_wrote(moment, pk):
    cursor = Cursor(moment, pk)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "1",
        "1-",
        "-1",
        "1-2-3",
        "1--2",
        "1.5-2",
        "1_0-2",
        "+1-2",
        " 1-2",
        "1-2\n",
        "١-٢",
        "999999999999999999-1",
        "-999999999999999999-1",
        "1-9999999999999999999",
        "9" * 5000 + "-1",
        "1-2'--",
        "\x00",
    ],
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(BadCursor):
        Cursor.parse(text)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text):
    try:
        cursor = Cursor.parse(text)
    except BadCursor:
        return
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_pages_hold_every_event_once_even_in_the_same_minute(size):
    for number in range(5):
        make_event(f"same minute {number}", date=NOW + HOUR)
    make_event("earlier", date=NOW)
    make_event("later", date=NOW + 2 * HOUR)
    in_order = ["earlier", *[f"same minute {number}" for number in range(5)], "later"]

    pages = walk(Event.objects.upcoming(NOW), size)
    past_pages = walk(Event.objects.past(NOW + 3 * HOUR), size)

    assert [title for page in pages for title in page] == in_order
    assert [title for page in past_pages for title in page] == in_order[::-1]
    assert {len(page) for page in pages[:-1]} <= {size}


@pytest.mark.django_db
def test_full_last_page_has_no_next():
    for number in range(4):
        make_event(str(number), date=NOW + number * HOUR)

    assert walk(Event.objects.upcoming(NOW), 2) == [["0", "1"], ["2", "3"]]


@pytest.mark.django_db
def test_page_beyond_the_end_is_empty():
    event = make_event(date=NOW)

    page = Event.objects.upcoming(NOW).page(str(Cursor.of(event)))

    assert (page.events, page.next, page.days) == ([], None, [])


@pytest.mark.django_db
@pytest.mark.parametrize("after", [None, ""])
def test_no_cursor_is_the_first_page(after):
    event = make_event(date=NOW)

    assert Event.objects.upcoming(NOW).page(after).events == [event]


@pytest.mark.django_db
def test_cursor_of_an_event_that_is_gone_still_marks_its_place():
    first, second = make_event(date=NOW), make_event(date=NOW + HOUR)
    cursor = str(Cursor.of(first))
    first.delete()

    assert Event.objects.upcoming(NOW).page(cursor).events == [second]


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["-62135596800000000-1", "253402300799999999-1", "0-999999999999999999"])
def test_farthest_cursors_are_answered(after):
    make_event(date=NOW)

    for events in (Event.objects.upcoming(NOW), Event.objects.past(NOW + HOUR)):
        assert len(events.page(after).events) <= 1


@pytest.mark.django_db
def test_days_cut_by_the_page_have_no_count(time_machine):
    time_machine.move_to(NOW, tick=False)
    for number in range(4):
        make_event(date=NOW + number * HOUR)
    first = Event.objects.upcoming(NOW).page(size=2)

    last = Event.objects.upcoming(NOW).page(str(first.next), size=2)

    assert [[day.count for day in page.days] for page in (first, last)] == [[None], [None]]
    assert [day.count for day in Event.objects.upcoming(NOW).page(size=4).days] == [4]


@pytest.mark.django_db
def test_days_begun_leave_running_events_where_they_began(time_machine):
    time_machine.move_to(NOW, tick=False)
    make_event(date=NOW - 48 * HOUR, end_date=NOW + HOUR)

    page = Event.objects.upcoming(NOW).page()

    assert [day.date for day in page.days] == [NOW.date()]
    assert [day.date for day in page.days_begun] == [(NOW - 48 * HOUR).date()]
