"""Requests of others for data of our customers (§8): without an order on a legal basis, or the holder's own explicit
consent, nothing is given; the database refuses it too. Refusals stand in the same register.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account, User
from cannonworks import datamap, isolation, storage
from cannonworks.errors import Refused
from cannonworks.uploads import paper
from journal import services as journal
from processors.confidentiality import check_keeps
from processors.models import Disclosure, DisclosureOrder
from processors.models.disclosures import Consent, Decision

#: How long the holder may think about an answer; silence is no consent.
CONSENT_TERM = timedelta(days=14)


def known_fields() -> dict[str, str]:
    """Fields that could be given: ``app.Model.field`` → what people call them. Secrets and ciphertext are none."""
    return {
        f"{entry.model._meta.label}.{name}": f"{entry.word}: {entry.label(name)}"
        for entry in datamap.entries()
        if entry.category
        for name, personal in entry.personal.items()
        if not (personal.secret or personal.encrypted or name in entry.files)
    }


@transaction.atomic
def register(
    *, actor: User, asker: str, office: str, channel: str, received_at: datetime, at: datetime,
    account: Account | None = None, basis: str = "", order: File | None = None, asked_fields: Sequence[str] = (),
    asked_records: str = "", given_fields: Sequence[str] = (), given_records: Sequence[UUID] = (),
) -> Disclosure:  # fmt: skip
    """Note a request, and the least that would meet it; neither can be changed afterwards. ValidationError, Refused.

    The order is sealed under the account's key; of a request about nobody that we know its digest alone is kept.
    """
    check_keeps(actor, "add_disclosure")
    if received_at > at:
        raise Refused("not_yet", _("This moment has yet to come."), clause="8")
    if unknown := {*asked_fields, *given_fields} - known_fields().keys():
        raise Refused("no_field", _("We keep no such field: %(names)s.") % {"names": ", ".join(unknown)}, clause="8")
    if not set(given_fields) <= set(asked_fields):
        raise Refused("more_than_asked", _("Give no more than was asked for."), clause="8")
    row = Disclosure(
        asker=asker, office=office, channel=channel, received_at=received_at, basis=basis,
        account_reference=account.reference if account else None, asked_fields=list(asked_fields),
        asked_records=asked_records, given_fields=list(given_fields), given_records=list(given_records),
        noted_by=actor.reference, noted_at=at,
    )  # fmt: skip
    if order is not None:
        row.order_digest = _keep_order(row, order, account=account, at=at)
    row.full_clean()
    row.save(force_insert=True)
    _record("disclosure.registered", row, actor=actor, asker=asker, order=row.order_digest)
    return row


@transaction.atomic
def ask_consent(disclosure: Disclosure, *, actor: User, at: datetime) -> Disclosure:
    """Ask the main user in the app; there are 14 days to answer. Refused without an account, twice, or when decided."""
    check_keeps(actor, "change_disclosure")
    row = _open(disclosure)
    if row.account_reference is None or not row.given_fields:
        raise Refused("nobody_to_ask", _("There is nobody to ask, or nothing to give."), clause="8")
    if row.consent_asked_at is not None:
        raise Refused("asked", _("The holder has been asked already."), clause="8")
    if row.gag_until is not None:
        raise Refused("gagged", _("The holder may not know of this request."), clause="8")
    row.consent_asked_at, row.consent_until = at, at + CONSENT_TERM
    row.save(update_fields=["consent_asked_at", "consent_until"])
    _record("disclosure.asked", row, actor=actor)
    return row


@transaction.atomic
def answer(disclosure: Disclosure, *, actor: User, consent: str, at: datetime) -> Disclosure:
    """The main user gives consent for exactly these fields and records, or refuses; final for this request (§8)."""
    row = _open(disclosure)
    if not actor.is_main or actor.account is None or actor.account.reference != row.account_reference:
        raise Refused("main_user", _("Only the main user of the account can do this."), clause="8")
    if row.consent or row.consent_until is None or at >= row.consent_until or consent not in Consent.values:
        raise Refused("answered", _("This question is answered or over."), clause="8")
    row.consent, row.consent_at, row.consent_by = consent, at, actor.reference
    row.save(update_fields=["consent", "consent_at", "consent_by"])
    if consent == Consent.GIVEN:
        _record("disclosure.consent_given", row, actor=actor)
    else:
        _record("disclosure.consent_refused", row, actor=actor)
    return row


@transaction.atomic
def decide(
    disclosure: Disclosure, *, actor: User, decision: str, reason: str, at: datetime, gag_basis: str = "",
    gag_until: date | None = None,
) -> Disclosure:  # fmt: skip
    """Decide as the second person. Refused to give without an order on a legal basis or the holder's consent.

    The holder is told at once, in the app, unless a gag is recorded with its basis and its end.
    """
    check_keeps(actor, "change_disclosure")
    row = _open(disclosure)
    if row.noted_by == actor.reference:
        raise Refused("second_person", _("A second member of staff decides; you are the first yourself."), clause="8")
    if decision == Decision.GIVE and not (row.basis and row.order_digest) and row.consent != Consent.GIVEN:
        why = _("Without an order on a legal basis or the holder's explicit consent nothing is given.")
        raise Refused("no_ground", why, clause="8")
    if bool(gag_basis) != (gag_until is not None) or (gag_until and gag_until <= timezone.localdate(at)):
        raise Refused("gag_incomplete", _("A gag has a basis and a last day to come."), clause="8")
    row.decision, row.reason, row.decided_by, row.decided_at = decision, reason, actor.reference, at
    row.gag_basis, row.gag_until = gag_basis, gag_until
    row.told_at = None if gag_until or row.account_reference is None else at
    row.full_clean()
    row.save()
    if decision == Decision.GIVE:
        _record("disclosure.granted", row, actor=actor, quiet=gag_until is not None)
    else:
        _record("disclosure.refused", row, actor=actor, quiet=gag_until is not None)
    return row


@transaction.atomic
def hand_over(disclosure: Disclosure, *, actor: User, how: str, to: str, at: datetime) -> Disclosure:
    """Note how and to whom, by function, what was decided on was handed over. Refused when it is not to be given."""
    check_keeps(actor, "change_disclosure")
    row = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
    if row.decision != Decision.GIVE or row.handed_at is not None:
        raise Refused("not_to_give", _("There is nothing to hand over."), clause="8")
    row.handed_at, row.handed_how, row.handed_to = at, how, to
    row.full_clean()
    row.save(update_fields=["handed_at", "handed_how", "handed_to"])
    _record("disclosure.handed_over", row, actor=actor, quiet=row.gag_until is not None and row.told_at is None)
    return row


@transaction.atomic
def end_gags(*, at: datetime) -> int:
    """Tell holders what they may know from today; returns of how many requests. Safe to run twice (§8)."""
    over = Disclosure.objects.filter(
        told_at=None, gag_until__lte=timezone.localdate(at), account_reference__isnull=False
    )
    rows = list(over.select_for_update(skip_locked=True))
    for row in rows:
        row.told_at = at
        row.save(update_fields=["told_at"])
        _record("disclosure.told", row)
    return len(rows)


def waits_for_answer(row: Disclosure, *, at: datetime) -> bool:
    """Whether the holder can still answer."""
    return not row.consent and not row.decision and row.consent_until is not None and at < row.consent_until


def _open(disclosure: Disclosure) -> Disclosure:
    row = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
    if row.decision:
        raise Refused("decided", _("This request is decided on."), clause="8")
    return row


def _keep_order(row: Disclosure, order: File, *, account: Account | None, at: datetime) -> str:
    content, kind = paper(order, clause="8")
    digest = hashlib.sha256(content).hexdigest()
    if account is None:
        return digest
    kept = DisclosureOrder(account=account, disclosure=row.reference, kind=kind, digest=digest, added_at=at)
    with isolation.acting_as(isolation.JOBS):  # no member of staff has an account's key
        kept.file.save("order", ContentFile(content), save=False)
        try:
            kept.save(force_insert=True)
        except BaseException:
            storage.sealed.delete(kept.file.name)
            raise
    return digest


def _record(event: str, row: Disclosure, *, actor: User | None = None, quiet: bool = False, **facts: object) -> None:
    # The holder reads the lines of the account: before he may know, a line is of no account.
    with isolation.acting_as(isolation.JOBS):
        whose = None if quiet or event == "disclosure.registered" else row.account_reference
        account = Account.objects.filter(reference=whose).first() if whose else None
    journal.record(event, account=account, actor=actor, clause="8", disclosure=row.reference, **facts)
