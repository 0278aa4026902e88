"""From a backup to a database: verified first, then opened, restored as it streams, and given its keys (§14)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from pyrage.x25519 import Identity

from backups import manifest, postgres, sealing, vault
from backups.manifest import Manifest
from backups.problems import BackupProblem
from backups.snapshot import KEYSTORE, rows_of
from cannonworks import grants, isolation

CHUNK = 1024 * 1024
KEYS = """
CREATE TEMPORARY TABLE brought (
    id bigint, account_id bigint, account_reference uuid, key_id text, wrapped bytea, made_at timestamptz
) ON COMMIT DROP
"""
#: Of accounts that this database does not have there is nothing to open.
TAKE_KEYS = """
INSERT INTO keystore.accounts_datakey (account_id, key_id, wrapped, made_at)
SELECT a.id, b.key_id, b.wrapped, b.made_at FROM brought b JOIN public.accounts_account a
ON a.reference = b.account_reference
"""


def checked(name: str, *, server: int) -> tuple[Manifest, str]:
    """The manifest of a backup and the one whose keys serve, all parts read and proven. Raises BackupProblem.

    The newest keys open every backup, and what was destroyed is not in those.
    """
    found = manifest.read(name)
    _check_versions(found, server)
    manifest.check_parts(found)
    holder = next(iter(vault.with_keys()), None)
    if holder is None:
        raise BackupProblem("no-keys", "No backup has its wrapped keys any more: nothing encrypted could be opened.")
    newest = manifest.read(holder)
    vault.check(f"{newest.name}/{vault.KEYS}", newest.parts[vault.KEYS])
    return found, newest.name


def _check_versions(found: Manifest, server: int) -> None:
    if found.postgres > server:
        raise BackupProblem("version", f"The backup is of PostgreSQL {found.postgres}, and this server is {server}.")
    known = {name for _app, name in MigrationLoader(None).disk_migrations}
    newer = sorted(f"{app} {last}" for app, last in found.migrations.items() if last not in known)
    if newer:
        raise BackupProblem("version", f"The backup is of a newer version of this product: {newer[0]} is unknown.")


def open_key(found: Manifest, identity: str | None) -> Sequence[Identity]:
    """The secret keys, one of which opens this backup. BackupProblem: foreign-key, no-identity."""
    keys = sealing.identities(identity)
    with vault.reading(f"{found.name}/{vault.DATABASE}") as source, sealing.opened(source, keys) as dump:
        dump.read(1)
    return keys


def fill(name: str, found: Manifest, keys_of: str, keys: Sequence[Identity], *, server: int) -> None:
    """Restore the backup into the empty database ``name``, and give it the wrapped keys. Raises BackupProblem."""
    with at_database(name), isolation.as_owner():
        grants.make_roles()  # row rules name them, and a server of its own may not know them yet
    address = postgres.owner(name)
    arguments = ("--no-owner", "--exit-on-error", "--single-transaction", "--no-password", f"--dbname={name}")
    with (
        vault.reading(f"{found.name}/{vault.DATABASE}") as source,
        sealing.opened(source, keys) as dump,
        postgres.running("pg_restore", *arguments, address=address, server=server, stdin=subprocess.PIPE) as program,
    ):
        assert program.process.stdin is not None  # noqa: S101  it was asked for
        with suppress(BrokenPipeError):  # it ended before it had read all; why, it says
            while chunk := dump.read(CHUNK):
                program.process.stdin.write(chunk)
        program.finish()
    _take_keys(address, keys_of, keys)


def _take_keys(address: postgres.Address, keys_of: str, keys: Sequence[Identity]) -> None:
    with postgres.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(KEYS)
        with (
            vault.reading(f"{keys_of}/{vault.KEYS}") as source,
            sealing.opened(source, keys) as rows,
            cursor.copy("COPY brought FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while chunk := rows.read(CHUNK):
                copy.write(chunk)
        cursor.execute(TAKE_KEYS)


def deviations(name: str, found: Manifest) -> list[str]:
    """Tables whose rows are not as many as the manifest says, a line each; keys follow from elsewhere."""
    with postgres.connect(postgres.owner(name)) as connection:
        there, expected = rows_of(connection), found.rows
    return [
        f"{table}: {there.get(table, 'not there')} instead of {expected.get(table, 'none')}"
        for table in sorted(expected.keys() | there.keys())
        if there.get(table) != expected.get(table) and not table.startswith(f"{KEYSTORE}.")
    ]


@contextmanager
def at_database(name: str) -> Iterator[None]:
    """Let Django's connection be to another database meanwhile."""
    chosen = connections[DEFAULT_DB_ALIAS]
    before = chosen.settings_dict["NAME"]
    chosen.close()
    chosen.settings_dict["NAME"] = name
    try:
        yield
    finally:
        chosen.close()
        chosen.settings_dict["NAME"] = before
