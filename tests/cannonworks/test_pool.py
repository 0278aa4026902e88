"""A web process with fewer connections than requests: nobody meets what another request left in one (§7)."""

from __future__ import annotations

import http.client
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection

from accounts.states import State
from tests.factories import AccountFactory, StaffFactory
from tests.lives import sign_in
from tests.processes import running, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("7"), pytest.mark.timeout(180)]
CONNECTIONS, REQUESTS = 4, 50


@pytest.fixture
def port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as found:
        number = found.getsockname()[1]
    command = ("-m", "gunicorn", "cannonworks.wsgi", "--no-control-socket", "--bind", f"127.0.0.1:{number}")
    more = {"DATABASE_POOL": str(CONNECTIONS), "ALLOWED_HOSTS": "127.0.0.1"}
    with running(*command, "--threads", "50", log=str(tmp_path / "web.log"), **more):
        until(lambda: answers(number), "the web answers")
        yield number


def answers(port: int) -> bool:
    try:
        return get(port, "/nothing/here/")[0] == 404
    except OSError:
        return False


def get(port: int, path: str, session: str = "") -> tuple[int, str]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        client.request("GET", path, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def named(page: str) -> set[str]:
    """The companies of this test that a page names."""
    return set(re.findall(r"Bedrijf (?:Noord|Zuid)", page))


def backends() -> list[tuple[int, str]]:
    """The connections of the web: process id and what it said last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state FROM pg_stat_activity WHERE datname = current_database() AND usename = %s",
            [settings.DATABASE_APPLICATION["USER"]],
        )
        return cursor.fetchall()


@pytest.fixture
def sessions():
    north, south = (AccountFactory(state=State.ACTIVE, company__company_name=f"Bedrijf {n}") for n in ("Noord", "Zuid"))
    return {
        "Bedrijf Noord": sign_in(north.main_user).session_key,
        "Bedrijf Zuid": sign_in(south.main_user).session_key,
        "": sign_in(StaffFactory()).session_key,
    }


def storm(port: int, sessions: dict[str, str], path: str = "/") -> Counter[tuple[str, int, tuple[str, ...]]]:
    """Fifty requests at once, of two accounts and a member of staff: whose, the status, and which companies it named."""
    whose = [list(sessions)[number % 3] for number in range(REQUESTS)]
    with ThreadPoolExecutor(REQUESTS) as pool:
        found = list(pool.map(lambda name: get(port, path, sessions[name]), whose))
    return Counter((name, status, tuple(named(page))) for name, (status, page) in zip(whose, found, strict=True))


def test_fifty_requests_over_four_connections_show_no_foreign_row(port, sessions):
    for _turn in range(3):
        told = storm(port, sessions)
        assert {(name, status) for name, status, _named in told} == {(n, 200 if n else 302) for n in sessions}
        assert all(set(seen) <= {name} - {""} for name, _status, seen in told)
        assert {name for name, _status, seen in told if seen} == {"Bedrijf Noord", "Bedrijf Zuid"}
    assert 1 <= len(backends()) <= CONNECTIONS
    assert {state for _pid, state in backends()} == {"idle"}


def test_a_killed_connection_and_a_timeout_leave_no_role_behind(port, sessions):
    storm(port, sessions)
    with connection.cursor() as cursor:
        for pid, _state in backends():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        # From now on a statement of the application gets no time at all: every page fails half-way.
        cursor.execute(f"ALTER ROLE {settings.DATABASE_APPLICATION['USER']} SET lock_timeout = '50ms'")
        try:
            told = storm(port, sessions)
            assert {status for _name, status, _seen in told} <= {200, 302, 500}
            cursor.execute("BEGIN; LOCK TABLE accounts_company IN ACCESS EXCLUSIVE MODE")
            told = storm(port, sessions)
            assert 500 in {status for _name, status, _seen in told}
            assert not any(seen for *_rest, seen in told)
        finally:
            cursor.execute("ROLLBACK")
            cursor.execute(f"ALTER ROLE {settings.DATABASE_APPLICATION['USER']} RESET lock_timeout")
    told = storm(port, sessions)
    assert all(set(seen) <= {name} - {""} for name, _status, seen in told)
    assert {(name, status) for name, status, _seen in told} == {(n, 200 if n else 302) for n in sessions}
