"""Pages by cursor: every event once, in order, whatever the minutes they share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.listing import Filters, Listing, Span
from events.models import Event
from events.paging import BadCursor, Cursor, Order
from tests.factories import make_event

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
UPCOMING = Listing(path="/events", name="Upcoming", events=Event.objects.all())
PAST = Listing(path="/events/archive", name="Past", span=Span.PAST, events=Event.objects.all())
ALL = Listing(path="/tags/food", name="Food", span=Span.ALL, events=Event.objects.all())


def walk(listing: Listing, size: int) -> list[list[str]]:
    """The titles of all pages, from the first to the last, each reached by what its address carries."""
    pages = []
    while True:
        page = listing.page(size)
        pages.append([event.title for event in page.events])
        if page.next is None:
            return pages
        listing = replace(listing, after=Cursor.parse(str(page.next)))


@given(st.sampled_from(Order), st.datetimes(timezones=st.just(UTC)), st.integers(1, 2**59))
def test_cursor_reads_what_it_wrote(order, moment, pk):
    cursor = Cursor(order, moment, pk, "0123abcd")

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "1-2-0123abcd",
        "s1-2",
        "s1-2-0123abc",
        "s1-2-0123abcg",
        "s1-2-0123abcd\n",
        "x1-2-0123abcd",
        "s-1--2-0123abcd",
        "s1.5-2-0123abcd",
        "s1_0-2-0123abcd",
        "s+1-2-0123abcd",
        " s1-2-0123abcd",
        "s١-٢-0123abcd",
        "s999999999999999999-1-0123abcd",
        "s-999999999999999999-1-0123abcd",
        "s1-9999999999999999999-0123abcd",
        "s" + "9" * 5000 + "-1-0123abcd",
        "s1-2'---0123abcd",
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


def test_cursors_of_other_lists_are_other_cursors():
    lists = [UPCOMING, PAST, ALL, UPCOMING.narrowed(Filters(q="a")), UPCOMING.narrowed(Filters(order="posted"))]

    assert len({listing.key for listing in lists}) == len(lists)


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_pages_hold_every_event_once_even_in_the_same_minute(time_machine, size):
    for number in range(5):
        make_event(f"same minute {number}", date=NOW + HOUR)
    make_event("earlier", date=NOW)
    make_event("later", date=NOW + 2 * HOUR)
    in_order = ["earlier", *[f"same minute {number}" for number in range(5)], "later"]

    time_machine.move_to(NOW, tick=False)
    pages = walk(UPCOMING, size)
    time_machine.move_to(NOW + 3 * HOUR, tick=False)
    past_pages = walk(PAST, size)
    time_machine.move_to(NOW + HOUR, tick=False)
    both = walk(ALL, size)

    assert [title for page in pages for title in page] == in_order
    assert [title for page in past_pages for title in page] == in_order[::-1]
    assert [title for page in both for title in page] == [*in_order[1:], "earlier"]
    assert {len(page) for page in (*pages[:-1], *both[:-1])} <= {size}


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_by_posting_hold_every_event_once(time_machine, size):
    time_machine.move_to(NOW, tick=False)
    for number in range(5):
        make_event(str(number), date=NOW + HOUR, created_on=NOW - number // 2 * HOUR)

    pages = walk(UPCOMING.narrowed(Filters(order="posted")), size)

    assert [title for page in pages for title in page] == ["1", "0", "3", "2", "4"]


@pytest.mark.django_db
def test_full_last_page_has_no_next(time_machine):
    time_machine.move_to(NOW, tick=False)
    for number in range(4):
        make_event(str(number), date=NOW + number * HOUR)

    assert walk(UPCOMING, 2) == [["0", "1"], ["2", "3"]]
    assert walk(ALL, 2) == [["0", "1"], ["2", "3"]]


@pytest.mark.django_db
def test_cursor_of_an_event_that_is_gone_still_marks_its_place(time_machine):
    time_machine.move_to(NOW, tick=False)
    first, second = make_event(date=NOW), make_event(date=NOW + HOUR)
    cursor = Cursor.of(first, Order.SOONEST, UPCOMING.key)
    first.delete()

    assert replace(UPCOMING, after=cursor).page().events == [second]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["-62135596800000000-1", "253402300799999999-1", "0-999999999999999999"])
@pytest.mark.parametrize("listing", [UPCOMING, PAST, ALL], ids=lambda listing: listing.path)
def test_farthest_cursors_are_answered(listing, text):
    make_event(date=NOW)

    for order in Order:
        cursor = Cursor.parse(f"{order}{text}-{listing.key}")
        assert len(replace(listing, after=cursor).page().events) <= 1


@pytest.mark.django_db
def test_days_cut_by_the_page_have_no_count(time_machine):
    time_machine.move_to(NOW, tick=False)
    for number in range(4):
        make_event(date=NOW + number * HOUR)
    first = UPCOMING.page(2)

    last = replace(UPCOMING, after=first.next).page(2)

    assert [[day.count for day in page.days] for page in (first, last)] == [[None], [None]]
    assert [day.count for day in UPCOMING.page(4).days] == [4]


@pytest.mark.django_db
def test_what_began_before_and_still_runs_stands_under_today_only_in_lists_of_what_is_upcoming(time_machine):
    time_machine.move_to(NOW, tick=False)
    make_event(date=NOW - 48 * HOUR, end_date=NOW + HOUR)
    days = Filters(first=(NOW - 72 * HOUR).date())

    assert [day.date for day in UPCOMING.page().days] == [NOW.date()]
    assert [day.date for day in UPCOMING.narrowed(days).page().days] == [(NOW - 48 * HOUR).date()]


@pytest.mark.django_db
def test_posts_of_unknown_age_have_no_place_among_the_newest(time_machine):
    time_machine.move_to(NOW, tick=False)
    for number in range(4):
        make_event(f"{number}", date=NOW + HOUR, created_on=NOW - number * HOUR)
        make_event("unknown", date=NOW + HOUR, created_on=None)
    newest = UPCOMING.narrowed(Filters(order="posted"))

    assert walk(newest, 2) == [["0", "1"], ["2", "3"]]
