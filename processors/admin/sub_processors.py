"""The register of sub-processors: what they do, where, and under which papers (§9, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from cannonworks.admin import KnownValues, Question, Table, signed_in, today
from cannonworks.admin_words import categories, chip, day, link
from cannonworks.downloads import file_response
from processors import announcing, contracting, proving
from processors.admin.contract_forms import (
    AgreementForm,
    BeginForm,
    EndForm,
    MoveForm,
    SubProcessorForm,
    TransferForm,
)
from processors.admin.register import RegisterAdmin
from processors.models import Agreement, Change, ChangeKind, Stage, SubProcessor, Transfer

STAGES = {Stage.DRAFT: "info", Stage.ANNOUNCED: "warning", Stage.ACTIVE: "success", Stage.ENDED: ""}


class StageFilter(KnownValues):
    title = gettext_lazy("stage")
    field = "stage"
    values = Stage.choices


@admin.register(SubProcessor)
class SubProcessorAdmin(RegisterAdmin):
    list_display = ("name", "standing", "role", "where", "papers")
    list_filter = (StageFilter,)
    search_fields = ("name__icontains",)
    ordering = ("name",)
    fields = ("name", "standing", "role", "where", "data", "papers", "lacking", "since", "until", "contact_email")
    actions_detail = ("describe", "agree", "protect", "begin", "move", "finish")
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("agreement", "transfer")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("stage"), ordering="stage")
    def standing(self, row: SubProcessor) -> str:
        return chip(STAGES[Stage(row.stage)], row.get_stage_display())

    @display(description=gettext_lazy("country"))
    def where(self, row: SubProcessor) -> str:
        return row.place

    @display(description=gettext_lazy("categories of data"))
    def data(self, row: SubProcessor) -> str:
        return categories(row.categories)

    @display(description=gettext_lazy("papers"))
    def papers(self, row: SubProcessor) -> str:
        """From what the list reads along with each row; what is missing is on its page."""
        if row.stage == Stage.ENDED:
            return "–"
        if row.papers_stand(today()):
            return chip("success", _("In order"))
        return chip("danger" if row.stage == Stage.ACTIVE else "warning", _("Not in order"))

    @display(description=gettext_lazy("still missing"))
    def lacking(self, row: SubProcessor) -> str:
        lacks = [] if row.stage == Stage.ENDED else contracting.missing(row, row.country, on=today())
        return " ".join(lacks) or "–"

    @display(description=gettext_lazy("at work from"))
    def since(self, row: SubProcessor) -> str:
        return day(row.active_from)

    @display(description=gettext_lazy("ended on"))
    def until(self, row: SubProcessor) -> str:
        return day(row.ended_on)

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show its papers, those that count first, and what changed."""
        return super().render_change_form(request, {**context, "tables": list(_tables(options["obj"]))}, **options)

    def possible(self, request: HttpRequest, row: SubProcessor) -> Iterable[str]:
        if row.stage != Stage.ENDED:
            yield from ("describe", "agree", "protect")
        if request.user.has_perm("processors.add_change"):
            if row.stage in (Stage.DRAFT, Stage.ENDED):
                yield "begin"
            if row.stage == Stage.ACTIVE and not Change.objects.open().filter(sub_processor=row).exists():
                yield "move"
        if row.stage == Stage.ACTIVE:
            yield "finish"

    # --- What is done -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        paper = path("papers/<uuid:reference>/", self.admin_site.admin_view(self.paper), name="processors_paper")
        return [paper, *super().get_urls()]

    def paper(self, request: HttpRequest, reference: UUID) -> HttpResponse:
        """A paper of a sub-processor, for who keeps the register; journalled."""
        rows = (Agreement, Transfer)
        found = [row for model in rows for row in model.objects.filter(reference=reference).select_related("paper")]
        if not found or not self.has_view_permission(request):
            raise Http404
        return file_response(*proving.open_paper(found[0], actor=signed_in(request)))

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Enter a sub-processor"),
            text=_("Nobody outside sees it before you announce it. First note its signed agreement."),
            button=_("Enter"),
            fields=SubProcessorForm,
        )
        return self.act(
            request,
            question,
            lambda **said: contracting.enter(actor=signed_in(request), **said),
            done=_("The sub-processor is entered."),
        )

    @action(description=gettext_lazy("Change"), permissions=["act"], icon="edit")
    def describe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change how it is entered."""
        row = self.row(request, object_id)
        names = ("name", "role", "country", "categories", "contact_email")
        question = Question(
            title=_("Change a sub-processor"),
            text=_("Once it is announced, its work, place and data change by an announcement alone."),
            button=_("Save"),
            fields=SubProcessorForm,
            initial={name: getattr(row, name) for name in names},
        )
        return self.act(
            request,
            question,
            lambda **said: contracting.change(row, actor=signed_in(request), **said),
            done=_("The sub-processor is changed."),
            row=row,
        )

    @action(description=gettext_lazy("Note an agreement"), permissions=["act"], icon="contract")
    def agree(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep a signed agreement; it counts from now."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Note a signed processing agreement"),
            text=_("It takes the place of the one that counts now, which stays on record. It cannot be changed."),
            facts=[(_("Sub-processor"), row)],
            button=_("Note it"),
            fields=AgreementForm,
        )
        return self.act(
            request,
            question,
            lambda **said: contracting.note_agreement(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The agreement is noted."),
            row=row,
        )

    @action(description=gettext_lazy("Note protection"), permissions=["act"], icon="shield")
    def protect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep the proof of what protects data outside the EEA."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Note protection outside the EEA"),
            text=_("For the country in which it is, or to which it will move. It cannot be changed."),
            facts=[(_("Sub-processor"), row), (_("Country"), row.place)],
            button=_("Note it"),
            fields=TransferForm,
            initial={"country": row.country},
        )
        return self.act(
            request,
            question,
            lambda **said: contracting.note_transfer(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The protection is noted. Account holders can download its proof."),
            row=row,
        )

    @action(description=gettext_lazy("Announce"), permissions=["act"], icon="campaign", variant=ActionVariant.PRIMARY)
    def begin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell every account that it is going to work for us."""
        row = self.row(request, object_id)
        return self._announce(request, row, BeginForm, title=_("Announce a sub-processor"), initial={})

    @action(description=gettext_lazy("Announce other work or place"), permissions=["act"], icon="campaign")
    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Tell every account that its work, place or data changes."""
        row = self.row(request, object_id)
        initial = {name: getattr(row, name) for name in ("role", "country", "categories")}
        return self._announce(
            request, row, MoveForm, title=_("Announce other work, place or data"), initial=initial,
            kind=ChangeKind.OTHER,
        )  # fmt: skip

    @action(description=gettext_lazy("End its work"), permissions=["act"], icon="logout", variant=ActionVariant.DANGER)
    def finish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End its work today."""
        row = self.row(request, object_id)
        question = Question(
            title=_("End the work of a sub-processor"),
            facts=[(_("Sub-processor"), row), (_("At work from"), day(row.active_from))],
            warning=_("From this moment its helpers see nothing. The public list says that it ended today."),
            danger=True,
            button=_("End it"),
            fields=EndForm,
        )
        return self.act(
            request,
            question,
            lambda **said: contracting.end(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Its work for us has ended."),
            row=row,
        )

    def _announce(
        self, request: HttpRequest, row: SubProcessor, form: type, *, title: str, initial: dict, **more: Any
    ) -> HttpResponse:
        first = announcing.earliest(timezone.now())
        lacks = contracting.missing(row, row.country, on=first)
        question = Question(
            title=title,
            text=_(
                "At once this is on the public list and in every account, and the main users are mailed. They can"
                " object until the day on which it takes effect."
            ),
            facts=[(_("Sub-processor"), row), (_("Earliest day"), day(first))],
            warning=" ".join([*lacks, _("Without it the change does not take effect.")]) if lacks else "",
            button=_("Announce it to all accounts"),
            fields=form,
            initial={"effective_on": first, **initial},
        )
        return self.act(
            request,
            question,
            lambda **said: announcing.announce(row, actor=signed_in(request), at=timezone.now(), **said, **more),
            done=_("It is announced; the mails go out now."),
            row=row,
        )


def _tables(row: SubProcessor) -> Iterator[Table]:
    headers = [_("Signed on"), _("Valid up to and including"), _("Paper"), ""]
    agreements = Agreement.objects.filter(of=row.reference).order_by("-id")
    yield Table(
        _("Processing agreements"), headers,
        [[day(each.signed_on), day(each.valid_until), _paper(each), _counts(each.pk == row.agreement_id)]
         for each in agreements],
    )  # fmt: skip
    headers = [_("Country"), _("Mechanism"), _("Valid up to and including"), _("Paper"), ""]
    transfers = Transfer.objects.filter(of=row.reference).order_by("-id")
    yield Table(
        _("Protection outside the EEA"), headers,
        [[each.place, each.get_mechanism_display(), day(each.valid_until), _paper(each),
          _counts(each.pk == row.transfer_id)] for each in transfers],
    )  # fmt: skip
    headers = [_("Takes effect on"), _("What"), _("Stage")]
    changes = row.changes.select_related("sub_processor").order_by("-effective_on", "-id")
    yield Table(
        _("Changes"), headers,
        [[day(each.effective_on), link(each, each.get_kind_display()), state_of(each)] for each in changes],
    )  # fmt: skip


def state_of(change: Change) -> str:
    """Where a change stands, as a chip."""
    if change.withdrawn_at:
        return chip("", _("Withdrawn"))
    if change.in_force_at:
        return chip("success", _("In force"))
    if change.effective_on <= today():
        return chip("danger", _("Overdue"))
    return chip("warning", _("Announced"))


def _paper(row: Agreement | Transfer) -> object:
    address = reverse("admin:processors_paper", args=[row.reference])
    return format_html('<a class="text-link" href="{}">{}</a>', address, _("Open"))


def _counts(now: bool) -> str:
    return chip("success", _("Counts now")) if now else ""
