"""The letter with which a main user orders erasure at once: what it says, as a PDF to print and sign (§5.5, §6)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import Account, ErasureRequest
from cannonworks import rules
from cannonworks.datamap import Category, entries
from cannonworks.documents import render

TEMPLATE = Path(__file__).parent / "documents" / "letter.typ"


def letter_pdf(request: ErasureRequest, *, on: date) -> bytes:
    """The letter for an open request, dated ``on``, in the main user's language; about 20 ms a page."""
    return render(TEMPLATE, letter_data(request, on=on))


def letter_data(request: ErasureRequest, *, on: date) -> dict[str, Any]:
    """What ``letter.typ`` prints: both parties, the code, what goes, and what stays with ground and end."""
    account = request.account
    company, user = account.company, account.users.get(is_main=True)
    name, *address = (line.strip() for line in settings.CANNONWORKS_ADDRESS.split(","))
    held = _held(account)
    return {
        "kind": "erasure-letter",
        "version": 1,
        "language": user.language,
        "reference": request.code,
        "date": on.isoformat(),
        "cancels": account.cancelled_on == request.asked_on,
        "sender": {"company": company.company_name, "name": user.full_name, "address": company.address_lines},
        "recipient": {"name": name, "address": address},
        "erased": [category.value for category in rules.WITH_THE_ACCOUNT if category not in held],
        "kept": [*held.values(), *_bookkeeping(account, on), _kept(Category.EVIDENCE, "proof of obligation")],
    }


def _held(account: Account) -> dict[Category, dict[str, Any]]:
    # By the account's own relation: holds are retention's, which nobody imports.
    return {
        Category(name): _kept(Category(name), hold.ground)
        for hold in account.holds.active().order_by("id")
        for name in hold.categories
        if Category(name) in rules.WITH_THE_ACCOUNT
    }


def _bookkeeping(account: Account, on: date) -> list[dict[str, Any]]:
    """Our own invoices to this customer that the law has us keep after ``on``; the last of them names the day."""
    ends = [
        end
        for entry in entries(Category.BOOKKEEPING)
        for end in entry.model._default_manager.filter(**{entry.account: account}).values_list(entry.until, flat=True)
        if end > on
    ]
    return [_kept(Category.BOOKKEEPING, "statutory duty (AWR art. 52)", until=max(ends))] if ends else []


def _kept(category: Category, ground: str, *, until: date | None = None) -> dict[str, Any]:
    return {"category": category.value, "ground": ground, "clause": "5", "until": until and until.isoformat()}
