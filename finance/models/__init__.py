from finance.models.bookkeeping import Bookkept, Payment, SubscriptionInvoice
from finance.models.documents import (
    CENT,
    PERCENTAGES,
    Document,
    DocumentKind,
    Line,
    NumberSeries,
    Totals,
    VatRate,
)
from finance.models.sharing import Mailing, MailingState, ShareDays, ShareLink, ShareOpening

__all__ = [
    "CENT", "PERCENTAGES", "Bookkept", "Document", "DocumentKind", "Line", "Mailing", "MailingState", "NumberSeries",
    "Payment", "ShareDays", "ShareLink", "ShareOpening", "SubscriptionInvoice", "Totals", "VatRate",
]  # fmt: skip
