"""Everything in one file: the same bytes as the pages print, of as many events as there are."""

import functools
import io
import itertools
import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from collectives.models import Collective, User
from events.listing import Listing, Span
from events.management.commands.export_events import FORMATS
from events.models import Event, EventGroup
from events.paging import Order, all_in_order
from events.rails_xml import collection
from events.serializers import event_attributes
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event, make_user

GENUINE = Path(__file__).parents[2] / "fixtures" / "events" / "2565.xml"
EVERY = sorted(FORMATS)
DAY = datetime(2026, 6, 12, 18, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def exported(*arguments: Any) -> bytes:
    """What stands on standard output."""
    stdout = io.TextIOWrapper(io.BytesIO())
    call_command("export_events", *arguments, stdout=stdout)
    return stdout.buffer.getvalue()


def titles(*arguments: Any) -> list[str]:
    return [event["title"] for event in json.loads(exported("--format", "json", *arguments))["events"]]


def undated(title: str, **fields: Any) -> Event:
    """As only an import can make it."""
    return make_event(title, date=None, **fields)


@pytest.fixture
def programme(settings):
    """Events with all that formats tell of them: a group, terms, a picture, whole days, odd signs, other years."""
    settings.TIME_ZONE = "Europe/London"
    group = make_collective("Open House", slug="open-house")
    late = make_event("Film", date=DAY + timedelta(days=200), tags=("food",), areas=("Hackney",), collective=group)
    make_attachment(late)
    make_event("Soup <&> “bread” 🎉", date=DAY, tags=("food", "parks"), place="Common Room, 2 High St", body="a\r\nb")
    make_event("Camp", date=datetime(2026, 6, 12, 23, tzinfo=UTC), end_date=DAY + timedelta(days=3), tags=("food",))
    make_event("Long ago", date=datetime(2009, 10, 22, 18, tzinfo=UTC), tags=("food",), areas=("Hackney",))
    make_event("Of no topic", date=DAY)


# What the pages print


@pytest.mark.parametrize("suffix", EVERY)
@pytest.mark.parametrize(
    "filters",
    [
        {"tag": "food", "from": "2000-01-01"},
        {"tag": "food", "from": "2026-06-12", "to": "2026-06-12"},
        {"tag": "food", "area": "hackney", "from": "2000-01-01", "order": "posted"},
        {"group": "open-house", "from": "2000-01-01"},
        {"place": "common-room-2-high-st", "from": "2000-01-01"},
        {"q": "soup", "from": "2000-01-01"},
    ],
    ids=lambda filters: "&".join(filters),
)
@pytest.mark.usefixtures("programme")
def test_list_of_one_page_is_exported_with_the_bytes_of_its_page(client, suffix, filters):
    page = client.get(f"/events.{suffix}", filters)

    assert page.status_code == 200
    assert exported("--format", suffix, *(f"--{name}={value}" for name, value in filters.items())) == page.content


@pytest.mark.usefixtures("programme")
def test_tags_asked_for_together_narrow_it_down():
    assert titles("--tag", "food", "--tag", "parks") == ["Soup <&> “bread” 🎉"]


def test_status_narrows_it_down():
    make_event("Lead", status=Status.FEATURED)
    make_event("Other")

    assert titles("--status", "featured") == ["Lead"]


def test_xml_is_what_it_is_unless_another_format_is_asked_for():
    make_event()

    assert exported() == exported("--format", "xml")


# Everything, in order


def test_without_a_filter_there_is_everything_by_date_and_then_what_has_no_date():
    undated("Some day")
    make_event("Next year", date=DAY + timedelta(days=365))
    make_event("At the same time", date=DAY)
    make_event("As this", date=DAY)
    undated("Some other day")
    make_event("In 2009", date=datetime(2009, 10, 22, tzinfo=UTC))

    assert titles() == ["In 2009", "At the same time", "As this", "Next year", "Some day", "Some other day"]
    assert exported("--format", "txt").count(b"Date not known yet") == 1


def test_newest_posts_first_when_asked_for():
    for number, title in enumerate(["First", "Second", "Third"]):
        make_event(title, created_on=DAY + timedelta(hours=number), date=DAY - timedelta(days=number))
    Event.objects.filter(title="Second").update(created_on=None)

    assert titles("--order", "posted") == ["Third", "First", "Second"]


@pytest.mark.parametrize("order", [Order.SOONEST, Order.LATEST, Order.POSTED])
@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_each_comes_once_wherever_the_reading_pauses(order, at_once):
    for number in range(7):
        # Pairs of the same instant, to be told apart by their ids.
        moment = DAY + timedelta(days=number // 2)
        event = make_event(str(number), date=moment)
        Event.objects.filter(pk=event.pk).update(created_on=moment)
    for number in (7, 8):
        event = undated(str(number))
        Event.objects.filter(pk=event.pk).update(created_on=None)

    found = [event.title for event in all_in_order(Event.objects.all(), order, at_once)]

    ordered = list("0123456")
    assert found == [*(reversed(ordered) if order.descends else ordered), "7", "8"]


def test_xml_is_the_collection_of_the_rows():
    for number in range(3):
        make_event(date=DAY + timedelta(days=number))

    rows = [{"element": "event", "attributes": event_attributes(event)} for event in Event.objects.order_by("date")]
    assert exported() == collection(rows)


def test_nothing_to_export_is_an_empty_array():
    assert exported() == b'<?xml version="1.0" encoding="UTF-8"?>\n<events type="array"/>\n'


@pytest.mark.usefixtures("programme")
def test_json_has_the_keys_of_a_list_and_no_next_page():
    document = json.loads(exported("--format", "json", "--from", "2026-01-01"))

    assert [event.pop("title") for event in document["events"]] == [
        "Soup <&> “bread” 🎉",
        "Of no topic",
        "Camp",
        "Film",
    ]
    del document["events"]
    assert document == {
        "title": "Events, from 1 January 2026",
        "url": "http://testserver/events?from=2026-01-01",
        "next": None,
    }


@pytest.mark.usefixtures("programme")
def test_calendar_describes_the_clock_once_for_all_its_years():
    calendar = exported("--format", "ics")

    read = {str(event["summary"]): event.decoded("dtstart") for event in Calendar.from_ical(calendar).walk("VEVENT")}
    assert {title: start.astimezone(UTC) for title, start in read.items()} == dict(
        Event.objects.values_list("title", "date")
    )
    assert calendar.count(b"BEGIN:VTIMEZONE") == calendar.count(b"BEGIN:VCALENDAR") == 1
    for onset in (b"DTSTART:20090101T000000\r\n", b"20090329T010000", b"20261025T020000"):
        assert onset in calendar.replace(b"\r\n ", b"")


# Out of one site and into another


def test_export_goes_into_an_empty_database_and_comes_out_the_same(monkeypatch):
    call_command("import_events", GENUINE, stdout=io.StringIO())
    make_event("Soup", collective=make_collective(), user=make_user(), body="a\r\nb & <b>c</b> \x07🎉", place="Here")
    make_event("Of a series", event_group=EventGroup.objects.create(), end_date=DAY + timedelta(days=900))
    undated("Some day")
    archive = exported()
    for model in (Event, EventGroup, Collective, User):
        model.objects.all().delete()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(archive)))
    summary = io.StringIO()

    call_command("import_events", "-", stdout=summary)

    assert summary.getvalue() == "created: 4, unchanged: 0, updated: 0, refused: 0\n"
    assert exported() == archive


