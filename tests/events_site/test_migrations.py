from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from events.apps import take_time


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# SQLite has no such limits.
if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("name", ["0015_list_indexes", "0018_event_term_indexes"])
    def test_migration_after_one_that_makes_indexes_may_take_as_long_as_it_did(name):
        take_time(using="default")
        with connection.schema_editor(atomic=False) as editor:
            import_module(f"events.migrations.{name}").add(apps, editor)

        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
            limits = cursor.fetchone()
        connection.close()

        assert limits == ("0", "5s")
