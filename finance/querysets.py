from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Q

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
