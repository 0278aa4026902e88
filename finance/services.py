"""Issuing and deleting the holder's documents (§5.2). CannonWorks' own books, known here as ever: ``bookkeeping``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_writable, lock
from cannonworks import rules
from cannonworks.errors import Refused
from finance.bookkeeping import charge_subscription, record_payment
from finance.models import Document, DocumentKind, Line, NumberSeries
from journal import services as journal
from relations.models import Relation

__all__ = ["charge_subscription", "delete_document", "draft_document", "issue_document", "record_payment"]

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


def _next_number(account: Account, kind: DocumentKind, year: int) -> str:
    # The account's row is locked by the caller, so two documents never take the same number, and none is skipped.
    series, _created = NumberSeries.objects.get_or_create(account=account, kind=kind, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{NUMBER_PREFIX[kind]}{year}-{series.last:04d}"
