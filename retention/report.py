"""What a sweep did, for people at a terminal and for other tools: kept, lapsed, warned, erased, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Max
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from accounts.models import Account
from accounts.services import dates_of
from accounts.states import State
from cannonworks import rules
from cannonworks.datamap import Category
from journal.models import Entry
from retention.models import Erasure, ErasureWarning
from retention.statements import rows_by_category
from retention.sweep import Item, Outcome

#: Rows of one table on the screen; the rest is counted.
MOST = 25


class Marks(NamedTuple):
    """The newest rows before a sweep, to tell what it added."""

    erasure: int
    warning: int
    entry: int


def marks() -> Marks:
    """Where erasures, warnings and journal stand now."""
    return Marks(*(model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in (Erasure, ErasureWarning, Entry)))


def as_dicts(before: Marks) -> list[dict[str, Any]]:
    """Every account that the sweep since ``before`` let lapse, warned or erased, as plain JSON."""
    told: list[dict[str, Any]] = [
        {"account": str(entry.account_reference), "did": "lapse", "clause": entry.clause, **entry.facts}
        for entry in _lapsed(before)
    ]
    told += [
        {
            "account": str(w.account.reference),
            "did": "warn",
            "clause": "5",
            "days": w.days,
            "erase_on": w.erase_on.isoformat(),
        }
        for w in _warned(before)
    ]
    told += [
        {
            "account": str(run.account.reference),
            "did": "erase",
            "rule": run.rule,
            "clause": run.clause,
            "categories": run.categories,
            "held": run.held,
            "rows": sum(run.rows.values()),
            "rescan": run.rescan,
            "statement": str(run.reference) if run.statement else None,
        }
        for run in _erased(before)
    ]
    return told


@contextmanager
def progress() -> Iterator[Callable[[int], None]]:
    """A line that moves while a sweep runs; yields what to tell the number of erased accounts to."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=_console(), transient=True) as bar:
        task = bar.add_task(_("Looking for what is due"), total=None)
        yield lambda finished: bar.update(task, description=_("%(count)s erased") % {"count": finished})


def print_outcome(outcome: Outcome, before: Marks) -> None:
    """Print what the sweep since ``before`` did and what it kept."""
    console = _console()
    console.print(_kept_table(outcome.on))
    console.print(_lapsed_table(before), _warned_table(before), _erased_table(before))
    if outcome.stopped:
        console.print(f"[bold red]{_('Not everything was erased')}: {outcome.stopped}[/]")
    totals = {"lapsed": outcome.lapsed, "warned": outcome.warned, "erased": outcome.erased}
    console.print(_("%(lapsed)s lapsed, %(warned)s warned, %(erased)s erased") % totals, style="bold")


def print_dry_run(on: date, items: list[Item]) -> None:
    """Print what a sweep on ``on`` would do."""
    table = Table(
        _("Account"), _("State"), _("Would"), _("Categories"), _("Held back"), _("Clause"), _("Due on"),
        title=_("Dry run as of %(day)s") % {"day": on},
    )  # fmt: skip
    for item in items[:MOST]:
        does = {"lapse": _("lapse"), "erase": _("erase"), "hold": _("held back")}[item.does]
        table.add_row(
            item.account, str(State(item.state).label), does, _names(item.categories), _names(item.held),
            f"§{item.clause}", str(item.due_on),
        )  # fmt: skip
    _console().print(_with_rest(table, len(items)))


def _kept_table(on: date) -> Table:
    table = Table(_("Account"), _("State"), _("Kept at least until"), _("Erased on"), _("Why"), title=_("Kept"))
    kept = Account.objects.exclude(state=State.ERASED).order_by("erase_on", "pk").select_related("company")
    for account in kept[:MOST]:
        rule = rules.rule_for(account.state, dates_of(account))
        why = _("held back") if account.held_since else str(rule.why)
        table.add_row(
            str(account.company), str(State(account.state).label), str(account.keep_until or "—"),
            str(account.erase_on or "—"), f"{why} (§{rule.clause})",
        )  # fmt: skip
    return _with_rest(table, kept.count())


def _lapsed_table(before: Marks) -> Table:
    table = Table(_("Account"), _("Erased on"), _("Why"), title=_("Lapsed"))
    entries = _lapsed(before)
    for entry in entries[:MOST]:
        table.add_row(str(entry.account_reference)[:8], entry.facts["erase_on"], f"§{entry.clause}")
    return _with_rest(table, len(entries))


def _warned_table(before: Marks) -> Table:
    table = Table(_("Account"), _("Days before"), _("Erased on"), title=_("Warned"))
    warned = _warned(before)
    for warning in warned[:MOST]:
        table.add_row(str(warning.account.company), str(warning.days), str(warning.erase_on))
    return _with_rest(table, len(warned))


def _erased_table(before: Marks) -> Table:
    table = Table(_("Account"), _("Why"), _("Rows erased"), _("Held back"), _("Proof"), title=_("Erased"))
    runs = _erased(before)
    for run in runs[:MOST]:
        rows = ", ".join(
            f"{Category(category).label} {count}" for category, count in rows_by_category(run).items() if count
        )
        why = f"{rules.rule(run.rule).why} (§{run.clause})"
        table.add_row(str(run.account), why, rows or _("none"), _names(run.held), _proof(run))
    return _with_rest(table, len(runs))


def _proof(run: Erasure) -> str:
    looked = _("%(places)s places looked through, %(found)s rows found") % (run.rescan or {"places": 0, "found": "?"})
    return f"{looked}; {_('statement')} {run}" if run.statement else looked


def _lapsed(before: Marks) -> list[Entry]:
    return list(Entry.objects.filter(pk__gt=before.entry, event="account.lapsed").order_by("pk"))


def _warned(before: Marks) -> list[ErasureWarning]:
    new = ErasureWarning.objects.filter(pk__gt=before.warning).select_related("account__company")
    return list(new.order_by("pk"))


def _erased(before: Marks) -> list[Erasure]:
    new = Erasure.objects.filter(pk__gt=before.erasure, done_at__isnull=False).select_related("account")
    return list(new.order_by("pk"))


def _names(categories: Any) -> str:
    return ", ".join(str(Category(name).label) for name in categories) or "—"


def _with_rest(table: Table, count: int) -> Table:
    if count > MOST:
        table.caption = _("and %(count)s more") % {"count": count - MOST}
    elif not count:
        table.add_row(_("none"))
    return table


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=160)
