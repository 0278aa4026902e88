"""The window of a helper, held by the database: every table, on both sides of the very instant of each end (§10).

The tables come from the data map, so a new one is tried by itself. The clock is the database's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import Account, Company
from cannonworks import datamap, grants
from cannonworks.datamap import Entry, Role
from cannonworks.deadlines import start_of_day
from cannonworks.isolation import Identity, acting_as
from journal.models import Entry as Line
from processors.models import Helper, Project, SubProcessor
from processors.privacy import INSIDE
from tests import registers
from tests.factories import AccountFactory
from tests.lives import full_life

pytestmark = [pytest.mark.clause("10"), pytest.mark.clause("8")]
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
OWNED = [entry for entry in datamap.entries() if grants.has_rows_of_accounts(entry)]


@dataclass
class World:
    house: SubProcessor
    helper: Helper
    project: Project

    @contextmanager
    def signed_in(self):
        with acting_as(Identity(Role.HELPER, None, self.helper.user_id)):
            yield


@pytest.fixture
def world(db) -> World:
    """Accounts that have lived, and a helper in a running project that shows names."""
    full_life()
    AccountFactory()
    return a_world()


def a_world(**project) -> World:
    house, now = registers.house(), timezone.now()
    helper = registers.helper(house)
    made = registers.project(house, helper, **{"starts_at": now - DAY, "ends_at": now + DAY, **project})
    return World(house, helper, made)


def asked(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def rows_of_accounts(entry: Entry) -> list[tuple] | str:
    """What the role of now reads of rows of accounts: all that it may, by raw SQL; "denied" where it may nothing."""
    columns = ", ".join(f'"{entry.model._meta.get_field(name).column}"' for name in entry.columns(Role.HELPER)) or "*"
    key = entry.model._meta.pk.column
    try:
        with transaction.atomic():
            return sorted(asked(f'SELECT {columns} FROM "{entry.table}" WHERE {entry.owner} IS NOT NULL'), key=repr)
    except ProgrammingError:
        assert not entry.columns(Role.HELPER), (entry.table, key)
        return "denied"


def seen() -> dict[str, list[tuple] | str]:
    return {entry.table: rows_of_accounts(entry) for entry in OWNED}


def accounts_seen(told: dict[str, list[tuple] | str]) -> set[str]:
    """The tables of which some row of an account was seen."""
    return {table for table, rows in told.items() if rows and rows != "denied"}


# --- Every table -----------------------------------------------------------------------------------------------------


def test_inside_a_helper_sees_exactly_what_the_data_map_says_and_of_no_account_more(world):
    readable = {entry.table for entry in OWNED if entry.columns(Role.HELPER)}
    own = {entry.table for entry in OWNED if Role.HELPER in entry.rows}  # his own rows, which are of no account
    everything = {entry.table: rows_of_accounts(entry) for entry in OWNED if entry.columns(Role.HELPER)}
    with world.signed_in():
        told = seen()
    assert {table for table, rows in told.items() if rows != "denied"} == readable
    assert accounts_seen(told) == readable - own == {"accounts_account", "accounts_company"}
    assert all(told[table] == everything[table] for table in readable - own)
    assert len(told["accounts_company"]) == Company.objects.count() > 1


@pytest.mark.parametrize("name", ["project", "begin", "place", "house", "papers", "statement", "left", "nobody"])
def test_outside_a_helper_sees_no_row_of_any_account_in_any_table(world, name):
    today, now = timezone.localdate(), timezone.now()
    rows = {
        "project": lambda: Project.objects.update(ends_at=now - DAY / 2),
        "begin": lambda: Project.objects.update(starts_at=now + DAY / 2),
        "place": lambda: world.project.helpers.clear(),
        "house": lambda: SubProcessor.objects.update(stage="ended", ended_on=today),
        "papers": lambda: registers.agreement(world.house, valid_until=today - DAY),
        "statement": lambda: world.helper.user.statements.update(ended_on=today),
        "left": lambda: Helper.objects.update(ended_at=now - DAY / 2),
        "nobody": lambda: None,
    }
    rows[name]()
    who = Identity(Role.HELPER) if name == "nobody" else Identity(Role.HELPER, None, world.helper.user_id)
    with acting_as(who):
        assert accounts_seen(seen()) == set()


def test_in_work_by_reference_there_is_no_row_of_a_company(world):
    registers.project(world.house, world.helper, starts_at=world.project.starts_at, ends_at=world.project.ends_at)
    with world.signed_in():
        assert accounts_seen(seen()) == {"accounts_account", "accounts_company"}
    Project.objects.update(shows_names=False)
    with world.signed_in():
        assert accounts_seen(seen()) == {"accounts_account"}


def test_names_end_with_the_project_that_shows_them(world):
    masked = registers.project(
        world.house, world.helper, starts_at=world.project.starts_at, ends_at=world.project.ends_at, shows_names=False
    )
    Project.objects.exclude(pk=masked.pk).update(ends_at=timezone.now() - DAY / 2)
    with world.signed_in():
        assert accounts_seen(seen()) == {"accounts_account"}


def test_of_others_in_the_register_a_helper_sees_nothing(world):
    other = registers.helper(world.house)
    registers.project(world.house, other, starts_at=world.project.starts_at, ends_at=world.project.ends_at)
    with world.signed_in():
        assert asked("SELECT id FROM processors_helper") == [(world.helper.pk,)]
        assert asked("SELECT id FROM processors_project") == [(world.project.pk,)]
        assert asked("SELECT helper_id FROM processors_project_helpers") == [(world.helper.pk,)]
        assert asked("SELECT DISTINCT user_id FROM processors_statement") == [(world.helper.user_id,)]


#: What a helper writes: lines of the journal, and rows of his own sign-in.
WRITES = {
    "journal_entry": "INSERT", "accounts_session": "INSERT UPDATE DELETE",
    "account_emailaddress": "INSERT UPDATE DELETE", "account_emailconfirmation": "DELETE",
    "mfa_authenticator": "INSERT UPDATE DELETE",
}  # fmt: skip


@pytest.mark.parametrize("is_inside", [True, False])
def test_every_write_is_refused_but_of_what_is_his_own(world, is_inside):
    if not is_inside:
        Project.objects.update(ends_at=timezone.now() - DAY / 2)
    with world.signed_in():
        found = {
            entry.table: " ".join(verb for verb in ("INSERT", "UPDATE", "DELETE") if not is_denied(entry, verb))
            for entry in datamap.entries()
        }
    assert {table: verbs for table, verbs in found.items() if verbs} == WRITES
    before = {entry.table: asked(f'SELECT count(*) FROM "{entry.table}"') for entry in OWNED}
    mine = [entry for entry in OWNED if entry.table in WRITES and "DELETE" in WRITES[entry.table]]
    with transaction.atomic():
        with world.signed_in():
            for entry in mine:
                asked(f'WITH gone AS (DELETE FROM "{entry.table}" RETURNING 1) SELECT count(*) FROM gone')
        after = {entry.table: asked(f'SELECT count(*) FROM "{entry.table}" WHERE {entry.owner} IS NOT NULL')
                 for entry in mine}  # fmt: skip
        transaction.set_rollback(True)
    assert all(after[entry.table] == rows_owned(entry, before) for entry in mine)


def rows_owned(entry: Entry, _before: object) -> list[tuple]:
    return asked(f'SELECT count(*) FROM "{entry.table}" WHERE {entry.owner} IS NOT NULL')


def is_denied(entry: Entry, verb: str) -> bool:
    column = entry.model._meta.local_concrete_fields[-1].column
    sql = {
        "INSERT": f'INSERT INTO "{entry.table}" DEFAULT VALUES',
        "UPDATE": f'UPDATE "{entry.table}" SET "{column}" = DEFAULT WHERE false',
        "DELETE": f'DELETE FROM "{entry.table}" WHERE false',
    }[verb]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            transaction.set_rollback(True)
    except ProgrammingError as error:
        return "permission denied" in str(error)
    except Exception:  # let through, and wrong for another reason: no value for a column
        return False
    return False


# --- The very instant ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["project", "left"])
@pytest.mark.parametrize(("ends", "is_inside"), [("+ interval '1 microsecond'", True), ("", False),
                                                 ("- interval '1 microsecond'", False)])  # fmt: skip
def test_by_the_clock_of_the_database_the_end_itself_is_out(world, end, ends, is_inside):
    table, column = {"project": ("processors_project", "ends_at"), "left": ("processors_helper", "ended_at")}[end]
    with connection.cursor() as cursor:  # now() stands still in a transaction: this is the instant itself
        cursor.execute(f"UPDATE {table} SET {column} = now() {ends}")
    with world.signed_in():
        assert bool(accounts_seen(seen())) == is_inside


@pytest.mark.parametrize(("starts", "is_inside"), [("+ interval '1 microsecond'", False), ("", True)])
def test_the_beginning_itself_is_in(world, starts, is_inside):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE processors_project SET starts_at = now() {starts}")
    with world.signed_in():
        assert bool(accounts_seen(seen())) == is_inside


@pytest.mark.django_db(transaction=True)
def test_while_time_passes_each_transaction_is_in_or_out_by_when_it_began():
    """Real time, fresh transactions: whoever asks at or after the end sees nothing, whoever asks before it sees all."""
    AccountFactory()
    world = a_world(ends_at=timezone.now() + timedelta(seconds=0.7))
    found: list[tuple[bool, bool]] = []
    until = time.monotonic() + 30
    while time.monotonic() < until and [before for before, _seen in found[-5:]] != [False] * 5:
        with transaction.atomic(), world.signed_in():
            at = asked("SELECT now()")[0][0]
            found.append((at < world.project.ends_at, bool(asked("SELECT 1 FROM accounts_account"))))
    assert all(before == sees for before, sees in found)
    assert {before for before, _sees in found} == {True, False}


@pytest.mark.django_db
@pytest.mark.parametrize("last", [date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 30), date(2027, 10, 31)])
@pytest.mark.parametrize("paper", ["agreement", "statement"])
def test_papers_end_at_midnight_in_amsterdam_by_the_database_and_by_the_pages(paper, last):
    """Also around the nights on which the clock changes."""
    midnight = start_of_day(last + DAY)
    world = a_world(starts_at=midnight - 3 * DAY, ends_at=midnight + 3 * DAY)
    if paper == "agreement":
        registers.agreement(world.house, valid_until=last)
    else:
        world.helper.user.statements.update(ended_on=last + DAY)
    for at, is_inside in ((midnight - INSTANT, True), (midnight, False), (midnight + INSTANT, False)):
        assert is_inside_at(at, world) == is_inside
        assert Helper.objects.inside(at).exists() == is_inside


def is_inside_at(at: datetime, world: World) -> bool:
    """The rule of the database, at another moment than now."""
    rule = INSIDE.replace("now()", f"'{at.isoformat()}'::timestamptz")
    with world.signed_in():
        return asked(f"SELECT {rule.replace('%', '%%')}")[0][0]


# --- Every page ------------------------------------------------------------------------------------------------------

ENDS: dict[str, Callable[[World], object]] = {
    "over": lambda world: Project.objects.update(ends_at=timezone.now()),
    "no_project": lambda world: world.project.helpers.clear(),
    "agreement": lambda world: registers.agreement(world.house, valid_until=timezone.localdate() - DAY),
    "house": lambda world: SubProcessor.objects.update(stage="ended", ended_on=timezone.localdate()),
    "unsigned": lambda world: world.helper.user.statements.update(ended_on=timezone.localdate()),
    "to_come": lambda world: Project.objects.update(starts_at=timezone.now() + DAY / 2),
    "left": lambda world: Helper.objects.update(ended_at=timezone.now()),
}
WORDS = {
    "over": "Your project is over", "no_project": "You are not in a project",
    "agreement": "agreement between your company and CannonWorks has ended", "house": "does not work for CannonWorks",
    "unsigned": "statement is not signed", "to_come": "has not begun", "left": "Your access has ended",
}  # fmt: skip


@pytest.mark.parametrize("why", ENDS)
def test_the_next_page_of_a_session_shows_nothing_says_why_and_is_journalled(client, world, why):
    client.cookies["django_language"] = "en"
    client.force_login(world.helper.user)
    account = Account.objects.filter(company__isnull=False).latest("pk")
    assert str(account.reference) in client.get("/helpers/").content.decode()
    ENDS[why](world)
    for answer in (client.get("/helpers/"), client.post("/helpers/", {"search": "a"})):
        page = answer.content.decode()
        assert answer.status_code == 403
        assert WORDS[why] in page
        assert not any(str(reference) in page for reference in Account.objects.values_list("reference", flat=True))
        told = Line.objects.latest("id")
        assert (told.event, told.account_reference, told.actor_reference, told.facts) == (
            "helper.refused", None, world.helper.user.reference, {"page": "accounts", "why": why},
        )  # fmt: skip


HELPER_PAGES = ("/helpers/", "/helpers/?before=999999")


@pytest.mark.parametrize("shows_names", [True, False])
def test_no_page_of_a_helper_names_a_company_that_the_work_does_not_need(client, world, shows_names):
    Project.objects.update(shows_names=shows_names)
    client.force_login(world.helper.user)
    known = Company.objects.values_list("company_name", "kvk_number")
    for address in HELPER_PAGES:
        page = client.get(address).content.decode()
        assert str(Account.objects.latest("pk").reference) in page
        assert all((name in page, number in page) == (shows_names, shows_names) for name, number in known)
        assert ("•••" in page) == (not shows_names)
    for name, number in known:  # nor does a search say that there is one
        for term in (name, number):
            answer = client.post("/helpers/", {"search": term}, follow=True)
            assert bool(answer.context["accounts"]) == shows_names
    one = Account.objects.latest("pk")
    answer = client.post("/helpers/", {"search": str(one.reference)[:8]}, follow=True)
    assert [row.reference for row in answer.context["accounts"]] == [one.reference]
    looked = set(Line.objects.filter(event="helper.looked").values_list("facts__page", flat=True))
    assert looked == {"accounts" if shows_names else "masked"}
