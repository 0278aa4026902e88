"""Measures have an owner, are put in place, and are looked at again within a year (§7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import papers
from accounts.models import Paper
from audits import measuring
from audits.brought import BROUGHT, put_in_register
from audits.catalogue import CONTROLS, GROUPS, in_order
from audits.models import Finding, Measure, MeasureState, Origin, Review
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from tests.audits import keepers
from tests.audits.keepers import AT, ON, WORDS, keeper
from tests.cast import member
from tests.registers import PDF

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
SEEN = {"seen": "De deur was op slot.", "review_on": ON + timedelta(days=180)}


@pytest.fixture
def petra(db):
    return keeper("Petra")


# --- The catalogue ---------------------------------------------------------------------------------------------------
def test_the_controls_are_the_93_of_the_annex():
    counts = {group: sum(number.startswith(f"{group}.") for number in CONTROLS) for group in GROUPS}
    assert counts == {"5": 37, "6": 8, "7": 14, "8": 34}
    assert list(CONTROLS) == [f"{group}.{one}" for group, many in counts.items() for one in range(1, many + 1)]
    assert in_order(["8.2", "5.10", "5.9", "8.10"]) == ["5.9", "5.10", "8.2", "8.10"]


def test_every_control_says_something_in_both_languages():
    said = {}
    for language in ("nl", "en"):
        with translation.override(language):
            said[language] = {number: str(words) for number, words in CONTROLS.items()}
            assert len(set(said[language].values())) == 93
    assert [number for number in CONTROLS if said["nl"][number] == said["en"][number]] == []


def test_the_product_brings_its_measures_planned_and_without_owner():
    assert len({each.code for each in BROUGHT}) == len(BROUGHT) > 20
    assert {number for each in BROUGHT for number in each.controls} <= CONTROLS.keys()
    for measure in Measure.objects.all():
        measure.full_clean()
    found = Measure.objects.exclude(code="").values_list("code", "state", "owner", "is_public")
    assert set(found) == {(each.code, MeasureState.PLANNED, None, True) for each in BROUGHT}


def test_they_come_back_only_where_they_are_not_there(petra):
    kept = measuring.change_measure(Measure.objects.get(code="backups"), actor=petra, title_nl="Onze back-ups")
    Measure.objects.filter(code="passwords").delete()
    put_in_register()
    put_in_register()
    kept.refresh_from_db()
    assert (kept.title_nl, Measure.objects.exclude(code="").count()) == ("Onze back-ups", len(BROUGHT))


# --- What staff do ---------------------------------------------------------------------------------------------------
def test_a_measure_is_entered_owned_and_put_in_place(petra):
    measure = keepers.measure(petra)
    assert (measure.state, measure.owner, measure.controls) == (MeasureState.PLANNED, None, ["5.15", "7.2", "7.10"])
    with pytest.raises(Refused) as refused:
        measuring.put_in_place(measure, actor=petra, at=AT, review_on=ON + timedelta(days=30))
    assert refused.value.code == "no_owner"
    measuring.take_ownership(measure, actor=petra)
    placed = measuring.put_in_place(measure, actor=petra, at=AT, review_on=ON + timedelta(days=30))
    assert (placed.state, placed.owner, placed.reviewed_at, placed.review_on) == (
        "in_place", petra, AT, date(2026, 4, 1),
    )  # fmt: skip
    events = Entry.objects.filter(event__startswith="measure.").order_by("id").values_list("event", "clause")
    assert list(events) == [("measure.entered", "7"), ("measure.owned", "7"), ("measure.put_in_place", "7")]
    with pytest.raises(Refused):
        measuring.put_in_place(measure, actor=petra, at=AT, review_on=ON + timedelta(days=30))


@pytest.mark.parametrize(
    ("review_on", "may"),
    [(ON, False), (ON + timedelta(days=1), True), (date(2027, 3, 2), True), (date(2027, 3, 3), False)],
)
def test_it_is_looked_at_again_within_a_year(petra, review_on, may):
    measure = measuring.take_ownership(keepers.measure(petra), actor=petra)
    if may:
        assert measuring.put_in_place(measure, actor=petra, at=AT, review_on=review_on).review_on == review_on
        return
    with pytest.raises(ValidationError) as refused:
        measuring.put_in_place(measure, actor=petra, at=AT, review_on=review_on)
    assert list(refused.value.message_dict) == ["review_on"]


def test_the_database_wants_owner_and_days_of_what_is_in_place(petra):
    measure = keepers.measure(petra)
    with pytest.raises(IntegrityError), transaction.atomic():
        Measure.objects.filter(pk=measure.pk).update(state="in_place")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"controls": ["5.15", "5.38"]}, "controls"), ({"controls": []}, "controls"), ({"title_nl": ""}, "title_nl"),
     ({"text_en": ""}, "text_en"), ({"text_nl": "x" * 2001}, "text_nl")],
)  # fmt: skip
def test_what_cannot_be_is_not_entered(petra, wrong, field):
    with pytest.raises(ValidationError) as refused:
        measuring.enter_measure(actor=petra, **WORDS | wrong)
    assert field in refused.value.message_dict


def test_words_are_changed_and_what_is_the_same_is_not_told(petra):
    measure = keepers.measure(petra)
    measuring.change_measure(measure, actor=petra, **WORDS)
    assert not Entry.objects.filter(event="measure.changed").exists()
    measuring.change_measure(measure, actor=petra, **WORDS | {"title_en": "Locked doors", "is_public": False})
    assert Entry.objects.get(event="measure.changed").facts["fields"] == ["title_en", "is_public"]


def test_an_owner_must_be_able_to(petra):
    with pytest.raises(ValidationError) as refused:
        measuring.take_ownership(keepers.measure(petra), actor=petra, owner=member("Support"))
    assert list(refused.value.message_dict) == ["owner"]


# --- Looking at them again -------------------------------------------------------------------------------------------
def test_a_review_keeps_what_was_seen_and_its_evidence(petra):
    measure = keepers.in_place(petra)
    later = AT + timedelta(days=80)
    file = SimpleUploadedFile("foto.pdf", PDF)
    review = measuring.review_measure(measure, actor=petra, at=later, works=True, file=file, **SEEN)
    assert papers.opened(review.paper) == PDF
    assert (review.paper.kind, review.reviewed_by, review.works) == ("evidence", petra.reference, True)
    measure.refresh_from_db()
    assert (measure.reviewed_at, measure.review_on, measure.state) == (later, SEEN["review_on"], "in_place")
    assert Finding.objects.count() == 0


def test_a_measure_that_does_not_work_is_a_finding(petra):
    measure = keepers.in_place(petra)
    review = measuring.review_measure(
        measure, actor=petra, at=AT, works=False, title="Deur open", severity="high", **SEEN
    )
    finding = Finding.objects.get()
    assert (finding.origin, finding.of, finding.measure, finding.severity, finding.text) == (
        Origin.REVIEW, review.reference, measure, "high", SEEN["seen"],
    )  # fmt: skip


def test_without_the_finding_there_is_no_review(petra):
    measure = keepers.in_place(petra)
    file = SimpleUploadedFile("foto.pdf", PDF)
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        measuring.review_measure(measure, actor=petra, at=AT, works=False, file=file, **SEEN)
    assert set(refused.value.message_dict) == {"title", "severity"}
    assert (Review.objects.count(), Paper.objects.count(), Finding.objects.count()) == (0, 0, 0)


def test_only_what_is_in_place_is_looked_at(petra):
    with pytest.raises(Refused) as refused:
        measuring.review_measure(keepers.measure(petra), actor=petra, at=AT, works=True, **SEEN)
    assert refused.value.code == "not_in_place"


def test_a_measure_is_withdrawn_for_a_reason_and_can_come_back(petra):
    measure = keepers.in_place(petra)
    with pytest.raises(ValidationError):
        measuring.withdraw_measure(measure, actor=petra, because=" ")
    gone = measuring.withdraw_measure(measure, actor=petra, because="De ruimte is weg.")
    assert (gone.state, gone.withdrawn_because) == ("withdrawn", "De ruimte is weg.")
    with pytest.raises(Refused):
        measuring.withdraw_measure(measure, actor=petra, because="Nog eens.")
    back = measuring.put_in_place(measure, actor=petra, at=AT, review_on=ON + timedelta(days=9))
    assert (back.state, back.withdrawn_because) == ("in_place", "")


def test_who_has_no_role_does_nothing(petra):
    support, measure = member("Support"), keepers.in_place(petra)
    for step in (
        lambda: keepers.measure(support),
        lambda: measuring.change_measure(measure, actor=support, title_nl="Anders"),
        lambda: measuring.take_ownership(measure, actor=support),
        lambda: measuring.review_measure(measure, actor=support, at=AT, works=True, **SEEN),
        lambda: measuring.withdraw_measure(measure, actor=support, because="Zomaar."),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.code == "no_such_role"


# --- Who sees them ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [isolation.VISITOR, isolation.Identity(isolation.Role.HOLDER)])
def test_others_see_what_is_in_place_and_public(petra, role):
    shown = keepers.in_place(petra)
    keepers.in_place(petra, is_public=False)
    keepers.measure(petra)
    with isolation.acting_as(role):
        assert list(Measure.objects.values_list("pk", flat=True)) == [shown.pk]
