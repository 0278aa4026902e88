"""The tester accepts our security procedures by the link in the mail; without that no test begins (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audits import agreeing, links, procedures, running
from audits.models import Audit, Auditor
from cannonworks import isolation
from journal.models import Entry
from tests import tested
from tests.refusals import refused
from tests.signin import altered
from tests.tested import ANNOUNCED, ENDS, STARTS

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
HOUR = timedelta(hours=1)


def accept(auditor, **said):
    usual = {"name": "Irene Keur", "digest": procedures.in_force().digest, "at": ANNOUNCED + HOUR}
    return procedures.accept_procedures(auditor, **usual | said)


def test_what_is_accepted_is_evidence_by_version_digest_and_moment(account):
    audit = tested.agreed(account)
    auditor = links.bearer_of(links.token_of(agreeing.tester_of(audit)))
    accept(auditor, name=" I. Keur ")
    row = Auditor.objects.get()
    assert (row.accepted_as, row.version, row.digest, row.accepted_at) == (
        "I. Keur", "1", procedures.in_force().digest, ANNOUNCED + HOUR,
    )  # fmt: skip
    assert tested.fresh(audit).state == "ready"
    facts = Entry.objects.get(event="audit.procedures_accepted").facts
    assert facts == {
        "audit": str(audit.reference), "tester": str(row.reference), "version": "1",
        "digest": procedures.in_force().digest,
    }  # fmt: skip


def test_a_second_time_changes_nothing(account):
    auditor = agreeing.tester_of(tested.agreed(account))
    accept(auditor)
    accept(auditor, name="Iemand anders", at=ANNOUNCED + 2 * HOUR)
    assert Auditor.objects.get().accepted_as == "Irene Keur"


def test_another_text_than_the_one_in_force_is_not_accepted(account):
    auditor = agreeing.tester_of(tested.agreed(account))
    with refused("other_version"):
        accept(auditor, digest="0" * 64)
    with refused("name_missing"):
        accept(auditor, name="  ")


def test_the_texts_of_a_version_never_change():
    """Kept by hand: what somebody accepted is what stood there. Another text is another version."""
    assert {each.version: each.digest for each in procedures.VERSIONS} == DIGESTS


DIGESTS = {"1": "e2fbfe9ec45a5a512692ca26b4f2dc272bb46a67622fd918f7907568a8a5a0b7"}


def test_a_link_that_was_altered_or_is_of_a_replaced_tester_does_not_work(account, holder):
    from audits.announcing import name_tester

    audit = tested.agreed(account)
    token = links.token_of(agreeing.tester_of(audit))
    with refused("link_over"):
        links.bearer_of(altered(token))
    name_tester(audit, actor=holder, at=ANNOUNCED + HOUR, **tested.TESTER)
    with refused("link_over"):
        links.bearer_of(token)


def test_whoever_bears_the_link_reads_one_test_and_writes_nothing(account, outsider):
    mine, other = tested.agreed(account), tested.agreed(outsider.account)
    auditor = agreeing.tester_of(mine)
    with isolation.acting_as(isolation.reader(str(auditor.reference))):
        assert [row.pk for row in Audit.objects.all()] == [mine.pk] != [other.pk]
        assert [row.pk for row in Auditor.objects.all()] == [auditor.pk]
        for sql in (
            "UPDATE audits_auditor SET accepted_as = 'x'", "UPDATE audits_audit SET state = 'ready'",
            "SELECT * FROM audits_proposal", "SELECT * FROM audits_auditfile", "SELECT * FROM accounts_company",
        ):  # fmt: skip
            with (
                pytest.raises(Exception, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql)


def test_without_acceptance_the_test_does_not_begin_and_lapses(account):
    audit = tested.agreed(account)
    running.tend(at=STARTS)
    assert tested.fresh(audit).state == "agreed"
    running.tend(at=ENDS - timedelta(seconds=1))
    assert tested.fresh(audit).state == "agreed"
    running.tend(at=ENDS)
    assert tested.fresh(audit).state == "lapsed"
    with refused("link_over"):
        accept(agreeing.tester_of(audit), at=ENDS)


def test_accepted_late_it_begins_late(account):
    audit = tested.agreed(account)
    tested.accepted(audit, at=STARTS + HOUR)
    running.tend(at=STARTS + 2 * HOUR)
    assert (tested.fresh(audit).state, tested.fresh(audit).begun_at) == ("running", STARTS + 2 * HOUR)


@pytest.mark.parametrize("state", ["ready", "running", "ended", "done"])
def test_the_database_lets_no_test_begin_without_it(account, state):
    audit = tested.agreed(account)
    with (
        pytest.raises(IntegrityError, match="audit_not_begun_before_procedures_are_accepted|audit_closed_has"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE audits_audit SET state = %s WHERE id = %s", [state, audit.pk])
