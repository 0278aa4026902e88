"""Breaches at any stage, as the services would have left them (§13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts.models import Account, PlannedMail
from breaches.models import (
    Affected,
    Breach,
    BreachReport,
    Consultation,
    DirectWord,
    Meeting,
    Notice,
    Permission,
    Phase,
    Selection,
)
from cannonworks.deadlines import AMSTERDAM, compute, kind_named

#: A Tuesday morning: the 48 hours are over on Thursday at the same hour.
NOTICED_AT = datetime(2026, 11, 17, 9, 30, tzinfo=AMSTERDAM)
SOMEBODY = UUID("00000000-0000-4000-8000-000000000013")
#: All that a notice must say, and advice.
TOLD = {
    "fact_nl": "Iemand kon drie uur lang bij reservekopieën.", "fact_en": "Somebody could reach backups for three hours.",
    "cause_nl": "Een sleutel stond in een logbestand.", "cause_en": "A key had been written to a log file.",
    "known_effects_nl": "Eén bestand is opgehaald.", "known_effects_en": "One file was taken.",
    "expected_effects_nl": "", "expected_effects_en": "",
    "measures_taken_nl": "De sleutel is vervangen.", "measures_taken_en": "The key was replaced.",
    "advice_nl": "Let op valse facturen.", "advice_en": "Look out for false invoices.",
}  # fmt: skip


def breach(*, at: datetime = NOTICED_AT, **more: Any) -> Breach:
    """A line of the register, noticed at ``at`` and recorded ten minutes later."""
    number = (Breach.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    said: dict[str, Any] = {
        "number": number, "kind": "unauthorised", "title_nl": "Reservekopieën bereikbaar",
        "title_en": "Backups within reach", "noticed_at": at, "noticed_by": "Security officer",
        "recorded_by": SOMEBODY, "recorded_at": at + timedelta(minutes=10),
    }  # fmt: skip
    return Breach.objects.create(**said | more)


def phase(of: Breach, *, is_released: bool = False, **more: Any) -> Phase:
    """The next phase of a breach, complete; recorded an hour after it was noticed, released half an hour later."""
    number = of.phases.count() + 1
    recorded_at = of.noticed_at + timedelta(hours=number)
    said: dict[str, Any] = {**TOLD, "recorded_by": SOMEBODY, "recorded_at": recorded_at, "data_kinds": ["names"]}
    if is_released:
        said |= {"released_by": SOMEBODY, "released_at": recorded_at + timedelta(minutes=30)}
    return Phase.objects.create(breach=of, number=number, **said | more)


def affected(
    of: Breach, *accounts: Account, told_at: datetime | None = None, noticed_at: datetime | None = None
) -> list[Affected]:
    """Accounts on the list of a breach, chosen by reference; noticed with the breach, or later."""
    if not accounts:
        return []
    noticed_at = noticed_at or of.noticed_at
    chosen = Selection.objects.create(
        breach=of, criteria={"references": [str(account.reference) for account in accounts]}, noticed_at=noticed_at,
        found=len(accounts), added=len(accounts), digest="sha256:" + "0" * 64, frozen_by=SOMEBODY,
        frozen_at=of.recorded_at,
    )  # fmt: skip
    due_at = compute(kind_named("breach_notice"), noticed_at).due_at
    return [
        Affected.objects.create(
            breach=of, account=account, selection=chosen, noticed_at=noticed_at, due_at=due_at, told_at=told_at
        )
        for account in accounts
    ]


def notice(of: Phase, account: Account, *, handed_at: datetime | None = None, **more: Any) -> Notice:
    """What an account is told of a released phase; handed to the mail server when there is a moment for it."""
    said = {"language": "nl", "batch": 0, "planned_at": of.released_at, "begun_at": handed_at, "handed_at": handed_at}
    return Notice.objects.create(phase=of, account=account, **said | more)


def told(*accounts: Account, at: datetime = NOTICED_AT) -> Breach:
    """A breach of which these accounts were sent its first phase, two hours after it was noticed."""
    row = breach(at=at)
    told_at = at + timedelta(hours=2)
    affected(row, *accounts, told_at=told_at)
    first = phase(row, is_released=True)
    for account in accounts:
        notice(first, account, handed_at=told_at)
        consultation(row, account, opened_at=told_at)
    return row


def consultation(of: Breach, account: Account, *, opened_at: datetime, **more: Any) -> Consultation:
    """That we confer with an account, from the first notice on."""
    due_at = compute(kind_named("breach_consultation"), opened_at).due_at
    return Consultation.objects.create(breach=of, account=account, opened_at=opened_at, due_at=due_at, **more)


def report(account: Account, *, at: datetime = NOTICED_AT, **more: Any) -> BreachReport:
    """What the main user of an account noticed, that nobody has judged yet."""
    said = {
        "reported_by": account.main_user.reference, "kind": "leak", "noticed_at": at - timedelta(hours=1),
        "what": "Een laptop is gestolen uit de bus.", "contact": "06 12345678",
    }  # fmt: skip
    return BreachReport.objects.create(account=account, reported_at=at, **said | more)


def word(of: Breach, **more: Any) -> DirectWord:
    """What an authority was told because the law obliges us."""
    said = {"audience": "authority", "to": "De toezichthouder", "text": "Er was een inbreuk.", "duty": "AVG art. 33"}
    return DirectWord.objects.create(breach=of, recorded_by=SOMEBODY, recorded_at=of.noticed_at, **said | more)


def all_of_it(account: Account, *, at: datetime) -> Breach:
    """A breach that the account was told of and conferred about, and permission to tell others; and its own report."""
    row = told(account, at=at)
    met = Meeting.objects.create(
        breach=row, account=account, proposed_by=SOMEBODY, starts_at=at + timedelta(days=1),
        ends_at=at + timedelta(days=1, minutes=30), place="0522 123 456",
    )  # fmt: skip
    Consultation.objects.filter(account=account, breach=row).update(meeting=met, agreed_at=at)
    Permission.objects.create(
        account=account, breach=row, to_subjects=True, given_by=account.main_user.reference, given_at=at
    )
    answered = report(account, at=at, judged_at=at, judged_by=SOMEBODY, answer="De laptop was versleuteld.")
    PlannedMail.objects.create(
        account=account, about=answered.reference, template="breaches/report_judged", planned_at=at, sent_at=at
    )  # fmt: skip
    return row
