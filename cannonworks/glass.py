"""What a login for a calamity or an upgrade may do with each table (§10): its own role, policies and log of changes.

Nobody has such rights by themselves: a login made for an hour is a member of this role, and on every row the database
asks its clock and the row that the login was made for. Only tables with rows of accounts are behind it: what holds
none, nobody needs to read by hand. Keys, hashes, sealed papers and encrypted columns stay out of sight.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from cannonworks.datamap import Category, Entry

ROLE = "cannonworks_glass"
#: Of each login; in the database only we name a role so.
LOGIN = f"{ROLE}_"
POLICIES = ("glass", "glass_insert", "glass_update", "glass_delete")
TRIGGER = "glass_noted"
#: What may have to be put right by hand. The rest is evidence, or the account itself.
REPAIRABLE = frozenset(Category) - {Category.EVIDENCE}
#: Lines of §19 about how people sign in: who could write those, could sign in as somebody else.
SIGN_IN = "19 Inloggegevens"


@dataclass(frozen=True)
class Pane:
    """SQL, made by the app that keeps the register of such logins. All asks who logged in: ``session_user``.

    ``reads`` and ``writes``: whether that may, at this very moment; asked for every row. ``whole``: whether it sees all
    accounts; else ``accounts`` are the keys of those it sees and ``references`` their references. ``noted`` is the
    trigger function that notes a changed row, and ``usable`` are functions that policies call.
    """

    reads: str
    writes: str
    whole: str
    accounts: str
    references: str
    noted: str
    usable: tuple[str, ...]


_panes: list[Pane] = []
_kept: set[type[models.Model]] = set()


def declare(pane: Pane) -> None:
    """Have such logins in this project."""
    _panes[:] = [pane]


def keep_from(*kept: type[models.Model]) -> None:
    """Keep these models out of sight: keys, sessions, and the register of such logins itself."""
    _kept.update(kept)


def is_behind(entry: Entry) -> bool:
    """Whether such a login sees rows of the table at all."""
    return entry.has_rows_of_accounts and entry.model not in _kept


def is_repairable(entry: Entry) -> bool:
    """Whether such a login may change rows of the table, if it may change anything."""
    signs_in = any(personal.clause.startswith(SIGN_IN) for personal in entry.personal.values())
    return is_behind(entry) and entry.category in REPAIRABLE and not signs_in


def readable(entry: Entry) -> list[str]:
    """The columns that it sees."""
    hidden = {name for name, said in entry.personal.items() if said.secret or said.encrypted}
    fields = entry.model._meta.local_concrete_fields
    return [str(field.column) for field in fields if field.name not in hidden]


def changeable(entry: Entry) -> list[str]:
    """The columns that it may change: a row stays the same row, and of the same account."""
    fixed = {str(entry.model._meta.pk.column), entry.column}
    return [column for column in readable(entry) if column not in fixed]


def statements(entry: Entry) -> list[str]:
    """SQL that brings rights, row rules and log of one table to what is said here; idempotent."""
    table = f'"{entry.table}"'
    said = [f"REVOKE ALL ON {table} FROM {ROLE}", *(f"DROP POLICY IF EXISTS {name} ON {table}" for name in POLICIES)]
    if not _panes or not is_behind(entry):
        return [*said, f"DROP TRIGGER IF EXISTS {TRIGGER} ON {table}"]
    said += _reading(entry, table, _panes[0])
    if is_repairable(entry):
        return [*said, *_writing(entry, table, _panes[0])]
    return [*said, f"DROP TRIGGER IF EXISTS {TRIGGER} ON {table}"]


def closing() -> list[str]:
    """SQL of the rest: the functions that policies call, and that nobody makes anything in our schema."""
    usable = _panes[0].usable if _panes else ()
    return [
        *(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name} TO {ROLE}" for name in usable),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());"
        f" EXECUTE format('GRANT CONNECT ON DATABASE %I TO {ROLE}', current_database()); END $$",
        f"GRANT USAGE ON SCHEMA public TO {ROLE}",
    ]


def _scope(entry: Entry, pane: Pane) -> str:
    chosen = entry.belonging(f"IN ({pane.references if entry.by_reference else pane.accounts})")
    return f"((SELECT {pane.whole}) OR {chosen})"


def _reading(entry: Entry, table: str, pane: Pane) -> list[str]:
    return [
        f"GRANT SELECT ({_listed(readable(entry))}) ON {table} TO {ROLE}",
        f"CREATE POLICY glass ON {table} FOR SELECT TO {ROLE} USING ({pane.reads} AND {_scope(entry, pane)})",
    ]


def _writing(entry: Entry, table: str, pane: Pane) -> list[str]:
    may = f"({pane.writes} AND {_scope(entry, pane)})"
    through = entry.through or ("", "", "")
    place = [str(entry.model._meta.pk.column), entry.column, "reference" if entry.by_reference else "key", *through]
    told = ", ".join(f"'{part}'" for part in place)
    return [
        f"GRANT INSERT ({_listed(readable(entry))}) ON {table} TO {ROLE}",
        f"GRANT UPDATE ({_listed(changeable(entry))}), DELETE ON {table} TO {ROLE}",
        f"CREATE POLICY glass_insert ON {table} FOR INSERT TO {ROLE} WITH CHECK {may}",
        f"CREATE POLICY glass_update ON {table} FOR UPDATE TO {ROLE} USING {may} WITH CHECK {may}",
        f"CREATE POLICY glass_delete ON {table} FOR DELETE TO {ROLE} USING {may}",
        f"CREATE OR REPLACE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
        f" WHEN (starts_with(session_user::text, '{LOGIN}')) EXECUTE FUNCTION {pane.noted}({told})",
    ]


def _listed(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
