"""Who is mailed about the steps of a test: the main user, our staff and the tester (§12). Planned with the step."""

from __future__ import annotations

from datetime import datetime

from accounts import outbox
from audits.models import Audit, Auditor

#: Staff who hear of tests are those who may act on them.
MAY_ACT = "audits.change_audit"

#: What each is told.
TO_HOLDER = (
    "announced", "offered", "agreed", "accepted", "begun", "stopped", "ended", "withdrawn", "lapsed", "costs",
    "finding", "done",
)  # fmt: skip
TO_STAFF = (
    "announced", "countered", "agreed", "accepted", "begun", "stopped", "ended", "withdrawn", "lapsed", "report",
)  # fmt: skip
TO_TESTER = ("invited", "agreed", "reopened", "begun", "stopped", "ended", "withdrawn")


def tell_holder(audit: Audit, what: str, *, at: datetime) -> None:
    """Have the main user mailed one of ``TO_HOLDER``."""
    outbox.plan(f"audits/holder_{what}", about=audit.reference, account=audit.account, at=at)


def tell_staff(audit: Audit, what: str, *, at: datetime) -> None:
    """Have everybody who may act on tests mailed one of ``TO_STAFF``."""
    outbox.tell_staff(MAY_ACT, f"audits/staff_{what}", about=audit.reference, account=audit.account, at=at)


def tell_tester(auditor: Auditor, what: str, *, at: datetime) -> None:
    """Have the tester mailed one of ``TO_TESTER``."""
    outbox.plan(f"audits/tester_{what}", about=auditor.reference, account=auditor.account, at=at)
