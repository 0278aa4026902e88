from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

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


class UserQuerySet(models.QuerySet):
    """Users without their passwords, which hardly anybody needs and after sign-in no database role may read."""

    def with_password(self) -> Self:
        """The whole row, for whoever checks the password."""
        return self.defer(None)

    def only(self, *fields: Any) -> Self:
        # Django takes what was deferred before out of ``only``; here the last word counts.
        return models.QuerySet.only(self.defer(None), *fields)

    def visible_to(self, user: User) -> Self:
        """Users of the user's own account, the main user first."""
        return self.filter(account=user.account_id).order_by("-is_main", "pk") if user.account_id else self.none()


class SessionQuerySet(models.QuerySet):
    def signed_in(self, user: User, *, at: datetime) -> Self:
        """Browsers in which this user is signed in, the latest first."""
        return self.filter(user=user, signed_in_at__isnull=False, expire_date__gt=at).order_by("-signed_in_at")


class ErasureRequestQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Neither withdrawn nor granted."""
        return self.filter(withdrawn_on__isnull=True, granted_on__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Requests of the user's own account."""
        return self.filter(account=user.account_id) if user.account_id else self.none()


class DeviceTokenQuerySet(models.QuerySet):
    def of(self, user: User) -> Self:
        """The user's own devices, without their digests; the latest first."""
        return self.filter(user=user.pk, account=user.account_id).defer("digest").order_by("-id")

    def valid(self, at: datetime) -> Self:
        """Not yet expired at this moment."""
        return self.filter(expiry__gt=at)

    def expired(self, at: datetime) -> Self:
        """Of no use any more from this moment."""
        return self.filter(expiry__lte=at)


class InvitationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Invitations of the user's own account, without their digests; the latest first."""
        return self.filter(account=user.account_id).defer("digest").order_by("-id")

    def expired(self, at: datetime) -> Self:
        """Their links let nobody join any more at this moment."""
        return self.filter(expires_at__lte=at)


class SupportAccessQuerySet(models.QuerySet):
    def running(self, at: datetime) -> Self:
        """Neither closed nor over at that moment; the end itself is over."""
        return self.filter(closed_at__isnull=True, ends_at__gt=at)

    def of(self, user: User) -> Self:
        """Opened by this member of staff."""
        return self.filter(staff=user)


class NoticeQuerySet(models.QuerySet):
    def shown(self, on: date) -> Self:
        """Begun and not over on that day."""
        return self.filter(Q(shown_until__isnull=True) | Q(shown_until__gte=on), shown_from__lte=on)

    def unread(self, user: User) -> Self:
        """Which this user has not put away."""
        return self.exclude(dismissals__user=user.pk)


class TermsVersionQuerySet(models.QuerySet):
    def published(self) -> Self:
        """Versions that count, or will; the newest first."""
        return self.filter(published_at__isnull=False).order_by("-number")

    def drafts(self) -> Self:
        """Versions that staff still write."""
        return self.filter(published_at__isnull=True)

    def effective(self, on: date) -> Self:
        """Versions whose day has come, the one in force first. The first version counts from the beginning."""
        return self.published().filter(Q(effective_on__lte=on) | Q(number=1))

    def without_words(self) -> Self:
        """The same without the texts themselves, which are long."""
        return self.defer("text_nl", "text_en")


class MailQuerySet(models.QuerySet):
    def to_send(self, at: datetime) -> Self:
        """Not sent, and not to wait any longer; the oldest first."""
        return self.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=at), sent_at__isnull=True).order_by("id")

    def failing(self, attempts: int) -> Self:
        """Not sent after so many attempts; the oldest first."""
        return self.filter(sent_at__isnull=True, attempts__gte=attempts).order_by("id")
