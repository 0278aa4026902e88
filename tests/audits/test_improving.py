"""Findings lead to improvements that are followed until they helped; nothing closes by itself (§7)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audits import improving
from audits.improving import record_finding
from audits.models import Finding, Improvement, Origin, Severity
from cannonworks.errors import Refused
from journal.models import Entry
from tests.audits import keepers
from tests.audits.keepers import AT, ON, keeper
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
SAID = {
    "origin": Origin.OTHER, "of": None, "title": "Deur stond open", "text": "De deur van de serverkast stond open.",
    "severity": Severity.LOW, "at": AT,
}  # fmt: skip


def events() -> list[str]:
    """What was journalled of findings and improvements, in order."""
    found = Entry.objects.filter(event__regex="^(finding|improvement)").order_by("id")
    return list(found.values_list("event", flat=True))


@pytest.fixture
def petra(db):
    return keeper("Petra")


@pytest.fixture
def sven(db):
    return member("Security officer", first_name="Sven")


# --- Recording -------------------------------------------------------------------------------------------------------
def test_a_finding_is_recorded_with_who_and_when(staff):
    breach = uuid4()
    finding = record_finding(**SAID | {"origin": Origin.BREACH, "of": breach}, actor=staff)
    assert (finding.of, finding.found_by, finding.found_at, finding.closed_at) == (breach, staff.reference, AT, None)
    entry = Entry.objects.get(event="finding.recorded")
    assert (entry.clause, entry.actor_reference) == ("7", staff.reference)
    assert entry.facts == {
        "finding": str(finding.reference), "origin": "breach", "of": str(breach), "severity": "low", "measure": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"title": ""}, "title"), ({"severity": "dire"}, "severity"), ({"origin": "rumour"}, "origin"),
     ({"origin": Origin.AUDIT}, "__all__"), ({"text": "x" * 4001}, "text"), ({"text": "a\0b"}, "text")],
)  # fmt: skip
def test_what_cannot_be_is_not_recorded(staff, wrong, field):
    with pytest.raises(ValidationError) as refused:
        record_finding(**SAID | wrong, actor=staff)
    assert field in refused.value.message_dict
    assert Finding.objects.count() == 0


def test_who_has_no_role_for_it_records_nothing(holder):
    for person in (holder, member("Support"), member("Finance")):
        with pytest.raises(Refused):
            record_finding(**SAID, actor=person)
    for person in (member("Privacy officer"), member("Security officer")):
        record_finding(**SAID, actor=person)
    assert Finding.objects.count() == 2


# --- From the plan to the end ----------------------------------------------------------------------------------------
def test_a_finding_is_followed_to_the_end(petra, sven):
    finding = keepers.finding(petra)
    planned = improving.plan_improvement(
        finding, actor=petra, at=AT, text="Een dranger.", owner=sven, due_on=ON + timedelta(days=7)
    )
    assert (planned.owner, planned.planned_at, planned.due_on) == (sven, AT, date(2026, 3, 9))
    with pytest.raises(Refused, match="gezien dat ze helpt"):
        improving.close_finding(finding, actor=petra, at=AT)
    improving.note_done(planned, actor=sven, at=AT, result="Hij hangt.")
    checked = improving.verify_improvement(planned, actor=petra, at=AT, helped=True, seen="De deur valt dicht.")
    assert (checked.verified_by, checked.seen) == (petra.reference, "De deur valt dicht.")
    assert Finding.objects.open().count() == 1, "nothing closes by itself"
    closed = improving.close_finding(finding, actor=sven, at=AT)
    assert (closed.closed_by, closed.closed_at, closed.accepted_because) == (sven.reference, AT, "")
    assert events() == [
        "finding.recorded", "improvement.planned", "improvement.done", "improvement.verified", "finding.closed",
    ]  # fmt: skip


def test_what_did_not_help_is_done_again(petra, sven):
    done = keepers.done(petra)
    again = ON + timedelta(days=21)
    back = improving.verify_improvement(done, actor=sven, at=AT, helped=False, seen="Hij klemt.", due_on=again)
    assert (back.done_at, back.done_by, back.verified_at, back.due_on) == (None, None, None, again)
    assert (back.result, back.seen) == ("De dranger hangt.", "Hij klemt.")
    improving.note_done(back, actor=petra, at=AT, result="Een andere dranger.")
    improving.verify_improvement(back, actor=sven, at=AT, helped=True, seen="Nu wel.")
    improving.close_finding(back.finding, actor=petra, at=AT)
    assert events()[2:] == [
        "improvement.done", "improvement.not_helped", "improvement.done", "improvement.verified", "finding.closed",
    ]  # fmt: skip


def test_who_did_it_does_not_say_that_it_helped(petra):
    done = keepers.done(petra)
    for helped in (True, False):
        with pytest.raises(Refused) as refused:
            improving.verify_improvement(done, actor=petra, at=AT, helped=helped, seen="Het werkt.", due_on=None)
        assert refused.value.code == "second_person"
    with pytest.raises(IntegrityError), transaction.atomic():
        Improvement.objects.filter(pk=done.pk).update(verified_at=AT, verified_by=petra.reference)


def test_every_improvement_must_have_helped(petra, sven):
    finding = keepers.finding(petra)
    first, second = (keepers.done(petra, finding) for _number in range(2))
    improving.verify_improvement(first, actor=sven, at=AT, helped=True, seen="Ja.")
    with pytest.raises(Refused):
        improving.close_finding(finding, actor=sven, at=AT)
    improving.verify_improvement(second, actor=sven, at=AT, helped=True, seen="Ja.")
    improving.close_finding(finding, actor=sven, at=AT)


def test_a_finding_about_which_nothing_was_done_is_not_closed(petra):
    with pytest.raises(Refused, match="Plan een verbetering"):
        improving.close_finding(keepers.finding(petra), actor=petra, at=AT)


def test_steps_out_of_order_are_refused(petra, sven):
    planned = keepers.improvement(petra)
    with pytest.raises(Refused):
        improving.verify_improvement(planned, actor=sven, at=AT, helped=True, seen="Ja.")
    improving.note_done(planned, actor=petra, at=AT, result="Gedaan.")
    for step in (
        lambda: improving.note_done(planned, actor=petra, at=AT, result="Nog eens."),
        lambda: improving.change_improvement(planned, actor=petra, at=AT, owner=sven, due_on=ON + timedelta(days=3)),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.code == "done"


def test_what_says_nothing_is_asked_again(petra, sven):
    done = keepers.done(petra)
    planned = keepers.improvement(petra)
    for step, field in (
        (lambda: improving.verify_improvement(done, actor=sven, at=AT, helped=True, seen=" "), "seen"),
        (lambda: improving.verify_improvement(done, actor=sven, at=AT, helped=False, seen="Nee."), "due_on"),
        (lambda: improving.note_done(planned, actor=petra, at=AT, result=""), "result"),
        (lambda: improving.accept_finding(done.finding, actor=sven, at=AT, because=""), "because"),
        (lambda: keepers.improvement(petra, done.finding, days=0), "due_on"),
    ):
        with pytest.raises(ValidationError) as refused:
            step()
        assert list(refused.value.message_dict) == [field]


def test_an_improvement_gets_another_owner_and_day(petra, sven):
    planned = keepers.improvement(petra)
    later = improving.change_improvement(planned, actor=sven, at=AT, owner=sven, due_on=ON + timedelta(days=30))
    assert (later.owner, later.due_on, later.planned_at) == (sven, date(2026, 4, 1), AT)
    with pytest.raises(ValidationError) as refused:
        improving.change_improvement(planned, actor=sven, at=AT, owner=member("Support"), due_on=date(2026, 4, 1))
    assert list(refused.value.message_dict) == ["owner"]


# --- Accepting -------------------------------------------------------------------------------------------------------
def test_a_finding_is_accepted_for_a_reason(petra):
    closed = improving.accept_finding(keepers.finding(petra), actor=petra, at=AT, because="Het gebouw wordt gesloopt.")
    assert (closed.accepted_because, closed.closed_by) == ("Het gebouw wordt gesloopt.", petra.reference)
    with pytest.raises(Refused):
        improving.accept_finding(closed, actor=petra, at=AT, because="Nog eens.")
    with pytest.raises(Refused):
        keepers.improvement(petra, closed)


def test_a_high_one_takes_a_second_person(petra, sven):
    finding = keepers.finding(petra, severity=Severity.HIGH)
    with pytest.raises(Refused) as refused:
        improving.accept_finding(finding, actor=petra, at=AT, because="Kan niet anders.")
    assert refused.value.code == "second_person"
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(
            accepted_because="Kan niet anders.", closed_at=AT, closed_by=petra.reference
        )
    assert improving.accept_finding(finding, actor=sven, at=AT, because="Kan niet anders.").closed_by == sven.reference


def test_who_has_no_role_does_nothing(petra):
    support, finding, planned = member("Support"), keepers.finding(petra), keepers.improvement(petra)
    for step in (
        lambda: keepers.improvement(support, finding),
        lambda: improving.note_done(planned, actor=support, at=AT, result="Gedaan."),
        lambda: improving.verify_improvement(planned, actor=support, at=AT, helped=True, seen="Ja."),
        lambda: improving.accept_finding(finding, actor=support, at=AT, because="Zomaar."),
        lambda: improving.close_finding(finding, actor=support, at=AT),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.code == "no_such_role"
