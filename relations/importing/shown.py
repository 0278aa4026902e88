"""What the pages of an import show, put together for their templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.nl.bsn import is_valid as is_bsn

from cannonworks import rules
from relations import imports
from relations.importing import columns as naming
from relations.importing.checking import Checked, Checker, told
from relations.importing.forms import ColumnsForm, FileForm
from relations.models import Employee, Import, Refusal, What

#: Rows of a draft that are checked; that are shown; files of before; refusals on the page.
LOOKED_AT, SHOWN, EARLIER, TOLD = 200, 8, 10, 100

#: Why an import stopped, and what to do.
WHY: Mapping[str, str | Promise] = {
    "by_user": gettext_lazy("You stopped it. What was taken in is in your list."),
    "read_only": gettext_lazy("Your account is not running any more. Activate it, then go on here."),
    "erasure_confirmed": gettext_lazy("Your account is being erased."),
    "file_gone": gettext_lazy("The file cannot be read any more. Bring it in anew: who is there already is passed by."),
    "failed": gettext_lazy(
        "A row could not be written, and we have been told. You can go on, or bring the rest in anew."
    ),
}


@dataclass(frozen=True)
class Line:
    """A row of a draft: its cells under the chosen fields, and what is wrong with it."""

    number: int
    cells: list[tuple[str, str]]
    problems: list[str]
    is_known: bool


def names(what: str) -> dict[str, Any]:
    """What the pages are called, and the list that they belong to."""
    if what == What.EMPLOYEES:
        return {"people": _("Employees"), "title": _("Import employees"), "list": "employees"}
    return {"people": _("Relations"), "title": _("Import relations"), "list": "relations"}


def choosing(what: str, form: FileForm, earlier: Iterable[Import]) -> dict[str, Any]:
    """A file to choose, and those of before."""
    bounds = {"most": settings.IMPORT_MAX_MIB, "kept": rules.age("relations.Import").keep}
    return {"what": what, "names": names(what), "form": form, "earlier": earlier, **bounds}


def draft(found: Import, form: ColumnsForm) -> dict[str, Any]:
    """A file that is looked at: its columns, the first rows as they would be taken, and what is wrong among more."""
    columns, takes_known = form.chosen(), form.takes()
    checked = imports.look(found, rows=LOOKED_AT, columns=columns, takes_known=takes_known)
    lines = [_line(each, columns, found) for each in checked]
    labels = naming.labels(found.what)
    return {
        "found": found, "what": found.what, "names": names(found.what), "form": form,
        "columns": list(zip(map(form.__getitem__, form.columns), _examples(found, checked, columns), strict=True)),
        "headings": [labels[name] for name in columns if name],
        "lines": lines[:SHOWN],
        "wrong": [line for line in lines if line.problems and not line.is_known],
        "known": sum(line.is_known for line in lines),
        "looked_at": len(lines),
        "unnamed": sum(not name for name in columns),
    }  # fmt: skip


def progress(found: Import) -> dict[str, Any]:
    """A file that is being taken in, or was."""
    refusals = list(found.refusals.exclude(problems=[["", "known"]]).order_by("line")[:TOLD])
    return {
        "found": found, "what": found.what, "names": names(found.what), "why": WHY.get(found.why, found.why),
        "refusals": [(refusal.line, told(refusal.problems, found.what)) for refusal in refusals],
        "more": max(0, found.refused - len(refusals)),
        "kept": rules.age("relations.Import").keep,
        "can_go_on": found.why in ("by_user", "read_only", "failed") and found.position < found.size,
    }  # fmt: skip


def refusals(found: Import) -> Any:
    """All rows that were not taken, for the API."""
    return Refusal.objects.filter(of=found)


def _line(checked: Checked, columns: list[str], found: Import) -> Line:
    said = Checker(found.what, columns, found.account).said(checked.row.cells or [])
    if "bsn" in said:
        said["bsn"] = Employee.MASK
    labels = naming.labels(found.what)
    cells = [(str(labels[name]), said.get(name, "")) for name in columns if name]
    known = checked.problems == [("", "known")]
    return Line(checked.line, cells, told(checked.problems, found.what), known)


def _examples(found: Import, checked: list[Checked], columns: list[str]) -> list[str]:
    """What stands in each column of the first row that has anything there; of what may be a BSN nothing is shown."""
    examples = []
    for number, name in enumerate(columns):
        cells = (each.row.cells[number] for each in checked if each.row.cells and len(each.row.cells) > number)
        text = next((cell.strip() for cell in cells if cell.strip()), "")
        is_secret = name == "bsn" or (not name and found.what == What.EMPLOYEES and is_bsn(text))
        examples.append(Employee.MASK if is_secret and text else text[:60])
    return examples
