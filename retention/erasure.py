"""The one door to erasure: claim, fence, key, rows and files, re-scan, ledger, statement (§5, §6).

An account is claimed by a worker in one transaction (``claim``), and from then on every step is one transaction over a
batch of claimed runs (``advance``): take the runs that stand at this step, skipping those another worker has locked; do
the step; note the next one. A worker can be killed anywhere: its transaction is rolled back, and whoever looks next
goes on from the step that was noted. No leases, no clean-up, and any number of workers.

Rows go in statements over the whole batch, in foreign-key order computed from the data map, at most ``BUDGET`` rows in
a transaction, so a backlog of small accounts and one huge account take the same road, in bounded memory and time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Account, DataKey, Session
from accounts.services import apply_rules, finish_erasure
from accounts.states import State
from cannonworks import datamap, storage
from cannonworks.datamap import Category, Entry
from cannonworks.deadlines import in_amsterdam, local_date
from cannonworks.errors import KeyUnavailable
from cannonworks.lookups import array
from cannonworks.rules import WITH_THE_ACCOUNT
from journal import services as journal
from retention import ledger, schedule, statements
from retention import runs as bulk
from retention.models import Erasure, Hold, StatementMail, Step
from retention.runs import Run
from retention.schedule import Fate, History

log = logging.getLogger(__name__)

#: Accounts in one batch; rows that one transaction deletes.
BATCH = 1_000
BUDGET = 100_000
#: A failing run is tried again after these, then parked for staff.
BACK_OFF = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
#: Not an account's fault: nothing is noted against it, the task fails as a whole and comes again.
SURROUNDINGS = (OperationalError, InterfaceError, OSError, KeyUnavailable)


class ResidueFound(Exception):
    """The re-scan found rows of an erased account; the rows are erased again, and it is looked through again."""


def erase_due(
    *,
    on: date,
    at: datetime,
    limit: int | None = None,
    only: Collection[int] | None = None,
    progress: Callable[[int], None] = lambda finished: None,
) -> int:
    """Erase what is due on ``on`` and finish what was left half-way; return the number of runs finished.

    ``limit`` bounds the accounts claimed now; ``only`` restricts it to these accounts; ``progress`` is told the number
    after every batch. Safe on many workers at once.
    """
    finished = carry_out(at=at, only=only)
    left = limit
    while left is None or left > 0:
        size = BATCH if left is None else min(BATCH, left)
        claimed = claim(on=on, at=at, size=size, only=only)
        if not claimed.seen:
            break
        finished += carry_out(at=at, runs=claimed.runs)
        progress(finished)
        left = None if left is None else left - len(claimed.runs)
    return finished


@dataclass(frozen=True)
class Claim:
    """What one claim came to: accounts ``seen`` and the primary keys of the ``runs`` begun."""

    seen: int
    runs: list[int]


@transaction.atomic
def claim(*, on: date, at: datetime, size: int = BATCH, only: Collection[int] | None = None) -> Claim:
    """Claim due accounts: from this commit on they cannot be activated, written to, or put on hold.

    Locks the rows (skipping those somebody else is working on), reads the holds behind that lock, and refuses what they
    cover. An account whose date does not follow from its rule is put right instead of erased: the hard guard of §5.1.
    """
    due = Account.objects.due(on)
    if only is not None:
        due = due.filter(pk__among=only)
    accounts = list(due.order_by("erase_on").select_for_update(skip_locked=True).bare()[:size])
    if not accounts:
        return Claim(0, [])
    histories = schedule.histories(accounts)
    alike: dict[int, list[Any]] = {}
    for account in accounts:
        if _follows_from_its_rule(account, histories[account.pk]):
            alike.setdefault(id(histories[account.pk]), []).append(account)
    runs: list[int] = []
    for those in alike.values():
        runs += _begin(those, schedule.due(histories[those[0].pk], on), on=on, at=at)
    bulk.journal_all("erasure.claimed", runs, "jsonb_build_object('categories', categories)")
    return Claim(len(accounts), runs)


def carry_out(*, at: datetime, runs: Sequence[int] | None = None, only: Collection[int] | None = None) -> int:
    """Take runs through all steps that are left and return how many are done; None: every unfinished one."""
    if runs is None:
        waiting = Erasure.objects.unfinished(at)
        if only is not None:
            waiting = waiting.filter(account__among=only)
        runs = list(waiting.order_by("id").values_list("pk", flat=True))
    finished = 0
    for start in range(0, len(runs), BATCH):
        known: dict[int, Run] = {}
        for step in STEPS:
            taken = _isolated(step, runs[start : start + BATCH], at, known)
        finished += taken
    return finished


# --- One step of one batch -----------------------------------------------------------------------------------


def advance(step: Step, runs: Sequence[int], at: datetime, known: dict[int, Run] | None = None) -> int:
    """Take those of ``runs`` that stand at ``step`` and that nobody has locked to the next; return how many.

    ``known`` keeps what need not be read again for the step after this one.
    """
    known = {} if known is None else known
    while True:
        with transaction.atomic():
            here = bulk.take(step, runs, at, known)
            if not here:
                return 0
            if step in REPEATABLE:
                _do_not_wait_for_the_disk()
            if STEPS[step](here, at):
                return len(here)


def _do_not_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _wait_for_the_disk_after_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO DEFAULT")


def _isolated(step: Step, runs: Sequence[int], at: datetime, known: dict[int, Run]) -> int:
    # A failing run is found by halving the batch, so that one poisoned account never stops the others.
    try:
        return advance(step, runs, at, known)
    except SURROUNDINGS:
        raise
    except Exception as error:
        if len(runs) == 1:
            _note_failure(runs[0], error, at)
            return 0
        middle = len(runs) // 2
        return _isolated(step, runs[:middle], at, known) + _isolated(step, runs[middle:], at, known)


def _note_failure(pk: int, error: Exception, at: datetime) -> None:
    with transaction.atomic():
        run = Erasure.objects.select_for_update().select_related("account").get(pk=pk)
        run.attempts += 1
        # The kind of error and never its text: what a database says may quote the row.
        run.failure = str(error) if isinstance(error, ResidueFound) else type(error).__name__
        if isinstance(error, ResidueFound):
            run.step = Step.KEY_DESTROYED
        if run.attempts > len(BACK_OFF):
            run.parked_at, run.retry_at = at, None
        else:
            run.retry_at = at + BACK_OFF[run.attempts - 1]
        run.save()
        if run.parked_at:
            bulk.journal_all("erasure.parked", [pk], "jsonb_build_object('failure', failure)")
    log.warning("erasure %s failed at step %s: %s", run.reference, run.step, run.failure)


# --- The steps -----------------------------------------------------------------------------------------------


def _fence(runs: Sequence[Run], at: datetime) -> bool:
    """End every session, note where the statement goes, and write into the ledger what is about to happen."""
    ending = [run for run in runs if _ends_the_account(run)]
    Session.objects.filter(account__among=[run.account_id for run in ending]).delete()
    statements.address(ending)
    ledger.append([_ledger_line("claimed", run) for run in runs])
    bulk.note(runs, step=Step.FENCED)
    return True


def _destroy_keys(runs: Sequence[Run], at: datetime) -> bool:
    """Destroy the data keys, except where a hold keeps an encrypted category: then the key goes with that.

    Note how many files there are, for a disk forgets what it had: before the first of them goes, the count is safe.
    """
    DataKey.objects.filter(account__among=_without_key(runs)).delete()
    having = _with_files(runs)
    for run in having:
        run.files = _files_of(run)
    if having:
        _wait_for_the_disk_after_all()
        bulk.note(having, "files", step=Step.KEY_DESTROYED)
    bulk.note(runs, step=Step.KEY_DESTROYED)
    return True


def _erase_rows(runs: Sequence[Run], at: datetime) -> bool:
    """Erase up to ``BUDGET`` rows, in foreign-key order, counted per account, and after the last of them the files.

    False while some may be left. Files that were removed before a crash are simply not there the next time.
    """
    by_owner = {name: run for run in runs for name in (str(run.account_id), run.account.reference)}
    places = _places(runs)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        for place in places:
            _detach(cursor, place)
        portions, is_all = _within_budget(places, _look(cursor, places, at_most=BUDGET + 1))
        for table, owner, count in _delete(cursor, portions):
            rows = by_owner[owner].rows
            rows[table] = rows.get(table, 0) + count
    if is_all:
        for run in _with_files(runs):
            storage.erase_files(run.account.reference, run.categories)
    bulk.note(runs, "rows", step=Step.ROWS_ERASED if is_all else Step.KEY_DESTROYED)
    return is_all


def _rescan(runs: Sequence[Run], at: datetime) -> bool:
    """Look through every declared place again; ResidueFound when anything is there. What cannot be read is not zero."""
    places = _places(runs)
    with connection.cursor() as cursor:
        found = sum(_look(cursor, places)) + DataKey.objects.filter(account__among=_without_key(runs)).count()
    found_files = sum(sum(_files_of(run).values()) for run in _with_files(runs))
    if found or found_files:
        raise ResidueFound(f"{found} rows left" if found else f"{found_files} files left")
    looked = Counter(run.account_id for place in places for run in place.runs)
    moment = in_amsterdam(at).isoformat(timespec="seconds")
    for run in runs:
        run.rescan = {"places": looked[run.account_id] + 2, "found": 0, "at": moment}  # the key, and the folder
    bulk.note(runs, "rescan", step=Step.PROVEN)
    return True


def _write_ledger(runs: Sequence[Run], at: datetime) -> bool:
    """Write into the ledger that these categories of these accounts are gone."""
    ledger.append([_ledger_line("erased", run) for run in runs])
    bulk.note(runs, step=Step.IN_LEDGER)
    return True


def _finish(runs: Sequence[Run], at: datetime) -> bool:
    """Give the accounts what is left of their lives, issue the statements, and close the runs."""
    by_account = {run.account_id: run for run in runs}
    rows = Account.objects.filter(pk__among=by_account).bare()
    accounts = {account.pk: _after(account, by_account[account.pk], at) for account in rows}
    histories = schedule.histories(accounts.values())
    alike: dict[tuple[Any, ...], list[int]] = {}
    for pk, run in by_account.items():
        run.done_at = at
        erase_on = schedule.next_due(histories[pk], evidence_is_gone=Category.EVIDENCE in run.categories)
        alike.setdefault((accounts[pk].erased_on, erase_on, *accounts[pk].deferred), []).append(pk)
    statements.issue([run for run in runs if _ends_the_account(run)], histories, at=at)
    for (erased_on, erase_on, *deferred), keys in alike.items():
        finish_erasure(keys, erased_on=erased_on, erase_on=erase_on, deferred=deferred)
    bulk.note(runs, "statement", "done_at", step=Step.DONE)
    bulk.journal_all("erasure.done", [run.pk for run in runs], DONE)
    _let_tombstones_go(runs, accounts, histories)
    return True


#: What the journal says of a run that is done.
DONE = """jsonb_build_object(
    'rows', (SELECT coalesce(sum(count::bigint), 0) FROM jsonb_each_text(rows) AS erased(place, count)),
    'files', (SELECT coalesce(sum(count::bigint), 0) FROM jsonb_each_text(files) AS erased(category, count)),
    'held', held
)"""

#: What is done with a run that stands at a step; the last step is the end. False: come back for more.
STEPS: dict[Step, Callable[[Sequence[Run], datetime], bool]] = {
    Step.CLAIMED: _fence,
    Step.FENCED: _destroy_keys,
    Step.KEY_DESTROYED: _erase_rows,
    Step.ROWS_ERASED: _rescan,
    Step.PROVEN: _write_ledger,
    Step.IN_LEDGER: _finish,
}

#: Steps that a crash of the database server itself may take back: they are done again. All of them are on its disk
#: when the step that proves them is, and nothing is told to the outside before that.
REPEATABLE = {Step.CLAIMED, Step.FENCED, Step.KEY_DESTROYED, Step.PROVEN}

# --- What a run is -------------------------------------------------------------------------------------------


def _follows_from_its_rule(account: Any, history: History) -> bool:
    if (
        account.state == State.ERASED
        or schedule.deciding_rule(history).window(history.dates).erase_on == account.erase_on
    ):
        return True
    log.error("account %s was due on a day that its rule does not give; put right", account.reference)
    wrong = Account.objects.get(pk=account.pk)
    apply_rules(wrong)
    wrong.save(update_fields=["keep_until", "erase_on", "warn_on"])
    return False


def is_worth_a_run(account: Any, go: Sequence[Fate]) -> bool:
    """Whether anything comes of it: a living account whose all is held is not erased, the hold stands before it."""
    return any(account.state == State.ERASED or fate.category in WITH_THE_ACCOUNT for fate in go)


def _begin(accounts: Sequence[Any], due: Sequence[Fate], *, on: date, at: datetime) -> list[int]:
    # These accounts are alike: the same falls due of each of them, for the same reason.
    go = [fate for fate in due if not fate.held_by]
    kept = [fate for fate in due if fate.held_by]
    if kept:
        journal.record_all([_refusal(account, kept) for account in accounts])
    keys = [account.pk for account in accounts]
    rows = Account.objects.filter(pk__among=keys)
    if not is_worth_a_run(accounts[0], go):
        rows.update(held_since=on)
        return []
    rows.update(claimed_at=at, warn_on=None)
    return bulk.begin(keys, go=go, kept=kept, on=on)


def _ends_the_account(run: Run) -> bool:
    return any(category in WITH_THE_ACCOUNT for category in run.categories)


def _without_key(runs: Sequence[Run]) -> list[int]:
    encrypted = datamap.encrypted()
    return [run.account_id for run in runs if _ends_the_account(run) and encrypted.isdisjoint(run.held)]


def _after(account: Any, run: Run, at: datetime) -> Any:
    # A run can end on a later day than it began.
    gone = account.state == State.ERASED
    kept = set(account.deferred) | set(run.held) & set(WITH_THE_ACCOUNT)
    return account._replace(
        state=State.ERASED,
        erased_on=account.erased_on if gone else max(run.claimed_on, local_date(at)),
        deferred=sorted(kept - set(run.categories)),
    )


def _let_tombstones_go(runs: Sequence[Run], accounts: Mapping[int, Any], histories: Mapping[int, History]) -> None:
    """Where the evidence itself is over, the run goes too; and the account, when nothing of it is left."""
    over = [run for run in runs if Category.EVIDENCE in run.categories]
    if not over:
        return
    # Addresses of statements are long forgotten, normally.
    StatementMail.objects.filter(account__among=[run.account_id for run in over]).delete()
    Erasure.objects.filter(pk__among=[run.pk for run in over]).delete()
    left = [run.held or accounts[run.account_id].deferred or histories[run.account_id].records for run in over]
    empty = [run.account_id for run, something in zip(over, left, strict=True) if not something]
    Hold.objects.filter(account__among=empty).delete()  # of what never was, or is gone
    Account.objects.filter(pk__among=empty).delete()


def _refusal(account: Any, kept: Sequence[Fate]) -> journal.Line:
    categories = [fate.category for fate in kept]
    return journal.line("erasure.refused", account=account, clause="5", categories=categories, why="hold")


def _with_files(runs: Sequence[Run]) -> list[Run]:
    there = storage.with_folder(run.account.reference for run in runs)
    return [run for run in runs if run.account.reference in there]


def _files_of(run: Run) -> dict[str, int]:
    return storage.count_files(run.account.reference, run.categories)


def _ledger_line(kind: str, run: Run) -> dict[str, Any]:
    return {
        "kind": kind,
        "account": run.account.reference,
        "run": run.reference,
        "categories": list(run.categories),
        "on": run.claimed_on.isoformat(),
    }


# --- Rows ----------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A declared table, the runs that it concerns, and the condition on the rows of theirs that go."""

    entry: Entry
    runs: list[Run]
    where: str
    params: list[Any]


