"""Moments and choices of breaches as pages say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import date_format

from breaches.models import DataKind, Harm, People
from cannonworks.deadlines import in_amsterdam, last_day_before

register = template.Library()

CHOICES: Mapping[str, Any] = {"data": DataKind, "people": People, "harms": Harm}


@register.filter
def moment(at: datetime | None) -> str:
    """Tuesday 24 November 2026 13:05 in Amsterdam, in the reader's language; empty for no moment."""
    return date_format(in_amsterdam(at), "l j F Y H:i") if at else ""


@register.filter
def last_day(due_at: datetime) -> str:
    """The last day before the end of a term in days, written out."""
    return date_format(last_day_before(due_at), "l j F Y")


@register.filter
def labels(values: Iterable[str], kind: str) -> str:
    """What choices of a kind (``data``, ``people``, ``harms``) are called."""
    known = dict(CHOICES[kind].choices)
    return "; ".join(str(known[value]) for value in values)


@register.filter
def value(mapping: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping has under a key; None when it has not."""
    return mapping.get(key)
