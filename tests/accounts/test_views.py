from datetime import date

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.utils import timezone

from accounts import signing_in
from accounts.models import Account, ErasureRequest, Session, User
from accounts.states import State
from tests.factories import AccountFactory
from tests.signin import freshly, second_step, sign_in

TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False):
        yield


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_an_email_counts_in_lower_case_and_leads_to_the_dashboard(client, holder):
    response = sign_in(client, holder.email.upper())
    assert (response.status_code, response.url) == (302, "/")
    assert Session.objects.filter(account=holder.account).count() == 1


def test_who_wanted_another_page_goes_there_and_not_to_another_host(client, holder):
    assert sign_in(client, holder.email, next="/account/cancel/").url == "/account/cancel/"
    client.logout()
    assert sign_in(client, holder.email, next="https://evil.example/").url == "/"


def test_staff_go_on_to_their_own_pages(client, staff):
    assert sign_in(client, staff.email).url == "/sign-in/code/"
    assert second_step(client).url == "/admin/"
    assert client.get("/").url == "/admin/"


def test_wrong_credentials_are_told_plainly_and_alike_for_known_and_unknown_addresses(client, holder):
    wrong = sign_in(client, holder.email, "something-else").content.decode()
    unknown = sign_in(client, "nobody@example.com").content.decode()
    for page in (wrong, unknown):
        assert "Dit e-mailadres en wachtwoord horen niet bij elkaar." in page
        assert "something-else" not in page


@pytest.mark.clause("5")
def test_an_account_that_is_being_erased_gets_words_and_no_session(client, account, holder):
    AccountFactory()  # another one stays as it is
    claim(account)
    response = sign_in(client, holder.email)
    assert response.status_code == 200  # told before the database has to refuse
    assert response.context["form"].errors.as_data()["__all__"][0].code == "erased"
    assert "Dit account is vernietigd of wordt vernietigd." in response.content.decode()
    assert not Session.objects.filter(account=account).exists()


@pytest.mark.clause("5")
@pytest.mark.parametrize("looks_before", [[], [False], [False, False]], ids=["before", "in between", "after"])
def test_a_claim_between_the_check_and_the_session_is_told_the_same_way(
    client, account, holder, monkeypatch, looks_before
):
    signing_in.adopt_address(holder)
    claim(account)
    looked = [*looks_before, True, True]
    monkeypatch.setattr("accounts.forms.is_gone", lambda user: False)  # it was not a moment ago
    monkeypatch.setattr("accounts.adapters.access.is_gone", lambda user: looked.pop(0))
    response = sign_in(client, holder.email)
    assert response.url == "/sign-in/"
    assert "Dit account is vernietigd of wordt vernietigd." in client.get(response.url).content.decode()
    assert not Session.objects.filter(account=account).exists()


def claim(account):
    """As a sweep does with a cancelled account that is due."""
    Account.objects.filter(pk=account.pk).update(
        state=State.CANCELLED, cancelled_on=date(2024, 1, 1), keep_until=date(2026, 1, 1), erase_on=date(2026, 1, 1)
    )
    Account.objects.filter(pk=account.pk).update(claimed_at=timezone.now())


def test_signing_in_brings_the_language_of_the_user(client, holder):
    User.objects.filter(pk=holder.pk).update(language="en")
    sign_in(client, holder.email)
    assert client.cookies["django_language"].value == "en"
    assert "Hello Sanne" in client.get("/").content.decode()


def test_switching_the_language_is_remembered_for_the_mails_of_the_user(client, holder):
    client.force_login(holder)
    assert client.post("/language/", {"language": "en", "next": "/erasure/"}).url == "/erasure/"
    holder.refresh_from_db()
    assert holder.language == "en"


@pytest.mark.parametrize("language", ["de", "", "nl'--"])
def test_a_language_that_we_do_not_speak_changes_nothing(client, holder, language):
    client.force_login(holder)
    client.post("/language/", {"language": language, "next": "/"})
    holder.refresh_from_db()
    assert holder.language == "nl"


