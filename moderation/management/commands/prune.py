"""What is old enough to be forgotten."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from moderation.models import Revision

KEPT = timedelta(days=90)


class Command(BaseCommand):
    help = "Deletes expired sessions, and earlier versions of posts and entries of the admin's log older than 90 days."

    def handle(self, *args: Any, **options: Any) -> None:
        since = timezone.now() - KEPT
        revisions, _kinds = Revision.objects.filter(created_on__lt=since).delete()
        entries, _kinds = LogEntry.objects.filter(action_time__lt=since).delete()
        call_command("clearsessions")
        self.stdout.write(f"Deleted {revisions} earlier versions and {entries} entries of the admin's log.")
