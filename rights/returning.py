"""The return of all data of an account to its main user: asked for, made by a worker, taken, and forgotten (§6).

``rights.making`` is the worker. No file of a return outlives it: cancelled or expired, its files go by a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.blocking import check_not_blocked
from accounts.models import Account, User
from accounts.services import check_decides, check_not_going, check_staff, lock
from cannonworks import isolation, storage, zipping
from cannonworks.deadlines import AMSTERDAM, compute, kind_named
from cannonworks.errors import Refused
from cannonworks.zipping import Measure, Member
from journal import services as journal
from rights import making
from rights.models import DataReturn, ReturnFile
from rights.returned import contents
from rights.states import RETURN_STEPS, ReturnState, move

#: Files that are looked up, or removed, at once.
PORTION = 500


@dataclass(frozen=True)
class Archive:
    """A return as it is downloaded: its name, its length in bytes, and the bytes."""

    name: str
    length: int
    pieces: Iterator[bytes]


# --- By the main user ----------------------------------------------------------------------------------------------


@transaction.atomic
def ask_return(account: Account, *, actor: User, at: datetime) -> DataReturn:
    """Have all data of the account made ready for its main user, within fifteen days (§6).

    Refused for anybody else, when the account is being or to be erased, and while another return is under way or ready.
    """
    account = lock(account)
    check_decides(actor, account)
    check_not_going(account)
    check_not_blocked(account)
    if DataReturn.objects.under_way().filter(account=account).exists():
        raise Refused("return_under_way", _("Your data are being made ready already."), clause="6")
    if DataReturn.objects.ready(at).filter(account=account).exists():
        words = _("Your data are ready already. Download them, or remove that archive first and ask again.")
        raise Refused("return_ready", words, clause="6")
    found = DataReturn.objects.create(
        account=account, asked_by=actor.reference, language=actor.language, asked_at=at, moved_at=at,
        due_at=compute(kind_named("data_return"), at).due_at,
    )  # fmt: skip
    journal.record(
        "return.asked", account=account, actor=actor, clause="6", data_return=found.reference, due_at=found.due_at
    )
    _queue(found)
    return found


@transaction.atomic
def cancel_return(found: DataReturn, *, actor: User) -> DataReturn:
    """Give up a return, also one that is ready; its files go at once. Refused for who is not the main user."""
    found = _lock(found, actor)
    move(found, ReturnState.CANCELLED, RETURN_STEPS, clause="6")
    found.why, found.moved_at = "", Now()
    found.save(update_fields=["state", "why", "moved_at"])
    journal.record("return.cancelled", account=found.account, actor=actor, clause="6", data_return=found.reference)
    transaction.on_commit(lambda: _clear_soon(found.pk), robust=True)
    return found


@transaction.atomic
def resume_return(found: DataReturn, *, actor: User) -> DataReturn:
    """Go on with a return that stopped, with the first file that is missing; the main user, or staff who mended why.

    Refused for others, when it has not stopped, and when the account is blocked, being erased or to be.
    """
    found = _lock(found, actor, staff_too=True)
    check_not_going(found.account)
    check_not_blocked(found.account)
    if found.state != ReturnState.STOPPED:
        raise Refused("not_stopped", _("This return has not stopped."), clause="6")
    move(found, ReturnState.QUEUED, RETURN_STEPS, clause="6")
    found.why, found.moved_at = "", Now()
    found.save(update_fields=["state", "why", "moved_at"])
    journal.record("return.resumed", account=found.account, actor=actor, clause="6", data_return=found.reference)
    _queue(found)
    return found


@transaction.atomic
def take(found: DataReturn, *, actor: User, at: datetime) -> Archive:
    """Hand the archive to the main user, and note that; whoever calls saw to it that identity was proven afresh (§6).

    It counts as taken once its last byte is read: an erasure may wait for that. Refused for anybody else, unless it is
    ready and has not expired, and when the account is being or to be erased.
    """
    found = _lock(found, actor)
    check_not_going(found.account)
    check_not_blocked(found.account)
    if found.state == ReturnState.EXPIRED or (found.expires_at and found.expires_at <= at):
        raise Refused("return_expired", _("This archive has expired. Ask for your data again."), clause="6")
    if found.state != ReturnState.READY:
        raise Refused("return_not_ready", _("Your data are not ready yet."), clause="6")
    journal.record("return.taken", account=found.account, actor=actor, clause="6", data_return=found.reference)
    handed = archive(found)
    return replace(handed, pieces=_to_the_last(handed.pieces, found, isolation.current()))


run = making.run


def archive(found: DataReturn) -> Archive:
    """The archive of a return (ZIP), put together while it is read; memory does not grow with it.

    The bytes may be asked for after the transaction is over: each look at the database is one of its own, as whoever
    asks now. They break off with an OSError or KeyUnavailable when the return is cancelled, expires or is erased.
    """
    files = ReturnFile.objects.filter(of=found)
    told = files.aggregate(names=Sum(Length("name")), sizes=Sum("size"))
    measure = Measure(files.count(), told["names"] or 0, told["sizes"] or 0)
    identity = isolation.current()

    def members() -> Iterator[Member]:
        for file in _walk(files, identity):
            yield Member(file.name, file.size, file.crc, timezone.localtime(file.read_at, AMSTERDAM))

    def content(member: Member) -> Iterator[bytes]:
        with _look(identity):
            text = storage.sealed.open(making.place_of(found, member.name))
        with text:
            while piece := text.read(storage.CHUNK):
                yield piece

    day = timezone.localtime(found.asked_at, AMSTERDAM).date()
    name = f"cannonworks-{day}-{str(found.reference)[:8]}.zip"
    return Archive(name, measure.length, zipping.archive(members, content, measure=measure))


# --- By workers ----------------------------------------------------------------------------------------------------


def revive(*, since: datetime) -> int:
    """Queue again what is under way while nothing came of it since that moment; return how many."""
    lost = DataReturn.objects.filter(state__in=making.RUNS, moved_at__lte=since).values_list("pk", flat=True)
    for pk in lost:
        _send(pk)
    return len(lost)


def expire(*, at: datetime) -> int:
    """Remove the archives whose days are over, and what is left of the files of those cancelled; return how many."""
    due = DataReturn.objects.filter(state=ReturnState.READY, expires_at__lte=at).values_list("pk", flat=True)
    count = sum(_expire(pk, at) for pk in due)
    over = DataReturn.objects.filter(state__in=(ReturnState.CANCELLED, ReturnState.EXPIRED), files__isnull=False)
    for pk in over.distinct().values_list("pk", flat=True):
        clear(pk)
    return count


@transaction.atomic
def _expire(pk: int, at: datetime) -> bool:
    rows = DataReturn.objects.select_for_update(skip_locked=True, of=("self",)).select_related("account")
    found = rows.filter(pk=pk, state=ReturnState.READY, expires_at__lte=at).first()
    if found is None or found.account.claimed_at is not None:
        return False
    move(found, ReturnState.EXPIRED, RETURN_STEPS, clause="6")
    found.moved_at = Now()
    found.save(update_fields=["state", "moved_at"])
    journal.record("return.expired", account=found.account, clause="6", data_return=found.reference)
    return True


def clear(pk: int) -> int:
    """Remove the files of a return that is over, and what a worker had begun of it; return how many there were."""
    over = (ReturnState.CANCELLED, ReturnState.EXPIRED)
    found = DataReturn.objects.select_related("account").filter(pk=pk, state__in=over).first()
    if found is None:
        return 0
    for name in _begun(found):
        storage.sealed.delete(making.place_of(found, name))
    count = 0
    while files := list(ReturnFile.objects.filter(of=found).order_by("pk")[:PORTION]):
        for file in files:  # the file first: a row without a file is found again, a file without a row is not
            storage.sealed.delete(file.file.name)
        count += ReturnFile.objects.filter(pk__in=[file.pk for file in files]).delete()[0]
    return count


def _begun(found: DataReturn) -> Iterator[str]:
    """The files that a worker may have been writing when it was killed: those after the last of each kind."""
    files = ReturnFile.objects.filter(of=found)
    for table in contents.tables():
        parts = files.filter(name__startswith=table.file(1, "")[:-1], name__endswith=".csv").count()
        for part in range(1, parts + 2):
            yield from (table.file(part, kind) for kind in ("jsonl", "csv"))
    last = files.filter(name__endswith=".pdf").order_by("-upto").values_list("upto", flat=True).first()
    for document in making.documents_of(found.account, behind=last or 0)[: making.PDFS]:
        yield f"{contents.document_name(document)}.pdf"
    yield from ("index.html", "manifest.json")


# --- Within --------------------------------------------------------------------------------------------------------


def _walk(files: Iterable[ReturnFile], identity: isolation.Identity) -> Iterator[ReturnFile]:
    last = 0
    while True:
        with _look(identity):
            found = list(islice(files.filter(pk__gt=last).order_by("pk")[:PORTION], PORTION))  # type: ignore[attr-defined]
        yield from found
        if len(found) < PORTION:
            return
        last = found[-1].pk


@contextmanager
def _look(identity: isolation.Identity) -> Iterator[None]:
    outermost = not transaction.get_connection().in_atomic_block
    with transaction.atomic(), isolation.acting_as(identity, until_commit=outermost):
        yield


def _to_the_last(pieces: Iterator[bytes], found: DataReturn, identity: isolation.Identity) -> Iterator[bytes]:
    yield from pieces
    with _look(identity):
        lock(found.account)
        if DataReturn.objects.filter(pk=found.pk, taken_at__isnull=True).update(taken_at=Now()):
            transaction.on_commit(_order_soon, robust=True)


def _lock(found: DataReturn, actor: User, *, staff_too: bool = False) -> DataReturn:
    account = lock(found.account)
    if staff_too and actor.is_staff:
        check_staff(actor)
    else:
        check_decides(actor, account)
    row = DataReturn.objects.select_for_update(of=("self",)).filter(pk=found.pk, account=account).first()
    if row is None:
        raise Refused("gone", _("This return is not here any more."), clause="6")
    row.account = account
    return row


def _queue(found: DataReturn) -> None:
    transaction.on_commit(lambda: _send(found.pk), robust=True)  # a lost message costs minutes


def _send(pk: int) -> None:
    from rights import tasks  # which runs what is here

    tasks.run_return.delay(pk)


def _clear_soon(pk: int) -> None:
    from rights import tasks

    tasks.clear_return.delay(pk)


def _order_soon() -> None:
    from rights import tasks

    tasks.order_waiting.delay()
