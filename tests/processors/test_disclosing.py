"""What others ask of us about customers: a ground or consent, two people, and the holder knows (§8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from processors import disclosing
from processors.models import Disclosure, DisclosureOrder
from tests import registers
from tests.cast import member
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8")]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PDF = b"%PDF-1.7 vordering"
FIELDS = ["accounts.Company.email", "accounts.Company.phone"]


@pytest.fixture
def officer(db) -> User:
    return member("Privacy officer")


@pytest.fixture
def other(db) -> User:
    return member("Privacy officer", first_name="Piet")


def noted(officer, account=None, *, at=NOW, **more) -> Disclosure:
    said = {
        "asker": "police", "office": "Politie Noord-Nederland", "channel": "brief", "received_at": at,
        "asked_fields": FIELDS, "given_fields": FIELDS[:1] if account else [],
    }  # fmt: skip
    return disclosing.register(actor=officer, account=account, at=at, **(said | more))


def ordered(officer, account) -> Disclosure:
    return noted(officer, account, basis="Sv art. 126nd", order=ContentFile(PDF))


def code(act) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def seen(user) -> list[Disclosure]:
    with isolation.acting_as(isolation.of(user)):
        return list(Disclosure.objects.all())


def test_nothing_is_given_without_an_order_or_consent(account, officer, other):
    row = noted(officer, account, basis="Sv art. 126nd")
    give = {"actor": other, "decision": "give", "reason": "vordering", "at": NOW}
    assert code(lambda: disclosing.decide(row, **give)) == "no_ground"
    assert disclosing.decide(row, **give | {"decision": "refuse"}).decision == "refuse"


@pytest.mark.parametrize("wrong", [
    {"decision": "give"},  # no ground
    {"decision": "give", "basis": "x"},
    {"decision": "give", "order_digest": "0" * 64},
    {"decision": "give", "basis": "x", "order_digest": "0" * 64, "account_reference": None},
    {"decision": "give", "basis": "x", "order_digest": "0" * 64, "told_at": None},
    {"decision": "refuse", "reason": ""},
    {"decision": "refuse", "decided_by": "noted_by"},
    {"handed_at": NOW, "handed_how": "post", "handed_to": "griffier"},
])  # fmt: skip
def test_the_database_refuses_it_too(account, officer, other, wrong):
    base = {
        "asker": "police", "office": "x", "channel": "x", "received_at": NOW, "noted_by": officer.reference,
        "noted_at": NOW, "account_reference": account.reference, "given_fields": FIELDS[:1], "reason": "x",
        "told_at": NOW,
    }  # fmt: skip
    if "decision" in wrong:
        base |= {"decided_by": other.reference, "decided_at": NOW}
    if wrong.get("decided_by"):
        wrong = wrong | {"decided_by": officer.reference}
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.create(**base | wrong)


def test_what_was_asked_and_answered_is_never_changed(account, officer, other):
    row = ordered(officer, account)
    for change in ({"given_fields": FIELDS}, {"basis": "anders"}, {"account_reference": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Disclosure.objects.update(**change)
    disclosing.decide(row, actor=other, decision="refuse", reason="te ruim", at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.update(decision="give")


def test_an_order_is_sealed_under_the_key_of_the_account(account, officer):
    row = ordered(officer, account)
    kept = DisclosureOrder.objects.get(disclosure=row.reference)
    assert (kept.account, kept.digest) == (account, row.order_digest)
    with isolation.acting_as(isolation.JOBS), kept.file.open() as file:
        assert file.read() == PDF


def test_two_people_and_no_more_than_was_asked(account, officer, other):
    row = ordered(officer, account)
    give = {"decision": "give", "reason": "vordering", "at": NOW}
    assert code(lambda: disclosing.decide(row, actor=officer, **give)) == "second_person"
    assert code(lambda: disclosing.decide(row, actor=member("Support"), **give)) == "no_such_role"
    assert code(lambda: noted(officer, account, asked_fields=FIELDS[:1], given_fields=FIELDS)) == "more_than_asked"
    assert code(lambda: noted(officer, account, asked_fields=["accounts.User.password"])) == "no_field"
    assert disclosing.decide(row, actor=other, **give).told_at == NOW
    assert code(lambda: disclosing.decide(row, actor=other, **give)) == "decided"
    registers.taken(row, actor=officer, at=NOW)
    done = disclosing.hand_over(row, actor=officer, how="aangetekend", to="officier van justitie", at=NOW)
    assert (done.handed_to, code(lambda: disclosing.hand_over(row, actor=officer, how="x", to="x", at=NOW))) == (
        "officier van justitie", "not_to_give",
    )  # fmt: skip


def test_the_holder_knows_at_once_and_an_outsider_nothing(account, holder, outsider, officer, other):
    row = ordered(officer, account)
    assert seen(holder) == []
    disclosing.decide(row, actor=other, decision="give", reason="vordering", at=NOW)
    assert (seen(holder), seen(outsider)) == ([row], [])
    assert Entry.objects.get(event="disclosure.granted").account_reference == account.reference


def test_a_gag_hides_it_until_its_last_day(account, holder, officer, other):
    row, today = ordered(officer, account), timezone.localdate()
    give = {"actor": other, "decision": "give", "reason": "vordering", "at": timezone.now()}
    assert code(lambda: disclosing.decide(row, **give, gag_basis="Sv art. 126bb")) == "gag_incomplete"
    disclosing.decide(row, **give, gag_basis="Sv art. 126bb", gag_until=today + timedelta(1))
    registers.taken(row, actor=officer, at=timezone.now())
    disclosing.hand_over(row, actor=officer, how="post", to="officier", at=timezone.now())
    assert seen(holder) == []
    assert not Entry.objects.filter(event__startswith="disclosure.", account_reference=account.reference).exists()
    assert disclosing.end_gags(at=timezone.now()) == 0
    assert disclosing.end_gags(at=timezone.now() + timedelta(1)) == 1
    assert disclosing.end_gags(at=timezone.now() + timedelta(1)) == 0
    assert seen(holder) == []  # the database has its own clock
    Disclosure.objects.update(gag_until=today)
    assert seen(holder) == [row]


def test_a_request_that_names_nobody_is_registered_and_refused(officer, other):
    row = noted(officer, order=ContentFile(PDF), basis="Sv art. 126nd")
    assert code(lambda: disclosing.ask_consent(row, actor=officer, at=NOW)) == "nobody_to_ask"
    done = disclosing.decide(row, actor=other, decision="refuse", reason="onbekend", at=NOW)
    assert (done.told_at, DisclosureOrder.objects.count()) == (None, 0)


def test_consent_is_the_main_users_once_and_in_time(account, holder, colleague, outsider, officer):
    row = noted(officer, account)
    disclosing.ask_consent(row, actor=officer, at=NOW)
    give = {"consent": "given", "at": NOW + timedelta(days=14)}
    assert code(lambda: disclosing.answer(row, actor=holder, **give)) == "answered"
    give["at"] = NOW + timedelta(days=14, seconds=-1)
    for person in (colleague, outsider):
        assert code(lambda person=person: disclosing.answer(row, actor=person, **give)) == "main_user"
    assert disclosing.answer(row, actor=holder, **give).consent == "given"
    assert code(lambda: disclosing.answer(row, actor=holder, **give)) == "answered"


def test_from_the_request_to_the_handing_over(account, holder, colleague, officer, other):
    now = timezone.now() - timedelta(minutes=1)
    row = noted(officer, account, at=now)
    path, act = f"/my-data/disclosures/{row.reference}/", f"/admin/processors/disclosure/{row.pk}/"
    client = freshly(Client(), holder)
    assert client.get(path).status_code == 404
    clerk = freshly(Client(), officer)
    assert clerk.get("/admin/processors/disclosure/").status_code == 200
    assert clerk.get(f"{act}change/").status_code == clerk.get("/admin/processors/disclosure/add/").status_code == 200
    assert clerk.post(f"{act}ask/").status_code == 302
    page = client.get(path).content.decode()
    assert "Politie Noord-Nederland" in page
    assert "Politie" in client.get("/my-data/disclosures/").content.decode()
    assert freshly(Client(), colleague).post(path, {"consent": "given"}).status_code == 409
    freshly(Client(), holder, minutes_ago=60).post(path, {"consent": "given"})
    assert Disclosure.objects.get().consent == ""  # no fresh proof
    assert client.post(path, {"consent": "given"}).status_code == 302
    form = {"decision": "give", "reason": "toestemming"}
    assert clerk.post(f"{act}decide/", form).status_code == 409  # the first person
    second = freshly(Client(), other)
    assert second.post(f"{act}decide/", form).status_code == 302
    assert second.post(f"{act}hand_over/", {"how": "post", "to": "griffier"}).status_code == 409  # nothing was made
    registers.taken(row, actor=officer, at=timezone.now())
    assert second.post(f"{act}hand_over/", {"how": "post", "to": "griffier"}).status_code == 302
    assert "griffier" in client.get(path).content.decode()
    assert Disclosure.objects.get().told_at is not None


def test_staff_register_a_request_by_its_form(account, officer):
    form = {
        "asker": "tax", "office": "Belastingdienst", "channel": "post", "received_at_0": "2026-11-20",
        "received_at_1": "10:00", "received_at": "2026-11-20T10:00", "basis": "AWR art. 47",
        "account": str(account.reference), "order": ContentFile(PDF, "bevel.pdf"), "asked_fields": FIELDS,
        "given_fields": FIELDS[:1], "asked_records": "", "given_records": "",
    }  # fmt: skip
    answer = freshly(Client(), officer).post("/admin/processors/disclosure/add/", form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    row = Disclosure.objects.get()
    assert (row.asker, row.given_fields, bool(row.order_digest)) == ("tax", FIELDS[:1], True)
