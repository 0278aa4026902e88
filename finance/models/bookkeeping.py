"""CannonWorks' own books with this customer (§5): they outlive the account."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from relations.querysets import OwnedQuerySet


class Bookkept(models.Model):
    """A record of CannonWorks' own books: kept seven years after its calendar year, and as long as the account."""

    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    kept_until = models.DateField(_("kept until"))

    class Meta:
        abstract = True


class SubscriptionInvoice(Bookkept):
    """What CannonWorks charged this customer; the customer's name and address as they were on the invoice."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    issued_on = models.DateField(_("issued on"))
    net = models.DecimalField(_("net"), max_digits=10, decimal_places=2)
    vat = models.DecimalField(_("VAT"), max_digits=10, decimal_places=2)
    customer_name = models.CharField(_("customer"), max_length=200)
    customer_address = models.TextField(_("address"))
    customer_vat_number = models.CharField(_("VAT identification number"), max_length=14, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription invoice")
        verbose_name_plural = _("subscription invoices")
        indexes = [models.Index(fields=["account", "kept_until"], name="subscription_of_account")]

    def __str__(self) -> str:
        return self.number


class Payment(Bookkept):
    """A payment received on a subscription invoice, tied by number: each record has a calendar year of its own."""

    invoice_number = models.CharField(_("invoice"), max_length=20)
    received_on = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [models.Index(fields=["account", "kept_until"], name="payment_of_account")]

    def __str__(self) -> str:
        return f"{self.invoice_number}: {self.amount}"
