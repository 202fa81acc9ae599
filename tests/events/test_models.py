"""Events as rows: what they hold, what the database refuses, and which of them a list has."""

import importlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from collectives.models import Membership
from events.models import Area, Event, EventArea, EventGroup, EventTag, Tag
from events.rails_xml import EVENT_COLUMNS
from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator, make_superuser, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def titles(events) -> list[str]:
    return [event.title for event in events]


# Fields


def test_event_has_every_column_of_the_format_under_its_name():
    columns = {field.attname for field in Event._meta.concrete_fields}

    assert set(EVENT_COLUMNS) <= columns


def test_columns_take_null_where_the_format_has_it():
    not_null = {"admin_note", "id", "place", "published_by", "summary", "title"}

    refusing = {name for name in EVENT_COLUMNS if not Event._meta.get_field(name).null}

    # The site needs a status of every event; an import without one is refused.
    assert refusing == {*not_null, "moderation_status"}


def test_null_and_empty_stay_apart():
    names = ["body", "contact_email", "contact_phone", "source", "file", "file_content_type"]
    null, empty = make_event(**dict.fromkeys(names)), make_event(**dict.fromkeys(names, ""))

    stored = [list(Event.objects.filter(pk=event.pk).values_list(*names).get()) for event in (null, empty)]

    assert stored == [[None] * 6, [""] * 6]


def test_booleans_are_true_false_or_unknown():
    names = ["allows_comments", "stick_at_top", "auto_moderation_checked"]
    events = [make_event(**dict.fromkeys(names, value)) for value in (True, False, None)]

    stored = [Event.objects.filter(pk=event.pk).values_list(*names).get() for event in events]

    assert stored == [(True,) * 3, (False,) * 3, (None,) * 3]


def test_new_event_has_the_defaults_of_the_format():
    event = Event(title="Picnic", date=NOW)
    event.save()
    event.refresh_from_db()

    defaults = {name: getattr(event, name) for name in EVENT_COLUMNS}
    times = {name: defaults.pop(name) is not None for name in ("created_on", "updated_on")}
    assert times == {"created_on": True, "updated_on": True}
    assert defaults == {
        "admin_note": "",
        "allows_comments": True,
        "auto_moderation_checked": False,
        "body": None,
        "collective_id": None,
        "contact_email": None,
        "contact_phone": None,
        "content_id": None,
        "date": NOW,
        "end_date": None,
        "event_group_id": None,
        "file": None,
        "file_content_type": None,
        "id": event.pk,
        "media_size": None,
        "moderation_status": "pending",
        "place": "",
        "processing_status": None,
        "published_by": "",
        "source": None,
        "stick_at_top": None,
        "summary": "",
        "title": "Picnic",
        "user_id": None,
    }


def test_deleting_account_group_or_series_leaves_the_event():
    user, collective, series = make_user(), make_collective(), EventGroup.objects.create()
    event = make_event(user=user, collective=collective, event_group=series)

    for owner in (user, collective, series):
        owner.delete()

    event.refresh_from_db()
    assert (event.user, event.collective, event.event_group) == (None, None, None)


# Times


def test_site_notes_when_its_own_posts_were_made_and_changed(time_machine):
    time_machine.move_to(NOW, tick=False)
    event = make_event()
    time_machine.shift(DAY)
    event.title = "Another title"
    event.save()

    event.refresh_from_db()
    assert (event.created_on, event.updated_on) == (NOW, NOW + DAY)


def test_keep_times_leaves_both_times_as_they_are():
    made, changed = datetime(2009, 10, 18, 9, 34, 9, tzinfo=UTC), datetime(2009, 10, 19, tzinfo=UTC)
    event = Event(title="Old", date=NOW, created_on=made, updated_on=changed)

    event.save(keep_times=True)

    event.refresh_from_db()
    assert (event.created_on, event.updated_on) == (made, changed)


def test_keep_times_also_keeps_unknown_times():
    event = Event(title="Old", date=NOW, created_on=None, updated_on=None)

    event.save(keep_times=True)

    event.refresh_from_db()
    assert (event.created_on, event.updated_on) == (None, None)


# What the database refuses


