"""The login of emergency access, tried from outside the application with connections of its own (§10)."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Account, Company
from accounts.states import State
from cannonworks import datamap, glass, isolation
from processors import glass as glasses
from processors.models import Glass, GlassChange
from relations.models import Relation
from tests.factories import AccountFactory, StaffFactory
from tests.lives import full_life
from tests.processors.glasses import approved, asked, connected, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("10")]
DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def two(db):
    return StaffFactory(), StaffFactory()


@pytest.fixture(autouse=True)
def _no_login_is_left():
    """Roles are of the server, not of the database of the test."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT login FROM processors_glass WHERE login <> '' AND dropped_at IS NULL")
        for (name,) in cursor.fetchall():
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [name])
            cursor.execute(f'DROP ROLE IF EXISTS "{name}"')


def roles() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'cannonworks_glass_')")
        return {name for (name,) in cursor.fetchall()}


def make(made: Glass, verifier: str = "SCRAM-SHA-256$4096:a$b:c") -> None:
    """Have the login made by the database, past the service."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT processors_glass_open(%s, %s)", [made.reference, verifier])


def pass_time(made: Glass) -> None:
    """Let the end of the access be now: as the owner, who is above the rules that hold everybody else."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE processors_glass DISABLE TRIGGER glass_by_steps")
        cursor.execute(
            "UPDATE processors_glass SET opened_at = opened_at - interval '1 hour',"
            " ends_at = clock_timestamp() WHERE id = %s",
            [made.pk],
        )
        cursor.execute("ALTER TABLE processors_glass ENABLE TRIGGER glass_by_steps")


def seen(session, table: str = "accounts_company") -> int:
    return session.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]


# --- Before --------------------------------------------------------------------------------------------------


def test_no_login_is_made_before_somebody_else_approved(two):
    first, second = two
    made = asked(first)
    for who in two:
        with isolation.acting_as(isolation.of(who)), pytest.raises(Exception, match="."):
            glasses.open_login(made, actor=who, at=timezone.now())
    with isolation.acting_as(isolation.of(first)):
        with pytest.raises(IntegrityError, match="no login"):
            make(made)
        with pytest.raises(IntegrityError), transaction.atomic():
            Glass.objects.filter(pk=made.pk).update(approved_by=first.reference, approved_at=timezone.now())
        with pytest.raises(IntegrityError, match="database alone"), transaction.atomic():
            Glass.objects.filter(pk=made.pk).update(login="cannonworks_staff", opened_at=timezone.now())
    made = approved(first, second)
    with isolation.acting_as(isolation.of(second)), pytest.raises(IntegrityError, match="who asked"):
        make(made)
    with isolation.acting_as(isolation.of(first)):
        for wrong in ("geheim", "SCRAM-SHA-256$1:a$b:c' SUPERUSER --", "md5" + 32 * "0"):
            with pytest.raises(IntegrityError, match="verifier"):
                make(made, wrong)
    assert roles() == set()


def test_only_staff_may_make_a_login_at_all(two):
    made = approved(*two)
    for role in ("visitor", "holder", "helper", "jobs", "reader"):
        identity = isolation.Identity(role, user=two[0].pk)
        with isolation.acting_as(identity), pytest.raises(DatabaseError, match="denied"):
            make(made)


# --- Inside --------------------------------------------------------------------------------------------------


def test_inside_it_sees_the_chosen_accounts_and_no_others(two):
    ours, theirs = full_life(), full_life()
    _made, login = opened(*two, ours)
    with connected(login) as session:
        for entry in datamap.entries():
            columns = glass.readable(entry) if glass.is_behind(entry) else []
            for field in entry.model._meta.local_concrete_fields:
                asking = f'SELECT "{field.column}" FROM "{entry.table}" LIMIT 1'
                if field.column in columns:
                    session.execute(asking)
                else:
                    with pytest.raises((DENIED, psycopg.errors.UndefinedTable)):
                        session.execute(asking)
        assert session.execute("SELECT id FROM accounts_account").fetchall() == [(ours.pk,)]
        assert session.execute("SELECT DISTINCT account_id FROM relations_relation").fetchall() == [(ours.pk,)]
        assert session.execute("SELECT DISTINCT account_reference FROM journal_entry").fetchall() == [(ours.reference,)]
        assert session.execute("SELECT count(*) FROM finance_line").fetchone()[0] > 0
        with pytest.raises(DENIED):
            session.execute("SELECT * FROM relations_employee")
    assert Relation.objects.filter(account=theirs).exists()


