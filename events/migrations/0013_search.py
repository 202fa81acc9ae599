"""The search. Its index is no part of a migration (events/search/index.py says why): it is made after `migrate`.

Going back takes it out, because older code does not make way for migrations on SQLite.
"""

from django.db import migrations

from events.search.index import Index


def remove(apps, schema_editor):
    Index.of(schema_editor.connection).remove()


class Migration(migrations.Migration):
    dependencies = [("events", "0012_event_venues"), ("collectives", "0005_username_ci")]

    operations = [migrations.RunPython(migrations.RunPython.noop, remove)]
