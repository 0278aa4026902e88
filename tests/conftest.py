"""What every test gets: queues, a ledger and a mailbox of its own, nothing of the developer's."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import TransactionTestCase

from cannonworks.celery import app
from tests.browser import chromium  # noqa: F401 a fixture
from tests.cast import account, colleague, holder, outsider, staff  # noqa: F401 fixtures
from tests.factories import StaffFactory
from tests.mail import post_office  # noqa: F401 a fixture

#: Tables that refuse to be emptied, and the trigger that does.
APPEND_ONLY = {
    "journal_entry": "journal_no_change",
    "journal_batch": "batch_no_change",
    "journal_removed": "removed_no_change",
}


class QuickArgon2(Argon2PasswordHasher):
    """Argon2id as in production, but cheap: a test makes many users."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def with_database(redis_url: str, number: int) -> str:
    """The same Redis, another database: for ``redis://host/0`` as for ``redis+socket://…?virtual_host=0``."""
    if "virtual_host=" in redis_url:
        return re.sub(r"virtual_host=\d+", f"virtual_host={number}", redis_url)
    address, query, options = redis_url.partition("?")
    return re.sub(r"(?<=[^/])(/\d*)?$", f"/{number}", address, count=1) + query + options


@pytest.fixture(scope="session", autouse=True)
def _own_queues(worker_id):
    """Each worker of the test run has a Redis database of its own; 0 stays the developer's."""
    from django.conf import settings

    number = 1 if worker_id == "master" else 1 + int(worker_id.removeprefix("gw"))
    address = with_database(settings.REDIS_URL, number)
    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CELERY_RESULT_BACKEND = address
    app.conf.update(broker_url=address, result_backend=address)
    app.control.purge()  # what an interrupted run left


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["tests.conftest.QuickArgon2"]


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path_factory):
    """The ledger and the mail files of one test; mail itself stays in memory (``mailoutbox``)."""
    settings.LEDGER_DIR = tmp_path_factory.mktemp("ledger")
    settings.EMAIL_FILE_PATH = tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="session", autouse=True)
def _journal_lets_tests_flush():
    """After a test with real transactions every table is truncated, which the journal refuses everybody else."""
    tear_down = TransactionTestCase._fixture_teardown

    def without_the_trigger(test_case):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")  # a thread that a test left behind is an error, not a wait
            for table, trigger in APPEND_ONLY.items():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        try:
            tear_down(test_case)
        finally:
            with connection.cursor() as cursor:
                for table, trigger in APPEND_ONLY.items():
                    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
                cursor.execute("RESET lock_timeout")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", without_the_trigger)
        yield


@pytest.fixture
def second(staff):
    """Another member of staff, who confirms what the first one did."""
    return StaffFactory()
