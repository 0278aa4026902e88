"""A correction in a real browser: staff propose it, the main user proves who they are and agrees, staff apply it."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.states import State
from accounts.support import open_account
from rights.corrections import propose_correction
from tests.factories import PASSWORD, AccountFactory, ColleagueFactory, StaffFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("16")]
NEW = "tim@nieuw.example"


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", DESKTOP)])
def test_staff_propose_the_main_user_agrees_after_proof_and_staff_apply(browsers, language, viewport):
    dutch = language == "nl"
    account = AccountFactory(state=State.ACTIVE, main_user__language=language)
    colleague = ColleagueFactory(account=account, email="tim@oud.example")
    clerk = StaffFactory(language=language)
    open_account(account, actor=clerk, ticket="T-1042", reason="Postvak kwijt", at=timezone.now())

    staff = browsers(language, DESKTOP, clerk)
    staff.goto(f"/admin/rights/correction/add/?account={account.pk}")
    staff.get_by_label("Wat klopt er niet" if dutch else "What is wrong").select_option(
        f"user.email {colleague.reference}"
    )
    staff.get_by_label("Wat het moet zijn" if dutch else "What it should be").fill(NEW)
    staff.locator("[name=why]").fill("Postvak kwijt")
    staff.get_by_role("button", name="Aan de hoofdgebruiker voorleggen" if dutch else "Put it before").click()
    expect(staff.get_by_text("voorgelegd." if dutch else "is put before the main user.")).to_be_visible()

    page = browsers(language, viewport, account.main_user, minutes_ago=60)
    page.goto("/")
    page.get_by_role("link", name="een correctie" if dutch else "Look at a correction").first.click()
    expect(page.get_by_text("tim@oud.example")).to_be_visible()
    expect(page.get_by_text(NEW)).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Deze correctie bevestigen" if dutch else "Confirm this correction").click()
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button:not([formaction])").first.click()
    expect(page.get_by_text("Je gaat akkoord" if dutch else "You agreed to the correction")).to_be_visible()
    assert User.objects.get(pk=colleague.pk).email == "tim@oud.example"

    staff.goto("/admin/")
    staff.get_by_role("link", name="Correcties door te voeren" if dutch else "Corrections to apply").click()
    staff.get_by_role("link", name="E-mail om mee in te loggen" if dutch else "E-mail to sign in with").click()
    staff.locator("a[href*='/apply/']").click()
    expect(staff.get_by_text(NEW)).to_be_visible()
    staff.get_by_role("button", name="Doorvoeren" if dutch else "Apply", exact=True).click()
    expect(staff.get_by_text("De correctie is doorgevoerd." if dutch else "The correction is applied.")).to_be_visible()
    assert User.objects.get(pk=colleague.pk).email == NEW
    page.reload()
    expect(page.get_by_text("Doorgevoerd op" if dutch else "Applied on")).to_be_visible()


def test_the_main_user_refuses_and_nothing_changes(browsers):
    account = AccountFactory(state=State.ACTIVE)
    colleague, clerk = ColleagueFactory(account=account), StaffFactory()
    open_account(account, actor=clerk, ticket="T-1042", reason="Postvak kwijt", at=timezone.now())
    found = propose_correction(
        account, actor=clerk, what="user.email", of=colleague.reference, new=NEW, why="Postvak kwijt",
        at=timezone.now(),
    )  # fmt: skip
    page = browsers("nl", PHONE, account.main_user)
    page.goto("/account/corrections/")
    page.get_by_role("link", name="E-mail om mee in te loggen").click()
    page.get_by_role("button", name="Weigeren").click()
    expect(page.get_by_text("Je hebt de correctie geweigerd. Er verandert niets.")).to_be_visible()
    found.refresh_from_db()
    assert (found.state, User.objects.filter(email=NEW).count()) == ("refused", 0)
