"""What the rules and the data map promise, in words: for the terms, the public texts and the staff's own pages.

Nothing here is written twice: another rule, category or field changes every text that is made of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import CASCADE
from django.utils.functional import Promise as Words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.states import State
from cannonworks import datamap, rules
from cannonworks.datamap import Category, Entry, Subject
from cannonworks.rules import Age, Rule, Term

#: From which day a rule counts, in words.
COUNTED_FROM: Mapping[str, str | Words] = {
    "signed_up_on": gettext_lazy("signing up"),
    "trial_ends_on": gettext_lazy("the end of the trial"),
    "cancelled_on": gettext_lazy("cancelling"),
    "ordered_on": gettext_lazy("the confirmation of the letter"),
    "next_year_on": gettext_lazy("the end of the calendar year"),
    "erased_on": gettext_lazy("the erasure of the account"),
}

#: What each category is there for; the first words of its story.
PURPOSES: Mapping[str, str | Words] = {
    Category.ACCOUNT: gettext_lazy(
        "To let you sign in, to know with whom we have an agreement, and to let you make lawful quotes and invoices."
    ),
    Category.RELATIONS: gettext_lazy("To let you do business with your customers and suppliers."),
    Category.EMPLOYEES: gettext_lazy("To let you do what an employer has to do; a BSN only because the law asks it."),
    Category.DOCUMENTS: gettext_lazy("To let you make, send and keep quotes and invoices, as the tax law asks of you."),
    Category.USAGE: gettext_lazy("To make CannonWorks safer and easier to use."),
    Category.REQUESTS: gettext_lazy("To do what somebody asks about their own data, and to show that it was done."),
    Category.BOOKKEEPING: gettext_lazy("To charge our service and to keep our own books, as the tax law asks of us."),
    Category.EVIDENCE: gettext_lazy("To prove that we did what we agreed. There are no names in it."),
}


@dataclass(frozen=True)
class Promise:
    """One rule in words: when it applies, how long, why, and by which clause."""

    rule: Rule

    @property
    def when(self) -> str:
        """In which state of an account it counts."""
        return str(State(self.rule.state).label) if self.rule.state else _("Every account")

    @property
    def what(self) -> str:
        """About which data it is."""
        if self.rule.categories == rules.WITH_THE_ACCOUNT:
            return _("Everything in your account")
        return ", ".join(str(Category(name).label) for name in self.rule.categories)

    @property
    def why(self) -> str:
        return str(self.rule.why)

    @property
    def clause(self) -> str:
        return self.rule.clause

    @property
    def period(self) -> str:
        """How long it is kept and when it goes."""
        keep, erase = self.rule.keep, self.rule.erase
        words = {"keep": keep, "erase": erase, "day": COUNTED_FROM[self.rule.counted_from]}
        if erase is None:
            if keep is None:
                return _("Nothing is erased.")
            return _("Kept at least %(keep)s, counted from %(day)s; after that you decide.") % words
        if erase == Term():
            return _("Erased at once.")
        if keep == erase or keep is None:
            return _("Kept %(erase)s, counted from %(day)s; then erased.") % words
        return _("Kept at least %(keep)s and at most %(erase)s, counted from %(day)s; then erased.") % words


@dataclass(frozen=True)
class Going:
    """One rule of age in words: which rows go by themselves, how long after what, and by which clause."""

    age: Age

    @property
    def entry(self) -> Entry:
        return datamap.entry(apps.get_model(self.age.model))

    @property
    def what(self) -> str:
        """Which rows."""
        return self.entry.word

    @property
    def period(self) -> str:
        """How long after what they go."""
        return _("%(term)s after %(since)s") % {"term": self.age.keep, "since": self.age.since}

    @property
    def clause(self) -> str:
        return self.age.clause


@dataclass(frozen=True)
class Kind:
    """A category of data as people read of it."""

    category: Category
    entries: tuple[Entry, ...]

    @property
    def label(self) -> str:
        return str(self.category.label)

    @property
    def purpose(self) -> str:
        return str(PURPOSES.get(self.category, ""))

    @property
    def subjects(self) -> list[str]:
        """Whose data it is, each once."""
        return _once(Subject(e.subject).label for e in self.entries if e.personal)

    @property
    def fields(self) -> list[str]:
        """Every personal field of which people are told by its label, each once."""
        return _once(e.label(name) for e in self.entries for name in e.told)

    @property
    def encrypted(self) -> list[str]:
        """Those that are stored encrypted, or as a hash that nobody is shown."""
        return _once(
            e.label(n) for e in self.entries for n, said in e.personal.items() if said.encrypted or said.secret
        )

    @property
    def clauses(self) -> list[str]:
        """The clauses under which the fields are processed, by number."""
        return _once(said.clause.split()[0] for e in self.entries for said in e.personal.values())

    @property
    def readers(self) -> set[str]:
        """Who is shown something of it, as ``Entry.seen_by`` says: ``holder``, ``staff``, ``helper``, ``main user``."""
        return {who for e in self.entries for name in e.personal for who in e.seen_by(name)}

    @property
    def promises(self) -> list[Promise]:
        """The rules of this category alone; none where it simply goes with the account."""
        return [each for each in promises() if each.rule.categories == (self.category,)]

    @property
    def goings(self) -> list[Going]:
        """What of it goes by itself before the account does."""
        return [each for each in goings() if each.entry.category == self.category]

    @property
    def goes_with_the_account(self) -> bool:
        return self.category in rules.WITH_THE_ACCOUNT


def promises() -> list[Promise]:
    """Every rule in words, in the order of the rules."""
    return [Promise(rule) for rule in rules.RULES]


def goings() -> list[Going]:
    """Every rule of age in words, in the order of the rules."""
    return [Going(age) for age in rules.AGES]


def going_of(entry: Entry) -> Going | None:
    """The rule by which rows of this model go by themselves: their own, or that of what they cannot be without."""
    by_model = {each.entry.model: each for each in goings()}
    along: list[Any] = [field.related_model for field in entry.model._meta.fields if _goes_along(field)]
    return next((by_model[model] for model in (entry.model, *along) if model in by_model), None)


def _goes_along(field: Any) -> bool:
    return field.is_relation and field.remote_field.on_delete is CASCADE


def kinds() -> list[Kind]:
    """Every category with what is declared in it, in the order of the categories."""
    return [Kind(category, tuple(datamap.entries(category))) for category in Category]


def terms_of_rules() -> dict[str, Any]:
    """The terms by the name of their rule, for texts: ``{{ lapsed.keep }}``; ``goings`` are those of age."""
    return {rule.name.replace(" ", "_"): rule for rule in rules.RULES} | {
        "goings": goings(),
        "backups": rules.BACKUPS_KEPT,
        "returns": rules.RETURNS_KEPT,
        "warnings": ", ".join(map(str, rules.WARNING_DAYS[:-1])) + _(" and ") + str(rules.WARNING_DAYS[-1]),
    }


def _once(words: Iterable[object]) -> list[str]:
    """Words as texts, each once, in their order."""
    return list(dict.fromkeys(map(str, words)))
