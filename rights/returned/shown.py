"""What the page of a return shows: how far it is, its clock, and what lies in the archive (§6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, CharField, Count, ExpressionWrapper, F, Func, Q, Sum, Value
from django.db.models.functions import Length
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.context import is_going
from accounts.models import Account
from cannonworks import rules
from cannonworks.datamap import Category
from cannonworks.deadlines import explain, kind_named, local_date
from cannonworks.zipping import Measure
from rights.clock import left_of_return
from rights.models import DataReturn, ReturnFile
from rights.returned import contents
from rights.states import ReturnState

#: Why a return stopped, and what to do.
WHY: Mapping[str, str | Promise] = {
    "key_gone": gettext_lazy("Your files could not be opened just now. Go on in a while; what was made is kept."),
    "failed": gettext_lazy(
        "Something went wrong on our side. Go on; what was made is kept. Does it stop again? Call us."
    ),
}


@dataclass
class Folder:
    """A folder of the archive: its category, rows in its tables, PDFs, other files, and bytes."""

    category: Category
    rows: int = 0
    papers: int = 0
    uploads: int = 0
    size: int = 0


def page(account: Account, found: DataReturn | None, *, at: datetime) -> dict[str, Any]:
    """Everything the page shows of the last return of an account; four queries at most."""
    shown: dict[str, Any] = {
        "found": found,
        "going": is_going(account),
        "kept": rules.RETURNS_KEPT,
        "term": kind_named("data_return").term,
        "categories": [category.label for category in _categories()],
    }
    if found is None:
        return shown
    if found.can_be_taken(at):
        folders, length = inside(found)
        return shown | {"stage": "ready", "folders": folders, "length": length, "last_day": found.last_day}
    over = found.state == ReturnState.READY
    return shown | progress(found, at=at) | {"stage": ReturnState.EXPIRED if over else found.state}


def progress(found: DataReturn, *, at: datetime) -> dict[str, Any]:
    """How far a return is, and its clock; asks the database nothing."""
    return {
        "found": found,
        "polls": found.state in (ReturnState.QUEUED, ReturnState.RUNNING),
        "clock": left_of_return(found, on=local_date(at)),
        "explained": explain(found.deadline),
        "why": WHY.get(found.why, ""),
    }


def inside(found: DataReturn) -> tuple[list[Folder], int]:
    """What lies in the archive, folder by folder, and its length in bytes; one query."""
    name = F("name")
    folder = Func(name, Value("/"), Value(1), function="split_part", output_field=CharField())
    ending = Func(name, Value(r"[^.]*$"), function="substring", output_field=CharField())
    place = Func(name, Value("/"), Value(2), function="split_part", output_field=CharField())
    lines = list(
        ReturnFile.objects.filter(of=found).annotate(folder=folder, ending=ending, place=place)
        .annotate(is_upload=ExpressionWrapper(Q(place="files"), BooleanField())).values("folder", "ending", "is_upload")
        .annotate(count=Count("pk"), lines=Sum("rows"), bytes=Sum("size"), letters=Sum(Length("name")))
        .order_by("folder")
    )  # fmt: skip
    totals = (sum(line[what] for line in lines) for what in ("count", "letters", "bytes"))
    return _folders(lines), Measure(*totals).length


def _folders(lines: Iterable[Mapping[str, Any]]) -> list[Folder]:
    folders = {category.value: Folder(category) for category in _categories()}
    for line in lines:
        folder = folders.get(line["folder"])
        if folder is None:  # the covers, which are in no folder
            continue
        folder.size += line["bytes"]
        if line["is_upload"]:
            folder.uploads += line["count"]
        elif line["ending"] == "csv":
            folder.rows += line["lines"]
        elif line["ending"] == "pdf":
            folder.papers += line["count"]
    return list(folders.values())


def _categories() -> list[Category]:
    return [category for category in Category if any(table.category is category for table in contents.tables())]
