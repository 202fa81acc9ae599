from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        from events import receivers  # noqa: F401

        pre_migrate.connect(take_time, sender=self)
        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(install_search, sender=self)


def take_time(using: str, **kwargs: Any) -> None:
    """Migrations may take longer than a page; they still do not wait long for a table that somebody holds."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def make_way(using: str, plan: Any = (), **kwargs: Any) -> None:
    """Migrations may rebuild the tables that the index of the search looks at."""
    from events.search.index import Index

    if plan:
        Index.of(connections[using]).make_way()


def install_search(using: str, **kwargs: Any) -> None:
    from events.search.index import Index

    Index.of(connections[using]).install()
