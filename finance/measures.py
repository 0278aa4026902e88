"""Numbers of documents and payments by day (§19), counted from the documents and payments themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count

from accounts.counting import Measure
from accounts.models import Account
from accounts.models.usage import Kind
from finance.models import Document, DocumentKind, Payment


def _documents(account: Account, since: date, until: date) -> Mapping[date, int]:
    # Each kind by name, as the index has it.
    rows = Document.objects.filter(account=account, kind__in=DocumentKind.values, issued_on__range=(since, until))
    return _by_day(rows, "issued_on")


def _payments(account: Account, since: date, until: date) -> Mapping[date, int]:
    return _by_day(Payment.objects.filter(account=account, received_on__range=(since, until)), "received_on")


def _by_day(rows: Any, day: str) -> Mapping[date, int]:
    return dict(rows.values_list(day).annotate(number=Count("*")).order_by(day))


def _number(rows: Any) -> tuple[int, int]:
    found = rows.aggregate(number=Count("*"), accounts=Count("account", distinct=True))
    return found["number"], found["accounts"]


DOCUMENTS = Measure(Kind.DOCUMENT, _documents, lambda day: _number(Document.objects.filter(issued_on=day)))
PAYMENTS = Measure(Kind.PAYMENT, _payments, lambda day: _number(Payment.objects.filter(received_on=day)))
