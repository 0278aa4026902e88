"""Requests of data subjects, for pages of apps that know nothing of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import template
from django.utils.timezone import localdate

from relations.models import Person
from rights.models import Outcome, SubjectRequest, Wish

register = template.Library()


@dataclass(frozen=True)
class AskedFor:
    """The request because of which somebody is restricted: its random reference, and the day on which it came."""

    reference: UUID
    on: date


@register.simple_tag
def asked_to_restrict(person: Person) -> AskedFor | None:
    """The latest request to restrict this very person that was not declined, if it came through us; one query (§15)."""
    rows = SubjectRequest.objects.filter(
        account=person.account_id, wish=Wish.RESTRICT, person=person.reference, person_kind=person._meta.model_name,
        outcome__in=("", Outcome.FULFILLED), received_at__date__lte=person.restricted_on,
    )  # fmt: skip
    found = rows.order_by("-id").values_list("reference", "received_at").first()
    return AskedFor(found[0], localdate(found[1])) if found else None
