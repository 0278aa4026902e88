"""Roles of staff (§7): who may see and do what in the administration. Code, not rows that somebody can widen.

Administrators are superusers. Relations, employees and the holder's documents are in no role: nobody needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy, gettext_noop

if TYPE_CHECKING:
    from accounts.models import User


class HelperCategory(models.TextChoices):
    """The categories of helpers, people of sub-processors, that §10 lists; which of them may look: ``processors``."""

    SUPPORT = "support", gettext_lazy("Help and support desk")
    DEVELOPER = "developer", gettext_lazy("IT developer")
    HOSTING = "hosting", gettext_lazy("Server, database and hosting")
    SALES = "sales", gettext_lazy("Sales support for integrations")


#: Who has every right, and no role among those below.
ADMINISTRATOR = gettext_noop("Administrator")
#: Who keep the register of sub-processors, their helpers and projects (§10).
HELPERS = tuple(
    f"processors.{verb}_{model}"
    for model in ("subprocessor", "helper", "project", "statement")
    for verb in ("view", "add", "change")
)
#: Who keep the papers of sub-processors, announce changes of them, and answer who objects (§9, §11).
CONTRACTS = (
    "processors.view_change",
    "processors.add_change",
    "processors.change_change",
    "processors.view_objection",
    "processors.change_objection",
)

#: Who ask for access to the database in a calamity or for an upgrade, and who approve it (§10); never the same person.
GLASS = ("processors.view_glass", "processors.add_glass", "processors.approve_glass")

#: Who keep the register of what others ask of us (§8).
DISCLOSURES = tuple(f"processors.{verb}_disclosure" for verb in ("view", "add", "change"))

#: Who write what all accounts are told (§1, §2).
TELLING = tuple(f"accounts.{verb}_{model}" for model in ("newsletter", "notice") for verb in ("view", "add", "change"))
#: Who write and publish the terms (§21).
TERMS = tuple(f"accounts.{verb}_termsversion" for verb in ("view", "add", "change", "publish"))
#: Who see how far returns of data are, and make one go on that stopped (§6).
RETURNS = ("rights.view_datareturn", "rights.change_datareturn")

#: Who deal with requests of data subjects (§15).
REQUESTS = tuple(f"rights.{verb}_subjectrequest" for verb in ("view", "add", "change"))
#: Who bring a change before the main user, and carry it out (§16).
CORRECTIONS = tuple(f"rights.{verb}_correction" for verb in ("view", "add", "change"))
#: Who enter what holders tell of a breach, and confer with them about it (§13).
REPORTS = (
    "breaches.view_breach",
    "breaches.view_meeting",
    *(f"breaches.{verb}_{model}" for model in ("breachreport", "consultation") for verb in ("view", "add", "change")),
    "breaches.view_meeting",
)
#: Who keep the register, choose the accounts that a breach touches, and release notices (§13).
BREACHES = (
    *REPORTS,
    "breaches.add_breach",
    "breaches.change_breach",
    *(f"breaches.view_{model}" for model in ("phase", "selection", "affected", "notice", "permission")),
    *(f"breaches.{verb}_directword" for verb in ("view", "add")),
)

#: Who keep the register of measures, and follow what is found until it is better (§7).
MEASURES = tuple(
    f"audits.{verb}_{model}" for model in ("measure", "finding", "improvement") for verb in ("view", "add", "change")
)

#: Who agree on tests by account holders, and write up what came of them (§12).
AUDITS = tuple(f"audits.{verb}_audit" for verb in ("view", "add", "change"))

#: role → permissions, as Django names them
ROLES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("Support"): (
        "accounts.view_account",
        "accounts.view_user",
        "accounts.unlock_user",
        "accounts.view_usagetotal",
        "accounts.add_supportaccess",
        *TELLING,
        *REQUESTS,
        *CORRECTIONS,
        "rights.view_registeredletter",
        "rights.add_registeredletter",
        *RETURNS,
        *REPORTS,
        "retention.view_hold",
        "retention.view_erasure",
        "retention.view_erasurewarning",
    ),
    gettext_noop("Finance"): (
        "accounts.view_account",
        "finance.view_subscriptioninvoice",
        "finance.change_subscriptioninvoice",  # to record what was paid on it
        "finance.view_payment",
    ),
    gettext_noop("Privacy officer"): (
        "accounts.view_account",
        "accounts.view_user",
        "accounts.view_usagetotal",
        "accounts.view_supportaccess",
        "accounts.add_supportaccess",
        *HELPERS,
        "processors.view_glass",
        "processors.approve_glass",
        *CONTRACTS,
        *DISCLOSURES,
        *TERMS,
        *REQUESTS,
        "rights.block_subjectrequest",
        *CORRECTIONS,
        "rights.view_registeredletter",
        "rights.add_registeredletter",
        "rights.change_registeredletter",
        *RETURNS,
        *BREACHES,
        *MEASURES,
        *AUDITS,
        "retention.view_hold",
        "retention.add_hold",
        "retention.change_hold",
        "retention.view_erasure",
        "retention.change_erasure",
        "retention.view_erasurewarning",
        "retention.view_alarm",
        "backups.view_drill",
        "retention.view_rulesapproval",
        "retention.add_rulesapproval",
        "journal.view_entry",
    ),
    gettext_noop("Security officer"): (
        "accounts.view_user",
        "accounts.unlock_user",
        "accounts.view_usagetotal",
        "accounts.view_supportaccess",
        "accounts.add_supportaccess",
        *HELPERS,
        *GLASS,
        *CONTRACTS,
        "accounts.view_account",
        *BREACHES,
        *MEASURES,
        *AUDITS,
        "retention.view_alarm",
        "backups.view_drill",
        "journal.view_entry",
    ),
}


def of(user: User) -> list[str]:
    """The roles of a member of staff, by their untranslated names."""
    if user.is_superuser:
        return [ADMINISTRATOR]
    return sorted(user.groups.values_list("name", flat=True))


def who_may(permission: str) -> QuerySet[User]:
    """The members of staff who are there and have a permission (``app.verb_model``), administrators among them."""
    from accounts.models import User

    app, codename = permission.split(".")
    has_it = Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app)
    may = Q(is_superuser=True) | Q(groups__in=has_it)
    found = User.objects.filter(may, is_staff=True, is_active=True).values("pk")
    return User.objects.filter(pk__in=found).order_by("pk")


def give(using: str = "default", app_config: AppConfig | None = None, **_signal: object) -> None:
    """Give each role exactly its permissions; after each ``migrate``, and idempotent. Runs with the last app."""
    if app_config is not None and app_config != list(apps.get_app_configs())[-1]:
        return
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, names in ROLES.items():
        group, _made = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set([known[permission] for permission in names if permission in known])
