"""Chapters that the public texts share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.promises import goings, kinds, promises, terms_of_rules
from cannonworks import deadlines, rules
from cannonworks.publications import Block, Chapter, Grid, Pairs, Points, Words, grid, pairs
from processors.models import Stage


def how_long() -> Chapter:
    """The periods, and what goes earlier or stays longer."""
    warned = terms_of_rules()["warnings"]
    return Chapter(
        "how-long",
        _("How long we keep it"),
        (
            periods(),
            Words(_("Some of it goes earlier, by itself, also while the account is in use:")),
            ages(),
            Words(_("The main user is warned by mail %(days)s days before an account is erased.") % {"days": warned}),
            Words(
                _("Backups are encrypted and kept for %(term)s; after that the last one with erased data is gone.")
                % {"term": rules.BACKUPS_KEPT}
            ),
            Words(
                _("A copy that the main user asks for, to take along, is kept encrypted and removed after %(term)s.")
                % {"term": rules.RETURNS_KEPT}
            ),
            Words(
                _(
                    "Something stays longer only where the law or a proof asks it. Two members of staff decide that,"
                    " for a time, and the customer sees it."
                )
            ),
        ),
    )


def sub_processors(rows: Sequence[dict[str, Any]]) -> Chapter:
    """Who works for us, what they do, where, and with which data."""
    headers = (_("Name"), _("What they do"), _("Where"), _("Which data"))
    cells = [(each["name"], each["role_label"], _place(each), each["categories_label"] or "–") for each in rows]
    table = grid(_("Our sub-processors"), headers, cells)
    return Chapter(
        "sub-processors",
        _("Who works for us"),
        (
            table if rows else Words(_("At the moment no other company processes data for us.")),
            Words(
                _(
                    "With each of them there is a processing agreement before they begin. Their people see no more than"
                    " the list of customers, only while a project runs, and never relations, employees or documents."
                ),
                page="sub-processors",
                page_words=_("With which data, under which papers, and what changes"),
            ),
            Words(
                _(
                    "We sell nothing and give nothing to others, unless the customer asks for it or the law or a court"
                    " in the Netherlands obliges us."
                )
            ),
        ),
    )


def _place(row: dict[str, Any]) -> str:
    """Where it is; of who is only announced, from when."""
    if row["stage"] == Stage.ACTIVE or not row["from"]:
        return str(row["place"])
    begins = date_format(date.fromisoformat(row["from"]), "j F Y")
    return _("%(place)s, from %(day)s") % {"place": row["place"], "day": begins}


def security(measures: Sequence[dict[str, Any]]) -> Chapter:
    """The measures that are in place; before any is, what the product does by itself."""
    blocks: tuple[Block, ...]
    if measures:
        blocks = (
            Words(_("For each of these somebody of us answers, and looks at least once a year whether it works.")),
            pairs(*((each["title"], each["text"]) for each in measures)),
            Words(_sealed()),
        )
    else:
        blocks = (Points(_by_itself()),)
    return Chapter("security", _("How it is protected"), blocks)


def _by_itself() -> tuple[str, ...]:
    return (
        _("Every account has a key of its own; when that is destroyed, what was encrypted cannot be read."),
        _sealed(),
        _("The database itself shows everybody their own rows alone, and our staff what their role needs."),
        _("Staff and helpers sign in with a second factor; customers can too."),
        _("What anybody does is written into a journal that nobody can change."),
        _("Backups are made every day, encrypted, and tried out."),
        _("If something goes wrong all the same, customers hear it within %(clock)s.")
        % {"clock": deadlines.kind_named("breach_notice").term},
    )


def _sealed() -> str:
    fields = dict.fromkeys(name for kind in kinds() for name in kind.encrypted)
    return _("Stored encrypted or hashed: %(fields)s.") % {"fields": listed(fields)}


def periods() -> Grid:
    """Every rule: about what, when, how long, why, by which clause."""
    headers = (_("Data"), _("Account"), _("How long"), _("Why"), _("Clause"))
    rows = [(each.what, each.when, each.period, each.why, f"§{each.clause}") for each in promises()]
    return grid(_("How long data is kept"), headers, rows)


def ages() -> Grid:
    """Every rule of age: what goes by itself, when, by which clause."""
    headers = (_("Data"), _("Goes by itself"), _("Clause"))
    return grid(_("What goes by itself"), headers, [(each.what, each.period, f"§{each.clause}") for each in goings()])


def contact(name: str = "") -> Pairs:
    """Who we are and how we are reached, and our data protection officer where there is one."""
    return pairs(
        (name or _("We are"), settings.CANNONWORKS_ADDRESS), (_("E-mail"), settings.PRIVACY_CONTACT),
        (_("Data protection officer"), settings.DATA_PROTECTION_OFFICER),
    )  # fmt: skip


def listed(words: Iterable[object]) -> str:
    """Words with commas between them."""
    return ", ".join(map(str, words))
