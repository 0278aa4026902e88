from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.looks import looks
from accounts.models import User
from journal.models import Entry
from processors.models import Helper, Project
from tests import registers
from tests.factories import PASSWORD, AccountFactory
from tests.signin import freshly, second_step, sign_in

PAGE = "/helpers/"
pytestmark = [pytest.mark.django_db, pytest.mark.clause("10")]


@pytest.fixture
def helper() -> Helper:
    """A helper inside the window of a running project."""
    house, now, day = registers.house(), timezone.now(), timedelta(days=1)
    made = registers.helper(house)
    registers.project(house, made, starts_at=now - day, ends_at=now + day)
    return made


def names(answer) -> list[str]:
    assert answer.status_code == 200
    return [account.company_name for account in answer.context["accounts"]]


def test_a_helper_signs_in_to_the_list_of_accounts_and_sees_no_people(client, helper, account, holder):
    sign_in(client, helper.user.email)
    answer = client.get(second_step(client).url)
    assert answer.wsgi_request.path == PAGE
    text, company = answer.content.decode(), account.company
    assert all(word in text for word in (company.company_name, company.kvk_number, str(account.reference), "Actief"))
    hidden = (holder.full_name, holder.email, company.email, company.phone, company.postcode, company.city)
    assert all(word not in text for word in hidden)


def test_every_page_is_journalled_and_each_holder_sees_that_his_account_was_on_it(client, helper, account, outsider):
    client.force_login(helper.user)
    client.post(PAGE, {"search": account.company.company_name}, follow=True)
    told = list(
        Entry.objects.filter(event__startswith="helper.").order_by("id")
        .values_list("event", "account_reference", "actor_reference", "actor_kind", "facts")
    )  # fmt: skip
    reference, facts = helper.user.reference, {"category": "hosting", "page": "accounts"}
    assert told == [
        ("helper.opened", None, reference, "helper", {**facts, "count": 1, "searched": True}),
        ("helper.looked", account.reference, reference, "helper", facts),
    ]
    assert [look.who for look in looks(account).rows] == ["Hulppersoon: Server-/databasebeheer en hosting"]
    assert looks(outsider.account).rows == []


def test_an_account_is_found_by_reference_kvk_number_and_name(client, helper):
    one = AccountFactory(company__company_name="Houtman & Zn", company__kvk_number="87654321")
    AccountFactory(company__company_name="Anders")
    client.force_login(helper.user)
    for term in (str(one.reference)[:8], "87654321", "houtman", ""):
        sent = client.post(PAGE, {"search": term})
        assert sent.status_code == 302
        assert not term or term not in sent.url
        assert names(client.get(sent.url)) == (["Houtman & Zn"] if term else ["Anders", "Houtman & Zn"])
    assert names(client.post(PAGE, {"search": "niets"}, follow=True)) == []


def test_pages_of_fifty_are_walked_by_cursor(client, helper, monkeypatch):
    monkeypatch.setattr("processors.helper_views.PAGE", 2)
    for number in range(5):
        AccountFactory(company__company_name=f"Bedrijf {number}")
    client.force_login(helper.user)
    seen, address = [], PAGE
    while address:
        answer = client.get(address)
        seen.append(names(answer))
        after = answer.context["after"]
        address = after and f"{PAGE}?before={after}"
    assert seen == [["Bedrijf 4", "Bedrijf 3"], ["Bedrijf 2", "Bedrijf 1"], ["Bedrijf 0"]]
    assert names(client.get(PAGE, {"before": "x; drop"}))[0] == "Bedrijf 4"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(client, helper, asks, count):
    for _i in range(count):
        AccountFactory()
    client.force_login(helper.user)
    client.get(PAGE)
    with asks(6):  # session, user, window, projects, accounts, journal
        assert len(names(client.get(PAGE))) == count


def test_the_window_closes_in_mid_session(client, helper, account):
    client.force_login(helper.user)
    assert client.get(PAGE).status_code == 200
    Project.objects.update(ends_at=timezone.now())
    before = Entry.objects.count()
    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "Nu geen toegang" in answer.content.decode()
    assert account.company.company_name not in answer.content.decode()
    assert "Je project is voorbij" in answer.content.decode()
    told = Entry.objects.latest("id")
    assert (Entry.objects.count(), told.event, told.account_reference, told.facts) == (
        before + 1, "helper.refused", None, {"page": "accounts", "why": "over"}
    )  # fmt: skip


def test_a_helper_reaches_nothing_else(client, helper, account):
    client.force_login(helper.user)
    for path in ("/", "/account/cancel/", "/erasure/", "/my-data/looks/"):
        answer = client.get(path)
        assert (answer.status_code, answer.get("Location")) == (302, PAGE), path
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/accounts/account/").status_code == 302
    assert client.put(PAGE).status_code == 405


def test_holders_and_staff_have_pages_of_their_own(client, staff, holder):
    for person, home in ((holder, "/"), (staff, "/admin/")):
        client.force_login(person)
        answer = client.get(PAGE, follow=True)
        assert answer.redirect_chain[-1][0] == home


def test_a_helper_reads_in_the_language_of_choice_and_writes_nothing(client, helper, account):
    client.force_login(helper.user)
    client.post("/language/", {"language": "en", "next": PAGE})
    assert "Accounts, the newest first" in client.get(PAGE).content.decode()
    helper.user.refresh_from_db()
    assert helper.user.language == "nl"


@pytest.mark.clause("7")
@pytest.mark.parametrize("project_runs", [True, False])
def test_a_helper_sets_a_new_password_and_signs_out_whether_a_project_runs_or_not(client, helper, project_runs):
    if not project_runs:
        Project.objects.update(ends_at=timezone.now())
    freshly(client, helper.user)
    new = "hamer-plank-spijker"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/security/password/", form).status_code == 302
    assert User.objects.with_password().get(pk=helper.user.pk).check_password(new)
    assert freshly(client, User.objects.with_password().get(pk=helper.user.pk)).post("/sign-out/").status_code == 302
    told = Entry.objects.filter(actor_reference=helper.user.reference, account_reference=None).order_by("id")
    assert list(told.values_list("event", flat=True))[-2:] == ["user.password_changed", "session.ended"]


@pytest.mark.parametrize("project_runs", [True, False])
def test_what_is_for_everybody_a_helper_reads_too(client, helper, project_runs):
    if not project_runs:
        Project.objects.update(ends_at=timezone.now())
    client.force_login(helper.user)
    for path in ("/privacy/", "/privacy/privacy.pdf", "/record/", "/record/record.pdf", "/record/record.json",
                 "/sub-processors/", "/sub-processors/access/", "/what-we-do/"):  # fmt: skip
        assert client.get(path).status_code == 200, path