def test_signing_out_takes_a_post(client, holder):
    client.force_login(holder)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert not Session.objects.filter(account=holder.account).exists()


@pytest.mark.clause("5.4")
def test_cancelling_says_what_is_kept_until_when(client, holder):
    client.force_login(holder)
    page = client.get("/account/cancel/").content.decode()
    assert "Tot woensdag 22 november 2028" in page
    assert "Op woensdag 22 november 2028" in page


@pytest.mark.clause("5.4")
def test_cancelling_takes_the_name_of_the_company(client, account, holder):
    client.force_login(holder)
    response = client.post("/account/cancel/", {"company_name": "Another name"})
    account.refresh_from_db()
    assert (response.status_code, account.state) == (200, State.ACTIVE)
    assert "Dat is niet de naam van je bedrijf." in response.content.decode()
    response = client.post("/account/cancel/", {"company_name": f" {account.company.company_name.upper()} "})
    account.refresh_from_db()
    assert (response.url, account.state, account.cancelled_on) == ("/", State.CANCELLED, TODAY)
    assert not ErasureRequest.objects.exists()


@pytest.mark.clause("5.5")
def test_cancelling_with_erasure_at_once_leads_to_the_letter(client, account, holder):
    freshly(client, holder)
    data = {"company_name": account.company.company_name, "erase_immediately": "on"}
    assert client.post("/account/cancel/", data).url == "/erasure/"
    assert ErasureRequest.objects.open().get(account=account).asked_on == TODAY


@pytest.mark.clause("5.4")
def test_a_cancelled_account_comes_back(client):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2024, 11, 23))
    client.force_login(account.main_user)
    assert client.get("/account/reactivate/").status_code == 200
    assert client.post("/account/reactivate/").url == "/"
    account.refresh_from_db()
    assert account.state == State.ACTIVE


@pytest.mark.clause("5.4")
def test_on_the_day_of_its_erasure_it_does_not_and_says_why(client):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2024, 11, 22))
    client.force_login(account.main_user)
    response = client.post("/account/reactivate/")
    account.refresh_from_db()
    assert (response.url, account.state) == ("/", State.CANCELLED)
    assert told(response) == ["Dit account zou op 22 november 2026 worden vernietigd en is niet meer te activeren."]


@pytest.mark.clause("2")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED])
def test_a_trial_is_activated_also_when_it_has_ended(client, state):
    account = AccountFactory(state=state)
    client.force_login(account.main_user)
    assert client.get("/account/activate/").status_code == 200
    assert client.post("/account/activate/").url == "/"
    account.refresh_from_db()
    assert account.state == State.ACTIVE


FITTING = {
    "/account/activate/": {State.TRIAL, State.LAPSED},
    "/account/cancel/": {State.ACTIVE},
    "/account/reactivate/": {State.CANCELLED},
}


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.ACTIVE, State.CANCELLED])
@pytest.mark.parametrize("path", FITTING)
def test_a_step_that_does_not_fit_the_state_is_a_409_that_says_so(client, state, path):
    client.force_login(AccountFactory(state=state).main_user)
    assert client.get(path).status_code == (200 if state in FITTING[path] else 409)


@pytest.mark.parametrize("path", FITTING)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_colleague_cannot_decide_and_sees_why(client, account, colleague, path, method):
    client.force_login(colleague)
    response = getattr(client, method)(path)
    assert response.status_code == 403
    assert "Alleen de hoofdgebruiker van het account kan dit." in response.content.decode()
    account.refresh_from_db()
    assert account.state == State.ACTIVE


def test_an_outsider_decides_over_their_own_account_only(client, account, outsider):
    client.force_login(outsider)
    client.post("/account/cancel/", {"company_name": account.company.company_name})
    client.post("/account/cancel/", {"company_name": outsider.account.company.company_name})
    account.refresh_from_db()
    assert (account.state, Account.objects.get(pk=outsider.account_id).state) == (State.ACTIVE, State.CANCELLED)
