from typing import Any

from django.db import connection

from events.search.index import Index
from moderation.management.commands import prune


class Command(prune.Command):
    """The command of `moderation`, and after it the words of what was deleted.

    Django runs this one because `events` stands before `moderation` in INSTALLED_APPS.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        Index.of(connection).forget_deleted()
