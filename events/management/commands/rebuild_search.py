from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from events.search.index import Index


class Command(BaseCommand):
    help = "Fills the index of the search anew from all events, in batches, while the site goes on."

    def handle(self, *args: Any, **options: Any) -> None:
        number = Index.of(connection).rebuild()
        self.stdout.write(f"events indexed: {number}")
