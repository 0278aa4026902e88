"""Tests by account holders for staff: agree, propose another date, enter letters, findings and costs (§12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.models import Account
from audits import agreeing, announcing, by_letter, closing, files, running
from audits.admin.audit_forms import CostsForm, LetterForm, OfferForm, StopForm, answer_to
from audits.admin.forms import FindingForm
from audits.admin.test_files import FilesOfTests
from audits.models import Audit, FileKind, Proposal
from audits.states import OPEN, AuditState
from audits.templatetags.audits import euros, window
from cannonworks.admin import KnownValues, Question, StaffAdmin, Table, signed_in
from cannonworks.admin_words import chip, link, moment
from cannonworks.deadlines import explain
from cannonworks.errors import Refused
from cannonworks.lookups import REFERENCE, reference_begins

LOOKS = {
    AuditState.ANNOUNCED: "warning", AuditState.COUNTERED: "warning", AuditState.OFFERED: "info",
    AuditState.AGREED: "info", AuditState.READY: "success", AuditState.RUNNING: "success", AuditState.ENDED: "warning",
}  # fmt: skip


class StateFilter(KnownValues):
    title = gettext_lazy("state")
    field = "state"
    values = AuditState.choices


@admin.register(Audit)
class AuditAdmin(FilesOfTests, StaffAdmin):
    may = frozenset({"add"})
    list_display = ("holder", "kind_word", "stage", "when", "announced")
    list_filter = (StateFilter,)
    list_select_related = ("account__company",)
    search_help_text = gettext_lazy("Reference of the test or the account")
    search_fields = ("reference__istartswith",)
    reference_fields = ("reference", "account__reference")
    fields = (
        "holder", "kind_word", "stage", "when", "counted", "scope", "tester", "procedures", "costs", "logs",
        "announced", "reference",
    )  # fmt: skip
    actions_detail = (
        "accept",
        "offer",
        "stop",
        "finding",
        "costs_noted",
        "answer",
        "letter",
        "report",
        "take_logs",
        "calendar",
        "finish",
    )
    change_form_outer_after_template = "admin/_partials/tables.html"

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("closed_at").desc(nulls_first=True), "starts_at", "id")

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("account"))
    def holder(self, row: Audit) -> object:
        return link(row.account, getattr(row.account, "company", None) or row.account)

    @display(description=gettext_lazy("kind of test"))
    def kind_word(self, row: Audit) -> str:
        return row.get_kind_display()

    @display(description=gettext_lazy("state"))
    def stage(self, row: Audit) -> str:
        return chip(LOOKS.get(AuditState(row.state), ""), row.get_state_display())

    @display(description=gettext_lazy("window"), ordering="starts_at")
    def when(self, row: Audit) -> str:
        return window(row)

    @display(description=gettext_lazy("how it is counted"))
    def counted(self, row: Audit) -> str:
        return " ".join(explain(row.notice))

    @display(description=gettext_lazy("announced at"), ordering="announced_at")
    def announced(self, row: Audit) -> str:
        return f"{moment(row.announced_at)} · {row.get_channel_display()}"

    @display(description=gettext_lazy("tester"))
    def tester(self, row: Audit) -> str:
        who = row.auditor
        return f"{who.name}, {who.company}, {who.email} · {who.qualified_as}" if who else "–"

    @display(description=gettext_lazy("security procedures"))
    def procedures(self, row: Audit) -> str:
        who = row.auditor
        if who is None or who.accepted_at is None:
            return chip("warning", _("Not accepted yet"))
        return f"{who.accepted_as}, {moment(who.accepted_at)} · {who.version} · {who.digest[:16]}…"

    @display(description=gettext_lazy("costs of the account holder"))
    def costs(self, row: Audit) -> str:
        if row.costs_cents is None:
            return "–"
        agreed = moment(row.costs_agreed_at) if row.costs_agreed_at else _("not agreed to yet")
        return f"{euros(row.costs_cents)} · {row.costs_for} · {agreed}"

    @display(description=gettext_lazy("logs"))
    def logs(self, row: Audit) -> str:
        found = files.latest(row, FileKind.LOGS)
        return f"{moment(found.upto_at)} · {found.lines} · {found.digest[:16]}…" if found else "–"

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show the dates that were proposed, and what was found."""
        row = options["obj"]
        return super().render_change_form(request, {**context, "tables": [_dates(row), _found(row)]}, **options)

    def possible(self, request: HttpRequest, row: Audit) -> Iterable[str]:
        if row.is_with_us:
            yield "accept"
        if row.state in agreeing.OURS:
            yield "offer"
        if row.state == AuditState.RUNNING:
            yield "stop"
        if by_letter.possible(row):
            yield "answer"
        if row.begun_at:
            yield from ("finding", "take_logs")
        if row.state in OPEN:
            yield "costs_noted"
        yield from {FileKind.LETTER: "letter", FileKind.REPORT: "report"}.values()
        if row.agreed_at:
            yield "calendar"
        if row.state == AuditState.ENDED:
            yield "finish"

    # --- What is done -------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Enter an announcement that came by letter."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(
            title=_("Enter an announcement that came by letter"),
            text=_("The fourteen days run from the day on which the letter came in."),
            button=_("Enter it"),
            fields=LetterForm,
        )

        def enter(*, account: str, **said: Any) -> None:
            announcing.enter_letter(_account(account), actor=signed_in(request), at=timezone.now(), **said)

        return self.act(request, question, enter, done=_("Entered. Agree to the date, or propose another."))

    @action(
        description=gettext_lazy("Agree"), permissions=["act"], icon="event_available", variant=ActionVariant.PRIMARY
    )
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Agree to the date."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Agree to the date of this test"),
            text=_("The account holder and the tester get a mail; the tester is asked to accept our procedures."),
            facts=[(_("Account"), self.holder(row)), (_("Window"), self.when(row))],
            button=_("Agree"),
        )
        return self.act(
            request, question, lambda: agreeing.accept(row, actor=signed_in(request), at=timezone.now()),
            done=_("Agreed."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Propose another date"), permissions=["act"], icon="event")
    def offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Propose another date, with the reason."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Propose another date for this test"),
            text=_("The account holder answers. Nothing is agreed by silence."),
            facts=[(_("Now"), self.when(row)), (_("Not before"), moment(row.earliest_at))],
            button=_("Propose it"),
            fields=OfferForm,
        )
        return self.act(
            request, question,
            lambda **said: agreeing.propose(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Proposed. The account holder gets a mail."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Enter a letter"), permissions=["act"], icon="mark_email_read")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Enter what the account holder wrote about this test."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Enter a letter of the account holder about this test"),
            text=_("The step counts from now, as if the account holder had taken it in the app."),
            facts=[(_("Account"), self.holder(row)), (_("State"), self.stage(row)), (_("Window"), self.when(row))],
            button=_("Enter it"),
            fields=answer_to(row),
        )
        return self.act(
            request, question,
            lambda **said: by_letter.enter(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Entered, and the letter is sealed."), row=row,
        )  # fmt: skip

    @action(
        description=gettext_lazy("End it now"), permissions=["act"], icon="front_hand", variant=ActionVariant.DANGER
    )
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a running test before its end."""
        row = self.row(request, object_id)
        question = Question(
            title=_("End this test now"),
            text=_("The tester gets a mail to stop at once, and the account holder why. This cannot be undone."),
            facts=[(_("Account"), self.holder(row)), (_("Window"), self.when(row))],
            button=_("End it now"),
            danger=True,
            fields=StopForm,
        )
        return self.act(
            request, question,
            lambda **said: running.stop(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Ended. The account holder and the tester get a mail."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Enter a finding"), permissions=["act"], icon="search_insights")
    def finding(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Enter what the tester found."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Enter a finding of this test"),
            text=_("It comes into the register of findings, and the account holder sees what is done about it."),
            facts=[(_("Account"), self.holder(row))],
            button=_("Enter it"),
            fields=FindingForm,
        )
        return self.act(
            request, question,
            lambda **said: closing.enter_finding(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Entered. The account holder gets a mail."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Note costs"), permissions=["act"], icon="euro")
    def costs_noted(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note what it costs the account holder."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Note the costs of this test"),
            text=_("The costs are the account holder's (§12), who agrees to them in the app."),
            facts=[(_("Costs until now"), self.costs(row))],
            button=_("Note them"),
            fields=CostsForm,
        )
        return self.act(
            request, question,
            lambda **said: closing.note_costs(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("Noted. The account holder gets a mail."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Close"), permissions=["act"], icon="task_alt", variant=ActionVariant.PRIMARY)
    def finish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close a test of which everything is entered."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Close this test"),
            text=_("Everything that was found is entered, or nothing was found. The findings themselves stay open."),
            facts=[(_("Findings"), len(closing.findings_of(row)))],
            button=_("Close"),
        )
        return self.act(
            request, question, lambda: closing.finish(row, actor=signed_in(request), at=timezone.now()),
            done=_("Closed."), row=row,
        )  # fmt: skip


def _dates(row: Audit) -> Table:
    cells = [
        [
            window(each),
            _("Us") if each.is_ours else _("The account holder"),
            moment(each.proposed_at),
            each.reason or "–",
        ]
        for each in Proposal.objects.filter(audit=row).order_by("id")
    ]
    return Table(_("Dates that were proposed"), [_("Window"), _("By"), _("Proposed at"), _("Reason")], cells)


def _found(row: Audit) -> Table:
    cells = [
        [each.title, each.get_severity_display(), moment(each.found_at)] for each, _more in closing.findings_of(row)
    ]
    return Table(_("What was found"), [_("Title"), _("Severity"), _("Recorded at")], cells)


def _account(reference: str) -> Account:
    term = reference.strip()
    found = Account.objects.filter(reference_begins("reference", term))[:2] if REFERENCE.fullmatch(term) else []
    if len(found) != 1:
        raise Refused("no_account", _("No account has this reference."), clause="12")
    return found[0]
