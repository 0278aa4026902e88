"""The link with which a tester, who has no account, reads and accepts the security procedures (§12).

It carries the tester's reference, sealed: an address in a log tells nobody whose it is. It works until another tester
is named or the test is over, and stays the same.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from audits.models import Auditor
from cannonworks import isolation
from cannonworks.errors import Refused
from cannonworks.pages import open_place, seal_place

PURPOSE = "tester"


def token_of(auditor: Auditor) -> str:
    """The part of an address that carries the link."""
    return seal_place([str(auditor.reference)], PURPOSE)


def address_of(auditor: Auditor) -> str:
    """The whole address, for a mail."""
    return settings.SITE_URL + reverse("tester", args=[token_of(auditor)])


def bearer_of(token: str) -> Auditor:
    """The tester of a link, with the test, read as whoever bears it and nobody else.

    Refused (``link_over``) when it is none of ours, or the tester was replaced or is gone.
    """
    try:
        (reference,) = open_place(token, PURPOSE)
        found = _read(UUID(reference))
    except ValueError:
        found = None
    if found is None:
        raise Refused("link_over", _("This link does not work any more."), clause="12")
    return found


def _read(reference: UUID) -> Auditor | None:
    with isolation.acting_as(isolation.reader(str(reference))):
        # The account, that a bearer does not read, by its key alone.
        return Auditor.objects.filter(reference=reference, replaced_at=None).select_related("audit").first()
