"""Databases to measure with: so many events, in the same proportions whatever their number.

A base is made by `demo_data` and indexed for the search as the site does it; SQL makes the rest of copies, on other
days and with other words, tags, areas, venues and groups. A word in an event's title tells how common it is: `half` of
all have that one, or a `tenth`, a `hundredth`, a `thousandth`; `five` events altogether; `bygone` is a twentieth of the
past and nothing to come. Tags of the same names are as common.
"""

import os
from typing import Any

from django.core.management import call_command
from django.db import connection

from events.search.index import Index, PostgresIndex

BASE = 20_000
# Beside those of the base.
TOPICS, TOWNS, GROUPS, ROOMS = 2_000, 500, 2_000, 500
SEARCHED = ("events_event", "events_event_tags", "events_event_areas")

# What differs from the event of the base that is copied: `i` is the new id, of the base's own events the old one.
# The share `r` is spread evenly from 0 to 1, its cube as the popularity of names is.
VARIETY = f"""
    CREATE TEMP TABLE variety AS
    SELECT i, base.id AS base, starts, starts + CASE
            WHEN i %% 200 IN (7, 107) THEN interval '20 days' ELSE base.end_date - base.date END AS ends,
        CASE WHEN i %% 2 = 0 THEN i * 13 %% {ROOMS} + 1 END AS room,
        CASE WHEN i %% 4 = 0 THEN floor({TOPICS} * r ^ 3) + 1 END AS topic,
        CASE WHEN i %% 4 = 1 THEN floor({TOWNS} * r ^ 3) + 1 END AS town,
        CASE WHEN base.id %% 3 = 0 THEN floor({GROUPS} * r ^ 3) + 1 END AS "group",
        concat_ws(' ',
            CASE WHEN i %% 2 = 1 THEN 'half' END, CASE WHEN i %% 10 = 3 THEN 'tenth' END,
            CASE WHEN i %% 100 = 14 THEN 'hundredth' END, CASE WHEN i %% 1000 = 215 THEN 'thousandth' END,
            CASE WHEN i %% (%(number)s / 5) = 99 THEN 'five' END,
            CASE WHEN i %% 20 = 6 AND starts < now() - interval '1 day' THEN 'bygone' END,
            'ref' || i / 10) AS words
    FROM generate_series(1, %(number)s) AS i
    JOIN events_event AS base ON base.id = (i - 1) %% %(base)s + 1
    CROSS JOIN LATERAL (SELECT i %% 10007 * 7919 %% 10007 / 10007.0 AS r) AS share
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i %% (%(number)s / 20) = 7 THEN date_trunc('hour', now()) - interval '1 day' * (i %% 9 + 1)
            ELSE base.date + interval '1 day' * (i * 31 %% 29 - 14) END AS starts
    ) AS moved
"""
# The name of each is the word and a number, or what `VARIETY` calls common.
NAMES = f"""
    INSERT INTO events_tag (name, slug) SELECT 'Topic ' || n, 'topic-' || n FROM generate_series(1, {TOPICS}) AS n;
    INSERT INTO events_tag (name, slug)
        SELECT initcap(name), name FROM unnest(array['hundredth', 'thousandth', 'five', 'bygone']) AS name;
    INSERT INTO events_area (name, slug) SELECT 'Town ' || n, 'town-' || n FROM generate_series(1, {TOWNS}) AS n;
    INSERT INTO events_venue (name, slug)
        SELECT '', slug || '-room-' || n FROM events_venue, generate_series(1, {ROOMS}) AS n;
    INSERT INTO collectives_collective (name, slug, moderation_status, created_on, is_held, is_trusted, version, links)
        SELECT 'Group ' || n, 'group-' || n, 'published', now(), false, false, 1, ''
        FROM generate_series(1, {GROUPS}) AS n
"""
VARIED = {
    "date": "starts",
    "end_date": "ends",
    "title": "title || ' ' || words",
    "place": "place || coalesce(', room ' || room, '')",
    "venue_id": "coalesce((SELECT v.id FROM events_venue AS v JOIN events_venue AS old ON old.id = venue_id"
    " WHERE v.slug = old.slug || '-room-' || room), venue_id)",
    "collective_id": "coalesce((SELECT c.id FROM collectives_collective AS c WHERE c.slug = 'group-' || \"group\"),"
    " collective_id)",
}
TERMS = """
    UPDATE events_event_{kind}s SET date = starts FROM variety WHERE i = event_id;
    INSERT INTO events_event_{kind}s (event_id, {kind}_id, date)
        SELECT i, {kind}_id, starts FROM variety JOIN events_event_{kind}s ON event_id = base WHERE i > %(base)s;
    INSERT INTO events_event_{kind}s (event_id, {kind}_id, date)
        SELECT i, t.id, starts FROM variety JOIN events_{kind} AS t ON t.slug = '{name}-' || {name}
"""
# Their names are words of the title already.
NAMED_TAGS = """
    INSERT INTO events_event_tags (event_id, tag_id, date)
        SELECT i, t.id, starts FROM variety JOIN events_tag AS t ON t.slug = ANY (string_to_array(words, ' '))
"""
WORDS = f"""
    UPDATE event_search SET vector = ts_delete(
        vector, (SELECT array_agg(word) FROM unnest(tsvector_to_array(vector)) AS word WHERE word LIKE '=%%'));
    CREATE TEMP TABLE words AS
    SELECT i, base, strip(to_tsvector('pg_catalog.english', said) || to_tsvector('pg_catalog.simple', said))
        || {PostgresIndex.times("starts")} AS vector
    FROM variety CROSS JOIN LATERAL (SELECT concat_ws(' ', words, 'room ' || room, 'topic ' || topic, 'town ' || town,
        'group ' || "group") AS said) AS s;
    INSERT INTO event_search (event_id, vector)
        SELECT i, old.vector || words.vector FROM words JOIN event_search AS old ON event_id = base WHERE i > %(base)s;
    UPDATE event_search AS old SET vector = old.vector || words.vector FROM words
        WHERE event_id = i AND i <= %(base)s
"""
# All that is public waits for its review, as when nobody has looked for long.
QUEUE = """
    TRUNCATE moderation_queueentry;
    INSERT INTO moderation_queueentry (
        content_type_id, object_id, due, rank, created_on, is_new, is_edited, is_held, is_marked, is_reported)
    SELECT kind.id, e.id, e.date, 1, now(), true, false, false, false, false
    FROM events_event AS e, django_content_type AS kind
    WHERE kind.app_label = 'events' AND kind.model = 'event' AND e.moderation_status <> 'hidden'
"""


