"""Mails about reported breaches and about conferring; to whom, and in which language, the moment they are sent (§13).

Notices of breaches go another way: see ``sending``.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from accounts.outbox import Addressed, to_main_user, to_staff, writes
from breaches.models import BreachReport

#: Who hears of a report: whoever may judge it.
MAY_JUDGE = "breaches.change_breachreport"


@writes("breaches/breach_reported")
def reported(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To staff, until the report is judged. Nothing of what it says."""
    report = BreachReport.objects.filter(reference=about, judged_at__isnull=True).first()
    if report is None:
        return None
    return to_staff(MAY_JUDGE, reader, report=report, due_at=report.consultation.due_at)


@writes("breaches/report_judged")
def judged(about: UUID) -> Addressed | None:
    """To the main user, as long as the report is there."""
    report = BreachReport.objects.filter(reference=about, judged_at__isnull=False).first()
    return to_main_user(report.account_id, report=report, helpdesk=settings.HELPDESK) if report else None
