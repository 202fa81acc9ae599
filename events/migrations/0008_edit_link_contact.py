from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0007_comments"),
    ]

    operations = [
        migrations.AddField(
            model_name="editlink",
            name="contact_hash",
            field=models.CharField(blank=True, default="", editable=False, max_length=128),
        ),
    ]
