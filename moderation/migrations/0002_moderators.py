"""The group "Moderators", with the permission for every status. The other apps add what it may edit."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def permissions_of(apps, app_label, codenames):
    """Permissions are made after all migrations; a migration that hands them out has to make them itself."""
    config = apps.get_app_config(app_label)
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    return permissions.filter(content_type__app_label=app_label, codename__in=codenames)


def make_group(apps, schema_editor):
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Moderators")
    group.permissions.add(
        *permissions_of(apps, "moderation", ["publish", "promote", "feature", "hide", "view_moderationaction"])
    )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_group, migrations.RunPython.noop, elidable=False)]