def refused(**columns) -> bool:
    """Whether the database itself refuses the change: `update()` asks no validator."""
    event = make_event(date=NOW, end_date=NOW + HOUR)
    try:
        with transaction.atomic():
            Event.objects.filter(pk=event.pk).update(**columns)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("columns", "is_refused"),
    [
        ({"end_date": NOW - HOUR}, True),
        ({"date": NOW + 2 * HOUR}, True),
        ({"end_date": NOW}, False),
        ({"end_date": None}, False),
        ({"date": None}, False),
        ({"moderation_status": "deleted"}, True),
        ({"moderation_status": ""}, True),
        ({"moderation_status": "hidden"}, False),
        ({"moderation_status": None}, True),
        ({"summary": None}, True),
        ({"place": None}, True),
        ({"title": None}, True),
        ({"published_by": None}, True),
        ({"admin_note": None}, True),
    ],
)
def test_database_refuses_what_must_never_be(columns, is_refused):
    assert refused(**columns) == is_refused


def test_same_form_makes_one_row():
    event = make_event(submission_key="0123456789abcdef0123456789abcdef")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_event(submission_key=event.submission_key)


@pytest.mark.parametrize("model", [Tag, Area])
def test_terms_have_one_address_each(model):
    model.objects.create(name="Bikes", slug="bikes")

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(name="BIKES", slug="bikes")


# Lists


def test_each_list_has_its_statuses(settings):
    for status in Status:
        make_event(status.value, status=status)

    def listed() -> dict[str, list[str]]:
        events = Event.objects.order_by("id")
        return {name: titles(getattr(events, name)()) for name in ("visible", "featured", "promoted", "once_public")}

    settings.MODERATION_POLICY = "open"
    assert listed() == {
        "visible": ["pending", "published", "promoted", "featured"],
        "featured": ["featured"],
        "promoted": ["promoted"],
        "once_public": ["hidden"],
    }
    settings.MODERATION_POLICY = "review"
    assert listed() == {
        "visible": ["published", "promoted", "featured"],
        "featured": ["featured"],
        "promoted": ["promoted"],
        "once_public": ["hidden"],
    }


def people():
    """Everybody there is, and events of each status by two of them."""
    author, member, stranger = make_user(), make_user(), make_user()
    collective = make_collective(members=(member,))
    for status in (Status.PENDING, Status.PUBLISHED, Status.HIDDEN):
        make_event(f"{status} by author", status=status, user=author)
        make_event(f"{status} by group", status=status, collective=collective)
    publisher = make_user()
    publisher.user_permissions.add(Permission.objects.get(codename="publish"))
    return {
        "anonymous": AnonymousUser(),
        "stranger": stranger,
        "author": author,
        "member": member,
        "publisher": publisher,
        "moderator": make_moderator(),
        "superuser": make_superuser(),
    }


def test_editable_are_ones_own_and_those_of_ones_groups_unless_hidden():
    editable = {who: titles(Event.objects.editable_by(user).order_by("id")) for who, user in people().items()}

    everything = titles(Event.objects.order_by("id"))
    assert editable == {
        "anonymous": [],
        "stranger": [],
        "author": ["pending by author", "published by author"],
        "member": ["pending by group", "published by group"],
        "publisher": [],
        "moderator": everything,
        "superuser": everything,
    }


def test_under_review_pending_posts_are_seen_by_those_concerned(settings):
    settings.MODERATION_POLICY = "review"

    seen = {who: titles(Event.objects.visible_to(user).order_by("id")) for who, user in people().items()}

    public = ["published by author", "published by group"]
    everything = titles(Event.objects.order_by("id"))
    assert seen == {
        "anonymous": public,
        "stranger": public,
        "author": ["pending by author", *public],
        "member": ["pending by group", *public],
        "publisher": public,
        "moderator": everything,
        "superuser": everything,
    }


def test_hidden_posts_are_seen_by_moderators_alone():
    seen = {
        who: [title for title in titles(Event.objects.visible_to(user).order_by("id")) if "hidden" in title]
        for who, user in people().items()
    }

    hidden = ["hidden by author", "hidden by group"]
    assert seen == {
        "anonymous": [],
        "stranger": [],
        "author": [],
        "member": [],
        "publisher": [],
        "moderator": hidden,
        "superuser": hidden,
    }


def test_member_of_two_ways_is_listed_once():
    member = make_user()
    collective = make_collective(members=(member, make_user()))
    event = make_event(user=member, collective=collective)

    assert [list(events) for events in (Event.objects.visible_to(member), Event.objects.editable_by(member))] == [
        [event],
        [event],
    ]


