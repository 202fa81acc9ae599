"""The limits and guarantees of the databases, as the databases themselves report them.

The tests' own SQLite database is in memory, where nobody else writes: a file is used in a process of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent

PREPARE = """
import json
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.db import connection, transaction

def ask(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchone()
"""

PRAGMAS = """
def pragmas():
    values = [ask(f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous", "secure_delete", "busy_timeout")]
    connection.close()
    return values

with ThreadPoolExecutor(1) as threads:
    print(json.dumps([pragmas(), threads.submit(pragmas).result()]))
"""

WRITERS = """
ask("CREATE TABLE counter (number integer)", "INSERT INTO counter VALUES (0) RETURNING number")

def count(times):
    for _ in range(times):
        with transaction.atomic():
            number = ask("SELECT number FROM counter")[0]
            ask(f"UPDATE counter SET number = {number} + 1 RETURNING number")
    connection.close()

with ThreadPoolExecutor(4) as threads:
    list(threads.map(count, [50] * 4))
print(json.dumps(ask("SELECT number FROM counter")[0]))
"""

ERASED = """
from pathlib import Path
ask("CREATE TABLE note (text text)", "INSERT INTO note VALUES ('kept'), ('the address of Rosa') RETURNING 1")
ask("PRAGMA wal_checkpoint(TRUNCATE)")

def is_in_a_file():
    database = Path(connection.settings_dict["NAME"])
    return any(b"address of Rosa" in path.read_bytes() for path in database.parent.iterdir())

found = [is_in_a_file()]
ask("DELETE FROM note WHERE text LIKE 'the %' RETURNING 1")
ask("PRAGMA wal_checkpoint(TRUNCATE)")
found.append(is_in_a_file())
print(json.dumps(found))
"""


def on_a_file(folder: Path, script: str):
    """What `script` prints when it runs with the site's settings on an empty SQLite file."""
    environment = {
        **os.environ,
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "events_site.settings",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", PREPARE + script]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_sqlite_file_is_safe_against_power_cuts_and_readers_in_every_thread(tmp_path):
    assert on_a_file(tmp_path, PRAGMAS) == [["wal", 2, 1, 10_000]] * 2


def test_four_writers_at_once_lose_nothing_on_a_sqlite_file(tmp_path):
    assert on_a_file(tmp_path, WRITERS) == 200


def test_deleted_text_is_gone_from_the_sqlite_files(tmp_path):
    assert on_a_file(tmp_path, ERASED) == [True, False]


LIMITS = {
    "sqlite": {"PRAGMA busy_timeout": 10_000, "PRAGMA secure_delete": 1, "PRAGMA foreign_keys": 1},
    "postgresql": {"SHOW statement_timeout": "15s", "SHOW lock_timeout": "5s"},
}


@pytest.mark.django_db
def test_nothing_waits_for_the_database_for_ever():
    # One that no migration has used yet.
    fresh, answers = connection.copy(), {}
    with fresh.cursor() as cursor:
        for question in LIMITS[connection.vendor]:
            cursor.execute(question)
            answers[question] = cursor.fetchone()[0]
    fresh.close()

    assert answers == LIMITS[connection.vendor]


@pytest.mark.django_db
def test_postgresql_connection_is_kept_checked_and_not_waited_for():
    kept = {name: connection.settings_dict[name] for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    expected = {"sqlite": (0, False), "postgresql": (60, True)}[connection.vendor]

    assert tuple(kept.values()) == expected
    assert (
        connection.settings_dict["OPTIONS"].get("connect_timeout")
        == {"sqlite": None, "postgresql": 5}[connection.vendor]
    )
