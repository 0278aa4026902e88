"""The file of a disclosure: asked for once it was decided to give, made by a worker, downloaded once, and gone (§8).

It lies sealed under the account's key and goes with it: from the moment at which an erasure of the account is ordered
or begun nothing is made or handed out any more, also not of what a hold keeps. What is erased cannot be disclosed; a
hold is a ground to keep, never one to give. What stays is the ``Extract``: digest, number of records, who took it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid5

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going, lock
from cannonworks import isolation, rules, storage
from cannonworks.deadlines import local_date, start_of_day
from cannonworks.errors import KeyUnavailable, Refused, is_fence
from processors import extract_contents
from processors.confidentiality import check_keeps
from processors.disclosing import record
from processors.models import Disclosure, Extract, ExtractFile, ExtractState
from processors.models.disclosures import Decision
from processors.models.extracts import OPEN

log = logging.getLogger(__name__)

#: An extract takes seconds: a worker from which nothing came for so long is gone.
SILENCE = timedelta(minutes=5)
RIGHT = "change_disclosure"


# --- By staff --------------------------------------------------------------------------------------------------------
@transaction.atomic
def ask_extract(disclosure: Disclosure, *, actor: User, at: datetime) -> Extract:
    """Have the file made of a disclosure that was decided on and not handed over yet (§8). Locks the disclosure.

    Refused while another is being made or waits to be taken, and when the account is being or to be erased. One that
    was taken or expired may be made again until the handing over is noted: each making and each download is journalled.
    """
    check_keeps(actor, RIGHT)
    row = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
    if row.decision != Decision.GIVE or row.handed_at is not None or row.account_reference is None:
        raise Refused("not_to_give", _("There is nothing to hand over."), clause="8")
    _expire_of(row, at=at)
    if row.extracts.filter(state__in=OPEN).exists():
        raise Refused("extract_there", _("There is a file already: wait for it, or download it."), clause="8")
    with isolation.acting_as(isolation.JOBS):
        check_not_going(_account_of(row))
    found = Extract.objects.create(
        disclosure=row, account_reference=row.account_reference, asked_by=actor.reference, asked_at=at
    )
    record("disclosure.extract_asked", row, actor=actor, extract=found.reference)
    transaction.on_commit(lambda: _send(found.pk), robust=True)  # a lost message costs minutes
    return found


@transaction.atomic
def take(extract: Extract, *, actor: User, at: datetime) -> bytes:
    """Give the file, once, and remove it; whoever calls saw to it that identity was proven afresh (§7, §8).

    Refused when it is not there (any more), its days are over, or the account is being or to be erased. KeyUnavailable
    when it is not, to the bit, what was made. Locks the extract.
    """
    check_keeps(actor, RIGHT)
    found = Extract.objects.select_for_update(of=("self",)).select_related("disclosure").get(pk=extract.pk)
    if not found.can_be_taken(at):
        words = _("This file is not there any more: it is downloaded once, within 30 days. Have it made again.")
        raise Refused("extract_gone", words, clause="8")
    with isolation.acting_as(isolation.JOBS):
        check_not_going(lock(_account_of(found.disclosure)))
        content = _opened(found)
    found.state, found.taken_at, found.taken_by = ExtractState.TAKEN, at, actor.reference
    found.save(update_fields=["state", "taken_at", "taken_by"])
    record(
        "disclosure.extract_taken", found.disclosure, actor=actor, extract=found.reference, digest=found.digest,
        records=found.records,
    )  # fmt: skip
    return content


# --- By workers ------------------------------------------------------------------------------------------------------
def run(extract_id: int, *, at: datetime) -> bool:
    """Make the file of an extract that waits; whether it was made. May run twice, also at the same time: there is one.

    Ends in a state that says why when it cannot be made. Raises what is transient. A worker that is killed leaves at
    most a file without a row, under the name that the next one writes.
    """
    try:
        return _make(extract_id, at)
    except (OperationalError, InterfaceError, storage.FilesUnavailable):
        raise
    except KeyUnavailable:
        _stop(extract_id, "key_gone")
    except Refused:
        _stop(extract_id, "erased")
    except Exception as error:
        if isinstance(error, DatabaseError) and is_fence(error):
            _stop(extract_id, "erased")
        else:
            log.exception("extract %s failed: %s", extract_id, type(error).__name__)
            _stop(extract_id, "failed")
    return False


def tend(*, at: datetime) -> int:
    """Remove files that were taken, queue again what nobody makes, note what expired; how many. May run twice (§8)."""
    lost = Extract.objects.filter(state=ExtractState.QUEUED, asked_at__lte=at - SILENCE).values_list("pk", flat=True)
    for pk in lost:
        _send(pk)
    over = Extract.objects.filter(state=ExtractState.READY, expires_at__lte=at).select_related("disclosure")
    return _clear() + len(lost) + sum(_expire_of(each.disclosure, at=at) for each in over)


def end_of(made_at: datetime) -> datetime:
    """The first moment at which a file that was made then is there no more: the day on which its age is reached."""
    return start_of_day(rules.age("processors.ExtractFile").keep.after(local_date(made_at)))


@transaction.atomic
def _make(extract_id: int, at: datetime) -> bool:
    waiting = Extract.objects.select_for_update(of=("self",), skip_locked=True).select_related("disclosure")
    found = waiting.filter(pk=extract_id, state=ExtractState.QUEUED).first()
    if found is None:
        return False
    account = _account_of(found.disclosure)
    check_not_going(account)
    draft = storage.sealed.draft(_place_of(found, account))  # keeps an erasure waiting until this is over
    try:
        made = extract_contents.pack(found, account, at=at)
        found.digest, found.size = _written(draft, made.pieces)
        draft.settle()
        found.state, found.records, found.made_at, found.expires_at = ExtractState.READY, made.records, at, end_of(at)
        found.save(update_fields=["state", "records", "made_at", "expires_at", "digest", "size"])
        ExtractFile.objects.create(account=account, extract=found.reference, file=draft.name, made_at=at)
        record(
            "disclosure.extract_made", found.disclosure, extract=found.reference, digest=found.digest,
            records=found.records, fields=len(found.disclosure.given_fields),
        )  # fmt: skip
        draft.finish()
    finally:
        draft.discard()
    return True


def _written(draft: storage.Draft, pieces: Iterator[bytes]) -> tuple[str, int]:
    """SHA-256 and length of what was written."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        draft.write(piece)
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


