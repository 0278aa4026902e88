from __future__ import annotations

from datetime import datetime

from django import template

from cannonworks.clocks import written

register = template.Library()


@register.filter
def in_full(at: datetime) -> str:
    """The moment at which a term ends, in full: one at midnight is the end of a day."""
    return written(at)
