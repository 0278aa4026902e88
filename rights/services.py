"""Registered letters: recorded by one member of staff, confirmed by another, then the account is due (§6).

Where the holder asked for the data first, the erasure is ordered once that was taken or is past its end; until then the
request can be withdrawn. Whoever orders, withdraws or activates holds the lock on the account: exactly one wins.
"""

from __future__ import annotations

from datetime import date, datetime

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import outbox
from accounts.models import Account, User
from accounts.services import check_staff, lock, open_request, order_erasure
from cannonworks.celery import app
from cannonworks.deadlines import local_date, start_of_day
from cannonworks.errors import Refused
from journal import services as journal
from rights import scans
from rights.models import DataReturn, LetterScan, RegisteredLetter


@transaction.atomic
def receive_letter(
    account: Account, *, actor: User, code: str, carrier_number: str, received_on: date, identity_check: str,
    scan: File | None = None, at: datetime,
) -> RegisteredLetter:  # fmt: skip
    """Record a letter with its scan, and mail the main user that it came in and what happens now (§6).

    Raises as ``record_letter`` and ``scans.add_scan``; without a scan that is added before the letter is confirmed.
    """
    letter = record_letter(
        account, actor=actor, code=code, carrier_number=carrier_number, received_on=received_on,
        identity_check=identity_check,
    )  # fmt: skip
    outbox.plan("rights/letter_received", about=account.reference, account=account, at=at)
    if scan is not None:
        scans.add_scan(letter, actor=actor, file=scan, at=at)  # last: a file is not rolled back
    return letter


@transaction.atomic
def record_letter(
    account: Account, *, actor: User, code: str, carrier_number: str, received_on: date, identity_check: str
) -> RegisteredLetter:
    """Record a registered letter for the account's open request. Refused when there is none or the code differs."""
    account = lock(account)
    check_staff(actor)
    request = open_request(account)
    if request.code != code.strip().upper():
        raise Refused("other_code", _("The letter's reference is not that of the open request."), clause="6")
    if RegisteredLetter.objects.filter(request=request).exists():
        raise Refused("letter_known", _("A letter was already recorded for this request."), clause="6")
    letter = RegisteredLetter(
        account=account,
        request=request,
        carrier_number=carrier_number,
        received_on=received_on,
        identity_check=identity_check,
        recorded_by=actor,
    )
    letter.full_clean()
    letter.save(force_insert=True)
    journal.record("letter.recorded", account=account, actor=actor, clause="6", code=request.code)
    return letter


@transaction.atomic
def confirm_letter(
    letter: RegisteredLetter, *, actor: User, on: date, at: datetime | None = None, on_paper: bool = True
) -> RegisteredLetter:
    """Confirm as the second member of staff: the account is due on ``on`` and a sweep is queued at once (§5.5, §6).

    With a return of data under way at ``at`` (by default where ``on`` begins), or ready and not taken, the erasure
    waits for that. Refused without a scan; a letter that is not ``on_paper``, of a simulation, has none.
    """
    account = lock(letter.account)
    check_staff(actor)
    letter = RegisteredLetter.objects.select_for_update().get(pk=letter.pk)
    if letter.confirmed_on is not None:
        raise Refused("letter_confirmed", _("This letter has been confirmed already."), clause="6")
    if on_paper and not LetterScan.objects.filter(letter=letter).exists():
        raise Refused("no_scan", _("Add a scan of the letter first; who confirms has to see it."), clause="6")
    letter.confirm(actor=actor, on=on)
    if _waits_for_return(account, at=at or start_of_day(on)):
        if open_request(account) != letter.request:
            raise Refused("request_withdrawn", _("This request is not open any more."), clause="6")
        journal.record("letter.waits", account=account, actor=actor, clause="6", code=letter.request.code)
        outbox.plan("rights/letter_waits", about=account.reference, account=account, at=at or start_of_day(on))
        return letter
    _order(letter, on=on)
    return letter


@transaction.atomic
def order_after_return(account: Account, *, at: datetime) -> bool:
    """Order the erasure of a confirmed letter that waited, once the data is returned; whether it did (§6).

    Idempotent. Asked for when a return is taken, and by the beat for what ends otherwise.
    """
    try:
        account = lock(account)
    except Refused:
        return False
    letter = RegisteredLetter.objects.confirmed_not_ordered().filter(account=account).select_related("request").first()
    if letter is None or _waits_for_return(account, at=at):
        return False
    _order(letter, on=local_date(at))
    return True


def order_waiting(*, at: datetime) -> int:
    """The same for every letter that waits, each by itself; return how many were ordered."""
    waiting = RegisteredLetter.objects.confirmed_not_ordered().select_related("account")
    return sum(order_after_return(letter.account, at=at) for letter in list(waiting))


def _waits_for_return(account: Account, *, at: datetime) -> bool:
    """Whether the holder's data is on its way. The caller holds the account, which every write of a return asks for.

    So taking it comes before this, and nothing waits, or after, and whoever hands it over orders.
    """
    return DataReturn.objects.before_erasure(account, at).exists()


def _order(letter: RegisteredLetter, *, on: date) -> None:
    assert letter.confirmed_by is not None  # noqa: S101  the database holds it too
    account = order_erasure(letter.request, actor=letter.confirmed_by, on=on)
    # By name: erasure is retention's, which nobody imports. A lost message costs an hour, until the next sweep.
    transaction.on_commit(lambda: app.send_task("retention.tasks.erase_account", [account.pk]), robust=True)
