"""Scans of registered letters: taken in when they are what they say, sealed, and shown to who confirms (§6, §7).

They are sealed and opened with the rights of jobs, for as long as that takes: no member of staff has an account's key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import check_not_going, check_staff, lock
from cannonworks import isolation, storage
from cannonworks.errors import Refused
from cannonworks.uploads import paper
from journal import services as journal
from rights.models import LetterScan, RegisteredLetter


@transaction.atomic
def add_scan(letter: RegisteredLetter, *, actor: User, file: File, at: datetime) -> LetterScan:
    """Seal the scan of a letter that is not confirmed; its own name is never used. Refused when there is one.

    Locks the account, as everything about its letters.
    """
    content, kind = paper(file, clause="6")
    account = lock(letter.account)
    check_staff(actor)
    check_not_going(account)
    letter = RegisteredLetter.objects.select_for_update(of=("self",)).select_related("request").get(pk=letter.pk)
    if letter.confirmed_on is not None or letter.request.withdrawn_on is not None:
        raise Refused("letter_over", _("This letter is confirmed or withdrawn; nothing is added to it."), clause="6")
    if LetterScan.objects.filter(letter=letter).exists():
        raise Refused("scan_known", _("There is a scan of this letter already."), clause="6")
    scan = LetterScan(
        account=account, letter=letter, kind=kind, size=len(content), digest=hashlib.sha256(content).hexdigest(),
        added_by=actor, added_at=at,
    )  # fmt: skip
    with isolation.acting_as(isolation.JOBS):
        scan.file.save("scan", ContentFile(content), save=False)
    try:
        scan.save(force_insert=True)
        journal.record("letter.scanned", account=account, actor=actor, clause="6", code=letter.request.code)
    except BaseException:
        storage.sealed.delete(scan.file.name)
        raise
    return scan


@transaction.atomic
def read_scan(letter: RegisteredLetter, *, actor: User) -> tuple[bytes, str]:
    """The scan and the name to keep it under, for who recorded or confirms the letter; journalled. Refused: no scan."""
    check_staff(actor)
    scan = LetterScan.objects.filter(letter=letter).first()
    if scan is None:
        raise Refused("no_scan", _("There is no scan of this letter."), clause="6")
    journal.record("letter.viewed", account=letter.account, actor=actor, clause="6", code=letter.request.code)
    with isolation.acting_as(isolation.JOBS), scan.file.open() as file:
        return file.read(), f"{letter.request.code}.{scan.kind}"
