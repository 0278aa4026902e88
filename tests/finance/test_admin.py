from __future__ import annotations

from datetime import date

import pytest

from finance.bookkeeping import charge_subscription, record_payment
from tests.cast import member

INVOICES, PAYMENTS = "/admin/finance/subscriptioninvoice/", "/admin/finance/payment/"


@pytest.fixture
def invoices(account):
    made = [charge_subscription(account, on=date(2026, month, 1)) for month in (2, 3, 4)]
    for invoice in made:
        record_payment(invoice, on=date(2026, 5, 1), amount=invoice.net + invoice.vat)
    return made


def test_finance_finds_an_invoice_and_its_payment_by_number_or_account(client, invoices, account):
    client.force_login(member("Finance"))
    number, reference = invoices[1].number, str(account.reference)[:8]
    for place in (INVOICES, PAYMENTS):
        found = [
            client.post(place, {"q": term}, follow=True).context["cl"].result_count
            for term in (number, reference, "niets")
        ]
        assert found == [1, 3, 0]


def test_the_books_are_read_and_not_written(client, staff, invoices):
    client.force_login(staff)
    place = f"{INVOICES}{invoices[0].pk}/change/"
    assert invoices[0].number in client.get(place).content.decode()
    assert client.post(place, {"net": "1.00"}).status_code == 403
    assert client.get(f"{INVOICES}add/").status_code == 403


@pytest.mark.parametrize("place", [INVOICES, PAYMENTS])
@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_the_books_ask_the_same_whatever_their_length(client, staff, invoices, asks, place, count):
    client.force_login(staff)
    term = invoices[0].number if count == 1 else ""
    address = client.post(place, {"q": term}).url
    client.get(address)
    with asks(4):
        assert len(client.get(address).context["cl"].result_list) == count
