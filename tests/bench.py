"""`make bench`: what pages cost with few events and with very many, side by side in one run; medians and ratios.

Each size gets a database of its own on the server that TEST_DATABASE_URL names, filled by tests/bench_data.py and
thrown away, unless `--keep` leaves it for the next run. The figures are whole requests through Django's test client:
no network, no server. Both sizes take turns, so that a busy machine slows both.
"""

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "events_site.settings")

FIXED = """
/
/events
/events?order=posted
/events?tag=housing
/events?tag=hundredth
/events?tag=thousandth
/events?tag=five
/events?tag=bygone
/events?tag=housing&area=hackney
/events?tag=hundredth&area=hackney
/events/ongoing
/events/featured
/tags/housing
/tags/hundredth
/tags/five
/tags/bygone
/areas/hackney
/areas/town-3
/places/the-old-laundry-14-mangle-street-hackney-e8
/groups/the-slow-spanner
/groups/group-3
/events/archive
/events/today
/events/tonight
/events/weekend
/events/next
/tags
/groups
/feeds
/search?q=half
/search?q=tenth
/search?q=hundredth
/search?q=thousandth
/search?q=five
/search?q=bygone
/search?q=tenth+wee
/search?q=tenth+hundredth
/search?q=r
/search?q=nowhere
/search?q=half&order=posted
/search?q=bygone&tag=housing
/events.ics
/events.atom
/events.rss
/events.json
/events.txt
/events.xml
/search.ics?q=half
/sitemap.xml
/sitemap-events-3.xml
/sitemap-venues-1.xml
/admin/queue/
/admin/queue/?show=edited
""".split()  # noqa: SIM905


class Size:
    """A database with so many events, and how to ask the site about it."""

    def __init__(self, number: int) -> None:
        from django.db import connections

        self.number, self.name = number, f"events_bench_{number}"
        self.server = connections.create_connection("default")
        self.connection = connections.create_connection("default")
        self.connection.settings_dict = {**self.connection.settings_dict, "NAME": self.name}

    def use(self) -> None:
        """From here on the site has this database."""
        from django.contrib.contenttypes.models import ContentType
        from django.core.cache import cache
        from django.db import connections

        connections["default"] = self.connection
        ContentType.objects.clear_cache()
        cache.clear()

    def fill(self) -> None:
        """Makes the database, unless it was kept."""
        from django.core.management import call_command

        from tests.bench_data import fill

        with self.server.cursor() as cursor:
            # What describes it is written last.
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [self.name]
            )
            is_full = cursor.fetchone() == ("Full.",)
            if not is_full:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}"')
                cursor.execute(f'CREATE DATABASE "{self.name}"')
        self.use()
        call_command("migrate", verbosity=0)
        if not is_full:
            fill(self.number)
            with self.server.cursor() as cursor:
                cursor.execute(f"COMMENT ON DATABASE \"{self.name}\" IS 'Full.'")

    def drop(self) -> None:
        self.connection.close()
        with self.server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}"')

    def pages(self) -> dict[str, str]:
        """What is measured, by what it is called; addresses differ between sizes where an event is in them."""
        from django.utils import timezone

        from events.listing import Listing, Span
        from events.models import Event
        from events.paging import Cursor, Order

        today = timezone.localdate()
        last_month, soon = today.replace(day=1) - timedelta(days=1), today + timedelta(days=40)
        archive = Listing(path="/events/archive", name="", span=Span.PAST)
        middle = Event.objects.filter(pk__gte=self.number // 2, date__lt=timezone.now() - timedelta(days=3000)).first()
        assert middle is not None
        shown = Event.objects.visible().filter(pk__gte=self.number // 2).first()
        assert shown is not None
        dated = {
            "deep in the archive": archive.address(after=Cursor.of(middle, Order.LATEST, archive.key)),
            "a month to come": f"/events/{soon:%Y/%m}",
            "a month gone by": f"/events/{last_month:%Y/%m}",
            "a week": f"/events/{soon:%Y}/w{soon.isocalendar().week:02}",
            "a day": f"/events/{soon:%Y/%m/%d}",
            "a year": f"/events/archive/{today.year - 3}",
            "an event": shown.get_absolute_url(),
        }
        return {**{path: path for path in FIXED}, **dated}

    def client(self) -> Any:
        """A reader to whom the queue is open too."""
        from django.test import Client

        from collectives.models import User
        from tests.factories import make_moderator

        class Reader(Client):
            def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
                asked = moderating if path.startswith("/admin/") else reading
                return asked.get(path, *args, **kwargs)

        User.objects.filter(username="bench").delete()
        reading, moderating = Client(), Client()
        moderating.force_login(make_moderator("bench"))
        return Reader()


class Clock:
    """The queries of a request, and how long the database took to answer them in milliseconds."""

    def __init__(self) -> None:
        self.queries, self.time = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.queries += 1
            self.time += (time.perf_counter() - start) * 1000


def measured(size: Size, client: Any, path: str) -> tuple[float, float, int]:
    """What a request takes in milliseconds, of that its SQL, and how many queries it makes."""
    size.use()
    clock = Clock()
    with size.connection.execute_wrapper(clock):
        start = time.perf_counter()
        response = client.get(path)
        took = (time.perf_counter() - start) * 1000
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return took, clock.time, clock.queries


def medians(size: Size, runs: list[tuple[float, float, int]]) -> tuple[float, float, int]:
    took, sql, queries = zip(*runs, strict=True)
    return statistics.median(took), statistics.median(sql), queries[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("few", type=int, nargs="?", default=10_000)
    parser.add_argument("many", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="leave the databases for the next run")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="a regular expression for the pages to measure")
    asked = parser.parse_args()

    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment(debug=False)
    sizes = [Size(asked.few), Size(asked.many)]
    clients, pages = [], []
    for size in sizes:
        size.fill()
        clients.append(size.client())
        pages.append(size.pages())
    print(f"| page | {asked.few:,} | SQL | {asked.many:,} | SQL | ratio | queries |\n|---|--:|--:|--:|--:|--:|--:|")
    for name in filter(re.compile(asked.only).search, pages[0]):
        runs: list[list[tuple[float, float, int]]] = [[], []]
        for number in range(asked.rounds + 1):
            for size, client, addresses, found in zip(sizes, clients, pages, runs, strict=True):
                run = measured(size, client, addresses[name])
                # The first one fills caches.
                if number:
                    found.append(run)
        (few, few_sql, queries), (many, many_sql, more) = (
            medians(size, found) for size, found in zip(sizes, runs, strict=True)
        )
        made = f"{queries}" if queries == more else f"{queries}, {more}"
        print(
            f"| {name} | {few:.1f} | {few_sql:.1f} | {many:.1f} | {many_sql:.1f} | {many / few:.2f} | {made} |",
            flush=True,
        )
    if not asked.keep:
        for size in sizes:
            size.drop()


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main()
