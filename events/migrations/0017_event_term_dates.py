"""Fills in the dates of the events that have tags and areas already."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

BATCH = 5000


def fill(apps, schema_editor):
    """In small steps, none of which holds rows for long."""
    dates = apps.get_model("events", "Event").objects.filter(pk=OuterRef("event_id")).values("date")
    for name in ("EventTag", "EventArea"):
        rows = apps.get_model("events", name).objects.order_by("pk")
        last = 0
        while batch := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
            rows.filter(pk__gt=last, pk__lte=batch[-1]).update(date=Subquery(dates))
            last = batch[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0016_event_terms")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
