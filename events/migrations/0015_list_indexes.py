"""Finds what has been on for long among very many events (`EventQuerySet.ongoing`).

On PostgreSQL alone: SQLite keeps no times, and would have to be asked by this program to subtract them.
"""

from django.db import migrations


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # One that was interrupted is there, and is no use.
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS event_that_lasts")
        schema_editor.execute(
            "CREATE INDEX CONCURRENTLY event_that_lasts ON events_event (end_date, id) INCLUDE (date)"
            " WHERE end_date - date >= interval '7 days'"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS event_that_lasts")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0014_import_uid")]

    operations = [migrations.RunPython(add, remove)]
