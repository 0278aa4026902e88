"""How the product is used (§17, §19): what is noted of a request, and how it is written without anybody waiting."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import Client, RequestFactory

from accounts import usage
from accounts.models import Account, UsageEvent
from accounts.models.usage import Device, Kind, Module
from accounts.services import lock
from accounts.states import State
from accounts.usage import Event, Recorder, recorder
from tests import processes
from tests.callers import API, device
from tests.factories import AccountFactory, HelperFactory
from tests.lives import account_in
from tests.signin import freshly, sign_in

pytestmark = [pytest.mark.clause("17"), pytest.mark.clause("19")]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TABLET = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
PHONE = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def event(account: Account | int, *, at=AT, kind=Kind.VIEW, module=Module.RELATIONS) -> Event:
    key, user = (account, "0" * 32) if isinstance(account, int) else (account.pk, str(account.main_user.reference))
    return Event(key, user, at, kind, module, "192.0.2.7", Device.COMPUTER)


def noted() -> list[tuple[str, str, str, str | None]]:
    """Write what waits, and read it back."""
    recorder.flush()
    return list(UsageEvent.objects.order_by("id").values_list("kind", "module", "device", "ip_address"))


# --- What is noted -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_and_an_act_of_a_holder_are_noted_with_part_device_and_address(client, holder):
    client.force_login(holder)
    client.get("/", headers={"user-agent": FIREFOX})
    client.get("/devices/", headers={"user-agent": PHONE})
    client.post("/devices/", {"name": "Tablet"}, headers={"user-agent": ""}, REMOTE_ADDR="2001:db8::1")
    assert noted() == [
        ("view", "overview", "computer", "127.0.0.1"),
        ("view", "account", "phone", "127.0.0.1"),
        ("action", "account", "other", "2001:db8::1"),
    ]
    row = UsageEvent.objects.first()
    assert (row.account_id, row.user) == (holder.account_id, holder.reference)


@pytest.mark.django_db
def test_the_apps_requests_are_noted_as_those_of_the_app(holder):
    app = device(holder)
    app.get(f"{API}/relations/")
    app.post(f"{API}/employees/", {"last_name": "Werk"})
    assert [row[:3] for row in noted()] == [("view", "relations", "app"), ("action", "employees", "app")]


@pytest.mark.django_db
def test_a_sign_in_is_noted_once_also_with_a_second_step(client, colleague):
    sign_in(client, colleague.email)
    recorder.flush()
    freshly(client, colleague)
    client.get("/security/app/")
    assert [row[:2] for row in noted()] == [("sign-in", "account"), ("view", "account")]


@pytest.mark.django_db
def test_a_device_that_signs_in_is_noted(client, holder):
    body = {"name": "Telefoon", "email": holder.email, "password": "spijker-hamer-plank"}
    assert client.post(f"{API}/tokens/", body, content_type="application/json").status_code == 201
    assert [row[:2] for row in noted()] == [("sign-in", "account")]


@pytest.mark.django_db
@pytest.mark.clause("20")
def test_nothing_is_noted_of_visitors_staff_helpers_refusals_and_failures(client, holder, staff):
    client.get("/sign-in/")
    client.get("/nothing-here/")
    for person in (staff, HelperFactory()):
        freshly(client, person)
        client.get("/security/")
    client.force_login(holder)
    client.get("/nothing-here/")
    client.get("/static/cannonworks.css")
    client.post("/devices/", {"name": "x"}, headers={"hx-request": "true"})
    assert len(recorder) == 0
    holder.analytics = False
    holder.save()
    client.get("/")
    device(holder).get(f"{API}/relations/")
    assert (len(recorder), noted()) == (0, [])


@pytest.mark.django_db
def test_noting_asks_the_database_nothing_and_never_breaks_a_page(
    client, holder, monkeypatch, django_assert_num_queries
):
    request = RequestFactory().get("/")
    request.user, request.resolver_match = holder, client.get("/sign-in/").resolver_match
    with django_assert_num_queries(0):
        usage.note(request, type("Answer", (), {"status_code": 200}), at=AT)
    assert len(recorder) == 1
    client.force_login(holder)
    monkeypatch.setattr(recorder, "add", lambda event: 1 / 0)
    assert client.get("/").status_code == 200


def test_parts_are_known_by_their_addresses():
    assert [usage.module_of(route) for route in ("", "relations/<uuid:reference>/", "api/v1/timeline/", "terms/")] == [
        Module.OVERVIEW, Module.RELATIONS, Module.DATA, Module.OTHER,
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("agent", "device"), [("curl/8", "other"), ("Something", "other"), (TABLET, "tablet")])
def test_what_is_no_device_of_a_person_is_something_else(client, holder, agent, device):
    client.force_login(holder)
    client.get("/", headers={"user-agent": agent})
    assert [row[2] for row in noted()] == [device]


# --- How it is written ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.clause("6")
def test_events_of_accounts_that_are_gone_or_going_are_passed_by_and_the_others_written(account):
    going, erased = AccountFactory(state=State.ACTIVE), account_in(State.ERASED, on=AT.date())
    with connection.cursor() as cursor:  # the erasure opened the fence in this transaction: close it again
        cursor.execute("SELECT set_config('cannonworks.erasing', '', true)")
    events = [event(going), event(account), Event(erased.pk, *event(account)[1:]), event(10**9), event(account)]
    Account.objects.filter(pk=going.pk).update(
        state=State.CANCELLED, cancelled_on=AT.date(), keep_until=AT.date(), erase_on=AT.date(), claimed_at=AT
    )
    UsageEvent.objects.all().delete()
    assert usage.write(events) == (2, [])
    assert set(UsageEvent.objects.values_list("account", flat=True)) == {account.pk}


@pytest.mark.django_db(transaction=True)
def test_an_account_that_somebody_works_on_is_not_waited_for_and_comes_next_time(account):
    other = AccountFactory(state=State.ACTIVE)
    own = Recorder()
    for each in (account, other):
        own.add(event(each))
    with transaction.atomic():
        lock(account)
        begun = time.monotonic()
        assert processes.Beside(own.flush).result() == 1
        assert time.monotonic() - begun < 2
    assert (len(own), own.flush(), len(own)) == (1, 1, 0)
    assert UsageEvent.objects.count() == 2


@pytest.mark.django_db
def test_a_full_buffer_drops_what_comes_and_counts_it(account, caplog):
    own = Recorder(most=3)
    for _n in range(5):
        own.add(event(account))
    assert (len(own), own.dropped) == (3, 2)
    assert own.flush() == 3
    assert "2 events found no place" in caplog.text
    assert own.dropped == 0


@pytest.mark.django_db
def test_many_events_go_in_portions(account, monkeypatch):
    monkeypatch.setattr(usage, "BATCH", 2)
    own = Recorder()
    for _n in range(5):
        own.add(event(account))
    assert own.flush() == 5
    assert UsageEvent.objects.count() == 5


@pytest.mark.django_db
def test_what_could_not_be_sent_stays_and_what_was_sent_is_never_sent_twice(account, monkeypatch):
    own = Recorder()
    own.add(event(account))

    def away(*arguments):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "ensure_connection", away)
        with pytest.raises(OperationalError):
            own.flush()
    assert (len(own), own.dropped) == (1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(usage, "write", away)
        with pytest.raises(OperationalError):
            own.flush()
    assert (len(own), own.dropped) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_thread_writes_by_itself_and_the_last_events_at_the_end(account, settings):
    settings.USAGE_SECONDS = 0.05
    own = Recorder()
    own.add(event(account))
    processes.until(UsageEvent.objects.exists, "the event is written")
    settings.USAGE_SECONDS = 60
    own.add(event(account))
    time.sleep(0.2)
    own.add(event(account))
    own.stop()
    assert UsageEvent.objects.count() == 3
    own.stop()


def test_a_forked_process_begins_without_the_events_of_its_parent():
    recorder.add(event(1))
    assert processes.ended(processes.fork(lambda: os._exit(len(recorder)))) == 0
    assert len(recorder) == 1
    recorder.forget()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_costs_a_page_no_time(client, holder, settings, monkeypatch):
    """The writer hangs in the database for as long as it likes; pages go on."""
    client.force_login(holder)
    client.get("/")
    recorder.forget()
    settings.USAGE_SECONDS = 0.01
    is_back = threading.Event()
    monkeypatch.setattr(usage, "write", lambda events: is_back.wait(30) and (0, []))
    slowest = 0.0
    try:
        for _n in range(20):
            begun = time.monotonic()
            client.get("/devices/")
            slowest = max(slowest, time.monotonic() - begun)
        assert recorder._thread.is_alive()
        assert len(recorder) > 0
    finally:
        is_back.set()
        recorder.stop(0)
        recorder._thread.join(10)
    assert slowest < 1.5


@pytest.mark.django_db(transaction=True)
def test_a_web_server_that_is_stopped_writes_its_last_events(holder, tmp_path):
    session = freshly(Client(), holder).session.session_key
    port = free_port()
    arguments = (
        "-m",
        "gunicorn",
        "cannonworks.wsgi",
        "--no-control-socket",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "2",
    )
    log = tmp_path / "web.log"
    more = {"USAGE_SECONDS": "3600", "ALLOWED_HOSTS": "127.0.0.1", "DATABASE_POOL": "3"}
    with processes.running(*arguments, log=str(log), **more) as web:
        assert processes.until(lambda: fetched(port, session), "the page is there") == 200
        assert UsageEvent.objects.count() == 0
        os.kill(web.pid, signal.SIGTERM)
        web.wait(20)
    assert UsageEvent.objects.count() == 1, log.read_text()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def fetched(port: int, session: str) -> int | None:
    try:
        there = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        there.request("GET", "/devices/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
        return there.getresponse().status
    except OSError:
        return None
