from __future__ import annotations

import pytest

from accounts.admin import masked
from accounts.models import User
from accounts.states import State
from tests.cast import member
from tests.factories import AccountFactory, ColleagueFactory

USERS = "/admin/accounts/user/"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Sanne de Vries", "S•••• d• V••••"), ("sanne@bedrijf.example", "s••••@b••••••••••••••"), ("", "")],
)
def test_a_name_or_address_is_masked_but_for_its_first_signs(text, shown):
    assert masked(text) == shown


@pytest.mark.django_db
def test_of_a_holder_nothing_but_masks_is_shown(client, staff, holder):
    client.force_login(staff)
    for page in (USERS, f"{USERS}{holder.pk}/change/"):
        text = client.get(page).content.decode()
        assert "S•••• d• V••••" in text
        assert all(name not in text for name in ("Sanne", "Vries", holder.email))


@pytest.mark.django_db
def test_a_holder_cannot_be_changed_here_nor_given_a_password(client, staff, holder):
    client.force_login(staff)
    before = User.objects.filter(pk=holder.pk).values().get()
    assert client.post(f"{USERS}{holder.pk}/change/", {"first_name": "Eva", "is_active": ""}).status_code == 403
    form = {"password": "plank-spijker-34", "again": "plank-spijker-34"}
    assert client.post(f"{USERS}{holder.pk}/password/", form).status_code == 403
    assert User.objects.filter(pk=holder.pk).values().get() == before


@pytest.mark.django_db
def test_only_an_administrator_makes_or_changes_staff(client):
    officer = member("Privacy officer")
    client.force_login(officer)
    assert client.get(f"{USERS}add/").status_code == 403
    assert client.post(f"{USERS}{officer.pk}/change/", {"groups": [1, 2, 3, 4]}).status_code == 403
    assert officer.groups.count() == 1


@pytest.mark.django_db
def test_a_user_is_found_by_the_whole_address_or_a_reference(client, staff, holder, outsider):
    client.force_login(staff)
    found = {term: set(client.get(USERS, {"q": term}).context["cl"].queryset) for term in (
        holder.email.upper(), str(outsider.reference)[:8], str(holder.account.reference), "sanne"
    )}  # fmt: skip
    assert list(found.values()) == [{holder}, {outsider}, {holder}, set()]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_users_asks_the_same_whatever_its_length(client, staff, asks, count):
    account = AccountFactory(state=State.ACTIVE)
    ColleagueFactory.create_batch(count, account=account)
    client.force_login(staff)
    client.get(USERS)
    with asks(6):
        assert client.get(USERS).status_code == 200
