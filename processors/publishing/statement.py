"""The privacy statement: for everybody, made of the rules, the data map and the registers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.promises import Kind, kinds
from cannonworks import deadlines
from cannonworks.datamap import Category, Role
from cannonworks.publications import Chapter, Paper, Points, Words, pairs
from processors.publishing import facts
from processors.publishing.parts import contact, how_long, listed, security, sub_processors

OWN = gettext_lazy("It is needed for our agreement with you (GDPR art. 6(1)(b)).")
THEIRS = gettext_lazy("Our customer decides and has it done by us (GDPR art. 28).")
LAW = gettext_lazy("The law has us do so (GDPR art. 6(1)(c)).")
INTEREST = gettext_lazy("We have a legitimate interest in it (GDPR art. 6(1)(f)).")
#: On what ground in law each category is processed.
GROUNDS: Mapping[str, str | Lazy] = {
    Category.ACCOUNT: OWN,
    Category.RELATIONS: THEIRS,
    Category.EMPLOYEES: THEIRS,
    Category.DOCUMENTS: THEIRS,
    Category.USAGE: INTEREST,
    Category.REQUESTS: LAW,
    Category.BOOKKEEPING: LAW,
    Category.EVIDENCE: INTEREST,
}
#: Who is shown something, in words.
READERS: Mapping[str, str | Lazy] = {
    Role.HOLDER: gettext_lazy("the users of the account"),
    "main user": gettext_lazy("the main user of the account alone"),
    Role.STAFF: gettext_lazy("our staff, when their work asks it"),
    Role.HELPER: gettext_lazy("helpers of our sub-processors, while a project of theirs runs"),
}


def privacy(*, on: date) -> Paper:
    """The privacy statement in the reader's language, as it is on ``on``; three queries."""
    return Paper(
        title=_("Privacy statement"),
        lead=_("What CannonWorks keeps, of whom, why, how long, and who sees it."),
        on=on,
        language=get_language() or "nl",
        made=_("This text is made of the very rules by which CannonWorks keeps and erases data."),
        chapters=(
            _who_we_are(),
            Chapter("what", _("What we keep"), (Words(_("All of it, kind by kind. There is nothing else.")),)),
            *(_about(kind) for kind in kinds() if kind.entries),
            how_long(),
            sub_processors(facts.sub_processors()),
            _rights(),
            security(facts.measures()),
            _complaints(),
        ),
    )


def _who_we_are() -> Chapter:
    return Chapter(
        "who",
        _("Who is responsible"),
        (
            Words(
                _(
                    "Small companies keep their relations and employees in CannonWorks and make quotes and invoices"
                    " with it. For that data the company itself is responsible; we process it on its behalf and do"
                    " nothing else with it. For the account itself, our own books and our evidence, we are responsible."
                )
            ),
            contact(),
        ),
    )


def _about(kind: Kind) -> Chapter:
    return Chapter(
        f"kind-{kind.category.value}",
        kind.label,
        (
            pairs(
                (_("Whose data"), listed(kind.subjects) or _("nobody's: there are no names in it")),
                (_("What"), listed(kind.fields) or _("random references, dates and counts")),
                (_("Why"), kind.purpose),
                (_("Ground"), GROUNDS.get(kind.category, "")),
                (_("Clause"), listed(f"§{clause}" for clause in kind.clauses)),
                (_("Who sees it"), _readers(kind)),
                (_("Stored encrypted or hashed"), listed(kind.encrypted)),
                (_("How long"), _period(kind)),
            ),
        ),
        is_card=True,
    )


def _rights() -> Chapter:
    clock = deadlines.kind_named("subject_request").term
    return Chapter(
        "rights",
        _("What you can ask"),
        (
            Words(_("Do you have an account? Then you see, change and take along your data in it, at any time.")),
            Words(
                _(
                    "Are you kept in the account of one of our customers? Ask that company. You can ask us too: we tell"
                    " them at once, and they have %(clock)s to do it. If they do not, and you have us check, we close"
                    " their account until it is done."
                )
                % {"clock": clock},
                page="your-rights",
                page_words=_("Ask something about your own data"),
            ),
            Points(
                (
                    _("see what is kept of you, and get a copy of it"),
                    _("have it corrected, restricted or erased"),
                    _("take it along in a form that other programs read"),
                    _("object to our use of it where we rely on our own interest"),
                    _("not be judged by a computer alone: we take no such decisions and make no profiles"),
                )
            ),
        ),
    )


def _complaints() -> Chapter:
    return Chapter(
        "contact",
        _("Questions and complaints"),
        (
            Words(_("Ask us first: we like to put it right.")),
            contact(),
            Words(
                _(
                    "You can always complain to the Dutch supervisor: Autoriteit Persoonsgegevens, Postbus 93374,"
                    " 2509 AJ Den Haag, autoriteitpersoonsgegevens.nl."
                )
            ),
        ),
    )


def _period(kind: Kind) -> str:
    own = [f"{each.period} (§{each.clause})" for each in kind.promises]
    together = [_("As long as the account; see below.")] if kind.goes_with_the_account else []
    earlier = [f"{each.what}: {each.period} (§{each.clause})." for each in kind.goings]
    return " ".join([*together, *own, *earlier])


def _readers(kind: Kind) -> str:
    seen = [words for who, words in READERS.items() if who in kind.readers]
    return listed(seen) or (_("nobody") if kind.fields else _("our staff, and the users of the account"))
