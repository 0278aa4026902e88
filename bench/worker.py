"""One measured process: a worker as in production, or the bare statements that are its limit.

It warms up, says ``ready``, waits for a line, works, and says in JSON what it took. So the one that measures can start
several at the same moment, and nothing of the start of Python counts.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import django

from bench.backups import backed_up
from bench.board import board
from bench.changes import announced, read, told
from bench.data import AT, BEFORE, ON
from bench.importing import copied, people
from bench.lists import lists
from bench.notices import handed, mailed, planned
from bench.pages import pages
from bench.restoring import bare_restored, dumped, put_away, restored
from bench.returning import looked, returned

#: Those that ask for pages, as a web process answers them.
WEB = frozenset(("pages", "lists", "looked", "board", "read"))


def erase(_argument: str) -> dict[str, Any]:
    """Erase everything that is due, by the one door; seconds, runs finished, and memory over idle in MiB."""
    from retention import erasure

    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    begun = time.monotonic()
    finished = erasure.erase_due(on=ON, at=AT)
    ended = time.monotonic()
    return {"begun": begun, "ended": ended, "finished": finished, "mib": _memory("VmHWM") - idle}


def bare(_argument: str) -> dict[str, Any]:
    """Delete the same rows of the same accounts with bare statements, in the same order and the same batches."""
    from django.db import connection, transaction

    from accounts.models import Account, DataKey
    from cannonworks import datamap, rules
    from retention.erasure import BATCH

    places = [(DataKey._meta.db_table, '"account_id" = ANY(%s)')]
    places += [(entry.table, entry.belonging("= ANY(%s)")) for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT)]
    due = list(Account.objects.due(ON).order_by("erase_on").values_list("pk", flat=True))
    rows = 0
    begun = time.monotonic()
    for start in range(0, len(due), BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
            for table, where in places:
                cursor.execute(f'DELETE FROM "{table}" WHERE {where}', [due[start : start + BATCH]])
                rows += cursor.rowcount
    return {"begun": begun, "ended": time.monotonic(), "rows": rows}


def sweep(times: str) -> dict[str, Any]:
    """Sweep so often with nothing due: milliseconds in the database per sweep, and the statements of one with plans."""
    from retention import sweep as sweeping

    milliseconds, statements = [], []
    for _time in range(int(times)):
        with _listening() as heard:
            outcome = sweeping.sweep(on=ON, at=AT)
        if (outcome.lapsed, outcome.warned, outcome.erased, outcome.stopped) != (0, 0, 0, ""):
            raise AssertionError(outcome)
        milliseconds.append(1000 * sum(seconds for _statement, _params, seconds in heard))
        statements = [(statement, params) for statement, params, _seconds in heard]
    return {"milliseconds": milliseconds, "plans": [_plan(*statement) for statement in statements]}


def append(entries: str) -> dict[str, Any]:
    """Write so many lines into the journal as the product does, all at once; seconds."""
    from journal import services as journal

    lines = _lines(int(entries))
    begun = time.monotonic()
    journal.record_all(lines)
    return {"begun": begun, "ended": time.monotonic()}


def insert(entries: str) -> dict[str, Any]:
    """Write the same rows with a bare INSERT of ready columns, the fastest of those tried; seconds."""
    from django.db import connection, transaction

    lines = _lines(int(entries))
    names = "event, account_reference, actor_reference, actor_kind, clause, facts"
    columns = [[one[name] and str(one[name]) for one in lines] for name in names.split(", ")[:-1]]
    columns.append([json.dumps(one["facts"]) for one in lines])
    kinds = ("text", "uuid", "uuid", "text", "text", "jsonb")
    begun = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        cursor.execute(f"INSERT INTO journal_entry ({names}) SELECT * FROM unnest({arrays})", columns)
    return {"begun": begun, "ended": time.monotonic()}


def _lines(entries: int) -> list[dict[str, Any]]:
    from uuid import UUID

    from accounts.models import Account
    from journal import services as journal

    accounts = [Account(reference=UUID(int=number)) for number in range(1, 1001)]
    return [
        journal.line("erasure.done", account=accounts[n % 1000], clause="5.4", rows=n, held=["relations"], on=ON)
        for n in range(entries)
    ]


def seal(_argument: str) -> dict[str, Any]:
    """Seal what is in the journal; seconds and entries."""
    from journal import sealing

    begun = time.monotonic()
    sealed = sealing.seal(at=AT)
    return {"begun": begun, "ended": time.monotonic(), "entries": sealed}


def verify(_argument: str) -> dict[str, Any]:
    """Prove the journal; entries, processor seconds of this process and of its server process, memory over idle in MiB.

    Where the server process is not on this machine, seconds by the clock.
    """
    from django.db import connection

    from retention import evidence

    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    with _working(connection) as took:
        report = evidence.verify()
    if report.broken:
        raise AssertionError(report.broken)
    return {"seconds": took[0], "entries": report.entries, "mib": _memory("VmHWM") - idle}


@contextmanager
def _working(connection: Any) -> Iterator[list[float]]:
    """What was worked meanwhile, here and in the server process, in processor seconds; see ``verify``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    server = Path(f"/proc/{pid}/stat")
    is_here = connection.connection.info.host.startswith("/") and server.exists()  # by a socket: on this machine

    def moment() -> float:
        if not is_here:
            return time.monotonic()
        fields = server.read_text().rpartition(")")[2].split()
        return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    took, begun = [0.0], moment()
    yield took
    took[0] = moment() - begun


