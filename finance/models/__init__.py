"""The holder's own quotes and invoices (§1, §5.2), what is shared of them (§3), and CannonWorks' own books (§5)."""

from finance.models.bookkeeping import Bookkept, Payment, SubscriptionInvoice
from finance.models.documents import Document, DocumentKind, Line, NumberSeries
from finance.models.sharing import Mailing, MailingState, ShareDays, ShareLink, ShareOpening
from finance.totals import CENT, PERCENTAGES, Totals, VatRate

__all__ = [
    "CENT", "PERCENTAGES", "Bookkept", "Document", "DocumentKind", "Line", "Mailing", "MailingState", "NumberSeries",
    "Payment", "ShareDays", "ShareLink", "ShareOpening", "SubscriptionInvoice", "Totals", "VatRate",
]  # fmt: skip
