"""The mails of who has access: the link to the contact of a sub-processor, and to staff that somebody left (§10)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.outbox import Addressed, to_staff, writes
from processors.contact import LINK_LASTS, MAY_KNOW, seal
from processors.models import Helper, Stage, SubProcessor

#: Where a contact reads Dutch; nobody asked them which language they read.
DUTCH = ("NL", "BE", "SR")


@writes("processors/access_link")
def access_link(about: UUID) -> Addressed | None:
    """To the contact in the register at this moment; the hours of the link count from now, when it is sent."""
    house = SubProcessor.objects.filter(reference=about).exclude(stage=Stage.ENDED).exclude(contact_email="").first()
    if house is None:
        return None
    address = settings.SITE_URL + reverse("helpers-access-page", args=[seal(house, at=timezone.now())])
    language = "nl" if house.country in DUTCH else "en"
    hours = int(LINK_LASTS.total_seconds() // 3600)
    return Addressed(house.contact_email, language, {"house": house, "address": address, "hours": hours})


@writes("processors/helper_left")
def helper_left(about: UUID, reader: UUID | None = None) -> Addressed | None:
    """To staff who keep the register."""
    helper = Helper.objects.select_related("sub_processor").filter(user__reference=about).first()
    if helper is None:
        return None
    page = settings.SITE_URL + reverse("admin:processors_helper_change", args=[helper.pk])
    return to_staff(MAY_KNOW, reader, helper=helper, house=helper.sub_processor, page=page)
