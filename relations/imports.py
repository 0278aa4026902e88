"""Bringing in relations or employees from a file: uploaded, looked at, then taken in by a worker in batches (§4, §19).

A batch is one transaction: its people, its refusals, and the place in the file from which to go on. So a worker that is
killed leaves whole batches, another goes on from there, and every row is taken exactly once. Two workers do not both
take a batch: whoever has the import's row locked does. No entry of the journal and no refusal has a word of the file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going, check_writable, data_key, lock
from cannonworks import encryption, storage
from cannonworks.errors import KeyUnavailable, Refused, is_fence
from journal import services as journal
from relations.importing import columns as naming
from relations.importing import known, reading
from relations.importing.checking import Checked, Checker, seal
from relations.models import Import, ImportState, Refusal, What

log = logging.getLogger(__name__)

#: Rows of a batch; it holds the account's row locked for a fraction of a second.
BATCH = 1_000
CLAUSES = {What.RELATIONS: "3", What.EMPLOYEES: "19"}
#: Refusals after which the account can hold no word about its import any more.
GOING = ("being_erased", "erased")


@dataclass(frozen=True)
class _Asker:
    """Who asked for it, as the journal names users, also when that user is gone."""

    reference: UUID
    kind: str = "holder"


# --- Uploading and looking -----------------------------------------------------------------------------------------


@transaction.atomic
def upload(account: Account, *, actor: User, what: str, file: File, at: datetime) -> Import:
    """Keep a file of ``what`` as a draft, sealed, with the columns that are recognised; an earlier draft goes.

    Refused when the account is read-only, when the file is longer than ``IMPORT_MAX_MIB``, and when it is no text.
    """
    account = lock(account)
    check_writable(account)
    if (file.size or 0) > settings.IMPORT_MAX_MIB * 1024**2:
        raise Refused(
            "too_large",
            _("This file is larger than %(most)s MB. Split it, and bring in the parts one after the other.")
            % {"most": settings.IMPORT_MAX_MIB},
        )
    found = Import(account=account, asked_by=actor.reference, what=what, made_at=at, moved_at=at)
    name = storage.new_name(str(account.reference), "requests")
    try:
        with storage.sealed.writing(name) as writer:
            found.size, found.lines = reading.store(cast(BinaryIO, file), writer)
        found.file = name
        with opened(found) as text:
            head = reading.head_of(text)
        found.separator, found.position, found.line = head.separator, head.position, head.line
        found.columns = naming.recognise(head.headings, what)
        found.save(force_insert=True)
        for draft in Import.objects.of(actor).filter(state=ImportState.DRAFT, what=what).exclude(pk=found.pk):
            _remove(draft)
    except BaseException:
        storage.sealed.delete(name)
        raise
    return found


def bring_in(account: Account, *, actor: User, what: str, file: File, takes_known: bool, at: datetime) -> Import:
    """Upload a file and start it with the columns that are recognised; nothing is left when either is Refused."""
    found = upload(account, actor=actor, what=what, file=file, at=at)
    try:
        return start(found, actor=actor, columns=found.columns, takes_known=takes_known, at=at)
    except Refused:
        remove(found, actor=actor)
        raise


def headings(found: Import) -> list[str]:
    """The names of the columns in the file."""
    with opened(found) as text:
        return reading.head_of(text).headings


def look(found: Import, *, rows: int, columns: Sequence[str], takes_known: bool) -> list[Checked]:
    """The first ``rows`` rows of a draft as they would be taken; problems ``known`` and ``bsn_twice`` included."""
    with opened(found) as text:
        first = list(islice(_rows(found, text), rows))
    checked = Checker(found.what, columns, found.account).check(first)
    _choose(checked, found, takes_known=takes_known)
    return checked


@contextmanager
def opened(found: Import) -> Iterator[BinaryIO]:
    """The stored text of an import, for reading. Raises KeyUnavailable, or OSError when it is not there."""
    with storage.sealed.open(found.file.name) as text:
        yield cast(BinaryIO, text.file)


# --- Starting and stopping -----------------------------------------------------------------------------------------


@transaction.atomic
def start(found: Import, *, actor: User, columns: Sequence[str], takes_known: bool, at: datetime) -> Import:
    """Let a worker take in a draft, its columns being these fields; Refused when another import runs in the account."""
    account = lock(found.account)
    check_writable(account)
    found = _lock(found, actor)
    if found.state != ImportState.DRAFT:
        raise Refused("import_begun", _("This file is being taken in already, or was."))
    found.columns, found.takes_known = _checked_columns(columns, found), takes_known
    journal.record(
        "import.started", account=account, actor=actor, clause=CLAUSES[What(found.what)],
        file=found.reference, what=found.what, lines=found.lines,
    )  # fmt: skip
    return _queue(found, at)


@transaction.atomic
def resume(found: Import, *, actor: User, at: datetime) -> Import:
    """Go on with an import that stopped, after the last row that was gone through; Refused as for ``start``."""
    check_writable(lock(found.account))
    found = _lock(found, actor)
    if found.state != ImportState.STOPPED or found.position >= found.size:
        raise Refused("not_stopped", _("This import has not stopped."))
    found.why = ""
    return _queue(found, at)


@transaction.atomic
def stop(found: Import, *, actor: User) -> Import:
    """Stop an import after the batch that is under way; what was taken stays. Does nothing when it is over."""
    found = _lock(found, actor)
    if found.is_under_way:
        _end(found, ImportState.STOPPED, why="by_user")
    return found


@transaction.atomic
def remove(found: Import, *, actor: User) -> None:
    """Forget a file and what was told of it; who was taken in stays. Refused while it is under way."""
    check_not_going(lock(found.account))
    found = _lock(found, actor)
    if found.is_under_way:
        raise Refused("import_running", _("This import is under way. Stop it first."))
    _remove(found)


def revive(*, since: datetime) -> int:
    """Queue again what is under way while nothing came of it since that moment; return how many."""
    found = list(Import.objects.idle(since).values_list("pk", flat=True))
    for pk in found:
        _send(pk)
    return len(found)


# --- Taking in -----------------------------------------------------------------------------------------------------


def run(import_id: int) -> int:
    """Take in all that is left of an import, and return the rows gone through; may run twice, also at the same time.

    Ends in a state that says why when the account stops running or a row cannot be written; quietly when the account
    is being erased. Raises what is transient.
    """
    seen = 0
    try:
        while (count := _batch(import_id)) is not None:
            seen += count
    except (OperationalError, InterfaceError, storage.FilesUnavailable):
        raise
    except (FileNotFoundError, KeyUnavailable):
        _give_up(import_id, "file_gone")
    except DatabaseError as error:
        if not is_fence(error):
            log.error("import %s failed: %s", import_id, type(error).__name__)
            _give_up(import_id, "failed")
    except Exception as error:
        log.exception("import %s failed: %s", import_id, type(error).__name__)
        _give_up(import_id, "failed")
    return seen


@transaction.atomic
def _batch(import_id: int) -> int | None:
    """Take in the next rows; None when there is nothing left to do here, or somebody else does it."""
    waiting = Import.objects.under_way().select_related("account").filter(pk=import_id)
    found = waiting.select_for_update(of=("self",), skip_locked=True).first()
    if found is None or _stops(found, found.account):
        return None
    with opened(found) as text:
        rows = list(islice(_rows(found, text), BATCH))
    checked = Checker(found.what, found.columns, found.account).check(rows)
    if _stops(found, lock(found.account)):  # all that is slow is done before the account waits for it
        return None
    _take(found, checked)
    if rows:
        found.position, found.line = rows[-1].next_position, rows[-1].next_line
    if len(rows) < BATCH:
        found.position = found.size
        _end(found, ImportState.DONE)
        return None
    found.state, found.moved_at = ImportState.RUNNING, Now()
    found.save()
    return len(rows)


def _take(found: Import, checked: list[Checked]) -> None:
    """Write who is right and new, and note the others."""
    _choose(checked, found, takes_known=found.takes_known)
    people = [each for each in checked if not each.problems]
    if any(each.bsn for each in people):
        seal(people, key=encryption.cipher(data_key(found.account)))
    What(found.what).model._default_manager.bulk_create([each.person for each in people])
    others = [each for each in checked if each.problems]
    Refusal.objects.bulk_create(
        Refusal(
            account=found.account, of=found, line=each.line, position=each.row.position, problems=each.problems
        ) for each in others
    )  # fmt: skip
    there = sum(each.problems == [("", "known")] for each in others)
    found.added, found.known = found.added + len(people), found.known + there
    found.refused += len(others) - there


def _choose(checked: Sequence[Checked], found: Import, *, takes_known: bool) -> None:
    """Note of rows that are right in themselves whether somebody in the account is the same.

    Whoever is restricted is left as they are and not taken a second time, also where those who are known are (§15).
    """
    right = [each for each in checked if not each.problems]
    twice = known.find_bsn(right, account=found.account) if found.what == What.EMPLOYEES else set()
    there, frozen = known.find(right, what=found.what, account=found.account_id)
    there = set() if takes_known else there | twice
    for each in right:
        if each.line in frozen:
            each.problems.append(("", "frozen"))
        elif each.line in there:
            each.problems.append(("", "known"))
        elif each.line in twice:
            each.problems.append(("bsn", "bsn_twice"))


def _stops(found: Import, account: Account) -> bool:
    """Whether the account takes nothing any more; then the import says why, where it still can."""
    try:
        check_writable(account)
    except Refused as refused:
        if refused.code not in GOING:
            _end(found, ImportState.STOPPED, why=refused.code)
        return True
    return False


def _end(found: Import, state: ImportState, *, why: str = "") -> None:
    found.state, found.why, found.moved_at = state, why, Now()
    found.save()
    told: dict[str, Any] = {
        "account": found.account, "actor": _Asker(found.asked_by), "clause": CLAUSES[What(found.what)],
        "file": found.reference, "what": found.what, "added": found.added, "known": found.known,
        "refused": found.refused,
    }  # fmt: skip
    if why:
        journal.record("import.stopped", why=why, **told)
    else:
        journal.record("import.done", **told)


@transaction.atomic
def _give_up(import_id: int, why: str) -> None:
    found = Import.objects.under_way().select_related("account").select_for_update(of=("self",)).filter(pk=import_id)
    if (row := found.first()) is not None and row.account.claimed_at is None:
        _end(row, ImportState.STOPPED, why=why)


def _rows(found: Import, text: BinaryIO) -> Iterator[reading.Row]:
    return reading.read(text, separator=found.separator, position=found.position, line=found.line)


def _queue(found: Import, at: datetime) -> Import:
    if Import.objects.under_way().filter(account=found.account).exclude(pk=found.pk).exists():
        words = _("Another import is under way in your account. Wait until it is done, then start this one.")
        raise Refused("import_running", words)
    found.state, found.moved_at = ImportState.QUEUED, at
    found.save()
    transaction.on_commit(lambda: _send(found.pk), robust=True)
    return found


def _send(pk: int) -> None:
    from relations import tasks  # which runs what is here

    tasks.run_import.delay(pk)


def _checked_columns(columns: Sequence[str], found: Import) -> list[str]:
    named = [name for name in columns if name]
    fields = naming.labels(found.what)
    if len(columns) != len(found.columns) or any(name not in fields for name in named):
        raise Refused("no_such_column", _("The columns do not fit the file. Choose them anew."))
    if not named:
        raise Refused("no_columns", _("No column has a field yet. Choose at least one."))
    if twice := sorted({str(fields[name]) for name in named if named.count(name) > 1}):
        words = _("Two columns have the same field: %(fields)s. Choose one of them.")
        raise Refused("column_twice", words % {"fields": ", ".join(twice)})
    return list(columns)


def _lock(found: Import, actor: User) -> Import:
    row = Import.objects.of(actor).select_for_update(of=("self",)).select_related("account").filter(pk=found.pk)
    if (locked := row.first()) is None:
        raise Refused("gone", _("This file is not here any more."))
    return locked


def _remove(found: Import) -> None:
    # The file first: a row without a file is found again, a file without a row is not.
    storage.sealed.delete(found.file.name)
    Refusal.objects.filter(of=found).delete()
    found.delete()
