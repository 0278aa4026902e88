"""What came of a test: report, findings, costs, and its end (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import PlannedMail
from audits import closing, files
from audits.models import FileKind, Finding, Improvement
from cannonworks import isolation
from cannonworks.deadlines import local_date
from journal.models import Entry
from tests import tested
from tests.cast import member
from tests.refusals import refused
from tests.tested import ANNOUNCED, ENDS, STARTS

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
HOUR = timedelta(hours=1)
FOUND = {"title": "Oude versie", "text": "Een bibliotheek is verouderd.", "severity": "medium"}


def test_the_report_is_sealed_and_another_is_kept_beside_it(account, holder):
    audit = tested.ended(account)
    closing.add_report(audit, actor=holder, at=ENDS + HOUR, report=tested.file())
    second = closing.add_report(audit, actor=holder, at=ENDS + 2 * HOUR, report=tested.file(b"%PDF-1.7 beter"))
    assert (second.number, files.opened(files.latest(audit, FileKind.REPORT))) == (2, b"%PDF-1.7 beter")
    assert PlannedMail.objects.filter(template="audits/staff_report").count() == 2


def test_no_report_before_it_began_or_of_a_colleague(account, holder, colleague):
    with refused("not_begun"):
        closing.add_report(tested.ready(account), actor=holder, at=STARTS - HOUR, report=tested.file())
    audit = tested.fresh(account.audits.get())
    with refused("not_main_user"):
        closing.add_report(audit, actor=colleague, at=STARTS, report=tested.file())


def test_the_holder_sees_the_findings_of_the_own_test_and_what_is_done_about_them(account, holder, outsider, staff):
    mine, other = tested.ended(account), tested.ended(outsider.account)
    finding = closing.enter_finding(mine, actor=staff, at=ENDS + HOUR, **FOUND)
    closing.enter_finding(other, actor=staff, at=ENDS + HOUR, **FOUND | {"title": "Iets anders"})
    Finding.objects.create(
        origin="other", title="Onze eigen", text="x", severity="low", found_by=staff.reference, found_at=ENDS
    )
    Improvement.objects.create(
        finding=finding, text="Bijwerken", owner=staff, planned_at=ENDS + HOUR, due_on=local_date(ENDS)
    )
    with isolation.acting_as(isolation.of(holder)):
        ((found, improved),) = closing.findings_of(mine)
        assert (found.title, [each.text for each in improved]) == ("Oude versie", ["Bijwerken"])
        assert [row.title for row in Finding.objects.all()] == ["Oude versie"]
    with isolation.acting_as(isolation.of(outsider)):
        assert Improvement.objects.count() == 0
    assert PlannedMail.objects.filter(template="audits/holder_finding", about=mine.reference).count() == 1


def test_findings_are_entered_by_who_deals_with_tests_once_it_began(account, holder, staff):
    audit = tested.ready(account)
    with refused("not_begun"):
        closing.enter_finding(audit, actor=staff, at=ENDS, **FOUND)
    for actor, code in ((holder, "not_staff"), (member("Support"), "no_such_role")):
        with refused(code):
            closing.enter_finding(audit, actor=actor, at=ENDS, **FOUND)


def test_costs_are_noted_by_us_and_agreed_to_by_the_holder(account, holder, colleague, staff):
    audit = tested.agreed(account)
    closing.note_costs(audit, actor=staff, at=ANNOUNCED + HOUR, cents=125_000, what="Begeleiding, tien uur")
    with refused("not_main_user"):
        closing.agree_to_costs(audit, actor=colleague, at=ANNOUNCED + 2 * HOUR, cents=125_000)
    with refused("other_costs"):
        closing.agree_to_costs(audit, actor=holder, at=ANNOUNCED + 2 * HOUR, cents=100_000)
    done = closing.agree_to_costs(audit, actor=holder, at=ANNOUNCED + 2 * HOUR, cents=125_000)
    assert done.costs_agreed_at == ANNOUNCED + 2 * HOUR
    changed = closing.note_costs(audit, actor=staff, at=ANNOUNCED + 3 * HOUR, cents=150_000, what="Twaalf uur")
    assert changed.costs_agreed_at is None
    facts = Entry.objects.filter(event__startswith="audit.costs").order_by("id").values_list("event", "facts__cents")
    assert list(facts) == [("audit.costs_noted", 125000), ("audit.costs_agreed", 125000), ("audit.costs_noted", 150000)]
    with refused("say_which"):
        closing.note_costs(audit, actor=staff, at=ANNOUNCED, cents=1, what=" ")


def test_it_is_closed_once_its_logs_are_sealed(account, staff):
    audit = tested.ended(account)
    with refused("logs_first"):
        closing.finish(audit, actor=staff, at=ENDS)
    with refused("no_such_role"):
        closing.finish(audit, actor=member("Support"), at=ENDS)
    from audits import running

    running.tend(at=ENDS + HOUR)
    done = closing.finish(audit, actor=staff, at=ENDS + 2 * HOUR)
    assert (done.state, done.closed_at) == ("done", ENDS + 2 * HOUR)
    with refused("no_such_step"):
        closing.finish(audit, actor=staff, at=ENDS + 3 * HOUR)
    with refused("audit_over"):
        closing.note_costs(audit, actor=staff, at=ENDS + 3 * HOUR, cents=1, what="x")
