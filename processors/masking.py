"""What a helper is shown of an account: its company masked where the work needs no names (§10).

The one place for it. The database gives who needs no names no row of a company at all (``privacy.NAMED``), so what is
not there is what is masked, and a page that forgets this shows nothing either. See
docs/decisions/0042-what-a-helper-sees.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import Account
from accounts.querysets import AccountQuerySet
from accounts.states import State

#: In the place of what is not shown.
MASK = "•••"


@dataclass(frozen=True)
class Shown:
    """An account as a helper sees it."""

    reference: UUID
    state: str
    state_word: str
    company_name: str
    kvk_number: str


def accounts() -> AccountQuerySet:
    """The accounts of the overarching administration, the newest first, with their companies where these are shown."""
    return (
        Account.objects.exclude(state=State.ERASED).select_related("company").order_by("-pk")
        .only("reference", "state", "company__company_name", "company__kvk_number")
    )  # fmt: skip


def shown(account: Account) -> Shown:
    """What a page may say of an account."""
    company = getattr(account, "company", None)
    name, number = (company.company_name, company.kvk_number) if company else (MASK, MASK)
    return Shown(account.reference, account.state, account.get_state_display(), name, number)
