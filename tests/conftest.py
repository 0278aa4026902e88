"""What every test gets: queues, a ledger and a mailbox of its own, nothing of the developer's."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import TransactionTestCase
from django.test.signals import setting_changed
from django.utils import translation

from accounts import usage
from cannonworks import isolation, storage
from cannonworks.celery import app
from cannonworks.embedded import cache_url
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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Tests make their databases and rows as the owner; requests and tasks take their roles by themselves."""
    with isolation.as_owner():
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_queues(worker_id):
    """Each worker of the test run has a Redis database of its own; 0 stays the developer's."""
    number = 1 if worker_id == "master" else 1 + int(worker_id.removeprefix("gw"))
    address = with_database(settings.REDIS_URL, number)
    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CELERY_RESULT_BACKEND = address
    settings.CACHES["default"]["LOCATION"] = cache_url(address)
    setting_changed.send(sender=None, setting="CACHES", value=settings.CACHES, enter=True)  # drops connections
    app.conf.update(broker_url=address, result_backend=address)
    app.control.purge()  # what an interrupted run left


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    settings.PASSWORD_HASHERS = ["tests.conftest.QuickArgon2"]


@pytest.fixture(autouse=True)
def _own_language(settings):
    """A request leaves its language behind in the thread; the next test begins in that of the product."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path_factory):
    """The ledger, the files and the mail files of one test; mail itself stays in memory (``mailoutbox``)."""
    settings.LEDGER_DIR = tmp_path_factory.mktemp("ledger")
    settings.FILES_DIR = tmp_path_factory.mktemp("files")
    storage.prepare()
    settings.EMAIL_FILE_PATH = tmp_path_factory.mktemp("mail")


@pytest.fixture(autouse=True)
def _own_cache(settings):
    """What one test counts (throttles, failures to sign in) is not counted on by the next; the queues' Redis is never emptied."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4()}"}
    settings.CACHES = {**settings.CACHES, "default": default}


#: Folders whose tests call services directly, as jobs do.
AS_JOBS = {"finance", "journal", "retention", "rights"}


@pytest.fixture(autouse=True)
def _role_of_jobs(request):
    """What a test of services does, it does under the role of jobs; who tampers as the owner says so (``NOBODY``)."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or request.path.parent.name not in AS_JOBS:
        yield
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with isolation.acting_as(isolation.JOBS):
        yield


@pytest.fixture(autouse=True)
def _own_usage(settings):
    """Nothing writes beside a test: what is known of the use waits until the test itself says ``recorder.flush()``."""
    settings.USAGE_SECONDS = 0
    usage.recorder.forget()


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
def asks(django_assert_num_queries):
    """``with asks(3)``: a signed-in request with three queries beside those of its transaction and its roles."""
    of_every_request = 2 + 3  # begin and end; visitor, user, and back to the test
    return lambda count: django_assert_num_queries(of_every_request + count)


@pytest.fixture
def second(staff):
    """Another member of staff, who confirms what the first one did."""
    return StaffFactory()
