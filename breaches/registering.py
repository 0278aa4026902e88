"""The register of breaches: what was noticed, what is known of it phase by phase, and when it is over (§13, AVG 33(5)).

Nothing is overwritten: who knows more records another phase, which says all that is known anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import check_staff
from breaches.models import Breach, BreachReport, Phase
from cannonworks import turns
from cannonworks.errors import Changed, Refused
from journal import services as journal
from processors.models import SubProcessor

#: What a phase says of the breach; the rest of its row is ours.
SAID = tuple(
    field.name
    for field in Phase._meta.concrete_fields
    if field.name not in {"id", "breach", "number", "recorded_by", "recorded_at", "released_by", "released_at"}
)
#: The texts among it, each in Dutch and in English.
TEXTS = tuple(name for name in SAID if name.endswith(("_nl", "_en")))
LENGTH = MaxLengthValidator(4000)
NO_NULLS = ProhibitNullCharactersValidator()


@transaction.atomic
def notice_breach(
    actor: User,
    at: datetime,
    kind: str,
    title_nl: str,
    title_en: str,
    noticed_at: datetime,
    noticed_by: str,
    sub_processor: SubProcessor | None = None,
) -> Breach:
    """Enter a breach: from ``noticed_at`` run the 48 hours (§13). Titles and ``noticed_by`` name no people.

    Locks the register for its number. ValidationError for what cannot be; Refused without the role, and when the same
    is entered already, as after a second press of the button.
    """
    check_keeps_register(actor, "add_breach")
    if noticed_at > at:
        raise ValidationError({"noticed_at": _("This moment has yet to come. Enter when it was noticed.")})
    turns.wait_for("breach number")
    _check_new(kind=kind, title_nl=title_nl, noticed_at=noticed_at)
    last = Breach.objects.aggregate(last=Max("number"))["last"] or 0
    breach = Breach(
        number=last + 1, kind=kind, title_nl=title_nl, title_en=title_en, noticed_at=noticed_at,
        noticed_by=noticed_by, sub_processor=sub_processor, recorded_by=actor.reference, recorded_at=at,
    )  # fmt: skip
    breach.full_clean()
    breach.save(force_insert=True)
    journal.record(
        "breach.noticed", actor=actor, clause="13", breach=breach.reference, number=breach.number, kind=kind,
        noticed_at=noticed_at,
    )  # fmt: skip
    return breach


@transaction.atomic
def record_phase(breach: Breach, *, actor: User, at: datetime, after: int | None = None, **said: Any) -> Phase:
    """Write down all that is known now, under the next number; what is not in ``said`` (of ``SAID``) is not known.

    ``after``: the number of the phase that was on the screen, 0 for none; Changed, with the last phase, when another
    came since. A closed breach is open again. ValidationError for what cannot be, Refused for what the last phase says
    already. Locks the breach.
    """
    if unknown := sorted(set(said) - set(SAID)):
        raise TypeError(f"A phase does not say {', '.join(unknown)}.")
    breach = locked(breach, actor)
    last = breach.phases.order_by("-number").first()
    if after is not None and after != (last.number if last else 0):
        raise Changed(last)
    phase = Phase(
        breach=breach, number=last.number + 1 if last else 1, recorded_by=actor.reference, recorded_at=at, **said
    )
    phase.clean_fields()
    _check(phase, at)  # before the constraints, which have no words for people
    phase.full_clean()
    if last is not None and said_by(last) == said_by(phase):
        message = _("Phase %(number)s says exactly this. Nothing was recorded.") % {"number": last.number}
        raise Refused("nothing_new", message, clause="13")
    phase.save(force_insert=True)
    journal.record(
        "breach.phase_recorded", actor=actor, clause="13", breach=breach.reference, number=phase.number,
        is_ongoing=phase.is_ongoing,
    )  # fmt: skip
    if breach.closed_at is not None:
        _mark_closed(breach, at=None, by=None)
        journal.record("breach.reopened", actor=actor, clause="13", breach=breach.reference)
    return phase


@transaction.atomic
def close_breach(breach: Breach, *, actor: User, at: datetime) -> Breach:
    """Note that nothing of a breach is left to do. Refused, with all that still is. Locks the breach."""
    breach = locked(breach, actor)
    if breach.closed_at is not None:
        raise Refused("closed", _("This breach is closed already."), clause="13")
    if left := left_to_do(breach):
        raise Refused("not_done", _("It cannot be closed yet. %(left)s") % {"left": " ".join(left)}, clause="13")
    _mark_closed(breach, at=at, by=actor)
    journal.record("breach.closed", actor=actor, clause="13", breach=breach.reference)
    return breach


def left_to_do(breach: Breach) -> list[str]:
    """What stands in the way of closing a breach, each as a sentence in the reader's language."""
    untold = breach.affected.untold().count()
    confer = breach.consultations.open().count()
    waiting = BreachReport.objects.to_judge().count()
    said = [
        *_of_phases(breach),
        untold
        and ngettext(
            "%(count)s affected account is not told yet.", "%(count)s affected accounts are not told yet.", untold
        ) % {"count": untold},
        confer
        and ngettext(
            "%(count)s consultation is not held.", "%(count)s consultations are not held.", confer
        ) % {"count": confer},
        waiting
        and ngettext(
            "%(count)s report waits for an answer; it may be about this breach.",
            "%(count)s reports wait for an answer; they may be about this breach.",
            waiting,
        ) % {"count": waiting},
    ]  # fmt: skip
    return [sentence for sentence in said if sentence]


