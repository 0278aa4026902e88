"""Pages of quotes and invoices: the list, the editor with and without scripts, a document and what is done with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pypdf
import pytest
import time_machine

from accounts.services import cancel_account
from finance.copying import credit_invoice
from finance.models import Document, Line
from finance.services import change_draft, delete_document, draft_document, issue_document
from relations.models import Relation
from relations.services import add_relation
from tests.lives import draft, issue
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
ON = date(2026, 11, 22)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=True):
        yield


@pytest.fixture
def page(client, holder):
    """A browser of the holder, in English."""
    freshly(client, holder)
    client.cookies["django_language"] = "en"
    return client


def shown(response) -> str:
    assert response.status_code == 200, response
    return response.content.decode()


def typed(*lines: tuple[str, str, str, str], do: str = "save", **fields: str) -> dict[str, str]:
    """What the editor posts."""
    said = {"do": do, "kind": "invoice", "recipient_name": "Noor", "recipient_address": "Markt 2", "language": "nl",
            "payment_days": "14", "lines": str(len(lines)), **fields}  # fmt: skip
    for n, values in enumerate(lines):
        for name, value in zip(("description", "quantity", "unit_price", "vat_rate"), values, strict=True):
            said[f"line-{n}-{name}"] = value
    return said


# --- The list ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(page, account, asks, count):
    for _n in range(count):
        draft(account)
    page.get("/documents/")
    with asks(5):
        assert shown(page.get("/documents/")).count('class="link"') == count


def test_the_list_is_filtered_searched_and_turned_page_by_page(page, account, outsider):
    draft(outsider.account)
    quote, invoice = issue(account, on=ON, kind="quote"), issue(account, on=ON)
    concept = draft(account)
    found = {
        query: [row.pk for row in page.get(f"/documents/{query}").context["page"].rows]
        for query in (
            "",
            "?show=quotes",
            "?show=invoices",
            "?show=drafts",
            "?search=O2026",
        )
    }
    assert found == {
        "": [concept.pk, invoice.pk, quote.pk], "?show=quotes": [quote.pk], "?show=invoices": [concept.pk, invoice.pk],
        "?show=drafts": [concept.pk], "?search=O2026": [concept.pk, invoice.pk, quote.pk],
    }  # fmt: skip
    for words, more, rows in (
        ("O2026", {}, [quote]), ("visser", {"order": "amount"}, [concept, invoice, quote]), ("x\0", {}, []),
        ("visser", {"show": "quotes"}, [quote]), ("v" * 101, {}, []),
    ):  # fmt: skip
        sent = page.post("/documents/", {"search": words, **more})
        assert sent.status_code == 302
        assert words not in sent.url
        assert all(f"{name}={value}" in sent.url for name, value in more.items())
        assert [row.pk for row in page.get(sent.url).context["page"].rows] == [row.pk for row in rows]
    for n in range(51):
        change_draft(draft(account), actor=account.main_user, recipient_name=f"Klant {n:02}")
    for order in ("newest", "recipient", "amount"):
        first = page.post("/documents/", {"search": "klant", "order": order}, follow=True).context["page"]
        assert "klant" not in first.next
        rest = page.get(f"/documents/{first.next}").context["page"]
        assert len({row.pk for row in [*first.rows, *rest.rows]}) == 51
        assert [row.pk for row in page.get(f"/documents/{rest.previous}").context["page"].rows] == [
            row.pk for row in first.rows
        ]


def test_an_empty_list_says_what_to_do(page):
    assert "Your first quote or invoice" in shown(page.get("/documents/"))
    assert "No drafts" in shown(page.get("/documents/?show=drafts"))
    assert "Nothing found" in shown(page.post("/documents/", {"search": "niets"}, follow=True))


# --- The editor ----------------------------------------------------------------------------------------------


def test_a_new_invoice_is_typed_saved_and_shown(page, account):
    response = page.post("/documents/new/", typed(
        ("Dakgoot", "2,5", "€ 1.040,01", "21"), ("", "1", "", "21"), ("Lood", "1", "10", "9"), supplied_on="2026-11-20",
    ))  # fmt: skip
    document = Document.objects.get()
    assert (response.status_code, response.url) == (302, f"/documents/{document.reference}/")
    lines = [(line.position, line.description, line.quantity, line.unit_price) for line in document.lines.all()]
    assert lines == [
        (1, "Dakgoot", Decimal("2.5"), Decimal("1040.01")), (2, "Lood", Decimal(1), Decimal(10)),
    ]  # fmt: skip
    assert document.supplied_on == date(2026, 11, 20)
    text = shown(page.get(response.url))
    assert "€\u00a02,610.03" in text  # net
    assert "Noor" in text


def test_the_same_is_shown_as_a_dutch_reader_writes_it(page, account):
    page.cookies["django_language"] = "nl"
    document = draft_document(
        account, actor=account.main_user, kind="quote", recipient_name="N",
        lines=[{"description": "x", "quantity": Decimal("1000.5"), "unit_price": Decimal("1234.5")}],
    )  # fmt: skip
    text = shown(page.get(f"/documents/{document.reference}/change/"))
    assert 'value="1000,5"' in text
    assert 'value="1234,50"' in text
    assert "€\u00a01.235.117,25" in text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without scripts", "with"])
def test_buttons_compute_add_and_remove_and_save_nothing(page, headers):
    lines = [("Dakgoot", "2", "40", "9"), ("Lood", "1", "x", "21")]
    said = shown(page.post("/documents/new/", typed(*lines, do="recalculate"), headers=headers))
    assert ("<h1>" in said) is (not headers)
    assert '<output id="net-0">€\u00a080.00</output>' in said
    assert '<output id="net-1">–</output>' in said
    assert "€\u00a087.20" in said
    assert "not a number" not in said  # it is being typed
    more = page.post("/documents/new/", typed(*lines, do="add"), headers=headers).context["editor"]
    assert [line["description"].value() for line in more.lines] == ["Dakgoot", "Lood", None]
    assert more.lines[2]["vat_rate"].value() == "21"
    less = page.post("/documents/new/", typed(*lines, do="remove-0"), headers=headers).context["editor"]
    assert [line["description"].value() for line in less.lines] == ["Lood"]
    for strange in ("remove-9", "remove-x", "take-x", "nothing", ""):
        assert len(page.post("/documents/new/", typed(*lines, do=strange)).context["editor"].lines) == 2
    assert not Document.objects.exists()


def test_there_are_no_more_lines_than_an_invoice_may_have(page):
    many = page.post("/documents/new/", {"do": "add", "lines": "9999"}).context["editor"]
    assert len(many.lines) == 200


def test_what_is_wrong_is_said_at_its_place_and_what_was_typed_stays(page):
    text = shown(page.post("/documents/new/", typed(
        ("", "2", "40", "21"), ("Lood", "veel", "10", "21"), recipient_name="", recipient_vat_number="NL123456789B12",
        supplied_on="2026-11-02", supplied_until="2026-11-01",
    )))  # fmt: skip
    assert "This is not a number" in text
    assert 'value="veel"' in text
    assert "not a valid Dutch VAT number" in text
    assert "The last day lies before the first." in text
    assert text.count('class="errorlist"') == 5
    assert not Document.objects.exists()


@pytest.mark.clause("3")
def test_a_relation_is_searched_chosen_and_copied(page, account, outsider):
    relation = add_relation(
        account, actor=account.main_user, company_name="Jansen & Zoon", street="Markt", house_number="2",
        postcode="7941 AA", city="Meppel", vat_number="NL822655287B01",
    )  # fmt: skip
    for n in range(9):
        add_relation(account, actor=account.main_user, first_name="Bo", last_name=f"Nummer {n}")
    Relation.objects.create(account=outsider.account, company_name="Jansen van een ander")
    Relation.objects.create(account=account, company_name="Jansen beperkt", restricted_on=ON)
    assert len(page.get("/documents/new/").context["editor"].relations) == 8
    found = page.post("/documents/new/", typed(do="find", q="jans mepp"), headers=HTMX).context["editor"]
    assert found.relations == [relation]
    chosen = page.post("/documents/new/", typed(("x", "1", "5", "21"), do=f"take-{relation.reference}"))
    form = chosen.context["form"]
    assert form["recipient_name"].value() == "Jansen & Zoon"
    assert form["recipient_address"].value() == "Markt 2\n7941 AA Meppel"
    assert chosen.context["editor"].lines[0]["description"].value() == "x"
    page.post("/documents/new/", typed(("x", "1", "5", "21"), relation=str(relation.reference)))
    assert Document.objects.get().relation == relation
    left = page.post("/documents/new/", typed(do="leave", relation=str(relation.reference))).context["editor"]
    assert left.relation is None
    asked = page.get(f"/documents/new/?kind=quote&relation={relation.reference}").context
    assert (asked["form"]["recipient_name"].value(), asked["document"].kind) == ("Jansen & Zoon", "quote")


@pytest.mark.clause("3")
def test_a_relation_of_another_account_is_not_taken(page, outsider):
    theirs = Relation.objects.create(account=outsider.account, company_name="Ver weg")
    assert "Ver weg" not in shown(page.get(f"/documents/new/?relation={theirs.reference}"))
    assert "Ver weg" not in shown(page.post("/documents/new/", typed(do=f"take-{theirs.reference}")))
    page.post("/documents/new/", typed(("x", "1", "5", "21"), relation=str(theirs.reference)))
    assert not Document.objects.exists()


def test_two_who_change_the_same_draft_lose_nothing(page, account):
    document = draft(account)
    address = f"/documents/{document.reference}/change/"
    change_draft(document, actor=account.main_user, recipient_name="Van een collega")
    mine = typed(("x", "1", "5", "21"), recipient_name="Van mij", revision="1")
    text = shown(page.post(address, mine))
    assert "Somebody else has changed this" in text
    assert "Van een collega" in text
    assert 'value="Van mij"' in text
    assert Document.objects.get().recipient_name == "Van een collega"
    assert page.post(address, mine | {"revision": "2"}).status_code == 302
    assert (Document.objects.get().recipient_name, Line.objects.count()) == ("Van mij", 1)


def lost_to(page, address: str, mine: dict[str, str], status: int) -> str:
    """What is told when a draft was lost while it was on the screen: nothing is saved, nothing that was typed is gone."""
    before = Document.objects.count()
    told = page.post(address, mine)
    text = told.content.decode()
    assert told.status_code == status
    assert "Not saved." in text
    assert 'value="Van mij"' in text
    assert 'value="Dakgoot"' in text
    assert "€\u00a0121.00" in text
    assert Document.objects.count() == before
    return text


def test_a_draft_that_somebody_issues_meanwhile_keeps_what_was_typed_for_a_new_one(page, account):
    document = draft(account)
    address = f"/documents/{document.reference}/change/"
    document = issue_document(document, actor=account.main_user, on=ON)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", revision="1")
    text = lost_to(page, address, mine, 409)
    assert f'<a href="/documents/{document.reference}/">2026-0001</a>' in text
    assert "Save as a new draft" in text
    more = page.post(address, mine | {"do": "add"}, headers=HTMX)  # with scripts, before they were told
    assert (more.status_code, len(more.context["editor"].lines)) == (200, 2)
    wrong = shown(page.post(address, mine | {"anew": "1", "recipient_name": ""}))
    assert "Save as a new draft" in wrong
    assert 'class="errorlist"' in wrong
    saved = page.post(address, mine | {"anew": "1"})
    made = Document.objects.drafts().get()
    assert (saved.status_code, saved.url) == (302, f"/documents/{made.reference}/")
    assert (made.kind, made.recipient_name, made.lines.get().description) == ("invoice", "Van mij", "Dakgoot")
    document.refresh_from_db()
    assert (document.recipient_name, document.number) == ("Noor Visser", "2026-0001")


def test_a_draft_that_somebody_deletes_meanwhile_keeps_what_was_typed_for_a_new_one(page, account):
    document = draft(account)
    address = f"/documents/{document.reference}/change/"
    delete_document(document, actor=account.main_user, on=ON)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", kind="quote", revision="1")
    assert "it was deleted" in lost_to(page, address, mine, 404)
    assert page.get(address).status_code == 404
    page.post(address, mine | {"anew": "1"})
    assert list(Document.objects.values_list("kind", "recipient_name")) == [("quote", "Van mij")]


@pytest.mark.parametrize("how", ["issued", "deleted"])
def test_a_draft_that_is_lost_in_the_very_moment_of_saving_is_told_of_too(page, account, monkeypatch, how):
    document = draft(account)

    def meanwhile(of):
        if how == "issued":
            issue_document(document, actor=account.main_user, on=ON)
        else:
            Document.objects.filter(pk=document.pk).delete()
        monkeypatch.undo()

    monkeypatch.setattr("finance.views.edit.check_writable", meanwhile)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", revision="1")
    said = page.post(f"/documents/{document.reference}/change/", mine)
    assert said.status_code == (409 if how == "issued" else 404)
    assert 'value="Van mij"' in said.content.decode()


def test_a_credit_note_that_was_lost_is_made_from_its_invoice_once_more(page, account):
    note = credit_invoice(issue(account, on=ON), actor=account.main_user)
    address = f"/documents/{note.reference}/change/"
    note = issue_document(note, actor=account.main_user, on=ON)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", kind="credit", revision="1")
    text = lost_to(page, address, mine, 409)
    assert "make a credit note of it once more" in text
    assert "Save as a new draft" not in text
    page.post(address, mine | {"anew": "1"})
    assert Document.objects.count() == 2


@pytest.mark.clause("15")
def test_a_relation_that_is_restricted_meanwhile_loses_nothing_that_was_typed(page, account):
    relation = add_relation(account, actor=account.main_user, company_name="Jansen")
    document = draft(account, relation=relation)
    Relation.objects.update(restricted_on=ON)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", revision="1", relation=relation.reference)
    text = shown(page.post(f"/documents/{document.reference}/change/", mine))
    assert "Jansen is restricted since 22 November 2026" in text
    assert 'value="Van mij"' in text


@pytest.mark.clause("7")
@pytest.mark.parametrize("anew", [{}, {"anew": "1"}])
def test_a_draft_of_another_account_is_one_that_is_not_there(page, outsider, anew):
    theirs = draft(outsider.account)
    mine = typed(("Dakgoot", "1", "100", "21"), recipient_name="Van mij", revision="1")
    addresses = [f"/documents/{reference}/change/" for reference in (theirs.reference, uuid4())]
    told = [page.post(address, mine | anew) for address in addresses]
    assert len({answer.status_code for answer in told}) == 1
    assert theirs.recipient_name not in told[0].content.decode()
    theirs.refresh_from_db()
    assert theirs.revision == 1


# --- A document ----------------------------------------------------------------------------------------------


@pytest.mark.clause("5.2")
def test_a_quote_becomes_an_invoice_that_is_issued_and_credited(page, account):
    quote = issue(account, on=ON, kind="quote")
    made = page.post(f"/documents/{quote.reference}/invoice/")
    invoice = Document.objects.get(kind="invoice")
    assert made.url == f"/documents/{invoice.reference}/change/"
    again = page.post(f"/documents/{quote.reference}/invoice/", follow=True)
    assert "There is an invoice of this quote already" in shown(again)
    text = shown(page.get(f"/documents/{invoice.reference}/issue/"))
    assert "After this nothing in it can be changed." in text
    assert "6 December 2026" in text
    done = page.post(f"/documents/{invoice.reference}/issue/", {"revision": "1"}, follow=True)
    assert "Issued with number 2026-0001." in shown(done)
    assert "Sunday 1 January 2034" in shown(done)
    assert page.get(f"/documents/{invoice.reference}/change/").status_code == 409
    assert page.get(f"/documents/{invoice.reference}/delete/").status_code == 409
    page.post(f"/documents/{invoice.reference}/delete/")
    page.post(f"/documents/{invoice.reference}/credit/")
    note = Document.objects.get(kind="credit")
    assert "Corrects invoice 2026-0001." in shown(page.get(f"/documents/{note.reference}/change/"))
    assert Document.objects.count() == 3


def test_what_lacks_is_said_on_the_page_and_it_is_not_issued(page, account):
    document = draft_document(account, actor=account.main_user, kind="invoice", recipient_name="Noor", lines=[])
    address = f"/documents/{document.reference}/"
    for text in (shown(page.get(address)), shown(page.get(f"{address}issue/"))):
        assert "It has no lines" in text
        assert "The address of the recipient is missing." in text
        assert "Issue now" not in text
    assert "This cannot be issued yet." in shown(page.post(f"{address}issue/", follow=True))


def test_somebody_changed_it_just_before_it_was_issued(page, account):
    document = draft(account)
    change_draft(document, actor=account.main_user, recipient_name="Anders")
    told = page.post(f"/documents/{document.reference}/issue/", {"revision": "1"}, follow=True)
    assert "Somebody else has changed this" in shown(told)
    document.refresh_from_db()
    assert document.is_draft


def test_a_draft_is_deleted_after_a_question(page, account):
    document = draft(account)
    assert "will be gone for good" in shown(page.get(f"/documents/{document.reference}/delete/"))
    assert page.post(f"/documents/{document.reference}/delete/").url == "/documents/"
    assert not Document.objects.exists()


def test_the_pdf_is_there_for_drafts_and_for_what_is_issued(page, account):
    document = issue_document(draft(account), actor=account.main_user, on=ON)
    response = page.get(f"/documents/{document.reference}/document.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="Factuur 2026-0001.pdf"'
    assert "2026-0001" in pypdf.PdfReader(BytesIO(response.content)).pages[0].extract_text()


@pytest.mark.clause("5.4")
def test_an_account_that_does_not_run_looks_and_changes_nothing(page, account):
    concept, quote = draft(account), issue(account, on=ON, kind="quote")
    cancel_account(account, actor=account.main_user, on=ON)
    assert "New invoice" not in shown(page.get("/documents/"))
    text = shown(page.get(f"/documents/{quote.reference}/"))
    assert "Make the invoice" not in text
    assert page.get(f"/documents/{quote.reference}/document.pdf").status_code == 200
    for path in ("new/", f"{concept.reference}/change/", f"{concept.reference}/issue/", f"{concept.reference}/delete/"):
        assert page.get(f"/documents/{path}").status_code == 409


def test_a_page_of_a_document_asks_a_fixed_number_of_questions(page, account, asks):
    document = issue(account, on=ON)
    page.get(f"/documents/{document.reference}/")
    with asks(9):
        page.get(f"/documents/{document.reference}/")
