"""The benchmarks run, and find what they erase right; how fast is told by ``make bench``, not by a busy test run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.conf import settings

from bench.databases import Server
from bench.lists import ASKED, DEEP, LOOKED, NOTING

#: What every run measures, in this order.
MEASURED = [
    "Sweep, nothing due: database time, 5,000 beside 500 accounts",
    "… its queries",
    "… its queries that are index probes (or read a table of a few rows)",
    "… pages that they touch",
    "Erase 60 accounts with 6,000 rows: rows a second",
    "… memory of a worker over idle",
    "… by two workers, beside one",
    "… accounts erased twice, or not at all",
    "Erase one account with 5,000 rows: rows a second",
    "… memory of a worker over idle",
    "… accounts erased twice, or not at all",
    "… its longest transaction",
    "Encrypt and hash a BSN: values a second",
    "Roles and row security at 600 relations: 50 relations over the API",
    "Roles and row security at 600 relations: the dashboard",
    *(f"Of 5,000 relations among 15,000, p95: {what}" for what in (*ASKED, f"page {DEEP + 1}", *LOOKED, NOTING[0])),
    "Write 500 journal entries at once: entries a second",
    "Verify a journal of 2,000 entries, beside reading it: entries a second of one core",
    "… memory over idle",
    "… sealing it: entries a second",
    "Import a file of 2,000 relations, beside COPY: seconds",
    "… memory of its worker over idle",
    "Return the data of an account with 2,000 relations, beside COPY: rows a second",
    "… memory of its worker over idle",
    "… p95 of the dashboard of another account meanwhile",
    *(
        f"Of 300 deadlines, one of 500 accounts, p95: {what}"
        for what in ("the board", "page 2", "one urgency", "one kind, ours", "the start page")
    ),
    "Of 300 deadlines, one of 500 accounts: telling all of it",
    "Of 300 deadlines, one of 500 accounts: telling nothing new",
    "Tell 300 accounts of a breach, two workers: mails a second",
    "… listed, planned and handed over",
    "… accounts told twice, or not at all",
    "… memory of a worker over idle",
    "… p95 of the dashboard of another account meanwhile",
    "Tell 300 accounts of a new sub-processor, two workers: mails a second",
    "… announced, planned and handed over",
    "… accounts told twice, or not at all",
    "… memory of a worker over idle",
    *(
        f"Of 300 accounts, p95: {what}"
        for what in (
            "the page of the change",
            "the dashboard",
            "staff look for an account by reference",
            "staff look for an account by name of a company",
        )
    ),
    "Restore a backup and erase 60 accounts again, beside pg_restore alone: seconds",
    "… accounts that were not erased again",
    "Back up 6,000 relations, beside bare pg_dump -Fc: bytes of the dump a second",
    "… memory of its worker over idle",
]
#: Bounds that hold however busy the machine is.
EXACT = {
    "… its queries",
    "… its queries that are index probes (or read a table of a few rows)",
    "… memory of a worker over idle",
    "… accounts erased twice, or not at all",
    "… accounts told twice, or not at all",
    "… accounts that were not erased again",
    "… memory over idle",
    "… memory of its worker over idle",
}


@pytest.mark.timeout(400)
@pytest.mark.django_db  # so that there is one that is migrated
def test_every_figure_stands_beside_its_limit_and_nothing_is_left(tmp_path, migrated):
    """One quick run, on databases of its own."""
    path = tmp_path / "results.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--migrated", migrated.name, "--output", str(path)],
        cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=360, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Benchmarks" in run.stdout
    found = json.loads(path.read_text())
    assert found["quick"] is True
    assert [result["what"] for result in found["results"]] == MEASURED
    assert all(result["ours"] for result in found["results"])
    assert [result["what"] for result in found["results"] if not result["bound"]] == [
        "… pages that they touch", "… sealing it: entries a second",
        "Tell 300 accounts of a new sub-processor, two workers: mails a second",
    ]  # fmt: skip
    exact = [result for result in found["results"] if result["what"] in EXACT]
    assert [(result["what"], result["held"]) for result in exact if not result["held"]] == []
    assert len(exact) == 15
    server = Server()
    with server.admin_connection() as connection:
        left = connection.execute("SELECT count(*) FROM pg_database WHERE datname ~ '^bench_'").fetchone()
    assert left == (0,)
    server.admin.close()
