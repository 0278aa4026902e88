"""Whose a request is (§15): accounts that the company named may be, and the earlier request that it goes with."""

from __future__ import annotations

from accounts.models import Account
from accounts.querysets import AccountQuerySet
from accounts.states import State
from rights.models import SubjectRequest, Wish
from rights.states import WITH_HOLDER, RequestState

#: So many accounts are offered; by so many words of a name, none of them shorter.
MOST, MOST_WORDS, SHORTEST = 12, 3, 4


def candidates(words: str) -> list[Account]:
    """Accounts that may be meant by a company's name, KvK number or reference, ``MOST`` at most; one query or a few.

    When no name has all the words, those that have the longest of them. Nobody is looked for in them (§15).
    """
    longest = sorted((word for word in words.split() if len(word) >= SHORTEST), key=len, reverse=True)
    for term in filter(None, (words.strip(), *longest[:MOST_WORDS])):
        if found := list(_there().matching(term)[:MOST]):
            return found
    return []


def _there() -> AccountQuerySet:
    rows = Account.objects.overview().exclude(state=State.ERASED).filter(claimed_at=None, ordered_on=None)
    return rows.only("reference", "state", "company__company_name", "company__kvk_number", "company__city")


def earlier_of(request: SubjectRequest, account: Account | None) -> SubjectRequest | None:
    """The open request of the same person for the same in this account (None: in no account) that this one goes with.

    The same mailbox, or name and postal address where there is none. A change is the same when its words are. What is
    said to be done is not gone with: whoever asks anew means something else, or that it was not done.
    """
    states = WITH_HOLDER if account else (RequestState.UNMATCHED,)
    rows = SubjectRequest.objects.filter(account=account, state__in=states, wish=request.wish).exclude(pk=request.pk)
    if account is None:
        rows = rows.filter(company__iexact=request.company)
    if request.wish == Wish.CHANGE:
        rows = rows.filter(details__iexact=request.details)
    if request.email:
        return rows.filter(email__iexact=request.email).order_by("id").first()
    if not request.address.strip():
        return None
    return rows.filter(email="", name__iexact=request.name, address__iexact=request.address).order_by("id").first()
