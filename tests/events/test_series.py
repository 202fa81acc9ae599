"""Series: what a person fills in, the dates that come of it, and what is done to them together."""

import re
import time
from datetime import date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from events.forms import EditForm, PublishForm
from events.models import Attachment, EditLink, Event, EventGroup, Holder
from events.recurrence import MonthBy, Recurrence, Unit
from events_site.guards import FormToken
from moderation.models import Deed, QueueEntry, Status
from tests.factories import a_picture, make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12)
FIRST = datetime(2026, 6, 11, 19, 30)  # a Thursday


@pytest.fixture(autouse=True)
def _june():
    with time_machine.travel(f"{NOW}+00:00", tick=False):
        yield


def wall(event):
    return f"{timezone.localtime(event.date):%d.%m. %H:%M}"


def walls(events):
    return [wall(event) for event in events]


def dates_of(series):
    return list(series.events.order_by("date"))


def make_series(count=5, *, unit=Unit.WEEKS, author=None, status=Status.PUBLISHED, **rule):
    """A series of two hours on each date, posted by `author`; its dates in order."""
    series = EventGroup.objects.make(Recurrence(FIRST, unit=unit, count=count, **rule))
    first = timezone.make_aware(FIRST)
    event = make_event(
        "Choir",
        date=first,
        end_date=first + timedelta(hours=2),
        event_group=series,
        recurrence_id=first,
        tags=("song",),
        areas=("Bow",),
        user=author,
        status=status,
    )
    event.screen()
    series.make_dates(event, EventGroup.horizon())
    return dates_of(series)


def filled_in(**fields):
    token = FormToken.new()
    opened = FormToken(token.key, token.opened - 60, token.confirmed - 60)
    least = {
        "title": "Choir",
        "summary": "Sing with us.",
        "date_0": "2026-06-11",
        "date_1": "19:30",
        "tags": "song, voice",
        "form_token": str(opened),
    }
    return {**least, **fields}


def publish_form(user=None, **fields):
    return PublishForm(filled_in(**fields), user=user)


def published(user=None, **fields):
    form = publish_form(user, **fields)
    assert form.errors == {}
    return dates_of(form.publish().event_group)


def edited(event, by, **fields):
    """Saves an edit as the form sends it."""
    starts, ends = timezone.localtime(event.date), event.end_date and timezone.localtime(event.end_date)
    as_it_is = {
        "title": event.title,
        "summary": event.summary,
        "date_0": f"{starts:%Y-%m-%d}",
        "date_1": f"{starts:%H:%M}",
        "end_date_0": f"{ends:%Y-%m-%d}" if ends else "",
        "end_date_1": f"{ends:%H:%M}" if ends else "",
        "tags": ", ".join(str(tag) for tag in event.tags.all()),
        "areas": ", ".join(str(area) for area in event.areas.all()),
        "allows_comments": "on",
        "seen": event.version,
    }
    form = EditForm({**as_it_is, **fields}, instance=Event.objects.get(pk=event.pk), user=by)
    if form.is_valid():
        form.save()
    return form


# Publishing


def test_every_date_of_a_published_rule_is_an_event_that_says_the_same():
    dates = published(
        repeat="weeks",
        repeat_until="2026-07-02",
        repeat_except="2026-06-25",
        end_date_0="2026-06-11",
        end_date_1="21:00",
    )

    assert walls(dates) == ["11.06. 19:30", "18.06. 19:30", "02.07. 19:30"]
    assert {date.end_date - date.date for date in dates} == {timedelta(minutes=90)}
    said = {(date.title, date.summary, date.summary_source, date.admin_note, date.moderation_status) for date in dates}
    assert said == {("Choir", "<p>Sing with us.</p>", "Sing with us.", "<p>Created by: AnonymousUser.</p>", "pending")}
    assert [sorted(str(tag) for tag in date.tags.all()) for date in dates] == 3 * [["song", "voice"]]
    assert [date.recurrence_id for date in dates] == [date.date for date in dates]
    assert [date.submission_key is None for date in dates] == [False, True, True]
    assert dates[0].event_group.in_words() == "Every Thursday at 19:30 until 2 July 2026, not on 25 June 2026"


