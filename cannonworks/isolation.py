"""Who may see what, held by the database: a role for every request and task, and row security on every table.

The application logs in as a role that owns nothing and may do nothing, except become one of ``datamap.Role``. From the
data map follow the columns and verbs that each of these is granted, and the rows that it sees: a holder those of his
own account. So a bug in a view, even a raw ``SELECT *``, shows nobody what is not theirs (§7, §8, §10).

Inside a transaction role and account are set for that transaction only, in one round trip, so a pooled connection
cannot carry them over to the next request. A task or command has transactions of its own: there they are set for the
connection, again on every new one, and taken back at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InternalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorWrapper
from django.dispatch import receiver
from psycopg import pq

from cannonworks import datamap
from cannonworks.datamap import Entry, Role


@dataclass(frozen=True)
class Identity:
    """As whom the database is spoken to: the role, and the account and user by their keys."""

    role: str = ""
    account: int | None = None
    user: int | None = None


class SignedIn(Protocol):
    """A user, as far as isolation looks at one."""

    pk: int
    account_id: int | None

    @property
    def kind(self) -> str:
        """``holder``, ``staff`` or ``helper``."""


ATTEMPTS = 5
MIGRATIONS = "django_migrations"
NOBODY = Identity()  # the login itself, which may do nothing
JOBS = Identity(Role.JOBS)
_identity: ContextVar[Identity] = ContextVar("identity", default=NOBODY)


def database_role(role: str) -> str:
    """The name of a role in the database, where roles are shared by all databases of a server."""
    return f"cannonworks_{role}"


def current() -> Identity:
    """As whom this thread speaks to the database now."""
    return _identity.get()


def of(user: SignedIn) -> Identity:
    """The identity of a signed-in user: holders have their account, staff and helpers none."""
    return Identity(Role(user.kind), user.account_id, user.pk)


@contextmanager
def acting_as(identity: Identity, *, until_commit: bool = False) -> Iterator[None]:
    """Speak to the database as ``identity``, and as before again at the end.

    ``until_commit`` spares the way back where the transaction ends with the block: its end takes all back anyway.
    """
    before = _identity.get()
    _assume(identity)
    try:
        yield
    finally:
        if until_commit or _is_broken():
            _identity.set(before)
        else:
            _assume(before)


@contextmanager
def starting_as(identity: Identity) -> Iterator[None]:
    """Make ``identity`` that of every connection still to be made: for a process that has none yet."""
    token = _identity.set(identity)
    try:
        yield
    finally:
        _identity.reset(token)


def become(user: SignedIn) -> None:
    """Be this user for the rest of the request: for who is recognised within it, by a token."""
    _assume(of(user))


def _assume(identity: Identity) -> None:
    _identity.set(identity)
    if connection.connection is not None or connection.in_atomic_block:
        _tell(connection, identity, for_transaction=connection.in_atomic_block)


def _tell(on: BaseDatabaseWrapper, identity: Identity, *, for_transaction: bool) -> None:
    settings_ = {
        "role": database_role(identity.role) if identity.role else "none",
        "cannonworks.account": str(identity.account or ""),
        "cannonworks.user": str(identity.user or ""),
    }
    with on.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(['set_config(%s, %s, %s)'] * len(settings_))}",
            [word for name, value in settings_.items() for word in (name, value, for_transaction)],
        )


def _is_broken() -> bool:
    # The transaction will be rolled back, and with it what was set within it; until then it takes no statement.
    if not connection.in_atomic_block:
        return False
    status = connection.connection and connection.connection.info.transaction_status
    return connection.needs_rollback or status in (None, pq.TransactionStatus.INERROR, pq.TransactionStatus.UNKNOWN)


@receiver(connection_created, dispatch_uid="cannonworks.isolation")
def _introduce(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Tell a new connection as whom it is used: a task may lose one and go on with another."""
    if (identity := _identity.get()) != NOBODY and connection.alias == DEFAULT_DB_ALIAS:
        _tell(connection, identity, for_transaction=False)


# --- The owner -----------------------------------------------------------------------------------------------


