"""What everybody may know of who works for us: now, announced, and before; said once for page, PDF and API (§9).

Of the papers it says that they are there, since when and until when, never what is in them; account holders can take
the proof of protection outside the EEA along (§11).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cannonworks.countries import EEA
from cannonworks.datamap import Category
from cannonworks.publications import Block, Chapter, Paper, Points, Words, grid, pairs
from processors.models import Change, ChangeKind, SubProcessor
from processors.publicly import publicly


@dataclass(frozen=True)
class AtWork:
    """A company that works for us. ``lapsed``: what of its papers is over on the day; its people see nothing then."""

    house: SubProcessor
    on: date

    @property
    def data(self) -> str:
        """The categories of data, in words."""
        return data_of(self.house.categories)

    @property
    def agreement_is_over(self) -> bool:
        return self.house.agreement is None or not self.house.agreement.holds(self.on)

    @property
    def protection_is_over(self) -> bool:
        return not self.house.is_in_eea and (self.house.transfer is None or not self.house.transfer.holds(self.on))

    @property
    def agreement(self) -> str:
        """Under which agreement, honestly: also when it is over."""
        row = self.house.agreement
        if row is None:
            return ""
        if self.agreement_is_over and row.valid_until:
            words = _("signed on %(signed)s, ended on %(day)s: until a new one is signed, its people have no access")
            return words % {"signed": _day(row.signed_on), "day": _day(row.valid_until)}
        return _day(row.signed_on)

    @property
    def protection(self) -> str:
        """What protects data outside the EEA; empty within it."""
        row = self.house.transfer
        if self.house.is_in_eea or row is None:
            return ""
        said = row.get_mechanism_display()
        if self.protection_is_over and row.valid_until:
            return _("%(mechanism)s; ended on %(day)s, and being renewed") % {
                "mechanism": said, "day": _day(row.valid_until)
            }  # fmt: skip
        return said


@dataclass(frozen=True)
class InPublic:
    """The whole list as it is on a day."""

    on: date
    at_work: tuple[AtWork, ...]
    announced: tuple[Change, ...]
    history: tuple[Change, ...]


def in_public(*, on: date) -> InPublic:
    """Read the list; three queries."""
    houses = SubProcessor.objects.at_work().select_related("agreement", "transfer").order_by("name")
    changes = Change.objects.select_related("sub_processor", "replaces")
    with publicly():
        return InPublic(
            on,
            tuple(AtWork(house, on) for house in houses),
            tuple(changes.open().order_by("effective_on", "id")),
            tuple(changes.closed().order_by("-effective_on", "-id")),
        )


def data_of(categories: Iterable[str]) -> str:
    """Categories of data, in words and in the order of the data map; those of the holder are the reader's own."""
    known = set(categories)
    return ", ".join(str(each.label) for each in Category if each in known) or "–"


def headline(change: Change) -> str:
    """What a change is, in one line."""
    lines = {
        ChangeKind.ADDITION: _("%(name)s is going to work for us"),
        ChangeKind.REPLACEMENT: _("%(name)s takes over from %(other)s"),
        ChangeKind.OTHER: _("%(name)s: other work, place or data"),
        ChangeKind.ENDED: _("%(name)s works for us no more"),
    }
    if change.in_force_at and change.kind == ChangeKind.ADDITION:
        lines[ChangeKind.ADDITION] = _("%(name)s works for us")
    other = change.replaces.name if change.replaces else ""
    return lines[ChangeKind(change.kind)] % {"name": change.sub_processor.name, "other": other}


def paper(*, on: date) -> Paper:
    """The list as a document, in the reader's language."""
    found = in_public(on=on)
    return Paper(
        title=_("Who else works with your data"),
        lead=_(
            "The companies that work for CannonWorks (sub-processors): what they do, where, and under which papers."
        ),
        on=on,
        language=get_language() or "nl",
        chapters=(_at_work(found), _announced(found), _history(found)),
    )


def _at_work(found: InPublic) -> Chapter:
    blocks: list[Block] = []
    for each in found.at_work:
        house = each.house
        blocks.append(
            pairs(
                (_("Name"), house.name),
                (_("What it does"), house.get_role_display()),
                (_("Works with"), each.data),
                (_("Where"), house.place),
                (_("Since"), _day(house.active_from)),
                (_("Agreement signed"), each.agreement),
                (_("Protection outside the EEA"), each.protection),
            )
        )
    none = Words(_("At the moment no other company processes data for us."))
    return Chapter("at-work", _("At work now"), tuple(blocks) or (none,))


def _announced(found: InPublic) -> Chapter:
    said: Block = Points(tuple(_line(each) for each in found.announced))
    none = Words(_("No changes are announced."))
    return Chapter("announced", _("Announced"), (said if found.announced else none,))


def _line(change: Change) -> str:
    """All that is said of an announced change, for paper."""
    what = f"{change.get_role_display()}; {data_of(change.categories)}; {change.place}"
    sooner = " ".join([_("Why we tell it later than promised:"), change.sooner]) if change.sooner else ""
    return f"{_day(change.effective_on)}: {headline(change)}. {what}. {change.words} {sooner}".strip()


def _history(found: InPublic) -> Chapter:
    headers = (_("Date"), _("What"), _("Which work, where"))
    rows = [
        (
            _day(each.effective_on),
            headline(each) + (f" ({_('withdrawn')})" if each.withdrawn_at else ""),
            f"{each.get_role_display()}, {each.place}",
        )
        for each in found.history
    ]
    said: Block = grid(_("What changed"), headers, rows) if rows else Words(_("Nothing has changed yet."))
    return Chapter("history", _("What changed"), (said,))


def _day(value: date | None) -> str:
    return date_format(value, "j F Y") if value else ""


def is_outside(country: str) -> bool:
    """Whether a country is outside the EEA."""
    return country not in EEA
