"""Mails about reported breaches and about conferring; to whom, and in which language, the moment they are sent (§13).

Notices of breaches go another way: see ``sending``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.outbox import Addressed, to_main_user, to_staff, writes
from breaches.meetings import file_of
from breaches.models import BreachReport, Consultation

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


@writes("breaches/meeting_offered")
def offered(about: UUID) -> Addressed | None:
    """As long as the account has agreed to no moment, and waits for one."""
    return _about_consultation(about, held_at__isnull=True, agreed_at__isnull=True)


@writes("breaches/meeting_agreed")
def agreed(about: UUID) -> Addressed | None:
    """With the moment as a file for a calendar; as it is when the mail goes."""
    found = _about_consultation(about, held_at__isnull=True, meeting__isnull=False)
    if found is None:
        return None
    with translation.override(found.language):
        title = _("CannonWorks: consultation about a breach")
    meeting, address = found.context["consultation"].meeting, settings.SITE_URL + reverse("consultation", args=[about])
    file = ("cannonworks.ics", file_of(meeting, title=title, text=address), "text/calendar")
    return replace(found, files=(file,))


@writes("breaches/meeting_withdrawn")
def withdrawn(about: UUID) -> Addressed | None:
    """Unless there is another moment already."""
    return _about_consultation(about, held_at__isnull=True, agreed_at__isnull=True)


@writes("breaches/minutes_ready")
def minutes_ready(about: UUID) -> Addressed | None:
    """As long as they are not signed off."""
    return _about_consultation(about, held_at__isnull=False, signed_at__isnull=True)


def _about_consultation(about: UUID, **wanted: Any) -> Addressed | None:
    found = Consultation.objects.filter(reference=about, **wanted).select_related("meeting").first()
    return to_main_user(found.account_id, consultation=found) if found else None
