"""What every test gets: queues, a ledger and a mailbox of its own, nothing of the developer's."""

from __future__ import annotations

import re

import pytest

from cannonworks.celery import app
from tests.browser import chromium  # noqa: F401 a fixture
from tests.cast import account, colleague, holder, outsider, staff  # noqa: F401 fixtures


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


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path_factory):
    """The ledger and the mail files of one test; mail itself stays in memory (``mailoutbox``)."""
    settings.LEDGER_DIR = tmp_path_factory.mktemp("ledger")
    settings.EMAIL_FILE_PATH = tmp_path_factory.mktemp("mail")
