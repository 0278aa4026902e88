"""What stands on the page of the editor, and what its buttons do: add a line, take one out, choose a relation, save.

Without scripts each button posts the page; with them only the part that changes is put in its place. Either way what is
computed is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict

from accounts.models import User
from cannonworks.errors import Changed, Refused
from finance import services
from finance.forms import DocumentForm, LineForm
from finance.models import Document, DocumentKind, Line, Totals
from relations.models import Relation

FIELDS = ("description", "quantity", "unit_price", "vat_rate")
MOST_LINES = 200
#: Relations to choose from at once; searching finds the others.
CHOICES = 8


@dataclass
class Counted:
    """A line that comes to something."""

    vat_rate: str
    net: Decimal


class Editor:
    """A draft on the screen: ``form``, ``lines`` (forms), ``totals`` and the ``relations`` to choose from.

    ``document`` may be new; ``data`` is what was posted (None: nothing). Only ``do=save`` is checked and saved.
    """

    def __init__(
        self, document: Document, *, user: User, data: QueryDict | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        self.document, self.user, self.initial = document, user, initial or {}
        self.data = data.copy() if data is not None else None
        self.do = self.data.get("do", "") if self.data is not None else ""
        self.words = self.data.get("q", "") if self.data is not None else ""
        self.focus: int | None = None
        self.theirs: list[Line] | None = None  # what somebody else saved meanwhile, if it is not what was typed
        self.is_lost = False  # somebody else issued or deleted the draft while it was on the screen
        self.form: DocumentForm
        self.lines: list[LineForm]
        if self.do == "save":
            self._bind()
        else:
            self._show()

    @cached_property
    def totals(self) -> Totals:
        """What the lines come to, as far as they have been typed."""
        return Totals.of([Counted(line.vat_rate_known, line.net) for line in self.lines if line.net is not None])

    @cached_property
    def relation(self) -> Relation | None:
        """The relation that is chosen."""
        reference = self.form["relation"].value()
        return self._relation(str(reference)) if reference else None

    @cached_property
    def relations(self) -> list[Relation]:
        """The newest ones, or those that were searched for; one query."""
        rows = Relation.objects.visible_to(self.user).filter(restricted_on=None)
        for word in self.words.replace("\0", "").split()[:4]:
            names = ("company_name", "first_name", "last_name", "city")
            rows = rows.filter(Q.create([(f"{name}__icontains", word) for name in names], connector=Q.OR))
        return list(rows.order_by("-id")[:CHOICES])

    @property
    def net_ids(self) -> str:
        """The places of the amounts of lines, for the page to fill in while one types."""
        return ",".join(f"#net-{n}" for n in range(len(self.lines)))

    def is_saved(self) -> bool:
        """Save what was typed if it was meant to be saved and is right. ``document`` is then the saved one."""
        if self.do != "save" or not all([self.form.is_valid(), *[line.is_valid() for line in self.lines]]):
            return False
        try:
            self._save()
        except Changed as changed:
            self.form.show_theirs(changed)
            self.theirs = self._others(changed.row)
            return False
        except Refused as refused:
            self.form.add_error(None, refused.message)
            self.is_lost = refused.code in ("already_issued", "gone")
            return False
        return True

    def _save(self) -> None:
        said = {name: value for name, value in self.form.cleaned_data.items() if name != "revision"}
        lines = [line.cleaned_data for line in self.lines if line.has_changed()]
        if self.document.pk:
            revision = self.form.cleaned_data["revision"]
            self.document = services.change_draft(
                self.document, actor=self.user, lines=lines, revision=revision, **said
            )
        else:
            self.document = services.draft_document(
                self.document.account, actor=self.user, kind=DocumentKind(self.document.kind), lines=lines, **said
            )

    def _others(self, saved: Document) -> list[Line] | None:
        lines = list(saved.lines.all())
        typed = [[line.cleaned_data[name] for name in FIELDS] for line in self.lines if line.has_changed()]
        return lines if [[getattr(line, name) for name in FIELDS] for line in lines] != typed else None

    def _bind(self) -> None:
        self.form = DocumentForm(self.data, instance=self.document)
        self.lines = [LineForm(self.data, prefix=f"line-{n}") for n in range(self._count())]

    def _show(self) -> None:
        """Nothing is checked yet, so nothing is said to be wrong."""
        typed: dict[str, Any] = self._stored() if self.data is None else {name: self.data[name] for name in self.data}
        rows = self._typed_rows() if self.data is not None else self._stored_rows()
        action, _dash, what = self.do.partition("-")
        if action == "take" and (relation := self._relation(what)):
            typed |= {"relation": relation, **services.copied(relation)}
        elif action == "leave":
            typed["relation"] = None
        elif action == "add" and len(rows) < MOST_LINES:
            self.focus = len(rows)
            rows.append({"quantity": Decimal(1), "vat_rate": rows[-1]["vat_rate"] if rows else "21"})
        elif action == "remove" and what.isdecimal() and int(what) < len(rows):
            del rows[int(what)]
        self.form = DocumentForm(initial=typed, instance=self.document)
        self.lines = [LineForm(initial=row, prefix=f"line-{n}") for n, row in enumerate(rows or [{}])]
        if self.focus is not None:
            self.lines[self.focus].fields["description"].widget.attrs["autofocus"] = True

    def _stored(self) -> dict[str, Any]:
        relation = self.initial.get("relation") or self.document.relation
        return {**self.initial, **({} if self.document.pk else services.copied(relation)), "relation": relation}

    def _stored_rows(self) -> list[dict[str, Any]]:
        lines = self.document.lines.all() if self.document.pk else []
        return [{name: getattr(line, name) for name in FIELDS} for line in lines]

    def _typed_rows(self) -> list[dict[str, Any]]:
        said: Any = self.data or {}
        return [{name: said.get(f"line-{n}-{name}", "") for name in FIELDS} for n in range(self._count())]

    def _count(self) -> int:
        said = self.data.get("lines", "") if self.data is not None else ""
        return min(int(said), MOST_LINES) if said.isdecimal() and len(said) < 5 else 0

    def _relation(self, reference: str) -> Relation | None:
        try:
            return Relation.objects.visible_to(self.user).filter(reference=UUID(reference)).first()
        except ValueError:
            return None
