"""Quotes and invoices over the API, and what CannonWorks charged."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
import time_machine

from finance import bookkeeping
from finance.models import Document
from tests import lives
from tests.callers import API, device, problem

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
LINES = [
    {"description": "Dakgoot", "quantity": "2.5", "unit_price": "40.01", "vat_rate": "21"},
    {"description": "Lood", "unit_price": "10.00", "vat_rate": "9"},
]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=True):
        yield


def test_a_colleague_drafts_issues_and_gets_an_invoice(colleague, account):
    relation = account.relation_set.create(company_name="Jansen", vat_number="NL822655287B01")
    client = device(colleague)
    body = {"kind": "invoice", "relation": str(relation.reference), "recipient_address": "Markt 2", "lines": LINES}
    made = client.post(f"{API}/documents/", body)
    assert made.status_code == 201
    draft = made.json()
    assert (draft["relation"], draft["recipient_name"], draft["number"]) == (str(relation.reference), "Jansen", "")
    assert draft["lines"][0] == {**LINES[0], "quantity": "2.500", "net": "100.03"}
    assert draft["totals"] == {"net": "110.03", "vat": {"21": "21.01", "9": "0.90"}, "gross": "131.94"}
    address = f"{API}/documents/{draft['reference']}/"
    assert client.get(address).json() == draft
    issued = client.post(f"{address}issue/").json()
    company = account.company
    assert issued == {
        **draft, "number": "2026-0001", "issued_on": "2026-11-22", "kept_until": "2034-01-01",
        "supplied_on": "2026-11-22", "due_on": "2026-12-06", "seller_name": company.company_name,
        "seller_address": "Brink 12\n9401 AB Assen", "seller_kvk_number": "12345678",
        "seller_vat_number": "NL002342672B42", "seller_email": company.email, "seller_phone": "+31592123456",
    }  # fmt: skip
    assert client.get(f"{API}/documents/").json() == {"next": None, "results": [issued]}
    assert problem(client.post(f"{address}issue/"), 409, "already_issued")["clause"] == "5.2"


@pytest.mark.clause("5.2")
def test_a_draft_is_deleted_and_an_issued_document_kept_seven_years(holder, account):
    client = device(holder)
    draft, issued = lives.draft(account), lives.issue(account, on=date(2026, 11, 22))
    assert client.delete(f"{API}/documents/{draft.reference}/").status_code == 204
    assert problem(client.delete(f"{API}/documents/{issued.reference}/"), 409, "kept_seven_years")["clause"] == "5.2"
    with time_machine.travel("2034-01-01T00:00:00+01:00"):
        assert device(holder).delete(f"{API}/documents/{issued.reference}/").status_code == 204
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"lines": []}, {"#/lines"}),
        ({"lines": [LINES[0]] * 201}, {"#/lines"}),
        ({"lines": [LINES[0], {**LINES[1], "unit_price": "1.001"}]}, {"#/lines/1/unit_price"}),
        ({"lines": [{**LINES[0], "net": "5", "discount": "1"}]}, {"#/lines/0/discount"}),
        ({"kind": "receipt"}, {"#/kind"}),
        ({"relation": str(uuid4())}, {"#/relation"}),
        ({"relation": "nobody"}, {"#/relation"}),
        ({"recipient_name": ""}, {"#/recipient_name"}),
        ({"kind": "credit"}, {"#/kind"}),
        ({"supplied_on": "2026-11-02", "supplied_until": "2026-11-01"}, {"#/supplied_until"}),
        ({"recipient_vat_number": "NL123456789B12"}, {"#/recipient_vat_number"}),
        ({"payment_days": 366}, {"#/payment_days"}),
    ],
)
def test_what_is_wrong_is_told_by_place_and_nothing_is_kept(holder, change, places):
    body = {"kind": "quote", "recipient_name": "Noor", "lines": LINES, **change}
    told = problem(device(holder).post(f"{API}/documents/", body), 400, "invalid")
    assert {error["pointer"] for error in told["errors"]} == places
    assert not Document.objects.exists()


@pytest.mark.clause("3")
def test_a_relation_of_another_account_cannot_be_billed(holder, outsider):
    theirs = outsider.account.relation_set.create(last_name="Ver")
    body = {"kind": "quote", "relation": str(theirs.reference), "lines": LINES}
    told = problem(device(holder).post(f"{API}/documents/", body), 400, "invalid")
    assert [error["pointer"] for error in told["errors"]] == ["#/relation"]


def test_the_holder_reads_what_was_charged(holder, account):
    for day in (date(2026, 10, 1), date(2026, 11, 1)):
        bookkeeping.charge_subscription(account, on=day)
    rows = device(holder).get(f"{API}/subscription-invoices/").json()["results"]
    assert [(row["issued_on"], row["net"], row["vat"], row["kept_until"]) for row in rows] == [
        ("2026-11-01", "15.00", "3.15", "2034-01-01"), ("2026-10-01", "15.00", "3.15", "2034-01-01"),
    ]  # fmt: skip


@pytest.mark.clause("5.2")
def test_a_quote_is_changed_issued_invoiced_credited_and_printed(holder, account):
    client = device(holder)
    made = client.post(f"{API}/documents/", {
        "kind": "quote", "recipient_name": "Noor", "recipient_address": "Markt 2", "valid_until": "2026-12-31", "lines": LINES,
    }).json()  # fmt: skip
    quote = f"{API}/documents/{made['reference']}/"
    changed = client.patch(quote, {"lines": LINES[:1], "remarks": "Tot ziens", "revision": 1}).json()
    assert (changed["remarks"], changed["revision"], changed["totals"]["gross"]) == ("Tot ziens", 2, "121.04")
    told = problem(client.patch(quote, {"remarks": "Oud", "revision": 1}), 409, "changed_meanwhile")
    assert problem(client.patch(quote, {"kind": "invoice"}), 400, "invalid")["errors"][0]["pointer"] == "#/kind"
    assert problem(client.post(f"{quote}invoice/"), 409, "no_quote")
    client.post(f"{quote}issue/")
    assert problem(client.patch(quote, {"remarks": "x"}), 409, "already_issued")["clause"] == "5.2"
    draft = client.post(f"{quote}invoice/").json()
    assert (draft["kind"], draft["from_quote"], draft["number"]) == ("invoice", made["reference"], "")
    assert problem(client.post(f"{quote}invoice/"), 409, "invoiced")
    assert client.post(f"{quote}invoice/", {"again": True}).status_code == 201
    invoice = f"{API}/documents/{draft['reference']}/"
    client.post(f"{invoice}issue/")
    note = client.post(f"{invoice}credit/")
    assert note.status_code == 201
    told = note.json()
    assert (told["credits"], told["credited_number"], told["credited_on"]) == (
        draft["reference"],
        "2026-0001",
        "2026-11-22",
    )
    assert told["totals"] == {"net": "-100.03", "vat": {"21": "-21.01"}, "gross": "-121.04"}
    pdf = client.get(f"{invoice}document.pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert pdf["Content-Disposition"] == 'inline; filename="Factuur 2026-0001.pdf"'


def test_the_list_is_narrowed_by_kind_state_and_words(holder, account):
    quote, invoice, concept = (
        lives.issue(account, on=date(2026, 11, 22), kind="quote"), lives.issue(account, on=date(2026, 11, 22)),
        lives.draft(account),
    )  # fmt: skip
    client = device(holder)
    asked = ("", "?kind=quote", "?state=issued", "?state=draft", "?search=2026-0001&kind=invoice", "?kind=nothing")
    found = [[row["reference"] for row in client.get(f"{API}/documents/{query}").json()["results"]] for query in asked]
    names = {row.reference: name for name, row in {"q": quote, "i": invoice, "d": concept}.items()}
    assert ["".join(names[type(quote.reference)(each)] for each in rows) for rows in found] == [
        "diq", "q", "iq", "d", "i", "",
    ]  # fmt: skip


def test_what_a_draft_lacks_is_said_when_it_is_issued(holder, account):
    body = {"kind": "invoice", "recipient_name": "Noor", "lines": [{**LINES[0], "vat_rate": "reverse"}]}
    client = device(holder)
    made = client.post(f"{API}/documents/", body).json()
    told = problem(client.post(f"{API}/documents/{made['reference']}/issue/"), 409, "incomplete")
    assert told["detail"] == (
        "This cannot be issued yet. The address of the recipient is missing."
        " With reverse charge the VAT identification number of the recipient has to be on it."
    )
