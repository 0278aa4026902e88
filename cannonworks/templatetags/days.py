"""Days as people say them: written out, and how far away they are."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta
from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

#: Below this many days the distance is told in days, which is what one plans by.
IN_DAYS = 60


@register.filter
def written(day: date | None) -> str:
    """Tuesday 24 November 2026, in the reader's language; empty for no day."""
    return date_format(day, "l j F Y") if day else ""


@register.filter
def brief(day: date | None) -> str:
    """24 November 2026; empty for no day."""
    return date_format(day, "j F Y") if day else ""


@register.filter
def short(day: date | None) -> str:
    """24 Nov 2026, months as each language writes them; empty for no day."""
    return date_format(day, "j b Y" if get_language() == "nl" else "j M Y") if day else ""


@register.filter
def away(day: date, on: date) -> str:
    """How far ``day`` lies from ``on``: "today", "in 12 days", "in 2 years and 3 months", "5 days ago"."""
    days = (day - on).days
    if days in (-1, 0, 1):
        return {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days]
    span = _span(on, day) if days > 0 else _span(day, on)
    return (_("in %(span)s") if days > 0 else _("%(span)s ago")) % {"span": span}


def _span(first: date, last: date) -> str:
    days = (last - first).days
    if days < IN_DAYS:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    apart = relativedelta(last, first)
    years = ngettext("%(count)s year", "%(count)s years", apart.years) % {"count": apart.years}
    months = ngettext("%(count)s month", "%(count)s months", apart.months) % {"count": apart.months}
    if apart.years and apart.months:
        return _("%(years)s and %(months)s") % {"years": years, "months": months}
    return years if apart.years else months
