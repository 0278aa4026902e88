"""Who was erased while the account goes on: what is still to be proven of it, and what is proven (§5, §14, §15)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from relations.models.people import PersonKind


class Departure(models.Model):
    """One person erased at the word of the account: by random reference, and until when nothing more was found.

    Written in the transaction in which the rows go, so whoever is gone is in here, and looked for again.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="departures", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=PersonKind.choices)
    person = models.UUIDField(_("person"), help_text=_("The random reference that they had."))
    key = models.BigIntegerField(help_text=_("The key that their row had, by which other rows may point at it."))
    removed_at = models.DateTimeField(_("erased at"), db_default=Now())
    found = models.PositiveIntegerField(_("rows found afterwards"), default=0, db_default=0)
    proven_at = models.DateTimeField(_("proven at"), null=True, blank=True)

    class Meta:
        verbose_name = _("erased person")
        verbose_name_plural = _("erased people")
        constraints = [
            models.UniqueConstraint(fields=["account", "person"], name="departure_once"),
            models.CheckConstraint(name="departure_kind_known", condition=Q(kind__in=PersonKind.values)),
        ]
        indexes = [models.Index(fields=["id"], name="departure_unproven", condition=Q(proven_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.person)
