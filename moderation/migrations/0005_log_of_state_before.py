"""What undoing a deed has to put back, besides the status."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0004_log_of_before")]

    operations = [
        migrations.AddField(
            model_name="moderationaction",
            name="before",
            field=models.JSONField(default=dict),
        ),
    ]
