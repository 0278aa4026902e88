from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SupportAccess, User
from accounts.states import State
from journal.models import Entry
from tests.cast import member, opened
from tests.factories import AccountFactory, HelperFactory, StaffFactory

ACCOUNTS, USERS = "/admin/accounts/account/", "/admin/accounts/user/"
ACCESSES = "/admin/accounts/supportaccess/"
pytestmark = pytest.mark.django_db


def told(**about):
    return list(
        Entry.objects.filter(event__startswith="support.", **about).order_by("id").values_list("event", flat=True)
    )


def overdue(access: SupportAccess) -> None:
    """As if an hour had passed."""
    hour = timedelta(hours=1)
    access.opened_at, access.ends_at = access.opened_at - hour, access.ends_at - hour
    access.save()


# --- The page of an account ----------------------------------------------------------------------------------


@pytest.mark.clause("1", "7")
def test_an_account_shows_no_people_before_it_is_opened_for_a_ticket(client, staff, account, holder):
    client.force_login(staff)
    page = f"{ACCOUNTS}{account.pk}/change/"
    asked = client.get(page)
    assert (asked.status_code, list(asked.context["form"].fields)) == (200, ["ticket", "reason"])
    text = asked.content.decode()
    assert account.company.company_name in text
    assert all(word not in text for word in (holder.full_name, holder.email, account.company.email))
    assert told() == []

    answer = client.post(page, {"ticket": "T-1042", "reason": "Vraag over een factuur"}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [(page, 302)]
    assert all(word in text for word in (holder.full_name, holder.email, "Open voor jou tot", "T-1042"))
    client.get(page)
    assert told(account_reference=account.reference) == ["support.opened", "support.looked", "support.looked"]


@pytest.mark.clause("1")
def test_the_banner_closes_the_account_and_the_next_look_asks_again(client, staff, account):
    access = opened(account, staff)
    client.force_login(staff)
    page = f"{ACCOUNTS}{account.pk}/change/"
    assert client.get(f"{ACCOUNTS}{account.pk}/close/").status_code == 302  # looking closes nothing
    access.refresh_from_db()
    assert access.closed_at is None
    assert client.post(f"{ACCOUNTS}{account.pk}/close/").url == ACCOUNTS
    access.refresh_from_db()
    assert access.closed_at is not None
    assert "form" in client.get(page).context
    assert told() == ["support.opened", "support.closed"]
    assert client.post(f"{ACCOUNTS}{account.pk}/close/").status_code == 302
    assert told() == ["support.opened", "support.closed"]


@pytest.mark.clause("1")
def test_an_access_that_is_over_shows_the_question_again(client, staff, account, holder):
    overdue(opened(account, staff))
    client.force_login(staff)
    assert holder.full_name not in client.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()


def test_what_a_colleague_opened_is_not_open_to_oneself(client, staff, account, holder):
    opened(account, StaffFactory())
    client.force_login(staff)
    assert holder.full_name not in client.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()


def test_a_reason_with_somebody_s_address_is_told_at_its_field(client, staff, account):
    client.force_login(staff)
    answer = client.post(
        f"{ACCOUNTS}{account.pk}/change/", {"ticket": "T-1", "reason": "mail van sanne@bedrijf.example"}
    )
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["reason"])
    assert not SupportAccess.objects.exists()


@pytest.mark.clause("7")
def test_a_role_that_does_not_look_into_accounts_gets_no_question(client, account):
    client.force_login(member("Finance"))
    assert client.get(ACCOUNTS).status_code == 200
    page = f"{ACCOUNTS}{account.pk}/change/"
    assert client.get(page).status_code == 403
    assert client.post(page, {"ticket": "T-1", "reason": "Vraag"}).status_code == 403
    assert not SupportAccess.objects.exists()


def test_an_erased_account_has_no_people_and_needs_no_ticket(client, staff):
    from retention.erasure import erase_due

    today = timezone.localdate()
    account = AccountFactory(
        state=State.CANCELLED, signed_up_on=today - timedelta(days=900), cancelled_on=today - timedelta(days=800)
    )
    erase_due(on=today, at=timezone.now(), only=[account.pk])
    client.force_login(staff)
    answer = client.get(f"{ACCOUNTS}{account.pk}/change/")
    assert (answer.status_code, "tables" in answer.context) == (200, True)


