"""What we log about an account, as data: each source with its rows in a window and the fields that are taken (§12).

A test's logs are made of these and nothing else. No source has rows of another account: of what happens to the whole
product only when, what and by what kind of actor is taken, of events that are in ``SYSTEM`` alone. No field is taken
that the data map calls secret or encrypted; a test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, DeviceToken, PlannedMail, Session, SupportAccess, UsageEvent
from finance.models import ShareOpening
from journal.models import Batch, Entry

#: Events of the whole product that say nothing of any customer: keys, rules, terms, staff, seals.
SYSTEM = (
    "journal.verified", "keys.rehashed", "keys.rewrapped", "keys.rotated", "newsletter.sending", "newsletter.sent",
    "notice.written", "rules.approved", "sign_in.failed", "sign_in.locked", "staff.added", "staff.changed",
    "sub_processor.added", "sub_processor.changed", "terms.announced", "terms.drafted", "terms.published",
)  # fmt: skip

#: Rows of an account within a window of two moments, the end exclusive.
Rows = Callable[[Account, datetime, datetime], QuerySet]


@dataclass(frozen=True)
class Source:
    """One kind of log: the name of its file, the model, the rows, and the fields by the names that they get."""

    name: str
    label: str | Promise
    model: type[Model]
    rows: Rows
    fields: Mapping[str, str]

    def lines(self, account: Account, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """What was logged in the window, the oldest first, as plain values."""
        paths = list(self.fields.values())
        found = self.rows(account, start, end).order_by("pk").values_list(*paths)
        return [dict(zip(self.fields, row, strict=True)) for row in found.iterator(chunk_size=2_000)]


def _at(field: str) -> Rows:
    """Rows of the account itself with a moment in the window."""
    return lambda account, start, end: _of_account(field, account, start, end)


def _of_account(field: str, account: Account, start: datetime, end: datetime) -> QuerySet:
    model = {"at": UsageEvent, "opened_at": ShareOpening}[field]
    return model._default_manager.filter(account=account, **{f"{field}__gte": start, f"{field}__lt": end})


def _journal(account: Account, start: datetime, end: datetime) -> QuerySet:
    return Entry.objects.filter(account_reference=account.reference, at__gte=start, at__lt=end)


def _system(account: Account, start: datetime, end: datetime) -> QuerySet:
    return Entry.objects.filter(account_reference=None, event__in=SYSTEM, at__gte=start, at__lt=end)


def _seals(account: Account, start: datetime, end: datetime) -> QuerySet:
    return Batch.objects.filter(sealed_at__gte=start, sealed_at__lt=end)


def _sessions(account: Account, start: datetime, end: datetime) -> QuerySet:
    return Session.objects.filter(account=account, signed_in_at__lt=end, expire_date__gte=start)


def _devices(account: Account, start: datetime, end: datetime) -> QuerySet:
    return DeviceToken.objects.filter(account=account, created__lt=end, expiry__gte=start)


def _looks(account: Account, start: datetime, end: datetime) -> QuerySet:
    return SupportAccess.objects.filter(account=account, opened_at__lt=end, ends_at__gte=start)


def _mails(account: Account, start: datetime, end: datetime) -> QuerySet:
    within = Q(planned_at__gte=start, planned_at__lt=end) | Q(sent_at__gte=start, sent_at__lt=end)
    return PlannedMail.objects.filter(within, account=account)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


SOURCES: tuple[Source, ...] = (
    Source(
        "journal", _("What was done in and about the account, failed sign-ins too"), Entry, _journal,
        _same("id", "at", "event", "actor_kind", "actor_reference", "clause", "facts"),
    ),
    Source(
        "system", _("What happened to the whole product"), Entry, _system,
        _same("id", "at", "event", "actor_kind", "clause"),
    ),
    Source(
        "usage", _("Pages looked at, things done, sign-ins, with network address"), UsageEvent, _at("at"),
        _same("id", "at", "user", "kind", "module", "ip_address", "device"),
    ),
    Source(
        "sessions", _("Signed-in browsers"), Session, _sessions,
        {"user": "user__reference", **_same("signed_in_at", "expire_date", "ip_address", "user_agent")},
    ),
    Source(
        "devices", _("Devices that sign in by themselves, and their last use of the API"), DeviceToken, _devices,
        {"device": "reference", "user": "user__reference", **_same("created", "last_used_at", "expiry")},
    ),
    Source(
        "support", _("When our support had the account open, and why"), SupportAccess, _looks,
        _same("reference", "role", "ticket", "reason", "opened_at", "ends_at", "closed_at"),
    ),
    Source(
        "mails", _("Mails about what is done under the agreement"), PlannedMail, _mails,
        _same("id", "template", "about", "planned_at", "sent_at", "attempts"),
    ),
    Source(
        "openings", _("Openings of shared links"), ShareOpening, _at("opened_at"),
        {"id": "id", "link": "link__reference", **_same("opened_at", "device", "is_pdf")},
    ),
    Source(
        "seals", _("Seals of the journal: with them it can be proven that nothing was changed"), Batch, _seals,
        _same("number", "first_id", "last_id", "count", "root", "previous", "digest", "sealed_at"),
    ),
)  # fmt: skip


def models() -> frozenset[type[Model]]:
    """The models whose rows may not go before they are preserved."""
    return frozenset(source.model for source in SOURCES)
