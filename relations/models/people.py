"""The people and companies that an account holder keeps: relations, employees and contractors (§3, §4, §19)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower, NullIf, Replace, Trim
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ContactDetails, Personalia
from cannonworks.encryption import EncryptedField
from relations.querysets import EmployeeQuerySet, PersonQuerySet

BLANK = Value(" ")
TEXT: models.Field = models.TextField()
#: What is looked through: with blanks between, and one before, so that a word can be found by how it begins.
SEARCHED = (
    "company_name", "first_name", "initials", "infix", "last_name", "email", "phone", "street", "house_number",
    "postcode", "city", "kvk_number", "vat_number",
)  # fmt: skip
#: Sorts behind every name and town.
LAST = Value("\uffff", output_field=TEXT)


class Folded(Func):
    """A text in small letters without accents, as it is looked for (see the migration that makes it)."""

    function = "folded"
    output_field = TEXT


class Sortable(Func):
    """The same from its first letter or digit on, cut off where no order depends on it any more."""

    function = "sortable"
    output_field = TEXT


def sorted_text(*texts: F | Func) -> models.GeneratedField:
    """A column to sort by, which the database fills with the first of these texts that is not empty; none: the last."""
    told = [Sortable(NullIf(text, Value(""), output_field=TEXT)) for text in texts]
    return models.GeneratedField(
        expression=Coalesce(*told, LAST),
        output_field=models.TextField(db_collation="C"),  # nobody's locale: what is folded sorts by its letters
        db_persist=True,
    )


class Person(Personalia, ContactDetails):
    """What §19 allows to be kept of a data subject, and no more; there are no custom fields (§4).

    The last four columns repeat the others for lists, filled by the database.
    """

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
    sort_name = sorted_text(F("company_name"), Trim(Concat("last_name", BLANK, "first_name", output_field=TEXT)))
    sort_town = sorted_text(F("city"))
    # Not the key itself: by its index the planner would walk through the rows of every account to the latest of one.
    sort_newest = models.GeneratedField(
        expression=F("id") * Value(-1), output_field=models.BigIntegerField(), db_persist=True
    )
    search_text = models.GeneratedField(
        expression=Folded(
            Concat(
                *(part for name in SEARCHED for part in (BLANK, F(name))),
                BLANK, Replace("postcode", BLANK, Value("")),  # typed without its blank
                output_field=TEXT,
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["account", "sort_name", "id"], name="%(class)s_by_name"),
            models.Index(fields=["account", "sort_town", "sort_name", "id"], name="%(class)s_by_town"),
            models.Index(fields=["account", "sort_newest"], name="%(class)s_by_newest"),
            models.Index(
                fields=["account", "sort_name", "id"], name="%(class)s_restricted",
                condition=Q(restricted_on__isnull=False),
            ),
            # Rows that wait to be put in are looked through one by one: few of them.
            GinIndex(
                fields=["account", "search_text"], name="%(class)s_search", opclasses=["int8_ops", "gin_trgm_ops"],
                gin_pending_list_limit=256,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.company_name or self.full_name

    def clean(self) -> None:
        """Bring details into their written form; ValidationError where one is none, or where there is no name."""
        errors: dict[str, list[ValidationError]] = {}
        if not (self.company_name.strip() or self.last_name.strip()):
            nameless = ValidationError(gettext("Give a last name, or the name of a company."), code="name")
            errors["last_name"] = [nameless]
        try:
            super().clean()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)


class Relation(Person):
    """A customer, supplier or other business relation of the account holder."""

    objects = PersonQuerySet.as_manager()

    class Meta(Person.Meta):
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        indexes = [
            *Person.Meta.indexes,
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

    class Meta(Person.Meta):
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        indexes = [
            *Person.Meta.indexes,
            models.Index(fields=["account", "kind", "sort_name", "id"], name="employee_by_kind"),
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


class PersonKind(models.TextChoices):
    """The model by its name, as the journal, the ledger and requests call it."""

    RELATION = "relation", _("Relation")
    EMPLOYEE = "employee", _("Employee or contractor")


#: By ``PersonKind``: everybody whom an account keeps is in one of these.
PEOPLE: Mapping[str, type[Person]] = {PersonKind.RELATION: Relation, PersonKind.EMPLOYEE: Employee}
