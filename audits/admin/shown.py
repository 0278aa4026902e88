"""How measures and findings look in the administration: their state, what is due, who did what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import User
from audits.catalogue import CONTROLS
from audits.clocks import DECIDE, VERIFY
from audits.models import Finding, Improvement, Measure, MeasureState, Review, Severity
from cannonworks.admin import Table
from cannonworks.admin_words import chip, day, due_chip, link, moment
from cannonworks.deadlines import ONE_DAY, Unit, compute, start_of_day
from cannonworks.left import Left, days_left

STATES = {
    MeasureState.PLANNED: "info",
    MeasureState.IN_PLACE: "success",
    MeasureState.FAILING: "danger",
    MeasureState.WITHDRAWN: "",
}
SEVERITIES = {Severity.LOW: "info", Severity.MEDIUM: "warning", Severity.HIGH: "danger"}


def state_chip(measure: Measure) -> str:
    return chip(STATES[MeasureState(measure.state)], measure.get_state_display())


def severity_chip(finding: Finding) -> str:
    return chip(SEVERITIES[Severity(finding.severity)], finding.get_severity_display())


def left_until(day: date, *, on: date) -> Left:
    """What is left of a term of which ``day`` is the last one."""
    return days_left(start_of_day(day + ONE_DAY), Unit.DAYS, on=on)


def review_chip(measure: Measure, *, on: date) -> str:
    """Until when it must have been looked at again; a dash for what is not in place."""
    if measure.state not in (MeasureState.IN_PLACE, MeasureState.FAILING) or measure.review_on is None:
        return "–"
    return due_chip(left_until(measure.review_on, on=on))


def improvement_left(improvement: Improvement, *, on: date) -> Left | None:
    """What is left to carry it out, or to look whether it helped; None when that was seen."""
    if improvement.verified_at is not None:
        return None
    if improvement.done_at is not None:
        return days_left(compute(VERIFY, improvement.done_at).due_at, Unit.WORKING_DAYS, on=on)
    return left_until(improvement.due_on, on=on)


def improvement_chip(improvement: Improvement) -> str:
    """How far it is; the word is always there too."""
    if improvement.verified_at is not None:
        return chip("success", _("Seen to help"))
    if improvement.done_at is not None:
        return chip("info", _("Done, to be looked at"))
    return chip("warning", _("Did not help yet") if improvement.seen else _("Planned"))


def finding_chip(finding: Finding, improvements: Iterable[Improvement]) -> str:
    """What is to be done about it now, or how it ended."""
    if finding.closed_at is not None:
        return chip("", _("Accepted")) if finding.accepted_because else chip("success", _("Closed"))
    known = list(improvements)
    if not known:
        return chip("danger", _("Nothing planned"))
    if all(each.verified_at for each in known):
        return chip("info", _("Can be closed"))
    return chip("warning", _("Under way"))


def finding_left(finding: Finding, improvements: Iterable[Improvement], *, on: date) -> Left | None:
    """What is left of the first clock that runs; None when none does."""
    if finding.closed_at is not None:
        return None
    known = list(improvements)
    running = [left for each in known if (left := improvement_left(each, on=on))]
    if running:
        return min(running, key=lambda left: left.last_day)
    start: datetime = max([finding.found_at, *(each.verified_at for each in known if each.verified_at)])
    return days_left(compute(DECIDE, start).due_at, Unit.WORKING_DAYS, on=on)


def names(references: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The people of these references by name, in one query; who is not known any more, by the reference."""
    wanted = {reference for reference in references if reference}
    found = {user.reference: str(user) for user in User.objects.filter(reference__in=wanted)} if wanted else {}
    return {reference: found.get(reference, str(reference)[:8]) for reference in wanted} | {None: "–"}


def findings_table(findings: Iterable[Finding], *, on: date) -> Table:
    """Findings with what is to be done about them; each needs its improvements prefetched."""
    rows = [
        [
            link(each), severity_chip(each), finding_chip(each, each.improvements.all()),
            due_chip(finding_left(each, each.improvements.all(), on=on)), moment(each.found_at),
        ]
        for each in findings
    ]  # fmt: skip
    return Table(_("Findings"), [_("Finding"), _("Severity"), _("State"), _("Due"), _("Recorded at")], rows)


def measure_tables(row: Measure, *, on: date) -> Iterator[Table]:
    """The controls it serves, the looks that were taken at it, and what was found."""
    yield Table(_("Controls"), [_("Number"), _("What it is about")], [[n, CONTROLS.get(n, "–")] for n in row.controls])
    reviews = list(row.reviews.select_related("paper").defer("paper__sealed", "paper__wrapped").order_by("-id"))
    who = names(each.reviewed_by for each in reviews)
    rows = [
        [
            moment(each.reviewed_at), who[each.reviewed_by],
            chip("success", _("It works")) if each.works else chip("danger", _("It does not")),
            linebreaksbr(each.seen, autoescape=True), _evidence(row, each),
        ]
        for each in reviews
    ]  # fmt: skip
    headers = [_("Looked at"), _("By"), _("Does it work?"), _("What was seen"), _("Evidence")]
    note = _("To be looked at again by %(day)s.") % {"day": day(row.review_on)} if row.review_on else ""
    yield Table(_("Reviews"), headers, rows, note=note)
    yield findings_table(row.findings.prefetch_related("improvements").order_by("-id"), on=on)


def _evidence(row: Measure, review: Review) -> object:
    if review.paper is None:
        return "–"
    place = reverse("admin:audits_measure_evidence", args=[row.pk, review.reference])
    return format_html('<a class="text-link" href="{}">{}</a>', place, _("Look"))
