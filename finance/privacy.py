from cannonworks.datamap import Category, Personal, Subject, register
from finance.models import Document, Line, NumberSeries, Payment, SubscriptionInvoice

register(
    Document,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    fields={
        "recipient_name": Personal("19 Betrokkenen 1"),
        "recipient_address": Personal("19 Betrokkenen 2"),
        "recipient_vat_number": Personal("19 Bedrijfsgegevens 4"),
    },
    plain=("id", "reference", "account", "kind", "relation", "number", "issued_on", "kept_until", "revision"),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)
register(
    Line,
    category=Category.DOCUMENTS,
    subject=Subject.RELATION,
    fields={"description": Personal("3")},
    plain=("id", "account", "document", "position", "quantity", "unit_price", "vat_rate"),
    may={"holder": "SELECT INSERT UPDATE DELETE"},
)
register(
    NumberSeries,
    category=Category.ACCOUNT,
    subject=Subject.NOBODY,
    plain=("id", "account", "kind", "year", "last"),
    may={"holder": "SELECT INSERT UPDATE"},
)
register(
    SubscriptionInvoice,
    category=Category.BOOKKEEPING,
    subject=Subject.HOLDER,
    until="kept_until",
    fields={
        "customer_name": Personal("19 Bedrijfsgegevens"),
        "customer_address": Personal("19 Bedrijfsgegevens 2"),
        "customer_vat_number": Personal("19 Bedrijfsgegevens 4"),
    },
    plain=("id", "account", "kept_until", "number", "issued_on", "net", "vat"),
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
register(
    Payment,
    category=Category.BOOKKEEPING,
    subject=Subject.HOLDER,
    until="kept_until",
    fields={"amount": Personal("19 Personalia 3"), "received_on": Personal("19 Personalia 3")},
    plain=("id", "account", "kept_until", "invoice_number"),
    may={"holder": "SELECT", "staff": "SELECT INSERT UPDATE"},
)
