import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from collectives.models import Collective, User
from events.models import Event, EventGroup
from events.rails_xml import EVENT_COLUMNS, collection, document
from tests.factories import make_collective, make_event, make_user

GENUINE = Path(__file__).parents[2] / "fixtures" / "events" / "2565.xml"
NOT_ALL = "Not everything could be imported; the reasons are above."

pytestmark = pytest.mark.django_db


def values_with(**values: Any) -> dict[str, Any]:
    plain: dict[str, Any] = dict.fromkeys(EVENT_COLUMNS)
    texts = dict.fromkeys(("admin_note", "place", "published_by", "summary"), "")
    posted = datetime(2009, 9, 1, 8, 5, 9, tzinfo=UTC)
    times = {"date": posted + timedelta(days=11), "created_on": posted, "updated_on": posted}
    return plain | texts | times | {"id": 1, "title": "Picnic", "moderation_status": "published"} | values


def xml_of(*events: dict[str, Any]) -> bytes:
    if len(events) == 1:
        return document("event", values_with(**events[0]))
    return collection([{"element": "event", "attributes": values_with(**event)} for event in events])


def run(*arguments: Any) -> tuple[str, list[str], str]:
    """What was written to standard output, the lines of complaint, and the error that ends the command."""
    stdout, stderr, error = io.StringIO(), io.StringIO(), ""
    try:
        call_command("import_events", *arguments, stdout=stdout, stderr=stderr)
    except CommandError as problem:
        error = str(problem)
    return stdout.getvalue().strip(), stderr.getvalue().splitlines(), error


def titles() -> dict[int, str]:
    return dict(Event.objects.order_by("pk").values_list("pk", "title"))


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Event, User, Collective, EventGroup)]


@pytest.fixture
def file(tmp_path):
    """Writes a file of XML and returns its path."""

    def written(data: bytes, name: str = "events.xml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return written


# What goes in


def test_genuine_event_comes_out_byte_for_byte():
    summary, complaints, error = run(GENUINE)

    row = Event.objects.values(*EVENT_COLUMNS).get()
    assert document("event", row) == GENUINE.read_bytes()
    assert summary == "created: 1, unchanged: 0, updated: 0, refused: 0"
    assert (complaints, error) == ([], "")


def test_collection(file):
    summary, _, error = run(file(xml_of({"id": 1, "title": "One"}, {"id": 2, "title": "Two"})))

    assert titles() == {1: "One", 2: "Two"}
    assert summary == "created: 2, unchanged: 0, updated: 0, refused: 0"
    assert error == ""


def test_empty_collection_is_no_error(file):
    assert run(file(collection([]))) == ("created: 0, unchanged: 0, updated: 0, refused: 0", [], "")


def test_several_files_and_folders(file, tmp_path):
    one = file(xml_of({"id": 1, "title": "One"}), "one.xml")
    file(xml_of({"id": 2, "title": "Two"}), "folder/two.xml")
    file(xml_of({"id": 3, "title": "Three"}), "folder/deeper/three.xml")
    file(b"not for us", "folder/notes.txt")
    (tmp_path / "folder" / "no_file.xml").mkdir()

    summary, complaints, error = run(one, tmp_path / "folder")

    assert titles() == {1: "One", 2: "Two", 3: "Three"}
    assert summary == "created: 3, unchanged: 0, updated: 0, refused: 0"
    assert (complaints, error) == ([], "")


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(xml_of({"title": "Piped"}))))

    assert run("-") == ("created: 1, unchanged: 0, updated: 0, refused: 0", [], "")
    assert titles() == {1: "Piped"}


def test_standard_input_is_named_in_complaints(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))

    _, complaints, error = run("-")

    assert complaints == ["standard input: the file is empty"]
    assert error == NOT_ALL


