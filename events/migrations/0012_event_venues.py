"""Gives the events that are there their venues, and moderators the right to say where these are."""

from importlib import import_module

from django.db import migrations
from django.utils.text import slugify

permissions_of = import_module("moderation.migrations.0002_moderators").permissions_of
BATCH = 500


def give_venues(apps, schema_editor):
    """By place, in small steps: each is an index look-up, and none holds the table for long."""
    event, venue = apps.get_model("events", "Event"), apps.get_model("events", "Venue")
    places = event.objects.exclude(place="").order_by("place").values_list("place", flat=True).distinct()
    last = ""
    while batch := list(places.filter(place__gt=last)[:BATCH]):
        last = batch[-1]
        slugs = {place: slug for place in batch if (slug := slugify(place, allow_unicode=True)[:255])}
        by_slug = {slug: venue(name=place, slug=slug) for place, slug in slugs.items()}
        venue.objects.bulk_create(by_slug.values(), ignore_conflicts=True)
        keys = dict(venue.objects.filter(slug__in=by_slug).values_list("slug", "pk"))
        for place, slug in slugs.items():
            event.objects.filter(place=place, venue=None).update(venue_id=keys[slug])


def grant(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects.get(name="Moderators")
    group.permissions.add(*permissions_of(apps, "events", ["view_venue", "change_venue"]))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0011_venues"), ("moderation", "0002_moderators")]

    operations = [
        migrations.RunPython(give_venues, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
