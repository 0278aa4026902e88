"""Accounts, the companies and people behind them, their sessions and their data keys (§1, §19)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from knox.settings import CONSTANTS

from accounts.querysets import (
    AccountQuerySet,
    DeviceTokenQuerySet,
    ErasureRequestQuerySet,
    SessionQuerySet,
    SupportAccessQuerySet,
    UserQuerySet,
)
from accounts.states import WRITABLE, State
from cannonworks import dutch
from cannonworks.datamap import Category
from cannonworks.nameless import check_ticket, without_people


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

    #: Fields that may not be empty, for those rows of which the agreement needs them.
    REQUIRED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {
            name: _("This field is required.") for name in self.REQUIRED if not getattr(self, name)
        }
        for name, check in self._checks().items():
            try:
                setattr(self, name, check(getattr(self, name)) if getattr(self, name) else "")
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def _checks(self) -> dict[str, Callable[[str], str]]:
        checks: dict[str, Callable[[str], str]] = {
            "postcode": partial(dutch.postcode, country=self.country),
            "phone": partial(dutch.phone, country=self.country),
        }
        if self.country == "NL":  # other countries have registers and numbers of their own
            checks |= {"kvk_number": dutch.kvk, "vat_number": partial(dutch.vat, sole_trader=self.sole_trader)}
        return checks


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


class Session(AbstractBaseSession):
    """A signed-in browser; carries its account, so that an erasure ends it with the rest."""

    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="sessions")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]

    class Meta(AbstractBaseSession.Meta):  # type: ignore[name-defined]
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        from accounts.sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """A name for this session that may be shown: the key itself would let anybody in."""
        return salted_hmac("accounts.session", self.session_key, algorithm="sha256").hexdigest()[:24]


class DeviceToken(models.Model):
    """A device that signs in by itself (§1). The token is shown once; here is its SHA-512 digest."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="device_tokens", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="device_tokens")
    name = models.CharField(_("name of the device"), max_length=60)
    # Not the primary key, as it is in the library's own table: who lists or removes a device need not see it.
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True)
    created = models.DateTimeField(_("made at"))
    expiry = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = DeviceTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [
            models.Index(fields=["account", "user", "id"], name="token_of_account"),
            models.Index(fields=["expiry"], name="token_by_expiry"),
        ]
        constraints = [models.CheckConstraint(name="token_expires_later", condition=Q(expiry__gt=F("created")))]

    def __str__(self) -> str:
        return self.name


class DataKey(models.Model):
    """The wrapped key under which an account's encrypted values lie; without it they are noise (§6)."""

    account = models.OneToOneField(Account, models.PROTECT, related_name="data_key")
    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account} ({self.key_id})"


class SupportAccess(models.Model):
    """A member of staff looks into an account: for a ticket, with a reason, for a limited time (§1, §7)."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="support_accesses", verbose_name=_("account"))
    staff = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("member of staff"))
    role = models.CharField(_("role"), max_length=120, help_text=_("Of the member of staff, at that time."))
    ticket = models.CharField(_("ticket"), max_length=40, validators=[check_ticket, without_people])
    reason = models.CharField(_("reason"), max_length=200, validators=[without_people])
    opened_at = models.DateTimeField(_("opened at"))
    ends_at = models.DateTimeField(_("ends at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = SupportAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("opened account")
        verbose_name_plural = _("opened accounts")
        constraints = [
            models.CheckConstraint(name="support_access_ends", condition=Q(ends_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="support_access_closed_in_its_time",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at"), closed_at__lte=F("ends_at")),
            ),
            models.CheckConstraint(name="support_access_says_why", condition=~Q(ticket="") & ~Q(reason="")),
            models.UniqueConstraint(
                name="support_access_once_at_a_time", fields=["staff", "account"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.ticket

    def runs(self, at: datetime) -> bool:
        """Whether it lets look at that moment; at the very moment of its end it does not."""
        return self.closed_at is None and at < self.ends_at


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
