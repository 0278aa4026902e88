"""What holds for every page of the staff's administration."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import User
from cannonworks import datamap
from cannonworks.admin import StaffAdmin, reference_begins
from cannonworks.admin_words import categories
from cannonworks.datamap import Category
from journal.models import Entry
from tests.cast import member
from tests.signin import second_step, sign_in

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_every_page_is_read_only_unless_it_says_so():
    assert all(isinstance(page, StaffAdmin) for page in admin.site._registry.values())


def test_relations_employees_and_documents_are_nowhere():
    hidden = {entry.model for entry in datamap.entries(Category.RELATIONS, Category.EMPLOYEES, Category.DOCUMENTS)}
    assert hidden
    assert not hidden & set(admin.site._registry)


@pytest.mark.django_db
def test_visitors_holders_and_outsiders_reach_nothing(client, holder, outsider):
    places = [
        reverse("admin:index"),
        *map(list_of, REGISTERED),
        *(f"{list_of(model)}1/change/" for model in REGISTERED),
    ]
    for person in (None, holder, outsider):
        if person:
            client.force_login(person)
        for place in places:
            answer = client.get(place)
            assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("admin:login")), place
    client.force_login(holder)
    assert client.get(reverse("admin:login")).status_code == 403


@pytest.mark.django_db
def test_staff_without_a_role_see_nothing(client):
    client.force_login(member())
    assert {client.get(list_of(model)).status_code for model in REGISTERED} == {403}


@pytest.mark.django_db
def test_an_administrator_sees_every_list_under_one_heading(client, staff, account):
    client.force_login(staff)
    for model in REGISTERED:
        answer = client.get(list_of(model))
        assert (answer.status_code, answer.content.count(b"<h1")) == (200, 1), model


@pytest.mark.django_db
def test_staff_sign_in_with_their_address(client, staff):
    assert client.get(reverse("admin:login"), {"next": "/admin/"}).url == "/sign-in/?next=%2Fadmin%2F"
    sign_in(client, staff.email.upper())
    assert second_step(client).url == "/admin/"
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.django_db
def test_a_role_sees_what_it_lists_and_no_more(client):
    client.force_login(member("Finance"))
    seen = {m._meta.label for m in REGISTERED if client.get(list_of(m)).status_code == 200}
    assert seen == {"accounts.Account", "finance.SubscriptionInvoice", "finance.Payment"}


@pytest.mark.django_db
def test_the_board_shows_cards_of_ones_role_alone(client):
    client.force_login(member("Security officer"))
    cards = client.get(reverse("admin:index")).context["cards"]
    assert {card["card"].model for card in cards} == {"retention.alarm", "accounts.account"}


@pytest.mark.django_db
def test_nothing_is_deleted_and_no_history_is_shown(client, staff, account):
    client.force_login(staff)
    assert client.post(f"/admin/accounts/account/{account.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/accounts/account/{account.pk}/history/").status_code == 404
    answer = client.post(list_of(type(account)), {"action": "delete_selected", "_selected_action": [account.pk]})
    assert type(account).objects.filter(pk=account.pk).exists(), answer.status_code


@pytest.mark.django_db
@pytest.mark.clause("7")
def test_an_administrators_changes_of_staff_are_journalled_and_django_s_own_log_stays_empty(client, staff):
    client.force_login(staff)
    new = {
        "first_name": "Iris", "last_name": "Mulder", "email": "iris@cannonworks.example", "language": "nl",
        "groups": [Group.objects.get(name="Support").pk],
        "password1": "hamer-spijker-12", "password2": "hamer-spijker-12",
    }  # fmt: skip
    assert client.post("/admin/accounts/user/add/", new).status_code == 302
    iris = User.objects.get(email="iris@cannonworks.example")
    assert (iris.is_staff, iris.is_superuser, iris.check_password("hamer-spijker-12")) == (True, False, True)
    assert client.post(f"/admin/accounts/user/{iris.pk}/change/", {**new, "first_name": "Iris-Anne"}).status_code == 302
    form = {"password": "plank-spijker-34", "again": "plank-spijker-34"}
    assert client.post(f"/admin/accounts/user/{iris.pk}/password/", form).status_code == 302
    iris.refresh_from_db(fields=["password"])
    assert iris.check_password("plank-spijker-34")
    told = list(Entry.objects.filter(event__startswith="staff.").order_by("id").values_list("event", "facts"))
    reference = str(iris.reference)
    assert told == [
        ("staff.added", {"staff": reference, "roles": ["Support"]}),
        ("staff.changed", {"staff": reference, "roles": ["Support"], "changed": ["First name", "May sign in"]}),
    ]
    assert Entry.objects.get(event="user.password_changed").facts == {"user": reference}
    assert not LogEntry.objects.exists()


def test_no_model_is_shown_by_django_s_own_administration():
    assert {m._meta.label for m in apps.get_models() if admin.site.is_registered(m)} == {
        m._meta.label for m in REGISTERED
    }


def test_a_reference_is_found_by_its_beginning_as_a_range():
    assert reference_begins("reference", "01ABcdef-12").children == [
        ("reference__range", ("01abcdef120000000000000000000000", "01abcdef12ffffffffffffffffffffff"))
    ]


def test_categories_are_called_as_staff_call_them():
    from django.utils.translation import override

    with override("en"):
        assert categories(["bookkeeping", "usage"]) == "Our own books, Usage statistics"
    assert categories([]) == "–"
