"""Changes of who works for us: told to every account beforehand, in force on their day when the papers stand (§9, §11).

Nobody is told later than the setting ``SUB_PROCESSOR_NOTICE_DAYS`` promises without a reason that everybody reads. A
change does not take effect before each objection has our answer, nor without papers: then it stays on the board.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cannonworks.countries import EEA, place_of
from cannonworks.deadlines import Kind, Term, Unit, compute, local_date
from cannonworks.errors import Refused
from journal import services as journal
from processors import telling
from processors.contracting import check_keeps, lock, missing, protection_for, stop
from processors.models import Change, ChangeKind, Objection, Stage, SubProcessor

log = logging.getLogger(__name__)

#: From where each kind of change may begin.
BEGINS: dict[str, tuple[str, ...]] = {
    ChangeKind.ADDITION: (Stage.DRAFT, Stage.ENDED),
    ChangeKind.REPLACEMENT: (Stage.DRAFT, Stage.ENDED),
    ChangeKind.OTHER: (Stage.ACTIVE,),
}


def notice_term() -> Kind:
    """How long account holders know of a change before it takes effect; ours, the agreement names no number."""
    term = Term(settings.SUB_PROCESSOR_NOTICE_DAYS, Unit.DAYS)
    return Kind("sub_processor_notice", "9", term, gettext_lazy("the announcement"), waiting=True, is_ours=True)


def earliest(at: datetime) -> date:
    """The first day on which what is announced at this moment can take effect."""
    return local_date(compute(notice_term(), at).due_at)


@transaction.atomic
def announce(
    sub_processor: SubProcessor, *, actor: User, at: datetime, kind: str, effective_on: date, words_nl: str,
    words_en: str, replaces: SubProcessor | None = None, role: str = "", country: str = "",
    categories: Iterable[str] | None = None, sooner_nl: str = "", sooner_en: str = "",
) -> Change:  # fmt: skip
    """Announce a change: it is on the public list and in every account at once, and the main users are mailed (§9).

    ``role``, ``country`` and ``categories`` are those from ``effective_on``, by default what they are. Refused when
    that is before ``earliest`` and no reason is given why (``sooner_*``, which everybody reads), when another change of
    this company waits, and when nothing protects data in the new country (§11). What begins today takes effect at once,
    and needs its papers for that. ValidationError for bad input.
    """
    check_keeps(actor, "add_change")
    row = lock(sub_processor)
    made = Change(
        sub_processor=row, kind=kind, replaces=lock(replaces) if replaces else None, role=role or row.role,
        country=country or row.country,
        categories=row.categories if categories is None else sorted(set(categories)), words_nl=words_nl.strip(),
        words_en=words_en.strip(), sooner_nl=sooner_nl.strip(), sooner_en=sooner_en.strip(),
        effective_on=effective_on, announced_at=at, announced_by=actor.reference,
    )  # fmt: skip
    _check(made, row, at)
    made.notice = telling.notice_of(made, actor=actor, on=local_date(at))
    made.save(force_insert=True)
    if row.stage != Stage.ACTIVE:
        row.stage, row.ended_on = Stage.ANNOUNCED, None
        row.save(update_fields=["stage", "ended_on"])
    journal.record(
        "sub_processor.announced", actor=actor, clause="9", change=made.reference, sub_processor=row.reference,
        kind=kind, effective_on=effective_on, sooner=bool(made.sooner_nl),
        replaces=replaces.reference if replaces else None, country=made.country, role=made.role,
    )  # fmt: skip
    if effective_on == local_date(at):
        return take_effect(made, at=at)
    return made


@transaction.atomic
def withdraw(change: Change, *, actor: User, at: datetime, answer: str) -> Change:
    """Take back what was announced and is still to come; whoever objected gets ``answer``. Refused after its day."""
    check_keeps(actor, "change_change")
    row = _lock_open(change)
    for objection in row.objections.to_answer():
        telling.answer(objection, actor=actor, at=at, words=answer)
    row.withdrawn_at, row.withdrawn_by = at, actor.reference
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    house = lock(row.sub_processor)
    if house.stage == Stage.ANNOUNCED:
        house.stage = Stage.DRAFT
        house.save(update_fields=["stage"])
    telling.take_back(row, actor=actor)
    journal.record("sub_processor.withdrawn", actor=actor, clause="9", change=row.reference)
    return row


@transaction.atomic
def take_effect(change: Change, *, at: datetime) -> Change:
    """Let a change count from now. Refused before its day, without its papers, and before we answered objections.

    What it replaces ends with it. Locks the change and the companies.
    """
    row, on = _lock_open(change), local_date(at)
    house = lock(row.sub_processor)
    if on < row.effective_on:
        raise Refused("too_early", _("Its day has yet to come."), clause="9")
    if Objection.objects.to_answer().filter(change=row).exists():
        raise Refused("objections", _("Answer the objections first."), clause="9")
    if lacks := missing(house, row.country, on=on):
        raise Refused("papers", " ".join(lacks), clause="11" if len(lacks) > 1 or house.agreement else "9")
    _apply(row, house, on)
    if row.replaces is not None and (replaced := lock(row.replaces)).stage == Stage.ACTIVE:
        stop(replaced, on=on)
    row.in_force_at = at
    row.save(update_fields=["in_force_at"])
    journal.record(
        "sub_processor.in_force", clause="9", change=row.reference, sub_processor=house.reference, kind=row.kind,
        country=row.country, role=row.role,
    )  # fmt: skip
    return row


def take_effect_due(*, at: datetime) -> int:
    """Let every change count whose day has come; return how many. What cannot yet is on the board."""
    count = 0
    for row in Change.objects.due(local_date(at)).order_by("effective_on", "id"):
        try:
            take_effect(row, at=at)
        except Refused as refused:
            log.warning("change of sub-processors %s waits: %s", row.reference, refused.code)
        else:
            count += 1
    return count


def lacks(change: Change) -> list[str]:
    """What is missing for it to take effect on its day, in words."""
    found = missing(change.sub_processor, change.country, on=change.effective_on)
    if Objection.objects.to_answer().filter(change=change).exists():
        found.append(_("Objections wait for our answer."))
    return found


def _apply(row: Change, house: SubProcessor, on: date) -> None:
    house.role, house.country, house.categories = row.role, row.country, row.categories
    house.transfer = None if row.country in EEA else protection_for(house, row.country, on=on)
    if house.stage != Stage.ACTIVE:
        house.stage, house.active_from, house.ended_on = Stage.ACTIVE, on, None
    house.save()


def _lock_open(change: Change) -> Change:
    row = Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if not row.is_open:
        raise Refused("over", _("This change is in force or withdrawn already."), clause="9")
    return row


def _check(made: Change, row: SubProcessor, at: datetime) -> None:
    made.full_clean(exclude=["notice"], validate_constraints=False)
    if row.stage not in BEGINS.get(made.kind, ()):
        raise Refused("wrong_stage", _("A company in this stage cannot change like that."), clause="9")
    if Change.objects.open().filter(sub_processor=row).exists():
        raise Refused("announced", _("Another change of this company waits for its day."), clause="9")
    _check_words(made)
    _check_what(made, row)
    _check_day(made, at)
    if row.country != made.country and made.country not in EEA:
        _check_protected(made, row)


def _check_words(made: Change) -> None:
    wrong: dict[str, Any] = {
        name: _("Say it in both languages: every account holder reads it.")
        for name in ("words_nl", "words_en")
        if not getattr(made, name)
    }
    if bool(made.sooner_nl) != bool(made.sooner_en):
        wrong["sooner_en" if made.sooner_nl else "sooner_nl"] = _("Say it in both languages.")
    if not made.categories:
        wrong["categories"] = _("Say which data it works with.")
    if wrong:
        raise ValidationError(wrong)


def _check_what(made: Change, row: SubProcessor) -> None:
    if (made.kind == ChangeKind.REPLACEMENT) != (made.replaces is not None):
        raise Refused("replaces", _("Name the company that is replaced, for a replacement and for nothing else."))
    if made.replaces is not None and (made.replaces.pk == row.pk or made.replaces.stage != Stage.ACTIVE):
        raise Refused("replaces", _("Only another company that is at work can be replaced."), clause="9")
    same = (made.role, made.country, made.categories) == (row.role, row.country, sorted(row.categories))
    if made.kind == ChangeKind.OTHER and same:
        raise Refused("nothing_changes", _("This changes neither its work, nor its place, nor its data."), clause="9")


def _check_day(made: Change, at: datetime) -> None:
    if made.effective_on < local_date(at):
        raise Refused("in_the_past", _("This day is over: choose one that is still to come."), clause="9")
    if made.effective_on < (first := earliest(at)) and not made.sooner_nl:
        words = _(
            "Account holders are told %(days)s days beforehand: choose %(first)s or later, or say in both languages why"
            " it is sooner. Everybody reads that reason."
        )
        said = {"days": settings.SUB_PROCESSOR_NOTICE_DAYS, "first": date_format(first, "j F Y")}
        raise Refused("too_soon", words % said, clause="9")


def _check_protected(made: Change, row: SubProcessor) -> None:
    if protection_for(row, made.country, on=made.effective_on) is None:
        words = _("First note what protects data in %(country)s, with its proof; then announce the move.")
        raise Refused("transfer_first", words % {"country": place_of(made.country)}, clause="11")
