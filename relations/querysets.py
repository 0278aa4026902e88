from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from cannonworks.encryption import lookup_hashes

if TYPE_CHECKING:
    from accounts.models import Account, User


class OwnedQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """What belongs to the user's own account; staff see nothing of data subjects this way."""
        return self.filter(account=user.account_id) if user.account_id else self.none()


class PersonQuerySet(OwnedQuerySet):
    def listed(self) -> Self:
        """For lists: without what only the database looks at."""
        return self.defer("search_text")


class EmployeeQuerySet(PersonQuerySet):
    def with_bsn(self, bsn: str, *, account: Account) -> Self:
        """Employees of the account with this citizen service number, found by keyed hash without decrypting."""
        return self.filter(account=account, bsn_hash__in=lookup_hashes(bsn, account=str(account.reference)))

    def masked(self) -> Self:
        """For lists: the sealed BSN stays in the database, and ``masked_bsn`` is what is shown of it."""
        return self.defer("bsn")

    def listed(self) -> Self:
        return super().listed().masked()


class ImportQuerySet(models.QuerySet):
    def of(self, user: User) -> Self:
        """What this user brought in; colleagues see nothing of it, for a file may have anything in it."""
        return self.filter(account=user.account_id, asked_by=user.reference)

    def under_way(self) -> Self:
        """Waiting or running; one at most in an account."""
        return self.filter(state__in=["queued", "running"])

    def idle(self, since: datetime) -> Self:
        """Under way, but nothing came of it since that moment: its worker may be gone."""
        return self.under_way().filter(moved_at__lt=since, account__claimed_at__isnull=True)
