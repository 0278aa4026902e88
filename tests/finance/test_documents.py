"""Drafts, credit notes, and what the law wants on an invoice (Wet OB art. 35a; §1, §5.2, §15)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from accounts.models import Company
from cannonworks import isolation
from cannonworks.errors import Changed, Refused
from finance.copying import credit_invoice, invoice_from_quote
from finance.models import Document, DocumentKind, Line, NumberSeries
from finance.services import change_draft, delete_document, draft_document, issue_document
from journal.models import Entry
from relations.models import Relation
from relations.services import add_relation
from tests.lives import draft

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
ON = date(2026, 11, 22)
ADDRESS = "Markt 2\n7941 AA Meppel"
WORK = {"description": "Werk", "unit_price": Decimal(100)}


@pytest.fixture
def relation(account) -> Relation:
    return add_relation(
        account, actor=account.main_user, company_name="Jansen & Zoon", vat_number="NL822655287B01", street="Markt",
        house_number="2", postcode="7941 AA", city="Meppel",
    )  # fmt: skip


def made(account, *rates, kind=DocumentKind.INVOICE, **fields) -> Document:
    """A draft with a line of € 100 at each rate."""
    lines = [{**WORK, "vat_rate": rate} for rate in rates or ["21"]]
    said = {"recipient_name": "Noor Visser", "recipient_address": ADDRESS, **fields}
    return draft_document(account, actor=account.main_user, kind=kind, lines=lines, **said)


def put_out(document: Document, *, on: date = ON) -> Document:
    return issue_document(document, actor=document.account.main_user, on=on)


def refusal(service, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    return caught.value


def test_a_draft_takes_the_recipient_from_the_relation_and_what_is_typed_goes_first(account, relation):
    plain = draft_document(account, actor=account.main_user, kind="invoice", lines=[WORK], relation=relation)
    typed = draft_document(
        account, actor=account.main_user, kind="invoice", lines=[WORK], relation=relation, recipient_name="Bo Jansen"
    )
    whole = ("Jansen & Zoon", ADDRESS, "NL822655287B01")
    assert (plain.recipient_name, plain.recipient_address, plain.recipient_vat_number) == whole
    assert (typed.recipient_name, typed.recipient_address, typed.recipient_vat_number) == ("Bo Jansen", *whole[1:])


@pytest.mark.clause("3")
def test_a_relation_of_another_account_is_none(account, outsider):
    theirs = Relation.objects.create(account=outsider.account, last_name="Ver")
    with pytest.raises(ValidationError, match="relation"):
        made(account, relation=theirs)


def test_a_draft_is_changed_with_all_its_lines_and_its_totals_follow(account):
    document = made(account, "21", "9")
    assert (document.net_total, document.gross_total) == (Decimal(200), Decimal(230))
    lines = [{**WORK, "quantity": Decimal("0.125"), "vat_rate": "reverse"}, WORK]
    changed = change_draft(
        document, actor=account.main_user, revision=1, lines=lines, recipient_name="Iemand", supplied_on=ON
    )
    assert (changed.recipient_name, changed.supplied_on, changed.revision) == ("Iemand", ON, 2)
    assert [(line.position, line.net, line.vat_rate) for line in changed.lines.all()] == [
        (1, Decimal("12.50"), "reverse"), (2, Decimal(100), "21"),
    ]  # fmt: skip
    assert Document.objects.values_list("net_total", "gross_total").get() == (Decimal("112.50"), Decimal("133.50"))
    change_draft(changed, actor=account.main_user, remarks="Graag bellen.")
    assert (Line.objects.count(), Document.objects.get().gross_total) == (2, Decimal("133.50"))


def test_who_saved_an_older_one_is_told_and_overwrites_nothing(account):
    document = made(account)
    change_draft(document, actor=account.main_user, revision=1, recipient_name="Van de een")
    with pytest.raises(Changed) as caught, transaction.atomic():
        change_draft(document, actor=account.main_user, revision=1, recipient_name="Van de ander", lines=[WORK, WORK])
    assert caught.value.row.recipient_name == Document.objects.get().recipient_name == "Van de een"
    assert Line.objects.count() == 1
    assert isinstance(refusal(issue_document, document, actor=account.main_user, on=ON, revision=1), Changed)
    change_draft(document, actor=account.main_user, recipient_name="Zonder gelezen te hebben")
    assert Document.objects.get().revision == 3


def test_only_what_may_be_changed_is(account):
    with pytest.raises(TypeError, match="number"):
        change_draft(made(account), actor=account.main_user, number="2026-0007")


@pytest.mark.clause("5.2")
def test_what_is_issued_is_not_changed_issued_again_or_made_into_a_draft(account):
    document = put_out(made(account))
    assert refusal(change_draft, document, actor=account.main_user, remarks="x").code == "already_issued"
    assert refusal(issue_document, document, actor=account.main_user, on=ON).code == "already_issued"


def test_issuing_takes_the_sender_as_it_is_then_and_it_stays(account):
    document = put_out(made(account, payment_days=30))
    company = account.company
    seller = (company.company_name, "Brink 12\n9401 AB Assen", "12345678", "NL002342672B42", company.email)
    Company.objects.filter(pk=company.pk).update(company_name="Anders BV", street="Elders", vat_number="")
    document.refresh_from_db()
    assert (
        document.seller_name, document.seller_address, document.seller_kvk_number, document.seller_vat_number,
        document.seller_email,
    ) == seller  # fmt: skip
    assert (document.supplied_on, document.due_on) == (ON, date(2026, 12, 22))


def test_a_quote_is_not_supplied_nor_paid(account):
    quote = put_out(made(account, kind="quote", valid_until=date(2026, 12, 31)))
    assert (quote.supplied_on, quote.due_on, quote.valid_until) == (None, None, date(2026, 12, 31))


LACKING = {
    "lines": (lambda account: draft_document(
        account, actor=account.main_user, kind="invoice", recipient_name="N", recipient_address="A", lines=[]
    ), "no lines"),
    "address": (lambda account: made(account, recipient_address=" \n"), "address of the recipient"),
    "ground": (lambda account: made(account, "exempt"), "ground it is exempt"),
    "customer's number": (lambda account: made(account, "reverse"), "VAT identification number of the recipient"),
}  # fmt: skip


@pytest.mark.parametrize("what", LACKING)
def test_what_lacks_something_is_not_issued_says_what_and_takes_no_number(account, what):
    make, words = LACKING[what]
    document = make(account)
    with override("en"):
        told = refusal(issue_document, document, actor=account.main_user, on=ON)
    assert told.code == "incomplete"
    assert words in told.message
    assert not NumberSeries.objects.exists()
    document.refresh_from_db()
    assert document.is_draft
    assert put_out(made(account)).number == "2026-0001"


@pytest.mark.parametrize(
    ("company", "rates", "issued"),
    [
        ({"vat_number": ""}, ["21"], False), ({"vat_number": ""}, ["9", "exempt"], False),
        ({"vat_number": ""}, ["exempt"], True), ({"kvk_number": ""}, ["21"], False), ({"city": ""}, ["21"], False),
        ({"kvk_number": "", "country": "BE"}, ["21"], True),
    ],
)  # fmt: skip
def test_the_sender_has_to_be_complete(account, company, rates, issued):
    Company.objects.filter(account=account).update(**company)
    document = made(account, *rates, exemption_ground="artikel 11 Wet OB")
    if issued:
        assert put_out(document).number == "2026-0001"
    else:
        assert refusal(put_out, document).code == "incomplete"


def test_a_quote_needs_no_address_and_no_vat_number(account):
    Company.objects.filter(account=account).update(vat_number="")
    assert put_out(made(account, "reverse", kind="quote", recipient_address="")).number == "O2026-0001"


@pytest.mark.parametrize(
    ("country", "number", "issued"),
    [("BE", "", False), ("BE", "BE0123456789", True), ("US", "", True), ("NL", "", True)],
)
def test_at_zero_within_the_union_the_customers_number_has_to_be_on_it(account, relation, country, number, issued):
    Relation.objects.filter(pk=relation.pk).update(country=country, vat_number="")
    relation.refresh_from_db()
    document = made(account, "0", relation=relation, recipient_vat_number=number)
    if issued:
        assert put_out(document).number == "2026-0001"
    else:
        assert refusal(put_out, document).code == "incomplete"


@pytest.mark.clause("15")
def test_for_a_restricted_relation_nothing_is_made_changed_issued_or_copied(account, relation):
    actor = account.main_user
    document, quote, invoice = (
        made(account, relation=relation),
        put_out(made(account, kind="quote", relation=relation)),
        put_out(made(account, relation=relation)),
    )
    Relation.objects.filter(pk=relation.pk).update(restricted_on=ON)
    relation.refresh_from_db()
    tried = [
        refusal(made, account, relation=relation),
        refusal(change_draft, document, actor=actor, remarks="x"),
        refusal(issue_document, document, actor=actor, on=ON),
        refusal(invoice_from_quote, quote, actor=actor),
        refusal(credit_invoice, invoice, actor=actor),
        refusal(delete_document, document, actor=actor, on=ON),
    ]
    assert [(told.code, told.clause) for told in tried] == [("restricted", "15")] * 6


def test_an_invoice_of_a_quote_has_its_recipient_and_lines_and_is_made_once(account, relation):
    quote = put_out(made(account, "21", "9", kind="quote", relation=relation, customer_reference="Kerk", language="en"))
    invoice = invoice_from_quote(quote, actor=account.main_user)
    names = ("relation", "recipient_name", "recipient_address", "customer_reference", "language", "gross_total")
    assert [getattr(invoice, name) for name in names] == [getattr(quote, name) for name in names]
    assert (invoice.kind, invoice.is_draft, invoice.from_quote) == ("invoice", True, quote)
    assert [(line.description, line.vat_rate) for line in invoice.lines.all()] == [("Werk", "21"), ("Werk", "9")]
    assert refusal(invoice_from_quote, quote, actor=account.main_user).code == "invoiced"
    assert invoice_from_quote(quote, actor=account.main_user, again=True).pk != invoice.pk
    assert put_out(invoice).number == "2026-0001"


@pytest.mark.parametrize("which", ["draft", "invoice"])
def test_only_of_an_issued_quote_an_invoice_is_made(account, which):
    document = made(account, kind="quote") if which == "draft" else put_out(made(account))
    assert refusal(invoice_from_quote, document, actor=account.main_user).code == "no_quote"


@pytest.mark.clause("5.2")
def test_a_credit_note_takes_back_the_invoice_in_the_same_series(account):
    invoice = put_out(made(account, "21", "9", "exempt", exemption_ground="artikel 11"))
    note = credit_invoice(invoice, actor=account.main_user)
    assert (note.kind, note.credits, note.credited_number, note.credited_on) == ("credit", invoice, "2026-0001", ON)
    assert (note.net_total, note.gross_total) == (-invoice.net_total, -invoice.gross_total)
    assert refusal(credit_invoice, invoice, actor=account.main_user).code == "credited"
    note = put_out(note, on=date(2026, 12, 1))
    assert (note.number, note.due_on, note.supplied_on) == ("2026-0002", None, ON)
    assert put_out(made(account)).number == "2026-0003"


def test_no_more_is_credited_than_is_left(account):
    invoice = put_out(made(account))
    whole = credit_invoice(invoice, actor=account.main_user)
    part = change_draft(whole, actor=account.main_user, lines=[{**WORK, "quantity": Decimal("-0.4")}])
    put_out(part)
    second = credit_invoice(invoice, actor=account.main_user, again=True)
    assert refusal(put_out, second).code == "incomplete"
    left = change_draft(second, actor=account.main_user, lines=[{**WORK, "quantity": Decimal("-0.6")}])
    assert put_out(left).number == "2026-0003"


@pytest.mark.parametrize("which", ["draft", "quote", "credit"])
def test_only_an_issued_invoice_is_credited(account, which):
    document = {
        "draft": lambda: made(account),
        "quote": lambda: put_out(made(account, kind="quote")),
        "credit": lambda: put_out(credit_invoice(put_out(made(account)), actor=account.main_user)),
    }[which]()
    assert refusal(credit_invoice, document, actor=account.main_user).code == "no_invoice"


def test_a_credit_note_names_its_invoice_or_is_none(account):
    for fields in ({"kind": "credit"}, {"kind": "invoice", "credited_number": "2026-0001", "credited_on": ON}):
        with pytest.raises((ValidationError, IntegrityError)), transaction.atomic():
            Document.objects.create(account=account, recipient_name="x", **fields)


def test_numbers_begin_anew_each_year_and_credit_notes_go_on_with_them(account):
    last = put_out(made(account), on=date(2026, 12, 31))
    note = credit_invoice(last, actor=account.main_user)
    first = put_out(made(account), on=date(2027, 1, 1))
    assert (first.number, put_out(note, on=date(2027, 1, 2)).number) == ("2027-0001", "2027-0002")


@pytest.mark.clause("5.2")
def test_a_credit_note_keeps_its_words_when_its_invoice_goes_after_seven_years(account):
    invoice = put_out(made(account))
    note = put_out(credit_invoice(invoice, actor=account.main_user), on=date(2027, 1, 5))
    quote = put_out(made(account, kind="quote"))
    made_of = put_out(invoice_from_quote(quote, actor=account.main_user), on=date(2027, 1, 5))
    for document in (invoice, quote):
        delete_document(document, actor=account.main_user, on=date(2034, 1, 1))
    note.refresh_from_db()
    made_of.refresh_from_db()
    assert (note.credits, note.credited_number, note.credited_on, made_of.from_quote) == (None, "2026-0001", ON, None)


#: Another value of every column of a document, in SQL.
OTHER = {
    "integer": "coalesce({column}, 0) + 1", "numeric": "{column} + 1", "date": "coalesce({column}, '2026-01-01') + 1",
    "uuid": "gen_random_uuid()", "character varying": "CASE {column} WHEN 'x' THEN 'y' ELSE 'x' END",
    "text": "{column} || 'x'", "bigint": "coalesce({column}, 0) + 1", "smallint": "{column} + 1",
}  # fmt: skip


@pytest.mark.clause("5.2")
@pytest.mark.parametrize("column", [field.column for field in Document._meta.local_concrete_fields])
def test_the_database_refuses_to_change_any_column_of_what_is_issued(account, relation, column):
    quote = put_out(made(account, kind="quote", relation=relation))
    document = put_out(invoice_from_quote(quote, actor=account.main_user))
    note = put_out(credit_invoice(document, actor=account.main_user))
    before = list(Document.objects.order_by("pk").values())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(format_type(atttypid, NULL), '(', 1) FROM pg_attribute"
            " WHERE attrelid = 'finance_document'::regclass AND attname = %s",
            [column],
        )
        other = OTHER[cursor.fetchone()[0]].format(column=column)
        for pk in (quote.pk, document.pk, note.pk):
            with pytest.raises(IntegrityError, match="is issued and kept until 2034-01-01"), transaction.atomic():
                cursor.execute(f"UPDATE finance_document SET {column} = {other} WHERE id = %s", [pk])
    assert list(Document.objects.order_by("pk").values()) == before


def test_nobody_reads_or_changes_documents_of_another_account_even_with_raw_sql(account, outsider):
    document = put_out(made(account))
    with isolation.acting_as(isolation.of(outsider)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM finance_document")
        assert cursor.fetchone() == (0,)
    with isolation.acting_as(isolation.of(account.main_user)):
        credit_invoice(document, actor=account.main_user)
        assert Document.objects.count() == 2


def test_the_latest_five_are_one_query(account, outsider, django_assert_num_queries):
    draft(outsider.account)
    documents = [made(account, recipient_name=f"Klant {n}") for n in range(7)]
    with django_assert_num_queries(1):
        shown = [(row.recipient_name, row.gross_total, str(row)) for row in Document.objects.recent(account)]
    assert [name for name, *_rest in shown] == [row.recipient_name for row in documents[:1:-1]]
    assert shown[0][1] == Decimal(121)


def test_the_journal_says_that_it_was_issued_and_nothing_of_anybody(account):
    document = put_out(made(account, customer_reference="Geheimzinnig"))
    facts = Entry.objects.get(event="document.issued").facts
    assert facts == {"document": str(document.reference), "kind": "invoice", "kept_until": "2034-01-01"}


def test_what_was_issued_before_gets_its_sender_and_its_totals(account):
    document = made(account, "21", "9", "reverse", recipient_vat_number="NL822655287B01")
    document = put_out(change_draft(document, actor=account.main_user, remarks="x"))
    whole = Document.objects.values().get()
    fill = import_module("finance.migrations.0005_lawful_documents").FILL
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        cursor.execute(
            "UPDATE finance_document SET seller_name = '', seller_address = '', seller_kvk_number = '', due_on = NULL,"
            " supplied_on = NULL, seller_vat_number = '', seller_email = '', seller_phone = '', net_total = 0, gross_total = 0"
        )
        cursor.execute(fill)
    assert Document.objects.values().get() == whole
