"""Breaches that holders report: what is to judge first, entering what came by phone or letter, and judging (§13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from breaches import reporting
from breaches.admin.report_forms import EnterForm, judge_form
from breaches.models import Breach, BreachKind, BreachReport
from cannonworks.admin import KnownValues, Question, StaffAdmin, Table, signed_in
from cannonworks.admin_words import chip, link, moment, short_day
from cannonworks.deadlines import compute, explain, in_amsterdam, kind_named, last_day_before


class JudgedFilter(admin.SimpleListFilter):
    title = gettext_lazy("judged")
    parameter_name = "judged"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("no", gettext_lazy("To judge")),
            ("breach", gettext_lazy("A breach")),
            ("none", gettext_lazy("No breach")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "no":
                return queryset.filter(judged_at__isnull=True)
            case "breach":
                return queryset.filter(breach__isnull=False)
            case "none":
                return queryset.filter(judged_at__isnull=False, breach__isnull=True)
        return None


class KindFilter(KnownValues):
    title = gettext_lazy("kind")
    field = "kind"
    values = BreachKind.choices


@admin.register(BreachReport)
class ReportAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("reported", "holder", "stage", "breach_clock", "conferring", "ongoing")
    list_filter = (JudgedFilter, KindFilter)
    list_select_related = ("account__company", "consultation")
    search_help_text = gettext_lazy("Reference of the report or the account")
    search_fields = ("reference__istartswith",)
    reference_fields = ("reference", "account__reference")
    fieldsets = (
        (gettext_lazy("Now"), {"fields": ("stage", "breach_clock", "conferring", "which_breach", "told_holder")}),
        (
            gettext_lazy("What is reported"),
            {"fields": ("kind_word", "ongoing", "noticed", "what_shown", "data_shown", "done_shown")},
        ),
        (gettext_lazy("By whom"), {"fields": ("holder", "contact_shown", "came_by", "came_in", "own_reference")}),
    )
    actions_detail = ("judge",)
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("judged_at").desc(nulls_first=True), "reported_at", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("reported"), header=True, ordering="reported_at")
    def reported(self, row: BreachReport) -> list[object]:
        # Not the kind: its words are too long for a column, and are on the page.
        return [moment(row.reported_at), f"{row} · {row.get_channel_display()}"]

    @display(description=gettext_lazy("account"))
    def holder(self, row: BreachReport) -> object:
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("state"))
    def stage(self, row: BreachReport) -> str:
        if row.judged_at is None:
            return chip("warning", _("To judge"))
        return chip("danger", _("A breach")) if row.breach_id else chip("success", _("No breach"))

    @display(description=gettext_lazy("our 48 hours"))
    def breach_clock(self, row: BreachReport) -> str:
        """From the report: what somebody tells us, we have noticed."""
        if row.judged_at is not None:
            return "–"
        due_at = compute(kind_named("breach_notice"), row.reported_at).due_at
        return chip("danger" if due_at <= timezone.now() else "info", _("until %(at)s") % {"at": moment(due_at)})

    @display(description=gettext_lazy("confer until the end of"))
    def conferring(self, row: BreachReport) -> str:
        found = getattr(row, "consultation", None)
        if found is None:
            return "–"
        if found.held_at or found.waived_at:
            return chip("success", _("Conferred") if found.held_at else _("Not needed"))
        last_day = short_day(last_day_before(found.due_at))
        if found.due_at <= timezone.now():
            return chip("danger", _("Overdue: %(day)s") % {"day": last_day})
        return chip("info", last_day)

    @display(description=gettext_lazy("still going on"), boolean=True)
    def ongoing(self, row: BreachReport) -> bool:
        return row.is_ongoing

    @display(description=gettext_lazy("breach"))
    def which_breach(self, row: BreachReport) -> object:
        return link(row.breach) if row.breach else "–"

    @display(description=gettext_lazy("our answer"))
    def told_holder(self, row: BreachReport) -> object:
        return linebreaksbr(row.answer, autoescape=True) or "–"

    @display(description=gettext_lazy("kind"))
    def kind_word(self, row: BreachReport) -> str:
        return row.get_kind_display()

    @display(description=gettext_lazy("noticed by the holder at"))
    def noticed(self, row: BreachReport) -> str:
        return moment(row.noticed_at)

    @display(description=gettext_lazy("what happened"))
    def what_shown(self, row: BreachReport) -> object:
        return linebreaksbr(row.what, autoescape=True)

    @display(description=gettext_lazy("which data, of whom"))
    def data_shown(self, row: BreachReport) -> object:
        return linebreaksbr(row.which_data, autoescape=True) or "–"

    @display(description=gettext_lazy("what was done about it"))
    def done_shown(self, row: BreachReport) -> object:
        return linebreaksbr(row.done, autoescape=True) or "–"

    @display(description=gettext_lazy("how to reach them"))
    def contact_shown(self, row: BreachReport) -> str:
        return row.contact or "–"

    @display(description=gettext_lazy("came by"))
    def came_by(self, row: BreachReport) -> str:
        return row.get_channel_display()

    @display(description=gettext_lazy("came in at"))
    def came_in(self, row: BreachReport) -> str:
        return moment(row.reported_at)

    @display(description=gettext_lazy("reference"))
    def own_reference(self, row: BreachReport) -> str:
        return str(row.reference)

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show the report with its clocks explained."""
        return super().render_change_form(request, {**context, "tables": list(_tables(options["obj"]))}, **options)

    def possible(self, request: HttpRequest, row: BreachReport) -> Iterable[str]:
        return ["judge"] if row.judged_at is None else []

    # --- What is done -------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Enter what came by phone, e-mail or letter."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.localtime(timezone.now()).replace(second=0, microsecond=0)
        question = Question(
            title=_("Enter a report"),
            text=_(
                "For a breach that an account holder told us by phone, e-mail or letter. Who may judge it is mailed."
            ),
            button=_("Enter"),
            fields=EnterForm,
            initial={"channel": "phone", "came_at": now, "account": request.GET.get("account", "")},
        )
        made: list[BreachReport] = []

        def enter(**fields: Any) -> None:
            made.append(reporting.record_report(actor=signed_in(request), at=timezone.now(), **fields))

        answer = self.act(request, question, enter, done=_("The report is entered. Now judge it."))
        return redirect(self.page_of(made[0])) if made else answer

    @action(description=gettext_lazy("Judge"), permissions=["act"], icon="gavel", variant=ActionVariant.PRIMARY)
    def judge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say which breach it is, or why it is none."""
        report = self.row(request, object_id)
        question = Question(
            title=_("Judge this report"),
            text=_("The holder gets a mail and reads your answer. It cannot be judged again."),
            facts=list(_facts(request, report)),
            button=_("Judge"),
            fields=judge_form(report),
        )

        def judge(*, breach: str, answer: str) -> None:
            chosen = Breach.objects.get(pk=breach) if breach else None
            reporting.judge_report(report, actor=signed_in(request), at=timezone.now(), breach=chosen, answer=answer)

        return self.act(request, question, judge, done=_("The report is judged; the holder is mailed."), row=report)


def _facts(request: HttpRequest, report: BreachReport) -> Iterator[tuple[str, object]]:
    yield _("Kind"), report.get_kind_display()
    yield _("Reported"), moment(report.reported_at)
    yield _("What happened"), linebreaksbr(report.what, autoescape=True)
    late = list(Breach.objects.open().filter(noticed_at__gt=report.reported_at).order_by("-number")[:5])
    if late:
        words = _(
            "%(breaches)s: noticed after this report came in. Is it one of these, then our 48 hours began earlier."
        )
        yield _("Mind"), words % {"breaches": ", ".join(str(row.number) for row in late)}
    if address := _new_breach(request, report):
        words = _("Record it in the register first, then judge.")
        yield (
            _("A new breach?"),
            format_html('<a class="text-link" href="{}">{}</a> {}', address, _("New breach from this report"), words),
        )


def _new_breach(request: HttpRequest, report: BreachReport) -> str:
    """Where a breach is recorded, with what is known from a report: we noticed it when it came in."""
    if not request.user.has_perm("breaches.add_breach"):
        return ""
    address = reverse("admin:breaches_breach_add")
    noticed_at = in_amsterdam(report.reported_at).strftime("%Y-%m-%dT%H:%M")
    known = {"report": str(report.reference), "kind": report.kind, "noticed_at": noticed_at}
    return f"{address}?{urlencode(known)}"


def _tables(report: BreachReport) -> Iterator[Table]:
    rows = [[moment(report.noticed_at), _("Noticed by the holder")], [moment(report.reported_at), _("Reported to us")]]
    if report.judged_at:
        rows.append([moment(report.judged_at), _("Judged")])
    yield Table(_("What happened"), [_("When"), _("What")], rows)
    found = getattr(report, "consultation", None)
    if found is not None:
        lines = explain(compute(kind_named("breach_consultation"), found.opened_at))
        yield Table(_("The consultation, explained"), [_("How it is counted")], [[line] for line in lines])
    lines = explain(compute(kind_named("breach_notice"), report.reported_at))
    yield Table(_("Our 48 hours, if it is a breach"), [_("How it is counted")], [[line] for line in lines])