def said_by(phase: Phase) -> dict[str, Any]:
    """All that a phase says of its breach, by the names of ``SAID``."""
    return {name: getattr(phase, name) for name in SAID}


def locked(breach: Breach, actor: User) -> Breach:
    """The same line of the register, locked until the transaction ends; Refused without the role that keeps it."""
    check_keeps_register(actor, "change_breach")
    return Breach.objects.select_for_update(of=("self",)).get(pk=breach.pk)


def check_keeps_register(actor: User, permission: str) -> None:
    """Refuse whoever has no role that keeps the register; support sees it and enters reports alone."""
    check_staff(actor)
    if not actor.has_perm(f"breaches.{permission}"):
        raise Refused("no_such_role", _("Your role does not keep the register of breaches."), clause="13")


def _check_new(**same: Any) -> None:
    known = Breach.objects.open().filter(**same).first()
    if known is not None:
        message = _("This is in the register already, as number %(number)s.") % {"number": known.number}
        raise Refused("breach_known", message, clause="13")


def _check(phase: Phase, at: datetime) -> None:
    """What the model does not see for itself: moments, least and most, and texts, whose length only forms look at."""
    if wrong := dict(_wrong(phase, at)):
        raise ValidationError(wrong)


def _wrong(phase: Phase, at: datetime) -> Iterator[tuple[str, str]]:
    for name in ("began_at", "ended_at"):
        moment = getattr(phase, name)
        if moment is not None and moment > at:
            yield name, _("This moment has yet to come.")
    if phase.is_ongoing and phase.ended_at is not None:
        yield "ended_at", _("It has ended, or it still goes on: not both.")
    elif phase.began_at and phase.ended_at and phase.ended_at < phase.began_at:
        yield "ended_at", _("It cannot end before it begins.")
    for what in ("people", "records"):
        least, most = (getattr(phase, f"{what}_{end}") for end in ("least", "most"))
        if least is not None and most is not None and most < least:
            yield f"{what}_most", _("At most is less than at least.")
    for name in TEXTS:
        try:
            LENGTH(getattr(phase, name))
            NO_NULLS(getattr(phase, name))
        except ValidationError as error:
            yield name, error.messages[0]


def _of_phases(breach: Breach) -> list[str]:
    last = breach.phases.order_by("-number").first()
    if last is None:
        return [_("No phase is recorded.")]
    still = [_("The last phase says that it still goes on.")] if last.is_ongoing else []
    if not last.is_released and breach.affected.exists():
        still.append(_("The last phase has not been sent to the affected accounts."))
    return still


def _mark_closed(breach: Breach, *, at: datetime | None, by: User | None) -> None:
    breach.closed_at, breach.closed_by = at, by.reference if by else None
    breach.save(update_fields=["closed_at", "closed_by"])
