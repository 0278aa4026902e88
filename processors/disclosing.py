"""Requests of others for data of our customers (§8): without an order on a legal basis, or the holder's own explicit
consent, nothing is given; the database refuses it too. Refusals stand in the same register. What is given is made by
``extracting``, and the mails about it are written by ``disclosure_mails``.
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

from accounts import outbox
from accounts.models import Account, User
from accounts.services import check_not_going
from accounts.states import State
from cannonworks import datamap, isolation, storage
from cannonworks.errors import KeyUnavailable, Refused
from cannonworks.uploads import paper
from journal import services as journal
from processors.confidentiality import check_keeps
from processors.extract_contents import called, unknown_records
from processors.models import Disclosure, DisclosureOrder, ExtractState
from processors.models.disclosures import Consent, Decision

#: Who keep the register, and hear of answers.
RIGHT = "processors.change_disclosure"
#: How long the holder may think about an answer; silence is no consent.
CONSENT_TERM = timedelta(days=14)


def known_fields(*, for_staff: bool = False) -> dict[str, str]:
    """Fields that could be given: ``app.Model.field`` → what people call them. Secrets, hashes and files are none.

    A field that is sealed under the account's key is one: it is opened where the file is made, and nowhere else. The
    words are the holder's ("Your company"), or those of others.
    """
    return {
        f"{entry.model._meta.label}.{name}": f"{called(entry) if for_staff else entry.word}: {entry.label(name)}"
        for entry in datamap.entries()
        if entry.category
        for name, personal in entry.personal.items()
        if not (personal.secret or name in entry.files)
    }


@transaction.atomic
def register(
    *, actor: User, asker: str, office: str, channel: str, received_at: datetime, at: datetime,
    account: Account | None = None, basis: str = "", order: File | None = None, order_number: str = "",
    asked_fields: Sequence[str] = (), asked_records: str = "", given_fields: Sequence[str] = (),
    given_records: Sequence[UUID] = (),
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
    _check_records(account, given_fields, given_records)
    row = Disclosure(
        asker=asker, office=office, channel=channel, received_at=received_at, basis=basis, order_number=order_number,
        account_reference=account.reference if account else None, asked_fields=list(asked_fields),
        asked_records=asked_records, given_fields=list(given_fields), given_records=list(given_records),
        noted_by=actor.reference, noted_at=at,
    )  # fmt: skip
    if order is not None:
        row.order_digest = _keep_order(row, order, account=account, at=at)
    row.full_clean()
    row.save(force_insert=True)
    record("disclosure.registered", row, actor=actor, asker=asker, order=row.order_digest)
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
    record("disclosure.asked", row, actor=actor)
    tell(row, "asked", at=at)
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
        record("disclosure.consent_given", row, actor=actor)
    else:
        record("disclosure.consent_refused", row, actor=actor)
    outbox.tell_staff(RIGHT, "processors/disclosure_answered", about=row.reference, account=actor.account, at=at)
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
        record("disclosure.granted", row, actor=actor)
    else:
        record("disclosure.refused", row, actor=actor)
    tell(row, "told", at=at)
    return row


@transaction.atomic
def hand_over(disclosure: Disclosure, *, actor: User, how: str, to: str, at: datetime) -> Disclosure:
    """Note how and to whom, by function, the file was handed over. Refused when it is not to be given, or not taken."""
    check_keeps(actor, "change_disclosure")
    row = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
    if row.decision != Decision.GIVE or row.handed_at is not None:
        raise Refused("not_to_give", _("There is nothing to hand over."), clause="8")
    if not row.extracts.filter(state=ExtractState.TAKEN).exists():
        why = _("First download the file with the data: nothing but that is handed over.")
        raise Refused("no_extract", why, clause="8")
    row.handed_at, row.handed_how, row.handed_to = at, how, to
    row.full_clean()
    row.save(update_fields=["handed_at", "handed_how", "handed_to"])
    record("disclosure.handed_over", row, actor=actor)
    return row


@transaction.atomic
def end_gags(*, at: datetime) -> int:
    """Tell holders what they may know from today, by mail too; returns of how many requests. Safe to run twice (§8)."""
    over = Disclosure.objects.filter(
        told_at=None, gag_until__lte=timezone.localdate(at), account_reference__isnull=False
    )
    rows = list(over.select_for_update(skip_locked=True))
    for row in rows:
        row.told_at = at
        row.save(update_fields=["told_at"])
        record("disclosure.told", row)
        tell(row, "gag_over", at=at)
    return len(rows)


def open_order(disclosure: Disclosure, *, actor: User) -> tuple[bytes, str]:
    """The order that came with a request, and a name for it, for staff who keep the register; journalled (§8).

    Refused when there is none, or none any more: it goes with the account. KeyUnavailable when it is not what came.
    """
    check_keeps(actor, "view_disclosure")
    with isolation.acting_as(isolation.JOBS):
        kept = DisclosureOrder.objects.filter(disclosure=disclosure.reference).select_related("account").first()
        if kept is None:
            raise Refused("no_order", _("The order is not kept here, or not any more."), clause="8")
        check_not_going(kept.account)
        with kept.file.open() as file:
            content = file.read()
    if hashlib.sha256(content).hexdigest() != kept.digest:
        raise KeyUnavailable("The order is not what came.")
    record("disclosure.order_opened", disclosure, actor=actor, digest=kept.digest)
    return content, f"order-{str(disclosure.reference)[:8]}.{kept.kind}"


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


def record(event: str, row: Disclosure, *, actor: User | None = None, **facts: object) -> None:
    """Journal a step; as a line of the account only when its holder may know of the request, for holders read those."""
    whose = _holder_of(row) if event != "disclosure.registered" and row.is_known else None
    journal.record(event, account=whose, actor=actor, clause="8", disclosure=row.reference, **facts)


def tell(row: Disclosure, what: str, *, at: datetime) -> None:
    """Have the main user mailed, when there is one who may know: ``asked``, ``told`` or ``gag_over``."""
    account = _holder_of(row) if row.is_known else None
    if account is not None and account.claimed_at is None and account.state != State.ERASED:
        outbox.plan(f"processors/disclosure_{what}", about=row.reference, account=account, at=at)


def _holder_of(row: Disclosure) -> Account | None:
    if row.account_reference is None:
        return None
    with isolation.acting_as(isolation.JOBS):  # staff see no account that is not open to them
        return Account.objects.filter(reference=row.account_reference).first()


def _check_records(account: Account | None, fields: Sequence[str], records: Sequence[UUID]) -> None:
    """A record that is not there would be missed in silence when the file is made."""
    if not records:
        return
    with isolation.acting_as(isolation.JOBS):
        unknown = unknown_records(account, fields, records) if account else records
    if unknown:
        words = _("There is no such record among these data of the account: %(records)s.")
        raise Refused("no_record", words % {"records": ", ".join(map(str, unknown))}, clause="8")