# What readers may see


@pytest.mark.parametrize("suffix", EVERY)
@pytest.mark.parametrize("policy", ["open", "review"])
def test_only_what_everybody_sees_is_exported(settings, suffix, policy):
    settings.MODERATION_POLICY = policy
    for status in Status:
        make_event(f"canary {status}", status=status)
    make_event("canary held", status=Status.HIDDEN, is_held=True, public_since=None)

    found = set(re.findall(rb"canary (\w+)", exported("--format", suffix)))

    everybody = {b"published", b"promoted", b"featured"}
    assert found == (everybody | {b"pending"} if policy == "open" else everybody)


@pytest.mark.parametrize("suffix", ["ics", "json", "txt"])
def test_contacts_are_in_the_xml_alone_as_on_the_pages(suffix):
    make_event(contact_email="canary@example.org", contact_phone="020 7946 0000")

    assert b"canary@example.org" in exported()
    assert not re.search(b"canary|7946", exported("--format", suffix))


# Filters that make no sense


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        (["--tag", "nothing"], ["--tag: There is no tag “nothing”."]),
        (["--group", "secret"], ["--group: There is no group “secret”."]),
        (["--from", "tomorrow"], ["--from: This is no day: write it like 2026-06-30."]),
        (["--from", "2026-02-02", "--to", "2026-02-01"], ["--to: The end is before the beginning."]),
        (["--order", "title"], ["--order: The only other order is “posted”: newest posts first."]),
        (["--area", "x", "--place", "y"], ["--area: There is no area “x”.", "--place: There is no venue “y”."]),
    ],
)
def test_wrong_filter_is_answered_with_the_sentence_of_the_pages(tmp_path, arguments, sentences):
    make_event("Hidden group's", collective=make_collective(slug="secret", moderation_status=Status.HIDDEN))

    with pytest.raises(CommandError) as error:
        exported(*arguments, "-o", tmp_path / "events.xml")

    assert str(error.value).splitlines() == sentences
    assert list(tmp_path.iterdir()) == []


