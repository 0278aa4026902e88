"""Drafting, issuing and deleting the holder's documents (§1, §5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, Company, User
from accounts.services import check_writable, lock
from cannonworks import rules
from cannonworks.datamap import Category
from cannonworks.errors import Changed, Refused
from finance.checks import check_complete
from finance.models import Document, DocumentKind, Line, NumberSeries, Totals
from journal import services as journal
from relations.leaving import refuse_held
from relations.models import Relation
from relations.services import check_not_restricted, check_still_free

#: A quote is an "offerte"; the letter keeps its numbers apart from those of invoices.
NUMBER_PREFIX = {DocumentKind.QUOTE: "O", DocumentKind.INVOICE: ""}
#: What a draft has that can be changed; the rest follows from it or from its being issued.
CHANGEABLE = frozenset(
    (
        "relation", "recipient_name", "recipient_address", "recipient_vat_number", "customer_reference", "supplied_on",
        "supplied_until", "payment_days", "valid_until", "exemption_ground", "remarks", "language",
    )
)  # fmt: skip
Lines = Sequence[Mapping[str, Any]]


@transaction.atomic
def draft_document(
    account: Account, *, actor: User, kind: DocumentKind, lines: Lines, relation: Relation | None = None, **fields: Any
) -> Document:
    """Make a draft with its lines; a draft can be changed and deleted as long as it is not issued.

    ``lines`` are mappings of ``description``, ``unit_price`` (euros without VAT), ``quantity`` and ``vat_rate``;
    ``fields`` some of ``CHANGEABLE``. What is not said of the recipient is copied from the relation. Refused for an
    account that does not run and for a restricted relation (§15); ValidationError on bad fields.
    """
    account = lock(account)
    check_writable(account)
    check_still_free(relation)
    document = Document(account=account, kind=kind, relation=relation, **fields)
    for name, value in copied(relation).items():
        setattr(document, name, getattr(document, name) or value)
    return save_draft(document, lines)


@transaction.atomic
def change_draft(
    document: Document, *, actor: User, lines: Lines | None = None, revision: int | None = None, **fields: Any
) -> Document:
    """Change some of the ``CHANGEABLE`` fields of a draft, and all of its lines if there are ``lines``.

    ``revision`` is the one that was read: ``Changed`` when somebody else saved the draft since. Refused once issued.
    """
    document = lock_document(document)
    check_draft(document)
    Changed.check(document, revision)
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"not to be changed: {sorted(unknown)}")
    check_not_restricted(document.relation)  # nor is it taken away from them, to go on without
    for name, value in fields.items():
        setattr(document, name, value)
    if "relation" in fields:
        check_still_free(document.relation)
    document.revision += 1
    return save_draft(document, lines)


@transaction.atomic
def issue_document(document: Document, *, actor: User, on: date, revision: int | None = None) -> Document:
    """Give the draft its number and its term of seven years after the calendar year (§5.2); from now it is frozen.

    With it goes the sender as the company is now. Refused when it is issued already or lacks what the law wants on it
    (``checks.missing``); ``Changed`` when it is not the ``revision`` that was read. A failure takes no number.
    """
    document = lock_document(document)
    check_draft(document)
    Changed.check(document, revision)
    check_not_restricted(document.relation)
    account, company = document.account, document.account.company
    check_complete(document, list(document.lines.all()), company)
    if not document.is_quote:
        document.supplied_on = document.supplied_on or on
    document.number = _next_number(account, DocumentKind(document.kind), on.year)
    document.issued_on, document.due_on = on, document.pay_by(on)
    document.kept_until = rules.kept_through_years("issued document", on)
    for name, value in seller_of(company).items():
        setattr(document, name, value)
    document.save()
    journal.record(
        "document.issued", account=account, actor=actor, clause="5.2", document=document.reference,
        kind=document.kind, kept_until=document.kept_until,
    )  # fmt: skip
    return document


def delete_document(document: Document, *, actor: User, on: date) -> None:
    """Delete a draft, or an issued document whose seven years are over on ``on``; Refused as ``check_deletable``.

    A hold that stood in the way is journalled, outside the transaction of the attempt, which is taken back (§5).
    """
    try:
        _delete(document, actor=actor, on=on)
    except Refused as refused:
        if refused.code == "held":
            journal.record(
                "erasure.refused", account=document.account, actor=actor, clause="5", categories=[Category.DOCUMENTS],
                document=document.reference, why="hold",
            )  # fmt: skip
        raise


@transaction.atomic
def _delete(document: Document, *, actor: User, on: date) -> None:
    document = lock_document(document)
    check_deletable(document, on=on)
    with connection.cursor() as cursor:  # the trigger that guards issued documents checks the same day
        cursor.execute("SELECT set_config('cannonworks.today', %s, true)", [on.isoformat()])
    document.delete()
    journal.record("document.deleted", account=document.account, actor=actor, clause="5.2", document=document.reference)


def check_deletable(document: Document, *, on: date) -> None:
    """Refuse to delete what the law has the holder keep (§5.2), of who is restricted (§15), and what is held (§5)."""
    check_not_restricted(document.relation)
    check_term_over(document, on=on)
    refuse_held(document.account, {Category.DOCUMENTS})


def check_term_over(document: Document, *, on: date) -> None:
    """Refuse to delete what the law has the holder keep on that day (§5.2); a draft has no term."""
    if document.kept_until is not None and on < document.kept_until:
        raise Refused(
            "kept_seven_years",
            _("The law has you keep this document until %(day)s.") % {"day": date_format(document.kept_until, "j F Y")},
            clause="5.2",
        )


def seller_of(company: Company) -> dict[str, str]:
    """The sender of a document as the company is now."""
    return {
        "seller_name": company.company_name,
        "seller_address": "\n".join(company.address_lines),
        "seller_kvk_number": company.kvk_number,
        "seller_vat_number": company.vat_number,
        "seller_email": company.email,
        "seller_phone": company.phone,
    }


def copied(relation: Relation | None) -> dict[str, str]:
    """The recipient of a document as the relation is now; empty without one."""
    if relation is None:
        return {}
    return {
        "recipient_name": str(relation),
        "recipient_address": "\n".join(relation.address_lines),
        "recipient_vat_number": relation.vat_number,
    }


def lock_document(document: Document) -> Document:
    """The same document, locked after its account, which must be running; Refused when somebody just deleted it."""
    check_writable(lock(document.account))
    rows = Document.objects.select_for_update(of=("self",)).select_related("account", "relation", "credits")
    if (found := rows.filter(pk=document.pk).first()) is None:
        raise Refused("gone", _("Somebody else has just removed this."))
    return found


def save_draft(document: Document, lines: Lines | None) -> Document:
    """Check and write a draft, with its lines if they are given, and what they come to. The account is locked."""
    rows = list(document.lines.all()) if lines is None else _rows(document, lines)
    totals = Totals.of(rows)
    document.net_total, document.gross_total = totals.net, totals.gross
    document.full_clean()
    document.save()
    if lines is not None:
        document.lines.all().delete()
        Line.objects.bulk_create(rows)
    return document


def _rows(document: Document, lines: Lines) -> list[Line]:
    rows = [Line(account=document.account, document=document, position=n, **said) for n, said in enumerate(lines, 1)]
    for row in rows:
        row.full_clean(exclude=["account", "document"], validate_unique=False)
    return rows


def check_draft(document: Document) -> None:
    """Refuse to change what is issued (§5.2)."""
    if not document.is_draft:
        raise Refused("already_issued", _("This document has been issued and cannot be changed."), clause="5.2")


def _next_number(account: Account, kind: DocumentKind, year: int) -> str:
    # The account's row is locked by the caller, so two documents never take the same number, and none is skipped.
    # A credit note is an invoice that corrects another one (Wet OB art. 35): both are numbered in one series.
    kind = DocumentKind.INVOICE if kind == DocumentKind.CREDIT else kind
    series, _created = NumberSeries.objects.get_or_create(account=account, kind=kind, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{NUMBER_PREFIX[kind]}{year}-{series.last:04d}"
