"""Sub-processors, their papers and people, as the services leave them (§8 to §11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import papers
from accounts.models import Account, Notice, Paper, PaperKind, User
from cannonworks import isolation
from processors import disclosing, extracting
from processors.models import (
    Agreement,
    Change,
    ChangeMail,
    Disclosure,
    Extract,
    Glass,
    GlassAccount,
    GlassChange,
    Helper,
    Objection,
    Project,
    Stage,
    Statement,
    SubProcessor,
    Transfer,
)
from tests.factories import HelperFactory

SOMEBODY = UUID("00000000-0000-4000-8000-000000000009")
PDF = b"%PDF-1.7 getekend"


def paper(kind: PaperKind = PaperKind.AGREEMENT, *, at: datetime | None = None, **more: Any) -> Paper:
    """A sealed paper of ours."""
    made = User(reference=SOMEBODY)
    return papers.keep(ContentFile(PDF), kind=kind, actor=made, at=at or timezone.now(), clause="9", **more)


def agreement(house: SubProcessor, *, signed_on: date | None = None, valid_until: date | None = None) -> Agreement:
    """A signed processing agreement, which counts from now."""
    made = Agreement.objects.create(
        of=house.reference, paper=paper(), signed_on=signed_on or date(2020, 1, 1), valid_until=valid_until,
        noted_by=SOMEBODY, noted_at=timezone.now(),
    )  # fmt: skip
    SubProcessor.objects.filter(pk=house.pk).update(agreement=made)
    house.agreement = made
    return made


def transfer(house: SubProcessor) -> Transfer:
    """Proof of protection in the country of a house outside the EEA, which counts from now."""
    made = Transfer.objects.create(
        of=house.reference, country=house.country, mechanism="clauses",
        paper=paper(PaperKind.TRANSFER, for_holders=True), noted_by=SOMEBODY, noted_at=timezone.now(),
    )  # fmt: skip
    SubProcessor.objects.filter(pk=house.pk).update(transfer=made)
    house.transfer = made
    return made


def house(name: str = "Noorderhost", *, role: str = "hosting", country: str = "NL", **more: Any) -> SubProcessor:
    """A sub-processor that is at work under an agreement."""
    return at_work(SubProcessor.objects.create(name=name, role=role, country=country, **more))


def at_work(made: SubProcessor) -> SubProcessor:
    """The same sub-processor with its papers signed, and working for us."""
    agreement(made)
    if not made.is_in_eea:
        transfer(made)
    made.stage, made.active_from = Stage.ACTIVE, date(2020, 1, 1)
    made.save(update_fields=["stage", "active_from"])
    return made


def objected(account: Account, *, at: datetime) -> Objection:
    """A change that the account was mailed, objected to and was answered, and that was withdrawn then."""
    made, _new = SubProcessor.objects.get_or_create(name="De Vraagbaak", defaults={"role": "support"})
    day = date(2020, 1, 1)
    notice = Notice.objects.create(
        title_nl="x", text_nl="x", title_en="x", text_en="x", shown_from=day, shown_until=day
    )  # fmt: skip
    change = Change.objects.create(
        sub_processor=made, kind="addition", role="support", country="NL", categories=["account"], words_nl="Helpt.",
        words_en="Helps.", effective_on=timezone.localdate(at) + timedelta(days=31), announced_at=at,
        announced_by=SOMEBODY, notice=notice,
    )  # fmt: skip
    user = account.main_user.reference
    ChangeMail.objects.create(change=change, account=account, user=user, sent_at=at)
    row = Objection.objects.create(change=change, account=account, user=user, words="Liever niet.", made_at=at)
    Objection.objects.filter(pk=row.pk).update(answer="Goed.", answered_at=at, answered_by=SOMEBODY)
    Change.objects.filter(pk=change.pk).update(withdrawn_at=at, withdrawn_by=SOMEBODY)
    return row


def bound(user: User, *, signed_on: date | None = None, ended_on: date | None = None) -> Statement:
    """A confidentiality statement of a member of staff or a helper."""
    return Statement.objects.create(
        user=user, signed_on=signed_on or date(2020, 1, 1), ended_on=ended_on, noted_by=SOMEBODY,
        noted_at=timezone.now(),
    )  # fmt: skip


def helper(of: SubProcessor, *, user: User | None = None, category: str = "hosting", is_bound: bool = True) -> Helper:
    """Somebody of a sub-processor, who has signed."""
    user = user or HelperFactory(bound=False)
    if is_bound and not user.statements.exists():
        bound(user)
    return Helper.objects.create(user=user, sub_processor=of, category=category)


def project(
    of: SubProcessor, *helpers: Helper, starts_at: datetime, ends_at: datetime, name: str = "Nieuwe server",
    shows_names: bool = True,
) -> Project:  # fmt: skip
    """Work for a time, with these helpers in it, who are shown names of companies unless it says otherwise."""
    made = Project.objects.create(
        sub_processor=of, name=name, purpose="Vragen van klanten", work="support" if shows_names else "hosting",
        shows_names=shows_names, starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    made.helpers.set(helpers)
    return made


def glass(**more: Any) -> Glass:
    """Emergency access that somebody asked for."""
    said = {"ground": "calamity", "reason": "Schijf van de database kapot", "is_whole": True, "hours": 2}
    return Glass.objects.create(**said | {"asked_by": SOMEBODY, "asked_at": timezone.now()} | more)


def looked_into(account: Account, *, at: datetime) -> Glass:
    """Emergency access in which a row of the account was changed, as the database notes it."""
    made = glass(is_whole=False, may_write=True, asked_at=at)
    GlassAccount.objects.create(glass=made, account=account)
    GlassChange.objects.create(
        glass=made, at=at, verb="UPDATE", table="relations_relation", key="1", account_reference=account.reference
    )
    return made


def disclosure(of: Account) -> Disclosure:
    """A request of the police about an account, of which its holder was told; nothing is given yet."""
    return Disclosure.objects.create(
        account_reference=of.reference, asker="police", office="Politie", channel="brief", received_at=timezone.now(),
        noted_by=SOMEBODY, noted_at=timezone.now(), told_at=timezone.now(),
    )  # fmt: skip


def extract(of: Disclosure, *, actor: User, at: datetime) -> Extract:
    """The file of a disclosure that was decided on, made by the worker."""
    asked = extracting.ask_extract(of, actor=actor, at=at)
    with isolation.acting_as(isolation.JOBS):
        extracting.run(asked.pk, at=at)
    return Extract.objects.get(pk=asked.pk)


def taken(of: Disclosure, *, actor: User, at: datetime) -> Disclosure:
    """The same disclosure, its file made and downloaded."""
    extracting.take(extract(of, actor=actor, at=at), actor=actor, at=at)
    return of


def ordered(of: Account, *, clerk: User, at: datetime) -> Disclosure:
    """A request of the police with an order about an account, on which nobody decided yet."""
    said = ["accounts.Company.email"]
    return disclosing.register(
        actor=clerk, account=of, asker="police", office="Politie", channel="brief", received_at=at, at=at,
        basis="Sv art. 126nd", order=ContentFile(PDF), asked_fields=said, given_fields=said,
    )  # fmt: skip


def granted(of: Account, *, clerk: User, second: User, at: datetime | None = None) -> Extract:
    """The same, granted; its file is ready to be downloaded."""
    at = at or timezone.now()
    row = ordered(of, clerk=clerk, at=at)
    disclosing.decide(row, actor=second, decision="give", reason="vordering", at=at)
    return extract(row, actor=clerk, at=at)


def refused(of: Account, *, clerk: User, second: User) -> Disclosure:
    """A request with an order about an account, which was refused; the holder knows."""
    at = timezone.now()
    row = disclosing.register(
        actor=clerk, account=of, asker="tax", office="Belastingdienst", channel="brief", received_at=at, at=at,
        basis="AWR art. 47", order=ContentFile(PDF),
    )  # fmt: skip
    return disclosing.decide(row, actor=second, decision="refuse", reason="te ruim", at=at)
