"""What is said while the database lets nobody in: pages, the API and workers (§14)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.db import connection

from backups import fresh
from cannonworks import closed
from retention import tasks
from tests.processes import environment

pytestmark = [pytest.mark.clause("14"), pytest.mark.timeout(120)]

VISITS = """
import json, sys, django
django.setup()
from django.db import close_old_connections
from django.test import Client
visitor = Client(raise_request_exception=False)
for line in sys.stdin:
    path, language = line.split()
    close_old_connections()  # as a server does with every request, and this client does not
    answer = visitor.get(path, headers={"accept-language": language}, secure=False)
    told = {"status": answer.status_code, "type": answer["Content-Type"], "again": answer.get("Retry-After"),
            "cookies": sorted(answer.cookies), "kept": answer.get("Cache-Control"), "text": answer.content.decode()}
    print(json.dumps(told), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_closed_database_is_answered_with_a_plain_page_or_problem_and_opens_without_a_restart():
    live = connection.settings_dict["NAME"]
    with subprocess.Popen(
        [sys.executable, "-c", VISITS], env=environment(ALLOWED_HOSTS="testserver"), cwd=settings.BASE_DIR, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as visitor:  # fmt: skip

        def ask(path, language="en"):
            visitor.stdin.write(f"{path} {language}\n")
            visitor.stdin.flush()
            return json.loads(visitor.stdout.readline())

        assert ask("/privacy/")["status"] == 200
        connection.close()  # its session would be ended with the others
        with fresh.server() as server:
            server.close(live)
            try:
                page, dutch, api = ask("/privacy/"), ask("/dashboard/", "nl"), ask("/api/v1/relations/", "nl")
            finally:
                server.open(live)
        assert (page["status"], page["again"], page["cookies"], page["kept"]) == (503, "60", [], "no-store")
        assert "Back in a moment" in page["text"]
        assert "Zo weer open" in dutch["text"]
        assert (api["status"], api["type"], json.loads(api["text"])["code"]) == (
            503,
            "application/problem+json",
            "closed",
        )
        assert ask("/privacy/")["status"] == 200
        visitor.stdin.close()


@pytest.mark.parametrize("task", [tasks.sweep, tasks.prove_departures])
def test_a_worker_waits_for_a_closed_database(task, monkeypatch):
    monkeypatch.setattr(closed, "lets_in", lambda: False)
    sent = []
    monkeypatch.setattr(type(task), "apply_async", lambda *a, **options: sent.append(options), raising=False)
    task.push_request(id="1", called_directly=False, is_eager=False, args=[], kwargs={}, retries=20, delivery_info={})
    try:
        with pytest.raises(Retry) as caught:
            task()
    finally:
        task.pop_request()
    assert caught.value.when == closed.AGAIN_AFTER
