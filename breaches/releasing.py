"""Releasing what is known of a breach: every affected account is sent it, and nobody takes it back (§13)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from breaches import planning
from breaches.completeness import missing
from breaches.models import Affected, Breach, Phase
from cannonworks.errors import Refused
from journal import services as journal
from journal.services import Actor


@transaction.atomic
def release(phase: Phase, *, actor: Actor, at: datetime) -> Phase:
    """Release ``phase`` as the notice to all affected accounts; sending begins once this is committed (§13).

    Locks the breach and the phase. Refused when something is missing in a language, when there is a later phase, when
    no account is on the list, and when it was released before; the database refuses what is incomplete once more.
    """
    breach = Breach.objects.select_for_update().get(pk=phase.breach_id)
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    _check(phase)
    phase.released_at, phase.released_by = at, actor.reference
    phase.save(update_fields=["released_at", "released_by"])
    journal.record("breach.released", actor=actor, clause="13", breach=breach.reference, phase=phase.number)
    planning.plan_soon(breach)
    return phase


def _check(phase: Phase) -> None:
    if phase.is_released:
        raise Refused(
            "released_already", _("This phase is released already: its notices are on their way."), clause="13"
        )
    if Phase.objects.filter(breach=phase.breach_id, number__gt=phase.number).exists():
        message = _("There is a later phase of this breach: release that one. This one stays in the register.")
        raise Refused("not_latest_phase", message, clause="13")
    if lacks := what_is_missing(phase):
        message = _("The notice does not say yet: %(lacks)s. Record a phase that does.") % {"lacks": "; ".join(lacks)}
        raise Refused("breach_incomplete", message, clause="13")
    if not Affected.objects.filter(breach=phase.breach_id).exists():
        message = _("No account is on the list of this breach. Choose which accounts it touches first.")
        raise Refused("nobody_affected", message, clause="13")


def what_is_missing(phase: Phase) -> list[str]:
    """What the notice does not tell yet, each with the language that lacks it, in the reader's words."""
    names = {"nl": _("in Dutch"), "en": _("in English")}
    return [f"{required.label} ({names[language]})" for required, language in missing(phase)]
