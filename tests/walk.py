"""What everybody gets at every address of the site: asked once, for all the tests that look at it."""

import functools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.http.response import ResponseHeaders

from collectives.models import User
from tests.routes import ROUTES, Kind, Route, World

MAIL = "canary@example.org"
READS = ("SELECT", "EXPLAIN", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


@dataclass(frozen=True)
class Answer:
    route: Route
    address: str
    status_code: int
    headers: ResponseHeaders
    cookies: SimpleCookie
    content: bytes
    # The tables that are not as they were before the question.
    changed: list[str]


def rows() -> dict[str, Counter]:
    """Everything that is stored, table by table."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = Counter(map(repr, cursor.fetchall()))
    return found


class Watch:
    """Tells which tables do not have the rows that they had when it began."""

    def __init__(self) -> None:
        self.before = rows()
        self.may_have_written = False

    def changed(self) -> list[str]:
        """Looks at the rows only where there was a statement other than one that reads, as looking takes long."""
        if not self.may_have_written:
            return []
        self.may_have_written = False
        now = rows()
        return [table for table in now if now[table] != self.before[table]]

    def note(self, execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith(READS):
            self.may_have_written = True
        return execute(sql, *rest)


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    with connection.execute_wrapper(watch.note):
        yield watch


@functools.cache
def answers_to(role: str) -> list[Answer]:
    """What somebody in this role gets at every address, each as the first page they open. Leaves no rows.

    The address of every account of the world ends in MAIL. A test with other settings has to ask by itself.
    """
    with transaction.atomic():
        world = World()
        for user in User.objects.all():
            user.email = f"{user.username}-{MAIL}"
            user.save()
            EmailAddress.objects.create(user=user, email=user.email, primary=True)
        client = world.client(role)
        at_first = client.cookies
        answers = []
        with watched() as watch:
            for route in ROUTES:
                for address in route.addresses(world):
                    client.cookies = deepcopy(at_first)
                    response = client.get(address)
                    answer = (response.status_code, response.headers, response.cookies, response.getvalue())
                    answers.append(Answer(route, address, *answer, watch.changed()))
        transaction.set_rollback(True)
    return answers


def answers_of_kind(role: str, *kinds: Kind) -> list[Answer]:
    return [answer for answer in answers_to(role) if answer.route.kind in kinds]
