"""What a new site shows: the one event of the original site whose document is known, and an invented programme."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from collectives.models import Collective
from events.models import Event

GENUINE = settings.BASE_DIR / "fixtures" / "events" / "2565.xml"


class Command(BaseCommand):
    help = "Fills an empty database with event 2565 and invented events from today on. Leaves any other alone."

    def handle(self, *args: Any, **options: Any) -> None:
        # All or nothing: a first start that is interrupted can be repeated.
        with transaction.atomic():
            if Event.objects.exists() or Collective.objects.exists():
                return
            call_command("import_events", GENUINE, stdout=self.stdout)
            call_command("demo_data", stdout=self.stdout)
