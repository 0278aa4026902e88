import re
from datetime import date

import pytest
import time_machine

from accounts import services
from accounts.models import Account
from accounts.states import State
from retention.models import Ground, Hold
from tests.factories import AccountFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False):
        yield


def dashboard(client, user, language="nl", path="/"):
    client.force_login(user)
    client.cookies["django_language"] = language
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.clause("2")
def test_a_trial_sees_its_last_day_and_what_comes_if_it_is_not_activated(client):
    account = AccountFactory(signed_up_on=date(2026, 11, 4))
    assert "Je proefperiode loopt tot en met donderdag 3 december 2026." in dashboard(client, account.main_user)
    page = dashboard(client, account.main_user, path="/my-data/")
    assert "Als je niets doet" in page
    assert "Vernietigd op 4 december 2028, over 2 jaar" in page


@pytest.mark.clause("5.3")
def test_a_lapsed_account_sees_floor_ceiling_and_its_last_chance(client):
    account = AccountFactory(state=State.LAPSED, signed_up_on=date(2026, 5, 1))
    page = dashboard(client, account.main_user)
    assert "Minstens bewaard tot maandag 30 november 2026 over 8 dagen" in page
    assert "Activeren kan tot en met dinsdag 30 mei 2028" in page
    assert "Wordt vernietigd op woensdag 31 mei 2028" in page


@pytest.mark.clause("5.3")
def test_a_trial_that_ended_this_morning_is_shown_as_ended_before_the_sweep_has_been(client):
    account = AccountFactory(signed_up_on=date(2026, 10, 23))
    assert "Je proefperiode liep tot en met 21 november 2026." in dashboard(client, account.main_user)


@pytest.mark.clause("5.1")
def test_an_active_account_is_told_that_nothing_is_erased(client, holder):
    assert "Je account is actief. Zolang je het gebruikt, wordt er niets vernietigd." in dashboard(client, holder)
    assert "Als je vandaag opzegt" in dashboard(client, holder, path="/my-data/")


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(
    ("cancelled_on", "is_warned"), [(date(2025, 2, 20), True), (date(2025, 2, 21), False)], ids=["90 days", "91 days"]
)
def test_ninety_days_before_its_erasure_a_cancelled_account_is_warned(client, cancelled_on, is_warned):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=cancelled_on, signed_up_on=date(2024, 1, 1))
    assert ("Let op de datum." in dashboard(client, account.main_user)) is is_warned


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "Op donderdag 3 december 2026, over 11 dagen, worden je gegevens voorgoed vernietigd."),
        ("en", "On Thursday 3 December 2026, in 11 days, your data is erased for good."),
    ],
)
def test_the_warning_speaks_both_languages(client, language, words):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2024, 12, 3), signed_up_on=date(2024, 1, 1))
    assert words in dashboard(client, account.main_user, language)


@pytest.mark.clause("5")
def test_a_hold_shows_its_ground_basis_and_review(client):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2026, 1, 10))
    hold(account, "Belastingcontrole", ["documents"])
    hold(account, "Nog niet bevestigd", ["relations"], confirmed=False)
    page = dashboard(client, account.main_user)
    assert "De wet verplicht ons dit te bewaren. AWR art. 52 (Belastingcontrole)" in page
    assert "Het gaat om: Offertes en facturen. We beoordelen dit opnieuw uiterlijk op vrijdag 1 januari 2027." in page
    assert "vastgehouden, anders 10 januari 2028" in page
    assert "Nog niet bevestigd" not in page


def hold(account, name, categories, confirmed=True):
    on = date(2026, 11, 1)
    second = {"confirmed_on": on, "confirmed_by": StaffFactory()} if confirmed else {}
    Hold.objects.create(
        account=account, name=name, categories=categories, ground=Ground.STATUTORY, basis=f"AWR art. 52 ({name})",
        proportionality="Op verzoek van de inspecteur.", review_on=date(2027, 1, 1), placed_on=on,
        placed_by=StaffFactory(), **second,
    )  # fmt: skip


@pytest.mark.clause("5.5")
def test_an_open_request_and_a_confirmed_one_are_told(client):
    account = AccountFactory(state=State.CANCELLED)
    request = services.request_erasure(account, actor=account.main_user, on=date(2026, 11, 20))
    assert "Je hebt directe vernietiging gevraagd." in dashboard(client, account.main_user)
    services.order_erasure(request, actor=StaffFactory(), on=date(2026, 11, 22))
    page = dashboard(client, account.main_user)
    assert "Dit account wordt vernietigd. Dat is niet meer te stoppen." in page
    assert "Heractiveer" not in page
    assert "Wat als" not in page


def test_a_colleague_sees_the_same_dates_and_who_decides(client, account, holder, colleague):
    services.cancel_account(account, actor=holder, on=date(2026, 1, 10))
    page = dashboard(client, colleague)
    assert "Wordt vernietigd op maandag 10 januari 2028" in page
    assert "Alleen Sanne de Vries, de hoofdgebruiker van dit account" in page
    assert "Heractiveer je account" not in page


def test_an_outsider_sees_nothing_of_another_account(client, account, outsider):
    assert account.company.company_name not in dashboard(client, outsider)


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.ACTIVE, State.CANCELLED])
def test_the_table_says_what_the_drawing_says(client, state):
    account = AccountFactory(state=state)
    client.force_login(account.main_user)
    response = client.get("/")
    drawn = [band.fate for band in response.context["timeline"].bands]
    assert drawn == response.context["fates"]
    assert response.content.decode().count('scope="row"') == len(drawn)


def test_the_dashboard_takes_as_many_queries_with_three_holds_as_with_one(client, asks):
    account = AccountFactory(state=State.CANCELLED, cancelled_on=date(2026, 1, 10))
    client.force_login(account.main_user)
    hold(account, "een", ["documents"])
    with asks(13):
        client.get("/")
    hold(account, "twee", ["relations"])
    hold(account, "drie", ["documents"])
    with asks(13):
        client.get("/")
    assert Account.objects.count() == 1
