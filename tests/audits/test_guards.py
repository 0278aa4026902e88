"""What the database refuses by itself, tried by raw SQL; and what each role sees (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audits.models import Audit, AuditFile, Auditor, Proposal
from cannonworks import isolation
from tests import tested
from tests.tested import EARLIEST, STARTS

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
DAY = timedelta(days=1)


def refuse(constraint: str, sql: str, *params) -> None:
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    ("constraint", "change", "params"),
    [
        ("audit_not_before_its_notice_is_over", "starts_at = %s", (EARLIEST - timedelta(seconds=1),)),
        ("audit_notice_is_fourteen_days", "earliest_at = %s", (EARLIEST - DAY,)),
        ("audit_notice_is_fourteen_days", "announced_at = announced_at - interval '2 days'", ()),
        ("audit_window_is_one", "ends_at = starts_at", ()),
        ("audit_window_is_one", "ends_at = starts_at + interval '337 hours'", ()),
        ("audit_year_of_its_start", "year = 2027", ()),
        ("audit_state_known", "state = 'maybe'", ()),
        ("audit_kind_known", "kind = 'fishing'", ()),
        ("audit_agreed_has_its_moment", "state = 'agreed'", ()),
        ("audit_closed_has_its_moment", "state = 'withdrawn'", ()),
        ("audit_closed_has_its_moment", "closed_at = now()", ()),
        ("audit_begins_and_ends_in_turn", "ended_at = starts_at", ()),
        ("audit_begins_and_ends_in_turn", "begun_at = starts_at - interval '1 second'", ()),
        ("audit_costs_are_whole", "costs_cents = 100", ()),
        ("audit_costs_are_whole", "costs_cents = 100, costs_noted_at = now()", ()),
    ],
)
def test_what_a_test_cannot_be(account, constraint, change, params):
    audit = tested.announced(account)
    refuse(constraint, f"UPDATE audits_audit SET {change} WHERE id = {audit.pk}", *params)


def test_a_second_one_in_a_year(account):
    first = tested.announced(account)
    columns = [field.column for field in Audit._meta.local_concrete_fields if field.column not in ("id", "reference")]
    names = ", ".join(columns)
    sql = f"INSERT INTO audits_audit (reference, {names}) SELECT gen_random_uuid(), {names} FROM audits_audit"
    refuse("audit_once_a_year", sql)
    Audit.objects.filter(pk=first.pk).update(state="withdrawn", closed_at=STARTS)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert Audit.objects.count() == 2


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("auditor_accepted_what_as_whom", "accepted_at = now()"),
        ("auditor_accepted_what_as_whom", "accepted_as = 'Irene'"),
        ("auditor_qualification_known", "qualification = 'hacker'"),
        ("auditor_other_says_which", "qualification = 'other'"),
    ],
)
def test_what_a_tester_cannot_be(account, constraint, change):
    tested.announced(account)
    refuse(constraint, f"UPDATE audits_auditor SET {change}")


def test_there_is_one_tester_at_a_time(account):
    audit = tested.announced(account)
    with pytest.raises(IntegrityError, match="auditor_one_at_a_time"), transaction.atomic():
        Auditor.objects.create(account=account, audit=audit, appointed_at=STARTS, **tested.TESTER)


def test_a_proposal_of_ours_says_why(account):
    tested.announced(account)
    refuse("proposal_of_ours_says_why", "UPDATE audits_proposal SET is_ours = true")
    refuse("proposal_window_is_one", "UPDATE audits_proposal SET ends_at = starts_at - interval '1 hour'")


def test_a_holder_sees_the_own_tests_alone_and_changes_no_file_or_proposal(account, holder, outsider):
    tested.ended(account)
    tested.ended(outsider.account)
    with isolation.acting_as(isolation.of(holder)):
        for model in (Audit, Proposal, Auditor, AuditFile):
            assert {row.account_id for row in model.objects.all()} == {account.pk}
        for sql in (
            "UPDATE audits_auditfile SET digest = ''", "DELETE FROM audits_auditfile", "DELETE FROM audits_audit",
            "UPDATE audits_proposal SET reason = ''", "INSERT INTO audits_finding (title) VALUES ('x')",
        ):  # fmt: skip
            with (
                pytest.raises(Exception, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql)


@pytest.mark.parametrize("role", [isolation.VISITOR, isolation.Identity("helper", user=1)])
def test_visitors_and_helpers_see_nothing_of_tests(account, role):
    tested.announced(account)
    with isolation.acting_as(role):
        for model in (Audit, Proposal, Auditor, AuditFile):
            with pytest.raises(Exception, match="permission denied"), transaction.atomic():
                model.objects.exists()
