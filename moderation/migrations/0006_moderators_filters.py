"""What moderators may see and edit of this app in the admin."""

from importlib import import_module

from django.db import migrations

permissions_of = import_module("moderation.migrations.0002_moderators").permissions_of
CODENAMES = [
    *(
        f"{verb}_{model}"
        for model in ("contentfilter", "guideline", "savedreply")
        for verb in ("view", "add", "change")
    ),
    "view_report",
    "view_queueentry",
]


def grant(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.get(name="Moderators")
    group.permissions.add(*permissions_of(apps, "moderation", CODENAMES))


class Migration(migrations.Migration):
    dependencies = [("moderation", "0005_log_of_state_before")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
