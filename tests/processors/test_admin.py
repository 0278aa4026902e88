from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
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
    house = registers.house()
    form = {
        "sub_processor": house.pk, "category": "hosting", "first_name": "Hugo", "last_name": "Hulp",
        "email": "hugo@noorderhost.example", "password": "spijker-hamer-plank",
    }  # fmt: skip
    assert client.post(f"{HELPERS}add/", form).status_code == 302
    helper, today = Helper.objects.get(), timezone.localdate()
    assert "Nu geen toegang" in client.get(HELPERS).content.decode()
    assert client.post(f"{HELPERS}{helper.pk}/sign/", {"signed_on": today.isoformat()}).status_code == 302
    form = {
        "name": "Nieuwe server", "purpose": "Overzetten", "work": "hosting", "sub_processor": house.pk, "first_day": today.isoformat(),
        "last_day": today.isoformat(), "helpers": [helper.pk],
    }  # fmt: skip
    assert "Hugo Hulp (Noorderhost)" in client.get(f"{PROJECTS}add/").content.decode()
    assert client.post(f"{PROJECTS}add/", form).status_code == 302
    project = Project.objects.get()
    assert "Hugo Hulp" in client.get(f"{PROJECTS}{project.pk}/change/").content.decode()
    day = [timezone.localtime(moment) for moment in (project.starts_at, project.ends_at)]
    assert [(moment.date(), moment.hour) for moment in day] == [(today, 0), (today + timedelta(days=1), 0)]
    assert "Heeft toegang" in client.get(f"{HELPERS}{helper.pk}/change/").content.decode()
    later = today + timedelta(days=3)
    assert client.get(f"{PROJECTS}{project.pk}/move/").context["form"].initial == {"last_day": today}
    assert client.post(f"{PROJECTS}{project.pk}/move/", {"last_day": later.isoformat()}).status_code == 302
    assert timezone.localdate(Project.objects.get().ends_at) == later + timedelta(days=1)
    past = client.post(f"{PROJECTS}{project.pk}/move/", {"last_day": (today - timedelta(days=1)).isoformat()})
    assert past.status_code == 409
    assert client.get(f"{PROJECTS}{project.pk}/choose/").context["form"].initial == {"helpers": [helper.pk]}
    assert client.post(f"{PROJECTS}{project.pk}/choose/", {}).status_code == 302
    assert not Helper.objects.inside(timezone.now()).exists()
    assert client.post(f"{PROJECTS}{project.pk}/choose/", {"helpers": [helper.pk]}).status_code == 302
    assert client.get(f"{PROJECTS}{project.pk}/end/").status_code == 200
    assert Helper.objects.inside(timezone.now()).exists()  # looking ends nothing
    assert client.post(f"{PROJECTS}{project.pk}/end/").status_code == 302
    assert not Helper.objects.inside(timezone.now()).exists()
    assert client.get(f"{PROJECTS}{project.pk}/change/").context["actions_detail"] == []


def test_who_left_is_shut_out_and_offered_for_no_project(client):
    client.force_login(member("Security officer"))
    house, now, day = registers.house(), timezone.now(), timedelta(days=1)
    helper = registers.helper(house)
    project = registers.project(house, helper, starts_at=now - day, ends_at=now + day)
    assert "voorgoed" in client.get(f"{HELPERS}{helper.pk}/end/").content.decode()
    assert Helper.objects.get().ended_at is None
    assert client.post(f"{HELPERS}{helper.pk}/end/").status_code == 302
    assert Helper.objects.get().ended_at is not None
    page = client.get(f"{HELPERS}{helper.pk}/change/")
    assert page.context["actions_detail"] == []
    assert "Is weg" in page.content.decode()
    assert "Hugo" not in client.get(f"{PROJECTS}add/").content.decode()
    assert client.post(f"{PROJECTS}{project.pk}/choose/", {"helpers": [helper.pk]}).status_code == 409


@pytest.mark.parametrize(("work", "status"), [("support", 302), ("sales", 302), ("developer", 409), ("hosting", 409)])
def test_names_are_shown_only_in_work_that_needs_them(client, work, status):
    client.force_login(member("Privacy officer"))
    house = registers.house()
    helper, today = registers.helper(house), timezone.localdate().isoformat()
    form = {
        "name": "Vragen", "purpose": "Klanten helpen", "work": work, "shows_names": "on", "sub_processor": house.pk,
        "first_day": today, "last_day": today, "helpers": [helper.pk],
    }  # fmt: skip
    assert client.post(f"{PROJECTS}add/", form).status_code == status
    assert Project.objects.filter(shows_names=True).exists() == (status == 302)
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.create(
            sub_processor=house, name="x", work="hosting", shows_names=True, starts_at=timezone.now(),
            ends_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip


def test_bad_input_is_told_and_changes_nothing(client):
    client.force_login(member("Privacy officer"))
    house = SubProcessor.objects.create(name="Noorderhost")
    form = {
        "sub_processor": house.pk, "category": "hosting", "first_name": "Hugo", "last_name": "Hulp",
        "email": "hugo@noorderhost.example", "password": "kort",
    }  # fmt: skip
    answer = client.post(f"{HELPERS}add/", form)
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["password"])
    assert not User.objects.filter(is_helper=True).exists()


def test_support_and_finance_see_no_register(client):
    client.force_login(member("Support", "Finance"))
    assert [client.get(place).status_code for place in (HOUSES, HELPERS, PROJECTS)] == [403, 403, 403]
    assert [client.get(f"{place}add/").status_code for place in (HOUSES, HELPERS, PROJECTS)] == [403, 403, 403]
