"""Which controls have a measure in place, as a page of the administration and as a file (§7)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audits.coverage import Covered, by_group, coverage
from cannonworks.admin import Table, today
from cannonworks.admin_words import chip, day, link, words
from cannonworks.downloads import csv_response


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Every control, group by group, with what serves it."""
    found = coverage()
    tables = [
        Table(
            f"{title}: {sum(each.is_covered for each in those)} / {len(those)}",
            [_("Number"), _("What it is about"), _("State"), _("Measures")],
            [[each.number, each.about, _chip(each), _measures(each)] for each in those],
            note=words(each.number for each in those if not each.is_covered),
        )
        for title, those in by_group(found)
    ]
    context |= {
        "title": _("Coverage"), "tables": tables, "count": sum(each.is_covered for each in found), "all": len(found),
        "file": reverse("admin:audits_measure_coverage_csv"), "on": today(),
        "back": reverse("admin:audits_measure_changelist"),
    }  # fmt: skip
    return TemplateResponse(request, "admin/audits/coverage.html", context)


def as_csv() -> HttpResponse:
    """One line for each control."""
    headings = [
        _("Number"), _("What it is about"), _("State"), _("In place"), _("Owner"), _("Last looked at"),
        _("Look again by"), _("Planned"),
    ]  # fmt: skip
    return csv_response(
        f"coverage-{today():%Y-%m-%d}.csv", headings, lambda _place: ([_line(each) for each in coverage()], None)
    )


def _state(covered: Covered) -> tuple[str, str]:
    if covered.in_place:
        return "success", _("In place")
    if covered.failing:
        return "danger", _("Does not work, being mended")
    return ("info", _("Planned")) if covered.planned else ("warning", _("No measure"))


def _chip(covered: Covered) -> str:
    return chip(*_state(covered))


def _measures(covered: Covered) -> SafeString | str:
    pairs = [(link(each, each.title), "") for each in covered.in_place]
    pairs += [(link(each, each.title), _(" (does not work)")) for each in covered.failing]
    pairs += [(link(each, each.title), _(" (planned)")) for each in covered.planned]
    return format_html_join(", ", "{}{}", pairs) if pairs else "–"


def _line(covered: Covered) -> list[str]:
    there = covered.in_place
    return [
        covered.number, str(covered.about), _state(covered)[1], words(each.title for each in there),
        words(each.owner for each in there),
        words(day(timezone.localdate(each.reviewed_at)) for each in there if each.reviewed_at),
        words(day(each.review_on) for each in there), words(each.title for each in covered.planned),
    ]  # fmt: skip
