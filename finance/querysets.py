from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from relations.querysets import OwnedQuerySet

if TYPE_CHECKING:
    from accounts.models import Account
    from finance.models import Document


class DocumentQuerySet(OwnedQuerySet):
    def issued(self) -> Self:
        """Documents with a number; the oldest first."""
        return self.filter(issued_on__isnull=False).order_by("issued_on", "id")

    def drafts(self) -> Self:
        return self.filter(issued_on__isnull=True)

    def quotes(self) -> Self:
        return self.filter(kind="quote")

    def invoices(self) -> Self:
        """What is in the series of invoices: credit notes too."""
        return self.filter(kind__in=("invoice", "credit"))

    def found(self, words: str) -> Self:
        """By a piece of their number, their recipient or the customer's reference; all when nothing is asked."""
        asked = words.strip()
        if not asked:
            return self.all()
        return self.filter(
            Q(number__icontains=asked) | Q(recipient_name__icontains=asked) | Q(customer_reference__icontains=asked)
        )

    def made_from(self, document: Document) -> Self:
        """Invoices of a quote, credit notes of an invoice; the oldest first."""
        if document.is_quote:
            return self.filter(from_quote=document).order_by("id")
        return self.filter(credits=document).order_by("id")

    def recent(self, account: Account) -> Self:
        """The five that came last, drafts among them, with their totals: one query."""
        return self.filter(account=account).order_by("-id")[:5]


class LinkQuerySet(OwnedQuerySet):
    """Links; what proves one, its digest, no role of the product may read."""

    def listed(self) -> Self:
        """As lists show them: with their documents, the newest first."""
        return self.defer("digest").select_related("document").order_by("-id")

    def working(self, at: datetime) -> Self:
        """Neither expired nor revoked at that moment."""
        return self.filter(expires_at__gt=at, revoked_at__isnull=True)


class MailingQuerySet(OwnedQuerySet):
    def waiting(self, since: datetime) -> Self:
        """Asked for before a moment, and still not gone."""
        return self.filter(state="waiting", asked_at__lte=since).order_by("id")


class InvoiceQuerySet(OwnedQuerySet):
    """CannonWorks' own invoices."""

    def with_paid(self) -> Self:
        """Each with ``paid`` (euros received on it) and ``left`` (what is still to be paid; below zero: too much)."""
        payments = apps.get_model("finance", "Payment").objects.filter(
            invoice_number=OuterRef("number"), account=OuterRef("account")
        )
        total = payments.order_by().values("invoice_number").annotate(total=Sum("amount")).values("total")
        euros: DecimalField = DecimalField(max_digits=12, decimal_places=2)
        paid = Coalesce(Subquery(total), Value(Decimal(0)), output_field=euros)
        return self.annotate(paid=paid).annotate(left=F("net") + F("vat") - F("paid"))

    def unpaid(self) -> Self:
        """On which something is still to be paid."""
        return self.with_paid().filter(left__gt=0)

    def to_remind(self, on: date, *, days: int, sent: int) -> Self:
        """Unpaid for more than ``days`` days on ``on``, of running accounts, with fewer than ``sent`` reminders."""
        old = Q(issued_on__lt=on - timedelta(days=days), reminders__lt=sent)
        there = Q(account__claimed_at__isnull=True, account__erased_on__isnull=True)
        return self.unpaid().filter(old, there, mailed_at__isnull=False)