def test_bad_records_are_refused_while_the_others_go_in(file):
    path = file(
        xml_of({"id": 1, "title": "One"}, {"id": 2, "title": "x" * 256}, {"id": 3, "title": "Three"})
        .replace(b'<id type="integer">3</id>', b'<id type="integer">many</id>')
        .replace(b"</events>", b"  <article/>\n</events>")
    )
    good = file(xml_of({"id": 4, "title": "Four"}), "good.xml")

    summary, complaints, error = run(path, good)

    assert titles() == {1: "One", 4: "Four"}
    assert complaints == [
        f"{path}: record 2, id 2, title: has 256 characters; 255 are allowed",
        f'{path}: record 3, id: is no whole number: "many"',
        f"{path}: record 4: <article> where only events can be",
    ]
    assert summary == "created: 2, unchanged: 0, updated: 0, refused: 3"
    assert error == NOT_ALL


def test_truncated_file_keeps_what_came_before(file):
    data = xml_of({"id": 1, "title": "One"}, {"id": 2, "title": "Two"})
    path = file(data[: data.index(b"Two")])

    _, complaints, error = run(path)

    assert titles() == {1: "One"}
    assert len(complaints) == 1
    assert complaints[0].startswith(f"{path}: record 2, id 2: line 55: not well-formed XML (Premature end of data")
    assert error == NOT_ALL


def test_files_that_cannot_be_read_are_refused_and_the_others_go_in(file, tmp_path):
    good = file(xml_of({"id": 1, "title": "One"}), "good.xml")
    nothing, below, empty = tmp_path / "nothing.xml", good / "below.xml", tmp_path / "empty"
    empty.mkdir()
    too_long = tmp_path / ("x" * 300)

    summary, complaints, error = run(nothing, below, too_long, empty, good)

    assert titles() == {1: "One"}
    assert sorted(complaints) == sorted(
        [
            f"{nothing}: cannot be read: No such file or directory",
            f"{below}: cannot be read: Not a directory",
            f"{too_long}: cannot be read: File name too long",
            f"{empty}: there is no .xml file in this folder",
        ]
    )
    assert summary == "created: 1, unchanged: 0, updated: 0, refused: 4"
    assert error == NOT_ALL


def test_link_to_nowhere_in_a_folder_is_refused(file, tmp_path):
    (tmp_path / "lost.xml").symlink_to(tmp_path / "nothing")

    _, complaints, _ = run(tmp_path)

    assert complaints == [f"{tmp_path}/lost.xml: cannot be read: No such file or directory"]


def test_name_with_a_null_byte_is_refused():
    _, complaints, error = run("a\0b")

    assert complaints == [r"a\x00b: cannot be read: embedded null byte"]
    assert error == NOT_ALL


def test_file_over_the_limit_is_refused(tmp_path):
    path = tmp_path / "big.xml"
    with path.open("wb") as big:
        big.truncate(50 * 1024 * 1024 + 1)  # a hole: it takes no room on the disk

    _, complaints, error = run(path)

    assert complaints == [f"{path}: the file is larger than 50 MB"]
    assert error == NOT_ALL


def test_complaints_are_plain_ascii(file):
    """Nothing that a stranger wrote reaches the terminal as it is, a file's name least of all."""
    path = file(
        xml_of({"title": "Picnic"}).replace(b">published<", "><![CDATA[\u202e\u00e9\r]]><".encode()), "\x1b[2Jé\n.xml"
    )

    _, complaints, _ = run(path)

    assert complaints == [
        rf"{path.parent}/\x1b[2J\xe9\n.xml: record 1, id 1, moderation-status: must be one of "
        r'pending, published, promoted, featured, hidden, not "\u202e\xe9\r"'
    ]


def test_trouble_with_the_database_is_a_sentence():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_event RENAME TO elsewhere")

    summary, _, error = run(GENUINE)

    assert summary == ""
    assert error.startswith("The database failed, and the import ended there; it may be repeated: ")
    assert error.isascii()


def test_exit_status_is_one_when_anything_was_refused(file):
    with pytest.raises(CommandError) as error:
        call_command("import_events", GENUINE, file(b"<event/>"), stdout=io.StringIO(), stderr=io.StringIO())

    assert error.value.returncode == 1


# The same again