def fill(number: int) -> None:
    """Makes so many events, at least 1,000, in the empty database of the site."""
    base = min(number, BASE)
    index = Index.of(connection)
    index.remove()
    with open(os.devnull, "w") as nowhere:
        call_command("demo_data", events=base, seed=1, stdout=nowhere)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'")
        # Those that get another group. Its name is in the index.
        cursor.execute("UPDATE events_event SET collective_id = NULL WHERE id %% 3 = 0", [])
        index.define()
        index.fill()
        for table in SEARCHED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _multiply(cursor, number, base)
        for table in SEARCHED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        index.finish()
        cursor.execute("VACUUM ANALYZE")


def _multiply(cursor: Any, number: int, base: int) -> None:
    values = {"number": number, "base": base}
    cursor.execute(VARIETY, values)
    cursor.execute("ANALYZE variety")
    cursor.execute(NAMES.replace("%", "%%"), values)
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'events_event'")
    kept = [name for (name,) in cursor.fetchall() if name not in (*VARIED, "id", "submission_key")]
    columns = ", ".join([*VARIED, *kept])
    cursor.execute(
        f"INSERT INTO events_event (id, {columns}) SELECT i, {', '.join([*VARIED.values(), *kept])}"
        " FROM variety JOIN events_event AS e ON e.id = base WHERE i > %(base)s",
        values,
    )
    changes = ", ".join(f"{column} = {value}" for column, value in VARIED.items())
    cursor.execute(f"UPDATE events_event AS e SET {changes} FROM variety WHERE e.id = i AND i <= %(base)s", values)
    for kind, name in (("tag", "topic"), ("area", "town")):
        for statement in TERMS.format(kind=kind, name=name).split(";"):
            cursor.execute(statement, values)
    for statements in (NAMED_TAGS, WORDS, QUEUE):
        for statement in statements.split(";"):
            cursor.execute(statement, values)
    cursor.execute("SELECT setval(pg_get_serial_sequence('events_event', 'id'), %(number)s)", values)