@pytest.mark.clause("1")
def test_an_account_is_found_by_a_users_whole_address_and_the_user_is_not_shown(client, staff, holder, colleague):
    AccountFactory()
    client.force_login(staff)
    for address in (holder.email.upper(), colleague.email):
        answer = client.post(ACCOUNTS, {"q": address}, follow=True)
        assert set(answer.context["cl"].queryset) == {holder.account}
        assert holder.full_name not in answer.content.decode()
    for part in (holder.email[:-3], "@bedrijf", "niemand@nergens.example"):
        assert not client.post(ACCOUNTS, {"q": part}, follow=True).context["cl"].queryset


# --- Users ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("1", "7")
def test_a_holder_is_shown_while_the_account_is_open_and_every_time_is_journalled(client, staff, holder, outsider):
    client.force_login(staff)
    assert holder.full_name not in client.get(USERS).content.decode()
    place = f"{USERS}{holder.pk}/change/"
    assert client.get(place).status_code == 302  # to the board, which says that there is none
    opened(holder.account, staff)
    assert holder.email in client.get(place).content.decode()
    assert client.get(f"{USERS}{outsider.pk}/change/").status_code == 302
    assert holder.full_name not in client.get(USERS).content.decode()
    assert told(account_reference=holder.account.reference) == ["support.opened", "support.looked"]
    assert Entry.objects.get(event="support.looked").facts["page"] == "user"


def test_a_holder_cannot_be_changed_here_nor_given_a_password(client, staff, holder):
    client.force_login(staff)
    opened(holder.account, staff)
    before = User.objects.filter(pk=holder.pk).values().get()
    assert client.post(f"{USERS}{holder.pk}/change/", {"first_name": "Eva", "is_active": ""}).status_code == 403
    form = {"password": "plank-spijker-34", "again": "plank-spijker-34"}
    assert client.post(f"{USERS}{holder.pk}/password/", form).status_code == 403
    assert User.objects.filter(pk=holder.pk).values().get() == before


def test_only_an_administrator_makes_or_changes_staff(client):
    officer = member("Privacy officer")
    client.force_login(officer)
    assert client.get(f"{USERS}add/").status_code == 403
    assert client.post(f"{USERS}{officer.pk}/change/", {"groups": [1, 2, 3, 4]}).status_code == 403
    assert officer.groups.count() == 1


def test_staff_and_helpers_are_found_by_the_whole_address_or_a_reference(client, staff, holder):
    helper = HelperFactory()
    client.force_login(staff)
    terms = (staff.email.upper(), str(helper.reference)[:8], holder.email, str(holder.reference), "hugo")
    found = [set(client.post(USERS, {"q": term}, follow=True).context["cl"].queryset) for term in terms]
    assert found == [{staff}, {helper}, set(), set(), set()]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_users_asks_the_same_whatever_its_length(client, staff, asks, count):
    StaffFactory.create_batch(count)
    client.force_login(staff)
    client.get(USERS)
    with asks(6):
        assert client.get(USERS).status_code == 200


# --- Who opened what -----------------------------------------------------------------------------------------


@pytest.mark.clause("7")
def test_the_privacy_officer_sees_who_opened_which_account_and_why(client, staff, account):
    access = opened(account, member("Support"))
    client.force_login(member("Privacy officer"))
    page = client.get(ACCESSES)
    assert list(page.context["cl"].result_list) == [access]
    assert "T-1042" in page.content.decode()
    shown = client.get(f"{ACCESSES}{access.pk}/change/").content.decode()
    assert "Vraag over een factuur" in shown
    assert client.post(f"{ACCESSES}{access.pk}/change/", {"reason": "x"}).status_code == 403
    client.force_login(member("Support"))
    assert client.get(ACCESSES).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_opened_accounts_asks_the_same_whatever_its_length(client, staff, asks, count):
    for _i in range(count):
        opened(AccountFactory(), staff)
    client.force_login(staff)
    client.get(ACCESSES)
    with asks(4):
        assert len(client.get(ACCESSES).context["cl"].result_list) == count
