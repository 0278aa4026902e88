"""Measures, findings and improvements in the administration: what is due, and every step by its button (§7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audits.models import Finding, Improvement, Measure, Review
from journal.models import Entry
from tests import breached
from tests.audits import keepers
from tests.audits.keepers import keeper
from tests.cast import member
from tests.registers import PDF
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
MEASURES, FINDINGS, IMPROVEMENTS = (f"/admin/audits/{name}/" for name in ("measure", "finding", "improvement"))


@pytest.fixture
def petra(db):
    return keeper("Petra")


@pytest.fixture
def clerk(petra):
    return freshly(Client(), petra)


@pytest.fixture
def sven(db):
    return freshly(Client(), member("Security officer", first_name="Sven"))


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


def in_days(days: int) -> str:
    return str(timezone.localdate() + timedelta(days=days))


def text(response) -> str:
    return response.content.decode()


def test_the_list_shows_first_what_is_due(clerk, petra, now):
    later = keepers.in_place(petra, at=now, days=200, title_nl="Later aan de beurt")
    soon = keepers.in_place(petra, at=now, days=2, title_nl="Bijna aan de beurt")
    planned = keepers.measure(petra, title_nl="Nog gepland")
    shown = text(clerk.get(MEASURES))
    assert shown.index(soon.title_nl) < shown.index(later.title_nl) < shown.index(planned.title_nl)
    assert "Nog niemand" in shown
    assert "nog 2 dagen" in shown
    assert "Later aan de beurt" in text(clerk.get(f"{MEASURES}?q=7.10"))
    assert "Nog gepland" not in text(clerk.get(f"{MEASURES}?due=mine"))
    assert "Later aan de beurt" not in text(clerk.get(f"{MEASURES}?due=30"))


@pytest.mark.parametrize("times", [1, 3])
def test_the_lists_ask_the_same_however_long_they_are(clerk, petra, now, times, django_assert_max_num_queries):
    Measure.objects.all().delete()
    for _time in range(times):
        keepers.in_place(petra, at=now)
        keepers.improvement(petra, at=now)
    for address in (MEASURES, FINDINGS, IMPROVEMENTS, f"{MEASURES}coverage/"):
        clerk.get(address)
        with django_assert_max_num_queries(14):
            clerk.get(address)


def test_staff_take_a_measure_from_the_plan_to_a_review_that_finds_something(clerk, petra, now):
    measure = Measure.objects.get(code="backups")
    page = f"{MEASURES}{measure.pk}/"
    assert "put_in_place" not in text(clerk.get(f"{page}change/"))
    clerk.post(f"{page}own/", {"owner": petra.pk})
    assert f"{page}put_in_place/" in text(clerk.get(f"{page}change/"))
    clerk.post(f"{page}put_in_place/", {"review_on": in_days(100)})
    measure.refresh_from_db()
    assert (measure.state, measure.owner) == ("in_place", petra)
    said = {"works": "no", "seen": "De laatste back-up is een week oud.", "review_on": in_days(30)}
    wrong = clerk.post(f"{page}review/", said)
    assert (wrong.status_code, Review.objects.count()) == (409, 0)
    assert "De laatste back-up is een week oud." in text(wrong)
    assert "dus is het een bevinding" in text(wrong)
    said |= {"title": "Oude back-up", "severity": "high", "file": SimpleUploadedFile("log.pdf", PDF)}
    clerk.post(f"{page}review/", said)
    shown = text(clerk.get(f"{page}change/"))
    for word in ("Werkt niet", "De laatste back-up is een week oud.", "Oude back-up", "Petra", "8.13"):
        assert word in shown, word
    review = Review.objects.get()
    proof = clerk.get(f"{page}evidence/{review.reference}/")
    assert (proof.content, proof["Content-Type"]) == (PDF, "application/pdf")
    assert Entry.objects.filter(event="measure.evidence_viewed").count() == 1


def test_a_finding_goes_to_the_end_with_two_people(clerk, petra, sven):
    clerk.post(f"{FINDINGS}add/", {"title": "Deur open", "text": "De deur stond open.", "severity": "medium"})
    finding = Finding.objects.get()
    page = f"{FINDINGS}{finding.pk}/"
    assert "Plan een verbetering" in text(clerk.get(f"{page}change/"))
    clerk.post(f"{page}plan/", {"text": "Een dranger.", "owner": petra.pk, "due_on": in_days(10)})
    improvement = Improvement.objects.get()
    of_it = f"{IMPROVEMENTS}{improvement.pk}/"
    clerk.post(f"{of_it}replan/", {"owner": petra.pk, "due_on": in_days(20)})
    clerk.post(f"{of_it}done/", {"result": "Hij hangt."})
    assert f"{of_it}verify/" not in text(clerk.get(f"{of_it}change/")), "who did it does not look at it"
    assert "Je hebt het zelf gedaan" in text(clerk.get(f"{of_it}verify/"))
    assert f"{of_it}verify/" in text(sven.get(f"{of_it}change/"))
    assert sven.post(f"{of_it}verify/", {"helped": "no", "seen": "Hij klemt."}).status_code == 409
    sven.post(f"{of_it}verify/", {"helped": "no", "seen": "Hij klemt.", "due_on": in_days(5)})
    assert "Hielp nog niet" in text(clerk.get(f"{page}change/"))
    clerk.post(f"{of_it}done/", {"result": "Een andere."})
    sven.post(f"{of_it}verify/", {"helped": "yes", "seen": "De deur valt dicht."})
    assert "sluit de bevinding" in text(clerk.get(f"{page}change/"))
    clerk.post(f"{page}close/")
    finding.refresh_from_db()
    assert finding.closed_by == petra.reference
    assert "Petra" in text(clerk.get(f"{page}change/"))


def test_a_high_finding_is_accepted_by_somebody_else(clerk, petra, sven):
    finding = keepers.finding(petra, severity="high")
    page = f"{FINDINGS}{finding.pk}/accept/"
    clerk.post(page, {"because": "Kan niet anders."})
    assert Finding.objects.open().count() == 1
    sven.post(page, {"because": "Kan niet anders."})
    assert Finding.objects.open().count() == 0


def test_coverage_says_of_each_control_whether_there_is_a_measure(clerk, petra, now):
    keepers.in_place(petra, at=now, title_nl="Deuren op slot")
    shown = text(clerk.get(f"{MEASURES}coverage/"))
    assert "3 van 93" in " ".join(shown.split())
    lines = b"".join(clerk.get(f"{MEASURES}coverage.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 94
    by_number = {line.split(";")[0]: line.split(";") for line in lines}
    assert by_number["7.10"][2:5] == ["Ingevoerd", "Deuren op slot", str(petra)]
    assert by_number["8.13"][2] == "Gepland"
    assert by_number["7.11"][2:4] == ["Geen maatregel", "–"]


def test_staff_enter_and_reword_measures(clerk, petra):
    said = {name: value for name, value in keepers.WORDS.items() if name != "is_public"}
    assert clerk.post(f"{MEASURES}add/", said | {"controls": []}).status_code == 409
    clerk.post(f"{MEASURES}add/", said | {"is_public": "on"})
    measure = Measure.objects.get(code="")
    clerk.post(f"{MEASURES}{measure.pk}/reword/", said | {"title_nl": "Sloten op deuren", "is_public": "on"})
    clerk.post(f"{MEASURES}{measure.pk}/withdraw/", {"because": "De ruimte is weg."})
    measure.refresh_from_db()
    assert (measure.title_nl, measure.is_public, measure.state) == ("Sloten op deuren", True, "withdrawn")
    assert "De ruimte is weg." in text(clerk.get(f"{MEASURES}{measure.pk}/change/"))


def test_a_breach_leads_to_a_finding(clerk, now):
    breach = breached.breach()
    page = f"/admin/breaches/breach/{breach.pk}/"
    assert f"{page}finding/" in text(clerk.get(f"{page}change/"))
    clerk.post(f"{page}finding/", {"title": "Geen slot", "text": "Er zat geen slot op.", "severity": "high"})
    finding = Finding.objects.get()
    assert (finding.origin, finding.of) == ("breach", breach.reference)
    shown = text(clerk.get(f"{page}change/"))
    assert "Geen slot" in shown
    assert "Niets gepland" in shown


def test_who_has_no_role_sees_nothing(petra, now):
    support = freshly(Client(), member("Support"))
    finding = keepers.finding(petra)
    breach = breached.breach()
    for address in (MEASURES, f"{MEASURES}coverage/", f"{MEASURES}coverage.csv", FINDINGS, IMPROVEMENTS):
        assert support.get(address).status_code == 403, address
    assert support.get(f"{FINDINGS}{finding.pk}/change/").status_code == 403
    shown = support.get(f"/admin/breaches/breach/{breach.pk}/change/")
    assert (shown.status_code, "/finding/" in text(shown)) == (200, False)
