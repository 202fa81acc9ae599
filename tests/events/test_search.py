"""Search: the same on both databases, kept right by the databases themselves, and safe for whatever is typed."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, models
from django.db.migrations import Migration
from django.template import Context, Template
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from collectives.models import Collective
from events import search
from events.models import Area, Event, Tag
from events.search.index import Index
from events.search.words import words_in
from moderation.models import Status
from tests.factories import make_collective, make_event
from tests.hostile import ALL

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def titles(query: str, events=None) -> list[str]:
    events = Event.objects.all() if events is None else events
    return sorted(events.matching(query).values_list("title", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["harbour", "walk", "mudlarks", "lighthouse", "quayside", "ecology", "deptford", "coastwatch", "2pm"]
)
def test_search_looks_into_title_summary_text_place_tags_areas_and_collective(query):
    make_event(
        "Harbour walk",
        summary="<p>With the mudlarks, 2pm.</p>",
        body="<p>To the lighthouse.</p>",
        place="Quayside, 1",
        tags=("Ecology",),
        areas=("Deptford",),
        collective=make_collective("Coastwatch"),
    )
    make_event("Something else")

    assert titles(query) == ["Harbour walk"]


@pytest.mark.django_db
def test_history_and_contact_of_a_post_are_not_searched():
    make_event(
        "Assembly",
        admin_note="<p>Created by: notesword.</p>",
        contact_email="mailword@example.org",
        contact_phone="phoneword",
        source="https://sourceword.example",
        published_by="authorword",
        status_note="statusword",
    )

    words = ["notesword", "mailword", "phoneword", "sourceword", "authorword", "statusword"]
    assert [titles(word) for word in ["assembly", *words]] == [["Assembly"], *[[]] * 6]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cafe", ["Café Łódź"]),
        ("CAFÉ", ["Café Łódź"]),
        ("cafe\u0301", ["Café Łódź"]),
        ("lodz", ["Café Łódź"]),
        ("uber", ["ÜBER die Straße"]),
        ("strasse", ["ÜBER die Straße"]),
        ("Straße", ["ÜBER die Straße"]),
        ("die", ["ÜBER die Straße"]),
        ("митинг", ["МИТИНГ"]),
        ("हिन्दी", ["हिन्दी सभा"]),
        ("हि", ["हिन्दी सभा"]),
    ],
)
def test_case_and_accents_do_not_matter(query, found):
    for title in ["Café Łódź", "ÜBER die Straße", "МИТИНГ", "हिन्दी सभा"]:
        make_event(title)

    assert titles(query) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("harb", ["Harbour cleaning", "Harbours of art"]),
        ("harb clean", []),
        ("harbour clean", ["Harbour cleaning"]),
        ("cleaning harb", ["Harbour cleaning"]),
        ("harbour art", ["Harbours of art"]),
        ("harbours", ["Harbour cleaning", "Harbours of art"]),
        ("harbour's", ["Harbour cleaning", "Harbours of art"]),
        ("cleaned harbours", ["Harbour cleaning"]),
        ("of art", ["Harbours of art"]),
        ("of", ["Harbours of art"]),
        ("arbour", []),
    ],
)
def test_all_words_must_be_there_and_the_last_may_be_the_beginning_of_one(query, found):
    make_event("Harbour cleaning")
    make_event("Harbours of art")

    assert titles(query) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("music", ["Films/Music, foo-bar a.b@example.org"]),
        ("bar", ["Films/Music, foo-bar a.b@example.org"]),
        ("foo-bar", ["Films/Music, foo-bar a.b@example.org"]),
        ("bar-foo", ["Films/Music, foo-bar a.b@example.org"]),
        ("example", ["Films/Music, foo-bar a.b@example.org"]),
        ("org/films", ["Films/Music, foo-bar a.b@example.org"]),
    ],
)
def test_words_end_at_punctuation(query, found):
    make_event("Films/Music, foo-bar a.b@example.org")

    assert titles(query) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("one AND two", ["and not or"]),
        ("one OR two", ["and not or"]),
        ("one NOT two", ["and not or"]),
        ("one OR three", []),
        ("one -two", ["and not or"]),
        ("one & !two", ["and not or"]),
        ("one | nothing", []),
        ('"two one"', ["and not or"]),
        ("two <-> one", ["and not or"]),
        ("NEAR(one two)", []),
        ("title:one", []),
        ("words:one", []),
        ("^one", ["and not or"]),
        ("one*", ["and not or"]),
        ("o* two", []),
        ("'one':*", ["and not or"]),
        ("'' one", ["and not or"]),
        ("one\\", ["and not or"]),
        ("one\0two", ["and not or"]),
        ("%s %(x)s one", []),
    ],
)
def test_operators_of_the_databases_are_nothing_but_words_and_gaps(query, found):
    make_event("and not or", summary="<p>one</p><p>two</p>")

    assert titles(query) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["", " ", "\0", "-", '"', "'", "***", "!?…—“”", "<>", "&|", "(", ":*", "%", "_", "'s"]
)
def test_nothing_is_found_where_nothing_is_searched_for(query):
    make_event("Something")

    assert titles(query) == []
    assert Event.objects.best_matches(query, 5) == []


@pytest.mark.django_db
@pytest.mark.parametrize("query", [*ALL, "x" * 200, "x" * 100_000, "ж" * 3000, "a b " * 5000, "🦆" * 200, "ก" * 300])
def test_no_query_raises(query):
    make_event("Something", summary="")

    assert titles(query[:100_000]) == []
    assert Event.objects.best_matches(query, 5) == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*ALL, "я" * 3000, "<", "&", "&;", "&quot;&#1;", "]<\"'&\\", "<p" * 3000])
def test_no_text_keeps_an_event_from_being_stored_and_found(text):
    text = text.replace("\0", "")
    make_event("Something", summary=text, body=text)

    assert titles("something") == ["Something"]


@pytest.mark.django_db
def test_longest_text_is_indexed_from_its_beginning():
    words = " ".join(chr(0x4E00 + number // 80) + chr(0x4E00 + number % 80) for number in range(100_000))
    make_event("Something", body=f"<p>Lighthouse {words} {words}</p>")

    assert titles("lighthouse") == ["Something"]


@pytest.mark.django_db
def test_markup_is_no_word():
    text = (
        '<p class="lead">One<br>two <strong title="tip">three</strong><!-- remark --> &amp; &quot;four&quot;&nbsp;'
        'caf&eacute; I &lt;3 bikes</p><p>five <a href="https://example.org/page?x=1">six</a></p>'
    )
    make_event("Something", summary=text, body=text)
    markup = ["strong", "href", "br", "lead", "class", "tip", "remark", "example", "https", "amp", "quot", "nbsp", "lt"]
    words = ["one", "two", "three", "four", "cafe", "bikes", "five", "six", "bikes five", "3"]

    assert {word: titles(word) for word in markup} == {word: [] for word in markup}
    assert {word: titles(word) for word in words} == {word: ["Something"] for word in words}


@pytest.mark.django_db
def test_index_follows_whatever_changes_an_event():
    one, two = make_event("Harbour", summary="<p>old</p>"), make_event("Meadow")
    one.title = "Quarry"
    one.save()
    Event.objects.filter(pk=two.pk).update(summary="<p>updated</p>", place="Mill")
    Event.objects.bulk_create([Event(title="Bulk", summary="", date=NOW, created_on=NOW, updated_on=NOW)])
    two.body = "<p>bulky</p>"
    Event.objects.bulk_update([two], ["body"])

    assert [titles(word) for word in ["harbour", "quarry", "old", "updated", "mill", "bulk"]] == [
        [],
        ["Quarry"],
        ["Quarry"],
        ["Meadow"],
        ["Meadow"],
        ["Bulk", "Meadow"],
    ]

    one.delete()
    Event.objects.filter(title="Bulk").delete()
    assert [titles(word) for word in ["quarry", "old", "bulk"]] == [[], [], ["Meadow"]]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "relation"), [(Tag, "tags"), (Area, "areas")])
def test_index_follows_tags_and_areas(kind, relation):
    event = make_event("Meeting", **{relation: ("Housing", "Rent")})
    other = make_event("Other")
    assert titles("housing rent") == ["Meeting"]

    getattr(event, relation).remove(kind.objects.get(name="Rent"))
    assert [titles("housing"), titles("rent")] == [["Meeting"], []]

    kind.objects.filter(name="Housing").update(name="Squatting")
    assert [titles("housing"), titles("squatting")] == [[], ["Meeting"]]

    getattr(event, relation).through.objects.update(event=other)
    assert titles("squatting") == ["Other"]

    kind.objects.all().delete()
    assert [titles("squatting"), titles("meeting")] == [[], ["Meeting"]]


@pytest.mark.django_db
def test_index_follows_collectives_and_names_only_those_that_are_shown():
    collective = make_collective("Coastwatch")
    make_event("Meeting", collective=collective)
    assert titles("coastwatch") == ["Meeting"]

    Collective.objects.update(name="Riverwatch")
    assert [titles("coastwatch"), titles("riverwatch")] == [[], ["Meeting"]]

    Collective.objects.update(moderation_status=Status.HIDDEN)
    assert titles("riverwatch") == []

    Collective.objects.update(moderation_status=Status.PUBLISHED)
    assert titles("riverwatch") == ["Meeting"]

    collective.delete()
    assert [titles("riverwatch"), titles("meeting")] == [[], ["Meeting"]]


@pytest.mark.django_db
def test_hidden_post_is_found_by_no_reader():
    make_event("Open picnic")
    make_event("Hidden picnic", status=Status.HIDDEN)
    readers = [Event.objects.visible(), Event.objects.visible_to(AnonymousUser())]

    assert [titles("picnic", events) for events in readers] == [["Open picnic"]] * 2
    assert [event.title for event in Event.objects.visible().best_matches("picnic", 5)] == ["Open picnic"]


@pytest.mark.django_db
def test_search_chains_with_lists():
    for number in range(5):
        make_event(f"Harbour {number}", date=NOW + number * WEEK)
        make_event(f"Past harbour {number}", date=NOW - (number + 1) * WEEK)
        make_event(f"Meadow {number}", date=NOW + number * WEEK)
    upcoming = Event.objects.visible().upcoming(NOW).matching("harb")
    harbours = ["Harbour 0", "Harbour 1", "Harbour 2"]

    assert [event.title for event in upcoming[:3]] == harbours
    assert [event.title for event in Event.objects.visible().matching("harb").upcoming(NOW)[:3]] == harbours
    assert [event.title for event in Event.objects.past(NOW).matching("past harb")[:2]] == [
        "Past harbour 0",
        "Past harbour 1",
    ]
    assert upcoming.matching("3").count() == 1
    assert (Event.objects.matching("meadow 1") | Event.objects.matching("past 1")).count() == 2


@pytest.mark.django_db
def test_search_from_some_instant_on_misses_nothing_that_begins_later():
    later = {
        "At once": NOW,
        "Next month": NOW + 4 * WEEK,
        "Next year": NOW.replace(year=2027),
        "Far": NOW.replace(year=2345),
    }
    for title, date in {**later, "Moved": NOW - 99 * WEEK, "Long ago": NOW - 99 * WEEK}.items():
        make_event(f"{title}: harbour", date=date)
    make_event("No day: harbour", date=None)
    Event.objects.filter(title__startswith="Moved").update(date=NOW + WEEK)

    found = Event.objects.matching("harb", since=NOW)

    assert sorted(found.filter(date__gte=NOW).values_list("title", flat=True)) == sorted(
        f"{title}: harbour" for title in [*later, "Moved"]
    )
    assert not Event.objects.matching("meadow", since=NOW).exists()


@pytest.mark.django_db
def test_best_matches_are_those_with_the_words_in_their_title_then_the_newest():
    make_event("In the text", date=NOW + 3 * WEEK, summary="", body="<p>salsa</p>")
    make_event("In the summary", date=NOW, summary="<p>Salsa</p>")
    make_event("Also in the summary", date=NOW + WEEK, summary="<p>Salsas</p>")
    make_event("By its tag", date=NOW - 3 * WEEK, tags=("Salsa", "Other"))
    make_event("By its place", date=NOW - 2 * WEEK, place="Salsa bar")
    make_event("Salsa at last", date=NOW - 5 * WEEK)
    make_event("Tango", date=NOW)

    best = [event.title for event in Event.objects.visible().order_by("-date").best_matches("salsa", 10)]

    assert best == [
        "Salsa at last",
        "By its place",
        "By its tag",
        "Also in the summary",
        "In the summary",
        "In the text",
    ]
    assert [event.title for event in Event.objects.order_by("-date").best_matches("salsa", 2)] == best[:2]


@pytest.mark.django_db
def test_name_of_a_hidden_collective_ranks_nothing():
    make_event("Early", date=NOW, collective=make_collective("Salsa now"), summary="<p>Salsa</p>")
    make_event("Late", date=NOW + WEEK, summary="<p>Salsa</p>")

    def best() -> list[str]:
        return [event.title for event in Event.objects.visible().order_by("-date").best_matches("salsa", 10)]

    assert best() == ["Early", "Late"]
    Collective.objects.update(moderation_status=Status.HIDDEN)
    assert best() == ["Late", "Early"]


@pytest.mark.django_db
def test_best_matches_take_as_many_queries_for_many_as_for_one(django_assert_num_queries):
    for title in ["Salsa", "Salsa again", "Salsa still", "Salsa in gold"]:
        make_event(title, tags=("Dance",), areas=("Deptford",), collective=make_collective())
    number = {"postgresql": 6, "sqlite": 5}[connection.vendor]
    with django_assert_num_queries(number):
        assert len(Event.objects.best_matches("dance gold", 10)) == 1
    with django_assert_num_queries(number):
        assert len(Event.objects.best_matches("salsa", 10)) == 4


# The index itself


def migrate_as_if(alter: Callable[[], None]) -> None:
    """What `migrate` does about a migration, here `alter`."""
    emit_pre_migrate_signal(0, False, "default", plan=[(Migration("0099_later", "events"), False)])
    alter()
    emit_post_migrate_signal(0, False, "default")


def lengthen_place_and_back() -> None:
    """Alters the column, for which Django makes the table anew on SQLite."""
    original, longer = Event._meta.get_field("place"), models.CharField(max_length=300, default="", blank=True)
    longer.set_attributes_from_name("place")
    for old, new in [(original, longer), (longer, original)]:
        with connection.schema_editor() as editor:
            editor.alter_field(Event, old, new)
    Event.objects.update(title="Changed by the migration")


@pytest.mark.django_db(transaction=True)
def test_index_is_right_after_a_migration_that_made_the_table_anew():
    event = make_event("Harbour", place="Quay")
    assert Index.of(connection).is_current()

    migrate_as_if(lengthen_place_and_back)

    assert Index.of(connection).is_current()
    assert [titles(word) for word in ["harbour", "migration", "quay"]] == [[], *[["Changed by the migration"]] * 2]
    Event.objects.update(title="Meadow")
    event.tags.add(*Tag.objects.named(["Sheep"]))
    assert [titles(word) for word in ["migration", "meadow", "sheep"]] == [[], ["Meadow"], ["Meadow"]]
    Event.objects.all().delete()
    assert titles("meadow") == []


@pytest.mark.django_db(transaction=True)
def test_index_is_made_anew_when_its_language_has_changed(settings):
    make_event("Häuser", summary="<p>Besetzungen</p>")
    try:
        settings.SEARCH_LANGUAGE = "german"
        assert not Index.of(connection).is_current()
        migrate_as_if(lambda: None)
        stemmed = {"postgresql": ["Häuser"], "sqlite": []}[connection.vendor]
        assert Index.of(connection).is_current()
        assert [titles("besetzungen"), titles("hauser"), titles("besetzung besetzte")] == [["Häuser"], ["Häuser"], []]
        assert titles("besetzungs") == stemmed
    finally:
        settings.SEARCH_LANGUAGE = "english"
        migrate_as_if(lambda: None)
    assert titles("besetzungen") == ["Häuser"]


@pytest.mark.django_db
def test_rebuild_search_brings_the_words_of_all_events_up_to_date(monkeypatch, capsys):
    monkeypatch.setattr("events.search.index.BATCH", 2)
    events = [make_event(f"Harbour {number}") for number in range(5)]
    table, key, words = INDEX[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {key} < %s", [events[3].pk])
        cursor.execute(f"INSERT INTO {table} ({key}, {words}) VALUES (%s, 'ghost')", [events[4].pk + 1])
    assert titles("harbour") == ["Harbour 3", "Harbour 4"]

    call_command("rebuild_search")

    assert capsys.readouterr().out == "events indexed: 5\n"
    assert titles("harbour") == [f"Harbour {number}" for number in range(5)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (5,)


INDEX = {"postgresql": ("event_search", "event_id", "vector"), "sqlite": ("event_search", "rowid", "words")}


@pytest.mark.django_db(transaction=True)
def test_index_can_be_taken_out_and_put_back():
    make_event("Harbour")

    Index.of(connection).remove()
    make_event("Harbour too")
    Index.of(connection).install()

    assert titles("harbour") == ["Harbour", "Harbour too"]


@pytest.mark.django_db(transaction=True)
def test_emptied_table_leaves_no_words():
    make_event("Harbour")

    call_command("flush", interactive=False, verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event_search")
        assert cursor.fetchone() == (0,)


ERASED = """
import json
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from events.models import Event