def test_the_whole_database_is_every_account_and_still_no_key_or_password(two):
    full_life(), full_life()
    _made, login = opened(*two)
    with connected(login) as session:
        assert seen(session, "accounts_account") == Account.objects.count() > 1
        for column, table in [
            ("password", "accounts_user"), ("bsn", "relations_employee"), ("wrapped", "keystore.accounts_datakey"),
            ("session_key", "accounts_session"), ("data", "mfa_authenticator"), ("sealed", "accounts_paper"),
            ("digest", "accounts_devicetoken"), ("login", "processors_glass"), ("id", "processors_glasschange"),
            ("user_id", "accounts_user_groups"), ("rolpassword", "pg_authid"),
        ]:  # fmt: skip
            with pytest.raises(DENIED):
                session.execute(f"SELECT {column} FROM {table}")
        assert session.execute("SELECT count(*) FROM pg_stats WHERE schemaname = 'public'").fetchone() == (0,)


def test_it_can_give_itself_nothing(two):
    _made, login = opened(*two, AccountFactory(state=State.ACTIVE), may_write=True)
    refused = [
        "SET ROLE cannonworks_jobs", "SET ROLE cannonworks_staff", "SET SESSION AUTHORIZATION postgres",
        "SET row_security = off; SELECT id FROM accounts_company",
        "ALTER TABLE accounts_company DISABLE ROW LEVEL SECURITY", "ALTER TABLE accounts_company DISABLE TRIGGER ALL",
        "SET session_replication_role = replica", "CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE another LOGIN", f'ALTER ROLE "{login.name}" VALID UNTIL \'infinity\'',
        f'ALTER ROLE "{login.name}" SUPERUSER', f'GRANT cannonworks_jobs TO "{login.name}"',
        "UPDATE processors_glass SET ends_at = 'infinity'",
        "INSERT INTO processors_glassaccount DEFAULT VALUES", "DELETE FROM processors_glasschange",
        "UPDATE journal_entry SET event = ''", "DELETE FROM journal_entry", "INSERT INTO journal_entry DEFAULT VALUES",
        "UPDATE accounts_user SET is_staff = true", "UPDATE accounts_user SET password = ''",
        "UPDATE accounts_account SET state = 'active'", "TRUNCATE relations_relation", "SELECT lo_import('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')", "COPY relations_relation TO PROGRAM 'cat'",
        "SELECT processors_glass_open(gen_random_uuid(), '')", "SELECT processors_glass_end(gen_random_uuid(), true)",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> session_user",
        "DROP TABLE accounts_company", "SELECT processors_keep_glass()",
    ]  # fmt: skip
    for sentence in refused:
        with connected(login) as session, pytest.raises(psycopg.Error):
            session.execute(sentence)
            pytest.fail(sentence)
    with connected(login) as session:
        session.execute("GRANT SELECT ON accounts_company TO PUBLIC")  # PostgreSQL warns, and gives nothing
        assert session.execute("SELECT has_table_privilege('cannonworks_reader', 'accounts_company', 'SELECT')"
                               ).fetchone() == (False,)  # fmt: skip


# --- Writing -------------------------------------------------------------------------------------------------


def test_what_it_changes_is_noted_by_the_database_and_stays_within_the_scope(two):
    ours, theirs = full_life(), full_life()
    made, login = opened(*two, ours, may_write=True)
    with connected(login) as session:
        count = session.execute("UPDATE relations_relation SET city = 'Elders'").rowcount
        assert (
            session.execute("UPDATE accounts_company SET city = 'Elders' WHERE account_id = %s", [theirs.pk]).rowcount
            == 0
        )
        deleted = session.execute("DELETE FROM relations_employee").rowcount
        with pytest.raises(DENIED):
            session.execute("UPDATE relations_relation SET account_id = %s", [theirs.pk])
        with pytest.raises(DENIED):
            session.execute("INSERT INTO accounts_company (account_id, company_name) VALUES (%s, 'Vals')", [theirs.pk])
    assert (count > 0, deleted > 0, Company.objects.get(account=theirs).city == "Elders") == (True, True, False)
    noted = GlassChange.objects.filter(glass=made)
    assert noted.filter(verb="UPDATE", table="relations_relation").count() == count
    assert noted.filter(verb="DELETE", table="relations_employee").count() == deleted
    assert set(noted.values_list("account_reference", flat=True)) == {ours.reference}


def test_one_that_may_only_read_changes_nothing(two):
    account = full_life()
    made, login = opened(*two, account)
    with connected(login) as session:
        assert session.execute("UPDATE relations_relation SET city = 'Assen'").rowcount == 0
        assert session.execute("DELETE FROM relations_relation").rowcount == 0
    assert not GlassChange.objects.filter(glass=made).exists()


def test_what_others_change_is_not_noted(account):
    Company.objects.filter(account=account).update(city="Assen")
    assert not GlassChange.objects.exists()


# --- The end -------------------------------------------------------------------------------------------------


