"""``make bench``: every benchmark beside its raw limit in the same run; a table on the screen, JSON in results.json.

Times are those of an uncertain machine, so a bound is on the ratio of two medians, of runs that took turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import board, data, sealing
from bench.databases import BASE_DIR, Database, Server, environment
from bench.returning import p95

RESULTS = Path(__file__).resolve().parent / "results.json"
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Scale:
    """How much is measured: accounts of a small and a large sweep, sweeps a turn, sizes, and turns of each kind."""

    small: int
    large: int
    sweeps: int
    backlog: data.Size
    giant: data.Size
    turns: int
    giant_turns: int
    numbers: int
    listed: tuple[int, int]
    searched: tuple[int, int]
    requests: int
    appended: int
    entries: int
    imported: int
    returned: int
    looked: float
    clocks: tuple[int, int]
    noticed: int
    restored: tuple[data.Size, int]
    backed_up: tuple[int, int]


FULL = Scale(
    small=10_000,
    large=1_000_000,
    sweeps=40,
    backlog=data.Size(due=2_000, relations=24, employees=4, documents=20, lines=43),
    giant=data.Size(due=1, relations=200_000, employees=1_000, documents=200_000, lines=598_991),
    turns=5,
    giant_turns=3,
    numbers=100_000,
    listed=(10, 100_000),
    searched=(10, 100_000),
    requests=60,
    appended=20_000,
    entries=300_000,
    imported=100_000,
    returned=1_000_000,
    looked=8,
    clocks=(10_000, 100_000),
    noticed=100_000,
    restored=(data.Size(due=10_000, relations=3, employees=1, documents=3, lines=6), 150),
    backed_up=(5, 100_000),
)
QUICK = Scale(
    small=500,
    large=5_000,
    sweeps=5,
    backlog=data.Size(due=60, relations=24, employees=4, documents=20, lines=43),
    giant=data.Size(due=1, relations=1_000, employees=10, documents=1_000, lines=2_981),
    turns=1,
    giant_turns=1,
    numbers=1_000,
    listed=(3, 200),
    searched=(3, 5_000),
    requests=3,
    appended=500,
    entries=2_000,
    imported=2_000,
    returned=2_000,
    looked=0.1,
    clocks=(300, 500),
    noticed=300,
    restored=(data.Size(due=60, relations=3, employees=1, documents=3, lines=6), 20),
    backed_up=(3, 2_000),
)


@dataclass(frozen=True)
class Result:
    """One line of the table. ``held``: the figure lies within its bound; None where a number only informs."""

    what: str
    ours: str
    limit: str
    ratio: float | None
    bound: str
    held: bool | None
    runs: dict[str, Any] = field(default_factory=dict)


class Bench:
    """The benchmarks, on scratch databases of one server."""

    def __init__(self, server: Server, scale: Scale, folder: Path, tell: Console, migrated: str = "") -> None:
        self.server, self.scale, self.folder, self.tell = server, scale, folder, tell
        self.empty = server.database(migrated) if migrated else server.migrated(folder)

    def results(self) -> Iterator[Result]:
        """Run all of them, one after the other."""
        yield from self.sweeps()
        yield from self.backlog()
        yield from self.giant()
        yield from self.sealing()
        yield from self.isolation()
        yield from self.lists()
        yield from self.journal()
        yield from self.importing()
        yield from self.returning()
        yield from self.board()
        yield from self.breaches()
        yield from self.changes()
        yield from self.restore()
        yield from self.backup()

    # --- A sweep with nothing due ----------------------------------------------------------------------------

    def sweeps(self) -> Iterator[Result]:
        """The same sweep over few and over many accounts: its cost may not follow their number."""
        small, large = self.scale.small, self.scale.large
        databases = {n: self.server.template(f"sweep_{n}", self.empty, *data.population(n)) for n in (small, large)}
        times: dict[int, list[float]] = {small: [], large: []}
        plans: dict[int, list[dict[str, Any]]] = {}
        for _turn in range(self.scale.turns):
            for accounts, database in databases.items():
                (said,) = self.work(database, ("sweep", str(self.scale.sweeps)))
                times[accounts].append(median(said["milliseconds"]))
                plans[accounts] = said["plans"]
        for database in databases.values():
            self.server.drop(database)
        queries, pages = ({n: tell(plans[n]) for n in plans} for tell in (len, _pages))
        ours, limit = median(times[large]), median(times[small])
        yield Result(
            f"Sweep, nothing due: database time, {large:,} beside {small:,} accounts",
            f"{ours:.2f} ms", f"{limit:.2f} ms", ours / limit, "≤ 2", ours <= 2 * limit,
            {"ours ms": times[large], "limit ms": times[small]},
        )  # fmt: skip
        yield Result(
            "… its queries", f"{queries[large]}", f"{queries[small]}", queries[large] / queries[small], "= 1",
            queries[large] == queries[small],
        )  # fmt: skip
        probes = [plan["probes"] for plan in plans[large]]
        yield Result(
            "… its queries that are index probes (or read a table of a few rows)",
            f"{sum(probes)}", f"{len(probes)}", sum(probes) / len(probes), "= 1", all(probes), {"plans": plans[large]},
        )  # fmt: skip
        yield Result(
            "… pages that they touch", f"{pages[large]}", f"{pages[small]}", pages[large] / pages[small], "", None
        )

    # --- A backlog, by one worker and by two -----------------------------------------------------------------

    def backlog(self) -> Iterator[Result]:
        """Erase many due accounts, by one worker and by two, beside the bare statements."""
        size = self.scale.backlog
        template = self.server.template("backlog", self.empty, *data.backlog(size))
        runs = Runs()
        for _turn in range(self.scale.turns):
            runs.bare.append(self.bare(template, size))
            runs.ours.append(self.erase(template, size))
            runs.two.append(self.erase(template, size, workers=2))
        self.server.drop(template)
        yield from _erasing(f"Erase {size.due:,} accounts with {size.rows:,} rows", size, runs)
        one, two = median(run.seconds for run in runs.ours), median(run.seconds for run in runs.two)
        yield Result(
            "… by two workers, beside one", f"{two:.2f} s", f"{one:.2f} s", two / one, "< 1", two < one,
            {"ours s": [run.seconds for run in runs.two]},
        )  # fmt: skip
        twice = sum(run.twice for run in runs.two + runs.ours)
        yield Result("… accounts erased twice, or not at all", f"{twice}", "0", None, "= 0", twice == 0)

    def giant(self) -> Iterator[Result]:
        """Erase one account with very many rows, beside one bare statement per table."""
        size = self.scale.giant
        template = self.server.template("giant", self.empty, *data.giant(size))
        runs = Runs()
        for _turn in range(self.scale.giant_turns):
            runs.bare.append(self.bare(template, size, watched=True))
            runs.ours.append(self.erase(template, size, watched=True))
        self.server.drop(template)
        yield from _erasing(f"Erase one account with {size.rows:,} rows", size, runs)
        twice = sum(run.twice for run in runs.ours)
        yield Result("… accounts erased twice, or not at all", f"{twice}", "0", None, "= 0", twice == 0)
        longest, bare = (max(run.longest for run in kind) for kind in (runs.ours, runs.bare))
        yield Result(
            "… its longest transaction", f"{longest:.2f} s", f"{bare:.2f} s", longest / bare, "≤ 5 s", longest <= 5
        )

    # --- Encryption ------------------------------------------------------------------------------------------

    def sealing(self) -> Iterator[Result]:
        """Encrypt and hash citizen service numbers of one account, beside AES-GCM alone with all else made ready."""
        times = sealing.measure(self.scale.numbers, self.scale.turns)
        ours, limit = (self.scale.numbers / median(times[name]) for name in ("ours s", "limit s"))
        yield Result(
            "Encrypt and hash a BSN: values a second", f"{ours:,.0f}", f"{limit:,.0f}", ours / limit, "≥ 0.3",
            ours >= 0.3 * limit, times,
        )  # fmt: skip

    # --- Roles and row security ------------------------------------------------------------------------------

    def isolation(self) -> Iterator[Result]:
        """Show lists with the database's guards, beside the same lists without them."""
        accounts, relations = self.scale.listed
        template = self.server.template("listing", self.empty, *data.listing(accounts, relations))
        (told,) = self.work(template, ("pages", str(self.scale.requests)))
        self.server.drop(template)
        for (page, times), name in zip(told.items(), ("50 relations over the API", "the dashboard"), strict=True):
            # Turns lie side by side: what disturbs one disturbs the other.
            ratio = median(ours / bare for ours, bare in zip(times["guarded"], times["open"], strict=True))
            ours, limit = median(times["guarded"]), median(times["open"])
            yield Result(
                f"Roles and row security at {accounts * relations:,} relations: {name}", f"{ours:.2f} ms",
                f"{limit:.2f} ms", ratio, "≤ 1.1", ratio <= 1.1, {"page": page, **times},
            )  # fmt: skip

    def lists(self) -> Iterator[Result]:
        """Show, search, filter and turn the pages of relations in accounts with very many, beside the bare SQL.

        And what looks over the whole of such an account: its dashboard, what is kept of it, and how it is used.
        """
        accounts, relations = self.scale.searched
        template = self.server.template("lists", self.empty, *data.lists(accounts, relations))
        (told,) = self.work(template, ("lists", str(self.scale.requests)))
        self.server.drop(template)
        for name, found in told.items():
            limit, bound = found.get("bare"), found.get("bound", 50)
            yield Result(
                f"Of {relations:,} relations among {accounts * relations:,}, p95: {name}", _ms(found["page"]),
                _ms(limit) if limit else "", found["page"] / limit if limit else None, f"≤ {bound} ms",
                found["page"] <= bound, found,
            )  # fmt: skip

    # --- The journal -----------------------------------------------------------------------------------------

    def journal(self) -> Iterator[Result]:
        """Write into the journal beside a bare INSERT; verify it beside reading it."""
        yield self.appending()
        template = self.server.template("journal", self.empty, data.ENTRIES.format(entries=self.scale.entries))
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        with self.server.copy(template) as database:
            (sealed,) = self.work(database, ("seal", ""), ledger=folder)
            turns = [
                [self.work(database, (task, ""), ledger=folder)[0] for task in ("verify", "scan")]
                for _turn in range(self.scale.turns)
            ]
        self.server.drop(template)
        ours, limit = ([turn[kind]["entries"] / turn[kind]["seconds"] for turn in turns] for kind in (0, 1))
        rate, mib = median(ours), max(turn[0]["mib"] for turn in turns)
        what = f"Verify a journal of {self.scale.entries:,} entries, beside reading it: entries a second of one core"
        yield Result(
            what, f"{rate:,.0f}", f"{median(limit):,.0f}", rate / median(limit), "≥ 100,000", rate >= 100_000,
            {"ours": ours, "limit": limit},
        )  # fmt: skip
        yield Result("… memory over idle", f"{mib:.1f} MiB", "", None, "≤ 60 MiB", mib <= 60)
        yield Result(
            "… sealing it: entries a second", f"{sealed['entries'] / _seconds(sealed):,.0f}", "", None, "", None
        )

    def appending(self) -> Result:
        """Write many entries at once, as the product does and with bare statements that have the same values."""
        rates: dict[str, list[float]] = {"append": [], "insert": []}
        for _turn in range(self.scale.turns):
            for task, found in rates.items():
                with self.server.copy(self.empty) as database:
                    (said,) = self.work(database, (task, str(self.scale.appended)))
                found.append(self.scale.appended / _seconds(said))
        ours, limit = median(rates["append"]), median(rates["insert"])
        return Result(
            f"Write {self.scale.appended:,} journal entries at once: entries a second", f"{ours:,.0f}", f"{limit:,.0f}",
            ours / limit, "≥ 0.6", ours >= 0.6 * limit, rates,
        )  # fmt: skip

    # --- Files with people -----------------------------------------------------------------------------------

    def importing(self) -> Iterator[Result]:
        """Take in a file with very many relations, beside a bare COPY of the same rows."""
        rows = self.scale.imported
        said: dict[str, list[dict[str, Any]]] = {"people": [], "copied": []}
        for _turn in range(self.scale.giant_turns):
            for task, found in said.items():
                with self.server.copy(self.empty) as database:
                    found += self.work(database, (task, str(rows)), ledger=Path(tempfile.mkdtemp(dir=self.folder)))
        times = {name: [_seconds(one) for one in found] for name, found in said.items()}
        ours, limit = median(times["people"]), median(times["copied"])
        yield Result(
            f"Import a file of {rows:,} relations, beside COPY: seconds", f"{ours:.1f} s", f"{limit:.1f} s",
            ours / limit, "≤ 60 s", ours <= 60, {"ours s": times["people"], "limit s": times["copied"]},
        )  # fmt: skip
        mib = max(one["mib"] for one in said["people"])
        yield Result("… memory of its worker over idle", f"{mib:.1f} MiB", "", None, "≤ 100 MiB", mib <= 100)

    # --- The board of deadlines ------------------------------------------------------------------------------

    def board(self) -> Iterator[Result]:
        """Show very many clocks to staff, beside the bare statement; and tell staff of those that passed a step."""
        count, crowd = self.scale.clocks
        template = self.server.template("board", self.empty, *board.clocks(count, crowd))
        (said,) = self.work(template, ("board", str(self.scale.requests)))
        self.server.drop(template)
        for name, found in said["told"].items():
            is_job = "told" in found
            limit, most = found.get("bare"), 5_000 if is_job else 100
            what = f"Of {said['lines']:,} deadlines, one of {crowd:,} accounts{'' if is_job else ', p95'}: {name}"
            yield Result(
                what, _ms(found["page"]), _ms(limit) if limit else "", found["page"] / limit if limit else None,
                f"≤ {most} ms", found["page"] <= most, found,
            )  # fmt: skip

    # --- Backups ---------------------------------------------------------------------------------------------

    def restore(self) -> Iterator[Result]:
        """Restore a backup and erase again who was erased since, beside pg_restore alone of the same data."""
        size, relations = self.scale.restored
        template = self.server.template("restore", self.empty, *data.backed_up(size, relations))
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        with self.server.copy(template) as database:
            self.server.drop(template)
            (made,) = self.work(database, ("put_away", ""), ledger=folder / "ledger")
            self.work(database, ("dumped", str(folder / "bare")), ledger=folder / "ledger")
            self.work(database, ("erase", ""), ledger=folder / "ledger")
            (bare,) = self.work(database, ("bare_restored", str(folder / "bare")), ledger=folder / "ledger")
            (ours,) = self.work(database, ("restored", made["name"]), ledger=folder / "ledger")
        took, limit = _seconds(ours), _seconds(bare)
        yield Result(
            f"Restore a backup and erase {size.due:,} accounts again, beside pg_restore alone: seconds",
            f"{took:.1f} s", f"{limit:.1f} s", took / limit, "≤ 1.5", took <= 1.5 * limit,
            {"MiB": made["size"] / 2**20, "steps s": ours["steps"]},
        )  # fmt: skip
        wrong = size.due - ours["accounts"]
        yield Result("… accounts that were not erased again", f"{wrong}", "0", None, "= 0", wrong == 0)

    # --- Return of data --------------------------------------------------------------------------------------

    def returning(self) -> Iterator[Result]:
        """Return all data of an account with very many relations, beside COPY; and a dashboard meanwhile."""
        rows, seconds = self.scale.returned, str(self.scale.looked)
        template = self.server.template("returning", self.empty, *data.returning(3, rows))
        turns, looks = [], []
        for _turn in range(self.scale.giant_turns):
            with self.server.copy(template) as database:
                folder = Path(tempfile.mkdtemp(dir=self.folder))
                turns += self.work(database, ("returned", ""), ledger=folder)
                (alone,) = self.work(database, ("looked", seconds), ledger=folder)
            with self.server.copy(template) as database:
                made, beside = self.work(database, ("returned", ""), ("looked", seconds), ledger=folder)
                looks.append((p95(beside, made), p95(alone)))
        self.server.drop(template)
        ours = [turn["rows"] / _seconds(turn) for turn in turns]
        limit = [turn["rows"] / median(turn["copied"]) for turn in turns]
        ratio = median(one / other for one, other in zip(ours, limit, strict=True))  # turns lie side by side
        yield Result(
            f"Return the data of an account with {rows:,} relations, beside COPY: rows a second",
            f"{median(ours):,.0f}", f"{median(limit):,.0f}", ratio, "≥ 0.3", ratio >= 0.3, {"turns": turns},
        )  # fmt: skip
        mib = max(turn["mib"] for turn in turns)
        yield Result("… memory of its worker over idle", f"{mib:.1f} MiB", "", None, "≤ 100 MiB", mib <= 100)
        slower = median(beside / alone for beside, alone in looks)
        meanwhile, quiet = (median(look[place] for look in looks) for place in (0, 1))
        yield Result(
            "… p95 of the dashboard of another account meanwhile", f"{meanwhile:.1f} ms", f"{quiet:.1f} ms", slower,
            "≤ 2", slower <= 2, {"ms": looks},
        )  # fmt: skip

    # --- Breaches --------------------------------------------------------------------------------------------

    def breaches(self) -> Iterator[Result]:
        """Tell very many accounts of a breach with two workers, beside smtplib alone; and a dashboard meanwhile."""
        accounts, seconds = self.scale.noticed, str(self.scale.looked)
        template = self.server.template("breaches", self.empty, *data.listing(accounts, 0))
        with self.sinking() as told, self.server.copy(template) as database:
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            (made,) = self.work(database, ("planned", ""), ledger=folder)
            (alone,) = self.work(database, ("looked", seconds), ledger=folder)
            *sent, beside = self.work(database, ("handed", "0"), ("handed", "1"), ("looked", seconds), ledger=folder)
            arrived = told()
            raw = self.work(database, *[("mailed", str(accounts // 2))] * 2)
        self.server.drop(template)
        took, bare = (max(one["ended"] for one in two) - min(one["begun"] for one in two) for two in (sent, raw))
        minutes = (_seconds(made) + took) / 60
        yield Result(
            f"Tell {accounts:,} accounts of a breach, two workers: mails a second", f"{accounts / took:,.0f}",
            f"{accounts / bare:,.0f}", bare / took, "≥ 0.03", bare >= 0.03 * took, {"ours": sent, "limit": raw},
        )  # fmt: skip
        yield Result(
            "… listed, planned and handed over", f"{minutes:.1f} min", "", None, "≤ 10 min", minutes <= 10, made
        )
        wrong = abs(arrived["mails"] - accounts) + abs(arrived["different"] - accounts)
        yield Result("… accounts told twice, or not at all", f"{wrong}", "0", None, "= 0", wrong == 0, arrived)
        mib = max(one["mib"] for one in sent)
        yield Result("… memory of a worker over idle", f"{mib:.1f} MiB", "", None, "≤ 60 MiB", mib <= 60)
        meanwhile, quiet = p95(beside), p95(alone)
        yield Result(
            "… p95 of the dashboard of another account meanwhile", f"{meanwhile:.1f} ms", f"{quiet:.1f} ms",
            meanwhile / quiet, "≤ 3", meanwhile <= 3 * quiet,
        )  # fmt: skip

    # --- Changes of sub-processors ---------------------------------------------------------------------------

    def changes(self) -> Iterator[Result]:
        """Tell very many accounts of a new sub-processor with two workers; and pages of holders and staff after it."""
        accounts = self.scale.noticed
        template = self.server.template("changes", self.empty, *data.listing(accounts, 0), *data.READERS)
        with self.sinking() as told, self.server.copy(template) as database:
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            (made,) = self.work(database, ("announced", ""), ledger=folder)
            sent = self.work(database, ("told", ""), ("told", ""), ledger=folder)
            arrived = told()
            (pages,) = self.work(database, ("read", str(self.scale.requests)), ledger=folder)
        self.server.drop(template)
        took = max(one["ended"] for one in sent) - min(one["begun"] for one in sent)
        minutes = (_seconds(made) + took) / 60
        yield Result(
            f"Tell {made['mails']:,} accounts of a new sub-processor, two workers: mails a second",
            f"{made['mails'] / took:,.0f}", "", None, "", None, {"ours": sent},
        )  # fmt: skip
        yield Result(
            "… announced, planned and handed over", f"{minutes:.1f} min", "", None, "≤ 10 min", minutes <= 10, made
        )
        wrong = abs(arrived["mails"] - made["mails"]) + abs(arrived["different"] - made["mails"])
        yield Result("… accounts told twice, or not at all", f"{wrong}", "0", None, "= 0", wrong == 0, arrived)
        mib = max(one["mib"] for one in sent)
        yield Result("… memory of a worker over idle", f"{mib:.1f} MiB", "", None, "≤ 60 MiB", mib <= 60)
        for name, found in pages.items():
            most = 100 if name.startswith("staff") else 50
            yield Result(f"Of {accounts:,} accounts, p95: {name}", _ms(found), "", None, f"≤ {most} ms", found <= most)

    # --- Backups ---------------------------------------------------------------------------------------------

    def backup(self) -> Iterator[Result]:
        """Back up a database with very many rows, beside bare pg_dump of the same: bytes of the dump a second."""
        accounts, relations = self.scale.backed_up
        template = self.server.template("backup", self.empty, *data.lists(accounts, relations))
        with self.server.copy(template) as database:
            ledgers = [Path(tempfile.mkdtemp(dir=self.folder)) for _turn in range(self.scale.giant_turns)]
            turns = [self.work(database, ("backed_up", ""), ledger=ledger)[0] for ledger in ledgers]
        self.server.drop(template)
        ratio = median(median(turn["bare"]) / _seconds(turn) for turn in turns)  # turns lie side by side
        ours, limit = (median(turn["bytes"] / took(turn) for turn in turns) for took in (_seconds, _bare))
        yield Result(
            f"Back up {accounts * relations:,} relations, beside bare pg_dump -Fc: bytes of the dump a second",
            f"{ours:,.0f}", f"{limit:,.0f}", ratio, "≥ 0.7", ratio >= 0.7, {"turns": turns},
        )  # fmt: skip
        mib = max(turn["mib"] for turn in turns)
        yield Result("… memory of its worker over idle", f"{mib:.1f} MiB", "", None, "≤ 100 MiB", mib <= 100)

    @contextmanager
    def sinking(self) -> Iterator[Callable[[], dict[str, int]]]:
        """A mail server beside, to which all workers mail meanwhile; yields how to ask it what came."""
        with subprocess.Popen(
            [sys.executable, "-m", "bench.sink"], cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as sink:
            assert sink.stdin is not None
            assert sink.stdout is not None
            before = os.environ.get("EMAIL_URL")
            os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{int(sink.stdout.readline())}"

            def told() -> dict[str, int]:
                sink.stdin.write("\n")  # type: ignore[union-attr]
                sink.stdin.flush()  # type: ignore[union-attr]
                return json.loads(sink.stdout.readline())  # type: ignore[union-attr,no-any-return]

            try:
                yield told
            finally:
                os.environ.pop("EMAIL_URL") if before is None else os.environ.update(EMAIL_URL=before)
                sink.stdin.close()

    # --- One run ---------------------------------------------------------------------------------------------

    def bare(self, template: Database, size: data.Size, *, watched: bool = False) -> Run:
        """Delete with bare statements in a fresh copy, as many accounts in a transaction as in a batch of ours."""
        with self.server.copy(template) as database, self.watching(database, watched) as longest:
            (said,) = self.work(database, ("bare", ""))
        if said["rows"] != size.rows:
            raise SystemExit(f"The bare statements deleted {said['rows']} rows instead of {size.rows}.")
        return Run(said["ended"] - said["begun"], 0.0, longest())

    def erase(self, template: Database, size: data.Size, workers: int = 1, *, watched: bool = False) -> Run:
        """Erase with one or more workers in a fresh copy, and look whether it was done right."""
        ledger = Path(tempfile.mkdtemp(dir=self.folder))
        with self.server.copy(template) as database:
            with self.watching(database, watched) as longest:
                said = self.work(database, *[("erase", "")] * workers, ledger=ledger)
            twice = _twice(database, ledger, size)
        seconds = max(one["ended"] for one in said) - min(one["begun"] for one in said)
        return Run(seconds, max(one["mib"] for one in said), longest(), twice)

    # --- Processes -------------------------------------------------------------------------------------------

    def work(self, database: Database, *tasks: tuple[str, str], ledger: Path | None = None) -> list[dict[str, Any]]:
        """Start a worker for every task, let all begin at the same moment, and return what each of them says."""
        with ExitStack() as processes:
            workers = [
                processes.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-m", "bench.worker", *task],
                        env=environment(database, ledger or self.folder),
                        cwd=BASE_DIR,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                    )
                )
                for task in tasks
            ]
            for worker in workers:
                if worker.stdout.readline() != "ready\n":  # type: ignore[union-attr]
                    raise SystemExit("A worker could not start.")
            for worker in workers:
                worker.stdin.write("go\n")  # type: ignore[union-attr]
                worker.stdin.flush()  # type: ignore[union-attr]
            said = [worker.stdout.readline() for worker in workers]  # type: ignore[union-attr]
        if not all(said):
            raise SystemExit("A worker failed.")
        return [json.loads(line) for line in said]

    @contextmanager
    def watching(self, database: Database, watched: bool) -> Iterator[Callable[[], float]]:
        """Meanwhile look at the age of the oldest transaction in the database, from outside; yields how to ask it.

        Unless it is to be left in peace: looking takes time from whom is looked at.
        """
        if not watched:
            yield lambda: 0.0
            return
        over, oldest = threading.Event(), [0.0]

        def watch() -> None:
            with self.server.admin_connection() as connection:
                while not over.wait(SAMPLE_SECONDS):
                    row = connection.execute(
                        "SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float FROM pg_stat_activity"
                        " WHERE datname = %s AND backend_type = 'client backend'",
                        [database.name],
                    ).fetchone()
                    oldest[0] = max(oldest[0], (row and row[0]) or 0.0)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield lambda: oldest[0] + SAMPLE_SECONDS  # it may have gone on until just before the next look
        finally:
            over.set()
            thread.join()


@dataclass(frozen=True)
class Run:
    """What one run came to: seconds, memory over idle in MiB, the longest transaction in seconds, accounts not once."""

    seconds: float
    mib: float
    longest: float
    twice: int = 0


@dataclass
class Runs:
    """Runs that took turns."""

    bare: list[Run] = field(default_factory=list)
    ours: list[Run] = field(default_factory=list)
    two: list[Run] = field(default_factory=list)


def _erasing(what: str, size: data.Size, runs: Runs) -> Iterator[Result]:
    seconds = {name: [run.seconds for run in kind] for name, kind in (("ours s", runs.ours), ("limit s", runs.bare))}
    ours, limit = (size.rows / median(times) for times in seconds.values())
    yield Result(
        f"{what}: rows a second", f"{ours:,.0f}", f"{limit:,.0f}", ours / limit, "≥ 0.5", ours >= limit / 2, seconds
    )
    mib = max(run.mib for run in runs.ours + runs.two)
    yield Result("… memory of a worker over idle", f"{mib:.1f} MiB", "", None, "≤ 60 MiB", mib <= 60)


def _twice(database: Database, ledger: Path, size: data.Size) -> int:
    """How many due accounts were not erased exactly once, by rows, runs, statements and ledger; 0 as it should be."""
    lines = [json.loads(line) for line in (ledger / "erasures.jsonl").read_text().splitlines()]
    told = Counter((line["account"], line["kind"]) for line in lines)
    with database.connect() as connection:
        erased = connection.execute(
            "SELECT a.reference::text, count(e.id), count(e.statement), sum(deleted.rows)::int"
            " FROM accounts_account AS a"
            " LEFT JOIN retention_erasure AS e ON e.account_id = a.id AND e.step = 7"
            " LEFT JOIN LATERAL (SELECT sum(n::int) FROM jsonb_each_text(e.rows) AS r(t, n)) AS deleted(rows) ON true"
            " WHERE a.id % 2 = 0 AND a.state = 'erased' GROUP BY a.id"
        ).fetchall()
        journalled = connection.execute("SELECT count(*) FROM journal_entry WHERE event = 'erasure.done'").fetchone()
        living = connection.execute("SELECT count(*) FROM accounts_account WHERE state = 'active'").fetchone()
    # The rows of a run leave out what was gone before: its data key and its sessions.
    rows = size.rows // size.due - 2
    right = [
        (runs, statements, told[account, "claimed"], told[account, "erased"]) == (1, 1, 1, 1) and deleted == rows
        for account, runs, statements, deleted in erased
    ]
    wrong = size.due - sum(right)
    return wrong + abs(size.due - journalled[0]) + abs(size.due - living[0])  # type: ignore[index]


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds >= 1 else f"{milliseconds:.3f} ms"


def _seconds(said: dict[str, Any]) -> float:
    return said["ended"] - said["begun"]


def _bare(said: dict[str, Any]) -> float:
    return median(said["bare"])


def _pages(plans: list[dict[str, Any]]) -> int:
    return sum(plan["pages"] for plan in plans)


def _table(results: list[Result]) -> Table:
    table = Table("What", "Ours", "Raw limit", "Ratio", "Bound", "Held", title="Benchmarks")
    for column in table.columns[1:5]:
        column.justify = "right"
    for result in results:
        held = {True: "[green]✔ held[/]", False: "[red]✘ not held[/]", None: ""}[result.held]
        ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
        table.add_row(result.what, result.ours, result.limit, ratio, result.bound, held)
    return table


def main(arguments: list[str]) -> int:
    """Run the benchmarks; 0 when every bound held (or with ``--quick``, which measures too little to tell)."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: small numbers, one run of each")
    parser.add_argument(
        "--only",
        choices=[
            "sweeps",
            "backlog",
            "giant",
            "sealing",
            "isolation",
            "lists",
            "journal",
            "importing",
            "returning",
            "board",
            "breaches",
            "changes",
            "restore",
            "backup",
        ],
        help="one benchmark",
    )
    parser.add_argument("--migrated", metavar="NAME", default="", help="a database to copy instead of migrating one")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes")
    chosen = parser.parse_args(arguments)
    tell = Console()
    begun = time.monotonic()
    server = Server()
    with tempfile.TemporaryDirectory() as folder:
        try:
            bench = Bench(server, QUICK if chosen.quick else FULL, Path(folder), tell, chosen.migrated)
            results = []
            for result in getattr(bench, chosen.only or "results")():
                tell.print(f"[dim]{time.monotonic() - begun:5.0f} s[/]  {result.what}: {result.ours}")
                results.append(result)
        finally:
            server.drop_all()
    tell.print(_table(results))
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "postgresql": server.version}
    found = {"quick": chosen.quick, "seconds": round(time.monotonic() - begun), "machine": machine}
    chosen.output.write_text(json.dumps({**found, "results": [asdict(result) for result in results]}, indent=1) + "\n")
    return 0 if chosen.quick or all(result.held in (True, None) for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