def _places(runs: Sequence[Run]) -> list[Place]:
    """Declared tables in the order in which rows can go."""
    concerned = {
        category: [run for run in runs if category in run.categories]
        for category in map(Category, {name for run in runs for name in run.categories})
    }
    keys = {category: array(run.account_id for run in those) for category, those in concerned.items()}
    places = []
    for entry in datamap.erasable(*concerned):
        those = concerned[entry.category]  # type: ignore[index]
        where, params = entry.belonging("= ANY(%s::bigint[])"), [keys[entry.category]]  # type: ignore[index]
        if entry.by_reference:
            where, params = entry.belonging("= ANY(%s::uuid[])"), [array(run.account.reference for run in those)]
        if entry.until:
            where += f' AND "{entry.model._meta.get_field(entry.until).column}" <= %s'  # type: ignore[union-attr]
            params.append(max(run.claimed_on for run in those))  # type: ignore[arg-type]
        if entry.model is Erasure:  # the run that is under way goes last, by itself
            where += " AND id <> ALL(%s::bigint[])"
            params.append(array(run.pk for run in those))
        if entry.model is Hold:  # a hold that stands outlives the other evidence, or it would end by itself
            where += " AND (confirmed_on IS NULL OR released_on IS NOT NULL)"
        places.append(Place(entry, those, where, params))
    return places