def test_at_its_end_it_sees_nothing_though_nobody_is_there_to_close_it(two):
    full_life()
    made, login = opened(*two, may_write=True)
    with connected(login) as plain, connected(login, autocommit=False) as within:
        within.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert seen(within, "relations_relation") > 0
        within.execute("DECLARE slow CURSOR FOR SELECT id FROM relations_relation")
        assert len(within.execute("FETCH 1 FROM slow").fetchall()) == 1
        plain.execute("PREPARE counting AS SELECT count(*) FROM accounts_company")
        assert plain.execute("EXECUTE counting").fetchone()[0] > 0
        pass_time(made)
        # What the first one sees of its own row is as old as its transaction; the clock it asks is not.
        for entry in datamap.entries():
            if glass.is_behind(entry):
                assert seen(plain, entry.table) == 0, entry.table
        assert plain.execute("EXECUTE counting").fetchone()[0] == 0
        assert plain.execute("UPDATE relations_relation SET city = 'Assen'").rowcount == 0
        with pytest.raises(DENIED):
            plain.execute("INSERT INTO relations_relation (account_id, city) VALUES (1, 'Assen')")


def test_a_transaction_and_a_cursor_that_began_before_the_end_see_nothing_after_it(two):
    """The end is an hour away in the row, and a second away here: the rows of a login are as its transaction saw them."""
    full_life(), full_life()
    made, login = opened(*two)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE processors_glass DISABLE TRIGGER glass_by_steps")
        cursor.execute(
            "UPDATE processors_glass SET opened_at = opened_at - interval '1 hour',"
            " ends_at = clock_timestamp() + interval '1.5 seconds' WHERE id = %s", [made.pk]
        )  # fmt: skip
        cursor.execute("ALTER TABLE processors_glass ENABLE TRIGGER glass_by_steps")
    with connected(login, autocommit=False) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert seen(session, "accounts_company") > 1
        session.execute("DECLARE slow CURSOR FOR SELECT id FROM accounts_company")
        assert len(session.execute("FETCH 1 FROM slow").fetchall()) == 1
        session.execute(
            "SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [Glass.objects.get(pk=made.pk).ends_at]
        )
        assert session.execute("FETCH ALL FROM slow").fetchall() == []
        assert seen(session, "accounts_company") == 0


def test_after_the_end_the_role_and_its_sessions_go(two):
    made, login = opened(*two)
    assert roles() == {login.name}
    with connected(login) as session:
        assert glasses.tend() == 1  # it runs: it stays
        pass_time(made)
        with isolation.acting_as(isolation.JOBS):
            glasses.tend()
            assert glasses.tend() == 0
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    made.refresh_from_db()
    assert (roles(), made.closed_at, made.dropped_at is not None) == (set(), made.ends_at, True)
    assert made.connected_at is not None
    with pytest.raises(psycopg.OperationalError), connected(login):
        pass


def test_closed_early_it_is_out_at_once(two):
    full_life()
    first = two[0]
    made, login = opened(*two)
    with connected(login) as session:
        with isolation.acting_as(isolation.of(first)):
            glasses.account_for(made, actor=first, done="Schijf vervangen", at=timezone.now())
        with pytest.raises(psycopg.OperationalError):
            seen(session)
        with pytest.raises(psycopg.OperationalError), connected(login):
            pass
    made.refresh_from_db()
    assert made.closed_at < made.ends_at
    glasses.tend()
    assert roles() == set()


def test_a_session_that_could_not_be_ended_sees_nothing_after_an_early_close(two):
    full_life()
    made, login = opened(*two)
    with connected(login) as session:
        assert seen(session) > 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE processors_glass SET closed_at = clock_timestamp() WHERE id = %s", [made.pk])
        assert seen(session) == 0


def test_what_it_left_behind_does_not_keep_the_login(two):
    made, login = opened(*two)
    with connected(login) as session:
        session.execute("SELECT lo_creat(-1)")
    pass_time(made)
    glasses.tend(), glasses.tend()
    assert roles() == set()


def test_a_name_from_outside_never_becomes_a_statement(two):
    made = approved(*two, reason="'; DROP ROLE cannonworks_staff; --")
    with isolation.acting_as(isolation.of(two[0])):
        login = glasses.open_login(made, actor=two[0], at=timezone.now())
    assert login.name.removeprefix("cannonworks_glass_").isalnum()
    with suppress(psycopg.OperationalError), connected(login) as session:
        assert session.execute("SELECT current_user").fetchone() == (login.name,)


def test_the_app_cannot_become_the_role_of_such_logins():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role('cannonworks_app', 'cannonworks_glass', 'MEMBER')")
        assert cursor.fetchone() == (False,)
