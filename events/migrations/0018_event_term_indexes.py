"""Finds what has a tag or is in an area from any date on; the index of that column alone is of no more use."""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = {name: models.Index(fields=[name, "date", "event"], name=f"event_by_{name}") for name in ("tag", "area")}


def add(apps, schema_editor):
    for name, index in INDEXES.items():
        model = apps.get_model("events", f"Event{name}")
        if schema_editor.connection.vendor == "postgresql":
            # It waits for whoever uses the table now.
            schema_editor.execute("SET lock_timeout = 0")
            # One that was interrupted is there, and is no use.
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
            schema_editor.execute(index.create_sql(model, schema_editor, concurrently=True))
            schema_editor.execute("RESET lock_timeout")
        else:
            schema_editor.add_index(model, index)


def remove(apps, schema_editor):
    for name, index in INDEXES.items():
        schema_editor.remove_index(apps.get_model("events", f"Event{name}"), index)


def without_index(name):
    field = models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=f"events.{name}")
    return migrations.AlterField(f"event{name}", name, field)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0017_event_term_dates")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, remove)],
            state_operations=[migrations.AddIndex(f"event{name}", index) for name, index in INDEXES.items()],
        ),
        without_index("tag"),
        without_index("area"),
    ]
