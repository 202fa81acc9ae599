"""What moderators may see and edit of this app in the admin."""

from importlib import import_module

from django.db import migrations

permissions_of = import_module("moderation.migrations.0002_moderators").permissions_of
CODENAMES = [
    "view_collective",
    "add_collective",
    "change_collective",
    "view_membership",
    "add_membership",
    "change_membership",
    "delete_membership",
    "view_user",
]


def grant(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.get(name="Moderators")
    group.permissions.add(*permissions_of(apps, "collectives", CODENAMES))


class Migration(migrations.Migration):
    dependencies = [("collectives", "0001_initial"), ("moderation", "0002_moderators")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
