"""Companies, and the people who sign in (§1, §19)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import UserQuerySet
from cannonworks import dutch


def contact_checks(*, country: str, sole_trader: bool) -> dict[str, Callable[[str], str]]:
    """For each field of contact details that has one written form, the check that brings it into that (§19)."""
    checks: dict[str, Callable[[str], str]] = {
        "postcode": partial(dutch.postcode, country=country),
        "phone": partial(dutch.phone, country=country),
    }
    if country == "NL":  # other countries have registers and numbers of their own
        checks |= {"kvk_number": dutch.kvk, "vat_number": partial(dutch.vat, sole_trader=sole_trader)}
    return checks


class ContactDetails(models.Model):
    """Company data and address as §19 lists them; ``clean`` brings each into its one written form."""

    company_name = models.CharField(_("company name"), max_length=200, blank=True)
    kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True)
    vat_number = models.CharField(_("VAT identification number"), max_length=14, blank=True)
    sole_trader = models.BooleanField(_("sole trader"), default=False)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    street = models.CharField(_("street"), max_length=100, blank=True)
    house_number = models.CharField(_("house number"), max_length=12, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="NL")
    #: Goes up with every change, so that whoever changed an older one is told.
    revision = models.PositiveIntegerField(_("revision"), default=1, db_default=1, editable=False)

    #: Fields that may not be empty, for those rows of which the agreement needs them.
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on paper: street, town, and the country if it is another; no empty lines."""
        abroad = self.country if self.country != "NL" else ""
        lines = (f"{self.street} {self.house_number}", f"{self.postcode} {self.city}", abroad)
        return [line.strip() for line in lines if line.strip()]

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {
            name: _("This field is required.") for name in self.REQUIRED if not getattr(self, name)
        }
        for name, check in contact_checks(country=self.country, sole_trader=self.sole_trader).items():
            try:
                setattr(self, name, check(getattr(self, name)) if getattr(self, name) else "")
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)


class Company(ContactDetails):
    """The company of an account, as a lawful quote or invoice needs it (§19)."""

    account = models.OneToOneField(Account, models.PROTECT, related_name="company", verbose_name=_("account"))

    REQUIRED = ("company_name", "kvk_number", "email", "street", "house_number", "postcode", "city")

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.company_name


class Gender(models.TextChoices):
    UNSAID = "", _("Rather not say")
    FEMALE = "f", _("Female")
    MALE = "m", _("Male")
    OTHER = "x", _("Other")


class Personalia(models.Model):
    """Name and gender as §19 lists them for every kind of person."""

    first_name = models.CharField(_("first name"), max_length=60)
    initials = models.CharField(_("initials"), max_length=20, blank=True)
    infix = models.CharField(_("infix"), max_length=20, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender.choices, blank=True, default=Gender.UNSAID)

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.infix, self.last_name)))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Users without the hash of their password, which only sign-in may read (see ``backends``)."""

    def get_queryset(self) -> UserQuerySet:
        return super().get_queryset().defer("password")

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """Create a user who signs in with ``email`` (stored in lower case) and ``password``."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        """Create a member of staff with every right."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.with_password().get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin, Personalia):
    """Somebody who signs in: of one account, or without one a member of staff, or a helper of a sub-processor (§10)."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("account")
    )
    email = models.EmailField(_("e-mail"), unique=True)
    is_main = models.BooleanField(_("main user"), default=False)
    language = models.CharField(
        _("language"), max_length=2, choices=[("nl", "Nederlands"), ("en", "English")], default="nl"
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_helper = models.BooleanField(_("helper"), default=False, editable=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    analytics = models.BooleanField(
        _("statistics allowed"),
        null=True,
        editable=False,
        help_text=_("The user's own answer about cookies and statistics (§20); empty: none was given."),
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        base_manager_name = "objects"  # relations leave the password out as well
        permissions = [("unlock_user", "Can unlock a sign-in")]
        constraints = [
            models.CheckConstraint(
                name="user_is_of_an_account_or_staff_or_helper",
                condition=Q(account__isnull=False, is_staff=False, is_helper=False)
                | Q(account__isnull=True, is_staff=True, is_helper=False)
                | Q(account__isnull=True, is_staff=False, is_helper=True),
            ),
            models.CheckConstraint(
                name="user_is_administrator_as_staff", condition=Q(is_superuser=False) | Q(is_staff=True)
            ),
            models.UniqueConstraint(name="account_has_one_main_user", fields=["account"], condition=Q(is_main=True)),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        """Django's own name for it, which the administration asks for."""
        return self.full_name

    @property
    def kind(self) -> str:
        """How the journal calls this actor: ``holder``, ``staff`` or ``helper``."""
        if self.is_staff:
            return "staff"
        return "helper" if self.is_helper else "holder"