def test_can_be_edited_by_asks_the_same_question():
    event = make_event(user=make_user())

    assert [event.can_be_edited_by(user) for user in (event.user, make_user(), AnonymousUser())] == [True, False, False]


def make_calendar() -> None:
    make_event("later", date=NOW + 2 * DAY)
    make_event("over", date=NOW - 3 * HOUR, end_date=NOW - HOUR)
    make_event("began without an end", date=NOW - HOUR)
    make_event("runs", date=NOW - DAY, end_date=NOW + HOUR)
    make_event("ends this instant", date=NOW - 2 * HOUR, end_date=NOW)
    make_event("begins this instant", date=NOW)
    make_event("soon", date=NOW + HOUR)
    make_event("soon as well", date=NOW + HOUR, end_date=NOW + 2 * HOUR)


def test_upcoming_is_soonest_first_and_what_runs_counts():
    make_calendar()

    assert titles(Event.objects.upcoming(NOW)) == [
        "runs",
        "ends this instant",
        "begins this instant",
        "soon",
        "soon as well",
        "later",
    ]


def test_past_is_newest_first():
    make_calendar()

    assert titles(Event.objects.past(NOW)) == ["began without an end", "over"]


def test_every_dated_event_is_either_upcoming_or_past(time_machine):
    time_machine.move_to(NOW, tick=False)
    make_calendar()

    upcoming, past = set(Event.objects.upcoming()), set(Event.objects.past())

    assert (upcoming & past, upcoming | past) == (set(), set(Event.objects.all()))
    assert {event for event in upcoming | past if event.is_over} == past


def test_imported_event_without_a_start_is_in_no_list_by_date():
    make_event(date=None)
    make_event(date=None, end_date=NOW + DAY)
    make_event(date=None, end_date=NOW - DAY)

    assert [*Event.objects.upcoming(NOW), *Event.objects.past(NOW)] == []


def test_between_takes_both_days_whole(settings):
    settings.TIME_ZONE = "Europe/London"  # in June an hour ahead of UTC
    for title, moment in {
        "before": datetime(2026, 6, 9, 22, 59, tzinfo=UTC),
        "first minute": datetime(2026, 6, 9, 23, 0, tzinfo=UTC),
        "last minute": datetime(2026, 6, 11, 22, 59, tzinfo=UTC),
        "after": datetime(2026, 6, 11, 23, 0, tzinfo=UTC),
    }.items():
        make_event(title, date=moment)

    assert titles(Event.objects.between(NOW.date(), NOW.date() + DAY)) == ["first minute", "last minute"]


def test_count_by_day_counts_by_the_sites_clock(settings):
    settings.TIME_ZONE = "Europe/London"
    day = NOW.date()
    for moment in (datetime(2026, 6, 9, 23, 30, tzinfo=UTC), NOW, datetime(2026, 6, 10, 23, 30, tzinfo=UTC)):
        make_event(date=moment)

    assert Event.objects.count_by_day(day, day + 2 * DAY) == {day: 2, day + DAY: 1}


def test_first_of_each_day_takes_so_many_and_no_more():
    for number in range(3):
        make_event(f"today {number}", date=NOW + number * HOUR)
        make_event(f"tomorrow {number}", date=NOW + DAY)

    assert titles(Event.objects.first_of_each_day(2)) == ["today 0", "today 1", "tomorrow 0", "tomorrow 1"]


def test_newest_posts_are_those_posted_last():
    for number in (2, 3, 1):
        make_event(f"posted {number}", created_on=NOW + number * HOUR)

    assert titles(Event.objects.newest_posts()) == ["posted 3", "posted 2", "posted 1"]


def test_hiding_reason_is_the_last_public_one():
    moderator = make_moderator()
    twice, once, never = make_event(), make_event(), make_event()
    twice.hide(by=moderator, reason="first reason")
    twice.publish(by=moderator)
    twice.hide(by=moderator, reason="second reason", note="private")
    once.hide(by=moderator, reason="other reason")

    reasons = [event.hiding_reason for event in Event.objects.order_by("id").with_hiding()]

    assert reasons == ["second reason", "other reason", None]
    assert never.public_reason == ""


# Indexes


