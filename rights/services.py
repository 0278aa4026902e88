"""Registered letters: recorded by one member of staff, confirmed by another, then the account is due (§6)."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_staff, lock, open_request, order_erasure
from cannonworks.celery import app
from cannonworks.errors import Refused
from journal import services as journal
from rights.models import RegisteredLetter


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
def confirm_letter(letter: RegisteredLetter, *, actor: User, on: date) -> RegisteredLetter:
    """Confirm as the second member of staff: the account is due on ``on`` and a sweep is queued at once (§5.5, §6)."""
    lock(letter.account)
    check_staff(actor)
    letter = RegisteredLetter.objects.select_for_update().get(pk=letter.pk)
    if letter.confirmed_on is not None:
        raise Refused("letter_confirmed", _("This letter has been confirmed already."), clause="6")
    letter.confirm(actor=actor, on=on)
    account = order_erasure(letter.request, actor=actor, on=on)
    # By name: erasure is retention's, which nobody imports. A lost message costs an hour, until the next sweep.
    transaction.on_commit(lambda: app.send_task("retention.tasks.erase_account", [account.pk]), robust=True)
    return letter
