"""What every test shares: a fast password hasher, an empty cache, and no page that was not asked for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, connections

from events_site import limits


def pytest_configure() -> None:
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.STATIC_ROOT = None
    django_settings.SECURITY_CONTACT = "mailto:security@example.org"
    if connection.vendor == "postgresql":
        # What a test commits need not outlive a power cut: nobody waits for the disk.
        connection.settings_dict["OPTIONS"]["options"] += " -c synchronous_commit=off"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be left out, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NOTHING_SKIPPED") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test with real transactions empties the database behind it: what the migrations put there comes back."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            if marker.kwargs.get("transaction"):
                marker.kwargs["serialized_rollback"] = True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Lets every connection know the rows of the migrations, to put them back.

    While Playwright's event loop runs, which is from the first browser test to the end, Django gives the same
    thread another connection than the one it made the database with, and only that one has them.
    """
    for each in connections.all():
        if hasattr(each, "_test_serialized_contents"):
            type(each)._test_serialized_contents = each._test_serialized_contents


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path: Path) -> Path:
    """Uploads of a test go with it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    limits.forget()
    yield
    cache.clear()
