"""The part of our record of processing that is about one account: what is really there, and whom it reaches."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pypdf
import pytest
from django.test import Client

from accounts.states import State
from cannonworks.datamap import Category
from processors.models import SubProcessor
from relations.services import add_relation
from retention import my_record
from tests import registers
from tests.audits import keepers
from tests.callers import API, device
from tests.cast import opened
from tests.lives import account_in
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7"), pytest.mark.clause("9")]
ON = date(2026, 3, 2)
PAGE = "/my-data/record/"


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(content)).pages)


@pytest.fixture
def houses(db):
    registers.house("Alles BV", role="hosting")
    registers.house("Adressen BV", role="integrations", categories=[Category.RELATIONS])
    registers.house("Werknemers BV", role="support", categories=[Category.EMPLOYEES], country="US")


def test_only_what_is_there_is_in_it_with_how_much(account, holder, houses):
    for name in ("Noor", "Bas"):
        add_relation(account, actor=holder, first_name=name, last_name="Visser", city="Assen")
    said = my_record.record_of(account, on=ON).as_json()
    counts = {each["category"]: (each["rows"], each["more"]) for each in said["data"]}
    assert counts[Category.RELATIONS] == (2, False)
    assert Category.EMPLOYEES not in counts
    assert [each["name"] for each in said["sub_processors"]] == ["Adressen BV", "Alles BV"]
    assert said["controllers"] == {
        "reference": str(account.reference), "name": account.company.company_name,
        "kvk_number": account.company.kvk_number, "email": account.company.email, "state": "active",
        "state_label": "Actief",
    }  # fmt: skip
    assert [each["state"] for each in said["processing"]] == ["active"]


def test_there_are_no_rows_of_the_holder_in_it(account, holder, client):
    add_relation(account, actor=holder, first_name="Noor", last_name="Zeldzaam", city="Assen")
    client.force_login(holder)
    for address in (PAGE, f"{PAGE}record.json"):
        assert "Zeldzaam" not in client.get(address).content.decode()


def test_the_holder_sees_it_as_page_pdf_and_json(account, colleague, client, houses):
    keepers.in_place(keepers.keeper())
    client.force_login(colleague)
    page = client.get(PAGE).content.decode()
    for said in (account.company.company_name, "Alles BV", "Deuren op slot", "Je account", "Download als JSON"):
        assert said in page, said
    assert f'href="{PAGE}"' in client.get("/my-data/").content.decode()
    pdf = client.get(f"{PAGE}record.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert account.company.company_name in pdf_text(pdf.content)
    said = client.get(f"{PAGE}record.json").json()
    api = device(colleague).get(f"{API}/record/").json()
    assert (said["form"], api["form"], api["language"]) == ("cannonworks.record/1", "cannonworks.record/1", "en")
    assert [each["category"] for each in api["data"]] == [each["category"] for each in said["data"]]
    assert list(api) == list(said)


def test_what_leaves_the_area_says_by_which_protection(account, holder, client):
    SubProcessor.objects.all().delete()
    registers.house("Ver Weg", role="hosting", country="US")
    client.force_login(holder)
    page = client.get(PAGE).content.decode()
    assert "Verenigde Staten, buiten de EER" in page
    assert "art. 46" in page


@pytest.mark.parametrize("relations", [1, 3])
def test_it_asks_the_same_however_much_there_is(account, holder, client, asks, houses, relations):
    for _number in range(relations):
        add_relation(account, actor=holder, first_name="Noor", last_name="Visser")
    client.force_login(holder)
    client.get(PAGE)
    with asks(8):
        client.get(PAGE)


def test_staff_get_it_of_an_account_they_have_open_and_the_holder_sees_it(account, staff):
    clerk = freshly(Client(), staff)
    place = f"/admin/accounts/account/{account.pk}/record/"
    assert clerk.get(place).url == f"/admin/accounts/account/{account.pk}/change/"
    opened(account, staff)
    assert place in clerk.get(f"/admin/accounts/account/{account.pk}/change/").content.decode()
    answer = clerk.get(place)
    assert account.company.company_name in pdf_text(answer.content)
    owner = freshly(Client(), account.main_user)
    assert "ns register van verwerkingen voor jouw account" in owner.get("/my-data/looks/").content.decode()


def test_of_an_account_that_is_gone_there_is_none(staff):
    gone = account_in(State.ERASED, on=ON)
    assert freshly(Client(), staff).get(f"/admin/accounts/account/{gone.pk}/record/").status_code == 404
