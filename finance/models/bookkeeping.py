"""CannonWorks' bookkeeping with this customer (§5)."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from finance.querysets import InvoiceQuerySet


class Bookkept(models.Model):
    """A record of CannonWorks' own books: kept seven years after its calendar year, and as long as the account."""

    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    kept_until = models.DateField(_("kept until"))

    class Meta:
        abstract = True


class SubscriptionInvoice(Bookkept):
    """What CannonWorks charged this customer; the customer's name and address as they were on the invoice."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("to be paid by"), null=True, blank=True)
    # Of a renewal: from one day until another, on which the next begins; both counted from the first day of the run.
    period_from = models.DateField(_("from"), null=True, blank=True)
    period_until = models.DateField(_("until"), null=True, blank=True)
    counted_from = models.DateField(null=True, blank=True, editable=False)
    net = models.DecimalField(_("net"), max_digits=10, decimal_places=2)
    vat = models.DecimalField(_("VAT"), max_digits=10, decimal_places=2)
    customer_name = models.CharField(_("customer"), max_length=200)
    customer_address = models.TextField(_("address"))
    customer_vat_number = models.CharField(_("VAT identification number"), max_length=14, blank=True)
    #: Still to be paid, and paid; by ``with_paid``.
    left: Decimal
    paid: Decimal
    mailed_at = models.DateTimeField(_("mailed at"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0, db_default=0)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription invoice")
        verbose_name_plural = _("subscription invoices")
        indexes = [
            models.Index(fields=["account", "kept_until"], name="subscription_of_account"),
            models.Index(fields=["account", "period_until"], name="subscription_period"),
            models.Index(
                fields=["id"], name="subscription_to_mail",
                condition=Q(mailed_at__isnull=True, period_from__isnull=False),
            ),
            models.Index(fields=["issued_on", "id"], name="subscription_by_day"),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["account", "period_from"], name="subscription_period_once"),
            models.CheckConstraint(
                name="subscription_period_whole",
                condition=Q(period_from__isnull=True, period_until__isnull=True, counted_from__isnull=True)
                | Q(period_from__isnull=False, period_until__gt=F("period_from"), counted_from__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def gross(self) -> Decimal:
        """What is to be paid, in euros."""
        return self.net + self.vat

    @property
    def last_day(self) -> date | None:
        """The last day that it is for."""
        return self.period_until - timedelta(days=1) if self.period_until else None

    @property
    def too_much(self) -> Decimal:
        """What was paid beyond it, of an invoice read ``with_paid``."""
        return max(-self.left, Decimal(0))


class Payment(Bookkept):
    """A payment received on a subscription invoice, tied by number: each record has a calendar year of its own."""

    invoice_number = models.CharField(_("invoice"), max_length=20)
    received_on = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [
            models.Index(fields=["account", "kept_until"], name="payment_of_account"),
            models.Index(fields=["invoice_number"], name="payment_of_invoice"),
        ]
        constraints = [models.CheckConstraint(name="payment_is_something", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.invoice_number}: {self.amount}"