def test_same_file_again_changes_nothing(file):
    path = file(xml_of({"id": 1, "user_id": 5}, {"id": 2, "collective_id": 6, "event_group_id": 7, "body": "a\r\nb"}))
    run(path)
    before = everything()

    assert run(path) == ("created: 0, unchanged: 2, updated: 0, refused: 0", [], "")
    assert everything() == before


def test_same_file_named_twice_is_unchanged_the_second_time(file):
    path = file(xml_of({"title": "Once"}))

    assert run(path, path) == ("created: 1, unchanged: 1, updated: 0, refused: 0", [], "")


def test_other_content_under_an_id_is_refused_and_the_old_row_intact(file):
    run(file(xml_of({"title": "Old"})))
    before = everything()
    path = file(xml_of({"title": "New", "user_id": 5}))

    summary, complaints, error = run(path)

    assert complaints == [
        f"{path}: record 1, id 1: another event with this id is here; use --update to replace it "
        "(different: title, user-id)"
    ]
    assert summary == "created: 0, unchanged: 0, updated: 0, refused: 1"
    assert error == NOT_ALL
    assert everything() == before


def test_id_twice_in_one_file_is_refused_the_second_time(file):
    _, complaints, _ = run(file(xml_of({"title": "One"}, {"title": "Two"})))

    assert titles() == {1: "One"}
    assert len(complaints) == 1
    assert ": record 2, id 1: another event with this id is here;" in complaints[0]


def test_update_replaces_an_older_version(file):
    run(file(xml_of({"title": "Old"})))
    later = values_with()["updated_on"] + timedelta(days=1)

    assert run("--update", file(xml_of({"title": "New", "updated_on": later}))) == (
        "created: 0, unchanged: 0, updated: 1, refused: 0",
        [],
        "",
    )
    assert titles() == {1: "New"}


@override_settings(TIME_ZONE="Europe/London")
def test_clock_times(file):
    date = datetime(2009, 7, 1, 19, tzinfo=UTC)

    run("--clock-times", file(xml_of({"date": date})))

    event = Event.objects.get()
    assert event.date == datetime(2009, 7, 1, 18, tzinfo=UTC)
    assert event.created_on == values_with()["created_on"]


# Dry run


def test_dry_run_says_what_would_happen_and_writes_nothing(file):
    run(file(xml_of({"id": 1}, {"id": 2, "title": "Two"})))
    before = everything()
    later = values_with()["updated_on"] + timedelta(days=1)
    path = file(
        xml_of(
            {"id": 1},
            {"id": 2, "title": "Two, later", "updated_on": later, "moderation_status": "hidden"},
            {"id": 3, "user_id": 5, "collective_id": 6, "event_group_id": 7},
            {"id": 3, "user_id": 5, "collective_id": 6, "event_group_id": 7},
            {"id": 4, "title": "x" * 256},
        )
    )

    summary, complaints, error = run("--dry-run", "--update", path)

    assert summary == "Nothing was written. Would be created: 1, unchanged: 2, updated: 1, refused: 1"
    assert complaints == [f"{path}: record 5, id 4, title: has 256 characters; 255 are allowed"]
    assert error == NOT_ALL
    assert everything() == before
    assert list(Event.objects.get(pk=2).moderation_log) == []


def test_dry_run_takes_no_ids(file):
    models = [make_event, make_user, make_collective, EventGroup.objects.create]
    last = [make().pk for make in models]
    pks = dict(zip(("id", "user_id", "collective_id", "event_group_id"), (pk + 1000 for pk in last), strict=True))

    summary, _, _ = run("--dry-run", file(xml_of(pks)))

    assert summary == "Nothing was written. Would be created: 1, unchanged: 0, updated: 0, refused: 0"
    assert [make().pk for make in models] == [pk + 1 for pk in last]


# The terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())

    call_command("import_events", GENUINE, stdout=io.StringIO())

    assert "100%" in terminal.getvalue()


def test_no_progress_bar_elsewhere(capsys):
    call_command("import_events", GENUINE)

    assert capsys.readouterr() == ("created: 1, unchanged: 0, updated: 0, refused: 0\n", "")
