"""What each database role may do with each table and row: computed from the data map, and as the database has it.

``manage.py migrate`` makes the roles and lays down their rights, as the owner; ``isolation`` is how they are used.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from itertools import product
from typing import NamedTuple

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, InternalError, ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from cannonworks import datamap, glass
from cannonworks.datamap import Entry, Role
from cannonworks.isolation import database_role

ATTEMPTS = 5
MIGRATIONS = "django_migrations"
#: Of a holder's request, inside a policy. No sub-select: the planner looks at its value, and an index is asked once.
ACCOUNT = "NULLIF(current_setting('cannonworks.account', true), '')::bigint"
REFERENCE = f"(SELECT reference FROM accounts_account WHERE id = {ACCOUNT})"


def rows(entry: Entry, role: str) -> str:
    """SQL of the condition on rows of ``entry`` that the role sees, and may write; "" where all see all rows."""
    own = entry.rows.get(role)
    if not has_rows_of_accounts(entry):
        return own or ("true" if entry.rows else "")
    if own:
        return own.format(account=entry.owner)
    if role == Role.HOLDER:
        return entry.belonging(f"= {REFERENCE if entry.by_reference else ACCOUNT}")
    if restriction := datamap.restriction(role, entry.model):
        return f"{entry.owner} IS NULL OR {restriction}"  # a row of no account: his own sign-out in the journal
    return "true"


def has_rows_of_accounts(entry: Entry) -> bool:
    """Whether rows belong to accounts."""
    return entry.has_rows_of_accounts


def is_secured(entry: Entry) -> bool:
    """Whether row security stands before the table: its rows belong to accounts, or are chosen for some role."""
    return has_rows_of_accounts(entry) or bool(entry.rows)


def verbs(entry: Entry, role: str) -> list[str]:
    """What the role may do with the table: SELECT, LOCK, INSERT, UPDATE, DELETE, in this order."""
    if role == Role.JOBS:
        return ["SELECT", "INSERT", "UPDATE", "DELETE"]
    said = entry.may.get(role, "").split()
    return [verb for verb in ("SELECT", "LOCK", "INSERT", "UPDATE", "DELETE") if verb in said]


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
    switch = "ENABLE" if is_secured(entry) else "DISABLE"
    return [*said, *glass.statements(entry), f"ALTER TABLE {table} {switch} ROW LEVEL SECURITY"]


def _grant(entry: Entry, role: str, verb: str) -> str:
    if verb == "LOCK":  # FOR UPDATE asks for the right to change some column; the key of one's own row stays what it is
        return f'UPDATE ("{entry.model._meta.pk.column}")'
    if verb != "SELECT":
        return verb
    if len(entry.columns(role)) == len(entry.model._meta.local_concrete_fields):
        return verb  # of the whole table: columns of the system itself, like the place of a row, are in no list
    readable = ", ".join(f'"{column}"' for column in _columns(entry, role))
    return f"SELECT ({readable})"


def lay_down(using: str = DEFAULT_DB_ALIAS) -> None:
    """Bring rights and row security of every table to what the data map says, in one transaction; idempotent.

    The connection is the owner's. Tables that are not there yet are passed by.
    """
    on = connections[using]
    present = set(on.introspection.table_names())
    said = [line for entry in datamap.entries() if entry.table in present for line in statements(entry)]
    said += glass.closing()
    said.append(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {database_role(Role.JOBS)}")  # to seal the journal
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
        _make_role(cursor, glass.ROLE, "NOLOGIN")  # of logins for a calamity: the application cannot become it
        for role, member in product(Role.values, {login, owner}):
            _make_member(cursor, database_role(role), member)


def _make_role(cursor: CursorWrapper, name: str, options: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone():
        return
    try:
        cursor.execute(
            f'DO $$ BEGIN CREATE ROLE "{name}" {options};'
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    except ProgrammingError as error:
        owner = settings.DATABASE_OWNER["USER"]
        raise ImproperlyConfigured(
            f"The database role {name} is not there, and {owner} may not make it: ALTER ROLE {owner} CREATEROLE."
        ) from error


def _make_member(cursor: CursorWrapper, role: str, member: str) -> None:
    # Without inheritance: who has not said as whom he comes, may do nothing. Before PostgreSQL 16 the login says so.
    # Since then who makes a role is a member of it that may not become it.
    quietly, how = (" WITH INHERIT FALSE, SET TRUE", "SET") if cursor.db.pg_version >= 160000 else ("", "MEMBER")
    for attempt in range(ATTEMPTS):
        cursor.execute("SELECT pg_has_role(%s, %s, %s)", [member, role, how])
        if cursor.fetchone()[0]:
            return
        with suppress(InternalError) if attempt < ATTEMPTS - 1 else nullcontext():  # another migration does the same
            cursor.execute(f'GRANT "{role}" TO "{member}"{quietly}')


def _password(on: BaseDatabaseWrapper, login: str, password: str) -> str:
    # As the server stores it: what a statement says may be logged.
    hashed = on.connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return f" PASSWORD '{hashed.decode()}'"


@checks.register(checks.Tags.security, deploy=True)
def check_login(app_configs: object, **kwargs: object) -> list[checks.Warning]:
    """Warn when the application logs in as the owner of its tables: outside a role it could then do everything."""
    if settings.DATABASE_APPLICATION["USER"] != settings.DATABASE_OWNER["USER"]:
        return []
    hint = "Give DATABASE_URL a login of its own; manage.py migrate makes it. DATABASE_OWNER_URL is the owner's."
    return [checks.Warning("The application logs in as the owner of its tables.", hint=hint, id="isolation.W001")]


# --- What the database really says -----------------------------------------------------------------------------


class Right(NamedTuple):
    """What one role may do with one table: verbs, the columns that it may read, and the condition on its rows."""

    role: str
    table: str
    verbs: tuple[str, ...]
    columns: tuple[str, ...]
    rows: str


def granted(using: str = DEFAULT_DB_ALIAS) -> list[Right]:
    """The rights that the database grants to our roles now, read from its own catalogue, by role and table."""
    roles = {database_role(role): role for role in Role.values}
    with connections[using].cursor() as cursor:
        cursor.execute(GRANTED, [list(roles)])
        return sorted(
            Right(
                roles[name], table, tuple(verb for verb in datamap.VERBS if verb in verbs), tuple(columns), rows or ""
            )
            for name, table, verbs, columns, rows in cursor.fetchall()
        )


def expected() -> list[Right]:
    """The same, as the data map says; the condition on rows as we write it, not as the database prints it."""
    return sorted(
        Right(role, entry.table, tuple(verbs(entry, role)), _columns(entry, role), rows(entry, role))
        for entry in datamap.entries()
        for role in Role.values
        if verbs(entry, role)
    )


def deviations() -> list[str]:
    """What the database grants otherwise than the data map says, a line each; empty when all is well.

    Conditions on rows are compared by whether there is one: how the database prints them is its own affair.
    """
    said = {(right.role, right.table): right._replace(rows=str(bool(right.rows))) for right in expected()}
    found = {(right.role, right.table): right._replace(rows=str(bool(right.rows))) for right in granted()}
    return [
        f"{role} on {table}: {_told(found.get((role, table)))} instead of {_told(said.get((role, table)))}"
        for role, table in sorted(said.keys() | found.keys())
        if said.get((role, table)) != found.get((role, table))
    ]


def _told(right: Right | None) -> str:
    return f"{' '.join(right.verbs)} ({', '.join(right.columns)})" if right else "nothing"


def _columns(entry: Entry, role: str) -> tuple[str, ...]:
    fields = entry.model._meta.get_field
    return tuple(sorted(str(fields(name).column) for name in entry.columns(role)))  # type: ignore[union-attr]


#: Rights on whole tables and on columns, and the policy of each role; a right on a table is one on all its columns.
GRANTED = """
SELECT role, name, array_agg(DISTINCT verb), coalesce(array_agg(DISTINCT readable ORDER BY readable)
       FILTER (WHERE readable IS NOT NULL), '{}'), max(condition)
FROM (
    SELECT pg_get_userbyid(r.grantee) AS role, c.relname AS name, r.privilege_type AS verb, a.attname AS readable
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) r
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                             AND r.privilege_type = 'SELECT'
    WHERE c.relkind = 'r'
    UNION ALL
    SELECT pg_get_userbyid(r.grantee), c.relname,
           CASE r.privilege_type WHEN 'UPDATE' THEN 'LOCK' ELSE r.privilege_type END,
           CASE r.privilege_type WHEN 'SELECT' THEN a.attname END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN LATERAL aclexplode(a.attacl) r
) AS rights
LEFT JOIN LATERAL (
    SELECT coalesce(pg_get_expr(polqual, polrelid), '') AS condition FROM pg_policy p
    WHERE polrelid = to_regclass(quote_ident(name)) AND polname = replace(role, 'cannonworks_', '')
) AS policy ON true
WHERE role = ANY(%s) AND name <> 'django_migrations'
GROUP BY role, name
"""
