"""Staff put a sub-processor to work, announce changes and answer objections; all in the role of staff (§9, §11)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cannonworks import isolation
from journal.models import Entry
from processors import announcing, objecting
from processors.models import Change, Objection, Stage, SubProcessor
from tests import registers
from tests.cast import member

HOUSES, CHANGES, OBJECTIONS = (f"/admin/processors/{name}/" for name in ("subprocessor", "change", "objection"))
pytestmark = [pytest.mark.django_db, pytest.mark.clause("9")]


@pytest.fixture(params=["Privacy officer", "Security officer"])
def officer(request, client):
    found = member(request.param)
    client.force_login(found)
    return found


def file(content=registers.PDF):
    return SimpleUploadedFile("contract.pdf", content, content_type="application/pdf")


WORDS = {"words_nl": "Bezorgt onze mail.", "words_en": "Delivers our mail."}


@pytest.mark.clause("11")
def test_from_entering_one_to_its_end(officer, client, holder):
    today, now = timezone.localdate(), timezone.now()
    said = {"name": "Paper Plane", "role": "mail", "country": "US", "categories": ["account"], "contact_email": ""}
    assert client.post(f"{HOUSES}add/", said).status_code == 302
    house = SubProcessor.objects.get()
    place = f"{HOUSES}{house.pk}"
    assert client.post(f"{HOUSES}add/", said).status_code == 409  # it is there
    assert client.post(f"{place}/agree/", {"signed_on": today, "file": file(b"MZ")}).status_code == 409
    assert client.post(f"{place}/agree/", {"signed_on": today, "file": file()}).status_code == 302
    assert "geen bewijs van bescherming" in client.get(f"{place}/change/").content.decode()
    proof = {"country": "US", "mechanism": "clauses", "file": file()}
    assert client.post(f"{place}/protect/", proof).status_code == 302
    assert "In orde" in client.get(HOUSES).content.decode()
    first = announcing.earliest(now)
    soon = {"effective_on": first - timedelta(days=1), **WORDS}
    answer = client.post(f"{place}/begin/", soon)
    assert (answer.status_code, "Bezorgt onze mail." in answer.content.decode()) == (409, True)
    assert client.post(f"{place}/begin/", {**soon, "effective_on": first}).status_code == 302
    change = Change.objects.get()
    with isolation.acting_as(isolation.of(holder)):
        objecting.object_to(change, holder.account, actor=holder, at=now, words="Niet naar Amerika.")
    assert "Er wachten bezwaren" in client.get(f"{CHANGES}{change.pk}/change/").content.decode()
    objection = Objection.objects.get()
    assert "Te beantwoorden" in client.get(OBJECTIONS).content.decode()
    assert "Niet naar Amerika." in client.get(f"{OBJECTIONS}{objection.pk}/answer/").content.decode()
    assert client.post(f"{OBJECTIONS}{objection.pk}/answer/", {"words": ""}).status_code == 409
    assert client.post(f"{OBJECTIONS}{objection.pk}/answer/", {"words": "Alleen adressen."}).status_code == 302
    assert "Alleen adressen." in client.get(f"{OBJECTIONS}{objection.pk}/change/").content.decode()
    with isolation.acting_as(isolation.JOBS):
        assert announcing.take_effect_due(at=now + timedelta(days=32)) == 1
    page = client.get(f"{place}/change/").content.decode()
    assert "Telt nu" in page
    assert "Van kracht" in client.get(CHANGES).content.decode()
    assert client.get(f"{place}/finish/").status_code == 200
    assert SubProcessor.objects.get().stage == Stage.ACTIVE  # looking ends nothing
    assert client.post(f"{place}/finish/", {"words_nl": "Klaar."}).status_code == 409  # in both languages, or neither
    assert client.post(f"{place}/finish/", {}).status_code == 302
    assert SubProcessor.objects.get().stage == Stage.ENDED


def test_a_move_is_announced_and_withdrawn(officer, client):
    house = registers.house(categories=["account"])
    said = {"role": "hosting", "country": "DE", "categories": ["account"], **WORDS}
    said["effective_on"] = announcing.earliest(timezone.now())
    assert client.post(f"{HOUSES}{house.pk}/move/", {**said, "country": "US"}).status_code == 409
    assert client.post(f"{HOUSES}{house.pk}/move/", said).status_code == 302
    change = Change.objects.get()
    assert client.post(f"{CHANGES}{change.pk}/retract/", {"answer": ""}).status_code == 302
    assert "Ingetrokken" in client.get(CHANGES).content.decode()
    assert client.post(f"{CHANGES}{change.pk}/retract/", {"answer": ""}).status_code == 409


def test_a_paper_is_opened_by_who_keeps_the_register_and_that_is_journalled(officer, client):
    house = registers.house()
    address = f"{HOUSES}papers/{house.agreement.reference}/"
    assert address in client.get(f"{HOUSES}{house.pk}/change/").content.decode()
    assert client.get(address).content == registers.PDF
    assert Entry.objects.filter(event="sub_processor.opened", actor_reference=officer.reference).exists()
    client.force_login(member("Support"))
    assert client.get(address).status_code == 404


def test_support_and_finance_see_none_of_it(client):
    client.force_login(member("Support", "Finance"))
    assert [client.get(place).status_code for place in (HOUSES, CHANGES, OBJECTIONS)] == [403, 403, 403]
