"""What the database itself refuses of sub-processors and their papers, whoever asks: staff, jobs, holders, visitors."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import PaperKind
from cannonworks import isolation
from cannonworks.datamap import Role
from cannonworks.isolation import JOBS, VISITOR, Identity
from processors.models import Change, SubProcessor
from tests import registers
from tests.refusals import refuses

STAFF = Identity("staff")
WRITERS = pytest.mark.parametrize("whom", [STAFF, JOBS], ids=["staff", "jobs"])
pytestmark = [pytest.mark.django_db, pytest.mark.clause("9"), pytest.mark.clause("11")]


def draft(name="Paper Plane", country="NL") -> SubProcessor:
    return SubProcessor.objects.create(name=name, role="mail", country=country)


BEGIN = "UPDATE processors_subprocessor SET stage = 'active', active_from = '2026-03-01' WHERE name = 'Paper Plane'"


@WRITERS
def test_nobody_is_at_work_without_a_signed_agreement(whom):
    house = draft()
    assert "no agreement holds on the first day at work" in refuses(BEGIN, whom=whom)
    for days in ({"signed_on": date(2026, 3, 2)}, {"valid_until": date(2026, 2, 28)}):
        registers.agreement(house, **days)
        assert "no agreement holds on the first day at work" in refuses(BEGIN, whom=whom)
    sql = (
        "INSERT INTO processors_subprocessor (reference, name, role, country, categories, stage, active_from,"
        " contact_email) VALUES (gen_random_uuid(), 'x', 'mail', 'NL', '{}', 'active', '2026-03-01', '')"
    )
    assert "agreement" in refuses(sql, whom=whom)
    registers.agreement(house)
    with isolation.acting_as(whom), connection.cursor() as cursor:
        cursor.execute(BEGIN)


@WRITERS
def test_nobody_is_at_work_outside_the_eea_without_protection(whom):
    house = draft(country="US")
    registers.agreement(house)
    assert "sub_processor_active_outside_eea_protected" in refuses(BEGIN, whom=whom)
    registers.at_work(house)
    sql = "UPDATE processors_subprocessor SET {} WHERE name = 'Paper Plane'"
    assert "outside_eea_protected" in refuses(sql.format("transfer_id = NULL"), whom=whom)
    assert "of another sub-processor or country" in refuses(sql.format("country = 'IN'"), whom=whom)
    assert "of another sub-processor or country" in refuses(sql.format("country = 'NL'"), whom=whom)


@WRITERS
def test_papers_that_count_are_of_this_very_sub_processor(whom):
    house, other = draft(), draft("Postduif", "US")
    theirs, proof = registers.agreement(other), registers.transfer(other)
    sql = f"UPDATE processors_subprocessor SET {{}} WHERE id = {house.pk}"
    assert "of another sub-processor" in refuses(sql.format(f"agreement_id = {theirs.pk}"), whom=whom)
    assert "of another sub-processor" in refuses(sql.format(f"country = 'US', transfer_id = {proof.pk}"), whom=whom)
    assert "a reference stays" in refuses(sql.format("reference = gen_random_uuid()"), whom=whom)


@WRITERS
@pytest.mark.parametrize("table", ["agreement", "transfer"])
def test_papers_never_change_and_never_go(whom, table):
    registers.at_work(draft(country="US"))
    for sql in (f"UPDATE processors_{table} SET valid_until = '2099-01-01'", f"DELETE FROM processors_{table}"):
        assert ("stay as they are" if whom == JOBS else "permission denied") in refuses(sql, whom=whom)
    for sql in (f"UPDATE processors_{table} SET of = gen_random_uuid()", f"DELETE FROM processors_{table}"):
        assert "stay as they are" in refuses(sql, whom=isolation.NOBODY)  # the owner of the tables


@WRITERS
def test_a_paper_is_of_its_kind_and_of_somebody(whom):
    house = draft(country="US")
    wrong, closed = registers.paper(PaperKind.EVIDENCE), registers.paper(PaperKind.TRANSFER)
    agreement = (
        "INSERT INTO processors_agreement (reference, of, paper_id, signed_on, noted_by, noted_at)"
        " VALUES (gen_random_uuid(), {}, {}, '2026-01-01', gen_random_uuid(), now())"
    )
    assert "of another kind" in refuses(agreement.format(f"'{house.reference}'", wrong.pk), whom=whom)
    assert "a paper is of a sub-processor" in refuses(agreement.format("gen_random_uuid()", wrong.pk), whom=whom)
    transfer = (
        "INSERT INTO processors_transfer (reference, of, country, mechanism, paper_id, noted_by, noted_at)"
        f" VALUES (gen_random_uuid(), '{house.reference}', '{{}}', 'clauses', {{}}, gen_random_uuid(), now())"
    )
    assert "of another kind" in refuses(transfer.format("US", closed.pk), whom=whom)  # holders may not have it
    shown = registers.paper(PaperKind.TRANSFER, for_holders=True)
    assert "transfer_is_outside_the_eea" in refuses(transfer.format("NO", shown.pk), whom=whom)


@WRITERS
@pytest.mark.parametrize(
    "said", ["words_nl = 'Niets'", "effective_on = '2026-01-01'", "country = 'US'", "kind = 'ended'"]
)
def test_what_was_announced_stays_as_it_was_said(whom, said, account):
    registers.objected(account, at=timezone.now())
    sql = f"UPDATE processors_change SET {said}"
    assert "what was announced stays as it was said" in refuses(sql, whom=whom)
    again = "UPDATE processors_change SET in_force_at = now(), withdrawn_at = NULL"
    assert "what was announced stays" in refuses(again, whom=whom)
    assert Change.objects.get().withdrawn_at is not None


@WRITERS
def test_an_objection_and_its_answer_stay(whom, account, staff):
    registers.objected(account, at=timezone.now())
    whom = isolation.of(staff) if whom == STAFF else whom  # who promised to keep quiet, or no row is there at all
    for said in ("words = 'Ja graag.'", "answer = 'Nee.'", "answered_at = NULL, answer = ''"):
        assert "an objection and its answer stay" in refuses(f"UPDATE processors_objection SET {said}", whom=whom)


def test_a_holder_objects_for_the_own_account_to_what_is_still_to_come(account, outsider):
    made = registers.objected(account, at=timezone.now())
    me = isolation.of(account.main_user)
    sql = (
        'INSERT INTO processors_objection (reference, change_id, account_id, "user", words, made_at, answer, answered_at)'
        " VALUES (gen_random_uuid(), {}, {}, gen_random_uuid(), 'x', now(), {})"
    )
    late = sql.format(made.change_id, account.pk, "'', NULL")
    assert "one objects to what is still to come" in refuses(late, whom=me)
    answered = sql.format(made.change_id, account.pk, "'ja', now()")
    assert "one objects to what is still to come" in refuses(answered, whom=me)
    again = made.change
    again.pk, again.reference, again.withdrawn_at, again.withdrawn_by = None, uuid4(), None, None
    notice = again.notice
    notice.pk, notice.reference = None, uuid4()
    notice.save()
    again.notice = notice
    again.save()
    assert "row-level security" in refuses(sql.format(again.pk, outsider.account_id, "'', NULL"), whom=me)
    with isolation.acting_as(me), connection.cursor() as cursor:
        cursor.execute(sql.format(again.pk, account.pk, "'', NULL"))
    for verb in ("UPDATE processors_objection SET words = 'x'", "DELETE FROM processors_objection"):
        assert "permission denied" in refuses(verb, whom=me)


@pytest.mark.parametrize("role", [Role.VISITOR, Role.HOLDER, Role.HELPER, Role.READER])
@pytest.mark.parametrize("table", ["subprocessor", "agreement", "transfer", "change"])
def test_nobody_else_writes_the_register(role, table):
    for sql in (f"UPDATE processors_{table} SET id = id", f"DELETE FROM processors_{table}"):
        assert "permission denied" in refuses(sql, whom=Identity(role))


def test_a_visitor_sees_no_paper_itself_and_a_holder_the_proofs_alone(account):
    registers.house(country="US")
    assert "permission denied" in refuses("SELECT sealed FROM accounts_paper", whom=VISITOR)
    with isolation.acting_as(isolation.of(account.main_user)), connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM accounts_paper")
        assert cursor.fetchall() == [("transfer",)]
