"""Links of those who ask something about their own data: sealed, so that an address tells nobody whose it is (§15).

A link carries the reference that the request has, or will get, with the mailbox and the language of whoever asks. The
first one is mailed before anything is stored, and may become a request for some days; later ones only lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cannonworks import isolation
from cannonworks.errors import Refused
from cannonworks.pages import open_place, seal_place
from rights.models import SubjectRequest

#: How long a link may be used to make a request; as the page of one it works as long as that is there.
LINK_LASTS = timedelta(days=3)
#: What links are sealed for; addresses end up in logs, so what they carry cannot be read.
PURPOSE = "request"


@dataclass(frozen=True)
class Link:
    """What a link says: of which request, whose mailbox it came from, and in which language they read."""

    reference: UUID
    email: str
    language: str


def seal(link: Link, *, at: datetime | None = None) -> str:
    """The part of an address that carries the link. Made ``at`` a moment it may become a request; without, never."""
    return seal_place([str(link.reference), link.email, link.language, int(at.timestamp()) if at else 0], PURPOSE)


def unseal(token: str) -> tuple[Link, datetime]:
    """The link in an address and when it was made; Refused (``link_over``) when it is none of ours."""
    try:
        reference, email, language, made = open_place(token, PURPOSE)
        return Link(UUID(reference), email, language), datetime.fromtimestamp(made, UTC)
    except ValueError:
        raise link_over() from None


def address_of(token: str) -> str:
    """The whole address with this link in it, for a mail."""
    return settings.SITE_URL + reverse("your-request", args=[token])


def page_of(request: SubjectRequest) -> str:
    """The address of the page of a request, which makes no other one when this one is gone."""
    return address_of(seal(Link(request.reference, request.email, request.language)))


def link_over() -> Refused:
    """What whoever has a link that does not work is told."""
    return Refused("link_over", _("This link does not work any more. Ask for a new one."), clause="15")


@contextmanager
def bearing(reference: UUID) -> Iterator[None]:
    """Be whoever bears the link of this request, and nobody else."""
    with isolation.acting_as(isolation.reader(str(reference))):
        yield
