import re
from datetime import date
from io import BytesIO

import pypdf
import pytest
import time_machine

from accounts import services
from accounts.models import ErasureRequest
from accounts.states import State
from finance.bookkeeping import charge_subscription
from retention.models import Ground, Hold
from rights.letters import letter_data
from rights.services import record_letter
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.signin import freshly

TODAY = date(2026, 11, 22)
pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.5")]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cancelled():
    return AccountFactory(
        state=State.CANCELLED, cancelled_on=date(2026, 11, 1), company__company_name="Jansen & Zn. B.V."
    )


@pytest.fixture
def request_(cancelled):
    return services.request_erasure(cancelled, actor=cancelled.main_user, on=TODAY)


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_the_main_user_asks_with_the_name_of_the_company(client, state):
    account = AccountFactory(state=state)
    freshly(client, account.main_user)
    client.post("/erasure/", {"company_name": "Another"})
    assert not ErasureRequest.objects.exists()
    assert client.post("/erasure/", {"company_name": account.company.company_name}).url == "/erasure/"
    code = ErasureRequest.objects.open().get(account=account).code
    page = client.get("/erasure/").content.decode()
    assert code in page
    assert "/erasure/letter.pdf" in page


def test_an_active_account_is_sent_to_its_cancellation(client, account, holder):
    freshly(client, holder)
    assert "/account/cancel/" in client.get("/erasure/").content.decode()
    assert client.post("/erasure/", {"company_name": account.company.company_name}).url == "/"
    assert not ErasureRequest.objects.exists()


@pytest.mark.clause("6")
def test_the_letter_is_a_pdf_with_the_code_and_both_parties(client, request_):
    client.force_login(request_.account.main_user)
    response = client.get("/erasure/letter.pdf")
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(response.content)).pages)
    words = re.sub(r"\s+", " ", text)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{request_.code}.pdf"'
    for phrase in (
        request_.code,
        "Jansen & Zn. B.V.",
        "Sanne de Vries",
        "Brink 12",
        "Postbus 1",
        "zondag 22 november 2026",
    ):
        assert phrase in words


@pytest.mark.clause("6")
def test_the_letter_says_what_goes_and_what_stays(request_):
    account = request_.account
    assert letter_data(request_, on=TODAY) == {
        "kind": "erasure-letter",
        "version": 1,
        "language": "nl",
        "reference": request_.code,
        "date": "2026-11-22",
        "cancels": False,
        "sender": {
            "company": "Jansen & Zn. B.V.",
            "name": "Sanne de Vries",
            "address": ["Brink 12", "9401 AB Assen"],
        },
        "recipient": {"name": "CannonWorks", "address": ["Postbus 1", "9400 AA Assen"]},
        "erased": ["account", "relations", "employees", "documents", "usage", "requests"],
        "kept": [{"category": "evidence", "ground": "proof of obligation", "clause": "5", "until": None}],
    }
    assert account.state == State.CANCELLED


@pytest.mark.clause("5")
def test_the_letter_names_bookkeeping_still_due_and_what_is_held(account, holder, staff):
    charge_subscription(account, on=date(2010, 3, 1))
    charge_subscription(account, on=date(2024, 3, 1))
    services.cancel_account(account, actor=holder, on=TODAY, erase_immediately=True)
    Hold.objects.create(
        account=account, name="Tax", categories=["documents"], ground=Ground.STATUTORY,
        basis="AWR", proportionality="x",
        review_on=date(2027, 1, 1), placed_on=TODAY, placed_by=staff, confirmed_on=TODAY, confirmed_by=StaffFactory(),
    )  # fmt: skip
    data = letter_data(services.open_request(account), on=TODAY)
    assert data["cancels"] is True
    assert "documents" not in data["erased"]
    assert [(kept["category"], kept["until"]) for kept in data["kept"]] == [
        ("documents", None),
        ("bookkeeping", "2032-01-01"),
        ("evidence", None),
    ]


def test_years_that_are_over_are_not_said_to_be_kept(account, holder):
    charge_subscription(account, on=date(2010, 3, 1))
    services.cancel_account(account, actor=holder, on=TODAY, erase_immediately=True)
    kept = letter_data(services.open_request(account), on=TODAY)["kept"]
    assert [each["category"] for each in kept] == ["evidence"]


@pytest.mark.clause("6")
def test_the_request_can_be_withdrawn_until_the_letter_is_confirmed(client, request_):
    client.force_login(request_.account.main_user)
    assert client.get("/erasure/withdraw/").status_code == 405
    assert client.post("/erasure/withdraw/").url == "/"
    request_.refresh_from_db()
    assert request_.withdrawn_on == TODAY
    assert client.get("/erasure/letter.pdf").status_code == 404


def test_withdrawing_nothing_is_refused_with_a_message(client, cancelled):
    client.force_login(cancelled.main_user)
    response = client.post("/erasure/withdraw/", follow=True)
    assert "Er is geen open verzoek om vernietiging." in response.content.decode()


def test_a_letter_that_came_in_is_shown(client, request_, staff):
    record_letter(
        request_.account, actor=staff, code=request_.code, carrier_number="3S1", received_on=TODAY, identity_check="ID"
    )
    client.force_login(request_.account.main_user)
    assert "Je brief kwam binnen op zondag 22 november 2026." in client.get("/erasure/").content.decode()


def test_once_confirmed_it_cannot_be_stopped(client, request_, staff):
    services.order_erasure(request_, actor=staff, on=TODAY)
    client.force_login(request_.account.main_user)
    assert "dat is niet meer te stoppen" in client.get("/erasure/").content.decode()
    assert client.post("/erasure/withdraw/").url == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/erasure/"), ("post", "/erasure/"), ("get", "/erasure/letter.pdf"), ("post", "/erasure/withdraw/")],
)
def test_a_colleague_gets_nowhere_and_an_outsider_sees_only_their_own(client, request_, outsider, method, path):
    client.force_login(ColleagueFactory(account=request_.account))
    assert getattr(client, method)(path).status_code == 403
    freshly(client, outsider)
    assert request_.code not in getattr(client, method)(path).content.decode()
    request_.refresh_from_db()
    assert request_.withdrawn_on is None
