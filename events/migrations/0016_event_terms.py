"""Gives what joins events to tags and areas room for the date of the event. The tables stay those they were."""

import django.db.models.deletion
from django.db import migrations, models


def term(name):
    return migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.CreateModel(
                name=f"Event{name.title()}",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("event", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="events.event")),
                    (name, models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=f"events.{name}")),
                ],
                options={"db_table": f"events_event_{name}s", "unique_together": {("event", name)}},
            ),
            migrations.AlterField(
                model_name="event",
                name=f"{name}s",
                field=models.ManyToManyField(
                    blank=True,
                    related_name="events",
                    through=f"events.Event{name.title()}",
                    to=f"events.{name}",
                    verbose_name=f"{name}s",
                ),
            ),
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0015_list_indexes")]

    operations = [
        term("tag"),
        term("area"),
        migrations.AddField("eventtag", "date", models.DateTimeField(null=True, editable=False)),
        migrations.AddField("eventarea", "date", models.DateTimeField(null=True, editable=False)),
    ]
