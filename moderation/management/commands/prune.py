"""What is old enough to be forgotten."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from moderation.models import Revision

KEPT = timedelta(days=90)


class Command(BaseCommand):
    help = (
        "Deletes what has expired, such as sessions and secret edit links, and earlier versions of posts and entries "
        "of the admin's log older than 90 days."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        since = timezone.now() - KEPT
        revisions, _kinds = Revision.objects.filter(created_on__lt=since).delete()
        entries, _kinds = LogEntry.objects.filter(action_time__lt=since).delete()
        for model in apps.get_models():
            # A kind of record that ends by itself says so by a method of its manager.
            if expired := getattr(model._default_manager, "expired", None):
                expired().delete()
        call_command("clearsessions")
        self.stdout.write(f"Deleted {revisions} earlier versions and {entries} entries of the admin's log.")
