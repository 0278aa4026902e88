"""What the database shows to whom, tried with raw SQL under each role (§7, §8, §10)."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from accounts.models import Account, User
from cannonworks import datamap, grants, isolation
from cannonworks.datamap import Role
from cannonworks.isolation import Identity, acting_as
from cannonworks.management.commands.grants import as_markdown
from relations.models import Relation
from retention import erasure
from retention.models import Erasure, Step
from tests.factories import AccountFactory, StaffFactory
from tests.lives import DUE_ON, full_life, moment
from tests.processes import environment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7"), pytest.mark.clause("8"), pytest.mark.clause("10")]
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def attempt(sql: str, *params: object) -> str:
    """``denied`` when the role may not say this at all, ``refused`` for rows not its own, else ``done`` or ``failed``.

    Undone in any case.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            transaction.set_rollback(True)
            return "done"
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            return "failed"
        return "refused" if "row-level security" in str(error) else "denied"
    except DatabaseError:
        return "failed"


def asked(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def statement(verb: str, table: str, column: str) -> str:
    """The least that asks for this right, on no row."""
    return {
        "SELECT": f'SELECT "{column}" FROM "{table}" LIMIT 0',
        "INSERT": f'INSERT INTO "{table}" DEFAULT VALUES',
        "UPDATE": f'UPDATE "{table}" SET "{column}" = DEFAULT WHERE false',
        "DELETE": f'DELETE FROM "{table}" WHERE false',
    }[verb]


def every_column(entry: datamap.Entry) -> list[str]:
    return [field.column for field in entry.model._meta.local_concrete_fields]


@contextmanager
def holder_of(account: Account):
    with acting_as(Identity(Role.HOLDER, account.pk, account.main_user.pk)):
        yield


# --- Verbs and columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_raw_statements_meet_the_matrix_on_every_table(role):
    matrix = {(right.table, right.role): right for right in grants.granted()}
    with acting_as(Identity(role)):
        for entry in datamap.entries():
            right = matrix.get((entry.table, role))
            for column in every_column(entry):
                readable = right is not None and column in right.columns
                told = attempt(statement("SELECT", entry.table, column))
                assert (told != "denied") == readable, (role, entry.table, column)
            for verb in VERBS[1:]:
                allowed = right is not None and verb in right.verbs
                told = attempt(statement(verb, entry.table, every_column(entry)[-1]))
                assert (told != "denied") == allowed, (role, entry.table, verb)
            assert attempt(f'TRUNCATE "{entry.table}"') == "denied"


def test_the_database_grants_what_the_data_map_says_and_a_change_by_hand_is_found(capsys):
    call_command("grants", "--json")
    with connection.cursor() as cursor:
        cursor.execute("GRANT SELECT (bsn) ON relations_employee TO cannonworks_staff")
        cursor.execute("DROP POLICY holder ON relations_relation")
    assert grants.deviations() == [
        "holder on relations_relation: SELECT INSERT UPDATE DELETE "
        f"({', '.join(sorted(every_column(datamap.entry(Relation))))}) instead of SELECT INSERT UPDATE DELETE "
        f"({', '.join(sorted(every_column(datamap.entry(Relation))))})",
        "staff on relations_employee: SELECT (bsn) instead of nothing",
    ]
    grants.lay_down()
    assert grants.deviations() == []


def test_the_matrix_of_the_documentation_is_that_of_the_product():
    page = (settings.BASE_DIR / "docs" / "security.md").read_text()
    assert as_markdown(grants.expected()) in page, "run manage.py grants --markdown"


def test_the_jobs_erase_a_huge_account_in_portions_under_their_own_role(monkeypatch):
    account = full_life()
    monkeypatch.setattr(erasure, "BUDGET", 2)
    with acting_as(isolation.JOBS):
        assert erasure.erase_due(on=DUE_ON, at=moment(DUE_ON)) == 1
    assert Erasure.objects.get(account=account).attempts == 0


@pytest.mark.parametrize("role", [Role.VISITOR, Role.HELPER, Role.STAFF])
def test_people_and_documents_of_an_account_are_for_the_holder_and_the_jobs_alone(role):
    for table in ("relations_relation", "relations_employee", "finance_document", "finance_line"):
        for verb in VERBS:
            with acting_as(Identity(role)):
                assert attempt(statement(verb, table, "id")) == "denied"


def test_every_table_with_an_account_has_row_security(account):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity")
        secured = {name for (name,) in cursor.fetchall()}
    assert {entry.table for entry in datamap.entries() if grants.is_secured(entry)} == secured
    assert {entry.table for entry in datamap.entries() if entry.category} <= secured


# --- Rows ----------------------------------------------------------------------------------------------------


def test_a_holder_sees_rows_of_the_own_account_only_in_every_table():
    ours, theirs = full_life(), full_life()
    for account in (ours, theirs):
        Erasure.objects.create(
            account=account, due_on=DUE_ON, claimed_on=DUE_ON, categories=["usage"], step=Step.CLAIMED
        )
    tables = [e for e in datamap.entries() if grants.has_rows_of_accounts(e) and e.columns(Role.HOLDER)]
    assert len(tables) > 12
    for entry in tables:
        name = {True: "reference", False: "pk"}[entry.by_reference]
        said = f'SELECT count(*) FROM "{entry.table}" WHERE {entry.belonging("= %s")}'
        own, foreign = (asked(said, getattr(account, name))[0][0] for account in (ours, theirs))
        assert own > 0 < foreign, entry.table  # else nothing would be proven
        with holder_of(ours):
            assert asked(f'SELECT count(*) FROM "{entry.table}"') == [(own,)], entry.table
            assert asked(said, getattr(theirs, name)) == [(0,)], entry.table


def test_a_holder_neither_changes_nor_removes_nor_plants_a_foreign_row():
    ours, theirs = full_life(), full_life()
    for entry in datamap.entries():
        if not grants.has_rows_of_accounts(entry) or entry.by_reference or "__" in entry.account:
            continue
        verbs, key, own = grants.verbs(entry, Role.HOLDER), every_column(entry)[0], f'"{entry.column}" = {ours.pk}'
        foreign = f'"{entry.column}" = {theirs.pk}'
        with holder_of(ours), connection.cursor() as cursor, transaction.atomic():
            if "UPDATE" in verbs:
                cursor.execute(f'UPDATE "{entry.table}" SET "{key}" = "{key}" WHERE {foreign}')
                assert cursor.rowcount == 0, entry.table
                moved = f'UPDATE "{entry.table}" SET "{entry.column}" = {theirs.pk} WHERE {own}'
                assert attempt(moved) in ("refused", "failed"), entry.table
            if "DELETE" in verbs:
                cursor.execute(f'DELETE FROM "{entry.table}" WHERE {foreign}')
                assert cursor.rowcount == 0, entry.table
    with holder_of(ours):
        planted = "INSERT INTO relations_relation (account_id, reference, first_name, last_name, initials, infix,"
        planted += " gender, company_name, kvk_number, vat_number, sole_trader, email, phone, street, house_number,"
        planted += " postcode, city, country) SELECT %s, gen_random_uuid(), '', 'X', '', '', '', '', '', '', false,"
        planted += " '', '', '', '', '', '', 'NL'"
        assert attempt(planted, ours.pk) == "done"
        assert attempt(planted, theirs.pk) == "refused"


def test_a_holder_without_an_account_sees_nothing():
    full_life()
    with acting_as(Identity(Role.HOLDER)):
        assert (Account.objects.count(), User.objects.count(), Relation.objects.count()) == (0, 0, 0)


def test_a_holder_cannot_make_himself_staff(account, holder):
    with holder_of(account):
        assert (
            attempt(f"UPDATE accounts_user SET is_staff = true, account_id = NULL WHERE id = {holder.pk}") == "refused"
        )
        assert attempt(f"UPDATE accounts_user SET is_staff = true WHERE id = {holder.pk}") == "failed"


# --- The login, and the way into a role ------------------------------------------------------------------------


def test_the_login_of_the_application_may_do_nothing_by_itself():
    address = settings.DATABASE_APPLICATION
    name = connection.settings_dict["NAME"]
    known = {"host": address["HOST"], "port": address["PORT"], "user": address["USER"], "password": address["PASSWORD"]}
    known = {part: value for part, value in known.items() if value}
    with psycopg.connect(**known, dbname=name, options=settings.SEARCH_PATH, autocommit=True) as login:
        assert login.execute("SELECT rolsuper, rolinherit FROM pg_roles WHERE rolname = session_user").fetchone() == (
            False,
            False,
        )
        owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = session_user"
        assert login.execute(owned).fetchone() == (0,)
        for entry in datamap.entries():
            for verb in VERBS:
                with pytest.raises(InsufficientPrivilege):
                    login.execute(statement(verb, entry.table, every_column(entry)[0]))
        for role in Role.values:
            login.execute("SELECT set_config('role', %s, false)", [isolation.database_role(role)])
        with pytest.raises(InsufficientPrivilege):
            login.execute("SET ROLE postgres")


def test_a_role_ends_with_its_block_also_after_an_error(account):
    as_now = "SELECT current_user, current_setting('cannonworks.account', true)"
    before = asked(as_now)
    with holder_of(account):
        assert asked(as_now) == [("cannonworks_holder", str(account.pk))]
        with acting_as(isolation.JOBS):
            assert asked(as_now) == [("cannonworks_jobs", "")]
        assert asked(as_now) == [("cannonworks_holder", str(account.pk))]
    assert [asked(as_now)[0][0], isolation.current()] == [before[0][0], isolation.NOBODY]
    with pytest.raises(DatabaseError), transaction.atomic(), holder_of(account):
        asked("SELECT 1 / 0")
    assert asked(as_now)[0][0] == before[0][0]


@pytest.mark.django_db(transaction=True)
def test_a_task_keeps_its_role_over_transactions_and_a_lost_connection():
    as_now = "SELECT current_user"
    with acting_as(isolation.JOBS):
        with transaction.atomic():
            assert asked(as_now) == [("cannonworks_jobs",)]
        assert asked(as_now) == [("cannonworks_jobs",)]
        connection.close()
        assert asked(as_now) == [("cannonworks_jobs",)]
    assert asked(as_now) != [("cannonworks_jobs",)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("goes", ["well", "wrong in the view", "wrong in the database"])
def test_a_request_leaves_nothing_in_its_connection(client, monkeypatch, goes):
    from retention import views

    def broken(account, *, on):
        if goes == "wrong in the database":
            asked("SELECT 1 / 0")
        raise ValueError

    holder = AccountFactory(state="active").main_user
    if goes != "well":
        monkeypatch.setattr(views, "outlook", broken)
    client.raise_request_exception = False
    client.force_login(holder)
    before = asked("SELECT current_user, pg_backend_pid()")
    assert client.get("/").status_code == (200 if goes == "well" else 500)
    assert asked("SELECT current_user, pg_backend_pid()") == before
    assert asked("SELECT coalesce(current_setting('cannonworks.account', true), '')") == [("",)]
    assert isolation.current() == isolation.NOBODY


def test_staff_and_holders_are_told_apart_by_what_they_are(account, holder, staff):
    assert isolation.of(holder) == Identity(Role.HOLDER, account.pk, holder.pk)
    assert isolation.of(staff) == Identity(Role.STAFF, None, staff.pk)


def test_a_broken_view_shows_no_foreign_row(client, holder, outsider, monkeypatch):
    """The view forgets every filter; the database does not."""
    from retention import views

    seen = {}

    def careless(account, *, on):
        seen["companies"] = [name for (name,) in asked("SELECT company_name FROM accounts_company")]
        raise ValueError

    monkeypatch.setattr(views, "outlook", careless)
    client.raise_request_exception = False
    client.force_login(holder)
    assert client.get("/").status_code == 500
    assert seen["companies"] == [holder.account.company.company_name]


def test_the_administration_shows_no_hash_of_a_password(staff):
    StaffFactory()
    with acting_as(isolation.of(staff)):
        assert [user.get_deferred_fields() for user in User.objects.all()] == [{"password"}] * User.objects.count()
        assert attempt("SELECT password FROM accounts_user") == "denied"


def test_the_data_keys_are_out_of_reach_of_staff(staff):
    AccountFactory()
    with acting_as(isolation.of(staff)):
        assert attempt("SELECT wrapped FROM accounts_datakey") == "denied"


def test_the_roles_are_made_once_also_by_a_second_migration():
    grants.make_roles()
    grants.make_roles()
    assert environment()["DATABASE_OWNER_URL"] != environment()["DATABASE_URL"]
