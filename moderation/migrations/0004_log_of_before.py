"""Rows of the log from before it named deeds: each set a status, on a post that had been public."""

from django.db import migrations
from django.db.models import Case, F, Value, When

DEED_OF = {"published": "publish", "promoted": "promote", "featured": "feature", "hidden": "hide"}


def name_deeds(apps, schema_editor):
    actions = apps.get_model("moderation", "ModerationAction").objects
    actions.update(
        deed=Case(*(When(to_status=status, then=Value(deed)) for status, deed in DEED_OF.items()), default=F("deed")),
        was_public=True,
        signature=Value("moderators"),
    )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_queue_reports_filters")]

    operations = [migrations.RunPython(name_deeds, migrations.RunPython.noop)]
