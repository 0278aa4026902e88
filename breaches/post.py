"""Mails about reported breaches: planned in the transaction of a step, sent after it, each once (§13).

What a mail says is read when it is sent, so nothing of it is stored twice, and a mail that has no point any more is
forgotten. A repeat after a crash has the same Message-ID. Notices of breaches go another way: see ``sending``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Account, User
from breaches.models import BreachMail, BreachReport
from cannonworks import isolation, mails

log = logging.getLogger(__name__)

#: Who hears of a report: whoever may judge it.
MAY_JUDGE = "change_breachreport"


@dataclass(frozen=True)
class Addressed:
    """To whom a mail goes, in which language, and what its template sees."""

    to: str
    language: str
    context: Mapping[str, Any] = field(default_factory=dict)


Writer = Callable[[BreachMail], Addressed | None]


def plan(template: str, *, about: UUID, account: Account, at: datetime, reader: UUID | None = None) -> None:
    """Have a mail sent once the transaction is committed; the step and its mail are there together, or neither is."""
    if template not in WRITERS:
        raise LookupError(f"Nobody writes the mail {template!r}.")
    with isolation.acting_as(isolation.JOBS):  # the table of mails is for jobs alone
        mail = BreachMail.objects.create(account=account, about=about, template=template, reader=reader, planned_at=at)
    transaction.on_commit(lambda: _send_soon(mail.pk), robust=True)  # a lost message costs minutes


def tell_staff(template: str, *, about: UUID, account: Account, at: datetime) -> int:
    """The same to each member of staff who may judge reports, or to our desk if there is nobody; how many."""
    with isolation.acting_as(isolation.JOBS):  # a holder sees no staff
        readers: list[UUID | None] = list(judges().values_list("reference", flat=True))
    for reader in readers or [None]:
        plan(template, about=about, account=account, at=at, reader=reader)
    return len(readers or [None])


def judges() -> Any:
    """Members of staff who may judge reports."""
    has_it = Q(groups__permissions__codename=MAY_JUDGE, groups__permissions__content_type__app_label="breaches")
    found = User.objects.filter(Q(is_superuser=True) | has_it, is_staff=True, is_active=True)
    return User.objects.filter(pk__in=found.values("pk")).order_by("pk")


def send_waiting(*, at: datetime, limit: int = 1_000) -> int:
    """Send what waits; return how many went. Safe on many workers at once."""
    return sum(send(pk, at=at) for pk in list(BreachMail.objects.to_send(at).values_list("pk", flat=True)[:limit]))


@transaction.atomic
def send(pk: int, *, at: datetime) -> bool:
    """Send one mail that waits; whether it went. A failure is noted, and it is tried again later."""
    mail = BreachMail.objects.to_send(at).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if mail is None:
        return False
    addressed = WRITERS[mail.template](mail)
    if addressed is None:
        mail.delete()
        return False
    message = mails.letter(
        f"breaches/mail/{mail.template}", to=addressed.to, language=addressed.language, about=f"breach-{mail.pk}",
        **addressed.context,
    )  # fmt: skip
    try:
        message.send()
    except mails.FAILURES as error:
        mails.put_off(mail, error, at=at)
        log.warning("mail %s about %s failed: %s", mail.template, mail.about, mail.failure)
        return False
    mail.sent_at, mail.failure = at, ""
    mail.save(update_fields=["sent_at", "failure"])
    return True


def reported(mail: BreachMail) -> Addressed | None:
    """To a member of staff who still is one, or to our desk; until the report is judged. Nothing of what it says."""
    report = BreachReport.objects.filter(reference=mail.about, judged_at__isnull=True).first()
    if report is None:
        return None
    context = {"report": report, "due_at": report.consultation.due_at}
    if mail.reader is None:
        return Addressed(settings.HELPDESK, settings.LANGUAGE_CODE, context)
    reader = judges().filter(reference=mail.reader).first()
    return Addressed(reader.email, reader.language, {**context, "name": reader.first_name}) if reader else None


def judged(mail: BreachMail) -> Addressed | None:
    """To the main user, as long as the report is there."""
    report = (
        BreachReport.objects.filter(reference=mail.about, judged_at__isnull=False).select_related("account").first()
    )
    user = report.account.main_user if report else None
    if report is None or user is None:
        return None
    return Addressed(
        user.email, user.language, {"name": user.first_name, "report": report, "helpdesk": settings.HELPDESK}
    )


#: By template, in ``templates/breaches/mail``.
WRITERS: Mapping[str, Writer] = {"breach_reported": reported, "report_judged": judged}


def _send_soon(pk: int) -> None:
    from breaches import tasks  # which sends by what is here

    tasks.send_mail.delay(pk)