def scan(_argument: str) -> dict[str, Any]:
    """Read every column of every entry within the database, and do nothing with it; seconds as for verify, entries."""
    from django.db import connection, transaction

    with _working(connection) as took, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather TO 0")  # one core, as for who verifies
        cursor.execute(
            "SELECT count(*), sum(length(event) + length(clause) + length(actor_kind) + length(facts::text)), max(at),"
            " count(account_reference), count(actor_reference) FROM journal_entry"
        )
        (entries, *_sums) = cursor.fetchone()
    return {"seconds": took[0], "entries": entries}


@contextmanager
def _listening() -> Iterator[list[tuple[str, Any, float]]]:
    from django.db import connection

    heard: list[tuple[str, Any, float]] = []

    def listen(execute: Callable[..., Any], statement: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(statement, params, many, context)
        finally:
            heard.append((statement, params, time.perf_counter() - begun))

    with connection.execute_wrapper(listen):
        yield heard


def _plan(statement: str, params: Any) -> dict[str, Any]:
    """How the database goes about it: its tables with their way of access, rows looked at, and pages touched."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", params)
        (root,) = cursor.fetchone()[0]
        scans = [node for node in _nodes(root["Plan"]) if "Relation Name" in node]
        sizes = {}
        for node in scans:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = %s", [node["Relation Name"]])
            sizes[node["Relation Name"]] = max(0, cursor.fetchone()[0])
    return {
        "statement": re.sub(r"\s+", " ", statement),
        "scans": [{"table": node["Relation Name"], "by": node.get("Index Name", node["Node Type"])} for node in scans],
        # A table of a handful of rows is read whole by any planner; what grows with the accounts must not be.
        "probes": all("Seq Scan" not in node["Node Type"] or sizes[node["Relation Name"]] < 100 for node in scans),
        "pages": root["Plan"]["Shared Hit Blocks"] + root["Plan"]["Shared Read Blocks"],
    }


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _memory(name: str) -> float:
    """``VmRSS`` or ``VmHWM`` of this process in MiB."""
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def main(name: str, argument: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
    django.setup()
    from cannonworks import isolation
    from cannonworks.settling import settle
    from retention import sweep as sweeping

    tasks = (
        erase, bare, sweep, append, insert, seal, verify, scan, pages, lists, people, copied, returned, looked, board,
        planned, handed, mailed, announced, told, read, backed_up, put_away, dumped, bare_restored, restored,
    )  # fmt: skip
    with isolation.acting_as(isolation.JOBS):
        sweeping.sweep(on=BEFORE, at=AT)
        settle(with_pages=name in WEB)  # as every worker and every web process does
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps({task.__name__: task for task in tasks}[name](argument)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
