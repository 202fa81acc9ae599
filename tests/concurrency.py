from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Does all of it in threads of their own, each with its own connection, and returns what came of each.

    Needs `transaction=True`. SQLite's database of the tests is in memory and has one connection: there they follow
    each other. Writers on a SQLite file are tested with the settings.
    """
    if connection.vendor == "sqlite":
        return [deed() for deed in deeds]

    def alone(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(alone, deeds))
