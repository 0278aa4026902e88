"""The journal: append-only for everybody, and without personal data, through a whole life (§19)."""

from __future__ import annotations

import json
import logging
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import services as lifecycle
from accounts.models import Account, User
from cannonworks import datamap, isolation
from finance import bookkeeping
from finance import services as finance
from finance.models import DocumentKind
from journal import services as journal
from journal.models import Entry
from relations import services as relations
from retention import alarms, ledger, post, warnings
from retention.models import Alarm, Erasure, StatementMail
from tests.factories import CompanyFields, UserFields
from tests.lives import CANCELLED_ON, DUE_ON, erase, hold, letter, moment, sign_in

pytestmark = pytest.mark.django_db


def test_an_entry_says_what_was_done_by_whom_and_under_which_clause(account):
    journal.record("thing.done", account=account, actor=account.main_user, clause="5.4", count=3)
    entry = Entry.objects.latest("id")
    assert (entry.event, entry.account_reference, entry.actor_reference, entry.actor_kind, entry.clause, entry.facts) == (
        "thing.done", account.reference, account.main_user.reference, "holder", "5.4", {"count": 3},
    )  # fmt: skip
    assert entry.at is not None


def test_who_did_nothing_by_hand_is_the_system_and_staff_are_staff(staff):
    journal.record("thing.done")
    journal.record("thing.done", actor=staff)
    assert [*Entry.objects.order_by("id").values_list("actor_kind", flat=True)][-2:] == ["system", "staff"]


def test_facts_become_plain_json():
    reference = UUID(int=7)
    journal.record(
        "x", on=date(2026, 2, 28), who=reference, much=Decimal("1.50"), these=(1, {2}), deep={"a": reference}
    )
    assert Entry.objects.latest("id").facts == {
        "on": "2026-02-28", "who": str(reference), "much": "1.50", "these": [1, [2]], "deep": {"a": str(reference)},
    }  # fmt: skip


def test_many_entries_go_in_one_statement(django_assert_num_queries):
    lines = [journal.line("x", count=n) for n in range(500)]
    with django_assert_num_queries(1):
        journal.record_all(lines)
    assert Entry.objects.count() == 500


@pytest.mark.clause("19")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal_entry SET event = 'nothing'", "DELETE FROM journal_entry", "TRUNCATE journal_entry",
        "UPDATE journal_entry SET event = 'nothing' WHERE false", "TRUNCATE journal_entry CASCADE",
    ],
)  # fmt: skip
def test_the_database_refuses_to_change_what_was_written(sql):
    journal.record("thing.done")
    # As the owner: what no role may, no trigger lets anybody do either.
    with (
        isolation.acting_as(isolation.NOBODY),
        pytest.raises(IntegrityError, match="the journal is append-only"),
        transaction.atomic(),
    ):
        connection.cursor().execute(sql)
    assert Entry.objects.get().event == "thing.done"


