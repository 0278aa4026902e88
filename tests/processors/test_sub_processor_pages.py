"""Who works for us, as everybody reads it: page, PDF and API; proofs and objections of account holders (§9, §11)."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.test import Client
from django.utils import timezone, translation

from cannonworks.publications import pdf_of
from journal.models import Entry
from processors import announcing, contracting, in_public, telling
from processors.models import Agreement, Change, Objection, SubProcessor
from tests import registers
from tests.callers import API, browser, device, problem
from tests.cast import member
from tests.processors.test_contracting import scan

DAY = timedelta(days=1)
WORDS = {"words_nl": "De Vraagbaak helpt op drukke dagen.", "words_en": "De Vraagbaak helps on busy days."}
pytestmark = [pytest.mark.django_db, pytest.mark.clause("9")]


@pytest.fixture
def officer(db):
    return member("Privacy officer")


@pytest.fixture
def announced(officer) -> Change:
    """Noorderhost at work, Paper Plane in the United States, and De Vraagbaak announced."""
    registers.house(categories=["account", "relations"])
    registers.house("Paper Plane", role="mail", country="US", categories=["account"])
    now = timezone.now()
    desk = contracting.enter(
        actor=officer, name="De Vraagbaak", role="support", categories=["account"], contact_email="a@geheim.example"
    )
    contracting.note_agreement(desk, actor=officer, at=now, file=scan(), signed_on=timezone.localdate())
    return announcing.announce(
        desk, actor=officer, at=now, kind="addition", effective_on=announcing.earliest(now), **WORDS
    )


SAID = {
    "nl": ("Noorderhost", "Servers, databases en hosting", "Relaties", "Nederland", "1 januari 2020",
           "Verenigde Staten, buiten de EER", "Modelcontractbepalingen", "De Vraagbaak gaat voor ons werken",
           WORDS["words_nl"]),
    "en": ("Noorderhost", "Servers, databases and hosting", "Relations", "Netherlands", "1 January 2020",
           "United States, outside the EEA", "Standard contractual clauses", "De Vraagbaak is going to work for us",
           WORDS["words_en"]),
}  # fmt: skip


@pytest.mark.clause("11")
@pytest.mark.parametrize("language", ["nl", "en"])
def test_everybody_reads_who_works_for_us_on_the_page_and_as_pdf(announced, client, language):
    client.cookies["django_language"] = language
    SubProcessor.objects.create(name="Nog Geheim", role="mail")
    page = client.get("/sub-processors/").content.decode()
    with translation.override(language):
        reader = pypdf.PdfReader(BytesIO(pdf_of(in_public.paper(on=timezone.localdate()))))
    pdf = " ".join(" ".join(part.extract_text() for part in reader.pages).split())
    for said in SAID[language]:
        assert said in page
        assert said in pdf.replace("- ", "-")
    for hidden in ("Nog Geheim", "a@geheim.example"):
        assert hidden not in page + pdf
    answer = client.get("/sub-processors/sub-processors.pdf")
    assert (answer["Content-Type"], answer.content[:4]) == ("application/pdf", b"%PDF")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_three_queries_whatever_its_length(count, django_assert_num_queries):
    for number in range(count):
        registers.house(f"Huis {number}")
    with django_assert_num_queries(3):
        in_public.paper(on=timezone.localdate())


@pytest.mark.clause("10")
def test_a_helper_reads_the_same_as_everybody(announced, client):
    helper, now = registers.helper(SubProcessor.objects.get(name="Noorderhost")), timezone.now()
    registers.project(helper.sub_processor, helper, starts_at=now - DAY, ends_at=now + DAY)
    client.force_login(helper.user)
    for path in ("", "sub-processors.pdf", f"changes/{announced.reference}/"):
        assert client.get(f"/sub-processors/{path}").status_code == 200
    assert client.get(f"{API}/sub-processors/").status_code == 200
    assert [client.get(path).status_code for path in ("/privacy/", "/record/")] == [200, 200]


def test_an_agreement_that_ended_is_said_honestly(client):
    house, today = registers.house(), timezone.localdate()
    registers.agreement(house, valid_until=today)
    assert "geen toegang" not in client.get("/sub-processors/").content.decode()
    registers.agreement(house, valid_until=today - DAY)
    page = client.get("/sub-processors/").content.decode()
    assert "hebben de mensen van dit bedrijf geen toegang" in page
    assert "stukken worden vernieuwd" in page
    assert client.get(f"{API}/sub-processors/").json()["at_work"][0]["agreement_is_over"] is True


def test_the_history_has_who_came_moved_and_went(announced, officer, client):
    house = SubProcessor.objects.get(name="Noorderhost")
    contracting.end(house, actor=officer, at=timezone.now(), words_nl="Klaar.", words_en="Done.")
    announcing.withdraw(announced, actor=officer, at=timezone.now(), answer="")
    page = client.get("/sub-processors/").content.decode()
    assert "Noorderhost werkt niet meer voor ons" in page
    assert page.count("ingetrokken") == 1
    assert 'id="announced"' not in page
    told = client.get(f"{API}/sub-processors/").json()
    assert [(each["kind"], each["withdrawn_at"] is None) for each in told["history"]] == [
        ("addition", False), ("ended", True)
    ]  # fmt: skip
    change = told["history"][1]["reference"]
    assert "Klaar." in client.get(f"/sub-processors/changes/{change}/").content.decode()


@pytest.mark.clause("11")
def test_the_api_says_the_same_to_anybody(announced, client):
    told = client.get(f"{API}/sub-processors/", headers={"accept-language": "en"}).json()
    assert [(each["name"], each["is_in_eea"], each["protection"]) for each in told["at_work"]] == [
        ("Noorderhost", True, None), ("Paper Plane", False, "clauses")
    ]  # fmt: skip
    assert told["at_work"][0]["agreement_signed_on"] == "2020-01-01"
    [change] = told["announced"]
    assert (change["name"], change["words"], change["replaces"]) == ("De Vraagbaak", WORDS["words_en"], None)
    assert "geheim" not in str(told)


@pytest.mark.clause("11")
def test_account_holders_take_the_proof_along_and_that_is_journalled(announced, client, colleague):
    plane, host = (SubProcessor.objects.get(name=name) for name in ("Paper Plane", "Noorderhost"))
    address = f"/sub-processors/{plane.reference}/proof/"
    assert client.get(address).status_code == 302
    assert address not in client.get("/sub-processors/").content.decode()
    client.force_login(colleague)
    assert address in client.get("/sub-processors/").content.decode()
    answer = client.get(address)
    assert (answer.content, "transfer-" in answer["Content-Disposition"]) == (registers.PDF, True)
    assert client.get(f"/sub-processors/{host.reference}/proof/").status_code == 404
    assert device(colleague).get(f"{API}/sub-processors/{plane.reference}/proof/").content == registers.PDF
    found = Entry.objects.filter(event="sub_processor.proven")
    assert [(row.account_reference, row.clause) for row in found] == [(colleague.account.reference, "11")] * 2
    assert Agreement.objects.count() == 3  # of which nobody outside gets one


def test_the_main_user_objects_on_the_page_and_reads_our_answer(announced, client, holder, colleague, officer):
    page = f"/sub-processors/changes/{announced.reference}/"
    assert f"{page}object/" in client.get(page).content.decode()
    client.force_login(colleague)
    assert "de hoofdgebruiker van dit account, kan bezwaar maken" in client.get(page).content.decode()
    assert client.get(f"{page}object/").status_code == 403
    client.force_login(holder)
    for wrong in ("", "x" * 2001):
        answer = client.post(f"{page}object/", {"words": wrong})
        assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["words"])
        assert wrong in answer.content.decode()
    assert client.post(f"{page}object/", {"words": "Niet met <b>onze</b> gegevens."}).url == page
    assert "Niet met &lt;b&gt;onze&lt;/b&gt; gegevens." in client.get(page).content.decode()
    telling.answer(Objection.objects.get(), actor=officer, at=timezone.now(), words="Alleen de lijst.")
    assert "Alleen de lijst." in client.get(page).content.decode()
    assert "Niet met" not in Client().get(page).content.decode()


def test_the_main_user_objects_over_the_api(announced, holder, colleague, outsider):
    said = {"change": str(announced.reference), "words": "Liever niet."}
    made = device(holder).post(f"{API}/sub-processor-objections/", said)
    assert (made.status_code, made.json()["words"], made.json()["answer"]) == (201, "Liever niet.", "")
    problem(device(holder).post(f"{API}/sub-processor-objections/", said), 409, "already")
    assert device(colleague).post(f"{API}/sub-processor-objections/", said).status_code == 403
    nothing = {**said, "change": str(holder.reference)}
    assert browser(holder).post(f"{API}/sub-processor-objections/", nothing).status_code == 404
    found = [device(user).get(f"{API}/sub-processor-objections/").json()["results"] for user in (colleague, outsider)]
    assert [len(each) for each in found] == [1, 0]