def _look(cursor: CursorWrapper, places: Sequence[Place], at_most: int | None = None) -> list[int]:
    """Count the rows in each place, all in one statement; no further than ``at_most``."""
    if not places:
        return []
    counts = [
        f'SELECT {number}, count(*) FROM (SELECT FROM "{place.entry.table}" WHERE {place.where} LIMIT %s) AS found'
        for number, place in enumerate(places)
    ]
    cursor.execute(" UNION ALL ".join(counts), [param for place in places for param in (*place.params, at_most)])
    return [count for _number, count in sorted(cursor.fetchall())]


def _within_budget(places: Sequence[Place], counts: Sequence[int]) -> tuple[list[Place], bool]:
    """The first places whose rows can go in one transaction, the last perhaps in part; and whether these are all."""
    portions: list[Place] = []
    left = BUDGET
    for place, count in zip(places, counts, strict=True):
        if count > left:
            where = f'ctid = ANY(ARRAY(SELECT ctid FROM "{place.entry.table}" WHERE {place.where} LIMIT {left}))'
            return [*portions, place._replace(where=where)], False
        if count:
            portions.append(place)
        left -= count
    return portions, True


def _delete(cursor: CursorWrapper, places: Sequence[Place]) -> list[tuple[str, str, int]]:
    """Delete from these places, all in one statement; return (table, account's key or reference, rows)."""
    if not places:
        return []
    gone = [
        f'gone_{number} AS (DELETE FROM "{place.entry.table}" WHERE {place.where}'
        f" RETURNING {place.entry.owner} AS owner)"
        for number, place in enumerate(places)
    ]
    told = [f"SELECT {number}, owner::text, count(*) FROM gone_{number} GROUP BY owner" for number in range(len(gone))]
    params = [param for place in places for param in place.params]
    cursor.execute(f"WITH {', '.join(gone)} {' UNION ALL '.join(told)}", params)
    return [(places[number].entry.table, owner, count) for number, owner, count in cursor.fetchall()]


def _detach(cursor: CursorWrapper, place: Place) -> None:
    """Let go of rows that stay, under a hold, but point at rows that go; what they say themselves stays as it is."""
    for other in datamap.entries():
        for pointer in other.model._meta.local_concrete_fields:
            if pointer.related_model is not place.entry.model or not pointer.null or other.category is None:
                continue
            staying = [run.account_id for run in place.runs if other.category in run.held]
            if staying:
                cursor.execute(
                    f'UPDATE "{other.table}" SET "{pointer.column}" = NULL'
                    f' WHERE {other.belonging("= ANY(%s)")} AND "{pointer.column}" IS NOT NULL',
                    [staying],
                )
