"""Two members of staff in a real browser: one records the letter, the other confirms, and the account is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from accounts.states import State
from tests.factories import PASSWORD, AccountFactory, StaffFactory
from tests.lives import SCAN
from tests.signin import totp


@pytest.fixture
def page_of(chromium, live_server):
    """Open a browser of one's own for a member of staff."""
    contexts = []

    def sign_in(person, **options):
        context = chromium.new_context(locale="nl-NL", base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/")
        page.fill("[name=login]", person.email)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Inloggen", exact=True).click()
        page.get_by_label("Code").fill(totp())
        page.get_by_role("button", name="Inloggen", exact=True).click()
        page.wait_for_url("**/admin/")
        return page

    yield sign_in
    for context in contexts:
        context.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("6")
def test_one_records_the_letter_another_confirms_it_and_the_account_is_due(page_of):
    today = timezone.localdate()
    account = AccountFactory(
        state=State.CANCELLED, cancelled_on=today - timedelta(days=10), company__company_name="Garage Smit"
    )
    request = accounts.request_erasure(account, actor=account.main_user, on=today)

    first = page_of(StaffFactory(first_name="Nora"))
    first.get_by_role("link", name="Aangetekende brieven").click()
    first.wait_for_url("**/registeredletter/")
    first.goto("/admin/rights/registeredletter/add/")
    first.get_by_label("Kenmerk op de brief").fill(request.code)
    first.get_by_label("Nummer van de vervoerder").fill("3SABCD1234567")
    first.get_by_label("Controle van identiteit").fill("Handtekening vergeleken")
    first.get_by_label("Scan van de brief").set_input_files(
        {"name": "brief.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00"}
    )
    first.get_by_role("button", name="Vastleggen").click()
    first.get_by_text("Dit bestand is geen PDF, JPEG of PNG").wait_for()
    assert first.get_by_label("Nummer van de vervoerder").input_value() == "3SABCD1234567"
    first.get_by_label("Scan van de brief").set_input_files(
        {"name": "brief van Smit.pdf", "mimeType": "application/pdf", "buffer": SCAN}
    )
    first.get_by_role("button", name="Vastleggen").click()
    first.get_by_text("De brief is vastgelegd").wait_for()
    first.get_by_role("link", name=request.code).click()
    first.wait_for_url("**/change/")
    assert first.get_by_role("link", name="Bevestigen").count() == 0

    second = page_of(StaffFactory(first_name="Piet"))
    second.get_by_role("link", name="Brieven te bevestigen").click()
    second.get_by_role("link", name=request.code).click()
    second.get_by_role("link", name="Bevestigen").click()
    second.get_by_text("Dit kan niet ongedaan worden gemaakt").wait_for()
    question, name = second.url, account.main_user.full_name
    assert name not in second.content()
    second.get_by_role("link", name="Open het account om de naam te zien").click()
    assert second.get_by_label("Ticket").input_value() == request.code
    second.get_by_label("Reden").fill("Identiteit bij de aangetekende brief")
    second.get_by_role("button", name="Account openen").click()
    second.get_by_text("Open voor jou tot").wait_for()
    second.goto(question)
    assert second.locator("dl").inner_text().count(name) == 1
    assert second.locator("dl").inner_text().count("Garage Smit") == 1
    with second.expect_download() as download:
        second.get_by_role("link", name="Scan bekijken").click()
    assert download.value.suggested_filename == f"{request.code}.pdf"
    assert download.value.path().read_bytes() == SCAN
    assert Account.objects.get(pk=account.pk).ordered_on is None
    second.get_by_role("button", name="Bevestigen en meteen vernietigen").click()
    second.get_by_text("De brief is bevestigd").wait_for()
    assert Account.objects.get(pk=account.pk).ordered_on == today


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("1", "7")
def test_support_opens_an_account_for_a_ticket_closes_it_and_the_holder_reads_so(page_of, client):
    account = AccountFactory(state=State.ACTIVE, company__company_name="Garage Smit")
    main_user = account.main_user
    page = page_of(StaffFactory(first_name="Nora", last_name="Nieuwsgierig"))
    page.goto("/admin/accounts/account/")
    page.get_by_role("link", name="Garage Smit").click()
    page.get_by_role("heading", name="Dit account openen").wait_for()
    assert main_user.email not in page.content()
    page.get_by_label("Ticket").fill("T-1042")
    page.get_by_label("Reden").fill(f"Mail van {main_user.email}")
    page.get_by_role("button", name="Account openen").click()
    page.get_by_text("Laat het e-mailadres weg").wait_for()
    page.get_by_label("Reden").fill("Kan niet inloggen")
    page.get_by_role("button", name="Account openen").click()
    page.get_by_text("Open voor jou tot").wait_for()
    page.get_by_role("link", name=main_user.full_name).click()
    page.get_by_text(main_user.email).first.wait_for()
    page.go_back()
    page.get_by_role("button", name="Account sluiten").click()
    page.get_by_text("Het account is gesloten.").wait_for()
    page.goto(f"/admin/accounts/account/{account.pk}/change/")
    page.get_by_role("heading", name="Dit account openen").wait_for()

    client.force_login(main_user)
    looks = client.get("/my-data/looks/")
    assert [look.what.split(" ")[0] for look in looks.context["looks"]] == [
        "sloot", "bedrijf,", "naam,", "bedrijf,", "opende"
    ]  # fmt: skip
    assert "Nieuwsgierig" not in looks.content.decode()