def test_form_sent_twice_makes_one_series():
    fields = filled_in(repeat="weeks", repeat_count="3")

    first, second = (PublishForm(fields) for _ in range(2))
    for form in (first, second):
        assert form.is_valid()
        form.publish()

    assert (EventGroup.objects.count(), Event.objects.count()) == (1, 3)


def test_event_that_does_not_repeat_has_no_series():
    form = publish_form(repeat="")
    assert form.is_valid()

    assert form.publish().event_group is None


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"repeat": "days"}, "Every day at 19:30"),
        ({"repeat": "weeks"}, "Every Thursday at 19:30"),
        ({"repeat": "weeks", "repeat_weekdays": ["3", "5"]}, "Every Thursday and Saturday at 19:30"),
        ({"repeat": "two_weeks"}, "Every second Thursday at 19:30"),
        ({"repeat": "months_day"}, "Every month on the 11th at 19:30"),
        ({"repeat": "months_weekday"}, "Every month on the second Thursday at 19:30"),
        ({"repeat": "months_last", "date_0": "2026-06-25"}, "Every month on the last Thursday at 19:30"),
        ({"repeat": "on", "repeat_every": "3", "repeat_unit": "weeks"}, "Every 3 weeks on Thursday at 19:30"),
        ({"repeat": "true", "repeat_every": "2", "repeat_unit": "month"}, "Every second month on the 11th at 19:30"),
        (
            {"repeat": "other", "repeat_unit": "days", "repeat_until": "13.6.2026"},
            "Every day at 19:30 until 13 June 2026",
        ),
    ],
)
def test_rule_is_what_was_chosen(fields, rule):
    form = publish_form(**fields)

    assert form.errors == {}
    assert form.recurrence.in_words() == rule


