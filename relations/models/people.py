"""The people and companies that an account holder keeps: relations, employees and contractors (§3, §4, §19)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ContactDetails, Personalia
from cannonworks.encryption import EncryptedField
from relations.querysets import EmployeeQuerySet, OwnedQuerySet


class Person(Personalia, ContactDetails):
    """What §19 allows to be kept of a data subject, and no more; there are no custom fields (§4)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"), db_index=False)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    restricted_on = models.DateField(
        _("restricted on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Since that day nothing may be done with these data but keep them (§15, AVG art. 18)."),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.company_name or self.full_name


class Relation(Person):
    """A customer, supplier or other business relation of the account holder."""

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        indexes = [
            models.Index(fields=["account", "last_name", "id"], name="relation_of_account"),
            # Who is there already, for many at a time (importing/known.py).
            models.Index("account", Lower("email"), condition=~Q(email=""), name="relation_by_email"),
            models.Index("account", "kvk_number", condition=~Q(kvk_number=""), name="relation_by_kvk"),
            models.Index(
                "account", Lower("company_name"), "postcode", condition=~Q(company_name=""), name="relation_by_company"
            ),
        ]


class EmployeeKind(models.TextChoices):
    EMPLOYEE = "employee", _("Employee")
    CONTRACTOR = "contractor", _("Contractor")


class Employee(Person):
    """Somebody who works for the account holder; the only kind of person with a citizen service number (UAVG 46)."""

    kind = models.CharField(_("kind"), max_length=10, choices=EmployeeKind.choices, default=EmployeeKind.EMPLOYEE)
    bsn = EncryptedField(_("BSN"), null=True, blank=True, lookup="bsn_hash")
    bsn_hash = models.BinaryField(null=True, blank=True)

    objects = EmployeeQuerySet.as_manager()

    #: What a page shows instead of the number.
    MASK = "•" * 9

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        indexes = [
            models.Index(fields=["account", "last_name", "id"], name="employee_of_account"),
            models.Index("account", Lower("email"), condition=~Q(email=""), name="employee_by_email"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "bsn_hash"], name="employee_bsn_once_per_account"),
            models.CheckConstraint(
                name="employee_bsn_has_its_hash",
                condition=models.Q(bsn__isnull=True) ^ models.Q(bsn_hash__isnull=False),
            ),
        ]

    @property
    def masked_bsn(self) -> str:
        """That there is a BSN, and nothing of it; decrypts nothing."""
        return self.MASK if self.bsn_hash else ""