@pytest.fixture
def _many_events():
    statuses = list(Status)
    Event.objects.bulk_create(
        Event(
            title=f"Event {number}",
            date=NOW + number * HOUR,
            end_date=NOW + (number + 2) * HOUR if number % 3 else None,
            moderation_status=statuses[number % 5],
        )
        for number in range(-4500, 500)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.usefixtures("_many_events")
@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("upcoming", lambda: Event.objects.visible().upcoming(NOW)),
        ("past", lambda: Event.objects.visible().past(NOW)),
        ("a day", lambda: Event.objects.visible().between(NOW.date(), NOW.date())),
        ("latest", lambda: Event.objects.newest_posts()),
    ],
)
def test_lists_are_read_from_an_index(name, events):
    plan = events()[:31].explain()

    reads_whole_table = "Seq Scan on events_event" in plan or "SCAN events_event\n" in f"{plan}\n"
    assert not reads_whole_table, plan
    assert "event_by_" in plan, plan


@pytest.mark.usefixtures("_many_events")
def test_page_of_the_past_sorts_nothing():
    plan = Event.objects.visible().past(NOW)[:31].explain()

    assert not [sorting for sorting in ("Sort", "B-TREE") if sorting in plan], plan


# Terms


def test_terms_are_made_once_whatever_the_case():
    first = Tag.objects.named(["Bikes", "Food & drink"])

    again = Tag.objects.named(["bikes", "FOOD, drink", "New"])

    assert [tag.slug for tag in first] == ["bikes", "food-drink"]
    assert sorted(tag.name for tag in again) == ["Bikes", "Food & drink", "New"]
    assert Tag.objects.count() == 3


@pytest.mark.parametrize("model", [Tag, Area])
def test_terms_that_no_event_has_any_more_are_pruned(model):
    make_event(tags=("Kept",), areas=("Kept",))
    make_event(tags=("Jo lives at No. 5",), areas=("Jo lives at No. 5",)).delete()

    call_command("prune")

    assert [term.name for term in model.objects.all()] == ["Kept"]


def dates_of_terms(event) -> set[datetime | None]:
    return {*event.eventtag_set.values_list("date", flat=True), *event.eventarea_set.values_list("date", flat=True)}


def test_what_an_event_is_browsed_by_knows_its_date():
    event = make_event(date=NOW, tags=("food", "bikes"), areas=("Hackney",))

    event.tags.add(*Tag.objects.named(["new"]))
    event.areas.set(Area.objects.named(["Bow"]))

    assert dates_of_terms(event) == {NOW}
    assert (event.tags.count(), event.areas.count()) == (3, 1)


def test_what_an_event_is_browsed_by_moves_with_it():
    event, other = (make_event(date=NOW, tags=("food",), areas=("Hackney",)) for _number in range(2))

    event.date, event.end_date = NOW + DAY, None
    event.save()

    assert dates_of_terms(event) == {NOW + DAY}
    assert dates_of_terms(other) == {NOW}


def test_event_that_loses_its_date_loses_it_everywhere():
    event = make_event(date=NOW, tags=("food",))

    event.date = event.end_date = None
    event.save()

    assert dates_of_terms(event) == {None}


def test_migration_gives_the_terms_that_are_there_the_dates_of_their_events():
    events = [make_event(date=date, tags=("food",), areas=("Bow",)) for date in (NOW, NOW + DAY, None)]
    for rows in (EventTag.objects, EventArea.objects):
        rows.update(date=None)

    importlib.import_module("events.migrations.0017_event_term_dates").fill(apps, None)

    assert [dates_of_terms(event) for event in events] == [{NOW}, {NOW + DAY}, {None}]


def test_terms_keep_letters_of_any_script():
    areas = Area.objects.named(["Łódź", "بيروت"])

    assert {area.slug for area in areas} == {"łódź", "بيروت"}


# What a page asks of an event


