"""How the product is used (§17, §19): single events for twelve months, and counts of days."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account


class Kind(models.TextChoices):
    """What is counted. The first three are events; the others are counted from rows that are there anyway."""

    VIEW = "view", _("Pages looked at")
    ACTION = "action", _("Things done")
    SIGN_IN = "sign-in", _("Sign-ins")
    DOCUMENT = "document", _("Quotes and invoices issued")
    PAYMENT = "payment", _("Payments")
    ACCOUNT = "account", _("Accounts that were used")


#: What a request can be.
EVENTS = (Kind.VIEW, Kind.ACTION, Kind.SIGN_IN)
#: §19 calls these clicks.
CLICKS = (Kind.VIEW, Kind.ACTION)


class Module(models.TextChoices):
    """The parts of the product."""

    OVERVIEW = "overview", _("Overview")
    RELATIONS = "relations", _("Relations")
    EMPLOYEES = "employees", _("Employees")
    DOCUMENTS = "documents", _("Quotes and invoices")
    DATA = "data", _("My data")
    ACCOUNT = "account", _("Account")
    OTHER = "other", _("Other pages")


class Device(models.TextChoices):
    """With what kind of thing somebody comes: no more of it than that."""

    COMPUTER = "computer", _("Computer")
    PHONE = "phone", _("Telephone")
    TABLET = "tablet", _("Tablet")
    APP = "app", _("The app")
    OTHER = "other", _("Something else")


class UsageEvent(models.Model):
    """One request of a user of an account: when, from where, with what, in which part; kept twelve months."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    user = models.UUIDField(_("user"), editable=False)  # by reference: it outlives a colleague who is removed
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    module = models.CharField(_("part"), max_length=12, choices=Module.choices)
    ip_address = models.GenericIPAddressField(_("network address"), null=True)
    device = models.CharField(_("kind of device"), max_length=8, choices=Device.choices)

    class Meta:
        verbose_name = _("usage event")
        verbose_name_plural = _("usage events")
        indexes = [
            # With what is counted by, so that the page of usage reads the index alone.
            models.Index(fields=["account", "at"], name="usage_event_of_account", include=["kind", "module", "device"]),
            models.Index(fields=["at"], name="usage_event_by_time"),
            # The latest sign-ins are shown; they are few among many clicks.
            models.Index(fields=["account", "at"], name="usage_sign_in_of_account", condition=Q(kind=Kind.SIGN_IN)),
        ]
        constraints = [models.CheckConstraint(name="usage_event_kind_known", condition=Q(kind__in=EVENTS))]

    def __str__(self) -> str:
        return f"{self.kind} {self.module}"


class UsageDay(models.Model):
    """How often an account did one kind of thing in one part on one Amsterdam day; kept with the account."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    on = models.DateField(_("on"))
    module = models.CharField(_("part"), max_length=12, choices=Module.choices)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    count = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("daily count of usage")
        verbose_name_plural = _("daily counts of usage")
        constraints = [models.UniqueConstraint(name="usage_day_once", fields=["account", "on", "module", "kind"])]

    def __str__(self) -> str:
        return f"{self.on} {self.module} {self.kind}: {self.count}"


class UsageTotal(models.Model):
    """The same over all accounts together, where at least ``counting.FEWEST`` had a part in it; names nobody.

    Of each day that was counted there is a row of the kind ``account``, without a part.
    """

    on = models.DateField(_("on"))
    module = models.CharField(_("part"), max_length=12, choices=Module.choices, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    count = models.PositiveBigIntegerField(_("number"))

    class Meta:
        verbose_name = _("usage of all accounts")
        verbose_name_plural = _("usage of all accounts")
        constraints = [models.UniqueConstraint(name="usage_total_once", fields=["on", "module", "kind"])]

    def __str__(self) -> str:
        return f"{self.on} {self.module} {self.kind}: {self.count}"
