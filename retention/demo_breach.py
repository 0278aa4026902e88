"""A breach for the demonstration: told in two phases, conferred about, and a holder who reports something too (§13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Account, User
from breaches import conferring, planning, registering, releasing, reporting, selecting, sending
from breaches.criteria import Criteria
from breaches.models import Breach, Consultation
from cannonworks.deadlines import start_of_day

HOUR = timedelta(hours=1)
SAID: Mapping[str, Any] = {
    "fact_nl": "Iemand kon drie uur lang bij een map met reservekopieën.",
    "fact_en": "Somebody could reach a folder with backups for three hours.",
    "cause_nl": "Een sleutel stond in een logbestand dat een leverancier kon lezen.",
    "cause_en": "A key had been written to a log file that a supplier could read.",
    "expected_effects_nl": "Wie de kopieën heeft, kan namen en adressen van je relaties zien.",
    "expected_effects_en": "Whoever has the copies can see names and addresses of your relations.",
    "measures_taken_nl": "De sleutel is ingetrokken en de map is dicht.",
    "measures_taken_en": "The key was withdrawn and the folder is shut.",
    "advice_nl": "Let de komende weken op valse facturen uit jouw naam.",
    "advice_en": "In the coming weeks, look out for false invoices in your name.",
    "harms": ["confidentiality"], "data_kinds": ["names", "contact"], "people": ["users", "relations"],
}  # fmt: skip
LATER: Mapping[str, Any] = {**SAID,
    "known_effects_nl": "Eén bestand is opgehaald. Het was versleuteld; de sleutel daarvan is niet geraakt.",
    "known_effects_en": "One file was taken. It was encrypted, and its key was not touched.",
    "expected_effects_nl": "", "expected_effects_en": "", "is_ongoing": False, "protection": "unreadable",
    "measures_proposed_nl": "Logbestanden gaan voortaan niet meer naar leveranciers.",
    "measures_proposed_en": "Log files will not go to suppliers any more.",
}  # fmt: skip


def make(told: Sequence[Account], *, officer: User, today: date) -> Breach:
    """A breach of yesterday of which these accounts know; the first chooses a moment, the last reported one itself.

    However the days of the week fall, a moment tomorrow lies within the two working days.
    """
    begun = start_of_day(today - timedelta(days=1)) + 9 * HOUR
    breach = registering.notice_breach(
        officer, begun + HOUR, "unauthorised", "Reservekopieën bereikbaar", "Backups within reach", begun,
        "Beheer van de servers",
    )  # fmt: skip
    criteria = Criteria(references=tuple(account.reference for account in told))
    selecting.freeze(breach, criteria, actor=officer, at=begun + HOUR, reason="")
    _tell(breach, SAID, officer=officer, at=begun + 2 * HOUR)
    _confer(breach, told[0], officer=officer, at=begun + 3 * HOUR, today=today)
    _tell(breach, LATER, officer=officer, at=begun + 7 * HOUR)
    reporting.report_breach(
        told[-1], actor=_main_user(told[-1]), at=begun + 8 * HOUR, kind="leak", noticed_at=begun + 6 * HOUR,
        what="Een medewerker is een telefoon kwijt waarop onze facturen stonden.", which_data="Facturen van dit jaar",
        done="De telefoon is op afstand gewist.",
    )  # fmt: skip
    return breach


def _tell(breach: Breach, said: Mapping[str, Any], *, officer: User, at: datetime) -> None:
    """Write a phase down, release it, and do what the workers do then."""
    phase = registering.record_phase(breach, actor=officer, at=at, **said)
    releasing.release(phase, actor=officer, at=at)
    planning.plan(breach.pk, at=at)
    sending.send_batch(phase.pk, 0, clock=lambda: at)


def _confer(breach: Breach, account: Account, *, officer: User, at: datetime, today: date) -> None:
    """Offer a moment to all and one more to this account, whose main user takes that one."""
    tomorrow = start_of_day(today + timedelta(days=1)) + 10 * HOUR
    conferring.offer_to_all(
        breach, actor=officer, at=at, starts_at=tomorrow, ends_at=tomorrow + HOUR,
        place="https://bel.cannonworks.example/inbreuk-1",
    )  # fmt: skip
    talk = Consultation.objects.get(breach=breach, account=account)
    meeting = conferring.offer_to(
        talk, actor=officer, at=at, starts_at=tomorrow + 4 * HOUR, ends_at=tomorrow + 4.5 * HOUR, place="0522 123 456"
    )
    conferring.choose(talk, meeting, actor=_main_user(account), at=at + HOUR)


def _main_user(account: Account) -> User:
    return User.objects.get(account=account, is_main=True)
