"""Requests of data subjects about what a customer of ours keeps of them (§15, AVG 15 to 18)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from cannonworks.deadlines import Deadline, compute, kind_named, last_day_before
from relations.models import PersonKind
from rights.querysets import SubjectRequestQuerySet
from rights.states import OPEN_REQUESTS, WITH_HOLDER, RequestState


class Wish(models.TextChoices):
    """What a data subject asks for."""

    INFORM = "inform", _("Know what is done with my data")
    CHANGE = "change", _("Have something changed")
    RESTRICT = "restrict", _("Have my data set aside (restricted)")
    LIFT = "lift", _("Have a restriction lifted")
    ERASE = "erase", _("Have my data erased")


class Channel(models.TextChoices):
    FORM = "form", _("Form on our site")
    LETTER = "letter", _("Letter")
    PHONE = "phone", _("Phone")
    EMAIL = "e-mail", _("E-mail")


class Outcome(models.TextChoices):
    """How it came out; the requester is never told which: that would tell whether somebody is in an account."""

    ANSWERED = "answered", _("Answered by us")
    FULFILLED = "fulfilled", _("Carried out")
    NOT_HERE = "not_here", _("Nobody like this is in the account")
    DECLINED = "declined", _("Not carried out, with a ground in law")
    UNMATCHED = "unmatched", _("No account found")
    JOINED = "joined", _("Joined to an earlier request")
    UNPROVEN = "unproven", _("Not shown who asks")
    WITHDRAWN = "withdrawn", _("Taken back by the requester")


class SubjectRequest(models.Model):
    """One request of a data subject: who asks, for what, of which company, and what became of it (§15).

    It is of no account until staff find the one; with the account it goes, and by itself some time after it is closed.
    The mailed link has its reference in it, sealed: first it is the form, and then the page that says how it stands.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="subject_requests", verbose_name=_("account"),
        db_index=False,
    )  # fmt: skip
    #: An earlier one of the same person for the same, which this one goes with.
    # No constraint in the database: rows go in portions, and of two that belong together one goes first.
    joined_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="joined", db_constraint=False, db_index=False
    )
    state = models.CharField(_("state"), max_length=10, choices=RequestState.choices, default=RequestState.RECEIVED)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True, default="")
    wish = models.CharField(_("request"), max_length=10, choices=Wish.choices)
    channel = models.CharField(_("came by"), max_length=10, choices=Channel.choices, default=Channel.FORM)
    language = models.CharField(_("language"), max_length=2, default="nl")

    # Who asks.
    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("e-mail"), blank=True, default="")
    address = models.TextField(_("postal address"), max_length=300, blank=True, default="")
    identity_check = models.CharField(
        _("identity check"), max_length=200, blank=True, default="",
        help_text=_("How it was checked who asks. No copies of identity papers."),
    )  # fmt: skip
    # What is asked, and of whom.
    company = models.CharField(_("company that keeps the data"), max_length=160, blank=True, default="")
    known_as = models.CharField(
        _("known to them as"), max_length=200, blank=True, default="",
        help_text=_("Another name, address or customer number by which the company knows who asks."),
    )  # fmt: skip
    details = models.TextField(_("what exactly"), max_length=2000, blank=True, default="")
    wants_agreement = models.BooleanField(_("wants a copy of the agreement"), default=False)

    # Moments (§15): the holder's five working days run from ``told_at``; ``due_at`` is the first moment after them.
    received_at = models.DateTimeField(_("received at"))
    told_at = models.DateTimeField(_("account holder told at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    done_at = models.DateTimeField(_("said to be done at"), null=True, blank=True)
    check_asked_at = models.DateTimeField(_("check asked at"), null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    blocked_at = models.DateTimeField(_("account blocked at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)

    # What the holder did: to whom, and in his own words.
    person_kind = models.CharField(
        _("kind of person"), max_length=10, choices=PersonKind.choices, blank=True, default=""
    )
    person = models.UUIDField(_("person"), null=True, blank=True, help_text=_("The random reference of who it is."))
    note = models.TextField(_("what was done"), max_length=1000, blank=True, default="")

    objects = SubjectRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of a data subject")
        verbose_name_plural = _("requests of data subjects")
        permissions = [("block_subjectrequest", "Can block an account for a request")]
        constraints = [
            models.CheckConstraint(name="subject_request_state_known", condition=Q(state__in=RequestState.values)),
            models.CheckConstraint(
                name="subject_request_closed_has_moment_and_outcome",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="subject_request_told_has_account_and_end",
                condition=Q(account__isnull=True, told_at__isnull=True)
                | Q(account__isnull=False, told_at__isnull=False, due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="subject_request_blocked_only_after_check",
                condition=Q(blocked_at__isnull=True)
                | Q(check_asked_at__isnull=False, checked_at__isnull=False, blocked_at__gte=F("due_at")),
            ),
            models.CheckConstraint(
                name="subject_request_person_has_a_kind",
                condition=Q(person__isnull=True, person_kind="") | Q(person__isnull=False) & ~Q(person_kind=""),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="request_of_account", condition=Q(account__isnull=False)),
            models.Index(fields=["state", "due_at"], name="request_open", condition=~Q(state="closed")),
            models.Index(fields=["joined_to"], name="request_joined", condition=Q(joined_to__isnull=False)),
            models.Index(fields=["closed_at"], name="request_closed", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_REQUESTS

    @property
    def waits_for_holder(self) -> bool:
        return self.state in WITH_HOLDER

    @property
    def is_under_check(self) -> bool:
        """Whether a check was asked that staff have not ended, also while the holder's own term runs first."""
        return self.state == RequestState.CHECKING or (self.state == RequestState.TOLD and bool(self.check_asked_at))

    @property
    def is_answered(self) -> bool:
        """Whether the holder said how it was handled, and that still counts."""
        return bool(self.outcome)

    @property
    def deadline(self) -> Deadline | None:
        """The holder's clock, explained; None as long as nobody was told.

        It ends when the holder was told that it ends, also when the calendar says otherwise by now.
        """
        if self.told_at is None or self.due_at is None:
            return None
        return replace(compute(kind_named("subject_request"), self.told_at), due_at=self.due_at)

    @property
    def last_day(self) -> date | None:
        """The day at whose end the holder's term is over; None as long as nobody was told."""
        return last_day_before(self.due_at) if self.due_at else None
