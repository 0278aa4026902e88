"""The tables on the page of a request: what happened, its clock explained, what the journal shows, what to write."""

from __future__ import annotations

from collections.abc import Iterator

from django.template.defaultfilters import linebreaksbr
from django.utils.translation import gettext as _

from cannonworks.admin import Table
from cannonworks.admin_words import chip, moment
from cannonworks.deadlines import explain
from rights.evidence import Evidence, evidence
from rights.letters_to_requester import on_paper
from rights.models import SubjectRequest
from rights.tending import clock_of


def tables(row: SubjectRequest) -> Iterator[Table]:
    """All of them that say something."""
    if words := on_paper(row):
        note = _("There is no e-mail. Write this on paper and send it; note nothing of it here.")
        yield Table(
            _("Letter to the requester, now"), [_("Words")], [[linebreaksbr(words, autoescape=True)]], note=note
        )
    yield Table(_("What happened"), [_("When"), _("What")], list(_moments(row)))
    if lines := _explained(row):
        yield Table(_("The clock, explained"), [_("How it is counted")], [[line] for line in lines])
    if row.account_id:
        yield proof(evidence(row))


def proof(found: Evidence) -> Table:
    """What the journal says, by sentences alone; what shows that it was done has a chip."""
    rows = [
        [moment(line.at), line.sentence, _by(line.by), chip("success", _("shows it")) if line.shows else ""]
        for line in found.lines
    ]
    return Table(
        _("What the journal says since the account holder was told"),
        [_("When"), _("What"), _("By"), _("Proof")],
        rows,
        note=_("Of the person there is a random reference only: nobody of staff sees relations or employees."),
    )


def _by(kind: str) -> str:
    return {"staff": _("staff"), "holder": _("account holder"), "system": _("by itself")}.get(kind, kind)


def _moments(row: SubjectRequest) -> Iterator[list[object]]:
    there = [
        (row.received_at, _("Received (%(channel)s)") % {"channel": row.get_channel_display()}),
        (row.told_at, _("Account holder told")),
        (row.reminded_at, _("Account holder reminded")),
        (row.done_at, _("Said to be done")),
        (row.check_asked_at, _("Check asked by the requester")),
        (row.checked_at, _("Checked by us")),
        (row.blocked_at, _("Account blocked")),
        (row.closed_at, _("Closed: %(outcome)s") % {"outcome": row.get_outcome_display()}),
    ]
    for at, what in sorted((at, what) for at, what in there if at is not None):
        yield [moment(at), what]


def _explained(row: SubjectRequest) -> list[str]:
    """The clock that runs now, and that of the holder where it is another one."""
    now = clock_of(row)
    shown = [clock for clock in (now, row.deadline) if clock is not None]
    if len(shown) == 2 and shown[0].kind == shown[1].kind:
        shown = shown[:1]
    return [line for clock in shown for line in explain(clock)]
