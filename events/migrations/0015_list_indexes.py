"""Finds what has been on for long among very many events (`EventQuerySet.ongoing`), and terms in order of their names.

The first is on PostgreSQL alone: SQLite keeps no times, and would have to be asked by this program to subtract them.
PostgreSQL is also told how long events take; it would think that every third takes long.
"""

from django.db import migrations, models


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # It waits for whoever uses the table now.
        schema_editor.execute("SET lock_timeout = 0")
        # One that was interrupted is there, and is no use.
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS event_that_lasts")
        schema_editor.execute(
            "CREATE INDEX CONCURRENTLY event_that_lasts ON events_event (end_date, id) INCLUDE (date)"
            " WHERE end_date - date >= interval '7 days'"
        )
        schema_editor.execute("CREATE STATISTICS IF NOT EXISTS event_length ON (end_date - date) FROM events_event")
        schema_editor.execute("ANALYZE events_event")
        schema_editor.execute("RESET lock_timeout")


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP STATISTICS IF EXISTS event_length")
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS event_that_lasts")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0014_import_uid")]

    operations = [
        migrations.AddIndex("tag", models.Index(fields=["name"], name="tag_by_name")),
        migrations.AddIndex("area", models.Index(fields=["name"], name="area_by_name")),
        migrations.RunPython(add, remove),
    ]
