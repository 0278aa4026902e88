"""The company of an account: how it is changed (§16, §19)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Company, User
from accounts.services import check_decides, check_writable, lock
from cannonworks.errors import Changed
from journal import services as journal


@transaction.atomic
def change_company(company: Company, *, actor: User, revision: int | None = None, **fields: Any) -> Company:
    """Change details of the company, in an account that runs, by its main user; what was issued stays as it was.

    ``revision`` is the one that was on the screen: Changed when somebody saved since. ValidationError on bad fields.
    """
    account = lock(company.account)
    check_writable(account)
    check_decides(actor, account)
    row = Company.objects.select_for_update().get(account=account)
    Changed.check(row, revision)
    for name, value in fields.items():
        setattr(row, name, value)
    row.revision += 1
    row.full_clean()
    row.save(force_update=True)
    journal.record("company.changed", account=account, actor=actor, clause="16", fields=sorted(fields))
    return row
