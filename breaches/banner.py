"""The banner above every page until the main user has read what the account was told last (§13)."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from accounts.banners import banner
from breaches.models import Notice


def unread() -> Subquery:
    """The reference of the breach of the newest unread notice of a company's account; for most a single index probe."""
    rows = Notice.objects.filter(account=OuterRef("account_id")).unread().order_by("-id")
    return Subquery(rows.values("phase__breach__reference")[:1])


banner("breach", template="breaches/_banner.html", probe=unread)
