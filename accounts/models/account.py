"""The account itself: its state, its dates and its data key (§2, §5)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.querysets import AccountQuerySet, ErasureRequestQuerySet
from accounts.states import WRITABLE, State
from cannonworks.datamap import Category

if TYPE_CHECKING:
    from accounts.models.people import User


class Account(models.Model):
    """One customer company, the tenant. Holds no personal data, so what is left of it is its tombstone."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.TRIAL)
    signed_up_on = models.DateField(_("signed up on"))
    trial_ends_on = models.DateField(
        _("trial ends on"), help_text=_("The first day on which the trial no longer runs.")
    )
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)
    ordered_on = models.DateField(
        _("ordered on"),
        null=True,
        blank=True,
        help_text=_("A registered letter was confirmed on this day (§5.5)."),
    )
    keep_until = models.DateField(_("kept at least until"), null=True, blank=True)
    erase_on = models.DateField(
        _("to be erased on"),
        null=True,
        blank=True,
        help_text=_("The next day on which something of this account falls due."),
    )
    warn_on = models.DateField(_("next warning on"), null=True, blank=True)
    held_since = models.DateField(
        _("held since"),
        null=True,
        blank=True,
        help_text=_("A hold on everything that fell due stopped the erasure."),
    )
    deferred = ArrayField(
        models.CharField(max_length=20, choices=Category.choices),
        default=list,
        blank=True,
        verbose_name=_("deferred"),
        help_text=_("Categories that a hold kept back when the rest was erased."),
    )
    claimed_at = models.DateTimeField(_("erasure under way since"), null=True, blank=True)
    blocked_at = models.DateTimeField(
        _("blocked since"),
        null=True,
        blank=True,
        help_text=_("A data subject's request was not carried out: nothing but that can be done in it (§15)."),
    )
    erased_on = models.DateField(_("erased on"), null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(name="account_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="account_trial_after_sign_up", condition=Q(trial_ends_on__gte=F("signed_up_on"))
            ),
            models.CheckConstraint(
                name="account_cancelled_has_its_day",
                condition=Q(state=State.CANCELLED, cancelled_on__isnull=False)
                | Q(state=State.ERASED)
                | (~Q(state=State.CANCELLED) & Q(cancelled_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="account_active_is_never_due",
                condition=~Q(state=State.ACTIVE)
                | Q(
                    erase_on__isnull=True,
                    warn_on__isnull=True,
                    ordered_on__isnull=True,
                    claimed_at__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="account_trial_is_due_by_letter_only",
                condition=~Q(state=State.TRIAL)
                | Q(erase_on__isnull=True)
                | Q(ordered_on__isnull=False, erase_on=F("ordered_on")),
            ),
            models.CheckConstraint(
                name="account_ended_has_its_dates",
                condition=~Q(state__in=(State.LAPSED, State.CANCELLED))
                | Q(erase_on__isnull=False, keep_until__isnull=False)
                & (Q(erase_on__gte=F("keep_until")) | Q(ordered_on__isnull=False)),
            ),
            models.CheckConstraint(
                name="account_erased_has_its_day", condition=Q(state=State.ERASED) ^ Q(erased_on__isnull=True)
            ),
            models.CheckConstraint(
                # The floor: only the holder's own letter lets anything go earlier (§5.3, §5.4). A comparison with
                # an empty column is no refusal to the database, so each one says that it is there.
                name="account_not_erased_before_its_floor",
                condition=Q(erased_on__isnull=True)
                | Q(ordered_on__isnull=False)
                | Q(keep_until__isnull=False, erased_on__gte=F("keep_until")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["erase_on"],
                name="account_due",
                condition=Q(erase_on__isnull=False, claimed_at__isnull=True, held_since__isnull=True),
            ),
            models.Index(
                fields=["trial_ends_on"],
                name="account_trial_over",
                condition=Q(state=State.TRIAL, claimed_at__isnull=True),
            ),
            models.Index(
                fields=["warn_on"],
                name="account_to_warn",
                condition=Q(warn_on__isnull=False, claimed_at__isnull=True),
            ),
            models.Index(fields=["erased_on"], name="account_tombstone", condition=Q(erased_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def is_writable(self) -> bool:
        """Whether the account works; a lapsed or cancelled one is there to look at, take along or reactivate."""
        return self.state in WRITABLE and self.claimed_at is None

    @property
    def main_user(self) -> User | None:
        """The one user who decides for the account; None once the account's data is gone."""
        return self.users.filter(is_main=True).first()


class DataKey(models.Model):
    """The wrapped key under which an account's encrypted values lie; without it they are noise (§6)."""

    account = models.OneToOneField(Account, models.PROTECT, related_name="data_key")
    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account} ({self.key_id})"


class ErasureRequest(models.Model):
    """The holder's request for erasure at once; it counts once its registered letter is confirmed (§6)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="erasure_requests", verbose_name=_("account"))
    code = models.CharField(_("reference"), max_length=12, unique=True)
    asked_on = models.DateField(_("asked on"))
    asked_by = models.UUIDField(editable=False)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    granted_on = models.DateField(_("letter confirmed on"), null=True, blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        constraints = [
            models.UniqueConstraint(
                name="account_has_one_open_erasure_request",
                fields=["account"],
                condition=Q(withdrawn_on__isnull=True, granted_on__isnull=True),
            ),
            models.CheckConstraint(
                name="erasure_request_withdrawn_or_granted",
                condition=Q(withdrawn_on__isnull=True) | Q(granted_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code
