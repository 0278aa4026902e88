"""Sub-processors as pages and mails say them."""

from __future__ import annotations

from django import template

from processors import in_public
from processors.models import Change

register = template.Library()


@register.filter
def headline(change: Change) -> str:
    """What a change is, in one line."""
    return in_public.headline(change)


@register.filter
def data_words(change: Change) -> str:
    """The categories of data that it is about, in words."""
    return in_public.data_of(change.categories)
