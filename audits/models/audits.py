"""Tests by account holders (§12): what is announced, which dates were proposed, who tests, and the sealed files."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from audits.querysets import AuditQuerySet
from audits.states import ACCEPTED, AHEAD, DATED, OVER, UNUSED, WITH_US, AuditState
from cannonworks.deadlines import AMSTERDAM, Deadline, compute, kind_named
from cannonworks.ends import end_of
from cannonworks.storage import AccountFileField
from relations.querysets import OwnedQuerySet

#: A test lasts so long at most: a term of ours, so that its logs stay of a size that somebody can read.
LONGEST = timedelta(days=14)
#: From the announcement on nothing may begin before this (§12).
NOTICE = kind_named("audit_notice")

year_of_start = Func(
    F("starts_at"), template=f"extract(year FROM %(expressions)s AT TIME ZONE '{AMSTERDAM.key}')",
    output_field=models.SmallIntegerField(),
)  # fmt: skip


class AuditKind(models.TextChoices):
    """What is tested."""

    PENETRATION = "penetration", _("Penetration test")
    AGREEMENT = "agreement", _("Audit of the agreement")
    OTHER = "other", _("Another test")


class Channel(models.TextChoices):
    """How the announcement came; either way it is in writing."""

    APP = "app", _("In the app")
    LETTER = "letter", _("Letter")


class Qualification(models.TextChoices):
    """What §12 says that a tester is."""

    ACCOUNTANT = "accountant", _("Registeraccountant (RA)")
    INFORMATICUS = "informaticus", _("Registerinformaticus (RI)")
    AUDITOR = "auditor", _("Certified auditor")
    OWN = "own", _("The account holder")
    OTHER = "other", _("Somebody else")


class Audit(models.Model):
    """One test by an account holder: its window as it is proposed or agreed on now, and how far it is."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="audits", verbose_name=_("account"), db_index=False
    )
    state = models.CharField(_("state"), max_length=10, choices=AuditState.choices, default=AuditState.ANNOUNCED)
    kind = models.CharField(_("kind of test"), max_length=12, choices=AuditKind.choices)
    scope = models.TextField(_("what is tested"), max_length=2000)
    channel = models.CharField(_("announced by"), max_length=6, choices=Channel.choices, default=Channel.APP)
    #: Of the main user, or of the member of staff who entered a letter.
    announced_by = models.UUIDField(_("entered by"))
    announced_at = models.DateTimeField(_("announced at"))
    earliest_at = models.DateTimeField(_("not before"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    #: In Amsterdam, of ``starts_at``: there is one test a calendar year.
    year = models.PositiveSmallIntegerField(_("year"))
    #: How often an agreed window was changed, for calendars.
    sequence = models.PositiveSmallIntegerField(_("times the date changed"), default=0)

    #: Since when whoever must answer now has the word; None: nobody has to.
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    agreed_at = models.DateTimeField(_("date agreed at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("procedures accepted at"), null=True, blank=True)
    begun_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    preserved_at = models.DateTimeField(_("logs preserved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    why = models.TextField(_("reason"), max_length=1000, blank=True, default="")

    # What it costs, for the account holder (§12).
    costs_cents = models.PositiveBigIntegerField(_("costs in cents, without VAT"), null=True, blank=True)
    costs_for = models.CharField(_("costs of what"), max_length=300, blank=True, default="")
    costs_noted_at = models.DateTimeField(_("costs noted at"), null=True, blank=True)
    costs_agreed_at = models.DateTimeField(_("costs agreed at"), null=True, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("test by an account holder")
        verbose_name_plural = _("tests by account holders")
        constraints = [
            models.CheckConstraint(name="audit_state_known", condition=Q(state__in=AuditState.values)),
            models.CheckConstraint(name="audit_kind_known", condition=Q(kind__in=AuditKind.values)),
            models.CheckConstraint(
                name="audit_window_is_one",
                condition=Q(ends_at__gt=F("starts_at"), ends_at__lte=F("starts_at") + LONGEST),
            ),
            # The two together: nothing is written down that begins before the fourteen days are over.
            models.CheckConstraint(
                name="audit_notice_is_fourteen_days", condition=Q(earliest_at=end_of(NOTICE, "announced_at"))
            ),
            models.CheckConstraint(
                name="audit_not_before_its_notice_is_over", condition=Q(starts_at__gte=F("earliest_at"))
            ),
            models.CheckConstraint(name="audit_year_of_its_start", condition=Q(year=year_of_start)),
            models.UniqueConstraint(
                name="audit_once_a_year", fields=["account", "year"], condition=~Q(state__in=UNUSED)
            ),
            models.CheckConstraint(
                name="audit_agreed_has_its_moment",
                condition=Q(state__in=DATED, agreed_at__isnull=False) | ~Q(state__in=DATED),
            ),
            models.CheckConstraint(
                name="audit_not_begun_before_procedures_are_accepted",
                condition=Q(state__in=ACCEPTED, accepted_at__isnull=False) | ~Q(state__in=ACCEPTED),
            ),
            models.CheckConstraint(
                name="audit_begins_and_ends_in_turn",
                condition=Q(begun_at__isnull=True, ended_at__isnull=True)
                # A comparison with an empty column is no refusal to the database, so it says that it is there.
                | Q(begun_at__isnull=False, begun_at__gte=F("starts_at"))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("begun_at"))),
            ),
            models.CheckConstraint(
                name="audit_closed_has_its_moment",
                condition=Q(state__in=OVER, closed_at__isnull=False) | ~Q(state__in=OVER) & Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="audit_costs_are_whole",
                condition=Q(costs_cents__isnull=True, costs_noted_at__isnull=True, costs_agreed_at__isnull=True)
                | Q(costs_cents__isnull=False, costs_noted_at__isnull=False) & ~Q(costs_for=""),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="audit_of_account"),
            models.Index(fields=["state", "ends_at"], name="audit_open", condition=~Q(state__in=OVER)),
            models.Index(fields=["closed_at"], name="audit_ages", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def notice(self) -> Deadline:
        """The fourteen days before which it does not begin, explained."""
        return compute(NOTICE, self.announced_at)

    @property
    def is_with_us(self) -> bool:
        return self.state in WITH_US

    @property
    def is_with_holder(self) -> bool:
        return self.state == AuditState.OFFERED

    @property
    def is_ahead(self) -> bool:
        """Whether it has not begun, so that it can be changed."""
        return self.state in AHEAD

    @property
    def is_dated(self) -> bool:
        """Whether both agreed on the window."""
        return self.state in DATED

    @property
    def is_cancelled(self) -> bool:
        """Whether it was agreed on and is not to be: in calendars it is struck out."""
        return self.agreed_at is not None and self.state in UNUSED

    @property
    def auditor(self) -> Auditor | None:
        """Who tests, as it is now; None once that is gone."""
        return next((each for each in self.auditors.all() if each.replaced_at is None), None)


class Proposal(models.Model):
    """A window that was wished or proposed, by whom and why; the last one is what the test has. Never changed."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    audit = models.ForeignKey(Audit, models.CASCADE, related_name="proposals", verbose_name=_("test"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    reason = models.TextField(_("reason"), max_length=1000, blank=True, default="")
    is_ours = models.BooleanField(_("proposed by us"))
    proposed_by = models.UUIDField(_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed date of a test")
        verbose_name_plural = _("proposed dates of tests")
        constraints = [
            models.CheckConstraint(
                name="proposal_window_is_one",
                condition=Q(ends_at__gt=F("starts_at"), ends_at__lte=F("starts_at") + LONGEST),
            ),
            models.CheckConstraint(name="proposal_of_ours_says_why", condition=Q(is_ours=False) | ~Q(reason="")),
        ]
        indexes = [models.Index(fields=["account"], name="proposal_of_account")]

    def __str__(self) -> str:
        return f"{self.audit} {self.starts_at:%Y-%m-%d}"


class Auditor(models.Model):
    """Who carries out a test, and that they accepted our security procedures: which text, when, under which name.

    Its reference, sealed, is what the link in the mail carries.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    audit = models.ForeignKey(Audit, models.CASCADE, related_name="auditors", verbose_name=_("test"))
    name = models.CharField(_("name"), max_length=120)
    company = models.CharField(_("company"), max_length=120)
    email = models.EmailField(_("e-mail"))
    qualification = models.CharField(_("qualification"), max_length=12, choices=Qualification.choices)
    qualification_words = models.CharField(_("which"), max_length=200, blank=True, default="")
    language = models.CharField(_("language"), max_length=2, default="nl")
    appointed_at = models.DateTimeField(_("named at"))
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("procedures accepted at"), null=True, blank=True)
    accepted_as = models.CharField(_("accepted under the name"), max_length=120, blank=True, default="")
    version = models.CharField(_("version of the procedures"), max_length=20, blank=True, default="")
    digest = models.CharField(_("SHA-256 of the procedures"), max_length=64, blank=True, default="")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("tester")
        verbose_name_plural = _("testers")
        constraints = [
            models.UniqueConstraint(name="auditor_one_at_a_time", fields=["audit"], condition=Q(replaced_at=None)),
            models.CheckConstraint(
                name="auditor_qualification_known", condition=Q(qualification__in=Qualification.values)
            ),
            models.CheckConstraint(
                name="auditor_other_says_which",
                condition=~Q(qualification=Qualification.OTHER) | ~Q(qualification_words=""),
            ),
            models.CheckConstraint(
                name="auditor_accepted_what_as_whom",
                condition=Q(accepted_at__isnull=True, accepted_as="", version="", digest="")
                | Q(accepted_at__isnull=False) & ~Q(accepted_as="") & ~Q(version="") & ~Q(digest=""),
            ),
        ]
        indexes = [models.Index(fields=["account"], name="auditor_of_account")]

    def __str__(self) -> str:
        return self.name

    @property
    def qualified_as(self) -> str:
        """The qualification in words."""
        words = self.qualification_words
        if self.qualification == Qualification.OTHER:
            return words
        return f"{self.get_qualification_display()}{f' ({words})' if words else ''}"


class FileKind(models.TextChoices):
    """What a file of a test is."""

    LETTER = "letter", _("Announcement")
    LOGS = "logs", _("System logs of the test")
    REPORT = "report", _("Report of the tester")
    #: What the account holder wrote about it later: to agree, to propose, to withdraw or to end it.
    ANSWER = "answer", _("Letter of the account holder")


class AuditFile(models.Model):
    """A sealed file of a test; written once. Of the logs each holds all that the one before it did, and more."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    # No cascade: the file has to go first, and then its row.
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="files", verbose_name=_("test"))
    kind = models.CharField(_("kind"), max_length=6, choices=FileKind.choices)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    file = AccountFileField()
    ending = models.CharField(_("file type"), max_length=3)
    size = models.PositiveBigIntegerField(_("bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    #: Of logs: up to when, and how many lines.
    upto_at = models.DateTimeField(_("up to"), null=True, blank=True)
    lines = models.PositiveIntegerField(_("lines"), null=True, blank=True)
    #: None: a job of ours.
    added_by = models.UUIDField(_("added by"), null=True, blank=True)
    added_at = models.DateTimeField(_("added at"))

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a test")
        verbose_name_plural = _("files of tests")
        constraints = [
            models.CheckConstraint(name="audit_file_kind_known", condition=Q(kind__in=FileKind.values)),
            models.UniqueConstraint(name="audit_file_numbered", fields=["audit", "kind", "number"]),
            models.CheckConstraint(
                name="audit_file_of_logs_says_up_to_when",
                condition=Q(kind=FileKind.LOGS, upto_at__isnull=False, lines__isnull=False) | ~Q(kind=FileKind.LOGS),
            ),
        ]
        indexes = [models.Index(fields=["account"], name="audit_file_of_account")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is called when somebody keeps it: ``logs-1a2b3c4d-2.zip``."""
        return f"{self.kind}-{str(self.audit.reference)[:8]}-{self.number}.{self.ending}"
