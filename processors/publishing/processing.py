"""The processor's record (AVG art. 30(2)): in general for everybody, and for one account. One set of facts, shown as
a text (page and PDF) and as data (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.states import State
from cannonworks.publications import Chapter, Paper, Points, Words, grid, pairs
from processors.publishing import facts
from processors.publishing.parts import contact, how_long, listed, security, sub_processors

#: The form of the data; another number for whoever reads it by program, when something is named otherwise.
FORM = "cannonworks.record/1"


@dataclass(frozen=True)
class Record:
    """The record as text and as data."""

    paper: Paper
    said: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """What ``docs/record.md`` describes."""
        return dict(self.said)


def record(*, on: date) -> Record:
    """The record of all that we do for customers, in the reader's language; two queries."""
    said = _said(on) | {
        "controllers": _("every company with an account at CannonWorks; their names are in our administration"),
        "processing": facts.processing(),
        "data": facts.data(),
        "sub_processors": facts.sub_processors(),
    }
    lead = _("The record that the GDPR asks of us as a processor (art. 30(2)): what we do on behalf of our customers.")
    chapters = (
        Chapter(
            "who", _("Processor and controllers"),
            (contact(_("Processor")), pairs((_("On behalf of"), said["controllers"]))),
        ),
        _states(said),
        _data(said),
        *_rest(said),
    )  # fmt: skip
    return Record(_paper(_("Record of processing"), lead, on, chapters), said)


def of_account(account: Account, *, on: date, counts: facts.Counts | None) -> Record:
    """The record of what we do for one account, in the reader's language; two queries and the company.

    ``counts`` are the rows of each category, of which only those are told that are there; None for whoever may not
    count them, as our staff.
    """
    kept = facts.data(counts)
    said = _said(on) | {
        "controllers": facts.controller(account),
        "processing": facts.processing([State(account.state)]),
        "data": kept,
        "sub_processors": facts.sub_processors(each["category"] for each in kept),
    }
    company = said["controllers"]
    whose = pairs(
        (_("On behalf of"), company["name"]), (_("KvK number"), company["kvk_number"]), (_("E-mail"), company["email"]),
        (_("Account"), company["reference"]), (_("State"), company["state_label"]),
        (_("What we do with the data"), said["processing"][0]["what"]),
    )  # fmt: skip
    chapters = (
        Chapter("who", _("Processor and controller"), (contact(_("Processor")), whose)), _data(said), *_rest(said),
    )  # fmt: skip
    lead = _("What we do on behalf of %(company)s: the part of our record (GDPR art. 30(2)) about this account.")
    return Record(
        _paper(_("Record of processing for your account"), lead % {"company": company["name"]}, on, chapters), said
    )


def _said(on: date) -> dict[str, Any]:
    return {
        "form": FORM, "on": on.isoformat(), "language": get_language() or "nl", "processor": facts.processor(),
        "controllers": None, "processing": [], "data": [], "sub_processors": [], "measures": facts.measures(),
        "retention": facts.retention(),
    }  # fmt: skip


def _paper(title: str, lead: str, on: date, chapters: tuple[Chapter, ...]) -> Paper:
    made = _("This text is made of the very rules by which CannonWorks keeps and erases data.")
    return Paper(title=title, lead=lead, on=on, language=get_language() or "nl", made=made, chapters=chapters)


def _rest(said: Mapping[str, Any]) -> tuple[Chapter, ...]:
    rows = said["sub_processors"]
    return sub_processors(rows), _transfers(rows), security(said["measures"]), how_long()


def _states(said: Mapping[str, Any]) -> Chapter:
    rows = [(each["label"], each["what"]) for each in said["processing"]]
    table = grid(_("Processing by kind of customer"), (_("Account"), _("What we do with the data")), rows)
    return Chapter("customers", _("What we do, by kind of customer"), (table,))


def _data(said: Mapping[str, Any]) -> Chapter:
    counted = any(each["rows"] is not None for each in said["data"])
    headers = [_("Kind of data"), _("Whose data"), _("What"), _("Stored encrypted or hashed")]
    rows = [
        [each["label"], listed(each["subjects"]), listed(each["fields"]), listed(each["encrypted"]) or "–"]
        for each in said["data"]
    ]
    if counted:
        headers.insert(1, _("How many"))
        for row, each in zip(rows, said["data"], strict=True):
            row.insert(1, facts.rows_label(each))
    return Chapter("data", _("Which data"), (grid(_("Data by kind"), headers, rows),))


def _transfers(rows: list[dict[str, Any]]) -> Chapter:
    outside = [each for each in rows if not each["in_eea"]]
    said = (
        Points(tuple(": ".join(filter(None, (each["name"], each["place"], _protection(each)))) for each in outside))
        if outside
        else Words(_("None: all of them are within the European Economic Area."))
    )
    return Chapter("transfers", _("Transfers outside the European Economic Area"), (said,))


def _protection(row: Mapping[str, Any]) -> str:
    return row["transfer"]["mechanism_label"] if row["transfer"] else ""
