"""Erasure statements: what was erased, what is kept and until when, signed so that anyone can verify it (§6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.db import connection

from cannonworks import datamap, documents, rules, signing
from cannonworks.datamap import Category
from cannonworks.deadlines import in_amsterdam, local_date
from cannonworks.lookups import array
from retention import schedule
from retention.models import Erasure, StatementMail
from retention.runs import Run
from retention.schedule import Fate, History

TEMPLATE = Path(__file__).resolve().parent / "documents" / "statement.typ"
#: Why something stays that no hold keeps back; a category whose hold ended during the run goes with the next one.
GROUNDS = {
    Category.BOOKKEEPING: "statutory duty (AWR art. 52)",
    Category.EVIDENCE: "proof of obligations",
    **dict.fromkeys(rules.WITH_THE_ACCOUNT, "proof of obligations"),
}


def issue(runs: Sequence[Run], histories: Mapping[int, History], *, at: datetime) -> None:
    """Give each finished run its signed statement, in the language of the main user it goes to; saves nothing."""
    languages = dict(
        StatementMail.objects.filter(erasure__among=[run.pk for run in runs]).values_list("erasure", "language")
    )
    for run in runs:
        language = languages.get(run.pk, "nl")
        run.statement = signing.signed_text(body(run, histories[run.account_id], language=language, at=at))


def body(run: Run, history: History, *, language: str, at: datetime) -> dict[str, Any]:
    """What a statement says, as plain JSON without personal data; ``history`` is the account's after the run."""
    today, moment = _here(at)
    erased_on = max(run.claimed_on, today)
    return {
        "kind": "erasure-statement",
        "version": 1,
        "reference": str(run.reference),
        "account": str(run.account.reference),
        "reason": {"rule": run.rule, "clause": run.clause},
        "claimed_on": run.claimed_on.isoformat(),
        "erased_on": erased_on.isoformat(),
        "erased": [
            {"category": category, "rows": count, "files": run.files.get(category, 0)}
            for category, count in rows_by_category(run).items()
        ],
        "kept": [_kept(fate) for fate in schedule.schedule(history)],
        "key_destroyed": datamap.encrypted().isdisjoint(run.held),
        "rescan": run.rescan,
        "rules": run.rules_digest,
        "last_backup_expires_on": _backups_until(erased_on),
        "issued_at": moment,
        "language": language,
    }


def statement_pdf(run: Erasure) -> bytes:
    """The statement of a finished run as PDF/A, with the signed JSON inside; the same bytes every time."""
    assert run.statement is not None  # noqa: S101  a finished run has one
    return documents.render(TEMPLATE, run.statement)


def address(runs: Sequence[Run]) -> None:
    """Note where the statements of these runs go: the last use of the main users' addresses."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_statementmail"
            " (erasure_id, account_id, email, name, company_name, language, attempts, made_on)"
            " SELECT run.id, run.account_id, person.email, concat_ws(' ', nullif(person.first_name, ''),"
            " nullif(person.infix, ''), nullif(person.last_name, '')), coalesce(company.company_name, ''),"
            " person.language, 0, run.claimed_on"
            " FROM retention_erasure AS run JOIN accounts_user AS person USING (account_id)"
            " LEFT JOIN accounts_company AS company USING (account_id)"
            " WHERE run.id = ANY(%s::bigint[]) AND person.is_main ON CONFLICT DO NOTHING",
            [array(run.pk for run in runs)],
        )


def rows_by_category(run: Erasure | Run) -> dict[str, int]:
    """How many rows a run erased, for each of its categories."""
    rows = dict.fromkeys(run.categories, 0)
    tables = _tables()
    for table, count in run.rows.items():
        rows[tables[table]] += count
    return rows


@cache
def _tables() -> dict[str, str]:
    return {entry.table: entry.category.value for entry in datamap.entries() if entry.category}


@lru_cache(maxsize=64)
def _backups_until(erased_on: date) -> str:
    return rules.BACKUPS_KEPT.after(erased_on).isoformat()


@lru_cache(maxsize=8)  # a batch of statements is issued at one moment
def _here(at: datetime) -> tuple[date, str]:
    return local_date(at), in_amsterdam(at).isoformat(timespec="seconds")


def _kept(fate: Fate) -> dict[str, Any]:
    if fate.held_by:  # until somebody releases the hold: no end that could be promised
        return {"category": fate.category.value, "ground": fate.held_by[0].ground.value, "clause": "5", "until": None}
    return {
        "category": fate.category.value,
        "ground": GROUNDS[fate.category],
        "clause": fate.rule.clause,
        "until": fate.kept_until.isoformat() if fate.kept_until else None,
    }
