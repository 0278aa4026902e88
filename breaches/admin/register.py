"""The register of breaches: what staff enter, see and decide, from the first alarm to the end (§13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from audits.admin.forms import FindingForm
from audits.improving import record_finding
from audits.models import Origin
from breaches import registering
from breaches.admin import cockpit
from breaches.admin.choosing import Choosing
from breaches.admin.consultations import ConferringMixin
from breaches.admin.notices import NoticesMixin
from breaches.admin.register_forms import NoticeForm, PhaseForm, known, lacking
from breaches.models import Affected, Breach, BreachKind, Phase
from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, moment
from cannonworks.deadlines import in_amsterdam
from cannonworks.errors import Changed, Refused


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("closed", gettext_lazy("Closed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        if self.value() in ("open", "closed"):
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return None


class KindFilter(KnownValues):
    title = gettext_lazy("kind")
    field = "kind"
    values = BreachKind.choices


def _of_list(what: Any) -> Coalesce | Subquery:
    """A count over the list of each breach, which an index answers."""
    rows = Affected.objects.filter(breach=OuterRef("pk")).order_by().values("breach")
    return Subquery(rows.annotate(found=what).values("found"))


UNTOLD = Q(told_at__isnull=True, excused_at__isnull=True)


@admin.register(Breach)
class BreachAdmin(NoticesMixin, Choosing, ConferringMixin, StaffAdmin):
    may = frozenset({"add"})
    list_display = ("named", "state", "time", "told", "noticed")
    list_filter = (OpenFilter, KindFilter)
    search_fields = ("number__iexact", "title_nl__icontains", "title_en__icontains")
    search_help_text = gettext_lazy("Number, or words of the title")
    sortable_by = ()
    fields = ("kind_word", "state", "noticed", "seen_by", "sub_processor", "recorded", "ended", "own_reference")
    actions_detail = ("record", "choose", "offer_to_all", "tell_others", "finding", "close")
    change_form_outer_before_template = "admin/breaches/cockpit.html"
    change_form_outer_after_template = "admin/breaches/register.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Each with the counts of its list and the numbers of its last phases."""
        phases = Phase.objects.filter(breach=OuterRef("pk")).order_by().values("breach")
        return (
            super()
            .get_queryset(request)
            .select_related("sub_processor")
            .annotate(
                listed=Coalesce(_of_list(Count("pk")), 0),
                untold=Coalesce(_of_list(Count("pk", filter=UNTOLD)), 0),
                told_count=Coalesce(_of_list(Count("told_at")), 0),
                first_due=_of_list(Min("due_at", filter=UNTOLD)),
                last_phase=Subquery(phases.annotate(last=Max("number")).values("last")),
                last_sent=Subquery(
                    phases.filter(released_at__isnull=False).annotate(last=Max("number")).values("last")
                ),
            )
        )

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "noticed_at", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("breach"), header=True)
    def named(self, row: Breach) -> list[object]:
        return [row, row.get_kind_display()]

    @display(description=gettext_lazy("state"))
    def state(self, row: Any) -> str:
        if row.closed_at is not None:
            return chip("", _("Closed"))
        if row.last_phase is None:
            return chip("danger", _("Nothing recorded"))
        if row.last_sent == row.last_phase:
            return chip("success", _("Phase %(number)s is sent") % {"number": row.last_phase})
        return chip("warning", _("Phase %(number)s is not sent") % {"number": row.last_phase})

    @display(description=gettext_lazy("48 hours"))
    def time(self, row: Any) -> str:
        return cockpit.clock_chip(row, at=timezone.now())

    @display(description=gettext_lazy("told"))
    def told(self, row: Any) -> str:
        if not row.listed:
            return _("no accounts chosen")
        return _("%(told)s of %(listed)s") % {"told": row.told_count, "listed": row.listed}

    @display(description=gettext_lazy("noticed at"))
    def noticed(self, row: Breach) -> str:
        return moment(row.noticed_at)

    @display(description=gettext_lazy("kind"))
    def kind_word(self, row: Breach) -> str:
        return row.get_kind_display()

    @display(description=gettext_lazy("noticed by"))
    def seen_by(self, row: Breach) -> str:
        return row.noticed_by

    @display(description=gettext_lazy("in the register since"))
    def recorded(self, row: Breach) -> str:
        return moment(row.recorded_at)

    @display(description=gettext_lazy("closed at"))
    def ended(self, row: Breach) -> str:
        return moment(row.closed_at)

    @display(description=gettext_lazy("reference"))
    def own_reference(self, row: Breach) -> str:
        return str(row.reference)

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show at the top what must be done and by when; below it all that is known, phase by phase."""
        return super().render_change_form(request, {**context, **self._cockpit(request, options["obj"])}, **options)

    def _cockpit(self, request: HttpRequest, row: Breach) -> dict[str, Any]:
        last, counts = known(row), cockpit.Counts.of(row)
        keeps = request.user.has_perm("breaches.view_phase")  # support sees of a breach that it is there, and how far
        return {
            "tiles": [] if row.closed_at else list(cockpit.tiles(row, last, counts, at=timezone.now())),
            "steps": list(self._steps(request, row, cockpit.steps(row, last, counts))) if keeps else [],
            "links": list(cockpit.links(row, counts)) if keeps else [],
            "phases": cockpit.shown_phases(row) if keeps else [],
            "tables": list(cockpit.tables(row)) if keeps else [],
        }

    def _steps(self, request: HttpRequest, row: Breach, steps: Iterable[cockpit.Step]) -> Iterator[tuple[str, str]]:
        """Words, and the address of the page where it is done, for who may."""
        possible = set(self.possible(request, row)) if self.has_act_permission(request) else set()
        for step in () if row.closed_at else steps:
            place = f"admin:breaches_breach_{step.act}"
            yield step.words, reverse(place, args=[row.pk]) if step.act in possible else ""

    def possible(self, request: HttpRequest, row: Breach) -> Iterator[str]:
        yield "record"
        if row.closed_at is None:
            yield from ("choose", "offer_to_all", "tell_others")
        if request.user.has_perm("audits.add_finding"):
            yield "finding"  # also of one that is over: what was learned comes last
        if row.closed_at is None:
            yield "close"

    # --- What is done -------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Enter a breach; what a report of a holder says already stands in the address."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        at = timezone.now()
        told = {name: request.GET[name] for name in ("kind", "noticed_at") if name in request.GET}
        question = Question(
            title=_("Enter a breach"),
            text=_(
                "Enter it at once, also when little is known: the clock runs from when it was noticed. What happened,"
                " which accounts and what we do about it you record on the next page."
            ),
            button=_("Enter the breach"),
            fields=NoticeForm,
            initial={"noticed_at": in_amsterdam(at).strftime("%Y-%m-%dT%H:%M"), **told},
        )
        made: list[Breach] = []

        def enter(**fields: Any) -> None:
            made.append(registering.notice_breach(signed_in(request), at, **fields))

        answer = self.act(request, question, enter, done=_("The breach is entered. Now record what you know."))
        return redirect(self.page_of(made[0])) if made else answer

    @action(
        description=gettext_lazy("Record a phase"), permissions=["act"], icon="edit_note",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write down what is known now, from what the last phase says; while typing the page says what is missing."""
        row = self.row(request, object_id)
        form = PhaseForm(request.POST if request.method == "POST" else None, last=known(row))
        if request.method == "POST" and request.htmx:  # type: ignore[attr-defined]  # django-htmx
            return render(request, "admin/breaches/_missing.html", {"lacking": lacking(form.missing())})
        if request.method == "POST" and form.is_valid() and self._recorded(request, row, form):
            return redirect(self.page_of(row))
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "form": form, "breach": row,
            "title": _("Record a phase"), "lacking": lacking(form.missing()), "back": self.page_of(row),
            "media": self.media + form.media,
        }  # fmt: skip
        status = 409 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/breaches/phase.html", context, status=status)

    def _recorded(self, request: HttpRequest, row: Breach, form: PhaseForm) -> bool:
        try:
            with transaction.atomic():
                made = registering.record_phase(row, actor=signed_in(request), at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except Changed as changed:
            form.take_over(changed.row)
            form.add_error(None, changed.message)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            words = _("Phase %(number)s is recorded.") if not form.missing() else _(
                "Phase %(number)s is recorded. It cannot be sent yet: see what is missing."
            )  # fmt: skip
            messages.success(request, words % {"number": made.number})
            return True
        return False

    @action(description=gettext_lazy("Record a finding"), permissions=["finding"], icon="troubleshoot")
    def finding(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write down what a breach showed of our own protection, to be followed until it is better (§7)."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Record a finding"),
            text=_("What did this breach show that is not as it should be? It is followed until it is better."),
            facts=[(_("Breach"), row)], button=_("Record the finding"), fields=FindingForm,
        )  # fmt: skip

        def record(**said: Any) -> None:
            record_finding(origin=Origin.BREACH, of=row.reference, actor=signed_in(request), at=timezone.now(), **said)

        return self.act(request, question, record, done=_("The finding is recorded."), row=row)

    def has_finding_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("audits.add_finding")

    @action(description=gettext_lazy("Close the breach"), permissions=["act"], icon="task_alt")
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End it, when nothing is left to do."""
        row = self.row(request, object_id)
        left = registering.left_to_do(row)
        question = Question(
            title=_("Close the breach"),
            text=_("It stays in the register. Whoever learns more records another phase, which opens it again."),
            facts=[(_("Left to do"), sentence) for sentence in left],
            warning=_("It cannot be closed yet.") if left else "",
            button="" if left else _("Close the breach"),
        )

        def close() -> None:
            registering.close_breach(row, actor=signed_in(request), at=timezone.now())

        return self.act(request, question, close, done=_("The breach is closed."), row=row)
