"""Helpers: of a sub-processor, bound to confidentiality, and inside only while a project of theirs runs (§8, §10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Company, Session, User
from accounts.privacy import MYSELF, OWN
from cannonworks import datamap
from cannonworks.errors import Refused
from journal.models import Entry
from processors import helping
from processors.models import Helper, Project, Statement, SubProcessor
from processors.privacy import IN_OWN_PROJECTS, INSIDE, NAMED
from processors.privacy import MYSELF as ME
from tests import registers
from tests.cast import member
from tests.factories import AccountFactory, HelperFactory

START = datetime.fromisoformat("2026-11-23T00:00:00+01:00")
END = datetime.fromisoformat("2026-12-07T00:00:00+01:00")
NOW = datetime.fromisoformat("2026-11-22T12:00:00+01:00")
INSTANT = timedelta(microseconds=1)
WORK = {"purpose": "Overzetten", "work": "hosting"}
pytestmark = [pytest.mark.django_db, pytest.mark.clause("10")]


@pytest.fixture
def officer(db) -> User:
    return member("Security officer")


@pytest.fixture
def house(officer) -> SubProcessor:
    return registers.house()


def add(house, officer, **other) -> Helper:
    fields = {
        "category": "hosting", "email": "Hugo@Noorderhost.example", "password": "spijker-hamer-plank",
        "first_name": "Hugo", "last_name": "Hulp", **other,
    }  # fmt: skip
    return helping.add_helper(house, actor=officer, **fields)


@pytest.fixture
def helper(house, officer) -> Helper:
    made = add(house, officer)
    helping.note_statement(made, actor=officer, signed_on=date(2026, 11, 20), at=NOW)
    return made


@pytest.fixture
def project(house, officer, helper) -> Project:
    return helping.start_project(
        house, actor=officer, name="Nieuwe server", **WORK, starts_at=START, ends_at=END, helpers=[helper]
    )


def inside(at) -> list[Helper]:
    return list(Helper.objects.inside(at))


def events() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("event", flat=True))


@pytest.mark.parametrize(
    ("at", "is_inside"), [(START - INSTANT, False), (START, True), (END - INSTANT, True), (END, False)]
)
def test_a_helper_is_inside_from_the_first_instant_of_a_project_to_the_last(helper, project, at, is_inside):
    assert inside(at) == [helper] * is_inside


def test_two_projects_are_one_window(house, officer, helper, project):
    helping.start_project(house, actor=officer, name="Nog een", **WORK, starts_at=START, ends_at=END, helpers=[helper])
    assert inside(START) == [helper]


@pytest.mark.clause("8")
@pytest.mark.parametrize(
    ("signed_on", "is_inside"), [(None, False), (date(2026, 11, 23), True), (date(2026, 11, 24), False)]
)
def test_not_before_the_day_on_which_the_statement_was_signed(helper, project, signed_on, is_inside):
    Statement.objects.update(**({"signed_on": signed_on} if signed_on else {"ended_on": date(2026, 11, 23)}))
    assert inside(START) == [helper] * is_inside


def test_who_is_in_no_project_or_in_one_of_another_house_is_outside(house, officer, helper, project):
    other = add(house, officer, email="ander@noorderhost.example")
    helping.note_statement(other, actor=officer, signed_on=date(2026, 11, 20), at=NOW)
    assert inside(START) == [helper]
    elsewhere = registers.house("Zuiderhost")
    Helper.objects.filter(pk=helper.pk).update(sub_processor=elsewhere)  # as if he changed houses
    assert inside(START) == []


def test_a_project_that_is_ended_lets_nobody_look_from_that_moment(officer, helper, project):
    at = START + timedelta(days=1)
    helping.end_project(project, actor=officer, at=at)
    assert (inside(at - INSTANT), inside(at)) == ([helper], [])
    with pytest.raises(Refused) as refused:
        helping.end_project(project, actor=officer, at=at)
    assert refused.value.code == "not_running"


def test_all_of_it_is_journalled_without_names(officer, helper, project):
    helping.end_project(project, actor=officer, at=START + timedelta(days=1))
    own, *kept = events()  # the officer's own second factor comes first
    assert own == "second_factor.added"
    assert kept == ["helper.added", "helper.bound", "project.entered", "project.ended"]
    facts = list(Entry.objects.order_by("id").values_list("facts", flat=True))
    reference = str(helper.user.reference)
    assert facts[1:4] == [
        {"helper": reference, "category": "hosting"},
        {"helper": reference, "signed_on": "2026-11-20"},
        {
            "project": project.pk,
            "starts_at": START.isoformat(),
            "ends_at": END.isoformat(),
            "helpers": [reference],
            "work": "hosting",
            "shows_names": False,
        },
    ]
    assert {entry.actor_reference for entry in Entry.objects.all()} == {officer.reference}


def test_a_helper_is_a_user_of_no_account_and_no_staff(helper):
    user = User.objects.get(email="hugo@noorderhost.example")
    assert (user.kind, user.is_staff, user.is_superuser, user.account, user.check_password("spijker-hamer-plank")) == (
        "helper", False, False, None, True
    )  # fmt: skip


def test_a_project_has_its_own_helpers_and_ends_after_it_starts(house, officer, helper):
    elsewhere = registers.house("Zuiderhost")
    with pytest.raises(Refused) as refused:
        helping.start_project(
            elsewhere, actor=officer, name="x", **WORK, starts_at=START, ends_at=END, helpers=[helper]
        )
    assert refused.value.code == "other_helper"
    with pytest.raises(ValidationError):
        helping.start_project(house, actor=officer, name="x", **WORK, starts_at=START, ends_at=START, helpers=[helper])
    assert not Project.objects.exists()


def refused(step, *arguments, **more) -> str:
    with pytest.raises(Refused) as caught:
        step(*arguments, **more)
    return caught.value.code


def test_a_project_is_extended_and_shortened_until_it_is_over(officer, helper, project):
    at, day = START + timedelta(days=1), timedelta(days=1)
    helping.move_end(project, actor=officer, ends_at=END + day, at=at)
    assert (inside(END), inside(END + day)) == ([helper], [])
    helping.move_end(project, actor=officer, ends_at=at + day, at=at)
    assert (inside(at + day - INSTANT), inside(at + day)) == ([helper], [])
    assert refused(helping.move_end, project, actor=officer, ends_at=at, at=at) == "past"
    assert refused(helping.move_end, project, actor=officer, ends_at=START, at=START - day) == "past"
    assert refused(helping.move_end, project, actor=officer, ends_at=END, at=at + day) == "over"
    told = Entry.objects.filter(event="project.moved").order_by("id").values_list("facts", flat=True)
    assert [facts["ends_at"] for facts in told] == [(END + day).isoformat(), (at + day).isoformat()]


def test_helpers_come_into_a_project_and_go_from_it(house, officer, helper, project):
    at = START + timedelta(days=1)
    other = add(house, officer, email="ander@noorderhost.example")
    helping.note_statement(other, actor=officer, signed_on=date(2026, 11, 20), at=NOW)
    helping.change_helpers(project, actor=officer, helpers=[other], at=at)
    assert inside(at) == [other]
    facts = Entry.objects.latest("id").facts
    assert facts == {
        "project": project.pk, "joined": [str(other.user.reference)], "left": [str(helper.user.reference)],
    }  # fmt: skip
    before = Entry.objects.count()
    helping.change_helpers(project, actor=officer, helpers=[other], at=at)  # as it was: nothing to tell
    assert Entry.objects.count() == before
    stranger = registers.helper(registers.house("Zuiderhost"))
    assert refused(helping.change_helpers, project, actor=officer, helpers=[stranger], at=at) == "other_helper"
    assert refused(helping.change_helpers, project, actor=officer, helpers=[helper], at=END) == "over"
    assert inside(at) == [other]


def test_who_left_is_shut_out_at_once_and_for_good(house, officer, helper, project, client):
    client.force_login(helper.user)
    at = START + timedelta(days=1)
    assert Session.objects.filter(user=helper.user).exists()
    helping.end_helper(helper, actor=officer, at=at)
    assert (inside(at - INSTANT), inside(at)) == ([helper], [])
    assert not Session.objects.filter(user=helper.user).exists()
    assert not User.objects.get(pk=helper.user_id).is_active
    assert client.get("/helpers/").url.startswith("/sign-in/")
    assert refused(helping.end_helper, helper, actor=officer, at=at) == "has_left"
    assert Statement.objects.get(user=helper.user).ended_on is None  # who left keeps quiet too
    again = {"name": "x", **WORK, "starts_at": START, "ends_at": END, "helpers": [Helper.objects.get()]}
    assert refused(helping.start_project, house, actor=officer, **again) == "has_left"
    told = Entry.objects.filter(event="helper.ended").get()
    assert (told.actor_reference, told.facts) == (officer.reference, {"helper": str(helper.user.reference)})


def test_a_project_says_what_it_is_for(house, officer, helper):
    fields = {"name": "x", "starts_at": START, "ends_at": END, "helpers": [helper]}
    for wrong in ({"purpose": " ", "work": "hosting"}, {"purpose": "x", "work": ""}, {"purpose": "x", "work": "tea"}):
        with pytest.raises(ValidationError):
            helping.start_project(house, actor=officer, **fields, **wrong)
    with pytest.raises(ValidationError):
        helping.start_project(house, actor=officer, **fields, **WORK, shows_names=True)


@pytest.mark.clause("8")
def test_a_statement_is_not_signed_tomorrow(helper, officer):
    with pytest.raises(Refused) as refused:
        helping.note_statement(helper, actor=officer, signed_on=date(2026, 11, 23), at=NOW)
    assert refused.value.code == "not_yet"


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_other_roles_keep_no_register(house, helper, project, role):
    person, at = member(role), START + timedelta(days=1)
    before = events()
    for act in (
        lambda: add(house, person, email="x@y.example"),
        lambda: helping.note_statement(helper, actor=person, signed_on=date(2026, 1, 1), at=NOW),
        lambda: helping.start_project(house, actor=person, name="x", **WORK, starts_at=START, ends_at=END, helpers=[]),
        lambda: helping.end_project(project, actor=person, at=at),
        lambda: helping.move_end(project, actor=person, ends_at=END, at=at),
        lambda: helping.change_helpers(project, actor=person, helpers=[], at=at),
        lambda: helping.end_helper(helper, actor=person, at=at),
        lambda: helping.end_project(project, actor=helper.user, at=at),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "no_such_role"
    assert events() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_staff": True}, {"is_helper": False}, {"is_superuser": True}
    ],
)  # fmt: skip
def test_the_database_refuses_a_helper_who_is_something_else_too(helper, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=helper.user_id).update(**wrong)


def test_the_database_refuses_a_helper_with_an_account():
    account, user = AccountFactory(), HelperFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(account=account)


def test_the_rule_of_the_database_is_the_same_as_that_of_the_pages(house, officer, helper):
    def by_the_database(user) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('cannonworks.user', %s, true)", [str(user.pk) if user else ""])
            cursor.execute(f"SELECT {INSIDE}")
            return cursor.fetchone()[0]

    def both() -> tuple[bool, bool]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")  # the beginning of the transaction, in which the clock stands still
            (at,) = cursor.fetchone()
        return by_the_database(helper.user), bool(inside(at))

    now, day = timezone.now(), timedelta(days=1)
    Statement.objects.update(signed_on=timezone.localdate() - day)
    assert both() == (False, False)
    project = helping.start_project(
        house, actor=officer, name="x", **WORK, starts_at=now - day, ends_at=now + day, helpers=[helper]
    )
    assert both() == (True, True)
    assert [by_the_database(other) for other in (officer, None)] == [False, False]
    elsewhere, today = registers.house("Zuiderhost"), timezone.localdate()
    for rows, wrong, right in (
        (Project.objects.filter(pk=project.pk), {"ends_at": now - timedelta(hours=1)}, {"ends_at": now + day}),
        (Project.objects.filter(pk=project.pk), {"starts_at": now + timedelta(hours=1)}, {"starts_at": now - day}),
        (Project.objects.filter(pk=project.pk), {"sub_processor": elsewhere}, {"sub_processor": house}),
        (Helper.objects.all(), {"ended_at": now - timedelta(hours=1)}, {"ended_at": None}),
        (Statement.objects.all(), {"signed_on": today + day}, {"signed_on": today - day}),
        (Statement.objects.all(), {"ended_on": today}, {"ended_on": today + day}),
        (SubProcessor.objects.filter(pk=house.pk), {"stage": "draft"}, {"stage": "active"}),
    ):
        rows.update(**wrong)
        assert both() == (False, False), wrong
        rows.update(**right)
        assert both() == (True, True), right
    for wrong in ({"valid_until": today - day}, {"signed_on": today + day}):  # papers never change: another one counts
        registers.agreement(house, **wrong)
        assert both() == (False, False), wrong
        registers.agreement(house, valid_until=today)
        assert both() == (True, True)
    project.helpers.clear()
    assert both() == (False, False)


def test_what_a_helper_may_is_read_and_of_accounts_the_overarching_administration():
    assert datamap.restrictions() == {"helper": INSIDE}
    assert datamap.restriction("helper", Company) == NAMED
    others = [entry for entry in datamap.entries() if "helper" not in entry.rows]
    seen = {entry.table: entry.columns("helper") for entry in others if entry.columns("helper")}
    assert {table: names for table, names in seen.items() if table in ("accounts_account", "accounts_company")} == {
        "accounts_account": ["id", "reference", "state"],
        "accounts_company": ["id", "account", "company_name", "kvk_number"],
    }
    assert {table: names for table, names in seen.items() if table.startswith("processors_")} == {
        "processors_agreement": ["id", "signed_on", "valid_until"],
        "processors_subprocessor": ["id", "name", "role", "country", "stage", "agreement"],
    }
    # What is left are his own rows: of nobody's account, and no others.
    own = {entry.table: entry.rows["helper"] for entry in datamap.entries() if "helper" in entry.rows}
    assert own == {
        "account_emailaddress": OWN, "mfa_authenticator": OWN, "accounts_user": MYSELF,
        "accounts_session": f"user_id IS NULL OR {OWN}", "processors_statement": f"user_id = {ME}",
        "processors_helper": f"user_id = {ME}", "processors_project_helpers": IN_OWN_PROJECTS,
        "processors_project": "id IN (SELECT project_id FROM processors_project_helpers)",
    }  # fmt: skip
    writes = {entry.table: entry.may["helper"] for entry in others if entry.may.get("helper", "SELECT") != "SELECT"}
    assert writes == {"journal_entry": "INSERT", "account_emailconfirmation": "SELECT DELETE"}
    assert datamap.entry(User).may["helper"] == "SELECT LOCK"
