"""The announcement of a test as a letter, and the mails about it: to whom and in which language when they go (§12)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts.outbox import Addressed, to_main_user, to_staff, writes
from audits.appointments import file_for
from audits.links import address_of
from audits.models import Audit, Auditor
from audits.telling import MAY_ACT, TO_HOLDER, TO_STAFF, TO_TESTER
from cannonworks.deadlines import explain, in_amsterdam, local_date
from cannonworks.documents import render

TEMPLATE = Path(__file__).parent / "documents" / "announcement.typ"
#: With the date in a file for a calendar.
WITH_DATE = ("agreed", "reopened", "withdrawn", "invited", "stopped")


# --- The announcement ------------------------------------------------------------------------------------------------


def announcement_pdf(audit: Audit) -> bytes:
    """The written announcement, as the main user made it in the app; the same bytes for the same test."""
    return render(TEMPLATE, announcement_data(audit))


def announcement_data(audit: Audit) -> dict[str, Any]:
    """What ``announcement.typ`` prints: both parties, the test, its window, who carries it out, and the notice."""
    account, auditor = audit.account, audit.auditor
    assert auditor is not None  # noqa: S101  it is written with the test
    company, user = account.company, account.users.get(is_main=True)
    name, *address = (line.strip() for line in settings.CANNONWORKS_ADDRESS.split(","))
    with translation.override(user.language):
        return {
            "kind": "audit-announcement",
            "version": 1,
            "language": user.language,
            "reference": str(audit.reference)[:8],
            "date": local_date(audit.announced_at).isoformat(),
            "sender": {"company": company.company_name, "name": user.full_name, "address": company.address_lines},
            "recipient": {"name": name, "address": address},
            "test": audit.get_kind_display(),
            "scope": audit.scope,
            "starts_at": in_amsterdam(audit.starts_at).isoformat(),
            "ends_at": in_amsterdam(audit.ends_at).isoformat(),
            "tester": {"name": auditor.name, "company": auditor.company, "qualification": auditor.qualified_as},
            "counted": explain(audit.notice),
        }


# --- Mails -----------------------------------------------------------------------------------------------------------


@writes(*(f"audits/holder_{what}" for what in TO_HOLDER))
def to_holder(about: UUID) -> Addressed | None:
    """To the main user, as long as the test is there."""
    audit = _found(about)
    if audit is None:
        return None
    page = settings.SITE_URL + reverse("audit", args=[about])
    return _dated(to_main_user(audit.account_id, audit=audit, auditor=audit.auditor, page=page), audit, page)


@writes(*(f"audits/staff_{what}" for what in TO_STAFF))
def to_us(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To staff who deal with tests; nothing of what is tested, and no names."""
    audit = _found(about)
    if audit is None:
        return None
    page = settings.SITE_URL + reverse("admin:audits_audit_change", args=[audit.pk])
    return _dated(to_staff(MAY_ACT, reader, audit=audit, page=page), audit, page)


@writes(*(f"audits/tester_{what}" for what in TO_TESTER))
def to_tester(about: UUID) -> Addressed | None:
    """To the tester, as long as the test is there."""
    auditor = Auditor.objects.filter(reference=about).select_related("audit__account__company").first()
    if auditor is None:
        return None
    page, audit = address_of(auditor), auditor.audit
    company = getattr(audit.account, "company", None)
    context = {"audit": audit, "auditor": auditor, "page": page, "company": company}
    return _dated(Addressed(auditor.email, auditor.language, context), audit, page)


def _found(about: UUID) -> Audit | None:
    return Audit.objects.filter(reference=about).select_related("account").prefetch_related("auditors").first()


def _dated(addressed: Addressed | None, audit: Audit, page: str) -> Addressed | None:
    """The same mail with the window for a calendar, once it was agreed on."""
    if addressed is None or audit.agreed_at is None:
        return addressed
    with translation.override(addressed.language):
        content = file_for(audit, address=page)
    return replace(addressed, files=(("cannonworks-test.ics", content, "text/calendar"),))