call_command("migrate", verbosity=0)
for title in ["Lighthouse", "Quarry"]:
    Event.objects.create(title=title, body=f"<p>{title}keeper</p>", date=timezone.now())

def words_in_files():
    database = Path(connection.settings_dict["NAME"])
    files = b"".join(path.read_bytes() for path in database.parent.iterdir()).lower()
    # The index keeps a word without the beginning that it shares with the one before.
    return [word for word in ("lighthouse", "keeper", "ghthouse", "quarry") if word.encode() in files]

connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
found = [words_in_files()]
Event.objects.filter(title="Lighthouse").delete()
call_command("prune", verbosity=0)
found.append(words_in_files())
print(json.dumps(found))
"""


def test_pruned_sqlite_file_holds_no_word_of_what_was_deleted(tmp_path):
    environment = {
        **os.environ,
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "events_site.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", ERASED]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr

    before, after = json.loads(ended.stdout.splitlines()[-1])
    assert before == ["lighthouse", "keeper", "ghthouse", "quarry"]
    assert after == ["keeper", "quarry"]


# How it is shown


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The harbour", "harb", "The <mark>harbour</mark>"),
        ("The harbour", "harb the", "<mark>The</mark> harbour"),
        ("CAFÉ & <cafe>", "café", "<mark>CAFÉ</mark> &amp; &lt;<mark>cafe</mark>&gt;"),
        (
            "Harbours, danced parties",
            "harbour dances party",
            "<mark>Harbours</mark>, <mark>danced</mark> <mark>parties</mark>",
        ),
        ("foo-bar's", "bar", "foo-<mark>bar</mark>&#x27;s"),
        ("Straße", "strasse", "<mark>Straße</mark>"),
        ("cafe\u0301", "cafe", "<mark>cafe\u0301</mark>"),
        ("Nothing", "", "Nothing"),
        ("<b>", "b mark", "&lt;<mark>b</mark>&gt;"),
        ("a mark", "ma", "a <mark>mark</mark>"),
        ("", "b", ""),
    ],
)
def test_words_that_were_found_are_marked(text, query, shown):
    assert search.highlighted(text, query) == shown
    assert (
        Template("{% load search %}{{ text|highlighted:query }}").render(Context({"text": text, "query": query}))
        == shown
    )


@given(st.text(), st.text())
def test_marked_text_is_the_text_and_holds_no_other_tag(text, query):
    shown = search.highlighted(text, query)
    without_marks = re.sub("</?mark>", "", shown)

    assert html.unescape(without_marks.replace("&#x27;", "'")) == html.unescape(str(escape(text)))
    assert "<" not in without_marks
    assert search.excerpt(text, query, max(len(text), 1)) == shown


@given(st.text(), st.text(), st.integers(10, 60))
def test_excerpt_is_a_piece_of_the_text_and_no_longer_than_asked(text, query, length):
    shown = re.sub("</?mark>", "", search.excerpt(text, query, length))
    piece = html.unescape(shown.removeprefix("…" if len(text) > length and not text.startswith("…") else ""))

    assert "<" not in shown
    assert len(html.unescape(shown)) <= length + 2 or len(escape(text)) != len(text)
    assert piece.rstrip("…") in html.unescape(str(escape(text)))


def test_excerpt_begins_near_the_first_word_that_was_found():
    text = "one two " * 40 + "to the harbour of all " + "three four " * 40

    assert search.excerpt(text, "harb", 60) == (
        "…one two to the <mark>harbour</mark> of all three four three four three…"
    )
    assert search.excerpt(text, "one", 20) == "<mark>one</mark> two <mark>one</mark> two <mark>one</mark>…"
    assert search.excerpt(text, "four", 2000).endswith("three <mark>four</mark> ")
    assert search.excerpt(text, "nowhere", 20) == "one two one two one…"
    assert search.excerpt("x" * 100, "nowhere", 20) == "x" * 20 + "…"
    assert search.excerpt("The harbour", "harb") == "The <mark>harbour</mark>"


def test_excerpt_is_a_template_filter():
    template = Template("{% load search %}{{ text|excerpt:query }}")

    assert template.render(Context({"text": "a <harbour>", "query": "harb"})) == "a &lt;<mark>harbour</mark>&gt;"


def test_words_of_a_query_are_few_short_and_each_once():
    assert words_in('Harbour\'s CAFÉ -x "foo" AND harbour_ab') == ["cafe", "x", "foo", "and", "harbour", "ab"]
    assert len(words_in(" ".join(map(str, range(1000))))) == 32
    assert words_in("x" * 1000) == ["x" * 200]