@contextmanager
def as_owner(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Log in as the owner of the tables, who migrates, and as the application again at the end."""
    chosen = connections[using]
    before, identity = dict(chosen.settings_dict), _identity.get()
    keep = {"NAME": chosen.settings_dict["NAME"], "TEST": chosen.settings_dict["TEST"]}
    chosen.close()
    chosen.settings_dict.update(settings.DATABASE_OWNER | keep)
    _identity.set(NOBODY)
    try:
        yield
    finally:
        chosen.close()
        chosen.settings_dict.clear()
        chosen.settings_dict.update(before)
        _identity.set(identity)


# --- Roles, grants and row security, computed from the data map ------------------------------------------------

#: Of a holder's request, inside a policy: looked up once for a statement, not for every row.
ACCOUNT = "(SELECT NULLIF(current_setting('cannonworks.account', true), '')::bigint)"
REFERENCE = f"(SELECT reference FROM accounts_account WHERE id = {ACCOUNT})"


def rows(entry: Entry, role: str) -> str:
    """SQL of the condition on rows of ``entry`` that the role sees, and may write; "" where rows have no account."""
    if not has_rows_of_accounts(entry):
        return ""
    condition = entry.rows.get(role, "").format(account=entry.owner)
    if role == Role.HOLDER and not condition:
        condition = entry.belonging(f"= {REFERENCE if entry.by_reference else ACCOUNT}")
    return " AND ".join(f"({part})" for part in (condition, datamap.restrictions().get(role)) if part) or "true"


def has_rows_of_accounts(entry: Entry) -> bool:
    """Whether rows belong to accounts, so that row security stands before them."""
    return entry.account.partition("__")[0] in {field.name for field in entry.model._meta.local_concrete_fields}


def verbs(entry: Entry, role: str) -> list[str]:
    """What the role may do with the table: SELECT, INSERT, UPDATE, DELETE, in this order."""
    if role == Role.JOBS:
        return ["SELECT", "INSERT", "UPDATE", "DELETE"]
    said = entry.may.get(role, "").split()
    return [verb for verb in ("SELECT", "INSERT", "UPDATE", "DELETE") if verb in said]


def statements(entry: Entry) -> list[str]:
    """SQL that takes every right on one table from every role, and grants what the data map says."""
    said = []
    table = f'"{entry.table}"'
    for role in Role.values:
        name = database_role(role)
        said += [f"REVOKE ALL ON {table} FROM {name}", f'DROP POLICY IF EXISTS "{role}" ON {table}']
        if granted := verbs(entry, role):
            said.append(f"GRANT {', '.join(_grant(entry, role, verb) for verb in granted)} ON {table} TO {name}")
            if condition := rows(entry, role):
                said.append(f'CREATE POLICY "{role}" ON {table} TO {name} USING ({condition})')
    switch = "ENABLE" if has_rows_of_accounts(entry) else "DISABLE"
    return [*said, f"ALTER TABLE {table} {switch} ROW LEVEL SECURITY"]


def _grant(entry: Entry, role: str, verb: str) -> str:
    if verb != "SELECT":
        return verb
    fields = entry.model._meta.get_field
    readable = [f'"{fields(name).column}"' for name in entry.columns(role)]  # type: ignore[union-attr]
    return f"SELECT ({', '.join(readable)})"


def lay_down(using: str = DEFAULT_DB_ALIAS) -> None:
    """Bring rights and row security of every table to what the data map says, in one transaction; idempotent.

    The connection is the owner's. Tables that are not there yet are passed by.
    """
    on = connections[using]
    present = set(on.introspection.table_names())
    said = [line for entry in datamap.entries() if entry.table in present for line in statements(entry)]
    if MIGRATIONS in present:  # what commands of Django look at before they start
        said.append(f"GRANT SELECT ON {MIGRATIONS} TO {database_role(Role.JOBS)}")
    with transaction.atomic(using), on.cursor() as cursor:
        cursor.execute("; ".join(said))


def make_roles(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the roles and the application's login, which may become each of them and nothing by itself; idempotent.

    The connection is the owner's, who needs CREATEROLE for what is not there yet. Roles are shared by all databases of
    a server, so two migrations may do this at the same moment.
    """
    on = connections[using]
    login, owner = (str(address["USER"]) for address in (settings.DATABASE_APPLICATION, settings.DATABASE_OWNER))
    with on.cursor() as cursor:
        if login != owner:
            password = str(settings.DATABASE_APPLICATION["PASSWORD"] or "")
            _make_role(cursor, login, f"LOGIN NOINHERIT{_password(on, login, password) if password else ''}")
        for role in Role.values:
            _make_role(cursor, database_role(role), "NOLOGIN")
        for role, member in product(Role.values, {login, owner}):
            _make_member(cursor, database_role(role), member)


def _make_role(cursor: CursorWrapper, name: str, options: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if not cursor.fetchone():
        cursor.execute(
            f'DO $$ BEGIN CREATE ROLE "{name}" {options};'
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )


def _make_member(cursor: CursorWrapper, role: str, member: str) -> None:
    # Without inheritance: who has not said as whom he comes, may do nothing. Before PostgreSQL 16 the login says so.
    quietly = " WITH INHERIT FALSE, SET TRUE" if cursor.db.pg_version >= 160000 else ""
    for attempt in range(ATTEMPTS):
        cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [member, role])
        if cursor.fetchone()[0]:
            return
        with suppress(InternalError) if attempt < ATTEMPTS - 1 else nullcontext():  # another migration does the same
            cursor.execute(f'GRANT "{role}" TO "{member}"{quietly}')


def _password(on: BaseDatabaseWrapper, login: str, password: str) -> str:
    # As the server stores it: what a statement says may be logged.
    hashed = on.connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return f" PASSWORD '{hashed.decode()}'"
