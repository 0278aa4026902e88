"""Sub-processors and their papers: entered, bound by an agreement, protected outside the EEA, and ended (§9, §11).

Papers are added, never changed: the row of the sub-processor names those that count now. Who begins, or does other work
or works elsewhere, is told to account holders first: see ``announcing``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import papers
from accounts.models import PaperKind, User
from cannonworks.countries import EEA, place_of
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from journal import services as journal
from processors.models import Agreement, Change, ChangeKind, Stage, SubProcessor, Transfer


@transaction.atomic
def enter(
    *, actor: User, name: str, role: str, country: str = "NL", categories: Iterable[str] = (), contact_email: str = ""
) -> SubProcessor:
    """Enter a company that is going to work for us; nobody outside is shown it before it is announced (§9).

    ValidationError for bad input, and when it is there already.
    """
    check_keeps(actor, "add_subprocessor")
    made = SubProcessor(name=name, contact_email=contact_email)
    _describe(made, role=role, country=country, categories=categories)
    made.full_clean()
    made.save(force_insert=True)
    journal.record(
        "sub_processor.added", actor=actor, clause="9", sub_processor=made.reference, role=role, country=country
    )
    return made


@transaction.atomic
def change(
    sub_processor: SubProcessor, *, actor: User, name: str, contact_email: str, role: str, country: str,
    categories: Iterable[str],
) -> SubProcessor:  # fmt: skip
    """Change how a sub-processor is entered. Once announced, its work, place and data change by ``announce`` alone.

    In another country the protection that was noted does not count any more. ValidationError for bad input.
    """
    check_keeps(actor, "change_subprocessor")
    row = lock(sub_processor)
    before = (row.role, row.country, sorted(row.categories))
    _describe(row, role=role, country=country, categories=categories)
    if row.stage != Stage.DRAFT and before != (row.role, row.country, row.categories):
        raise Refused(
            "announce_first",
            _("Account holders were told of its work, place and data. Announce the change; it counts from its day."),
            clause="9",
        )
    row.name, row.contact_email = name, contact_email
    if country != before[1]:
        row.transfer = None
    row.full_clean()
    row.save(update_fields=["name", "contact_email", "role", "country", "categories", "transfer"])
    journal.record(
        "sub_processor.changed", actor=actor, clause="9", sub_processor=row.reference, role=role, country=country
    )
    return row


@transaction.atomic
def note_agreement(
    sub_processor: SubProcessor, *, actor: User, at: datetime, file: File, signed_on: date,
    valid_until: date | None = None,
) -> Agreement:  # fmt: skip
    """Keep a signed processing agreement; it is the one that counts from now, earlier ones stay on record (§9).

    ValidationError for days that cannot be; Refused for a day to come and for a file that is no scan or PDF.
    """
    check_keeps(actor, "change_subprocessor")
    row = lock(sub_processor)
    if signed_on > local_date(at):
        raise Refused("not_yet", _("This day has yet to come: note the agreement once it is signed."), clause="9")
    _check_until(valid_until, after=signed_on)
    paper = papers.keep(file, kind=PaperKind.AGREEMENT, actor=actor, at=at, clause="9")
    made = Agreement(
        of=row.reference, paper=paper, signed_on=signed_on, valid_until=valid_until, noted_by=actor.reference,
        noted_at=at,
    )  # fmt: skip
    made.save(force_insert=True)
    row.agreement = made
    row.save(update_fields=["agreement"])
    journal.record(
        "sub_processor.agreed", actor=actor, clause="9", sub_processor=row.reference, agreement=made.reference,
        sha256=paper.digest, signed_on=signed_on, valid_until=valid_until,
    )  # fmt: skip
    return made


@transaction.atomic
def note_transfer(
    sub_processor: SubProcessor, *, actor: User, at: datetime, file: File, country: str, mechanism: str,
    valid_until: date | None = None,
) -> Transfer:  # fmt: skip
    """Keep the proof of what protects data in ``country``, outside the EEA; account holders may have it (§11).

    It counts from now where the sub-processor is in that country; else from the day it goes there. ValidationError for
    a country inside the EEA and a day that is over, Refused for a file that is no scan or PDF.
    """
    check_keeps(actor, "change_subprocessor")
    row = lock(sub_processor)
    if country in EEA:
        words = _("%(country)s is within the EEA: no protection of that kind is needed.")
        raise ValidationError({"country": words % {"country": place_of(country)}})
    _check_until(valid_until, after=local_date(at))
    paper = papers.keep(file, kind=PaperKind.TRANSFER, actor=actor, at=at, clause="11", for_holders=True)
    made = Transfer(
        of=row.reference, country=country, mechanism=mechanism, paper=paper, valid_until=valid_until,
        noted_by=actor.reference, noted_at=at,
    )  # fmt: skip
    made.full_clean(exclude=["paper"])
    made.save(force_insert=True)
    if row.country == country:
        row.transfer = made
        row.save(update_fields=["transfer"])
    journal.record(
        "sub_processor.protected", actor=actor, clause="11", sub_processor=row.reference, transfer=made.reference,
        country=country, mechanism=mechanism, sha256=paper.digest, valid_until=valid_until,
    )  # fmt: skip
    return made


@transaction.atomic
def end(
    sub_processor: SubProcessor, *, actor: User, at: datetime, words_nl: str = "", words_en: str = ""
) -> SubProcessor:
    """End its work for us today: from this moment its helpers see nothing (§10), and it is in the history (§9).

    Refused when it is not at work, or when a change of it is announced: that is withdrawn first.
    """
    check_keeps(actor, "change_subprocessor")
    row = lock(sub_processor)
    if row.stage != Stage.ACTIVE:
        raise Refused("not_at_work", _("This company is not at work for us."), clause="9")
    if Change.objects.open().filter(Q(sub_processor=row) | Q(replaces=row)).exists():
        words = _("A change of this company is announced. Withdraw that first, or let it take effect.")
        raise Refused("announced", words, clause="9")
    Change.objects.create(
        sub_processor=row, kind=ChangeKind.ENDED, role=row.role, country=row.country, categories=row.categories,
        words_nl=words_nl.strip(), words_en=words_en.strip(), effective_on=local_date(at), announced_at=at,
        announced_by=actor.reference, in_force_at=at,
    )  # fmt: skip
    stop(row, on=local_date(at))
    journal.record("sub_processor.ended", actor=actor, clause="9", sub_processor=row.reference)
    return row


def stop(row: SubProcessor, *, on: date) -> None:
    """Write that it works for us no more; the caller holds the lock and writes the journal."""
    row.stage, row.ended_on = Stage.ENDED, on
    row.save(update_fields=["stage", "ended_on"])


def lock(sub_processor: SubProcessor) -> SubProcessor:
    """The same sub-processor, its row locked until the transaction ends."""
    return SubProcessor.objects.select_for_update(of=("self",)).get(pk=sub_processor.pk)


def protection_for(sub_processor: SubProcessor, country: str, *, on: date) -> Transfer | None:
    """The newest proof for that very country that holds on a day; None: there is none (§11)."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    found = Transfer.objects.filter(lasting, of=sub_processor.reference, country=country)
    return found.order_by("-id").first()


