from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from processors.models import Helper, Project, SubProcessor
from tests import registers
from tests.cast import member

HOUSES, HELPERS, PROJECTS = (f"/admin/processors/{name}/" for name in ("subprocessor", "helper", "project"))
pytestmark = [pytest.mark.django_db, pytest.mark.clause("10")]


@pytest.mark.parametrize("role", ["Privacy officer", "Security officer"])
def test_the_register_is_kept_from_the_sub_processor_to_the_end_of_the_project(client, role):
    client.force_login(member(role))
    assert client.post(f"{HOUSES}add/", {"name": "Noorderhost", "role": "hosting", "country": "NL"}).status_code == 302
    house = SubProcessor.objects.get()
    assert (house.role, house.country) == ("hosting", "NL")
    answer = client.post(f"{HOUSES}{house.pk}/describe/", {"role": "support", "country": "DE"})
    assert (answer.status_code, SubProcessor.objects.get().place) == (302, "Duitsland")
    registers.at_work(house)
    form = {
        "sub_processor": house.pk, "category": "hosting", "first_name": "Hugo", "last_name": "Hulp",
        "email": "hugo@noorderhost.example", "password": "spijker-hamer-plank",
    }  # fmt: skip
    assert client.post(f"{HELPERS}add/", form).status_code == 302
    helper, today = Helper.objects.get(), timezone.localdate()
    assert "Nu geen toegang" in client.get(HELPERS).content.decode()
    registers.bound(helper.user, signed_on=today)
    form = {
        "name": "Nieuwe server", "sub_processor": house.pk, "first_day": today.isoformat(),
        "last_day": today.isoformat(), "helpers": [helper.pk],
    }  # fmt: skip
    assert "Hugo Hulp (Noorderhost)" in client.get(f"{PROJECTS}add/").content.decode()
    assert client.post(f"{PROJECTS}add/", form).status_code == 302
    project = Project.objects.get()
    assert "Hugo Hulp" in client.get(f"{PROJECTS}{project.pk}/change/").content.decode()
    day = [timezone.localtime(moment) for moment in (project.starts_at, project.ends_at)]
    assert [(moment.date(), moment.hour) for moment in day] == [(today, 0), (today + timedelta(days=1), 0)]
    assert "Heeft toegang" in client.get(f"{HELPERS}{helper.pk}/change/").content.decode()
    assert client.get(f"{PROJECTS}{project.pk}/end/").status_code == 200
    assert Helper.objects.inside(timezone.now()).exists()  # looking ends nothing
    assert client.post(f"{PROJECTS}{project.pk}/end/").status_code == 302
    assert not Helper.objects.inside(timezone.now()).exists()
    assert client.get(f"{PROJECTS}{project.pk}/change/").context["actions_detail"] == []


def test_bad_input_is_told_and_changes_nothing(client):
    client.force_login(member("Privacy officer"))
    house = SubProcessor.objects.create(name="Noorderhost")
    assert client.post(f"{HOUSES}add/", {"name": "Noorderhost", "role": "hosting", "country": "NL"}).status_code == 409
    form = {
        "sub_processor": house.pk, "category": "hosting", "first_name": "Hugo", "last_name": "Hulp",
        "email": "hugo@noorderhost.example", "password": "kort",
    }  # fmt: skip
    answer = client.post(f"{HELPERS}add/", form)
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["password"])
    assert not User.objects.filter(is_helper=True).exists()
    assert SubProcessor.objects.count() == 1


def test_support_and_finance_see_no_register(client):
    client.force_login(member("Support", "Finance"))
    assert [client.get(place).status_code for place in (HOUSES, HELPERS, PROJECTS)] == [403, 403, 403]
    assert [client.get(f"{place}add/").status_code for place in (HOUSES, HELPERS, PROJECTS)] == [403, 403, 403]
