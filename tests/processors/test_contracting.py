"""Sub-processors and their papers: who keeps them, which count, and what is refused (§9, §11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import papers
from accounts.models import User
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from processors import contracting
from processors.models import Agreement, Change, Helper, Stage, SubProcessor, Transfer
from tests import registers
from tests.cast import member

AT = datetime.fromisoformat("2026-11-22T12:00:00+01:00")
ON = date(2026, 11, 22)
DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.clause("9")]


@pytest.fixture
def officer(db) -> User:
    return member("Privacy officer")


@pytest.fixture(autouse=True)
def _as_jobs(db):
    with isolation.acting_as(isolation.JOBS):
        yield


def scan(content: bytes = registers.PDF) -> ContentFile:
    return ContentFile(content, name="contract van Jan.pdf")


def entered(officer, name="Paper Plane", **more) -> SubProcessor:
    return contracting.enter(actor=officer, name=name, **{"role": "mail", "categories": ["account"], **more})


def agreed(house, officer, **more) -> Agreement:
    said = {"file": scan(), "signed_on": date(2026, 11, 1), **more}
    return contracting.note_agreement(house, actor=officer, at=AT, **said)


def protected(house, officer, country="US", **more) -> Transfer:
    said = {"file": scan(), "mechanism": "clauses", **more}
    return contracting.note_transfer(house, actor=officer, at=AT, country=country, **said)


def events() -> list[str]:
    with isolation.acting_as(isolation.JOBS):
        return [event for event in Entry.objects.order_by("id").values_list("event", flat=True) if "sub_pro" in event]


def test_one_is_entered_with_its_data_and_is_a_draft(officer):
    house = entered(officer, categories=["relations", "account", "account"], contact_email="privacy@plane.example")
    assert (house.stage, house.categories, house.active_from) == (Stage.DRAFT, ["account", "relations"], None)
    assert events() == ["sub_processor.added"]
    with pytest.raises(ValidationError):
        entered(officer)
    for wrong in ({"role": ""}, {"role": "spying"}, {"categories": ["gossip"]}, {"contact_email": "x"}):
        with pytest.raises(ValidationError):
            entered(officer, name="Another", **wrong)
    assert SubProcessor.objects.count() == 1


def test_a_new_agreement_counts_and_the_old_one_stays(officer):
    house = entered(officer)
    first = agreed(house, officer, valid_until=date(2026, 12, 1))
    second = agreed(house, officer, signed_on=ON)
    assert SubProcessor.objects.get().agreement == second
    assert list(Agreement.objects.order_by("id")) == [first, second]
    assert papers.opened(second.paper) == registers.PDF
    assert (second.of, second.paper.for_holders, second.noted_by) == (house.reference, False, officer.reference)
    assert events() == ["sub_processor.added", "sub_processor.agreed", "sub_processor.agreed"]


def test_an_agreement_that_cannot_be_is_refused(officer):
    house = entered(officer)
    with pytest.raises(Refused) as refused:
        agreed(house, officer, signed_on=ON + DAY)
    assert refused.value.code == "not_yet"
    with pytest.raises(ValidationError):
        agreed(house, officer, valid_until=date(2026, 10, 31))
    with pytest.raises(Refused) as refused:
        agreed(house, officer, file=scan(b"MZ not a paper"))
    assert refused.value.code == "no_paper"
    assert not Agreement.objects.exists()


@pytest.mark.clause("11")
def test_proof_of_protection_is_for_that_very_country_and_for_holders(officer):
    house = entered(officer, country="US")
    made = protected(house, officer)
    assert SubProcessor.objects.get().transfer == made
    assert (made.paper.for_holders, made.paper.kind, made.country) == (True, "transfer", "US")
    later = protected(house, officer, country="IN")  # for where it is going to be
    assert SubProcessor.objects.get().transfer == made
    assert contracting.protection_for(house, "IN", on=ON) == later
    assert contracting.protection_for(house, "BR", on=ON) is None


@pytest.mark.clause("11")
@pytest.mark.parametrize("wrong", [{"country": "NO"}, {"mechanism": "trust"}, {"valid_until": ON - DAY}])
def test_protection_that_protects_nothing_is_refused(officer, wrong):
    house = entered(officer, country="US")
    with pytest.raises(ValidationError):
        protected(house, officer, **wrong)
    assert not Transfer.objects.exists()


@pytest.mark.clause("11")
def test_what_is_missing_is_said_to_the_day(officer):
    house = entered(officer, country="US")
    assert len(contracting.missing(house, "US", on=ON)) == 2
    agreed(house, officer, valid_until=ON + 10 * DAY)
    protected(house, officer, valid_until=ON + 5 * DAY)
    house = SubProcessor.objects.get()
    found = [len(contracting.missing(house, "US", on=ON + days * DAY)) for days in (-22, 0, 5, 6, 10, 11)]
    assert found == [1, 0, 0, 1, 1, 2]
    assert contracting.missing(house, "IS", on=ON) == []
    assert len(contracting.missing(house, "IN", on=ON)) == 1


@pytest.mark.clause("11")
def test_a_draft_that_moves_is_checked_again(officer):
    house = entered(officer, country="US")
    protected(house, officer)
    moved = contracting.change(
        house, actor=officer, name="Paper Plane BV", contact_email="", role="mail", country="IN", categories=["account"]
    )
    assert (moved.name, moved.transfer, moved.country) == ("Paper Plane BV", None, "IN")


def test_once_at_work_its_work_place_and_data_change_by_announcing_alone(officer):
    house = registers.at_work(entered(officer))
    same = {"name": "Paper Plane", "contact_email": "a@b.example", "role": "mail", "country": "NL"}
    contracting.change(house, actor=officer, **same, categories=["account"])
    assert SubProcessor.objects.get().contact_email == "a@b.example"
    for other in ({"country": "DE"}, {"role": "hosting"}, {"categories": ["relations"]}):
        with pytest.raises(Refused) as refused:
            contracting.change(house, actor=officer, **{**same, "categories": ["account"], **other})
        assert refused.value.code == "announce_first"


@pytest.mark.clause("10")
def test_who_has_ended_has_no_helper_inside_from_that_moment(officer):
    house = registers.at_work(entered(officer))
    with isolation.acting_as(isolation.JOBS):
        helper, now = registers.helper(house), timezone.now()
        registers.project(house, helper, starts_at=now - DAY, ends_at=now + DAY)
        assert Helper.objects.inside(now).exists()
    ended = contracting.end(house, actor=officer, at=AT, words_nl="Klaar.", words_en="Done.")
    with isolation.acting_as(isolation.JOBS):
        assert not Helper.objects.inside(now).exists()
    assert (ended.stage, ended.ended_on, Change.objects.get().kind) == (Stage.ENDED, ON, "ended")
    with pytest.raises(Refused) as refused:
        contracting.end(house, actor=officer, at=AT)
    assert refused.value.code == "not_at_work"


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_other_roles_keep_nothing(officer, role):
    person, house = member(role), registers.house()
    said = {"name": "x", "contact_email": "", "role": "mail", "country": "NL", "categories": []}
    before = events()
    for act in (
        lambda: entered(person, name="x"),
        lambda: contracting.change(house, actor=person, **said),
        lambda: agreed(house, person),
        lambda: protected(house, person),
        lambda: contracting.end(house, actor=person, at=AT),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "no_such_role"
    assert events() == before