def missing(sub_processor: SubProcessor, country: str, *, on: date) -> list[str]:
    """What is missing for it to work for us in ``country`` on a day, in words; nothing: its papers stand."""
    found = []
    agreement = sub_processor.agreement
    if agreement is None:
        found.append(_("There is no signed processing agreement."))
    elif not agreement.holds(on):
        found.append(_("Its processing agreement does not hold on that day."))
    if country not in EEA and protection_for(sub_processor, country, on=on) is None:
        words = _("There is no proof of protection for %(country)s that holds on that day.")
        found.append(words % {"country": place_of(country)})
    return found


def check_keeps(actor: User, permission: str) -> None:
    """Refuse what only those may do who keep the register of sub-processors."""
    if not (actor.is_staff and actor.has_perm(f"processors.{permission}")):
        raise Refused("no_such_role", _("Your role does not keep the register of sub-processors."), clause="9")


def _describe(row: SubProcessor, *, role: str, country: str, categories: Iterable[str]) -> None:
    row.role, row.country, row.categories = role, country, sorted(set(categories))
    if not role:
        raise ValidationError({"role": _("Say what it does for us.")})


def _check_until(until: date | None, *, after: date) -> None:
    if until is not None and until < after:
        raise ValidationError({"valid_until": _("This day was over before it began to count.")})
