"""The index of words in the database: its SQL for PostgreSQL and for SQLite, and how it is kept right.

Triggers keep it, so that `update()`, bulk inserts, renamed tags, cascades and other programs are not missed; they are
plain SQL, so that the SQLite file stays writable for programs that know nothing of this one. What is indexed is made
by SQL alone, then: tags and entities of HTML are taken out of summary and body there.

On PostgreSQL the words are in a table of their own: a column of the event would be written into every index again
whenever anything about the event changes. Its accents go by `normalize()`, which needs no extension, and no right to
create one. Every word is indexed as it stands and stemmed, which lets a half-typed word be found, and stop words too.
On SQLite it is an FTS5 table whose rowid is the event's id.

The index is made after `migrate`, not by a migration: it always fits the tables as they are now, and it must be made
again whenever Django has rebuilt a table on SQLite, which drops the table's triggers. For the same reason nothing of
it may stand in the way of a migration: SQLite refuses to rename a table while a trigger or view names one that is
missing. What describes it is compared, so that a changed SEARCH_LANGUAGE or MODERATION_POLICY makes it anew as well.

On PostgreSQL the year and the month of an event are words of it too: a word that only the past has is then known at
once to be nowhere else. What searches cost among a million events is in docs/performance.md. On
SQLite all events with a word that begins like the last one typed are collected first, which takes about 1.5
microseconds each: 0.5 s of computing for a word in each of 400,000 events, 14 ms for one in a thousand. A small site
does not notice.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from html.entities import name2codepoint
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

from events.calendar import LAST_YEAR
from events.search.words import PLAIN_LETTERS, fold
from moderation.models import Status

BATCH = 500
# PostgreSQL refuses vectors of over a megabyte. The longest accepted text is half as long as this.
MAX_LENGTH = 200_000
# From so many events on, PostgreSQL looks for a word by going through a list by date until the page is full. Below it
# fetches all that have the word, or it would go through all that is past for a word that only upcoming events have.
# The first is for what is sought from some day on, which has few of them. PostgreSQL takes a word for twice as common
# as it is, because it is sought in two forms.
COMMON_SINCE, COMMON = 150_000, 50_000
TABLES = {
    "events_event",
    "events_tag",
    "events_area",
    "events_event_tags",
    "events_event_areas",
    "collectives_collective",
}


class Change(NamedTuple):
    """What makes words of events wrong: `deed` to a row of `table`, if one of `columns` differs after it."""

    table: str
    deed: str
    events: str
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"event_search_{self.table}_{self.deed.lower()}"


CHANGES = [
    Change("events_event", "INSERT", "SELECT NEW.id"),
    Change("events_event", "UPDATE", "SELECT NEW.id", ("title", "summary", "body", "place", "collective_id", "date")),
    Change("events_event", "DELETE", "SELECT OLD.id"),
    *(
        change
        for kind in ("tag", "area")
        for change in (
            Change(f"events_event_{kind}s", "INSERT", "SELECT NEW.event_id"),
            Change(
                f"events_event_{kind}s",
                "UPDATE",
                "SELECT OLD.event_id UNION SELECT NEW.event_id",
                ("event_id", f"{kind}_id"),
            ),
            Change(f"events_event_{kind}s", "DELETE", "SELECT OLD.event_id"),
            Change(
                f"events_{kind}",
                "UPDATE",
                f"SELECT event_id FROM events_event_{kind}s WHERE {kind}_id = NEW.id",  # noqa: S608
                ("name",),
            ),
        )
    ),
    Change(
        "collectives_collective",
        "UPDATE",
        "SELECT id FROM events_event WHERE collective_id = NEW.id",
        ("name", "moderation_status"),
    ),
]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _replaced(expression: str, pairs: dict[str, str]) -> str:
    for old, new in pairs.items():
        expression = f"replace({expression}, {_quoted(old)}, {_quoted(new)})"
    return expression


def _entities() -> dict[str, str]:
    """Entities of HTML: letters as the letter without its accent, what is no letter as a blank."""
    named = {
        name: chr(number) for name, number in name2codepoint.items() if number < 0x100 or 0x2000 <= number < 0x2070
    }
    numbered = {f"#{ord(sign)}": sign for sign in "'\xa0‘’“”–—…"} | {"#x27": "'"}
    return {name: fold(char) if char.isalpha() else " " for name, char in {**named, **numbered}.items()}


def _documents(plain: Callable[[str], str], joined: str) -> str:
    """SQL for the words of all events, by `event_id`.

    `plain` makes of an expression one without markup; `joined` is the function that joins the texts of several rows.
    """
    statuses = ", ".join(_quoted(status) for status in Status.public())

    def names(kind: str) -> str:
        return (
            f"coalesce((SELECT {joined}(term.name, ' ') FROM events_event_{kind}s AS link "  # noqa: S608
            f"JOIN events_{kind} AS term ON term.id = link.{kind}_id WHERE link.event_id = e.id), '')"
        )

    # A collective that may not be seen is not named beside its events, and does not find them.
    collective = (
        "coalesce((SELECT name FROM collectives_collective AS c "  # noqa: S608
        f"WHERE c.id = e.collective_id AND c.moderation_status IN ({statuses})), '')"
    )
    # The "<" ends what the summary may have left open.
    text = plain("e.summary || ' <> ' || coalesce(e.body, '')")
    words = " || ' ' || ".join(["e.title", "e.place", names("tag"), names("area"), collective, text])
    select = f"SELECT e.id AS event_id, substr({words}, 1, {MAX_LENGTH}) AS words FROM events_event AS e"  # noqa: S608
    return f"SELECT event_id, {_replaced('words', PLAIN_LETTERS)} AS words FROM ({select}) AS document"  # noqa: S608


def _times_from(since: datetime) -> list[str]:
    """What `PostgresIndex.times` gives for all instants from the month of `since` on."""
    since = since.astimezone(UTC)
    year = min(since.year, LAST_YEAR)
    months = [f"={year:04}{month:02}" for month in range(since.month if since.year == year else 12, 13)]
    return months + [f"={later}" for later in range(year + 1, LAST_YEAR + 1)]


class Index:
    """The index in the database of `connection`."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @staticmethod
    def of(connection: BaseDatabaseWrapper) -> "Index":
        return (PostgresIndex if connection.vendor == "postgresql" else SQLiteIndex)(connection)

    def found(self, words: list[str], since: datetime | None = None) -> RawSQL:
        """The ids of the events that have all `words`, of which the last may be the beginning of one.

        Those that begin before `since` may be missing.
        """
        raise NotImplementedError

    def install(self) -> None:
        """Makes the index, with the words of all events, unless it is there as it should be."""
        with self.connection.cursor() as cursor:
            if not set(self.connection.introspection.table_names(cursor)) >= TABLES:
                return
        if not self.is_current():
            self.rebuild()

    def rebuild(self) -> int:
        """Brings the words of all events up to date; the site goes on meanwhile. Returns how many there are."""
        if self.is_current():
            return self.fill()
        self.define()
        number = self.fill()
        self.finish()
        return number

    def fill(self) -> int:
        """In batches, each in a transaction of its own. Returns how many events there are."""
        number = 0
        with self.connection.cursor() as cursor:
            cursor.execute(self.drop_orphans)
            last = None
            while True:
                after = "" if last is None else f"WHERE id > {int(last)}"
                cursor.execute(f"SELECT id FROM events_event {after} ORDER BY id LIMIT {BATCH}")  # noqa: S608
                if not (batch := [pk for (pk,) in cursor.fetchall()]):
                    return number
                with transaction.atomic(using=self.connection.alias):
                    self.index(cursor, batch[0], batch[-1])
                last, number = batch[-1], number + len(batch)

    drop_orphans = ""

    def is_current(self) -> bool:
        """Whether the index is there, complete, and as this module describes it."""
        raise NotImplementedError

    def define(self) -> None:
        """Makes its tables and triggers anew, still without words."""
        raise NotImplementedError

    def index(self, cursor: Any, first: int, last: int) -> None:
        """Indexes the events of these ids and between them."""
        raise NotImplementedError

    def finish(self) -> None:
        """What follows when all words are in it."""
        raise NotImplementedError

    def make_way(self) -> None:
        """Takes out what would stand in the way of a migration. `install()` puts it back."""

    def remove(self) -> None:
        raise NotImplementedError

    def forget_deleted(self) -> None:
        """Removes what the database still keeps of deleted words."""

    def run(self, statements: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


class PostgresIndex(Index):
    drop_orphans = (
        "DELETE FROM event_search WHERE NOT EXISTS (SELECT 1 FROM events_event AS e WHERE e.id = event_search.event_id)"
    )

    def found(self, words: list[str], since: datetime | None = None) -> RawSQL:
        terms = [f"'{word}'" for word in words]
        terms[-1] += ":*"
        languages = self._languages()
        forms = " || ".join(["to_tsquery(%s::regconfig, %s)"] * len(languages))
        parameters = [value for term in terms for language in languages for value in (f"pg_catalog.{language}", term)]
        query = " && ".join([f"({forms})"] * len(terms))
        select = f"SELECT event_id FROM event_search WHERE vector @@ ({query})"  # noqa: S608
        with self.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {select}", parameters)
            number = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]
        if since and number < COMMON_SINCE:
            select += " AND vector @@ %s::tsquery"
            parameters.append(" | ".join(f"'{time}'" for time in _times_from(since)))
        if number < (COMMON_SINCE if since else COMMON):
            select = f"WITH found AS MATERIALIZED ({select}) SELECT event_id FROM found"  # noqa: S608
        return RawSQL(select, parameters)  # noqa: S611

    @staticmethod
    def times(date: str) -> str:
        """SQL for the words by which the year and the month of an instant are found, which nobody can type."""
        day = f"least({date}, '{LAST_YEAR}-12-31') AT TIME ZONE 'UTC'"
        year, month = f"""to_char({day}, '"="YYYY')""", f"""to_char({day}, '"="YYYYMM')"""
        return f"CASE WHEN {date} IS NULL THEN '' ELSE array_to_tsvector(ARRAY[{year}, {month}]) END"

    @staticmethod
    def _languages() -> list[str]:
        return list(dict.fromkeys([settings.SEARCH_LANGUAGE, "simple"]))

    def definition(self) -> list[str]:
        entities = {f"&{name};": text for name, text in _entities().items()}

        def plain(text: str) -> str:
            return _replaced(f"regexp_replace({text}, '<[a-zA-Z/!?][^<>]*>', ' ', 'g')", entities)

        documents = _documents(plain, "string_agg")
        # The parser would take "films/music" for a file and "a.org" for a host, each of them one word.
        parted = "regexp_replace(words, '[!-/:-@[-`{-~]+', ' ', 'g')"
        bare = f"normalize(regexp_replace(normalize({parted}, NFD), '[\\u0300-\\u036f]+', '', 'g'), NFC)"
        vector = " || ".join(f"to_tsvector('pg_catalog.{language}', words)" for language in self._languages())
        functions = [
            f"""
            CREATE OR REPLACE FUNCTION event_search_index(event bigint) RETURNS void LANGUAGE plpgsql AS $body$
            BEGIN
                -- Waits for whoever indexes it now, so that the next statement sees what they wrote.
                PERFORM 1 FROM event_search WHERE event_id = event FOR UPDATE;
                INSERT INTO event_search (event_id, vector)
                    SELECT event_id, strip({vector}) || {self.times("date")} FROM (
                        SELECT event_id, {bare} AS words FROM ({documents}) AS documents WHERE event_id = event OFFSET 0
                    ) AS document JOIN events_event ON id = event_id
                    ON CONFLICT (event_id) DO UPDATE SET vector = EXCLUDED.vector;
                IF NOT FOUND THEN
                    DELETE FROM event_search WHERE event_id = event;
                END IF;
            END $body$
            """,  # noqa: S608
            """
            CREATE OR REPLACE FUNCTION event_search_truncate() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                TRUNCATE event_search;
                RETURN NULL;
            END $body$
            """,
            """
            CREATE OR REPLACE TRIGGER event_search_truncate AFTER TRUNCATE ON events_event
            FOR EACH STATEMENT EXECUTE FUNCTION event_search_truncate()
            """,
        ]
        for change in CHANGES:
            # Not in the WHEN of the trigger, which would forbid migrations to alter the columns.
            differs = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in change.columns) or "true"
            functions += [
                f"""
                CREATE OR REPLACE FUNCTION {change.name}() RETURNS trigger LANGUAGE plpgsql AS $body$
                BEGIN
                    IF {differs} THEN
                        PERFORM event_search_index(event) FROM ({change.events} ORDER BY 1) AS changed (event);
                    END IF;
                    RETURN NULL;
                END $body$
                """,
                f"""
                CREATE OR REPLACE TRIGGER {change.name} AFTER {change.deed} ON {change.table}
                FOR EACH ROW EXECUTE FUNCTION {change.name}()
                """,
            ]
        return functions

    def rebuild(self) -> int:
        with self.connection.cursor() as cursor:
            # The index of a million events takes longer than a page may.
            cursor.execute("SELECT current_setting('statement_timeout'), set_config('statement_timeout', '0', false)")
            timeout, _none = cursor.fetchone()
            try:
                return super().rebuild()
            finally:
                cursor.execute("SELECT set_config('statement_timeout', %s, false)", [timeout])

    def _digest(self) -> str:
        return hashlib.sha256("".join(self.definition()).encode()).hexdigest()

    def is_current(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT obj_description(to_regclass('event_search'), 'pg_class')")
            return bool(cursor.fetchone()[0] == self._digest())

    def define(self) -> None:
        # How common a word is decides how a search is done: more words than usual are counted.
        table = """
            CREATE TABLE IF NOT EXISTS event_search (event_id bigint PRIMARY KEY, vector tsvector NOT NULL);
            ALTER TABLE event_search ALTER vector SET STATISTICS 1000;
            COMMENT ON TABLE event_search IS NULL
        """
        self.run([table, *(statement.replace("%", "%%") for statement in self.definition())])

    def index(self, cursor: Any, first: int, last: int) -> None:
        cursor.execute(
            "SELECT count(event_search_index(id)) FROM events_event WHERE id BETWEEN %s AND %s", [first, last]
        )

    def finish(self) -> None:
        concurrently = "" if self.connection.in_atomic_block else "CONCURRENTLY"
        with self.connection.cursor() as cursor:
            # One that was interrupted is there, and is no use.
            cursor.execute("DROP INDEX IF EXISTS event_search_words")
            cursor.execute(f"CREATE INDEX {concurrently} event_search_words ON event_search USING gin (vector)")
            cursor.execute("ANALYZE event_search")
            cursor.execute(f"COMMENT ON TABLE event_search IS '{self._digest()}'")

    def remove(self) -> None:
        names = [change.name for change in CHANGES]
        functions = [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in (*names, "event_search_truncate")]
        index = "DROP FUNCTION IF EXISTS event_search_index(bigint)"
        self.run([*functions, index, "DROP TABLE IF EXISTS event_search"])


class SQLiteIndex(Index):
    drop_orphans = "DELETE FROM event_search WHERE rowid NOT IN (SELECT id FROM events_event)"

    def found(self, words: list[str], since: datetime | None = None) -> RawSQL:
        query = " ".join(f'"{word}"' for word in words) + "*"
        return RawSQL("SELECT rowid FROM event_search WHERE event_search MATCH %s", [query])

    @staticmethod
    def _plain(text: str) -> str:
        # SQLite has no regular expressions, and its parser takes no hundred calls of replace() within each other.
        def split(text: str, sign: str) -> str:
            return f"""json_each('[' || replace(json_quote({text}), '{sign}', '","') || ']') AS piece"""

        # Split at every "<"; what begins like a tag loses all up to ">".
        stripped = (
            "(SELECT group_concat(CASE WHEN key > 0 AND value GLOB '[a-zA-Z/!?]*' AND instr(value, '>') > 0 "  # noqa: S608
            f"THEN substr(value, instr(value, '>') + 1) ELSE value END, ' ') FROM {split(text, '<')})"
        )
        # Split at every "&"; what begins with a name and ";" is looked up.
        entities = f"json_each({_quoted(json.dumps(_entities()))}) AS entity"
        letter = (
            f"(SELECT entity.value FROM {entities} "  # noqa: S608
            "WHERE entity.key = substr(piece.value, 1, instr(piece.value, ';') - 1))"
        )
        return (
            "(SELECT group_concat(CASE WHEN piece.key = 0 THEN piece.value "  # noqa: S608
            "WHEN instr(piece.value, ';') BETWEEN 2 AND 9 "
            f"THEN coalesce({letter}, ' ') || substr(piece.value, instr(piece.value, ';') + 1) "
            f"ELSE ' ' || piece.value END, '') FROM {split(stripped, '&')})"
        )

    def definition(self) -> dict[str, str]:
        """What makes each table, view and trigger, by name, as SQLite itself keeps it."""
        documents = _documents(self._plain, "group_concat")
        stemmer = "porter " if settings.SEARCH_LANGUAGE == "english" else ""
        made = {
            "event_search": "CREATE VIRTUAL TABLE event_search USING fts5 "
            f"(words, tokenize = '{stemmer}unicode61 remove_diacritics 2')",
            "event_search_document": f"CREATE VIEW event_search_document AS {documents}",
        }
        for change in CHANGES:
            differs = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in change.columns) or "true"
            made[change.name] = (
                f"CREATE TRIGGER {change.name} AFTER {change.deed} ON {change.table} WHEN {differs} BEGIN "  # noqa: S608
                f"DELETE FROM event_search WHERE rowid IN ({change.events}); "
                "INSERT INTO event_search (rowid, words) SELECT event_id, words FROM event_search_document "
                f"WHERE event_id IN ({change.events}); END"
            )
        # The last that is made: without it the words are not all there.
        made["event_search_complete"] = "CREATE VIEW event_search_complete AS SELECT 1 AS complete"
        return made

    def _existing(self) -> dict[str, str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'event_search%%'", [])
            return dict(cursor.fetchall())

    def is_current(self) -> bool:
        return self.definition().items() <= self._existing().items()

    def define(self) -> None:
        self.make_way()
        existing, definition = self._existing(), self.definition()
        drop = []
        if existing.get("event_search") == definition["event_search"]:
            del definition["event_search"]
        elif "event_search" in existing:
            drop = ["DROP TABLE event_search"]
        del definition["event_search_complete"]
        self.run([*drop, *definition.values()])

    def index(self, cursor: Any, first: int, last: int) -> None:
        cursor.execute("DELETE FROM event_search WHERE rowid BETWEEN %s AND %s", [first, last])
        cursor.execute(
            "INSERT INTO event_search (rowid, words) SELECT event_id, words FROM event_search_document "
            "WHERE event_id BETWEEN %s AND %s",
            [first, last],
        )

    def finish(self) -> None:
        self.run([self.definition()["event_search_complete"]])

    def make_way(self) -> None:
        triggers = [f"DROP TRIGGER IF EXISTS {change.name}" for change in CHANGES]
        views = [f"DROP VIEW IF EXISTS {name}" for name in ("event_search_complete", "event_search_document")]
        self.run([*triggers, *views])

    def remove(self) -> None:
        self.make_way()
        self.run(["DROP TABLE IF EXISTS event_search"])

    def forget_deleted(self) -> None:
        with self.connection.cursor() as cursor:
            # Words of deleted rows stay in the index until its parts are merged.
            cursor.execute("INSERT INTO event_search (event_search) VALUES ('optimize')")
            if not self.connection.in_atomic_block:  # where SQLite would refuse it
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
