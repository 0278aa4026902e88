"""Who asked us for data of a customer, on which ground, and what was given or refused (§8). By reference, no names."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from cannonworks.deadlines import local_date
from cannonworks.storage import AccountFileField


class Asker(models.TextChoices):
    """What kind of authority or other asked."""

    POLICE = "police", _("Police or public prosecutor")
    COURT = "court", _("Court")
    TAX = "tax", _("Tax authority")
    SUPERVISOR = "supervisor", _("Supervisor")
    SECURITY = "security", _("Intelligence or security service")
    OTHER = "other", _("Another authority")
    PRIVATE = "private", _("Somebody who is no authority")


class Decision(models.TextChoices):
    """What we decided."""

    GIVE = "give", _("Given")
    REFUSE = "refuse", _("Refused")


class Consent(models.TextChoices):
    """What the account holder answered."""

    GIVEN = "given", _("Consent given")
    REFUSED = "refused", _("Consent refused")


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> Self:
        """Those about the account of the user; the database leaves out what may not be known yet."""
        return self.filter(account_reference=user.account.reference)  # type: ignore[union-attr]  # an account's user

    def waiting(self) -> Self:
        """Those whose holder was asked for consent and can still answer."""
        return self.filter(consent="", decision="", consent_until__gt=Now())


class Disclosure(models.Model):
    """A request for data of a customer by somebody else: what it was founded on, what we decided, what was given."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: None: the request names nobody that we know.
    account_reference = models.UUIDField(_("account"), null=True, blank=True, db_index=True)
    asker = models.CharField(_("who asked"), max_length=10, choices=Asker.choices)
    office = models.CharField(_("office"), max_length=120)
    channel = models.CharField(_("how it came"), max_length=60)
    received_at = models.DateTimeField(_("received at"))
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    #: As whoever asked wrote it on the order.
    order_number = models.CharField(_("number of the order"), max_length=60, blank=True, default="")
    order_digest = models.CharField(_("SHA-256 of the order"), max_length=64, blank=True)
    #: Fields of the data map, as ``app.Model.field``, and rows by their reference.
    asked_fields = ArrayField(
        models.CharField(max_length=100), verbose_name=_("fields asked for"), default=list, blank=True
    )
    asked_records = models.CharField(_("records asked for"), max_length=500, blank=True)
    given_fields = ArrayField(
        models.CharField(max_length=100), verbose_name=_("fields to give"), default=list, blank=True
    )
    given_records = ArrayField(models.UUIDField(), verbose_name=_("records to give"), default=list, blank=True)
    noted_by = models.UUIDField(_("noted by"))
    noted_at = models.DateTimeField(_("noted at"))
    consent_asked_at = models.DateTimeField(_("consent asked at"), null=True, blank=True)
    consent_until = models.DateTimeField(_("answer before"), null=True, blank=True)
    consent = models.CharField(_("consent"), max_length=8, choices=Consent.choices, blank=True)
    consent_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    consent_by = models.UUIDField(_("answered by"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.UUIDField(_("decided by"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    gag_basis = models.CharField(_("ground on which the holder may not know"), max_length=200, blank=True)
    gag_until = models.DateField(_("holder may not know until"), null=True, blank=True)
    told_at = models.DateTimeField(_("holder told at"), null=True, blank=True)
    handed_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    handed_how = models.CharField(_("handed over how"), max_length=120, blank=True)
    handed_to = models.CharField(_("handed over to (function)"), max_length=120, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints = [
            models.CheckConstraint(name="disclosure_asker_known", condition=Q(asker__in=Asker.values)),
            models.CheckConstraint(
                name="disclosure_has_a_ground",
                condition=~Q(decision=Decision.GIVE)
                | (~Q(basis="") & ~Q(order_digest=""))
                | Q(consent=Consent.GIVEN, consent_at__isnull=False, consent_by__isnull=False),
            ),
            models.CheckConstraint(
                name="disclosure_given_of_an_account",
                condition=~Q(decision=Decision.GIVE) | (Q(account_reference__isnull=False) & ~Q(given_fields=[])),
            ),
            models.CheckConstraint(
                name="disclosure_not_against_a_refusal",
                condition=~Q(decision=Decision.GIVE, consent=Consent.REFUSED) | ~Q(order_digest=""),
            ),
            models.CheckConstraint(
                name="disclosure_decided_by_somebody_else",
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | (
                    ~Q(decision="")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decided_by=F("noted_by"))
                    & ~Q(reason="")
                ),
            ),
            models.CheckConstraint(
                name="disclosure_handed_when_given",
                condition=Q(handed_at__isnull=True)
                | (Q(decision=Decision.GIVE) & ~Q(handed_how="") & ~Q(handed_to="")),
            ),
            models.CheckConstraint(
                name="disclosure_told_or_gagged",
                condition=~Q(decision=Decision.GIVE)
                | Q(told_at__isnull=False)
                | (~Q(gag_basis="") & Q(gag_until__isnull=False)),
            ),
        ]

    @property
    def is_known(self) -> bool:
        """Whether its holder knows of it: told, or asked for consent, and no gag laid since."""
        return self.told_at is not None or (self.consent_asked_at is not None and self.gag_until is None)

    @property
    def received_on(self) -> date:
        return local_date(self.received_at)

    @property
    def ground(self) -> str:
        """On what it is given: the legal basis of the order, else consent; empty while there is neither."""
        if self.basis and self.order_digest:
            return self.basis
        return self.get_consent_display() if self.consent == Consent.GIVEN else ""

    def __str__(self) -> str:
        return f"{self.get_asker_display()} {str(self.reference)[:8]}"


class DisclosureOrder(models.Model):
    """The order that came with a request: it names people, so it is sealed and goes with the account."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    disclosure = models.UUIDField(_("disclosure"), unique=True)
    file = AccountFileField()
    kind = models.CharField(_("kind"), max_length=3)
    digest = models.CharField(_("SHA-256"), max_length=64)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("order with a disclosure")
        verbose_name_plural = _("orders with disclosures")
        indexes = [models.Index(fields=["account"], name="disclosure_order_of_account")]

    def __str__(self) -> str:
        return str(self.disclosure)
