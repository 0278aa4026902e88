"""What a process that serves or works does once it is loaded: its collector passes by what stays."""

from __future__ import annotations

import http.client
import json

import pytest

from tests import processes
from tests.accounts.test_usage import free_port

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import gc, json
from celery.signals import worker_process_init
from cannonworks import celery
worker_process_init.send(sender=None)
print(json.dumps([gc.get_freeze_count(), gc.get_threshold()[0]]))
"""


def test_a_web_server_settles_with_its_pages_before_the_first_request(tmp_path):
    port = free_port()
    arguments = ("-m", "gunicorn", "tests.settled", "--no-control-socket", "--bind", f"127.0.0.1:{port}")
    log = tmp_path / "web.log"
    with processes.running(*arguments, log=str(log), ALLOWED_HOSTS="127.0.0.1"):
        frozen, threshold, has_pages = processes.until(lambda: answer(port), "the web answers")
    assert (frozen > 100_000, threshold, has_pages) == (True, 50_000, True), log.read_text()


def test_a_worker_of_the_queue_settles(tmp_path):
    told = processes.run("-c", WORKER)
    frozen, threshold = json.loads(told.stdout)
    assert (frozen > 1_000, threshold) == (True, 50_000), told.stderr


def answer(port: int) -> list[int] | None:
    try:
        there = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        there.request("GET", "/")
        return json.loads(there.getresponse().read())
    except OSError:
        return None