def test_unknown_format_is_refused():
    with pytest.raises(CommandError, match="invalid choice: 'atom'"):
        exported("--format", "atom")


# However many there are


@pytest.mark.parametrize("suffix", EVERY)
def test_format_is_written_event_by_event(suffix):
    """Of a list that never ends, every format has a beginning."""
    event = Event.objects.for_export().get(pk=make_event().pk)
    listing = Listing(path="/events", name="Events", span=Span.PERIOD)

    parts = list(itertools.islice(FORMATS[suffix](listing, itertools.repeat(event)), 10))

    assert len(parts) == 10
    assert max(map(len, parts)) < 3000


def test_no_more_is_read_than_is_written(django_assert_num_queries):
    for _number in range(10):
        make_event(tags=("food",), areas=("Hackney",))
    events = all_in_order(Event.objects.for_export(), Order.SOONEST, at_once=4)

    # The rows of the chunk, and their tags, areas and attachments.
    with django_assert_num_queries(4):
        list(itertools.islice(events, 4))
    with django_assert_num_queries(4):
        next(events)


@pytest.mark.parametrize("suffix", EVERY)
def test_queries_rise_with_the_chunks_and_each_of_rows_has_a_limit(monkeypatch, suffix):
    by_fives = functools.partial(all_in_order, at_once=5)
    monkeypatch.setattr("events.management.commands.export_events.all_in_order", by_fives)
    numbers = []
    for _round in range(3):
        for _number in range(10):
            make_event(tags=("food",), areas=("Hackney",), place="Common Room", collective=make_collective())
        with CaptureQueriesContext(connection) as queries:
            exported("--format", suffix)
        numbers.append(len(queries))
        rows = [query["sql"] for query in queries if '"events_event"."body"' in query["sql"]]
        assert rows
        assert [sql for sql in rows if not sql.endswith("LIMIT 5")] == []

    assert numbers[1] - numbers[0] == numbers[2] - numbers[1] == (2 if suffix == "xml" else 8)


# Where it goes


def test_file_has_what_standard_output_would_have(tmp_path):
    make_event()
    file = tmp_path / "events.json"

    assert exported("--format", "json", "-o", file) == b""
    assert file.read_bytes() == exported("--format", "json")
    assert list(tmp_path.iterdir()) == [file]


def test_file_of_before_is_replaced_through_a_link_to_it(tmp_path):
    make_event("New")
    (tmp_path / "events-1.xml").write_text("old")
    (tmp_path / "events.xml").symlink_to("events-1.xml")

    exported("-o", tmp_path / "events.xml")

    assert b"New" in (tmp_path / "events-1.xml").read_bytes()
    assert (tmp_path / "events.xml").is_symlink()


def test_file_of_before_stays_whole_when_the_export_fails(tmp_path, monkeypatch):
    def fail(event):
        raise RuntimeError(event)

    make_event()
    file = tmp_path / "events.xml"
    file.write_text("old")
    monkeypatch.setattr("events.management.commands.export_events.event_attributes", fail)

    with pytest.raises(RuntimeError):
        exported("-o", file)

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(CommandError, match="is no file"):
        exported("-o", tmp_path)
    with pytest.raises(CommandError, match="is no file"):
        exported("-o", "/dev/null")
    with pytest.raises(CommandError, match="xml cannot be written: No such file or directory"):
        exported("-o", tmp_path / "nowhere" / "events.xml")


def test_database_that_fails_is_said_in_a_sentence(monkeypatch):
    def fail(*_arguments):
        raise OperationalError("gone")

    make_event()
    monkeypatch.setattr("events.management.commands.export_events.event_attributes", fail)

    with pytest.raises(CommandError, match="The database failed, and the export ended there: gone"):
        exported()


def test_reader_who_has_had_enough_ends_it_quietly(capfd):
    make_event()
    reading, writing = os.pipe()
    os.close(reading)

    with open(writing, "w") as pipe, pytest.raises(SystemExit):
        call_command("export_events", stdout=pipe)

    assert capfd.readouterr() == ("", "")


def test_full_disk_behind_standard_output_is_said_in_a_sentence():
    make_event()

    with (
        open("/dev/full", "w") as full,
        pytest.raises(CommandError, match="Standard output cannot be written: No space left on device"),
    ):
        call_command("export_events", stdout=full)


def test_standard_output_may_be_text():
    make_event("“Soup” 🎉")
    text = io.StringIO()

    call_command("export_events", format="json", stdout=text)

    assert text.getvalue().encode() == exported("--format", "json")


def test_progress_is_shown_on_a_terminal_alone(capsys, monkeypatch):
    make_event()
    make_event()
    exported()
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    exported()

    assert "2/2" in capsys.readouterr().err
