"""The holder's own quotes and invoices (§1, §5.2), and CannonWorks' bookkeeping with this customer (§5)."""

from finance.models.bookkeeping import Bookkept, Payment, SubscriptionInvoice
from finance.models.documents import Document, DocumentKind, Line, NumberSeries
from finance.totals import CENT, PERCENTAGES, Totals, VatRate

__all__ = [
    "CENT", "PERCENTAGES", "Bookkept", "Document", "DocumentKind", "Line", "NumberSeries", "Payment",
    "SubscriptionInvoice", "Totals", "VatRate",
]  # fmt: skip
