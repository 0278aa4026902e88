"""When a test may be: not before the notice is over, once a calendar year, and not longer than a fortnight (§12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.models import Audit
from audits.models.audits import LONGEST, NOTICE
from cannonworks.deadlines import Deadline, compute, in_amsterdam, local_date
from cannonworks.errors import Refused

#: How far ahead a test is planned at most, after its announcement.
FURTHEST = timedelta(days=366)


def notice_of(announced_at: datetime) -> Deadline:
    """The fourteen days that begin with an announcement, explained; its ``due_at`` is the first moment allowed."""
    return compute(NOTICE, announced_at)


def set_window(audit: Audit, starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    """Give a test, whose account is locked, this window; saves nothing.

    Refused when it lies before the end of the notice (``too_early``), in the past, is none or too long, lies too far
    ahead, or when another test has its calendar year (``once_a_year``).
    """
    _check_notice(audit.earliest_at, starts_at)
    if starts_at <= at:
        raise Refused("in_the_past", _("This moment is over. Choose one that is still to come."), clause="12")
    if ends_at <= starts_at:
        raise Refused("ends_first", _("A test ends after it begins. Choose a later end."), clause="12")
    # In UTC: between two moments of one zone Python would count by the wall clock.
    if ends_at.astimezone(UTC) - starts_at.astimezone(UTC) > LONGEST:
        words = _("A test lasts at most %(days)s days. Choose an earlier end.") % {"days": LONGEST.days}
        raise Refused("too_long", words, clause="12")
    if starts_at > audit.announced_at + FURTHEST:
        words = _("Plan a test within a year after its announcement; later ones are announced later.")
        raise Refused("too_far", words, clause="12")
    year = local_date(starts_at).year
    _check_year(audit, year)
    audit.starts_at, audit.ends_at, audit.year = starts_at, ends_at, year


def _check_notice(earliest_at: datetime, starts_at: datetime) -> None:
    if starts_at < earliest_at:
        words = _(
            "A test begins fourteen days after its announcement at the earliest: on %(day)s. Choose that day or later."
        )
        raise Refused("too_early", words % {"day": date_format(in_amsterdam(earliest_at), "l j F Y")}, clause="12")


def _check_year(audit: Audit, year: int) -> None:
    # The account is locked: of two at the same moment the second sees the first. The database refuses it as well.
    others = Audit.objects.counted().filter(account=audit.account, year=year).exclude(pk=audit.pk)
    if others.exists():
        words = _(
            "There is a test in %(year)s already, and the agreement has one in a calendar year. Choose another year, or"
            " withdraw the other test first."
        )
        raise Refused("once_a_year", words % {"year": year}, clause="12")
