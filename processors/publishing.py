"""The privacy statement and the processor's record (AVG 30(2)), made of the rules, the data map and the registers.

Nothing in them is written by hand that a rule, a declared field or a row already says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.conf import settings
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.promises import Kind, goings, kinds, promises, terms_of_rules
from accounts.states import State
from cannonworks import deadlines, rules
from cannonworks.datamap import Category, Role
from cannonworks.publications import Chapter, Grid, Pairs, Paper, Points, Words, grid, pairs
from processors.models import SubProcessor
from processors.publicly import publicly

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
RUNNING = gettext_lazy("record, change, keep, show, share when the customer does so, return, back up")
RESTING = gettext_lazy("keep, show, return, back up; erase when the time has come")
#: What we do for a customer, by the state of the account.
PROCESSING: Mapping[str, str | Lazy] = {
    State.TRIAL: RUNNING,
    State.LAPSED: RESTING,
    State.ACTIVE: RUNNING,
    State.CANCELLED: RESTING,
    State.ERASED: gettext_lazy("nothing but keep our own books and evidence without names"),
}
#: Who is shown something, in words.
READERS: Mapping[str, str | Lazy] = {
    Role.HOLDER: gettext_lazy("the users of the account"),
    "main user": gettext_lazy("the main user of the account alone"),
    Role.STAFF: gettext_lazy("our staff, when their work asks it"),
    Role.HELPER: gettext_lazy("helpers of our sub-processors, while a project of theirs runs"),
}


def privacy(*, on: date) -> Paper:
    """The privacy statement in the reader's language, as it is on ``on``; one query."""
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
            _how_long(),
            _who_else(),
            _rights(),
            _security(),
            _complaints(),
        ),
    )


def record(*, on: date) -> Paper:
    """The processor's record that AVG art. 30(2) asks for, in the reader's language; one query."""
    return Paper(
        title=_("Record of processing"),
        lead=_(
            "The record that the GDPR asks of us as a processor (art. 30(2)): what we do on behalf of our customers."
        ),
        on=on,
        language=get_language() or "nl",
        made=_("This text is made of the very rules by which CannonWorks keeps and erases data."),
        chapters=(
            _processor(),
            _per_customer(),
            _per_kind(),
            _who_else(),
            _transfers(),
            _security(),
            _how_long(),
        ),
    )


# --- Chapters ------------------------------------------------------------------------------------------------
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
            _contact(),
        ),
    )


def _about(kind: Kind) -> Chapter:
    return Chapter(
        f"kind-{kind.category.value}",
        kind.label,
        (
            pairs(
                (_("Whose data"), _list(kind.subjects) or _("nobody's: there are no names in it")),
                (_("What"), _list(kind.fields) or _("random references, dates and counts")),
                (_("Why"), kind.purpose),
                (_("Ground"), GROUNDS.get(kind.category, "")),
                (_("Clause"), _list(f"§{clause}" for clause in kind.clauses)),
                (_("Who sees it"), _readers(kind)),
                (_("Stored encrypted or hashed"), _list(kind.encrypted)),
                (_("How long"), _period(kind)),
            ),
        ),
        is_card=True,
    )


def _how_long() -> Chapter:
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


def _who_else() -> Chapter:
    with publicly():
        working = list(SubProcessor.objects.at_work().order_by("name"))
    rows = [(each.name, each.get_role_display() or "–", each.place) for each in working]
    table = grid(_("Our sub-processors"), (_("Name"), _("What they do"), _("Where")), rows)
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


def _security() -> Chapter:
    sealed = dict.fromkeys(name for kind in kinds() for name in kind.encrypted)
    return Chapter(
        "security",
        _("How it is protected"),
        (
            Points(
                (
                    _("Every account has a key of its own; when that is destroyed, what was encrypted cannot be read."),
                    _("Stored encrypted or hashed: %(fields)s.") % {"fields": _list(sealed)},
                    _("The database itself shows everybody their own rows alone, and our staff what their role needs."),
                    _("Staff and helpers sign in with a second factor; customers can too."),
                    _("What anybody does is written into a journal that nobody can change."),
                    _("Backups are made every day, encrypted, and tried out."),
                    _("If something goes wrong all the same, customers hear it within %(clock)s.")
                    % {"clock": deadlines.kind_named("breach_notice").term},
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
            _contact(),
            Words(
                _(
                    "You can always complain to the Dutch supervisor: Autoriteit Persoonsgegevens, Postbus 93374,"
                    " 2509 AJ Den Haag, autoriteitpersoonsgegevens.nl."
                )
            ),
        ),
    )


def _processor() -> Chapter:
    on_behalf = _("every company with an account at CannonWorks; their names are in our administration")
    return Chapter(
        "who", _("Processor and controllers"), (_contact(_("Processor")), pairs((_("On behalf of"), on_behalf)))
    )


def _per_customer() -> Chapter:
    rows = [(state.label, PROCESSING.get(state, "–")) for state in State]
    table = grid(_("Processing by kind of customer"), (_("Account"), _("What we do with the data")), rows)
    return Chapter("customers", _("What we do, by kind of customer"), (table,))


def _per_kind() -> Chapter:
    rows = [
        (kind.label, _list(kind.subjects), _list(kind.fields), _list(kind.encrypted) or "–")
        for kind in kinds()
        if kind.goes_with_the_account and kind.fields
    ]
    headers = (_("Kind of data"), _("Whose data"), _("What"), _("Stored encrypted or hashed"))
    return Chapter("data", _("Which data"), (grid(_("Data by kind"), headers, rows),))


def _transfers() -> Chapter:
    with publicly():
        outside = [each for each in SubProcessor.objects.at_work().order_by("name") if not each.is_in_eea]
    said = (
        Points(tuple(f"{each.name}: {each.place}" for each in outside))
        if outside
        else Words(_("None: all of them are within the European Economic Area."))
    )
    return Chapter("transfers", _("Transfers outside the European Economic Area"), (said,))


# --- Parts of them -------------------------------------------------------------------------------------------
def periods() -> Grid:
    """Every rule: about what, when, how long, why, by which clause."""
    headers = (_("Data"), _("Account"), _("How long"), _("Why"), _("Clause"))
    rows = [(each.what, each.when, each.period, each.why, f"§{each.clause}") for each in promises()]
    return grid(_("How long data is kept"), headers, rows)


def ages() -> Grid:
    """Every rule of age: what goes by itself, when, by which clause."""
    headers = (_("Data"), _("Goes by itself"), _("Clause"))
    return grid(_("What goes by itself"), headers, [(each.what, each.period, f"§{each.clause}") for each in goings()])


def _contact(name: str = "") -> Pairs:
    return pairs((name or _("We are"), settings.CANNONWORKS_ADDRESS), (_("E-mail"), settings.PRIVACY_CONTACT))


def _period(kind: Kind) -> str:
    own = [f"{each.period} (§{each.clause})" for each in kind.promises]
    together = [_("As long as the account; see below.")] if kind.goes_with_the_account else []
    earlier = [f"{each.what}: {each.period} (§{each.clause})." for each in kind.goings]
    return " ".join([*together, *own, *earlier])


def _readers(kind: Kind) -> str:
    seen = [words for who, words in READERS.items() if who in kind.readers]
    return _list(seen) or (_("nobody") if kind.fields else _("our staff, and the users of the account"))


def _list(words: Iterable[object]) -> str:
    return ", ".join(map(str, words))
