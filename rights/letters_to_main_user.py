"""What the main user is mailed about letters and corrections; to whom and in which language, the moment it is sent."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from accounts.outbox import Addressed, to_main_user, writes
from cannonworks.deadlines import last_day_before
from rights.models import Correction, RegisteredLetter
from rights.states import CorrectionState


@writes("rights/correction_proposed")
def proposed(about: UUID) -> Addressed | None:
    """To the main user, as long as there is something to decide."""
    return _about_correction(Correction.objects.filter(reference=about, state=CorrectionState.PROPOSED))


@writes("rights/correction_applied")
def applied(about: UUID) -> Addressed | None:
    """To the main user."""
    return _about_correction(Correction.objects.filter(reference=about))


@writes("rights/correction_old_address")
def old_address(about: UUID) -> Addressed | None:
    """To the address with which somebody signed in until now: whoever reads it there did perhaps not ask for it."""
    correction = Correction.objects.filter(reference=about).select_related("words").first()
    if correction is None:
        return None
    user = User.objects.filter(account=correction.account_id, reference=correction.of).first()
    return Addressed(correction.words.old, user.language, {"user": user}) if user else None


@writes("rights/letter_received")
def letter_received(about: UUID) -> Addressed | None:
    """The receipt of a registered letter, to the main user, unless the request was withdrawn by now."""
    return _about_letter(about, RegisteredLetter.objects.filter(request__withdrawn_on__isnull=True))


@writes("rights/letter_waits")
def letter_waits(about: UUID) -> Addressed | None:
    """That the letter is confirmed and the erasure waits for the return of data, as long as it does."""
    return _about_letter(about, RegisteredLetter.objects.confirmed_not_ordered())


def _about_correction(found: QuerySet) -> Addressed | None:
    correction = found.first()
    if correction is None:
        return None
    until = last_day_before(correction.expires_at)
    return to_main_user(correction.account_id, correction=correction, until=until)


def _about_letter(about: UUID, letters: QuerySet) -> Addressed | None:
    letter = letters.filter(account__reference=about).select_related("request").order_by("-id").first()
    return to_main_user(letter.account_id, letter=letter) if letter else None
