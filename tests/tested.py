"""Tests by account holders, as far as a test needs them, by the real services on fixed days (§12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import Account, PlannedMail, User
from audits import agreeing, announcing, procedures, running
from audits.models import Audit
from cannonworks.deadlines import AMSTERDAM
from tests.factories import StaffFactory

#: A Monday. The fourteen days are over with 16 March, so 17 March is the first day allowed.
ANNOUNCED = datetime(2026, 3, 2, 9, 30, tzinfo=AMSTERDAM)
EARLIEST = datetime(2026, 3, 17, tzinfo=AMSTERDAM)
STARTS = datetime(2026, 3, 23, 9, tzinfo=AMSTERDAM)
ENDS = datetime(2026, 3, 25, 17, tzinfo=AMSTERDAM)
WEEK = timedelta(days=7)
TESTER = {
    "name": "Irene Keur", "company": "Keur & Zoon", "email": "irene@keur.example", "qualification": "informaticus",
}  # fmt: skip
PDF = b"%PDF-1.7 rapport"


def announced(
    account: Account, *, at: datetime = ANNOUNCED, tester: dict[str, Any] | None = None, **said: Any
) -> Audit:
    """A test that the main user announced."""
    said = {"kind": "penetration", "scope": "De app en de API", "starts_at": STARTS, "ends_at": ENDS} | said
    return announcing.announce(account, actor=account.main_user, at=at, tester=TESTER | (tester or {}), **said)


def agreed(account: Account, *, staff: User | None = None, at: datetime | None = None, **said: Any) -> Audit:
    """One of which we agreed to the date."""
    made = announced(account, **said)
    return agreeing.accept(made, actor=staff or StaffFactory(), at=at or made.announced_at + timedelta(hours=1))


def ready(account: Account, *, at: datetime | None = None, **said: Any) -> Audit:
    """One of which the tester accepted the procedures."""
    made = agreed(account, **said)
    accepted(made, at=at or made.announced_at + timedelta(hours=2))
    return fresh(made)


def accepted(audit: Audit, *, at: datetime, name: str = "Irene Keur") -> None:
    """Have the tester accept the procedures."""
    auditor = agreeing.tester_of(audit)
    procedures.accept_procedures(auditor, name=name, digest=procedures.in_force().digest, at=at)


def running_one(account: Account, **said: Any) -> Audit:
    """One that has begun."""
    made = ready(account, **said)
    running.tend(at=made.starts_at)
    return fresh(made)


def ended(account: Account, **said: Any) -> Audit:
    """One that is over, its logs not yet sealed for the last time."""
    made = running_one(account, **said)
    running.tend(at=made.ends_at)
    return fresh(made)


def sealed(account: Account, **said: Any) -> Audit:
    """One that is over, with its logs."""
    made = ended(account, **said)
    running.tend(at=made.ends_at + timedelta(hours=1))
    return fresh(made)


def withdrawn(account: Account, *, at: datetime) -> Audit:
    """One that was announced at that moment and taken back, with its letter; what it had mailed is forgotten."""
    starts_at = at + 3 * WEEK
    made = announced(account, at=at, starts_at=starts_at, ends_at=starts_at + WEEK)
    PlannedMail.objects.filter(about=made.reference).delete()
    made = agreeing.withdraw(made, actor=account.main_user, at=at)
    PlannedMail.objects.filter(about=made.reference).delete()
    return made


def fresh(audit: Audit) -> Audit:
    """The row as it is now."""
    return Audit.objects.select_related("account").get(pk=audit.pk)


def file(content: bytes = PDF) -> ContentFile:
    return ContentFile(content, name="x.pdf")
