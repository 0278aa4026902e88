"""The agreed window of a test as a file for calendars, the same event for both sides and the tester (§12)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from audits.models import Audit
from cannonworks.calendars import Event, calendar


def file_for(audit: Audit, *, address: str) -> bytes:
    """An iCalendar file of the window; a changed one replaces it, and what is not to be any more is struck out."""
    assert audit.agreed_at is not None  # noqa: S101  whoever asks looked
    event = Event(
        uid=f"{audit.reference}@test", starts_at=audit.starts_at, ends_at=audit.ends_at,
        title=_("CannonWorks: test (%(kind)s)") % {"kind": audit.get_kind_display()}, text=address, place="",
        stamp=audit.closed_at if audit.is_cancelled and audit.closed_at else audit.agreed_at,
        sequence=audit.sequence, is_cancelled=audit.is_cancelled,
    )  # fmt: skip
    return calendar([event])
