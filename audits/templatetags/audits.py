"""Moments, windows, costs and sizes of tests as pages and mails say them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.showing import TONES
from cannonworks.deadlines import in_amsterdam
from finance.numbers import money

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """Tuesday 24 November 2026 13:05 in Amsterdam, in the reader's language; empty for no moment."""
    return date_format(in_amsterdam(at), "l j F Y H:i") if at else ""


@register.filter
def window(row: Any) -> str:
    """From when until when, of a test or a proposal: the end without its day where that is the same."""
    start, end = in_amsterdam(row.starts_at), in_amsterdam(row.ends_at)
    told = {"start": moment(start), "end": f"{end:%H:%M}" if start.date() == end.date() else moment(end)}
    return _("%(start)s until %(end)s") % told


@register.filter
def euros(cents: int) -> str:
    """€ 1.250,00 in the reader's language, of an amount in cents."""
    return money(Decimal(cents) / 100)


@register.filter
def tone(audit: Any) -> str:
    """The colour of the chip with the state."""
    return TONES.get(audit.state, "")
