"""What moderators may see and edit of this app in the admin."""

from importlib import import_module

from django.db import migrations

permissions_of = import_module("moderation.migrations.0002_moderators").permissions_of
CODENAMES = ["view_event", "change_event", "view_tag", "add_tag", "change_tag", "view_area", "add_area", "change_area"]


def grant(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.get(name="Moderators")
    group.permissions.add(*permissions_of(apps, "events", CODENAMES))


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("moderation", "0002_moderators")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
