"""The register of measures: what we do, who answers for it, whether it works, and which controls it serves (§7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts import papers
from audits import measuring
from audits.admin import coverage
from audits.admin.forms import BecauseForm, MeasureForm, OwnForm, ReviewForm, ReviewOnForm
from audits.admin.shown import measure_tables, review_chip, state_chip
from audits.models import Measure, MeasureState
from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in, soon, today
from cannonworks.admin_words import chip, moment
from cannonworks.downloads import file_response
from journal import services as journal

#: What is proposed for the next look.
HALF_A_YEAR = 182


class StateFilter(KnownValues):
    title = gettext_lazy("state")
    field = "state"
    values = MeasureState.choices


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("now", gettext_lazy("To look at now")),
            ("30", gettext_lazy("Within 30 days")),
            ("nobody", gettext_lazy("Without owner")),
            ("mine", gettext_lazy("Mine")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "now":
                return queryset.to_review(today())
            case "30":
                return queryset.to_review(soon(30))
            case "nobody":
                return queryset.filter(owner__isnull=True).exclude(state=MeasureState.WITHDRAWN)
            case "mine":
                return queryset.filter(owner=request.user)
        return None


@admin.register(Measure)
class MeasureAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("named", "stage", "owned_by", "due", "found")
    list_filter = (StateFilter, DueFilter)
    list_select_related = ("owner",)
    search_fields = ("title_nl__icontains", "title_en__icontains", "controls__icontains")
    search_help_text = gettext_lazy("Words of the title, or the number of a control")
    sortable_by = ()
    fieldsets = (
        (gettext_lazy("Now"), {"fields": ("stage", "owned_by", "due", "looked_at", "gone_because")}),
        (gettext_lazy("What we do"), {"fields": ("title_nl", "title_en", "said_nl", "said_en", "told")}),
    )
    actions_list = ("coverage",)
    actions_detail = ("review", "put_in_place", "own", "reword", "withdraw")
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_open_findings()

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        # Planned ones have no day: in place first, by what is due; what was withdrawn comes last.
        return (F("withdrawn_because").asc(), F("review_on").asc(nulls_last=True), "id")

    def get_urls(self) -> list[URLPattern]:
        """Two more: which controls have a measure, as a file, and the evidence of a review."""
        own = [
            path("coverage.csv", self.admin_site.admin_view(self.coverage_csv), name="audits_measure_coverage_csv"),
            path(
                "<str:object_id>/evidence/<uuid:review>/", self.admin_site.admin_view(self.evidence),
                name="audits_measure_evidence",
            ),
        ]  # fmt: skip
        for url in own:
            url.callback.login_url = reverse_lazy("admin:login")
        return [*own, *super().get_urls()]

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("measure"), header=True)
    def named(self, row: Measure) -> list[object]:
        return [row.title, ", ".join(row.controls)]

    @display(description=gettext_lazy("state"))
    def stage(self, row: Measure) -> str:
        return state_chip(row)

    @display(description=gettext_lazy("owner"))
    def owned_by(self, row: Measure) -> str:
        if row.owner is not None:
            return str(row.owner)
        return "–" if row.state == MeasureState.WITHDRAWN else chip("warning", _("Nobody yet"))

    @display(description=gettext_lazy("look again by"))
    def due(self, row: Measure) -> str:
        return review_chip(row, on=today())

    @display(description=gettext_lazy("open findings"))
    def found(self, row: Any) -> object:
        return chip("danger", row.open_findings) if row.open_findings else "–"

    @display(description=gettext_lazy("last looked at"))
    def looked_at(self, row: Measure) -> str:
        return moment(row.reviewed_at)

    @display(description=gettext_lazy("withdrawn because"))
    def gone_because(self, row: Measure) -> str:
        return row.withdrawn_because or "–"

    @display(description=gettext_lazy("what we do, in Dutch"))
    def said_nl(self, row: Measure) -> object:
        return linebreaksbr(row.text_nl, autoescape=True)

    @display(description=gettext_lazy("what we do, in English"))
    def said_en(self, row: Measure) -> object:
        return linebreaksbr(row.text_en, autoescape=True)

    @display(description=gettext_lazy("told in public texts"), boolean=True)
    def told(self, row: Measure) -> bool:
        return row.is_public

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """With the controls it serves, the looks that were taken at it, and what was found."""
        return super().render_change_form(
            request, {**context, "tables": list(measure_tables(options["obj"], on=today()))}, **options
        )

    @action(description=gettext_lazy("Coverage"), permissions=["view"], icon="checklist")
    def coverage(self, request: HttpRequest) -> HttpResponse:
        """Which controls have a measure in place, and which have not."""
        return coverage.page(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def coverage_csv(self, request: HttpRequest) -> HttpResponse:
        """The same for a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return coverage.as_csv()

    def evidence(self, request: HttpRequest, object_id: str, review: UUID) -> HttpResponse:
        """The paper that somebody kept with a review; each look at it is journalled."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.row(request, object_id)
        found = row.reviews.filter(reference=review, paper__isnull=False).select_related("paper").first()
        if found is None:
            raise Http404
        who = signed_in(request)
        journal.record("measure.evidence_viewed", actor=who, clause="7", measure=row.reference, review=found.reference)
        return file_response(papers.opened(found.paper), f"evidence-{found}.{found.paper.ending}", inline=True)

    # --- What is done -------------------------------------------------------------------------------------------------

    def possible(self, request: HttpRequest, row: Measure) -> Iterator[str]:
        if row.state in (MeasureState.IN_PLACE, MeasureState.FAILING):
            yield "review"
        elif row.owner_id is not None:
            yield "put_in_place"
        yield from ("own", "reword")
        if row.state != MeasureState.WITHDRAWN:
            yield "withdraw"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Enter a measure that the product does not bring itself."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Enter a measure"),
            text=_("It is planned at first. Give it an owner on the next page, and put it in place when it works."),
            button=_("Enter the measure"), fields=MeasureForm, initial={"is_public": True},
        )  # fmt: skip
        made: list[Measure] = []
        answer = self.act(
            request, question, lambda **said: made.append(measuring.enter_measure(actor=signed_in(request), **said)),
            done=_("The measure is entered."),
        )  # fmt: skip
        return redirect(self.page_of(made[0])) if made else answer

    @action(description=gettext_lazy("Change the words"), permissions=["act"], icon="edit")
    def reword(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say it otherwise, or name other controls."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Change the words"),
            text=_("When it is in place, the public texts say the new words at once."),
            button=_("Save"), fields=MeasureForm,
            initial={name: getattr(row, name) for name in measuring.SAID},
        )  # fmt: skip
        return self._do(request, row, question, measuring.change_measure, _("The measure is changed."))

    @action(description=gettext_lazy("Owner"), permissions=["act"], icon="person")
    def own(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say who answers for it."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Who answers for this measure?"),
            text=_("The owner sees to it that it works, and that it is looked at in time."),
            facts=[(_("Measure"), row.title), (_("Owner now"), row.owner or "–")],
            button=_("Save"), fields=OwnForm, initial={"owner": row.owner_id or signed_in(request).pk},
        )  # fmt: skip
        return self._do(request, row, question, measuring.take_ownership, _("The owner is set."))

    @action(
        description=gettext_lazy("Put in place"), permissions=["act"], icon="task_alt", variant=ActionVariant.PRIMARY
    )
    def put_in_place(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that it works from now."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Put this measure in place"),
            text=_("You say that it works where CannonWorks runs. If it is public, the public texts say so now."),
            facts=[*_facts(row), (_("Owner"), row.owner)],
            button=_("It is in place"), fields=ReviewOnForm,
            initial={"review_on": today() + timedelta(days=HALF_A_YEAR)},
        )  # fmt: skip
        return self._do(request, row, question, measuring.put_in_place, _("The measure is in place."), timed=True)

    @action(description=gettext_lazy("Review"), permissions=["act"], icon="fact_check", variant=ActionVariant.PRIMARY)
    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Look whether it works, and keep what was seen."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Does this measure work?"),
            text=_("Look for yourself, and write down what you saw. When it does not work, that is a finding."),
            facts=[*_facts(row), (_("Last looked at"), moment(row.reviewed_at))], fields=ReviewForm,
            button=_("Keep the review"), initial={"review_on": today() + timedelta(days=HALF_A_YEAR)},
        )  # fmt: skip
        return self._do(request, row, question, measuring.review_measure, _("The review is kept."), timed=True)

    @action(description=gettext_lazy("Withdraw"), permissions=["act"], icon="block")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that we do this no longer."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Withdraw this measure"),
            text=_("We do this no longer. It stays in the register, and the public texts tell of it no more."),
            facts=[(_("Measure"), row.title)], button=_("Withdraw"), danger=True, fields=BecauseForm,
        )  # fmt: skip
        return self._do(request, row, question, measuring.withdraw_measure, _("The measure is withdrawn."))

    def _do(
        self, request: HttpRequest, row: Measure, question: Question, service: Any, done: str, *, timed: bool = False
    ) -> HttpResponse:
        more = {"at": timezone.now()} if timed else {}
        return self.act(
            request, question, lambda **said: service(row, actor=signed_in(request), **more, **said), done=done, row=row
        )


def _facts(row: Measure) -> list[tuple[str, object]]:
    return [(_("Measure"), row.title), (_("What we do"), row.text)]
