"""Mails about what others ask of us: to the main user who may know, and to staff when an answer came (§8).

Each looks again, when it is sent, whether its reader may know: a gag that was laid in between keeps it back.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.models import Account
from accounts.outbox import Addressed, to_main_user, to_staff, writes
from processors.models import Disclosure

#: Who hears of answers: whoever may decide.
MAY_DECIDE = "processors.change_disclosure"


@writes("processors/disclosure_asked")
def asked(about: UUID) -> Addressed | None:
    """To the main user, as long as an answer is waited for."""
    row = Disclosure.objects.waiting().filter(reference=about).first()
    return _to_holder(row)


@writes("processors/disclosure_told", "processors/disclosure_gag_over")
def told(about: UUID) -> Addressed | None:
    """To the main user: that somebody asked, on which ground, and what came of it."""
    return _to_holder(Disclosure.objects.filter(reference=about, told_at__isnull=False).first())


@writes("processors/disclosure_answered")
def answered(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To staff who may decide, until somebody did. Nothing of what was asked."""
    row = Disclosure.objects.filter(reference=about, decision="").exclude(consent="").first()
    if row is None:
        return None
    page = settings.SITE_URL + reverse("admin:processors_disclosure_change", args=[row.pk])
    return to_staff(MAY_DECIDE, reader, row=row, page=page)


def _to_holder(row: Disclosure | None) -> Addressed | None:
    if row is None or row.account_reference is None or not row.is_known:
        return None
    account = Account.objects.filter(reference=row.account_reference).first()
    if account is None:
        return None
    page = settings.SITE_URL + reverse("disclosure", args=[row.reference])
    return to_main_user(account.pk, row=row, page=page, contact=settings.PRIVACY_CONTACT)
