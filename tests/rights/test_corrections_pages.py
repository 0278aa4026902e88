"""Corrections where people meet them: the main user's pages, the API, the administration (§16)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts import support
from accounts.models import User
from rights import corrections
from rights.models import Correction
from tests.cast import member
from tests.factories import ColleagueFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("16")]
ADMIN = "/admin/rights/correction/"
NEW = "tim@nieuw.example"


@pytest.fixture
def clerk(account) -> User:
    person = member("Support")
    support.open_account(account, actor=person, ticket="T-7", reason="Postvak kwijt", at=timezone.now())
    return person


def propose(account, clerk, *, user=None, new=NEW) -> Correction:
    user = user or ColleagueFactory(account=account, email="tim@oud.example")
    return corrections.propose_correction(
        account, actor=clerk, what="user.email", of=user.reference, new=new, why="Postvak kwijt", at=timezone.now()
    )


def state(correction) -> str:
    return Correction.objects.values_list("state", flat=True).get(pk=correction.pk)


def test_the_page_shows_old_and_new_who_why_and_until_when(client, account, clerk, holder):
    found = propose(account, clerk)
    page = freshly(client, holder).get(f"/account/corrections/{found.reference}/").content.decode()
    for word in ("tim@oud.example", NEW, "Tim Bakker", "Postvak kwijt", "T-7", "Onze mensen: Klantenhulp"):
        assert word in page, word
    assert clerk.last_name not in page.replace("Tim Bakker", "")
    assert "helpdesk@cannonworks.nl" in client.get("/account/corrections/").content.decode()
    assert "helpdesk@cannonworks.nl" not in page


def test_confirming_asks_for_a_fresh_proof_and_refusing_does_not(account, clerk, holder):
    found = propose(account, clerk)
    stale = freshly(Client(), holder, minutes_ago=60)
    answer = stale.post(f"/account/corrections/{found.reference}/confirm/")
    assert (answer.status_code, state(found)) == (302, "proposed")
    assert "reauthenticate" in answer.url or "prove" in answer.url or "security" in answer.url
    assert stale.post(f"/account/corrections/{found.reference}/refuse/").status_code == 302
    assert state(found) == "refused"
    again = propose(account, clerk, user=User.objects.get(email="tim@oud.example"))
    assert freshly(Client(), holder).post(f"/account/corrections/{again.reference}/confirm/").status_code == 302
    assert state(again) == "confirmed"


def test_nobody_else_reaches_a_correction(account, clerk, holder, outsider):
    found = propose(account, clerk)
    colleague = User.objects.get(email="tim@oud.example")
    for path in ("", "confirm/", "refuse/"):
        for user, status in ((colleague, 403), (outsider, 404)):
            page = freshly(Client(), user)
            address = f"/account/corrections/{found.reference}/{path}"
            assert (page.post(address) if path else page.get(address)).status_code == status
    assert state(found) == "proposed"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(client, account, clerk, holder, asks, count):
    for number in range(count):
        propose(account, clerk, user=ColleagueFactory(account=account), new=f"n{number}@nieuw.example")
    freshly(client, holder).get("/account/corrections/")
    with asks(5):
        page = client.get("/account/corrections/")
    assert len(page.context["page"].rows) == count


def test_over_the_api_it_is_read_by_all_means_and_confirmed_in_a_fresh_session_alone(client, account, clerk, holder):
    from accounts import tokens

    found = propose(account, clerk)
    address = f"/api/v1/corrections/{found.reference}/"
    device = {"Authorization": f"Bearer {tokens.make_token(holder, name='Tel', at=timezone.now())[1]}"}
    row = Client().get(address, headers=device).json()
    assert {key: row[key] for key in ("state", "what", "old", "new", "whose", "ticket")} == {
        "state": "proposed", "what": "user.email", "old": "tim@oud.example", "new": NEW, "whose": "Tim Bakker",
        "ticket": "T-7",
    }  # fmt: skip
    assert Client().get("/api/v1/corrections/", headers=device).json()["results"] == [row]
    assert Client().post(f"{address}confirm/", headers=device).status_code == 403
    assert freshly(Client(), holder, minutes_ago=60).post(f"{address}confirm/").status_code == 403
    assert state(found) == "proposed"
    assert freshly(client, holder).post(f"{address}confirm/").json()["state"] == "confirmed"
    answer = client.post(f"{address}refuse/")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_such_step")


# --- The administration ------------------------------------------------------------------------------------------------


def test_staff_propose_apply_and_withdraw_in_the_administration(client, account, clerk, holder):
    colleague = ColleagueFactory(account=account, email="tim@oud.example")
    client.force_login(clerk)
    page = client.get(f"{ADMIN}add/?account={account.pk}")
    target = f"user.email {colleague.reference}"
    assert target in dict(page.context["form"].fields["target"].choices)
    bad = client.post(f"{ADMIN}add/", {"target": target, "new": "geen adres", "why": "Postvak kwijt"})
    assert (bad.status_code, bad.context["form"]["new"].value()) == (409, "geen adres")
    people = client.post(f"{ADMIN}add/", {"target": target, "new": NEW, "why": "mail van tim@oud.example"})
    assert list(people.context["form"].errors) == ["why"]
    other = client.post(f"{ADMIN}add/", {"target": f"user.is_main {colleague.reference}", "new": "1", "why": "x"})
    assert list(other.context["form"].errors) == ["target"]
    assert not Correction.objects.exists()
    assert client.post(f"{ADMIN}add/", {"target": target, "new": NEW, "why": "Postvak kwijt"}).status_code == 302
    found = Correction.objects.get()
    assert "Telt niet mee" in client.get(f"{ADMIN}{found.pk}/change/").content.decode()
    client.post(f"{ADMIN}{found.pk}/apply/")
    assert state(found) == "proposed"
    corrections.confirm_correction(found, actor=holder, at=timezone.now())
    assert NEW in client.get(f"{ADMIN}{found.pk}/apply/").content.decode()
    assert client.post(f"{ADMIN}{found.pk}/apply/").status_code == 302
    colleague.refresh_from_db()
    assert (state(found), colleague.email) == ("applied", NEW)


def test_values_are_not_shown_without_the_account_open(client, account, clerk):
    found = propose(account, clerk)
    for person, there in ((clerk, True), (member("Support"), False)):
        client.force_login(person)
        for page in ("change", "apply"):
            assert (NEW in client.get(f"{ADMIN}{found.pk}/{page}/").content.decode()) == there
    client.force_login(member("Support"))
    answer = client.get(f"{ADMIN}add/")
    assert (answer.status_code, list(answer.context["form"].fields)) == (200, [])
    client.force_login(member("Finance"))
    assert {client.get(f"{ADMIN}{page}").status_code for page in ("", "add/", f"{found.pk}/change/")} == {403}


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_staff_asks_the_same_whatever_its_length(client, account, clerk, asks, count):
    for number in range(count):
        propose(account, clerk, user=ColleagueFactory(account=account), new=f"n{number}@nieuw.example")
    client.force_login(clerk)
    client.get(ADMIN)
    with asks(6):
        assert client.get(ADMIN).context["cl"].result_count == count
