"""Roles of staff (§7): who may see and do what in the administration. Code, not rows that somebody can widen.

Administrators are superusers. Relations, employees and the holder's documents are in no role: nobody needs them.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_noop

#: role → permissions, as Django names them
ROLES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("Support"): (
        "accounts.view_account",
        "accounts.view_user",
        "accounts.unlock_user",
        "rights.view_registeredletter",
        "rights.add_registeredletter",
        "retention.view_hold",
        "retention.view_erasure",
        "retention.view_erasurewarning",
    ),
    gettext_noop("Finance"): ("accounts.view_account", "finance.view_subscriptioninvoice", "finance.view_payment"),
    gettext_noop("Privacy officer"): (
        "accounts.view_account",
        "accounts.view_user",
        "rights.view_registeredletter",
        "rights.add_registeredletter",
        "rights.change_registeredletter",
        "retention.view_hold",
        "retention.add_hold",
        "retention.change_hold",
        "retention.view_erasure",
        "retention.change_erasure",
        "retention.view_erasurewarning",
        "retention.view_alarm",
        "retention.view_rulesapproval",
        "retention.add_rulesapproval",
        "journal.view_entry",
    ),
    gettext_noop("Security officer"): (
        "accounts.view_user",
        "accounts.unlock_user",
        "retention.view_alarm",
        "journal.view_entry",
    ),
}


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
