"""What is looked for among accounts, when a breach touches some of them: it explains itself, and finds them (§13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from accounts.states import State
from cannonworks import datamap
from cannonworks.datamap import Category
from cannonworks.errors import Refused
from journal.models import Entry
from processors.models import Helper, SubProcessor, SubProcessorRole

#: The account in a statement that looks for accounts, as its rows name it: by reference, or by key.
OWN = {True: '= "accounts_account"."reference"', False: '= "accounts_account"."id"'}
#: More references than these are not taken at a time: a list can be extended.
MOST = 50_000


class Reach(NamedTuple):
    """Which accounts a sub-processor with some role touches: in words, and how they are found."""

    words: Promise
    found_by: str


EVERY = Reach(gettext_lazy("every account: what it does for us, it does for all of them"), "all")
#: A role that is not here touches accounts of which nothing is known in particular, so all of them.
REACH: Mapping[str, Reach] = {
    SubProcessorRole.HOSTING: EVERY,
    SubProcessorRole.MAIL: Reach(gettext_lazy("every account: each of them is sent mail"), "all"),
    SubProcessorRole.INTEGRATIONS: Reach(
        gettext_lazy("every account: which of them use a connection is not recorded"), "all"
    ),
    SubProcessorRole.SUPPORT: Reach(gettext_lazy("accounts that its people have had before them"), "looks"),
    SubProcessorRole.DEVELOPMENT: Reach(gettext_lazy("accounts that its people have had before them"), "looks"),
    SubProcessorRole.PAYMENTS: Reach(gettext_lazy("accounts to which we sent an invoice"), "books"),
    SubProcessorRole.APP_STORE: Reach(gettext_lazy("accounts in which a device was ever added"), "devices"),
    "": Reach(gettext_lazy("every account: what it does for us is not recorded"), "all"),
}


def categories() -> list[Category]:
    """Those of which there are tables with personal data, by the data map."""
    return [category for category in Category if _tables(category)]


@dataclass(frozen=True)
class Criteria:
    """What is looked for; all that is said must hold of an account, and of several categories one is enough.

    ``since`` and ``until``: accounts that were there on one of these days; ``sub_processor``: its key.
    """

    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    sub_processor: int | None = None
    references: tuple[UUID, ...] = ()

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        since, until = (date.fromisoformat(day) if (day := written.get(end)) else None for end in ("since", "until"))
        return cls(
            categories=tuple(written.get("categories", ())), since=since, until=until,
            sub_processor=written.get("sub_processor"), references=tuple(map(UUID, written.get("references", ()))),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """What is looked for, and nothing else, as the list keeps it."""
        said = {
            "categories": list(self.categories),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "sub_processor": self.sub_processor,
            "references": [str(reference) for reference in self.references],
        }
        return {name: value for name, value in said.items() if value}

    def check(self) -> None:
        """Refuse what looks for nothing, for days that cannot be, and for categories of which nobody has data."""
        if not self.as_json():
            raise Refused("nothing_said", _("Say at least one thing by which accounts are found."), clause="13")
        if self.since and self.until and self.until < self.since:
            raise Refused("days", _("The last day lies before the first."), clause="13")
        if not set(self.categories) <= set(categories()):
            raise Refused("category", _("There is no such category of personal data."), clause="13")

    def words(self) -> list[str]:
        """What is looked for, as sentences in the reader's language."""
        named = ", ".join(str(Category(name).label) for name in self.categories)
        count = len(self.references)
        said = [
            named and self._of_categories() % {"named": named},
            self._days(),
            self._sub_processor(),
            count
            and ngettext("Who is on a list of %(count)s reference.", "Who is on a list of %(count)s references.", count)
            % {"count": count},
        ]
        return [sentence for sentence in said if sentence]

    def accounts(self) -> QuerySet[Account]:
        """Accounts that can be told, of which all of it holds. Read with the rights of jobs."""
        found = self._without_categories().filter(claimed_at__isnull=True).exclude(state=State.ERASED)
        if self.categories:
            tables = [entry for name in self.categories for entry in _tables(Category(name))]
            found = found.filter(_has_rows(tables))
        return found

    def gone(self) -> QuerySet[Account]:
        """Erased accounts, or nearly so, of which it may have held: what they had is not known any more."""
        return self._without_categories().filter(Q(claimed_at__isnull=False) | Q(state=State.ERASED))

    def unknown(self) -> list[UUID]:
        """References that are of no account, in the order in which they were given."""
        if not self.references:
            return []
        known = set(Account.objects.filter(reference__among=self.references).values_list("reference", flat=True))
        return [reference for reference in dict.fromkeys(self.references) if reference not in known]

    def _without_categories(self) -> QuerySet[Account]:
        found = Account.objects.all()
        if self.until:
            found = found.filter(signed_up_on__lte=self.until)
        if self.since:
            found = found.filter(Q(erased_on__isnull=True) | Q(erased_on__gte=self.since))
        if self.references:
            found = found.filter(reference__among=self.references)
        return found.filter(self._reached()) if self.sub_processor else found

    def _reached(self) -> Q:
        """Accounts that the sub-processor touches."""
        row = SubProcessor.objects.get(pk=self.sub_processor or 0)
        match reach_of(row).found_by:
            case "looks":
                people = Helper.objects.filter(sub_processor=row).values("user__reference")
                seen = Entry.objects.filter(event="helper.looked", actor_reference__in=people)
                return Q(reference__in=seen.values("account_reference"))
            case "devices":
                made = Entry.objects.filter(event="token.made", account_reference__isnull=False)
                return Q(reference__in=made.values("account_reference"))
            case "books":
                return Q(_has_rows(_tables(Category.BOOKKEEPING)))
        return Q()

    def _of_categories(self) -> str:
        if len(self.categories) > 1:
            return _("Who has data of one of these: %(named)s.")
        return _("Who has data of this category: %(named)s.")

    def _days(self) -> str:
        since, until = (date_format(day, "j F Y") if day else "" for day in (self.since, self.until))
        if since and until:
            return _("Who was there between %(since)s and %(until)s.") % {"since": since, "until": until}
        if since:
            return _("Who was there on %(since)s or later.") % {"since": since}
        return _("Who was there on %(until)s or earlier.") % {"until": until} if until else ""

    def _sub_processor(self) -> str:
        row = SubProcessor.objects.filter(pk=self.sub_processor or 0).first()
        if row is None:
            return ""
        return _("Whom %(name)s touches: %(reach)s.") % {"name": row.name, "reach": reach_of(row).words}


def reach_of(row: SubProcessor) -> Reach:
    """Which accounts a sub-processor touches, as far as that is known: by its role."""
    return REACH.get(row.role, EVERY)


def read_references(text: str) -> tuple[tuple[UUID, ...], list[str]]:
    """A pasted list, parted by whatever stands between: its references, each once, and the words that are none."""
    found: dict[UUID, None] = {}
    wrong = []
    for word in text.replace(",", " ").replace(";", " ").split():
        try:
            found[UUID(word.strip("\"'"))] = None
        except ValueError:
            wrong.append(word)
    return tuple(found), wrong


def _tables(category: Category) -> list[datamap.Entry]:
    """The tables of a category that hold personal data."""
    return [entry for entry in datamap.entries(category) if entry.personal]


def _has_rows(tables: Iterable[datamap.Entry]) -> RawSQL:
    """That an account has a row in one of them; each is found by its own index, whatever the number of rows."""
    there = " OR ".join(
        f'EXISTS (SELECT FROM "{entry.table}" WHERE {entry.belonging(OWN[entry.by_reference])})' for entry in tables
    )
    return RawSQL(f"({there})", [], output_field=BooleanField())  # noqa: S611 of the data map alone
