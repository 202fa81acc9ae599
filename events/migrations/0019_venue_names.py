"""Venues are called as the events that may be seen have it, unless moderators give them a name."""

from django.db import migrations, models

import events_site.sanitizing


def forget_what_was_typed(apps, schema_editor):
    apps.get_model("events", "Venue").objects.update(name="")


class Migration(migrations.Migration):
    dependencies = [("events", "0018_event_term_indexes")]

    operations = [
        migrations.AlterModelOptions(
            name="venue",
            options={"ordering": ["slug"], "verbose_name": "venue", "verbose_name_plural": "venues"},
        ),
        migrations.AlterField(
            model_name="venue",
            name="name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="As it should be written, if not as it is in events. Other words would be another venue.",
                max_length=255,
                validators=[events_site.sanitizing.validate_line],
                verbose_name="name and address",
            ),
        ),
        migrations.RunPython(forget_what_was_typed, migrations.RunPython.noop),
    ]
