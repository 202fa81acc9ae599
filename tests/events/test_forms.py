"""Publishing: what a person may type, what they are told, and what becomes of it."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.core import signing
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from events import rails_xml
from events.forms import EventForm, PublishForm
from events.importer import ParsedRecord, read_records
from events.models import Event, Tag
from events.serializers import event_attributes
from events_site.guards import FormToken
from moderation.models import Status
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

FILLED_IN = {
    "title": "Open picnic",
    "summary": "Bring something to share.",
    "date_0": "2026-06-12",
    "date_1": "19:30",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def token_opened(ago: timedelta = timedelta(minutes=5)) -> str:
    """The token of a form that was opened a while ago."""
    opened = (datetime.now(tz=UTC) - ago).timestamp()
    return str(FormToken(uuid.uuid4().hex, opened, opened))


def publish_form(by=None, **typed) -> PublishForm:
    """A form filled in by somebody who took five minutes, with what differs from the usual."""
    data = {**FILLED_IN, "form_token": token_opened(), **typed}
    return PublishForm({name: value for name, value in data.items() if value is not None}, user=by)


def published(by=None, **typed) -> Event:
    """The event that comes of it, as it is stored."""
    form = publish_form(by, **typed)
    assert errors(form) == {}
    return Event.objects.get(pk=form.publish().pk)


def edit_form(event: Event, **typed) -> EventForm:
    """The form of an event as the browser sends it back, with what somebody changed."""
    shown = EventForm(instance=event, user=event.user)
    data = {}
    for field in shown:
        value = field.value()
        if field.field.widget.__class__.__name__ == "DayAndTimeWidget":
            day, clock = field.field.widget.decompress(value)
            data |= {
                f"{field.name}_0": f"{day:%Y-%m-%d}" if day else "",
                f"{field.name}_1": f"{clock:%H:%M}" if clock else "",
            }
        elif value is True:
            data[field.name] = "on"
        elif value not in (None, False):
            data[field.name] = re.sub("\r\n?|\n", "\r\n", str(value))
    return EventForm({**data, **typed}, instance=Event.objects.get(pk=event.pk), user=event.user)


def errors(form) -> dict[str, list[str]]:
    return {name: list(messages) for name, messages in form.errors.items()}


# What is published


def test_fields_are_named_as_the_format_and_the_site_say():
    widgets = {name: field.widget for name, field in PublishForm(user=make_user()).fields.items()}

    named = [f"{name}{suffix}" for name, widget in widgets.items() for suffix in getattr(widget, "widgets_names", [""])]
    assert sorted(named) == [
        "allows_comments",
        "areas",
        "attachments",
        "body",
        "compared",
        "contact_email",
        "contact_phone",
        "date_0",
        "date_1",
        "end_date_0",
        "end_date_1",
        "form_token",
        "place",
        "published_by",
        "repeat",
        "repeat_count",
        "repeat_every",
        "repeat_except",
        "repeat_month_by",
        "repeat_unit",
        "repeat_until",
        "repeat_weekdays",
        "source",
        "summary",
        "tags",
        "title",
        "website",
        "without_account",
    ]


def test_least_that_is_needed_makes_an_event():
    event = published()

    assert {name: getattr(event, name) for name in rails_xml.EVENT_COLUMNS if name != "id"} == {
        "admin_note": "<p>Created by: AnonymousUser.</p>",
        "allows_comments": False,
        "auto_moderation_checked": True,
        "body": None,
        "collective_id": None,
        "contact_email": None,
        "contact_phone": None,
        "content_id": None,
        "created_on": NOW,
        "date": datetime(2026, 6, 12, 19, 30, tzinfo=UTC),
        "end_date": None,
        "event_group_id": None,
        "file": None,
        "file_content_type": None,
        "media_size": None,
        "moderation_status": "pending",
        "place": "",
        "processing_status": None,
        "published_by": "",
        "source": None,
        "stick_at_top": None,
        "summary": "<p>Bring something to share.</p>",
        "title": "Open picnic",
        "updated_on": NOW,
        "user_id": None,
    }


def test_all_that_can_be_said_is_kept():
    typed = {
        "body": "**Bold** words\r\n\r\n- a list",
        "end_date_0": "2026-06-12",
        "end_date_1": "22:00",
        "place": "The Common, Hackney E8",
        "areas": "Hackney, London",
        "tags": "Food, Parks",
        "published_by": "Amy",
        "contact_email": "amy@bücher.example",
        "contact_phone": "+44 20 7946 0000",
        "source": "example.org/picnic",
        "allows_comments": "on",
    }

    event = published(**typed)

    event.refresh_from_db()
    names = ("place", "published_by", "contact_email", "contact_phone", "source", "allows_comments", "body_source")
    assert [getattr(event, name) for name in names] == [
        "The Common, Hackney E8",
        "Amy",
        "amy@bücher.example",
        "+44 20 7946 0000",
        "https://example.org/picnic",
        True,
        typed["body"],
    ]
    assert event.end_date == datetime(2026, 6, 12, 22, 0, tzinfo=UTC)
    assert event.body == "<p><strong>Bold</strong> words</p>\n<ul>\n<li>a list</li>\n</ul>"
    assert [tag.name for tag in event.tags.all()] == ["Food", "Parks"]
    assert [area.name for area in event.areas.all()] == ["Hackney", "London"]


def test_known_tags_are_found_again():
    make_event(tags=("Food & Drink",))

    event = published(tags="food & drink, food & drink , Parks")

    assert [tag.name for tag in event.tags.all()] == ["Food & Drink", "Parks"]
    assert Tag.objects.count() == 2


@pytest.mark.parametrize(
    "text",
    [
        "Café ☕ 🚲🏳️‍🌈",
        "مظاهرة من أجل المناخ",
        "הפגנה \u200f!",
        "I <3 bikes & 5 > 4",
        "日本語のイベント",
        "Quote \" and ' and \\",
    ],
)
def test_text_of_any_script_is_kept(text):
    event = published(title=text, summary=text, place=text, published_by=text, body=text)

    event.refresh_from_db()
    assert [event.title, event.place, event.published_by, event.summary_source, event.body_source] == [text] * 5


@pytest.mark.parametrize("typed", ["2026-06-12", "12.06.2026", "12/06/2026"])
def test_days_are_read_as_people_without_a_date_picker_write_them(typed):
    assert published(date_0=typed).date.date() == datetime(2026, 6, 12).date()


# Who publishes


def publisher():
    user = make_user("publisher")
    user.user_permissions.add(Permission.objects.get(codename="publish"))
    return user


@pytest.mark.parametrize(
    ("who", "account", "note", "status"),
    [
        (AnonymousUser, None, "AnonymousUser", Status.PENDING),
        (lambda: make_user("amy"), "amy", "amy", Status.PENDING),
        (publisher, "publisher", "publisher", Status.PUBLISHED),
        (lambda: make_moderator("mod"), "mod", "mod", Status.PUBLISHED),
    ],
)
def test_post_is_under_the_account_of_its_author(who, account, note, status):
    event = published(by=who())

    event.refresh_from_db()
    assert (event.user and event.user.username, event.admin_note, event.moderation_status) == (
        account,
        f"<p>Created by: {note}.</p>",
        status,
    )


def test_post_without_account_is_tied_to_nothing():
    event = published(by=publisher(), without_account="on")

    event.refresh_from_db()
    assert (event.user, event.admin_note, event.moderation_status) == (
        None,
        "<p>Created by: AnonymousUser.</p>",
        Status.PENDING,
    )


def test_member_posts_for_their_group_without_review():
    member = make_user("amy")
    collective = make_collective(members=(member,))

    event = published(by=member, collective=str(collective.pk))

    event.refresh_from_db()
    assert (event.collective, event.user, event.moderation_status) == (collective, member, Status.PUBLISHED)


def test_member_posting_for_themselves_is_reviewed():
    member = make_user()
    make_collective(members=(member,))

    assert published(by=member).moderation_status == Status.PENDING


def test_groups_post_is_always_under_an_account():
    member = make_user()
    collective = make_collective(members=(member,))

    form = publish_form(by=member, collective=str(collective.pk), without_account="on")

    assert errors(form) == {"collective": ["A group's post is always under an account: choose one or the other."]}


def test_only_ones_own_public_groups_are_offered():
    member = make_user()
    mine = make_collective(members=(member,))
    make_collective(members=(make_user(),))
    make_collective(members=(member,), moderation_status=Status.HIDDEN)

    offered = [list(PublishForm(user=user).fields["collective"].queryset) for user in (member,)]

    assert offered == [[mine]]
    assert ["collective" in PublishForm(user=user).fields for user in (make_user(), AnonymousUser())] == [False, False]


def test_group_of_others_cannot_be_chosen():
    member = make_user()
    make_collective(members=(member,))
    other = make_collective(members=(make_user(),))

    assert list(publish_form(by=member, collective=str(other.pk)).errors) == ["collective"]
    assert published(by=make_user(), collective=str(other.pk)).collective is None


@pytest.mark.parametrize("value", ["x", "-1", "0", "9" * 30, "\x00", "1.5"])
def test_group_that_is_none_is_refused_at_its_field(value):
    member = make_user()
    make_collective(members=(member,))

    assert list(publish_form(by=member, collective=value).errors) == ["collective"]


NO_SUCH_DAY = "There is no such day. Write it as year-month-day, for instance 2026-06-12."
EVERY_OTHER_FIELD = {
    "id": "1",
    "pk": "1",
    "moderation_status": "featured",
    "user": "1",
    "user_id": "1",
    "collective": "1",
    "collective_id": "1",
    "stick_at_top": "on",
    "admin_note": "<p>Forged.</p>",
    "created_on": "2001-01-01 00:00",
    "created_on_0": "2001-01-01",
    "created_on_1": "00:00",
    "updated_on": "2001-01-01 00:00",
    "public_since": "2001-01-01 00:00",
    "auto_moderation_checked": "on",
    "event_group": "1",
    "event_group_id": "1",
    "content_id": "1",
    "file": "x",
    "file_content_type": "x",
    "media_size": "1",
    "processing_status": "1",
    "summary_source": "forged",
    "body_source": "forged",
    "submission_key": "0123456789abcdef0123456789abcdef",
}


def row(event: Event, *besides: str) -> dict:
    return {
        field.attname: getattr(event, field.attname)
        for field in event._meta.concrete_fields
        if field.attname not in besides
    }


def test_new_post_takes_nothing_that_the_form_does_not_ask():
    honest = published()
    Event.objects.update(submission_key=None)
    forged = published(**EVERY_OTHER_FIELD)

    assert row(forged, "id", "submission_key", "edit_link_id") == row(honest, "id", "submission_key", "edit_link_id")
    assert forged.pk == honest.pk + 1
    assert forged.submission_key.hex != EVERY_OTHER_FIELD["submission_key"]


def test_edit_takes_nothing_that_the_form_does_not_ask(clock):
    event = make_event(user=make_user(), summary="<p>As it was.</p>")
    before = row(event)
    clock.shift(HOUR)

    form = edit_form(event, **EVERY_OTHER_FIELD, title="New title")
    assert errors(form) == {}
    form.save()

    after = row(Event.objects.get(pk=event.pk))
    changed = {"title": "New title", "updated_on": NOW + HOUR, "version": 3, "auto_moderation_checked": True}
    assert after == {**before, **changed}


# What is refused, and how it is said


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"title": ""}, "title", "Give the event a title."),
        ({"title": "   "}, "title", "Give the event a title."),
        ({"title": "x" * 51}, "title", "Keep the title under 50 letters; it has 51."),
        ({"title": "A <b>bold</b> title"}, "title", "This is plain text: take out the HTML tags, such as <b>."),
        ({"title": "<script>alert(1)</script>"}, "title", "This is plain text: take out the HTML tags, such as <b>."),
        ({"title": "Two\r\nlines"}, "title", "Write this on one line."),
        ({"title": "Two\u2028lines"}, "title", "Write this on one line."),
        ({"title": "Bell\x07"}, "title", "Take out the invisible control character after “Bell”."),
        ({"title": "Del\x7f"}, "title", "Take out the invisible control character after “Del”."),
        ({"title": "Odd\x85title"}, "title", "Take out the invisible control character after “Odd”."),
        ({"summary": ""}, "summary", "Say in a sentence what people can expect."),
        ({"summary": "<script></script>"}, "summary", "Say in a sentence what people can expect."),
        ({"summary": "x" * 5001}, "summary", "Keep this under 5000 letters; it has 5001."),
        ({"summary": "Bell\x07"}, "summary", "Take out the invisible control character after “Bell”."),
        ({"body": "x" * 1_000_000}, "body", "Keep this under 100000 letters; it has 1000000."),
        ({"body": "Odd\x92"}, "body", "Take out the invisible control character after “Odd”."),
        ({"body": "<b>" * 101}, "body", "There is too much formatting in this text. Paste it as plain text."),
        ({"body": "<b>x</b>" * 1001}, "body", "There is too much formatting in this text. Paste it as plain text."),
        ({"date_0": "", "date_1": ""}, "date", "Say when it starts."),
        ({"date_0": ""}, "date", "Choose the day too."),
        ({"date_1": ""}, "date", "Choose the time too."),
        (
            {"date_0": "2026-02-29"},
            "date",
            NO_SUCH_DAY,
        ),
        ({"date_0": "tomorrow"}, "date", NO_SUCH_DAY),
        (
            {"date_0": "2026-06\x00"},
            "date",
            NO_SUCH_DAY,
        ),
        ({"date_1": "25:00"}, "date", "Write the time as hours and minutes, for instance 19:30."),
        ({"date_1": "7pm"}, "date", "Write the time as hours and minutes, for instance 19:30."),
        ({"date_0": "9999-12-31"}, "date", "Check the year."),
        ({"date_0": "2101-01-01"}, "date", "Check the year."),
        ({"date_0": "0001-01-01"}, "date", "Check the year."),
        ({"date_0": "2026-06-10", "date_1": "11:59"}, "date", "This is in the past: check the day and the time."),
        ({"end_date_0": "2026-06-12"}, "end_date", "Choose the time too."),
        ({"end_date_0": "9999-12-31", "end_date_1": "23:59"}, "end_date", "Check the year."),
        (
            {"end_date_0": "2026-06-12", "end_date_1": "19:00"},
            "end_date",
            "It ends before it starts: check the end.",
        ),
        (
            {"end_date_0": "2026-06-01", "end_date_1": "19:00"},
            "end_date",
            "It ends before it starts: check the end.",
        ),
        ({"place": "One\nTwo"}, "place", "Write this on one line."),
        ({"place": "<i>here</i>"}, "place", "This is plain text: take out the HTML tags, such as <b>."),
        ({"place": "x" * 256}, "place", "Keep this under 255 letters; it has 256."),
        ({"published_by": "<a href=x>me"}, "published_by", "This is plain text: take out the HTML tags, such as <b>."),
        ({"published_by": "a\rb"}, "published_by", "Write this on one line."),
        (
            {"contact_email": "amy at example"},
            "contact_email",
            "Write an e-mail address, for instance amy@example.org.",
        ),
        (
            {"contact_email": "a@example.org\r\nBcc: b@example.org"},
            "contact_email",
            "Write an e-mail address, for instance amy@example.org.",
        ),
        ({"contact_phone": "1\n2"}, "contact_phone", "Write this on one line."),
        ({"contact_phone": "1" * 256}, "contact_phone", "Keep this under 255 letters; it has 256."),
        ({"source": "javascript:alert(1)"}, "source", "Write a full web address, beginning with https://"),
        ({"source": "data:text/html,x"}, "source", "Write a full web address, beginning with https://"),
        ({"source": "ftp://example.org/x"}, "source", "Write a full web address, beginning with https://"),
        ({"source": "https://"}, "source", "Write a full web address, beginning with https://"),
        ({"source": "http://[::1"}, "source", "Write a full web address, beginning with https://"),
        ({"source": "https://example.org/\r\nX: y"}, "source", "Write a full web address, beginning with https://"),
        ({"tags": ",".join(f"tag {n}" for n in range(50))}, "tags", "Choose at most 10."),
        ({"tags": "x" * 61}, "tags", "“xxxxxxxxxxxxxxxxxxxx…” is too long: keep each under 60 letters."),
        ({"tags": "ﷺ" * 20}, "tags", "“ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ…” is too long: keep each under 60 letters."),
        ({"tags": "Bikes, 🚲"}, "tags", "“🚲” needs a letter or a digit."),
        ({"tags": "<b>x</b>"}, "tags", "This is plain text: take out the HTML tags, such as <b>."),
        ({"tags": "Bell\x07"}, "tags", "Take out the invisible control character after “Bell”."),
        ({"areas": "x" * 61}, "areas", "“xxxxxxxxxxxxxxxxxxxx…” is too long: keep each under 60 letters."),
    ],
)
def test_bad_input_is_answered_at_its_field(typed, field, message):
    form = publish_form(**typed)

    assert errors(form) == {field: [message]}
    assert {name: form[name].data for name in typed if name in form.fields} == {
        name: value for name, value in typed.items() if name in form.fields
    }


def test_nothing_at_all_is_answered_at_the_fields_that_are_needed():
    form = PublishForm({})

    assert errors(form) == {
        "title": ["Give the event a title."],
        "summary": ["Say in a sentence what people can expect."],
        "date": ["Say when it starts."],
        "__all__": ["This form had expired. Nothing is lost: look it over and send it again."],
    }


def test_fields_of_the_right_length_are_accepted():
    typed = {
        "title": "x" * 50,
        "summary": "word " * 999,
        "body": "word " * 19_999,
        "place": "x" * 255,
        "tags": "x" * 60,
    }

    assert errors(publish_form(**typed)) == {}


def test_browser_does_not_cut_off_what_is_pasted():
    assert [field.name for field in PublishForm() if "maxlength" in str(field)] == []


def test_event_that_runs_may_be_posted():
    form = publish_form(date_0="2026-06-09", end_date_0="2026-06-10", end_date_1="12:00")

    assert errors(form) == {}


# The night


@pytest.mark.parametrize(
    ("starts", "day", "clock_time", "ends"),
    [
        # Without a day, the same day or the night after.
        ("19:30", "", "22:00", "2026-06-12 22:00"),
        ("19:30", "", "19:30", "2026-06-12 19:30"),
        ("19:30", "", "02:00", "2026-06-13 02:00"),
        ("22:00", "", "00:00", "2026-06-13 00:00"),
        # With the day of the start, what is earlier is the next morning's.
        ("19:30", "2026-06-12", "02:00", "2026-06-13 02:00"),
        ("23:00", "2026-06-12", "11:59", "2026-06-13 11:59"),
        # A day that was chosen is meant.
        ("19:30", "2026-06-13", "02:00", "2026-06-13 02:00"),
        ("19:30", "2026-06-14", "02:00", "2026-06-14 02:00"),
        ("09:00", "", "02:59", "2026-06-13 02:59"),
    ],
)
def test_end_that_is_earlier_in_the_day_is_the_next_mornings(starts, day, clock_time, ends):
    event = published(date_1=starts, end_date_0=day, end_date_1=clock_time)

    assert f"{event.end_date:%Y-%m-%d %H:%M}" == ends


@pytest.mark.parametrize(
    ("starts", "day", "clock_time"),
    [
        ("09:00", "", "03:00"),  # 18 hours: no night is that long
        ("20:00", "", "12:00"),  # noon is no morning
        ("20:00", "", "19:59"),
        ("19:30", "2026-06-11", "02:00"),
    ],
)
def test_end_before_the_start_is_no_night(starts, day, clock_time):
    form = publish_form(date_1=starts, end_date_0=day, end_date_1=clock_time)

    assert errors(form) == {"end_date": ["It ends before it starts: check the end."]}


def test_night_over_the_end_of_a_month_a_year_and_february():
    nights = {"2026-06-30": "2026-07-01", "2026-12-31": "2027-01-01", "2028-02-28": "2028-02-29"}

    ends = {day: published(date_0=day, end_date_1="02:00").end_date for day in nights}

    assert {day: f"{end:%Y-%m-%d}" for day, end in ends.items()} == nights


def test_end_of_the_last_night_that_the_site_knows_is_answered_at_its_field():
    form = publish_form(date_0="2100-12-31", end_date_1="02:00")

    assert errors(form) == {"end_date": ["Check the year."]}


def test_end_without_a_start_is_kept_for_the_next_time():
    form = publish_form(date_0="", end_date_1="02:00")

    assert errors(form) == {"date": ["Choose the day too."]}
    assert form["end_date"].data == ["", "02:00"] or form["end_date"].value() == [None, "02:00"]


def test_edit_of_a_night_moves_its_end_only_when_somebody_does():
    starts, ends = datetime(2026, 6, 12, 22, 0, 7, tzinfo=UTC), datetime(2026, 6, 13, 2, 0, 9, tzinfo=UTC)
    event = make_event(user=make_user(), date=starts, end_date=ends)

    edit_form(event, title="New title").save()
    event.refresh_from_db()
    assert (event.date, event.end_date) == (starts, ends)

    edit_form(event, end_date_0="", end_date_1="03:00").save()
    event.refresh_from_db()
    assert (event.date, event.end_date) == (starts, datetime(2026, 6, 13, 3, 0, tzinfo=UTC))


# The hour that is left out and the one that comes twice


@pytest.fixture
def _london(settings, clock):
    settings.TIME_ZONE = "Europe/London"
    clock.move_to(datetime(2026, 3, 1, tzinfo=UTC), tick=False)


@pytest.mark.usefixtures("_london")
@pytest.mark.parametrize("clock_time", ["01:00", "01:30", "01:59"])
def test_hour_left_out_by_summer_time_is_said_so(clock_time):
    form = publish_form(date_0="2026-03-29", date_1=clock_time)

    message = f"The clocks go forward that day, and {clock_time} is left out. Choose another time."
    assert errors(form) == {"date": [message]}


@pytest.mark.usefixtures("_london")
@pytest.mark.parametrize(
    ("day", "clock_time", "moment"),
    [
        ("2026-03-29", "00:59", "2026-03-29 00:59"),
        ("2026-03-29", "02:00", "2026-03-29 01:00"),
        ("2026-06-12", "19:30", "2026-06-12 18:30"),
        ("2026-10-25", "00:59", "2026-10-24 23:59"),
        ("2026-10-25", "01:30", "2026-10-25 00:30"),  # twice that night: the first is meant
        ("2026-10-25", "02:00", "2026-10-25 02:00"),
        ("2100-12-31", "23:59", "2100-12-31 23:59"),
    ],
)
def test_clock_times_become_instants(day, clock_time, moment):
    event = published(date_0=day, date_1=clock_time)

    assert f"{event.date.astimezone(UTC):%Y-%m-%d %H:%M}" == moment


@pytest.mark.usefixtures("_london")
def test_night_ends_by_the_clock_of_its_morning():
    message = "The clocks go forward that day, and 01:30 is left out. Choose another time."
    assert errors(publish_form(date_0="2026-03-28", date_1="22:00", end_date_1="01:30")) == {"end_date": [message]}

    ends = {
        ("2026-03-28", "22:00", "02:30"): "2026-03-29 01:30",
        ("2026-10-24", "22:00", "01:30"): "2026-10-25 00:30",
        ("2026-10-25", "01:45", "01:15"): "2026-10-25 01:15",  # it starts in the first of the two hours
    }
    found = {
        typed: published(date_0=typed[0], date_1=typed[1], end_date_1=typed[2]).end_date.astimezone(UTC)
        for typed in ends
    }

    assert {typed: f"{end:%Y-%m-%d %H:%M}" for typed, end in found.items()} == ends


@pytest.mark.usefixtures("_london")
def test_second_of_two_equal_hours_survives_an_edit():
    event = make_event(date=datetime(2026, 10, 25, 1, 30, tzinfo=UTC), user=make_user())

    edit_form(event, title="New title").save()

    event.refresh_from_db()
    assert (event.title, event.date) == ("New title", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


# Machines, and forms sent twice


def test_honeypot_catches_machines():
    form = publish_form(website="https://spam.example")

    assert errors(form) == {
        "__all__": ["A field that people do not see was filled in. Nothing is lost: look it over and send it again."]
    }


@pytest.mark.parametrize(
    ("ago", "messages"),
    [
        (timedelta(0), ["That was quicker than a person writes. Nothing is lost: wait a moment and send it again."]),
        (
            timedelta(seconds=2.9),
            ["That was quicker than a person writes. Nothing is lost: wait a moment and send it again."],
        ),
        (timedelta(seconds=3), []),
        (timedelta(hours=24), []),
        (
            timedelta(hours=24, seconds=1),
            ["This form was open for very long. Nothing is lost: look it over and send it again."],
        ),
        # The server's clock was put back: that is nobody's fault.
        (timedelta(minutes=-5), []),
    ],
)
def test_form_is_open_for_seconds_at_least_and_a_day_at_most(ago, messages):
    form = publish_form(form_token=token_opened(ago))

    assert errors(form).get("__all__", []) == messages


def test_form_left_open_is_good_again_at_once_after_one_confirmation():
    form = publish_form(form_token=token_opened(3 * DAY))
    assert not form.is_valid()

    again = publish_form(form_token=form["form_token"].value())

    assert errors(again) == {}


def test_form_left_open_after_it_was_sent_still_makes_one_event():
    token = token_opened()
    event = published(form_token=token)
    opened = FormToken.parse(token)
    stale = str(FormToken(opened.key, opened.opened - 2 * 86400, opened.confirmed - 2 * 86400))
    form = publish_form(form_token=stale)
    assert not form.is_valid()

    again = publish_form(form_token=form["form_token"].value())

    assert errors(again) == {}
    assert again.publish() == event


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "garbage",
        "a:b",
        "W10:x",
        "é:é",
        signing.Signer(salt="another").sign_object(["0" * 32, 0, 0]),
    ],
)
def test_forged_token_is_replaced_and_nothing_is_lost(token):
    form = publish_form(form_token=token)

    assert errors(form) == {"__all__": ["This form had expired. Nothing is lost: look it over and send it again."]}
    assert FormToken.parse(form["form_token"].value()) is not None
    assert form["title"].value() == "Open picnic"


def test_same_form_twice_is_one_event():
    token = token_opened()

    events = [published(form_token=token, tags="Food") for _ in range(3)]

    assert events == [Event.objects.get()] * 3
    assert Tag.objects.count() == 1


def test_same_event_in_a_fresh_form_is_one_event(clock):
    """Browsers that go back fetch the form anew and fill in what was typed."""
    author = make_user()
    events = []
    for _ in range(2):
        clock.shift(timedelta(minutes=5))
        events.append([published(tags="Food"), published(by=author, tags="Food")])

    assert events[0] == events[1] == list(Event.objects.order_by("id"))


def test_same_event_again_is_another_when_anything_differs():
    published(tags="Food")

    published(tags="Food, Parks")
    published(tags="Food", place="Elsewhere")
    published(tags="Food", by=make_user())

    assert Event.objects.count() == 4


def test_same_event_after_a_day_is_another(clock):
    first = published()
    clock.shift(DAY + HOUR)

    assert published() != first


def test_imported_twin_is_no_event_of_the_form():
    twin = published()
    Event.objects.update(submission_key=None)

    assert published() != twin


@pytest.mark.django_db(transaction=True)
def test_same_form_twice_at_once_is_one_event():
    token = token_opened()

    def send():
        form = publish_form(form_token=token, tags="Food, Parks", areas="Hackney")
        assert form.is_valid()
        return form.publish().pk

    pks = at_once(*[send] * 4)

    event = Event.objects.get()
    assert pks == [event.pk] * 4
    assert [term.name for term in (*event.tags.all(), *event.areas.all())] == ["Food", "Parks", "Hackney"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another picnic"},
        {"date_0": "2026-06-19"},
        {"summary": "Something else."},
        {"body": "More."},
        {"tags": "Food, Parks"},
        {"areas": ""},
        {"place": "Elsewhere"},
    ],
)
def test_another_event_in_a_form_sent_before_is_asked_about_and_not_lost(change):
    token = token_opened()
    first = published(form_token=token, tags="Food", areas="Hackney")

    form = publish_form(**{"form_token": token, "tags": "Food", "areas": "Hackney", **change})
    assert errors(form) == {
        "__all__": ["You have sent this form before, as “Open picnic”. If this is another event, send it again."]
    }
    again = published(**{"form_token": form["form_token"].value(), "tags": "Food", "areas": "Hackney", **change})

    assert list(Event.objects.order_by("id")) == [first, again]


def test_refused_insert_that_is_no_repetition_is_not_hidden(monkeypatch):
    form = publish_form()
    assert form.is_valid()
    form.instance.end_date = form.instance.date - HOUR

    with pytest.raises(Exception, match="event_ends_after_it_starts"):
        form.publish()


# Preview


def test_preview_has_status_and_author_as_the_page_will():
    member = make_user("amy")
    collective = make_collective(members=(member,))
    form = publish_form(by=member, collective=str(collective.pk))

    assert form.is_valid()

    assert (form.instance.user, form.instance.collective, form.instance.moderation_status) == (
        member,
        collective,
        Status.PUBLISHED,
    )
    assert Event.objects.count() == 0


# Edits


@pytest.mark.parametrize("status", [Status.PENDING, Status.PUBLISHED, Status.PROMOTED, Status.FEATURED])
def test_edit_keeps_the_status_and_the_history(status):
    event = make_event(user=make_user(), status=status, admin_note="<p>Created by: amy.</p>")

    edit_form(event, title="New title").save()

    event.refresh_from_db()
    assert (event.title, event.moderation_status, event.admin_note) == (
        "New title",
        status,
        "<p>Created by: amy.</p>",
    )


def test_edit_shows_what_was_typed():
    event = published(by=make_user(), summary="*Bring*\r\nsomething", body="- one\r\n- two")

    form = EventForm(instance=Event.objects.get(pk=event.pk))

    assert (form["summary"].value(), form["body"].value()) == ("*Bring*\r\nsomething", "- one\r\n- two")


def test_edit_that_changes_nothing_changes_nothing(clock):
    event = published(
        by=make_user(),
        body="- one\r\n- two & three",
        end_date_0="2026-06-12",
        end_date_1="22:00",
        tags="Food",
        areas="Hackney",
        source="https://example.org",
        allows_comments="on",
    )
    before = row(Event.objects.get(pk=event.pk), "updated_on", "version")

    form = edit_form(event)
    assert (errors(form), form.changed_data) == ({}, [])
    form.save()

    stored = Event.objects.get(pk=event.pk)
    assert row(stored, "updated_on", "version") == before
    assert [term.name for term in (*stored.tags.all(), *stored.areas.all())] == ["Food", "Hackney"]


def test_edit_of_an_import_keeps_what_was_not_touched():
    imported = {
        "summary": '<p class="x">The  Cafe<br/>\r\nE8</p>',
        "body": '<font color="red">Red</font>\n\n<p>&nbsp;</p>\r<b>unclosed',
        "date": datetime(2009, 10, 22, 19, 0, 30, tzinfo=UTC),
        "end_date": datetime(2009, 10, 22, 22, 0, 59, tzinfo=UTC),
        "contact_email": "",
        "contact_phone": "",
        "source": "",
        "allows_comments": None,
    }
    event = make_event("Old title", user=make_user(), **imported)

    form = edit_form(event, title="New title")
    assert errors(form) == {}
    form.save()

    event.refresh_from_db()
    assert {name: getattr(event, name) for name in imported} == imported
    assert (event.title, event.summary_source, event.body_source) == ("New title", None, None)


def test_edit_of_an_imported_text_replaces_it():
    event = make_event(user=make_user(), body="<font>Old</font>")

    edit_form(event, body="New *text*").save()

    event.refresh_from_db()
    assert (event.body, event.body_source) == ("<p>New <em>text</em></p>", "New *text*")


def test_edit_can_empty_what_is_optional():
    event = published(
        by=make_user(),
        body="Text",
        end_date_0="2026-06-12",
        end_date_1="22:00",
        tags="Food",
        source="https://x.example",
    )

    edit_form(event, body="", end_date_0="", end_date_1="", tags="", source="").save()

    event.refresh_from_db()
    assert (event.body, event.body_source, event.end_date, event.source) == (None, None, None, None)
    assert list(event.tags.all()) == []


def test_edit_keeps_a_tag_whose_address_a_moderator_chose():
    event = make_event(user=make_user())
    tag = Tag.objects.create(name="Bikes", slug="cycling")
    event.tags.add(tag)

    edit_form(event, title="New title").save()

    assert (list(event.tags.all()), Tag.objects.count()) == ([tag], 1)


def test_edit_does_not_bring_back_what_was_hidden_meanwhile():
    event = make_event("Old title", user=make_user(), status=Status.PENDING, admin_note="<p>Created by: amy.</p>")
    form = edit_form(event, title="New title")
    assert form.is_valid()
    event.hide(by=make_moderator(), reason="Off topic")

    form.save()

    event.refresh_from_db()
    assert (event.title, event.moderation_status, event.admin_note) == (
        "New title",
        Status.HIDDEN,
        "<p>Created by: amy.</p>\n<p>hidden by moderators.</p>",
    )


@pytest.mark.parametrize(
    ("starts", "change", "messages"),
    [
        # Over for long: its date may be put right.
        (NOW - 30 * DAY, {"date_0": "2026-05-12"}, {}),
        (NOW - 30 * DAY, {"title": "New title"}, {}),
        # Still to come: it cannot move into the past.
        (NOW + DAY, {"date_0": "2026-06-01"}, {"date": ["This is in the past: check the day and the time."]}),
    ],
)
def test_only_events_to_come_are_kept_out_of_the_past(starts, change, messages):
    event = make_event(user=make_user(), date=starts)

    assert errors(edit_form(event, **change)) == messages


def test_edit_keeps_the_group_of_others_without_offering_it_to_new_posts():
    author = make_user()
    collective = make_collective(members=(make_user(),))
    event = make_event(user=author, collective=collective)

    edit_form(event, title="New title").save()

    event.refresh_from_db()
    assert event.collective == collective
    assert "collective" not in PublishForm(user=author).fields


# Errors are reachable


def test_errors_are_tied_to_their_controls():
    form = publish_form(title="", end_date_0="2026-06-01", end_date_1="10:00", contact_email="x")

    attributes = {
        name: re.findall(r'aria-invalid="true"|aria-describedby="[^"]*"', str(form[name]))
        for name in ("title", "end_date", "contact_email", "place")
    }

    assert attributes == {
        "title": ['aria-invalid="true"', 'aria-describedby="id_title_helptext id_title_error"'],
        "end_date": ['aria-invalid="true"', 'aria-describedby="id_end_date_helptext id_end_date_error"'] * 2,
        "contact_email": ['aria-invalid="true"', 'aria-describedby="id_contact_email_helptext id_contact_email_error"'],
        "place": ['aria-describedby="id_place_helptext"'],
    }


# Whatever is accepted comes back from its XML

_lines = st.text(max_size=60)
_texts = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "\r\n",
                "\n\n",
                "&nbsp;",
                "&#128;",
                "&#7;",
                "&#xFFFE;",
                "<b>",
                "</b>",
                "<!--",
                "]]>",
                "- ",
                "> ",
                "*",
                "\t",
            ]
        ),
    ),
    max_size=12,
).map("".join)
_moments = st.datetimes(datetime(2026, 6, 11), datetime(2100, 12, 30))


class TestRoundTrip(TestCase):
    """Hypothesis needs a transaction for each example, which its TestCase has."""

    @hypothesis_settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow]
    )
    @given(
        typed=st.fixed_dictionaries(
            {"title": _lines, "summary": _texts, "place": _lines, "published_by": _lines, "body": _texts},
            optional={
                "contact_email": st.emails() | _lines,
                "contact_phone": _lines,
                "source": st.just("https://bücher.example/ä?x=1&y=%20") | _lines,
                "tags": _lines,
                "allows_comments": st.just("on"),
            },
        ),
        starts=_moments,
        length=st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
        names_end_day=st.booleans(),
    )
    def test_event_reads_back_from_its_document(self, typed, starts, length, names_end_day):
        ends = starts + length if length is not None else None
        data = {
            **typed,
            "date_0": f"{starts:%Y-%m-%d}",
            "date_1": f"{starts:%H:%M}",
            "end_date_0": f"{ends:%Y-%m-%d}" if ends and names_end_day else "",
            "end_date_1": f"{ends:%H:%M}" if ends else "",
        }
        form = publish_form(**data)
        # A field that is refused is left as it usually is: what is accepted is the question.
        for name in form.errors:
            usual = {key: value for key, value in FILLED_IN.items() if key.startswith(name)}
            data = {key: value for key, value in data.items() if not key.startswith(name)} | usual
        form = publish_form(**data)
        assert errors(form) == {}

        event = Event.objects.get(pk=form.publish().pk)

        assert event.end_date is None or timedelta(0) <= event.end_date - event.date
        assert names_end_day or event.end_date is None or event.end_date - event.date < DAY
        [record] = read_records(rails_xml.document("event", event_attributes(event)))
        stored = event_attributes(event)
        for name in ("created_on", "updated_on"):
            stored[name] = stored[name].replace(microsecond=0)
        assert record == ParsedRecord(1, stored)
