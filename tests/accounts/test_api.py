"""The account, its main acts and the devices of its users, over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import services
from accounts.models import Account, DeviceToken, ErasureRequest, User
from accounts.states import State
from tests.callers import API, browser, device, just_signed_in, problem
from tests.factories import PASSWORD, TOTP_SECRET, AccountFactory, ColleagueFactory
from tests.signin import sign_in as page_sign_in
from tests.signin import totp

pytestmark = pytest.mark.django_db


def sign_in(email, password=PASSWORD, **more):
    return APIClient().post(f"{API}/tokens/", {"name": "Telefoon", "email": email, "password": password, **more})


@pytest.mark.clause("1")
def test_an_app_signs_in_with_email_and_password_and_then_by_itself(holder):
    response = sign_in(holder.email.upper())
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    made = response.json()
    assert made.keys() == {"reference", "name", "created", "last_used_at", "expiry", "token"}
    account = APIClient().get(f"{API}/account/", headers={"authorization": f"Bearer {made['token']}"}).json()
    assert (account["state"], account["is_writable"], account["user"]["email"]) == ("active", True, holder.email)
    assert account["company"]["company_name"] == holder.account.company.company_name


@pytest.mark.clause("1")
def test_wrong_credentials_are_told_alike_and_no_password_comes_back(holder, staff):
    holder_wrong = problem(sign_in(holder.email, "geheim-wachtwoord"), 401, "authentication_failed")
    unknown = problem(sign_in("nobody@example.com", "geheim-wachtwoord"), 401, "authentication_failed")
    of_staff = problem(sign_in(staff.email), 401, "authentication_failed")
    assert holder_wrong["detail"] == unknown["detail"] == of_staff["detail"]
    assert "geheim" not in str(holder_wrong)
    assert not DeviceToken.objects.exists()


def test_without_a_session_both_are_needed():
    told = problem(APIClient().post(f"{API}/tokens/", {"name": "Telefoon"}), 400, "invalid")
    assert [(error["pointer"], error["code"]) for error in told["errors"]] == [
        ("#/email", "required"), ("#/password", "required"),
    ]  # fmt: skip


@pytest.mark.clause("7")
def test_where_a_second_factor_is_set_up_a_password_alone_is_not_enough(holder):
    TOTP.activate(holder, TOTP_SECRET)
    problem(sign_in(holder.email), 401, "authentication_failed")
    problem(sign_in(holder.email, code="000000"), 401, "authentication_failed")
    assert sign_in(holder.email, code=totp()).status_code == 201
    problem(sign_in(holder.email, code=totp(forgiven=False)), 401, "authentication_failed")


@pytest.mark.clause("7")
def test_wrong_passwords_and_codes_lock_the_door_of_the_api_and_of_the_pages_alike(holder):
    TOTP.activate(holder, TOTP_SECRET)
    for _turn in range(2):
        sign_in(holder.email, code="000000")
        sign_in(holder.email, "geheim-wachtwoord")
    problem(sign_in(holder.email, "geheim-wachtwoord"), 429, "locked_out")
    problem(sign_in(holder.email, code=totp()), 429, "locked_out")
    assert page_sign_in(Client(), holder.email).status_code == 429


def test_a_session_signs_a_device_in_with_its_csrf_token_only(holder):
    client = Client(enforce_csrf_checks=True)
    client.force_login(holder)
    post = {"path": f"{API}/tokens/", "data": {"name": "Tablet"}, "content_type": "application/json"}
    problem(client.post(**post), 403, "permission_denied")
    client.get("/devices/")
    token = client.get("/devices/").context["csrf_token"]
    assert client.post(**post, headers={"x-csrftoken": str(token)}).status_code == 201
    assert [row.name for row in DeviceToken.objects.of(holder)] == ["Tablet"]


def test_credentials_count_for_more_than_the_session(holder, outsider):
    response = browser(outsider).post(f"{API}/tokens/", {"name": "T", "email": holder.email, "password": PASSWORD})
    assert response.status_code == 201
    assert DeviceToken.objects.get().user == holder


def test_neither_staff_nor_a_device_signs_a_device_in(holder, staff):
    problem(browser(staff).post(f"{API}/tokens/", {"name": "Tablet"}), 403, "permission_denied")
    problem(device(holder).post(f"{API}/tokens/", {"name": "Tablet"}), 403, "permission_denied")


def test_a_user_lists_and_revokes_their_own_devices_only(holder, colleague, outsider):
    mine, theirs = device(holder), [device(colleague), device(outsider)]
    device(holder, name="Laptop")
    rows = mine.get(f"{API}/tokens/").json()["results"]
    assert [row["name"] for row in rows] == ["Laptop", "Telefoon"]
    assert rows[1]["last_used_at"] is not None
    for other in theirs:
        problem(other.delete(f"{API}/tokens/{rows[0]['reference']}/"), 404, "not_found")
    assert mine.delete(f"{API}/tokens/{rows[0]['reference']}/").status_code == 204
    problem(mine.delete(f"{API}/tokens/{rows[0]['reference']}/"), 404, "not_found")
    assert mine.delete(f"{API}/tokens/").status_code == 204
    problem(mine.get(f"{API}/tokens/"), 401, "authentication_failed")
    assert DeviceToken.objects.count() == 2


def test_past_the_limit_a_device_is_refused(holder, settings):
    settings.DEVICE_TOKENS_PER_USER = 1
    device(holder)
    assert problem(sign_in(holder.email), 409, "too_many_devices")["clause"] == "1"


@pytest.mark.clause("5.4")
def test_the_main_user_cancels_and_comes_back(holder, account):
    client = device(holder)
    cancelled = client.post(f"{API}/account/cancel/").json()
    assert (cancelled["state"], cancelled["is_writable"]) == ("cancelled", False)
    assert cancelled["erase_on"] is not None
    assert client.post(f"{API}/account/reactivate/").json()["state"] == "active"
    assert problem(client.post(f"{API}/account/reactivate/"), 409, "no_such_step")["clause"] == "5"


@pytest.mark.clause("2")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED])
def test_a_trial_is_activated(state):
    account = AccountFactory(state=state, signed_up_on=timezone.localdate() - timedelta(days=40))
    assert device(account.main_user).post(f"{API}/account/activate/").json()["state"] == "active"


@pytest.mark.clause("5.5")
def test_cancelling_can_ask_for_erasure_at_once(holder, account):
    at_once = {"erase_immediately": True}
    for caller in (device(holder), browser(holder)):
        problem(caller.post(f"{API}/account/cancel/", at_once), 403, "not_fresh")
    account.refresh_from_db()
    assert account.state == State.ACTIVE
    assert just_signed_in(holder).post(f"{API}/account/cancel/", at_once).status_code == 200
    assert ErasureRequest.objects.open().get().account == account


@pytest.mark.parametrize("step", ["activate", "cancel", "reactivate"])
def test_a_colleague_does_not_decide(colleague, account, step):
    told = problem(device(colleague).post(f"{API}/account/{step}/"), 403, "permission_denied")
    assert told["detail"] == "Only the main user of the account can do this."
    account.refresh_from_db()
    assert account.state == State.ACTIVE


@pytest.mark.clause("6")
def test_nobody_of_a_claimed_account_sees_anything(account, holder):
    with_session = browser(holder)
    with_token = device(holder)
    services.cancel_account(account, actor=holder, on=timezone.localdate())
    Account.objects.filter(pk=account.pk).update(claimed_at=timezone.now())
    for path in ("account", "relations", "timeline", "tokens"):
        problem(with_session.get(f"{API}/{path}/"), 403, "permission_denied")
        problem(with_token.get(f"{API}/{path}/"), 401, "authentication_failed")


@pytest.mark.clause("1")
def test_the_page_of_devices_makes_shows_once_and_revokes(client, holder, colleague):
    client.force_login(holder)
    page = client.post("/devices/", {"name": "Werkplaats"})
    token = page.context["token"]
    assert page["Cache-Control"] == "no-store"
    assert token in page.content.decode()
    row = DeviceToken.objects.get()
    assert (row.user, row.name) == (holder, "Werkplaats")
    shown = client.get("/devices/").content.decode()
    assert "Werkplaats" in shown
    assert token not in shown
    client.post("/devices/", {"name": ""})
    other = DeviceToken.objects.of(colleague)
    device(colleague)
    assert client.post(f"/devices/{other.get().reference}/revoke/").status_code == 404
    assert client.post(f"/devices/{row.reference}/revoke/").url == "/devices/"
    assert not DeviceToken.objects.of(holder).exists()
    client.post("/devices/", {"name": "Werkplaats"})
    client.post("/devices/revoke/")
    assert [row.user for row in DeviceToken.objects.all()] == [colleague]


# --- Company, users, invitations -----------------------------------------------------------------------------
@pytest.mark.clause("16")
def test_the_main_user_changes_the_company_and_a_colleague_reads_it(holder, colleague):
    changed = device(holder).patch(f"{API}/company/", {"postcode": "9402 aa", "city": "Assen"})
    assert (changed.status_code, changed.json()["postcode"]) == (200, "9402 AA")
    assert device(colleague).get(f"{API}/company/").json() == changed.json()
    problem(device(colleague).patch(f"{API}/company/", {"city": "Emmen"}), 403, "permission_denied")
    problem(device(holder).patch(f"{API}/company/", {"kvk_number": "1"}), 400, "invalid")
    problem(device(holder).patch(f"{API}/company/", {"shoe_size": "44"}), 400, "invalid")


@pytest.mark.clause("16")
def test_everybody_changes_their_own_name_and_not_who_they_are(holder, colleague):
    client = device(colleague)
    assert client.patch(f"{API}/me/", {"first_name": "Timo", "language": "en"}).json()["first_name"] == "Timo"
    assert client.patch(f"{API}/me/", {"is_main": True, "email": "other@example.com"}).status_code == 200
    me = client.get(f"{API}/me/").json()
    assert (me["email"], me["is_main"], me["first_name"], me["language"]) == (colleague.email, False, "Timo", "en")


@pytest.mark.clause("1")
def test_a_colleague_is_invited_sent_a_new_link_and_withdrawn(holder, colleague, outsider):
    client, at = device(holder), f"{API}/invitations/"
    made = client.post(at, {"email": "Wim@Bedrijf.example"})
    assert made.status_code == 201
    assert made.json().keys() == {"reference", "email", "sent_at", "expires_at"}
    known = client.post(at, {"email": outsider.email})
    assert (known.status_code, known.json().keys()) == (201, made.json().keys())
    assert [row["email"] for row in client.get(at).json()["results"]] == [outsider.email, "wim@bedrijf.example"]
    row = f"{at}{made.json()['reference']}/"
    problem(client.post(f"{row}send/"), 409, "just_sent")
    assert client.delete(row).status_code == 204
    problem(client.delete(row), 404, "not_found")
    problem(client.post(at, {"email": colleague.email}), 409, "colleague")
    problem(device(colleague).get(at), 403, "permission_denied")
    problem(device(outsider).delete(f"{at}{known.json()['reference']}/"), 404, "not_found")


@pytest.mark.clause("7")
def test_one_address_gets_only_so_many_invitations(holder):
    client = device(holder)
    for _i in range(5):
        made = client.post(f"{API}/invitations/", {"email": "wim@example.com"})
        client.delete(f"{API}/invitations/{made.json()['reference']}/")
    problem(client.post(f"{API}/invitations/", {"email": "WIM@example.com"}), 409, "too_often")


@pytest.mark.clause("1")
def test_users_are_listed_removed_and_leave(holder, colleague, outsider):
    other = ColleagueFactory(account=holder.account)
    listed = device(colleague).get(f"{API}/users/").json()["results"]
    assert [row["email"] for row in listed] == [holder.email, colleague.email, other.email]
    problem(device(colleague).delete(f"{API}/users/{other.reference}/"), 403, "permission_denied")
    problem(device(holder).delete(f"{API}/users/{outsider.reference}/"), 404, "not_found")
    theirs = device(other)
    assert device(holder).delete(f"{API}/users/{other.reference}/").status_code == 204
    problem(theirs.get(f"{API}/me/"), 401, "authentication_failed")
    problem(device(holder).delete(f"{API}/users/{holder.reference}/"), 409, "is_main_user")
    problem(device(holder).delete(f"{API}/me/"), 409, "is_main_user")
    assert browser(colleague).delete(f"{API}/me/").status_code == 204
    assert list(User.objects.filter(account=holder.account)) == [holder]


@pytest.mark.clause("7")
def test_handing_over_takes_a_session_with_a_fresh_proof(holder, colleague):
    at = f"{API}/users/{colleague.reference}/hand-over/"
    problem(device(holder).post(at), 403, "not_fresh")
    problem(browser(holder).post(at), 403, "not_fresh")
    assert just_signed_in(holder).post(at).json()["is_main"] is True
    problem(just_signed_in(holder).post(at), 403, "permission_denied")
