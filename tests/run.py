"""`make test`: the suite on SQLite and again on PostgreSQL, browser tests and the check of HTML with the latter.

What this machine cannot run is said at the end. With CI=true it fails the run instead: there nothing is left out.
Arguments go to pytest. TEST_DATABASE_URL names the PostgreSQL server; its role must be allowed to make databases.
"""

import os
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg2

STRICT = os.environ.get("CI", "").lower() in ("1", "true", "yes")
POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
SETTINGS = {
    "DEBUG": "true",
    "SECRET_KEY": "for tests only",
    "SITE_NAME": "The Noticeboard",
    "SITE_URL": "http://testserver",
    "TIME_ZONE": "UTC",
    "LANGUAGE_CODE": "en-gb",
    "SEARCH_LANGUAGE": "",
    "MODERATION_POLICY": "open",
    "ALLOWED_HOSTS": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "CACHE_URL": "",
    "EMAIL_URL": "",
    "DEFAULT_FROM_EMAIL": "",
    "MEDIA_ROOT": "",
    "PUBLIC_MODERATION_LOG": "true",
    "REPORT_MAIL": "off",
    "SECURITY_CONTACT": "",
    "REQUIRE_TWO_FACTOR": "false",
    "COMMENTS": "on",
    "COMMENTS_DEFAULT": "on",
    "TRUSTED_PROXIES": "0",
    "TOR_ADDRESSES": "",
    "TOR_EXIT_LIST": "",
    "MEDIA_ACCEL_PREFIX": "",
}


def postgresql_problem() -> str:
    try:
        psycopg2.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg2.OperationalError as error:
        server = urlsplit(POSTGRESQL).hostname
        return f"the suite on PostgreSQL: {server} does not answer ({str(error).splitlines()[0]})"
    return ""


def browser_problem() -> str:
    return "" if shutil.which("chromium") else "the browser tests: there is no chromium"


def java_problem() -> str:
    return "" if shutil.which("java") else "the check of every page's HTML: there is no java"


def run(what: str, database: str, *arguments: str) -> bool:
    print(f"\n== {what} ==", flush=True)
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": database}
    if STRICT:
        environment["NOTHING_SKIPPED"] = "1"
    # In small portions, so that none waits long for another, and in order: what empties the tables comes last.
    parallel = ["-n", "auto", "--dist", "load", "--maxschedchunk", "8"]
    command = [sys.executable, "-m", "pytest", *parallel, "-q", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main() -> int:
    no_postgresql, on_last = postgresql_problem(), {"browser": browser_problem(), "java": java_problem()}
    databases = {"SQLite": "sqlite://:memory:"}
    if not no_postgresql:
        databases["PostgreSQL"] = POSTGRESQL
    passed = True
    for number, (name, database) in enumerate(databases.items(), 1):
        left_out = [f"not {mark}" for mark, problem in on_last.items() if problem or number < len(databases)]
        passed &= run(name, database, *(("-m", " and ".join(left_out)) if left_out else ()))
    problems = [problem for problem in (no_postgresql, *on_last.values()) if problem]
    for problem in problems:
        print(f"Not run: {problem}.")
    if problems and STRICT:
        print("In continuous integration everything must run.")
        passed = False
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
