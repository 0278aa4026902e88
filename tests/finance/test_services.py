"""The holder's documents: numbered without gaps, frozen for seven years (§5.2); and CannonWorks' own books (§1, §5)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import translation

from accounts.models import Account
from accounts.services import lapse_account, lock
from accounts.states import State
from cannonworks.errors import Refused
from finance.bookkeeping import charge_subscription, record_payment
from finance.models import Document, DocumentKind, Line, Payment, SubscriptionInvoice, Totals, VatRate
from finance.services import delete_document, draft_document, issue_document
from journal.models import Entry
from relations.services import add_relation
from tests.factories import AccountFactory
from tests.lives import account_in, draft, hold, issue, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.2")]
ON = date(2026, 2, 28)
FIRST_FREE_DAY = date(2034, 1, 1)
LINE = {"description": "Werk", "unit_price": Decimal(65)}


def code(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught:
        service(*args, **kwargs)
    return caught.value.code


def execute(sql: str, *params: object) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def test_a_document_gets_its_number_and_its_term_when_it_is_issued(account):
    document = draft(account)
    assert (document.number, document.issued_on, document.kept_until) == ("", None, None)
    document = issue_document(document, actor=account.main_user, on=ON)
    assert (document.number, document.issued_on, document.kept_until) == ("2026-0001", ON, FIRST_FREE_DAY)
    assert code(issue_document, document, actor=account.main_user, on=ON) == "already_issued"


def test_numbers_count_per_account_kind_and_year(account, outsider):
    numbers = [
        issue(account, on=ON).number,
        issue(account, on=ON).number,
        issue(account, on=ON, kind=DocumentKind.QUOTE).number,
        issue(account, on=date(2027, 1, 1)).number,
        issue(outsider.account, on=ON).number,
    ]
    assert numbers == ["2026-0001", "2026-0002", "O2026-0001", "2027-0001", "2026-0001"]


def test_a_document_keeps_its_own_snapshot_of_the_relation(account):
    relation = add_relation(account, actor=account.main_user, company_name="Jansen & Zoon", vat_number="NL822655287B01")
    document = draft_document(
        account, actor=account.main_user, kind=DocumentKind.INVOICE, relation=relation, lines=[LINE],
        recipient_address="Markt 2",
    )  # fmt: skip
    document = issue_document(document, actor=account.main_user, on=ON)
    relation.delete()
    document.refresh_from_db()
    assert (document.relation, document.recipient_name, document.recipient_vat_number) == (
        None, "Jansen & Zoon", "NL822655287B01",
    )  # fmt: skip


def test_a_draft_with_a_wrong_line_stores_nothing(account):
    with pytest.raises(ValidationError), transaction.atomic():
        draft_document(
            account, actor=account.main_user, kind=DocumentKind.INVOICE, recipient_name="Noor",
            lines=[{"description": "", "unit_price": Decimal(1)}],
        )  # fmt: skip
    assert (Document.objects.count(), Line.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("on", "goes"),
    [(date(2026, 3, 1), False), (date(2033, 12, 31), False), (FIRST_FREE_DAY, True), (date(2034, 1, 2), True)],
)
def test_an_issued_document_is_deleted_after_seven_years_and_not_a_day_before(account, on, goes):
    document = issue(account, on=ON)
    if goes:
        delete_document(document, actor=account.main_user, on=on)
    else:
        assert code(delete_document, document, actor=account.main_user, on=on) == "kept_seven_years"
    assert (Document.objects.count(), Line.objects.count()) == ((0, 0) if goes else (1, 1))


@pytest.mark.clause("5")
def test_a_hold_on_documents_keeps_them_from_being_deleted_and_one_on_something_else_does_not(account):
    old, user = issue(account, on=ON), account.main_user
    hold(account, ["relations"], on=ON)
    delete_document(draft(account), actor=user, on=ON)
    hold(account, ["documents"], on=ON, name="Controle")
    waiting = draft(account)
    with translation.override("en"), pytest.raises(Refused) as caught:
        delete_document(waiting, actor=user, on=ON)
    kept = waiting.reference
    assert (caught.value.code, caught.value.clause) == ("held", "5")
    assert "a hold keeps" in caught.value.message
    assert code(delete_document, old, actor=user, on=FIRST_FREE_DAY) == "held"
    assert Document.objects.count() == 2
    told = Entry.objects.filter(event="erasure.refused").order_by("id").values_list("facts", flat=True)
    assert [(facts["document"], facts["why"]) for facts in told] == [(str(kept), "hold"), (str(old.reference), "hold")]


def test_a_draft_is_deleted_at_once(account):
    delete_document(draft(account), actor=account.main_user, on=ON)
    assert (Document.objects.count(), Line.objects.count()) == (0, 0)


CHANGES = {
    "change": "UPDATE finance_document SET recipient_name = 'Somebody else' WHERE id = %s",
    "unissue": "UPDATE finance_document SET issued_on = NULL, number = '', kept_until = NULL WHERE id = %s",
    "shorten its term": "UPDATE finance_document SET kept_until = '2026-01-01' WHERE id = %s",
    "give away": "UPDATE finance_document SET account_id = account_id WHERE id = %s",
    "delete": "DELETE FROM finance_document WHERE id = %s",
    "add a line": "INSERT INTO finance_line (account_id, document_id, position, description, quantity, unit_price, vat_rate)"
    " SELECT account_id, id, 9, 'More', 1, 1, '21' FROM finance_document WHERE id = %s",
    "change a line": "UPDATE finance_line SET unit_price = 1 WHERE document_id = %s",
    "take a line out": "UPDATE finance_line SET document_id = (SELECT max(id) FROM finance_document) WHERE document_id = %s",
    "delete a line": "DELETE FROM finance_line WHERE document_id = %s",
    "put a line in": "UPDATE finance_line SET document_id = %s, position = 9 WHERE document_id ="
    " (SELECT max(id) FROM finance_document)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_touch_what_is_issued(account, change):
    document, other = issue(account, on=ON), draft(account, description="A draft's")
    assert other.pk > document.pk
    before = list(Document.objects.order_by("pk").values()), list(Line.objects.order_by("pk").values())
    sql = CHANGES[change]
    if change == "give away":
        sql = sql.replace("= account_id", f"= {AccountFactory().pk}")
    with pytest.raises(
        IntegrityError, match="is issued and kept until 2034-01-01|a line of an issued document never changes"
    ):
        execute(sql, document.pk)
    assert (list(Document.objects.order_by("pk").values()), list(Line.objects.order_by("pk").values())) == before


@pytest.mark.parametrize("change", ["change", "add a line", "change a line", "delete a line"])
def test_a_draft_is_free(account, change):
    assert execute(CHANGES[change], draft(account).pk) == 1


def test_without_a_day_named_the_database_goes_by_today(account):
    old = issue(account, on=date(1999, 12, 31))  # free since 2007
    with pytest.raises(IntegrityError):
        execute("UPDATE finance_document SET recipient_name = 'x' WHERE id = %s", old.pk)  # a change: never
    assert execute("DELETE FROM finance_line WHERE document_id = %s", old.pk) == 1
    assert execute("DELETE FROM finance_document WHERE id = %s", old.pk) == 1


@pytest.mark.parametrize(
    "fields",
    [{"number": ""}, {"kept_until": None}, {"issued_on": None}, {"issued_on": ON, "number": "", "kept_until": ON}],
)
def test_a_document_is_issued_wholly_or_not_at_all(account, fields):
    whole = {"number": "2026-0009", "issued_on": ON, "kept_until": FIRST_FREE_DAY}
    with pytest.raises(IntegrityError, match="document_issued_has_number_and_term"), transaction.atomic():
        Document.objects.create(account=account, kind="invoice", recipient_name="x", **{**whole, **fields})


@pytest.mark.clause("2", "5.4")
@pytest.mark.parametrize("state", ["lapsed", "cancelled", "claimed"])
def test_nothing_is_written_in_an_account_that_does_not_run(state):
    account = AccountFactory()
    document, issued, user = draft(account), issue(account, on=date(1999, 12, 31)), account.main_user
    if state == "lapsed":
        lapse_account(lock(account), on=account.trial_ends_on)
    elif state == "cancelled":
        account = account_in(State.CANCELLED, on=ON)
        Document.objects.filter(pk=document.pk).update(account=account)
        document.refresh_from_db()
        user = account.main_user
    else:
        Account.objects.update(claimed_at=moment(ON))
    expected = "being_erased" if state == "claimed" else "read_only"
    assert code(draft, account) == expected
    assert code(issue_document, document, actor=user, on=ON) == expected
    assert code(delete_document, document, actor=user, on=ON) == expected
    if state != "cancelled":
        assert code(delete_document, issued, actor=user, on=ON) == expected


def test_people_see_the_documents_of_their_own_account_only(account, outsider, staff):
    document = issue(account, on=ON)
    assert list(Document.objects.visible_to(account.main_user)) == [document]
    assert list(Document.objects.visible_to(outsider)) == list(Document.objects.visible_to(staff)) == []


def test_vat_is_rounded_once_per_rate():
    lines = [
        Line(quantity=Decimal("3"), unit_price=Decimal("0.05"), vat_rate=VatRate.HIGH),
        Line(quantity=Decimal("0.333"), unit_price=Decimal("10.00"), vat_rate=VatRate.HIGH),
        Line(quantity=Decimal("1"), unit_price=Decimal("0.05"), vat_rate=VatRate.LOW),
        Line(quantity=Decimal("1"), unit_price=Decimal("100"), vat_rate=VatRate.REVERSE),
    ]
    totals = Totals.of(lines)
    assert (totals.net, totals.vat, totals.gross) == (
        Decimal("103.53"), {"21": Decimal("0.73"), "9": Decimal("0.00"), "reverse": Decimal("0.00")}, Decimal("104.26"),
    )  # fmt: skip


@pytest.mark.clause("1")
@pytest.mark.parametrize(
    ("on", "kept_until"),
    [
        (date(2024, 1, 1), date(2032, 1, 1)),
        (date(2024, 12, 31), date(2032, 1, 1)),
        (date(2025, 1, 1), date(2033, 1, 1)),
    ],
)
def test_our_own_books_are_kept_seven_years_past_their_calendar_year(account, on, kept_until):
    invoice = charge_subscription(account, on=on, net=Decimal("15.50"))
    payment = record_payment(invoice, on=on, amount=invoice.net + invoice.vat)
    assert (invoice.net, invoice.vat, invoice.kept_until) == (Decimal("15.50"), Decimal("3.26"), kept_until)
    assert (payment.amount, payment.invoice_number, payment.kept_until) == (
        Decimal("18.76"),
        invoice.number,
        kept_until,
    )
    assert invoice.customer_name == account.company.company_name


@pytest.mark.clause("1")
def test_a_payment_of_the_next_year_has_a_year_of_its_own(account):
    invoice = charge_subscription(account, on=date(2024, 12, 31))
    assert record_payment(invoice, on=date(2025, 1, 2), amount=Decimal(1)).kept_until == date(2033, 1, 1)


@pytest.mark.clause("1")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED, State.ERASED])
def test_only_an_active_account_is_charged(state):
    assert code(charge_subscription, account_in(state, on=ON), on=ON) == "not_active"
    assert SubscriptionInvoice.objects.count() == 0


@pytest.mark.clause("1")
def test_our_own_numbers_run_through_all_accounts_and_start_anew_each_year(account, outsider):
    days = [(account, ON), (outsider.account, ON), (account, ON + timedelta(days=1)), (account, date(2027, 1, 1))]
    assert [charge_subscription(who, on=on).number for who, on in days] == [
        "CW2026-000001", "CW2026-000002", "CW2026-000003", "CW2027-000001",
    ]  # fmt: skip


def at_once(*jobs) -> None:
    failures = []

    def work(job):
        try:
            job()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    close_old_connections()
    assert failures == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("1", "5.2")
def test_two_connections_issuing_at_once_leave_no_gap_and_no_double():
    account, other = account_in(State.ACTIVE, on=ON), account_in(State.ACTIVE, on=ON)

    def work(mine):
        for _n in range(10):
            issue(account, on=ON)
            charge_subscription(mine, on=ON)

    at_once(lambda: work(account), lambda: work(other))
    numbers = sorted(Document.objects.values_list("number", flat=True))
    assert numbers == [f"2026-{n:04d}" for n in range(1, 21)]
    own = sorted(SubscriptionInvoice.objects.values_list("number", flat=True))
    assert own == [f"CW2026-{n:06d}" for n in range(1, 21)]


@pytest.mark.django_db(transaction=True)
def test_an_issue_that_fails_leaves_no_gap(account):
    class Broken(Exception):
        pass

    with pytest.raises(Broken), transaction.atomic():
        issue(account, on=ON)
        raise Broken
    assert issue(account, on=ON).number == "2026-0001"
    assert Payment.objects.count() == 0
