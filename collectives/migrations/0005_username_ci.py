import django.db.models.functions.text
from django.db import migrations, models

import collectives.models


def number_the_later(apps, schema_editor):
    """Of names that differ in capitals alone the oldest account keeps its own; the others get their number behind it."""
    User = apps.get_model("collectives", "User")
    seen = set()
    for user in User.objects.order_by("pk"):
        if user.username.upper() in seen:
            user.username = f"{user.username[:130]}-{user.pk}"
            user.save(update_fields=["username"])
            print(f"An account of the same name exists: account {user.pk} is now called {user.username}")
        seen.add(user.username.upper())


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("collectives", "0004_group_pages"),
    ]

    operations = [
        migrations.AlterModelManagers(
            name="user",
            managers=[
                ("objects", collectives.models.UserManager()),
            ],
        ),
        migrations.RunPython(number_the_later, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("username"),
                name="username_once",
                violation_error_message="A user with that username already exists.",
            ),
        ),
    ]