@pytest.mark.parametrize(
    ("starts", "ends", "is_all_day", "ends_on"),
    [
        # As calendars are imported, and as somebody may type it.
        (datetime(2026, 6, 10), datetime(2026, 6, 10, 23, 59), True, None),
        (datetime(2026, 6, 10), datetime(2026, 6, 11), True, None),
        (datetime(2026, 6, 10), datetime(2026, 6, 12, 23, 59), True, date(2026, 6, 12)),
        (datetime(2026, 6, 10), datetime(2026, 6, 13), True, date(2026, 6, 12)),
        (datetime(2026, 6, 10), datetime(2026, 6, 10, 22), False, None),
        (datetime(2026, 6, 10, 20), datetime(2026, 6, 11, 2), False, None),
        (datetime(2026, 6, 10, 20), datetime(2026, 6, 12, 2), False, date(2026, 6, 12)),
        (datetime(2026, 6, 10), datetime(2026, 6, 10), False, None),
        (datetime(2026, 6, 10), None, False, None),
        (None, None, False, None),
    ],
)
def test_whole_days_have_no_hours_and_end_on_their_last(settings, starts, ends, is_all_day, ends_on):
    settings.TIME_ZONE = "Europe/London"
    event = Event(date=starts and timezone.make_aware(starts), end_date=ends and timezone.make_aware(ends))

    assert (event.is_all_day, event.ends_on) == (is_all_day, ends_on)


@pytest.mark.parametrize(
    ("starts", "ends", "same_night"),
    [
        ("2026-06-10 19:00", "2026-06-10 22:00", True),
        ("2026-06-10 22:00", "2026-06-11 04:00", True),
        ("2026-06-10 22:00", "2026-06-11 06:00", False),
        ("2026-06-10 09:00", "2026-06-11 05:00", False),
        ("2026-06-10 19:00", "2026-06-12 02:00", False),
    ],
)
def test_end_needs_no_date_in_the_same_night(starts, ends, same_night):
    starts, ends = (datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for text in (starts, ends))

    assert Event(date=starts, end_date=ends).ends_same_night is same_night


@pytest.mark.parametrize(
    ("source", "is_link"),
    [
        ("https://example.org/x?y=1", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("ftp://example.org", False),
        ("https://example.org/a b", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(source, is_link):
    assert Event(source=source).has_web_address is is_link


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("amy@example.org", True),
        ("amy@bücher.example", True),
        ("amy@example.org?bcc=all@example.org", False),
        ("amy@example.org&x", False),
        ("amy at example", False),
        ("", False),
        (None, False),
    ],
)
def test_only_mail_addresses_become_mailto(address, is_link):
    assert Event(contact_email=address).has_mail_address is is_link


def test_hidden_collective_is_not_named():
    shown, hidden = make_collective(), make_collective(moderation_status=Status.HIDDEN)

    assert [Event(collective=group).shown_collective for group in (shown, hidden, None)] == [shown, None, None]


# Creation


@pytest.mark.parametrize(
    ("who", "note", "status"),
    [
        ("anonymous", "<p>Created by: AnonymousUser.</p>", Status.PENDING),
        ("amy", "<p>Created by: amy.</p>", Status.PENDING),
        ("member", "<p>Created by: member.</p>", Status.PUBLISHED),
        ("publisher", "<p>Created by: publisher.</p>", Status.PUBLISHED),
    ],
)
def test_creation_is_noted_and_chooses_the_status(who, note, status):
    collective = make_collective()
    user = None if who == "anonymous" else make_user(who)
    if who == "member":
        Membership.objects.create(user=user, collective=collective)
    if who == "publisher":
        user.user_permissions.add(Permission.objects.get(codename="publish"))
    event = Event(title="Picnic", date=timezone.now(), user=user, collective=collective)

    event.record_creation()

    assert (event.admin_note, event.moderation_status) == (note, status)


def test_login_is_text_in_the_history():
    event = Event(user=make_user("a"))
    event.user.username = "<b>&"

    event.record_creation()

    assert event.admin_note == "<p>Created by: &lt;b&gt;&amp;.</p>"


def test_what_is_stuck_at_the_top_leads_before_what_is_featured():
    make_event("Later", status=Status.FEATURED, date=NOW + 2 * DAY)
    make_event("Sooner", status=Status.FEATURED, date=NOW + DAY)
    assert Event.objects.visible().upcoming(NOW).lead().title == "Sooner"

    make_event("Stuck", date=NOW + 9 * DAY, stick_at_top=True)
    make_event("Stuck and hidden", date=NOW + DAY, stick_at_top=True, status=Status.HIDDEN)
    assert Event.objects.visible().upcoming(NOW).lead().title == "Stuck"

    Event.objects.all().delete()
    assert Event.objects.visible().upcoming(NOW).lead() is None
