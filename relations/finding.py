"""Lists of people: which of them, in which order, and the search; one way for pages and API.

Row security keeps LIKE away from indexes, so words are looked for by a function of the database that looks through the
account of the request alone (docs/decisions/0020-searching-under-row-security.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cannonworks.listing import Order
from cannonworks.pages import backwards
from relations.models import EmployeeKind, Person

ORDERS = (
    Order("name", _("Name"), ("sort_name", "id")),
    Order("town", _("Town"), ("sort_town", "sort_name", "id")),
    Order("newest", _("Newest first"), ("sort_newest",)),
)
#: More words than this narrow nothing down any more.
MOST_WORDS = 6
#: A phone number as it is typed; it is kept with its country before it, and without anything between.
PHONE = re.compile(r"(?:\+|00|0)[\d ().-]{5,}")
FOUND = "SELECT people_found(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class Choice:
    """Which people of an account: those with all of these words in them, restricted or not (None: both), of a kind."""

    search: str = ""
    restricted: bool | None = None
    kind: str = ""

    @property
    def words(self) -> list[str]:
        """The words to look for; a phone number is one."""
        text = self.search.strip()
        if PHONE.fullmatch(text):
            return [re.sub(r"\D", "", text.removeprefix("+").lstrip("0"))]
        return text.split()[:MOST_WORDS]


def people(model: type[Person], user: User, choice: Choice) -> QuerySet | Found:
    """The chosen people of the user's account, without their BSN; for ``listing`` and ``Pages``, with ``ORDERS``."""
    rows = model._default_manager.visible_to(user).listed()  # type: ignore[attr-defined]
    if choice.words:
        return Found(rows, choice)
    if choice.restricted is not None:
        rows = rows.filter(restricted_on__isnull=not choice.restricted)
    return rows.filter(kind=choice.kind) if choice.kind in EmployeeKind.values else rows


@dataclass(frozen=True)
class Found:
    """People with some words in them: the database says which, a page of them at a time; two queries each."""

    rows: QuerySet
    choice: Choice

    def page(self, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> list[Any]:
        """The first ``most`` of them in one of ``ORDERS``, either way, behind the place if there is one."""
        order = next(o for o in ORDERS if list(ordering) in (list(o.columns), backwards(o.columns)))
        at = dict(zip((name.lstrip("-") for name in order.columns), place or (), strict=False))
        with connection.cursor() as cursor:
            cursor.execute(
                FOUND,
                [
                    self.rows.model._meta.model_name, self.choice.words, self.choice.restricted,
                    self.choice.kind or None, order.name, ordering[0].startswith("-"),
                    at.get("sort_town"), at.get("sort_name"), at.get("id", at.get("sort_newest")), most,
                ],
            )  # fmt: skip
            keys = [key for (key,) in cursor.fetchall()]
        rows = {row.pk: row for row in self.rows.filter(pk__in=keys)}
        return [rows[key] for key in keys if key in rows]
