"""The register of breaches: entered once, said phase by phase, closed when nothing is left to do (§13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from breaches.completeness import missing
from breaches.models import Breach, Phase
from breaches.registering import SAID, close_breach, left_to_do, notice_breach, record_phase
from cannonworks.deadlines import AMSTERDAM, explain
from cannonworks.errors import Changed, Refused
from journal.models import Entry
from processors.models import SubProcessor
from tests.breached import NOTICED_AT, TOLD, affected, breach, consultation, phase, report
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
AT = NOTICED_AT + timedelta(minutes=20)
LATER = AT + timedelta(hours=3)
SEEN = {
    "kind": "seizure", "title_nl": "Inval bij het datacentrum", "title_en": "Raid of the data centre",
    "noticed_at": NOTICED_AT, "noticed_by": "Noorderhost",
}  # fmt: skip


def events() -> list[str]:
    return list(Entry.objects.filter(event__startswith="breach.").order_by("id").values_list("event", flat=True))


# --- Noticing --------------------------------------------------------------------------------------------------------
def test_a_breach_is_entered_with_its_number_and_its_48_hours(staff):
    house = SubProcessor.objects.create(name="Noorderhost", role="hosting")
    first = notice_breach(staff, AT, **SEEN, sub_processor=house)
    second = notice_breach(staff, AT, **SEEN | {"kind": "leak"})
    assert [(row.number, row.kind) for row in (first, second)] == [(1, "seizure"), (2, "leak")]
    assert first.deadline.due_at == NOTICED_AT + timedelta(hours=48)
    assert (first.sub_processor, first.recorded_by, first.recorded_at) == (house, staff.reference, AT)
    entry = Entry.objects.get(event="breach.noticed", facts__number=1)
    assert (entry.clause, entry.actor_reference) == ("13", staff.reference)
    assert set(entry.facts) == {"breach", "number", "kind", "noticed_at"}  # no words of people


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"noticed_at": AT + timedelta(seconds=1)}, "noticed_at"), ({"kind": "fire"}, "kind"),
     ({"title_nl": ""}, "title_nl"), ({"title_en": "x" * 81}, "title_en"), ({"noticed_by": ""}, "noticed_by")],
)  # fmt: skip
def test_what_cannot_be_is_not_entered(staff, wrong, field):
    with pytest.raises(ValidationError) as refused:
        notice_breach(staff, AT, **SEEN | wrong)
    assert (list(refused.value.message_dict), Breach.objects.count()) == ([field], 0)


def test_a_breach_noticed_this_very_moment_is_entered(staff):
    assert notice_breach(staff, NOTICED_AT, **SEEN).recorded_at == NOTICED_AT


def test_a_second_press_of_the_button_enters_it_once(staff):
    notice_breach(staff, AT, **SEEN)
    with pytest.raises(Refused) as refused:
        notice_breach(staff, AT, **SEEN)
    assert (refused.value.code, Breach.objects.count(), events()) == ("breach_known", 1, ["breach.noticed"])


@pytest.mark.parametrize(
    ("noticed", "due", "changes"),
    [("2026-03-28T12:00+01:00", "2026-03-30T13:00+02:00", True), ("2026-10-24T12:00+02:00", "2026-10-26T11:00+01:00", True),
     ("2026-10-25T02:30+02:00", "2026-10-27T01:30+01:00", True), ("2026-10-25T02:30+01:00", "2026-10-27T02:30+01:00", False),
     ("2028-02-28T23:59+01:00", "2028-03-01T23:59+01:00", False)],
)  # fmt: skip
def test_48_hours_are_48_hours_when_the_clock_changes_too(staff, noticed, due, changes):
    noticed_at = datetime.fromisoformat(noticed)
    row = notice_breach(staff, noticed_at, **SEEN | {"noticed_at": noticed_at})
    row.refresh_from_db()
    assert row.deadline.due_at.astimezone(AMSTERDAM).isoformat(timespec="minutes") == due
    with translation.override("en"):
        assert any("clock changes" in line for line in explain(row.deadline)) == changes


# --- Who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "may"), [("Support", False), ("Finance", False), ("Privacy officer", True), ("Security officer", True)]
)
def test_the_register_is_kept_by_those_whose_role_it_is(role, may):
    row, actor = breach(), member(role)
    steps = (
        lambda: notice_breach(actor, AT, **SEEN),
        lambda: record_phase(row, actor=actor, at=AT, is_ongoing=False, **TOLD),
        lambda: close_breach(row, actor=actor, at=AT),
    )
    refused = []
    for step in steps:
        try:
            step()
        except Refused as error:
            refused.append(error.code)
    assert refused == ([] if may else ["no_such_role"] * 3)


def test_a_holder_keeps_no_register(holder):
    with pytest.raises(Refused) as refused:
        notice_breach(holder, AT, **SEEN)
    assert refused.value.code == "not_staff"


# --- Phases ----------------------------------------------------------------------------------------------------------
def test_each_phase_says_all_that_is_known_and_the_one_before_stays(staff):
    row = breach()
    first = record_phase(row, actor=staff, at=AT, fact_nl="Iemand kon bij de back-ups.")
    assert {(what.name, language) for what, language in missing(first)} == {
        ("fact", "en"), *((name, lang) for name in ("cause", "effect", "solution") for lang in ("nl", "en"))
    }  # fmt: skip
    second = record_phase(
        row, actor=staff, at=LATER, is_ongoing=False, ended_at=AT, began_at=NOTICED_AT, harms=["confidentiality"],
        data_kinds=["names", "financial"], people=["relations"], people_least=10, people_most=10, **TOLD,
    )  # fmt: skip
    assert (missing(second), second.number, second.recorded_by) == ([], 2, staff.reference)
    assert [(p.number, p.fact_nl) for p in row.phases.all()] == [
        (1, "Iemand kon bij de back-ups."), (2, TOLD["fact_nl"])
    ]  # fmt: skip
    assert events() == ["breach.phase_recorded"] * 2
    assert set(Entry.objects.get(event="breach.phase_recorded", facts__number=2).facts) == {
        "breach", "number", "is_ongoing"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "field"),
    [({"began_at": LATER}, "began_at"), ({"ended_at": LATER, "is_ongoing": False}, "ended_at"),
     ({"ended_at": NOTICED_AT}, "ended_at"),
     ({"began_at": AT, "ended_at": NOTICED_AT, "is_ongoing": False}, "ended_at"),
     ({"people_least": 5, "people_most": 4}, "people_most"), ({"records_least": 5, "records_most": 4}, "records_most"),
     ({"people_least": -1}, "people_least"), ({"harms": ["fire"]}, "harms"), ({"data_kinds": ["dna"]}, "data_kinds"),
     ({"protection": "lock"}, "protection"), ({"fact_nl": "x" * 4001}, "fact_nl"), ({"advice_en": "Bram\x00"}, "advice_en")],
)  # fmt: skip
def test_what_cannot_be_is_not_recorded(staff, said, field):
    row = breach()
    with pytest.raises(ValidationError) as refused:
        record_phase(row, actor=staff, at=AT, **said)
    assert (list(refused.value.message_dict), Phase.objects.count(), events()) == ([field], 0, [])


def test_a_phase_is_never_recorded_as_released(staff):
    with pytest.raises(TypeError):
        record_phase(breach(), actor=staff, at=AT, released_at=AT, released_by=staff.reference, **TOLD)
    assert not {"released_at", "released_by", "number", "breach"} & set(SAID)


def test_the_same_again_is_no_phase(staff):
    row = breach()
    record_phase(row, actor=staff, at=AT, **TOLD)
    with pytest.raises(Refused) as refused:
        record_phase(row, actor=staff, at=LATER, **TOLD)
    assert (refused.value.code, row.phases.count()) == ("nothing_new", 1)


def test_who_did_not_see_the_last_phase_is_shown_it_first(staff):
    row = breach()
    record_phase(row, actor=staff, at=AT, after=0, **TOLD)
    with pytest.raises(Changed) as changed:
        record_phase(row, actor=staff, at=LATER, after=0, fact_nl="Iets anders")
    assert (changed.value.row, row.phases.count()) == (row.phases.get(), 1)
    assert record_phase(row, actor=staff, at=LATER, after=1, fact_nl="Iets anders").number == 2


# --- Closing ---------------------------------------------------------------------------------------------------------
def test_it_is_closed_when_nothing_is_left_and_opened_by_what_is_learned_later(staff):
    row = breach()
    record_phase(row, actor=staff, at=AT, is_ongoing=False, **TOLD)
    closed = close_breach(row, actor=staff, at=LATER)
    assert (closed.closed_at, closed.closed_by) == (LATER, staff.reference)
    with pytest.raises(Refused) as refused:
        close_breach(row, actor=staff, at=LATER)
    assert refused.value.code == "closed"
    record_phase(row, actor=staff, at=LATER, fact_nl="Toch weer")
    row.refresh_from_db()
    assert (row.closed_at, row.closed_by) == (None, None)
    assert events() == ["breach.phase_recorded", "breach.closed", "breach.phase_recorded", "breach.reopened"]


def test_all_that_is_left_is_named_at_once(staff, account, outsider):
    row = breach()
    with translation.override("en"):
        assert left_to_do(row) == ["No phase is recorded."]
        record_phase(row, actor=staff, at=AT, **TOLD)
        affected(row, account, outsider.account)
        consultation(row, account, opened_at=AT)
        report(account)
        with pytest.raises(Refused) as refused:
            close_breach(row, actor=staff, at=LATER)
    assert refused.value.code == "not_done"
    assert refused.value.message == (
        "It cannot be closed yet. The last phase says that it still goes on. The last phase has not been sent to the"
        " affected accounts. 2 affected accounts are not told yet. 1 consultation is not held. 1 report waits for an"
        " answer; it may be about this breach."
    )
    assert Breach.objects.get().closed_at is None


@pytest.mark.parametrize("left", ["untold", "unsent", "ongoing", "confer", "report", ""])
def test_each_thing_that_is_left_keeps_it_open(staff, account, left):
    row = breach()
    phase(row, is_released=left != "unsent", is_ongoing=left == "ongoing")
    affected(row, account, told_at=None if left == "untold" else AT)
    consultation(row, account, opened_at=AT, held_at=None if left == "confer" else LATER)
    if left == "report":
        report(account)
    assert len(left_to_do(row)) == bool(left)


def test_who_can_be_told_no_more_does_not_keep_it_open(account):
    row = breach()
    phase(row, is_released=True, is_ongoing=False)
    affected(row, account)
    row.affected.update(excused_at=AT)
    assert left_to_do(row) == []
