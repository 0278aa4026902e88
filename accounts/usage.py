"""How the product is used (§17, §19), collected without slowing it down.

A request ends with at most one event in a buffer of its own process; a thread beside the requests writes what is there
every few seconds, in a short transaction under the role of jobs. So a page never waits for it, and a database that is
away, or slow, costs events and no time. An event is written once or, in a crash, not at all.

Nothing is collected of staff, of helpers, of visitors, and of whoever refused statistics (§20).
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, HttpResponse

from accounts.lockout import client_address
from accounts.models.usage import Device, Kind, Module
from cannonworks import isolation
from cannonworks.devices import kind_of

log = logging.getLogger(__name__)

#: Events that wait at most, of one process; about a megabyte. What comes on top of it is dropped, and counted.
MOST = 5_000
#: Events that one statement writes.
BATCH = 1_000
#: For so long the end of a process waits for its last events.
PATIENCE = 5.0

#: First part of an address, with or without ``api/v1/`` before it → part of the product.
MODULES = {
    "": Module.OVERVIEW,
    **dict.fromkeys(("relations",), Module.RELATIONS),
    **dict.fromkeys(("employees",), Module.EMPLOYEES),
    **dict.fromkeys(("documents",), Module.DOCUMENTS),
    **dict.fromkeys(("my-data", "timeline", "holds", "warnings", "usage", "looks", "export", "returns"), Module.DATA),
    **dict.fromkeys(
        ("account", "company", "users", "security", "devices", "tokens", "erasure", "subscription", "letter"),
        Module.ACCOUNT,
    ),
}


class Event(NamedTuple):
    """What is known of one request: account by key, user by reference, kind, part, from where and with what."""

    account: int
    user: str
    at: datetime
    kind: str
    module: str
    ip_address: str | None
    device: str


def note(request: HttpRequest, response: HttpResponse, *, at: datetime) -> None:
    """Put the event that an answered request is, if it is one, into the buffer; asks the database nothing (§19)."""
    if (event := event_of(request, response, at=at)) is not None:
        recorder.add(event)


def event_of(request: Any, response: HttpResponse, *, at: datetime) -> Event | None:
    """The event that a request is; None for visitors, staff, helpers, failures, and where statistics were refused.

    What a page asks for by itself, like the check of a field or the state of a job, is nobody's click.
    """
    user = getattr(request, "user", None)
    match = request.resolver_match
    if user is None or match is None or response.status_code >= 400 or request.headers.get("HX-Request"):
        return None
    if not user.is_authenticated or user.account_id is None or user.analytics is False:
        return None
    kind = _kind(request, match.url_name)
    module = Module.ACCOUNT if kind == Kind.SIGN_IN else module_of(match.route)
    by_token = getattr(request, "auth", None) is not None
    device = Device.APP if by_token else _device(request)
    return Event(user.account_id, str(user.reference), at, kind, module, client_address(request), device)


def module_of(route: str) -> Module:
    """The part of the product in which a route lies."""
    first = route.removeprefix("api/v1/").partition("/")[0]
    return MODULES.get(first, Module.OTHER)


def _device(request: Any) -> Device:
    kind = kind_of(request.headers.get("user-agent", ""))
    return Device(kind) if kind in Device else Device.OTHER


def _kind(request: Any, name: str | None) -> Kind:
    if getattr(request, "has_signed_in", False) or (name == "api-tokens" and request.method == "POST"):
        return Kind.SIGN_IN
    return Kind.VIEW if request.method in ("GET", "HEAD", "OPTIONS") else Kind.ACTION


class Recorder:
    """The buffer of one process, and the thread that empties it. ``dropped``: events that found no place."""

    def __init__(self, *, most: int = MOST) -> None:
        self.most = most
        self.forget()

    def forget(self) -> None:
        """Begin anew: a forked process has events of its parent in its memory, and no thread."""
        self.dropped = 0
        self._events: deque[Event] = deque()
        self._writing, self._starting = threading.Lock(), threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """Keep an event until it is written; dropped where there is no place. Never waits."""
        if len(self._events) >= self.most:
            self.dropped += 1
            return
        self._events.append(event)
        if settings.USAGE_SECONDS and self._thread is None:
            self._start()

    def flush(self) -> int:
        """Write what waits now and return how many events that were; DatabaseError when the database is away.

        What was not yet sent then stays for the next time. Any thread may call it; two never write the same event.
        """
        with self._writing:
            self._tell_of_dropped()
            written = 0
            for _portion in range(-(-len(self._events) // BATCH)):
                connection.ensure_connection()  # before an event is taken, so that none is lost for want of one
                batch = [self._events.popleft() for _n in range(min(BATCH, len(self._events)))]
                try:
                    done, busy = write(batch)
                except DatabaseError:
                    self.dropped += len(batch)  # perhaps they were written after all: never twice
                    raise
                written += done
                self._events.extend(busy[: self.most - len(self._events)])
            return written

    def stop(self, seconds: float = PATIENCE) -> None:
        """Write the last events and end the thread; waits for it no longer than ``seconds``. Idempotent."""
        thread = self._thread
        if thread is not None:
            self._stopping.set()
            thread.join(seconds)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._stopping.wait(settings.USAGE_SECONDS)
            try:
                self.flush()
            except (DatabaseError, InterfaceError) as error:
                log.warning("usage: nothing could be written (%s); %d events wait", type(error).__name__, len(self))
            except Exception:
                log.exception("usage: events were lost")
            finally:
                connection.close()  # into the pool, or for good: requests need it more

    def _tell_of_dropped(self) -> None:
        if self.dropped:
            log.warning("usage: %d events found no place and were dropped", self.dropped)
            self.dropped = 0


#: Of those whose account is there, not being erased, and not locked by somebody at this moment: a lock on the account
#: is taken first, so that neither the foreign key nor the fence can refuse one event and lose the others with it.
WRITE = """
WITH said AS (
    SELECT * FROM jsonb_to_recordset(%s)
    AS said(account bigint, "user" uuid, at timestamptz, kind text, module text, ip_address inet, device text)
), there AS MATERIALIZED (
    SELECT id FROM accounts_account WHERE id IN (SELECT account FROM said) AND claimed_at IS NULL AND state <> 'erased'
    FOR KEY SHARE SKIP LOCKED
)
INSERT INTO accounts_usageevent (account_id, "user", at, kind, module, ip_address, device)
SELECT account, "user", at, kind, module, ip_address, device FROM said JOIN there ON there.id = account
RETURNING account_id
"""
#: Accounts that somebody works on just now: their events come again next time.
BUSY = "SELECT id FROM accounts_account WHERE id = ANY(%s) AND claimed_at IS NULL AND state <> 'erased'"


def write(events: Iterable[Event]) -> tuple[int, list[Event]]:
    """Write events in one transaction; return how many, and those whose account was locked just then.

    Those of accounts that are gone, or being erased, are passed by.
    """
    events = list(events)
    outermost = not connection.in_atomic_block
    as_jobs = isolation.acting_as(isolation.JOBS, until_commit=outermost)
    with transaction.atomic(), as_jobs, connection.cursor() as cursor:
        if outermost:  # a connection of its own: it gives up where others are slow
            cursor.execute("SET LOCAL statement_timeout = '10s'")
        cursor.execute(WRITE, [json.dumps([event._asdict() for event in events], cls=DjangoJSONEncoder)])
        done = [account for (account,) in cursor.fetchall()]
        cursor.execute(BUSY, [list({event.account for event in events}.difference(done))])
        busy = {account for (account,) in cursor.fetchall()}
    return len(done), [event for event in events if event.account in busy]


recorder = Recorder()
os.register_at_fork(after_in_child=recorder.forget)
atexit.register(recorder.stop)