@transaction.atomic
def _stop(extract_id: int, why: str) -> None:
    rows = Extract.objects.select_for_update(of=("self",)).select_related("disclosure")
    found = rows.filter(pk=extract_id, state=ExtractState.QUEUED).first()
    if found is not None:
        found.state, found.why = ExtractState.STOPPED, why
        found.save(update_fields=["state", "why"])
        record("disclosure.extract_stopped", found.disclosure, extract=found.reference, why=why)


@transaction.atomic
def _expire_of(row: Disclosure, *, at: datetime) -> int:
    """Note that what was not taken is over; the file goes by its age, with the rows of which that is so every night."""
    over = Extract.objects.select_for_update(of=("self",)).filter(
        disclosure=row, state=ExtractState.READY, expires_at__lte=at
    )
    found = list(over)
    for each in found:
        each.state = ExtractState.EXPIRED
        each.save(update_fields=["state"])
        record("disclosure.extract_expired", row, extract=each.reference)
    return len(found)


def _clear() -> int:
    """The file first: a row without a file is found again, a file without a row is not."""
    taken = Extract.objects.filter(state=ExtractState.TAKEN).values("reference")
    count = 0
    for kept in ExtractFile.objects.filter(extract__in=taken):
        storage.sealed.delete(kept.file.name)
        count += kept.delete()[0]
    return count


def _opened(found: Extract) -> bytes:
    """What is in it; a job removes it once that is committed. KeyUnavailable when it is not what was made."""
    kept = ExtractFile.objects.filter(extract=found.reference).first()
    if kept is None:
        raise KeyUnavailable("The file is not there.")
    with storage.sealed.open(kept.file.name) as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != found.digest:
        raise KeyUnavailable("The file is not what was made.")
    transaction.on_commit(_tend_soon, robust=True)
    return content


def _place_of(found: Extract, account: Account) -> str:
    """Where its file lies: always the same, so that what a killed worker left is found and replaced."""
    return f"{account.reference}/requests/{uuid5(found.reference, 'extract').hex}"


def _account_of(row: Disclosure) -> Account:
    """The account, as jobs see it: staff see none that is not open to them."""
    return Account.objects.get(reference=str(row.account_reference))


def _send(pk: int) -> None:
    from processors import tasks  # which runs what is here

    tasks.run_extract.delay(pk)


def _tend_soon() -> None:
    from processors import tasks

    tasks.tend_extracts.delay()
