from django.utils.translation import gettext_lazy as _

from cannonworks.datamap import Category, Personal, Subject, register
from finance.models import (
    Document,
    Line,
    Mailing,
    NumberSeries,
    Payment,
    ShareLink,
    ShareOpening,
    SubscriptionInvoice,
)

#: Whoever shows a link reads the one document that it is of, while it works; the database looks for it by digest (§3).
SHARED = "(SELECT finance_shared_document())"

register(
    Document,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    fields={
        "recipient_name": Personal("19 Betrokkenen 1"),
        "recipient_address": Personal("19 Betrokkenen 2"),
        "recipient_vat_number": Personal("19 Bedrijfsgegevens 4"),
        "customer_reference": Personal("3"),
        "remarks": Personal("3"),
        "seller_name": Personal("19 Bedrijfsgegevens"),
        "seller_address": Personal("19 Bedrijfsgegevens 2"),
        "seller_kvk_number": Personal("19 Bedrijfsgegevens 1"),
        "seller_vat_number": Personal("19 Bedrijfsgegevens 4"),
        "seller_email": Personal("19 Bedrijfsgegevens 3"),
        "seller_phone": Personal("19 Bedrijfsgegevens 5"),
    },
    plain=(
        "id", "reference", "account", "kind", "relation", "number", "issued_on", "kept_until", "revision", "credits",
        "credited_number", "credited_on", "from_quote", "supplied_on", "supplied_until", "payment_days", "due_on",
        "valid_until", "exemption_ground", "language", "net_total", "gross_total",
    ),
    may={"holder": "SELECT INSERT UPDATE DELETE", "reader": "SELECT"},
    rows={"reader": f"id = {SHARED}"},
)  # fmt: skip
register(
    Line,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    called=_("Lines of quotes and invoices"),
    fields={"description": Personal("3")},
    plain=("id", "account", "document", "position", "quantity", "unit_price", "vat_rate"),
    may={"holder": "SELECT INSERT UPDATE DELETE", "reader": "SELECT"},
    rows={"reader": f"document_id = {SHARED}"},
)
register(
    ShareLink,
    category=Category.DOCUMENTS,
    subject=Subject.NOBODY,
    called=_("Links to documents"),
    fields={"digest": Personal("3", secret=True, label=_("digest of the link"))},
    plain=(
        "id", "reference", "account", "document", "made_by", "made_at", "expires_at", "revoked_at", "openings",
        "last_opened_at",
    ),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)  # fmt: skip
register(
    ShareOpening,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    called=_("Openings of links"),
    fields={"opened_at": Personal("3"), "device": Personal("3"), "is_pdf": Personal("3")},
    plain=("id", "account", "link"),
    may={"holder": "SELECT DELETE"},  # written by a function of the database, when a link is opened
)
register(
    Mailing,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    fields={"to": Personal("19 Bedrijfsgegevens 3"), "message": Personal("3")},
    plain=(
        "id", "reference", "account", "document", "days", "link", "asked_by", "asked_at", "state", "sent_at",
        "attempts", "failure",
    ),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)  # fmt: skip
register(
    NumberSeries,
    category=Category.ACCOUNT,
    subject=Subject.NOBODY,
    called=_("Number series"),
    plain=("id", "account", "kind", "year", "last"),
    may={"holder": "SELECT INSERT UPDATE"},
)
register(
    SubscriptionInvoice,
    category=Category.BOOKKEEPING,
    subject=Subject.HOLDER,
    called=_("Our invoices to you"),
    until="kept_until",
    fields={
        "customer_name": Personal("19 Bedrijfsgegevens"),
        "customer_address": Personal("19 Bedrijfsgegevens 2"),
        "customer_vat_number": Personal("19 Bedrijfsgegevens 4"),
    },
    plain=(
        "id", "reference", "account", "kept_until", "number", "issued_on", "due_on", "period_from", "period_until",
        "counted_from", "net", "vat", "mailed_at", "reminders",
    ),
    may={"holder": "SELECT", "staff": "SELECT LOCK"},  # charged by a job's rights: see finance/subscription.py
)  # fmt: skip
register(
    Payment,
    category=Category.BOOKKEEPING,
    subject=Subject.HOLDER,
    until="kept_until",
    fields={"amount": Personal("19 Personalia 3"), "received_on": Personal("19 Personalia 3")},
    plain=("id", "account", "kept_until", "invoice_number"),
    may={"holder": "SELECT", "staff": "SELECT INSERT"},
)
