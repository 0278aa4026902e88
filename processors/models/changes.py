"""Changes of sub-processors, told to account holders beforehand, and what those object (§9; AVG art. 28(2))."""

from __future__ import annotations

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Notice, in_language
from cannonworks.countries import place_of
from cannonworks.datamap import Category
from cannonworks.deadlines import local_date
from processors.models.sub_processors import SubProcessor, SubProcessorRole
from processors.querysets import ChangeQuerySet, ObjectionQuerySet


class ChangeKind(models.TextChoices):
    """What changes; all but the last are told beforehand."""

    ADDITION = "addition", _("New")
    REPLACEMENT = "replacement", _("Replacement")
    OTHER = "other", _("Other work, place or data")
    ENDED = "ended", _("Ended")


#: The longest words about a change or an objection.
LONGEST = 2_000


class Change(models.Model):
    """A change of who works for us, where and with what: announced, then in force or withdrawn; its words stay."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sub_processor = models.ForeignKey(
        SubProcessor, models.PROTECT, related_name="changes", verbose_name=_("sub-processor")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ChangeKind.choices)
    replaces = models.ForeignKey(
        SubProcessor, models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    #: What it does, where and with what, from the day on which the change takes effect.
    role = models.CharField(_("role"), max_length=20, choices=SubProcessorRole.choices)
    country = models.CharField(_("country"), max_length=2)
    categories = ArrayField(
        models.CharField(max_length=20, choices=Category.choices), verbose_name=_("categories of data"), default=list,
        blank=True,
    )  # fmt: skip
    words_nl = models.TextField(_("what changes, in Dutch"), max_length=LONGEST, blank=True)
    words_en = models.TextField(_("what changes, in English"), max_length=LONGEST, blank=True)
    #: Why it is told later than promised; everybody reads it.
    sooner_nl = models.TextField(_("why sooner, in Dutch"), max_length=LONGEST, blank=True)
    sooner_en = models.TextField(_("why sooner, in English"), max_length=LONGEST, blank=True)
    effective_on = models.DateField(_("takes effect on"))
    announced_at = models.DateTimeField(_("announced at"))
    announced_by = models.UUIDField(_("announced by"))
    #: What users see within their accounts; None: nobody is told beforehand.
    notice = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    in_force_at = models.DateTimeField(_("in force at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.UUIDField(_("withdrawn by"), null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of sub-processors")
        verbose_name_plural = _("changes of sub-processors")
        constraints = [
            models.CheckConstraint(name="change_kind_known", condition=Q(kind__in=ChangeKind.values)),
            models.CheckConstraint(
                name="change_says_what_it_replaces",
                condition=Q(kind=ChangeKind.REPLACEMENT, replaces__isnull=False)
                | ~Q(kind=ChangeKind.REPLACEMENT) & Q(replaces__isnull=True),
            ),
            models.CheckConstraint(
                name="change_is_told_in_both_languages",
                condition=Q(kind=ChangeKind.ENDED) | Q(notice__isnull=False) & ~Q(words_nl="") & ~Q(words_en=""),
            ),
            models.CheckConstraint(
                name="change_says_why_sooner_in_both_languages",
                condition=Q(sooner_nl="", sooner_en="") | ~Q(sooner_nl="") & ~Q(sooner_en=""),
            ),
            models.CheckConstraint(
                name="change_ends_one_way", condition=Q(in_force_at__isnull=True) | Q(withdrawn_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="change_one_at_a_time",
                fields=["sub_processor"],
                condition=Q(in_force_at__isnull=True, withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_processor}: {self.get_kind_display()}"

    @property
    def words(self) -> str:
        """What changes, in the reader's language."""
        return in_language(self.words_nl, self.words_en)

    @property
    def sooner(self) -> str:
        """Why it is told later than promised, in the reader's language; empty where it is not."""
        return in_language(self.sooner_nl, self.sooner_en)

    @property
    def announced_on(self) -> date:
        """The day in Amsterdam on which it was announced."""
        return local_date(self.announced_at)

    @property
    def is_open(self) -> bool:
        """Whether it is still to come."""
        return self.in_force_at is None and self.withdrawn_at is None

    @property
    def place(self) -> str:
        """The country from that day, and whether it is outside the European Economic Area."""
        return place_of(self.country)


class ChangeMail(models.Model):
    """A change mailed to the main user of one account, once; who got it by random reference."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="mails", verbose_name=_("change"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account"))
    user = models.UUIDField(_("user"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    retry_at = models.DateTimeField(_("tried again at"), null=True)
    failure = models.CharField(_("failure"), max_length=60, blank=True, db_default="")

    class Meta:
        verbose_name = _("mail about a change of sub-processors")
        verbose_name_plural = _("mails about changes of sub-processors")
        constraints = [
            models.UniqueConstraint(fields=["account", "change"], name="change_mailed_once"),
            models.CheckConstraint(
                name="change_mail_has_a_reader", condition=Q(sent_at__isnull=True) | Q(user__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["id"], name="change_mail_to_send", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.change_id} {self.account_id}"


class Objection(models.Model):
    """What the main user of an account objects to a change, and what we answer; both stay as they were said."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    change = models.ForeignKey(Change, models.PROTECT, related_name="objections", verbose_name=_("change"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("account"))
    user = models.UUIDField(_("user"))
    words = models.TextField(_("objection"), max_length=LONGEST)
    made_at = models.DateTimeField(_("made at"))
    answer = models.TextField(_("our answer"), max_length=LONGEST, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.UUIDField(_("answered by"), null=True, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection to a change of sub-processors")
        verbose_name_plural = _("objections to changes of sub-processors")
        constraints = [
            models.UniqueConstraint(fields=["account", "change"], name="objection_once"),
            models.CheckConstraint(
                name="objection_answered_in_words",
                condition=Q(answered_at__isnull=True, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
            ),
        ]
        indexes = [
            models.Index(fields=["change"], name="objection_to_answer", condition=Q(answered_at__isnull=True)),
            models.Index(fields=["answered_at"], name="objection_ages"),
        ]

    def __str__(self) -> str:
        return str(self.reference)[:8]

    @property
    def made_on(self) -> date:
        """The day in Amsterdam on which it was made."""
        return local_date(self.made_at)

    @property
    def answered_on(self) -> date | None:
        """The day in Amsterdam on which we answered."""
        return local_date(self.answered_at) if self.answered_at else None
