"""`make bench`: what pages cost with few rows and with very many, side by side in one run; medians and ratios.

Each size gets a database of its own on the server that TEST_DATABASE_URL names, filled by `demo_data` and thrown
away. The figures are whole requests through Django's test client: no network, no server.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

import django
from django.core.management import call_command

FEW, MANY = 100, 100_000
ROUNDS = 15

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "events_site.settings")


def all_pending() -> None:
    """Every event waits, as after the import of a site under the policy `review`."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection
    from django.db.models.functions import Coalesce

    from events.models import Event
    from moderation.models import QueueEntry, Status

    Event.objects.update(moderation_status=Status.PENDING)
    QueueEntry.objects.all().delete()
    kind = ContentType.objects.get_for_model(Event)
    waiting = Event.objects.values_list("pk", Coalesce("date", "created_on"))
    QueueEntry.objects.bulk_create(
        (QueueEntry(content_type=kind, object_id=pk, due=due, is_new=True) for pk, due in waiting), batch_size=5_000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measured(fetch: Callable[[], int]) -> tuple[float, int]:
    """The median time of a request in milliseconds, and how many queries it made."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fetch()
    with CaptureQueriesContext(connection) as queries:
        assert fetch() == 200
    number = len(queries)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        fetch()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), number


def figures(number: int) -> dict[str, tuple[float, int]]:
    """What each page costs with so many events."""
    from django.db import connection
    from django.test import Client

    from tests.factories import make_moderator

    database = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with open(os.devnull, "w") as nowhere:
            call_command("demo_data", events=number, seed=1, stdout=nowhere)
        reader, moderator = Client(), Client()
        found = {path: measured(lambda path=path: reader.get(path).status_code) for path in ("/", "/events")}
        all_pending()
        moderator.force_login(make_moderator("bench"))
        for path in ("/admin/queue/", "/admin/queue/?show=edited"):
            found[path] = measured(lambda path=path: moderator.get(path).status_code)
        return found
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


def main() -> None:
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment(debug=False)
    few, many = figures(FEW), figures(MANY)
    print(f"{'page':28}{FEW:>12,}{MANY:>12,}  ratio   queries")
    for path, (before, queries) in few.items():
        after, more_queries = many[path]
        print(f"{path:28}{before:9.1f} ms{after:9.1f} ms{after / before:7.2f}   {queries} and {more_queries}")


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main()
