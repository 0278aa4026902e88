"""How the staff's administration looks and where everything is found: in the order in which the work is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

#: Words of the interface for which the library brings no Dutch; here, so that ours is kept with our other messages.
BORROWED = (
    gettext_noop("Apply Filters"),
    gettext_noop("Dark"),
    gettext_noop("Filters"),
    gettext_noop("Light"),
    gettext_noop("No data"),
    gettext_noop("Next"),
    gettext_noop("No results found"),
    gettext_noop("Previous"),
    gettext_noop("Reset filters"),
    gettext_noop("System"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Type to search"),
    gettext_noop("Welcome back to"),
)


def unfold_settings(logo: Path) -> dict[str, Any]:
    """Settings of the administration. The logo is used when the file is there."""
    settings: dict[str, Any] = {
        "SITE_TITLE": "CannonWorks",
        "SITE_HEADER": "CannonWorks",
        "SITE_SUBHEADER": _("Retention and privacy"),
        "SITE_SYMBOL": "inventory_2",
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "SHOW_LANGUAGES": True,
        "LANGUAGES": {"action": reverse_lazy("language")},
        "BORDER_RADIUS": "6px",
        "COLORS": {"primary": PRIMARY},
        "DASHBOARD_CALLBACK": "board.admin.start.board",
        "SIDEBAR": {"navigation": NAVIGATION},
        "ACCOUNT": {"navigation": [{"title": _("Security"), "link": reverse_lazy("mfa_index")}]},
    }
    if logo.exists():
        settings["SITE_ICON"] = lambda _request: static(logo.name)
        settings["SITE_FAVICONS"] = [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static(logo.name)}
        ]
    return settings


def _address(name: str) -> str:
    from cannonworks.templatetags.data import address  # not while the settings are read

    return address(name)


#: The address of a page, looked up once: the library asks for each several times on every page.
_page = lazy(_address, str)


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(title: Promise, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": _page(f"admin:{app}_{name}_changelist"),
        "permission": _allowed(f"{app}.view_{name}"),
    }


NAVIGATION = [
    {
        "items": [
            {"title": _("Board"), "icon": "dashboard", "link": _page("admin:index")},
            {"title": _("Deadlines"), "icon": "timer", "link": _page("admin:deadlines")},
            _item(_("Accounts"), "domain", "accounts.account"),
            _item(_("Usage"), "bar_chart", "accounts.usagetotal"),
        ]
    },
    {
        "title": _("To do"),
        "separator": True,
        "items": [
            _item(_("Alarms"), "notification_important", "retention.alarm"),
            _item(_("Requests"), "contact_mail", "rights.subjectrequest"),
            _item(_("Registered letters"), "mark_email_read", "rights.registeredletter"),
            _item(_("Corrections"), "edit_note", "rights.correction"),
            _item(_("Returns of data"), "drive_file_move", "rights.datareturn"),
            _item(_("Holds"), "back_hand", "retention.hold"),
            _item(_("Asked by authorities and others"), "policy", "processors.disclosure"),
        ],
    },
    {
        "title": _("Breaches"),
        "separator": True,
        "items": [
            _item(_("Register of breaches"), "crisis_alert", "breaches.breach"),
            _item(_("Affected accounts"), "groups", "breaches.affected"),
            _item(_("Notices of breaches"), "outgoing_mail", "breaches.notice"),
            _item(_("Reported to us"), "report", "breaches.breachreport"),
            _item(_("Consultations"), "forum", "breaches.consultation"),
            _item(_("Appointments"), "event", "breaches.meeting"),
            _item(_("Told to others"), "campaign", "breaches.directword"),
        ],
    },
    {
        "title": _("Erasure"),
        "separator": True,
        "items": [
            _item(_("Erasures"), "delete_sweep", "retention.erasure"),
            _item(_("Warnings"), "outgoing_mail", "retention.erasurewarning"),
            _item(_("Rules"), "gavel", "retention.rulesapproval"),
            {
                "title": _("Backups"),
                "icon": "backup",
                "link": _page("admin:backups"),
                "permission": _allowed("retention.view_alarm"),
            },
            _item(_("Restores on trial"), "settings_backup_restore", "backups.drill"),
        ],
    },
    {
        "title": _("Our own books"),
        "separator": True,
        "items": [
            _item(_("Invoices"), "receipt_long", "finance.subscriptioninvoice"),
            _item(_("Payments"), "payments", "finance.payment"),
        ],
    },
    {
        "title": _("What we tell"),
        "separator": True,
        "items": [
            _item(_("Newsletters"), "mail", "accounts.newsletter"),
            _item(_("Notices"), "campaign", "accounts.notice"),
        ],
    },
    {
        "title": _("Evidence and staff"),
        "separator": True,
        "items": [
            _item(_("Journal"), "history_edu", "journal.entry"),
            _item(_("Opened accounts"), "visibility", "accounts.supportaccess"),
            _item(_("Users"), "group", "accounts.user"),
            _item(_("Terms"), "contract", "accounts.termsversion"),
        ],
    },
    {
        "title": _("Security and audits"),
        "separator": True,
        "items": [
            _item(_("Measures"), "verified_user", "audits.measure"),
            _item(_("Findings"), "troubleshoot", "audits.finding"),
            _item(_("Improvements"), "construction", "audits.improvement"),
            _item(_("Tests by account holders"), "fact_check", "audits.audit"),
        ],
    },
    {
        "title": _("Sub-processors and helpers"),
        "separator": True,
        "items": [
            _item(_("Sub-processors"), "handshake", "processors.subprocessor"),
            _item(_("Changes"), "sync_alt", "processors.change"),
            _item(_("Objections"), "thumb_down", "processors.objection"),
            _item(_("Helpers"), "support_agent", "processors.helper"),
            _item(_("Projects"), "event", "processors.project"),
            _item(_("Emergency access"), "emergency_home", "processors.glass"),
            _item(_("Confidentiality"), "signature", "processors.statement"),
        ],
    },
]

#: The house's petrol, from light to dark.
PRIMARY = {
    "50": "oklch(97% .012 222)",
    "100": "oklch(94% .025 222)",
    "200": "oklch(88% .045 222)",
    "300": "oklch(80% .065 222)",
    "400": "oklch(72% .08 222)",
    "500": "oklch(62% .085 222)",
    "600": "oklch(45% .07 222)",
    "700": "oklch(40% .06 222)",
    "800": "oklch(34% .05 222)",
    "900": "oklch(28% .04 222)",
    "950": "oklch(22% .03 222)",
}