def test_even_erasure_can_change_nothing():
    journal.record("thing.done")
    for sql in ("UPDATE journal_entry SET event = 'nothing'", "TRUNCATE journal_entry"):
        # As the owner: what no role may, no trigger lets anybody do either.
        with (
            isolation.acting_as(isolation.NOBODY),
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
            cursor.execute(sql)


def test_what_a_rolled_back_change_wrote_is_not_in_it():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journal.record("thing.done")
        raise ZeroDivisionError
    assert Entry.objects.count() == 0


#: A value for every personal field, unlike any other text in the product.
COMPANY = {
    "company_name": "Xenomorf Holding", "kvk_number": "80417263", "vat_number": "NL004495445B01",
    "email": "kantoor@xenomorf.example", "phone": "+31208273645", "street": "Qwertzlaan", "house_number": "7351 Qz",
    "postcode": "9417 QX", "city": "Zqoogeveen", "country": "SM",
}  # fmt: skip
MAIN_USER = {
    "email": "hoofd@qxmail.example", "password": "wachtwoord-zeer-geheim", "first_name": "Ypsilanti", "initials": "Y.Q.Z.",
    "infix": "vander", "last_name": "Quackelbeen", "gender": "x", "language": "nl",
}  # fmt: skip
RELATION = {
    "first_name": "Relatius", "initials": "R.X.Q.", "infix": "opden", "last_name": "Vlinderzoon", "gender": "f",
    "company_name": "Vlinderzoon BV", "kvk_number": "80417299", "vat_number": "NL822655287B01",
    "email": "r@vlinderzoon.example", "phone": "+31208273699", "street": "Vlinderhof", "house_number": "8462 Qx",
    "postcode": "7941 VX", "city": "Vlinderdam", "country": "LI",
}  # fmt: skip
EMPLOYEE = {
    "first_name": "Werkmans", "initials": "W.E.K.", "infix": "tenbroek", "last_name": "Arbeidzaam", "gender": "m",
    "email": "w@arbeidzaam.example", "phone": "+31208273611", "street": "Zwoegerspad", "house_number": "9573 Qw",
    "postcode": "8051 WX", "city": "Ploeterburg", "country": "MC",
}  # fmt: skip
BSN = "123456782"
#: Too short to be told apart from anything else.
TOO_SHORT = {"gender", "country", "language"}


def secrets_of(account: Account) -> set[str]:
    values = {BSN, "Snoeien van de Qeik", "Relatiestraat 4Q", "Bijzondere Ontvanger"}
    for fields in (COMPANY, MAIN_USER, RELATION, EMPLOYEE):
        values |= {value for name, value in fields.items() if name not in TOO_SHORT}
    return values


@pytest.mark.clause("19", "6", "14")
def test_a_whole_life_leaves_no_personal_data_in_journal_ledger_log_statement_or_alarm(
    staff, second, caplog, capfd, settings, monkeypatch
):
    caplog.set_level(logging.DEBUG)
    day = CANCELLED_ON - timedelta(days=400)
    account = lifecycle.sign_up(company=CompanyFields(**COMPANY), main_user=UserFields(**MAIN_USER), on=day)
    user = account.main_user
    letter(account, on=day, clerk=staff)
    lifecycle.activate_account(account, actor=user, on=day)
    relation = relations.add_relation(account, actor=user, **RELATION)
    employee = relations.add_employee(account, actor=user, bsn=BSN, **EMPLOYEE)
    relations.reveal_bsn(employee, actor=user)
    for kind in (DocumentKind.QUOTE, DocumentKind.INVOICE):
        draft = finance.draft_document(
            account, actor=user, kind=kind, relation=relation, recipient_address="Relatiestraat 4Q",
            recipient_name="Bijzondere Ontvanger", lines=[{"description": "Snoeien van de Qeik", "unit_price": Decimal(9)}],
        )  # fmt: skip
        finance.issue_document(draft, actor=user, on=day)
    invoice = bookkeeping.charge_subscription(account, on=day)
    bookkeeping.record_payment(invoice, on=day, amount=Decimal("18.15"))
    sign_in(user)
    hold(account, ["relations"], on=day, clerk=staff, second=second)
    lifecycle.cancel_account(account, actor=user, on=CANCELLED_ON)
    account.refresh_from_db()
    assert warnings.plan_warnings(on=account.warn_on) == 1
    settings.EMAIL_BACKEND = "tests.journal.test_services.Refusing"
    assert post.send_waiting(on=account.warn_on, at=moment(account.warn_on)) == 0
    planted = secrets_of(account)
    assert missing_from_the_database(planted) == set()

    account = erase(account, on=DUE_ON)
    alarms.check_everything(on=DUE_ON + timedelta(days=400), at=moment(DUE_ON + timedelta(days=400)))
    post.send_waiting(on=DUE_ON, at=moment(DUE_ON))
    StatementMail.objects.all().delete()
    said = "\n".join(
        [
            json.dumps(list(Entry.objects.values()), default=str),
            ledger.path().read_text(),
            caplog.text,
            *capfd.readouterr(),
            json.dumps(list(Erasure.objects.values()), default=str),
            json.dumps(list(Alarm.objects.values()), default=str),
            json.dumps(list(Account.objects.values()), default=str),
        ]
    )
    assert Entry.objects.count() > 15
    assert {value for value in planted if value.lower() in said.lower()} == set()


class Refusing:
    """A mail server whose refusal quotes the address and the subject."""

    def __init__(self, **_options):
        pass

    def send_messages(self, messages):
        from smtplib import SMTPException

        raise SMTPException(f"550 {messages[0].to} is unknown: {messages[0].subject} {messages[0].body}")


def missing_from_the_database(planted: set[str]) -> set[str]:
    """Values that are in no row of any declared table: then the test would look for what never was."""
    text = []
    with connection.cursor() as cursor:
        for entry in datamap.entries():
            if entry.category:
                cursor.execute(f'SELECT to_jsonb(t)::text FROM "{entry.table}" t')
                text += [row for (row,) in cursor.fetchall()]
    hashed = {BSN, MAIN_USER["password"]}
    return {value for value in planted - hashed if value not in "\n".join(text)}


def test_every_personal_field_of_a_person_has_a_planted_value():
    fields = {
        "accounts.Company": COMPANY,
        "accounts.User": MAIN_USER,
        "relations.Relation": RELATION,
        "relations.Employee": EMPLOYEE,
    }
    for entry in datamap.entries():
        if planted := fields.get(entry.model._meta.label):
            missing = set(entry.personal) - set(planted) - {"last_login", "bsn", "bsn_hash"}
            missing -= {field.name for field in entry.model._meta.fields if field.generated}  # repeat the others
            assert missing - {"company_name", "kvk_number", "vat_number"} == set(), entry.model
    assert User._meta.label == "accounts.User"
