"""Taking relations and employees along as a file for Excel (§16), in the headings that an import knows; and templates.

Citizen service numbers are never in it (docs/decisions/0021): each is shown by itself, or goes with the return of all
data. Cells that a spreadsheet would take for a formula are made harmless, and the import undoes exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going
from cannonworks.downloads import Lines, csv_response, written
from cannonworks.pages import after
from journal import services as journal
from relations.importing import columns as naming
from relations.importing.checking import told
from relations.importing.reading import head_of, read
from relations.imports import CLAUSES, opened
from relations.models import Import, Refusal, What

#: Rows that are read at once.
PORTION = 2_000
ORDER = ("sort_name", "id")


@transaction.atomic
def export(account: Account, *, actor: User, what: str, at: datetime) -> StreamingHttpResponse:
    """A file with the account's relations or employees, by name; journalled before the first byte.

    It is for other programs and other people, so who is restricted is not in it (§15); the page says how many. The
    holder sees them on his pages, and has them in the return of all data (§6, §16).
    """
    check_not_going(account)
    restricted = left_out(account, what)
    facts = {"what": what, **({"restricted": restricted} if restricted else {})}
    journal.record("export.downloaded", account=account, actor=actor, clause=CLAUSES[What(what)], **facts)
    names = [name for name in naming.labels(what) if name != "bsn"]
    words = _words(what)
    people = What(what).model._default_manager.filter(account=account, restricted_on=None).order_by(*ORDER)

    def portion(place: Any) -> tuple[Lines, Any]:
        check_not_going(Account.objects.get(pk=account.pk))  # or the file would end early and look whole
        rows = people.filter(after(ORDER, place)) if place else people
        found = list(rows.values_list(*names, *ORDER)[:PORTION])
        lines = [_line(names, row, words) for row in found]
        return lines, found[-1][-2:] if len(found) == PORTION else None

    return csv_response(f"{what}-{localdate(at)}.csv", _headings(names, what), portion)


def left_out(account: Account, what: str) -> int:
    """How many the export leaves out because they are restricted (§15); by an index of those alone."""
    return What(what).model._default_manager.filter(account=account, restricted_on__isnull=False).count()


def template(what: str) -> str:
    """A file to fill in: the headings, and a line that shows how."""
    names = list(naming.labels(what))
    return written([_headings(names, what), [naming.neutralise(naming.EXAMPLE.get(name, "")) for name in names]])


def refused(found: Import) -> StreamingHttpResponse:
    """The rows of a file that were not taken, as they stood, with why, to mend and bring in again.

    Who was there already is not among them.
    """
    with opened(found) as text:
        head = head_of(text)

    def portion(place: Any) -> tuple[Lines, Any]:
        rows = found.refusals.filter(line__gt=place or 0).order_by("line")[:PORTION]
        refusals = list(rows)
        mine = [refusal for refusal in refusals if refusal.problems != [["", "known"]]]
        lines = _as_they_stood(found, mine)
        return lines, refusals[-1].line if len(refusals) == PORTION else None

    # Two columns more that are no fields, so an import passes them by.
    headings = [str(_("Line in your file")), str(_("What to do")), *head.headings]
    return csv_response(f"{found.what}-{_('to-mend')}.csv", headings, portion)


def _as_they_stood(found: Import, refusals: Sequence[Refusal]) -> Lines:
    lines = []
    with opened(found) as text:
        for refusal in refusals:
            row = next(read(text, separator=found.separator, position=refusal.position, line=refusal.line))
            why = " ".join(told(refusal.problems, found.what))
            cells = row.cells if row.cells is not None else []
            # A cell stays as it was, unless a spreadsheet would take it for a formula.
            lines.append([str(refusal.line), why, *(naming.neutralise(naming.restore(cell)) for cell in cells)])
    return lines


def _headings(names: Sequence[str], what: str) -> list[str]:
    labels = naming.labels(what)
    return [str(labels[name]) for name in names]


def _words(what: str) -> Mapping[str, Mapping[Any, str]]:
    """The words of fields that have a choice, in the reader's language; an import knows them in both."""
    words: dict[str, Mapping[Any, str]] = {"sole_trader": {True: str(_("yes")), False: str(_("no"))}}
    for name in {"gender", "kind"} & set(naming.labels(what)):
        choices: Any = What(what).model._meta.get_field(name)
        words[name] = {value: str(label) if value else "" for value, label in choices.flatchoices}
    return words


def _line(names: Sequence[str], row: Sequence[Any], words: Mapping[str, Mapping[Any, str]]) -> list[str]:
    cells = zip(names, row, strict=False)
    return [naming.neutralise(words[name].get(value, str(value)) if name in words else value) for name, value in cells]