@pytest.mark.parametrize(
    ("field", "message", "fields"),
    [
        ("repeat", "Choose how often it repeats.", {"repeat": "hourly"}),
        ("repeat", "Choose how often it repeats, or empty what is below.", {"repeat_until": "2026-07-01"}),
        ("repeat", "is not the last Thursday of its month", {"repeat": "months_last"}),
        ("repeat_every", "Write 1 or more.", {"repeat": "on", "repeat_every": "0"}),
        ("repeat_every", "At most 99.", {"repeat": "on", "repeat_every": "100"}),
        ("repeat_unit", "Choose days, weeks or months.", {"repeat": "on", "repeat_unit": "aeons"}),
        ("repeat_count", "At most 400 times.", {"repeat": "days", "repeat_count": "10000"}),
        (
            "repeat_count",
            "Choose one: a last day, or a number",
            {"repeat": "days", "repeat_count": "3", "repeat_until": "2026-07-01"},
        ),
        ("repeat_until", "That is before the first date", {"repeat": "days", "repeat_until": "2026-06-10"}),
        ("repeat_until", "That is more than five years ahead", {"repeat": "days", "repeat_until": "2036-06-10"}),
        ("repeat_until", "There is no such day.", {"repeat": "days", "repeat_until": "2026-02-30"}),
        (
            "repeat_weekdays",
            "11 June 2026, is a Thursday. Tick that day too",
            {"repeat": "weeks", "repeat_weekdays": ["1"]},
        ),
        ("repeat_weekdays", "Choose days of the week.", {"repeat": "weeks", "repeat_weekdays": ["7"]}),
        ("repeat_weekdays", "Days of the week go with “weeks”", {"repeat": "days", "repeat_weekdays": ["3"]}),
        ("repeat_except", "“xmas” is no day.", {"repeat": "weeks", "repeat_except": "2026-06-18, xmas"}),
        (
            "repeat_except",
            "It does not take place on 19 June 2026 anyway.",
            {"repeat": "weeks", "repeat_except": "19.6.2026"},
        ),
        (
            "repeat_except",
            "It does not take place on 1 January 9999 anyway.",
            {"repeat": "days", "repeat_except": "9999-01-01"},
        ),
        ("repeat_except", "The first date cannot be left out", {"repeat": "weeks", "repeat_except": "2026-06-11"}),
        ("repeat_except", "Leave out at most 50 days.", {"repeat": "days", "repeat_except": "2026-06-18\n" * 51}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(field, message, fields):
    errors = publish_form(**fields).errors

    assert list(errors) == [field]
    assert message in errors[field][0]


def test_far_too_many_days_are_refused_without_being_read():
    began = time.process_time()

    assert "repeat_except" in publish_form(repeat="days", repeat_except="2026-06-18\n" * 1_000_000).errors

    assert time.process_time() - began < 4


def test_preview_shows_the_rule_and_its_dates_and_makes_none(client):
    fields = filled_in(repeat="months_day", date_0="2026-08-31", repeat_until="2027-12-24", preview="1")

    page = client.post("/events/new", fields).content.decode()

    assert "Every month on the 31st at 19:30 until 24 December 2027" in page
    assert "Months without a 31st are left out." in page
    assert "Sat 31 Oct 2026, 19:30" in page
    assert "9 dates in all." in page
    assert '<details class="fold field" open>' in page
    assert Event.objects.count() == 0


@pytest.mark.parametrize("repeat", ["", "days", "weeks", "months_weekday"])
def test_event_sent_again_is_the_same_only_when_it_repeats_alike(repeat):
    fields = {"repeat": repeat, "repeat_until": "2026-07-30"} if repeat else {}
    forms = [publish_form(**each) for each in (fields, fields, {"repeat": "two_weeks"})]
    assert [form.errors for form in forms] == [{}, {}, {}]

    first, again, otherwise = [form.publish() for form in forms]

    assert again == first
    assert otherwise != first
    assert otherwise.event_group.in_words() == "Every second Thursday at 19:30"


def test_dates_are_made_up_to_the_horizon_and_a_limit(settings):
    settings.SERIES_MAX_DATES = 10
    assert len(published(repeat="days")) == 10
    settings.SERIES_MAX_DATES = 50
    dates = published(repeat="weeks", title="Another choir")
    assert len(dates) == 25
    assert dates[-1].date.date() <= EventGroup.horizon() < dates[-1].date.date() + timedelta(days=7)


def test_long_series_is_made_in_a_few_queries(django_assert_max_num_queries):
    ContentType.objects.get_for_model(Event)
    form = publish_form(repeat="days")
    assert form.is_valid()

    with django_assert_max_num_queries(60):
        form.publish()

    assert Event.objects.count() == 50


# Review


def test_dates_that_say_the_same_wait_behind_one_and_are_published_with_it(client):
    moderator = make_moderator()
    client.force_login(moderator)
    dates = make_series(4, status=Status.PENDING)
    assert [entry.post for entry in QueueEntry.objects.in_front()] == [dates[0]]
    assert QueueEntry.objects.count() == 4

    page = client.get(reverse("admin:queue")).content.decode()
    key = re.search(r'name="post" value="([0-9-]+)"', page)[1]
    assert "this date and 3 more with the same text" in page
    client.post(reverse("admin:act"), {"deed": "publish", "post": key, "scope": "behind"})

    assert {date.moderation_status for date in Event.objects.all()} == {"published"}
    assert QueueEntry.objects.count() == 0


def test_when_one_date_leaves_the_queue_the_next_takes_the_lead():
    moderator, author = make_moderator(), make_user()
    dates = make_series(4, status=Status.PENDING, author=author)

    dates[0].publish(by=moderator)
    assert [entry.post for entry in QueueEntry.objects.in_front()] == [dates[1]]
    dates[1].withdraw(by=author)
    assert [entry.post for entry in QueueEntry.objects.in_front()] == [dates[2]]
    dates[2].delete()
    assert [entry.post for entry in QueueEntry.objects.all()] == [dates[3]]


def test_date_that_was_edited_alone_is_judged_alone():
    author = make_user()
    dates = make_series(4, status=Status.PENDING, author=author)

    edited(dates[0], author, title="Choir and soup", scope="this")

    front = {entry.post.title: entry for entry in QueueEntry.objects.in_front()}
    assert front.keys() == {"Choir and soup", "Choir"}
    assert dates[0].siblings("behind") == [dates[0]]
    assert dates[1].siblings("behind") == dates[1:]


def test_filter_holds_every_date_and_says_so():
    content_filter = make_filter("choir")

    dates = published(repeat="weeks", repeat_count="3")

    assert {(date.moderation_status, date.is_held, date.public_since) for date in dates} == {("hidden", True, None)}
    assert [date.moderation_log.get().content_filter for date in dates] == 3 * [content_filter]
    content_filter.refresh_from_db()
    assert content_filter.hits == 1
    assert QueueEntry.objects.in_front().count() == 1
    for event in dates[0].siblings("behind"):
        event.publish(by=make_moderator())
    assert {date.moderation_status for date in Event.objects.all()} == {"published"}


def test_trusted_author_has_every_date_published():
    dates = published(make_user(is_trusted=True), repeat="weeks", repeat_count="3")

    assert {(date.moderation_status, date.reviewed_version) for date in dates} == {("published", 1)}
    assert QueueEntry.objects.count() == 0


# Going on


def continued():
    out = StringIO()
    call_command("continue_series", stdout=out)
    return out.getvalue().strip()


def test_series_is_continued_as_time_goes_on():
    series = published(repeat="weeks")[0].event_group
    assert continued() == "dates made: 0, in series: 0"

    with time_machine.travel("2026-07-01 12:00+00:00"):
        assert continued() == "dates made: 4, in series: 1"
        assert continued() == "dates made: 0, in series: 0"

    dates = dates_of(series)
    assert {later.date - earlier.date for earlier, later in pairwise(dates)} == {timedelta(days=7)}
    assert {(date.title, date.tags.count()) for date in dates} == {("Choir", 2)}


def test_limit_is_made_up_for_later(settings):
    settings.SERIES_MAX_DATES = 10
    series = published(repeat="days", repeat_count="25")[0].event_group

    assert [continued() for _ in range(3)] == [
        "dates made: 10, in series: 1",
        "dates made: 5, in series: 1",
        "dates made: 0, in series: 0",
    ]
    assert series.events.count() == 25


def test_days_that_went_by_uncontinued_are_left_out(settings):
    settings.SERIES_MAX_DATES = 2
    series = published(repeat="days")[0].event_group

    with time_machine.travel("2026-07-01 12:00+00:00"):
        continued()

    assert walls(dates_of(series)) == ["11.06. 19:30", "12.06. 19:30", "01.07. 19:30", "02.07. 19:30"]


@pytest.mark.parametrize(
    ("done", "status"),
    [
        (lambda date, author, moderator: date.publish(by=moderator), "published"),
        (lambda date, author, moderator: date.feature(by=moderator), "published"),
        (lambda date, author, moderator: None, "pending"),
        (lambda date, author, moderator: date.withdraw(by=author), None),
        (lambda date, author, moderator: date.hide(by=moderator), None),
    ],
)
def test_new_dates_go_on_as_the_latest_one_stands(settings, done, status):
    settings.SERIES_MAX_DATES = 3
    author = make_user()
    dates = published(author, repeat="days", repeat_count="5")
    done(dates[-1], author, make_moderator())

    continued()

    assert [date.moderation_status for date in dates_of(dates[0].event_group)[3:]] == (2 * [status] if status else [])


def test_date_changed_by_hand_is_no_model_for_those_to_come(settings):
    settings.SERIES_MAX_DATES = 3
    author = make_user()
    dates = published(author, repeat="days", repeat_count="4")
    edited(dates[-1], author, title="Summer party")

    continued()

    assert [date.title for date in dates_of(dates[0].event_group)] == ["Choir", "Choir", "Summer party", "Choir"]


def test_new_dates_pass_the_filters_of_their_day(settings):
    settings.SERIES_MAX_DATES = 3
    dates = published(make_user(is_trusted=True), repeat="days", repeat_count="6")
    make_filter("choir")

    continued()

    assert [date.is_held for date in dates_of(dates[0].event_group)] == [False] * 3 + [True] * 3


# Editing


def test_edit_of_one_date_is_of_one_date():
    author = make_user()
    dates = make_series(3, author=author)

    assert edited(dates[1], author, title="Guests").errors == {}

    assert [date.title for date in Event.objects.order_by("date")] == ["Choir", "Guests", "Choir"]
    assert [date.is_detached for date in Event.objects.order_by("date")] == [False, True, False]


@pytest.mark.parametrize(
    ("scope", "titles"),
    [("following", ["Choir", "Guests", "Guests", "Guests"]), ("all", ["Guests", "Guests", "Guests", "Guests"])],
)
def test_edit_reaches_the_dates_it_is_meant_for(scope, titles):
    author = make_user()
    dates = make_series(4, author=author)

    edited(dates[1], author, title="Guests", tags="song, guest", scope=scope)

    after = list(Event.objects.order_by("date"))
    assert [date.title for date in after] == titles
    assert [date.tags.count() for date in after] == [2 if title == "Guests" else 1 for title in titles]
    assert {date.is_detached for date in after} == {False}
    assert [entry.post for entry in QueueEntry.objects.in_front()] == [dates[1]]
    assert QueueEntry.objects.filter(is_edited=True).count() == titles.count("Guests")


def test_what_was_changed_by_hand_on_a_date_stays():
    author = make_user()
    dates = make_series(3, author=author)
    edited(dates[2], author, title="Summer party")

    edited(dates[0], author, title="Singing", place="The hall", scope="all")

    after = Event.objects.order_by("date")
    assert [(date.title, date.place) for date in after] == [
        ("Singing", "The hall"),
        ("Singing", "The hall"),
        ("Summer party", "The hall"),
    ]


def test_later_hour_of_the_following_dates_makes_them_a_series_of_their_own():
    author = make_user()
    dates = make_series(4, author=author)

    edited(dates[1], author, date_1="20:15", end_date_1="22:15", scope="following")

    after = list(Event.objects.order_by("date"))
    assert walls(after) == ["11.06. 19:30", "18.06. 20:15", "25.06. 20:15", "02.07. 20:15"]
    assert {date.end_date - date.date for date in after} == {timedelta(hours=2)}
    old, new = EventGroup.objects.order_by("pk")
    assert [date.event_group for date in after] == [old, new, new, new]
    assert old.in_words() == "Every Thursday at 19:30 until 17 June 2026"
    assert new.in_words() == "Every Thursday at 20:15, 3 times"
    assert [date.recurrence_id for date in after] == [date.date for date in after]


def test_another_day_moves_every_date_and_the_rule():
    author = make_user()
    dates = make_series(3, author=author)

    edited(dates[1], author, date_0="2026-06-25", end_date_0="2026-06-25", scope="all")

    assert walls(Event.objects.order_by("date")) == ["18.06. 19:30", "25.06. 19:30", "02.07. 19:30"]
    series = EventGroup.objects.get()
    assert (series.first_day, series.in_words()) == (date(2026, 6, 18), "Every Thursday at 19:30, 3 times")


def test_times_of_what_is_over_stay():
    author = make_user()
    dates = make_series(4, author=author)

    with time_machine.travel("2026-06-20 12:00+00:00"):
        edited(dates[3], author, title="Singing", date_1="18:00", end_date_1="20:00", scope="all")

    after = list(Event.objects.order_by("date"))
    assert walls(after) == ["11.06. 19:30", "18.06. 19:30", "25.06. 18:00", "02.07. 18:00"]
    assert {date.title for date in after} == {"Singing"}


def test_day_that_breaks_the_rule_is_refused_beside_the_field():
    author = make_user()
    dates = make_series(12, author=author, unit=Unit.MONTHS, month_by=MonthBy.WEEKDAY)

    form = edited(dates[0], author, date_0="2026-06-12", end_date_0="2026-06-12", scope="all")

    assert list(form.errors) == ["date"]
    assert "would no longer follow the rule" in form.errors["date"][0]
    assert edited(dates[0], author, date_0="2026-06-12", end_date_0="2026-06-12", scope="this").errors == {}


def test_edit_reaches_nobody_elses_dates():
    author = make_user()
    dates = make_series(3, author=author)
    Event.objects.filter(pk=dates[2].pk).update(user=make_user())

    edited(dates[0], author, title="Mine", scope="all")

    assert [date.title for date in Event.objects.order_by("date")] == ["Mine", "Mine", "Choir"]


def end_of_rule_after(deed):
    """Until when a rule lasts, and to when it is made, after a member of a group did something to the rest of a series
    of which the group has one date alone.
    """
    author, member = make_user(), make_user()
    dates = make_series(5, author=author)
    dates[1].collective = make_collective(members=(member,))
    dates[1].save()
    EventGroup.objects.update(next_day=date(2026, 12, 31))
    deed(Event.objects.get(pk=dates[1].pk), member)
    series = EventGroup.objects.get()
    return series.rule.until, series.next_day


def cancelled(event, by):
    event.cancel(by=by)
    event.spread_status("all", by=by)


@pytest.mark.parametrize(
    "deed",
    [
        lambda event, by: event.withdraw_dates("following", by=by),
        lambda event, by: edited(event, by, date_1="20:30", scope="following"),
        lambda event, by: edited(event, by, date_1="20:30", scope="all"),
        cancelled,
    ],
    ids=["withdrawn", "moved", "all moved", "cancelled"],
)
def test_who_keeps_one_date_does_not_end_a_series_of_others(deed):
    assert end_of_rule_after(deed) == (None, date(2026, 12, 31))


def test_scope_is_asked_only_of_a_series(client):
    author = make_user()
    client.force_login(author)
    alone, (first, *_others) = make_event(user=author), make_series(2, author=author)

    for page in ("events:update", "events:cancel", "events:withdraw"):
        assert b'name="scope"' not in client.get(reverse(page, args=[alone.pk])).content
        assert client.get(reverse(page, args=[first.pk])).content.count(b'name="scope"') == 3


# Withdrawing


def test_following_dates_are_withdrawn_and_put_back_and_the_sentence_stays_true(client):
    author = make_user()
    client.force_login(author)
    dates = make_series(4, author=author)
    path = reverse("events:withdraw", args=[dates[2].pk])

    client.post(path, {"do": "withdraw", "scope": "following"})

    assert [date.is_hidden for date in Event.objects.order_by("date")] == [False, False, True, True]
    assert EventGroup.objects.get().in_words() == "Every Thursday at 19:30 until 24 June 2026"
    client.post(path, {"do": "restore", "scope": "following"})
    assert [date.is_hidden for date in Event.objects.order_by("date")] == [False] * 4
    assert EventGroup.objects.get().in_words() == "Every Thursday at 19:30 until 2 July 2026"


def test_holder_of_the_link_withdraws_all_dates_but_what_a_moderator_hid_stays_so():
    link, token = EditLink.objects.make()
    dates = make_series(3)
    Event.objects.update(edit_link=link)
    dates[1].refresh_from_db()
    dates[1].hide(by=make_moderator())
    dates[0].refresh_from_db()

    dates[0].withdraw_dates("all", by=Holder(link, token))
    dates[0].restore_dates("all", by=Holder(link, token))

    assert [date.is_hidden for date in Event.objects.order_by("date")] == [False, True, False]
    assert [action.deed for action in dates[1].moderation_log] == [Deed.HIDE]


# Cancelling


def test_date_that_is_saved_as_it_was_is_not_detached():
    author = make_user()
    dates = make_series(3, author=author)
    versions = list(Event.objects.order_by("date").values_list("version", flat=True))

    assert edited(dates[1], author, scope="this").errors == {}
    assert edited(dates[0], author, scope="all").errors == {}

    rows = Event.objects.order_by("date").values_list("version", "is_detached")
    assert [is_detached for _version, is_detached in rows] == [False, False, False]
    assert rows[2][0] == versions[2]


def test_flyer_kept_through_the_preview_is_given_to_all_dates():
    author = make_user()
    dates = make_series(3, author=author)
    key = "0123456789abcdef0123456789abcdef"
    draft = Attachment.objects.stash(a_picture(), key, 1)

    assert edited(dates[1], author, scope="all", attachment_key=key).errors == {}

    assert [event.attachments.get().name for event in dates_of(dates[0].event_group)] == 3 * [draft.name]


def test_cancelled_following_dates_stay_listed_and_nothing_is_made_after_them(client, settings):
    settings.SERIES_MAX_DATES = 4
    author = make_user()
    client.force_login(author)
    dates = published(author, repeat="days", repeat_count="9")

    client.post(reverse("events:cancel", args=[dates[2].pk]), {"event_status": "cancelled", "scope": "following"})

    assert [event.event_status for event in Event.objects.order_by("date")] == [*2 * ["scheduled"], *2 * ["cancelled"]]
    settings.SERIES_MAX_DATES = 50
    assert continued() == "dates made: 0, in series: 0"

    client.post(reverse("events:cancel", args=[dates[2].pk]), {"event_status": "scheduled", "scope": "following"})

    assert continued() == "dates made: 5, in series: 1"
    assert set(Event.objects.values_list("event_status", flat=True)) == {"scheduled"}


def test_series_goes_on_after_one_date_that_was_cancelled(client, settings):
    settings.SERIES_MAX_DATES = 4
    author = make_user()
    client.force_login(author)
    dates = published(author, repeat="days", repeat_count="9")

    client.post(reverse("events:cancel", args=[dates[3].pk]), {"event_status": "cancelled", "status_note": "Flooded."})

    settings.SERIES_MAX_DATES = 50
    assert continued() == "dates made: 5, in series: 1"
    assert [event.event_status for event in Event.objects.order_by("date")].count("cancelled") == 1


def test_what_is_over_is_not_cancelled_with_all_dates(client):
    author = make_user()
    client.force_login(author)
    dates = make_series(3, author=author)

    with time_machine.travel("2026-06-13 12:00+00:00"):
        client.post(reverse("events:cancel", args=[dates[2].pk]), {"event_status": "cancelled", "scope": "all"})

    assert [event.is_off for event in Event.objects.order_by("date")] == [False, True, True]


# Pages


def test_page_of_a_series_shows_its_rule_and_dates_coming_and_past(client):
    dates = make_series(4)
    series = dates[0].event_group

    with time_machine.travel("2026-06-20 12:00+00:00"):
        page = client.get(f"/series/{series.pk}").content.decode()

    assert "Every Thursday at 19:30, 4 times" in page
    places = [page.index(f'href="/events/{date.pk}"') for date in (dates[2], dates[3], dates[1], dates[0])]
    assert places == sorted(places)
    assert client.get(f"/series/{series.pk}.ics").content.count(b"BEGIN:VEVENT") == 4
    assert client.get(f"/series/{series.pk}.xml").content.count(b"<event-group-id") == 4


def test_page_of_a_date_leads_to_the_visible_ones_beside_it(client):
    dates = make_series(5)
    dates[3].hide(by=make_moderator())

    page = client.get(f"/events/{dates[2].pk}").content.decode()

    assert "Date 3 of 4" in page
    assert f'href="/events/{dates[1].pk}" rel="prev"' in page
    assert f'href="/events/{dates[4].pk}" rel="next"' in page
    assert f"/events/{dates[3].pk}" not in page
    assert f'href="/series/{dates[0].event_group_id}"' in page


@pytest.mark.parametrize("suffix", ["", ".ics", ".xml"])
def test_series_of_which_nothing_can_be_seen_is_not_there(client, suffix):
    series = make_series(2)[0].event_group
    for event in series.events.all():
        event.hide(by=make_moderator())

    assert client.get(f"/series/{series.pk}{suffix}").status_code == 404
    assert client.get(f"/series/999{suffix}").status_code == 404


@pytest.mark.parametrize("suffix", ["", ".xml", ".ics", ".atom"])
def test_series_of_a_number_that_no_database_knows_is_not_there(client, suffix):
    assert client.get(f"/series/99999999999999999999{suffix}").status_code == 404


def test_imported_series_has_a_page_without_a_rule(client):
    series = EventGroup.objects.create()
    make_event("Fair <1>", event_group=series)

    page = client.get(f"/series/{series.pk}").content.decode()

    assert escape("Fair <1>") in page
    assert series.in_words() == ""
