"""The fence: from the moment an account is claimed for erasure, the database refuses every write of its data.

One trigger per declared table, for each statement: it takes the key-share lock on the account's row that a foreign key
takes anyway, so a write either is over before the claim (which passes the account by meanwhile), or sees the claim and
is refused. Without it a request that began before the claim could leave a row behind the re-scan.
"""

from __future__ import annotations

from django.db import connections

from cannonworks import datamap, rules

FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM 1 FROM accounts_account WHERE id IN (SELECT {owner} FROM written AS "{table}") FOR KEY SHARE;
    IF EXISTS (SELECT 1 FROM accounts_account WHERE id IN (SELECT {owner} FROM written AS "{table}")
               AND (claimed_at IS NOT NULL OR state = 'erased')) THEN
        RAISE EXCEPTION 'the account is being erased or has been erased' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER fence_{verb} AFTER {verb} ON "{table}"
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT
    WHEN (current_setting('cannonworks.erasing', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION {function}();
"""


def put_up(using: str = "default", **_signal: object) -> None:
    """Put the fence on every table that goes with the account; after each ``migrate``, and idempotent."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if "accounts_account" not in present:
            return
        for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT):
            if entry.table not in present:
                continue
            names = {"function": f"retention_fence_{entry.table}", "table": entry.table, "owner": entry.owner}
            cursor.execute(FUNCTION.format(**names))
            for verb in ("insert", "update"):
                cursor.execute(TRIGGER.format(verb=verb, **names))
