from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Func, Q, Value

from accounts.states import State
from cannonworks.lookups import REFERENCE, reference_begins

if TYPE_CHECKING:
    from accounts.models import User


class AccountQuerySet(models.QuerySet):
    def due(self, on: date) -> Self:
        """Something of these accounts falls due by ``on``; served by the partial index on erase_on."""
        return self.filter(erase_on__lte=on, claimed_at__isnull=True, held_since__isnull=True)

    def trial_over(self, on: date) -> Self:
        """Trials that no longer run on ``on``; served by a partial index."""
        return self.filter(state=State.TRIAL, trial_ends_on__lte=on, claimed_at__isnull=True)

    def to_warn(self, on: date) -> Self:
        """Accounts whose main user is to be told by ``on`` that erasure comes nearer; partial index on warn_on."""
        return self.filter(warn_on__lte=on, claimed_at__isnull=True)

    def bare(self) -> models.QuerySet:
        """What the schedule of an account depends on, as named tuples: for hundreds of them at a time."""
        return self.values_list(
            "pk", "reference", "state", "signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on", "erase_on",
            "erased_on", "deferred", named=True,
        )  # fmt: skip

    def overview(self) -> Self:
        """Accounts with a company, newest first, with what the overarching administration shows of them and no more."""
        return self.filter(company__isnull=False).select_related("company").order_by("-pk").only(
            "reference", "state", "company__company_name", "company__kvk_number"
        )  # fmt: skip

    def matching(self, term: str) -> Self:
        """Whose reference or KvK number begins with ``term``, or whose company's name has it; all when it is empty."""
        term = term.strip()
        found = Q(company__company_name__icontains=term) | Q(company__kvk_number__startswith=term)
        if REFERENCE.fullmatch(term):
            found |= reference_begins("reference", term)
        return self.filter(found) if term else self

    def of_address(self, address: str) -> Self:
        """The account of which somebody signs in with this whole address; found without reading who that is."""
        # Staff see no users of an account that they have not opened, so a function of the database looks for them.
        function = Func(Value(address), function="accounts_account_of_address", output_field=models.BigIntegerField())
        return self.filter(pk=function)

    def visible_to(self, user: User) -> Self:
        """A holder's own account; staff see all."""
        return self if user.is_staff else self.filter(pk=user.account_id)


class ErasureRequestQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Neither withdrawn nor granted."""
        return self.filter(withdrawn_on__isnull=True, granted_on__isnull=True)


class SupportAccessQuerySet(models.QuerySet):
    def running(self, at: datetime) -> Self:
        """Neither closed nor over at that moment; the end itself is over."""
        return self.filter(closed_at__isnull=True, ends_at__gt=at)

    def of(self, user: User) -> Self:
        """Opened by this member of staff."""
        return self.filter(staff=user)
