"""What quotes and invoices have of a relation that is erased: what the law has kept stays, the rest goes (§5.2, §15).

An issued document keeps the name and address that it was issued with. Drafts, links and the addresses to which
documents were mailed have them too, and no law that wants them kept: see docs/decisions/0032.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import ngettext

from cannonworks.datamap import Category
from finance.models import Document, Mailing, ShareLink, ShareOpening
from relations.leaving import Keeper, Trace
from relations.models import Person, Relation


def traces(person: Person) -> Iterator[Trace]:
    """What there is of a relation in documents, at most three queries; nothing of an employee."""
    if not isinstance(person, Relation):
        return
    is_draft = Q(issued_on=None)
    mine = Document.objects.filter(relation=person)
    number = mine.aggregate(issued=Count("pk", filter=~is_draft), drafts=Count("pk", filter=is_draft))
    if issued := number["issued"]:
        words = ngettext(
            "%(count)s issued quote or invoice keeps its own name and address: the law has you keep it for seven"
            " years.",
            "%(count)s issued quotes and invoices keep their own name and address: the law has you keep them for seven"
            " years.",
            issued,
        )
        yield _trace("issued", issued, words, goes=False, clause="5.2")
    if drafts := number["drafts"]:
        words = ngettext("%(count)s draft that was not issued.", "%(count)s drafts that were not issued.", drafts)
        yield _trace("drafts", drafts, words, goes=True)
    if issued:
        yield from _shared(mine)


def erase(person: Person) -> None:
    """Erase what of documents goes with a relation; the account is locked by the caller."""
    if not isinstance(person, Relation):
        return
    mine: Any = Document.objects.filter(relation=person)
    # In this order, each in one statement: nothing of these is looked at, and digests nobody may read.
    for rows in (
        ShareOpening.objects.filter(link__document__in=mine),
        Mailing.objects.filter(document__in=mine),
        ShareLink.objects.filter(document__in=mine),
    ):
        rows._raw_delete(rows.db)  # type: ignore[attr-defined]
    mine.drafts().delete()


def _shared(mine: Any) -> Iterator[Trace]:
    if links := ShareLink.objects.filter(document__in=mine).count():
        words = ngettext("%(count)s link to a document, which ends.", "%(count)s links to documents, which end.", links)
        yield _trace("links", links, words, goes=True)
    if mailings := Mailing.objects.filter(document__in=mine).count():
        words = ngettext(
            "The address of %(count)s mail with a document, and what you wrote in it.",
            "The addresses of %(count)s mails with documents, and what you wrote in them.",
            mailings,
        )
        yield _trace("mailings", mailings, words, goes=True)


def _trace(name: str, number: int, words: str, *, goes: bool, clause: str = "") -> Trace:
    return Trace(name, number, goes, Category.DOCUMENTS, words % {"count": number}, clause)


KEEPER = Keeper(traces, erase)
