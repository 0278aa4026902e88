"""Issuing and deleting the holder's documents (§5.2), and charging the subscription (§5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_writable, lock
from accounts.states import State
from cannonworks import rules
from cannonworks.errors import Refused
from finance.models import CENT, Document, DocumentKind, Line, NumberSeries, Payment, SubscriptionInvoice
from journal import services as journal
from relations.models import Relation

#: A quote is an "offerte"; the letter keeps its numbers apart from those of invoices.
NUMBER_PREFIX = {DocumentKind.QUOTE: "O", DocumentKind.INVOICE: ""}


@transaction.atomic
def draft_document(
    account: Account,
    *,
    actor: User,
    kind: DocumentKind,
    lines: Sequence[Mapping[str, Any]],
    relation: Relation | None = None,
    recipient_name: str = "",
    recipient_address: str = "",
) -> Document:
    """Make a draft with its lines; a draft can be changed and deleted as long as it is not issued."""
    account = lock(account)
    check_writable(account)
    document = Document(
        account=account,
        kind=kind,
        relation=relation,
        recipient_name=recipient_name or str(relation or ""),
        recipient_address=recipient_address,
        recipient_vat_number=relation.vat_number if relation else "",
    )
    document.full_clean()
    document.save(force_insert=True)
    rows = [Line(account=account, document=document, position=n, **fields) for n, fields in enumerate(lines, 1)]
    for row in rows:
        row.full_clean(exclude=["account", "document"], validate_unique=False)
    Line.objects.bulk_create(rows)
    return document


@transaction.atomic
def issue_document(document: Document, *, actor: User, on: date) -> Document:
    """Give the draft its number and its term of seven years after the calendar year (§5.2); from now it is frozen."""
    account = lock(document.account)
    check_writable(account)
    document = Document.objects.select_for_update().get(pk=document.pk)
    if document.issued_on is not None:
        raise Refused("already_issued", _("This document has been issued and cannot be changed."), clause="5.2")
    document.number = _next_number(account, DocumentKind(document.kind), on.year)
    document.issued_on = on
    document.kept_until = rules.kept_through_years("issued document", on)
    document.save()
    journal.record(
        "document.issued", account=account, actor=actor, clause="5.2",
        document=document.reference, kept_until=document.kept_until,
    )  # fmt: skip
    return document


@transaction.atomic
def delete_document(document: Document, *, actor: User, on: date) -> None:
    """Delete a draft, or an issued document whose seven years are over on ``on`` (§5.2); Refused before that."""
    account = lock(document.account)
    check_writable(account)
    document = Document.objects.select_for_update().get(pk=document.pk)
    if document.kept_until is not None and on < document.kept_until:
        raise Refused(
            "kept_seven_years",
            _("The law has you keep this document until %(day)s.") % {"day": date_format(document.kept_until, "j F Y")},
            clause="5.2",
        )
    with connection.cursor() as cursor:  # the trigger that guards issued documents checks the same day
        cursor.execute("SELECT set_config('cannonworks.today', %s, true)", [on.isoformat()])
    document.delete()
    journal.record("document.deleted", account=account, actor=actor, clause="5.2", document=document.reference)


@transaction.atomic
def charge_subscription(account: Account, *, on: date, net: Decimal = Decimal("15.00")) -> SubscriptionInvoice:
    """Write CannonWorks' own invoice for the subscription, with 21 % VAT; active accounts only."""
    account = lock(account)
    if account.state != State.ACTIVE:
        raise Refused("not_active", _("Only an active account is charged."), clause="5")
    company = account.company
    invoice = SubscriptionInvoice(
        account=account,
        number=_next_own_number(on.year),
        issued_on=on,
        kept_until=rules.kept_through_years("bookkeeping", on),
        net=net,
        vat=(net * 21 / 100).quantize(CENT, ROUND_HALF_UP),
        customer_name=company.company_name,
        customer_address=f"{company.street} {company.house_number}\n{company.postcode} {company.city}",
        customer_vat_number=company.vat_number,
    )
    invoice.full_clean()
    invoice.save(force_insert=True)
    journal.record("subscription.charged", account=account, clause="5", number=invoice.number)
    return invoice


@transaction.atomic
def record_payment(invoice: SubscriptionInvoice, *, on: date, amount: Decimal) -> Payment:
    """Note a payment received on a subscription invoice."""
    payment = Payment(
        account=invoice.account,
        invoice_number=invoice.number,
        received_on=on,
        amount=amount,
        kept_until=rules.kept_through_years("bookkeeping", on),
    )
    payment.full_clean()
    payment.save(force_insert=True)
    journal.record("payment.received", account=invoice.account, clause="5", number=invoice.number)
    return payment


def _next_number(account: Account, kind: DocumentKind, year: int) -> str:
    # The account's row is locked by the caller, so two documents never take the same number, and none is skipped.
    series, _created = NumberSeries.objects.get_or_create(account=account, kind=kind, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{NUMBER_PREFIX[kind]}{year}-{series.last:04d}"


def _next_own_number(year: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('subscription number'))")
    last = SubscriptionInvoice.objects.filter(number__startswith=f"CW{year}-").order_by("-number").first()
    return f"CW{year}-{int(last.number.rpartition('-')[2]) + 1 if last else 1:06d}"
