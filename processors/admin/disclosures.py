"""What authorities and others asked of us about customers, and what came of it (§8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.access import require_fresh
from cannonworks.admin import Question, Table, signed_in
from cannonworks.admin_words import chip, day, moment, short_day, words
from cannonworks.downloads import file_response
from cannonworks.errors import KeyUnavailable, Refused
from processors import disclosing, extracting
from processors.admin.disclosure_forms import DecisionForm, DisclosureForm, HandOverForm
from processors.admin.register import RegisterAdmin
from processors.models import Disclosure, Extract, ExtractState
from processors.models.disclosures import Consent, Decision
from processors.models.extracts import OPEN

#: Where a line may break.
WRAP = SafeString("<wbr>")
LOOKS = {ExtractState.READY: "success", ExtractState.STOPPED: "danger", ExtractState.QUEUED: "info"}
#: Why a file could not be made, and what to do.
WHY = {
    "key_gone": gettext_lazy("Its key could not be opened. Try again in a while."),
    "erased": gettext_lazy("The account is being erased or has been: what is erased cannot be disclosed."),
    "failed": gettext_lazy("Something went wrong on our side. Try again; if it stops again, tell the developers."),
}


@admin.register(Disclosure)
class DisclosureAdmin(RegisterAdmin):
    list_display = ("number", "asker", "office", "received", "standing")
    list_filter = ("asker", "decision")
    reference_fields = ("reference", "account_reference")
    search_fields = ("office__icontains",)
    ordering = ("-received_at", "-pk")
    fields = (
        "whole_number", "account_reference", "asker", "office", "channel", "received", "basis", "order_number",
        "order_sum", "asked", "asked_records", "given", "records", "standing", "reason", "consent", "gag",
        "told", "handed", "handed_how", "handed_to",
    )  # fmt: skip
    actions_detail = ("ask", "decide", "make_file", "download", "hand_over", "open_order")
    change_form_outer_after_template = "admin/_partials/tables.html"

    @display(description=gettext_lazy("reference"))
    def number(self, row: Disclosure) -> str:
        return str(row.reference)[:8]

    @display(description=gettext_lazy("reference"))
    def whole_number(self, row: Disclosure) -> str:
        return str(row.reference)

    @display(description=gettext_lazy("SHA-256 of the order"))
    def order_sum(self, row: Disclosure) -> str:
        return _broken(row.order_digest) or "–"

    @display(description=gettext_lazy("records to give"))
    def records(self, row: Disclosure) -> str:
        if row.given_records:
            return words(map(str, row.given_records))
        return _("All of the account") if row.given_fields else "–"

    @display(description=gettext_lazy("received at"), ordering="received_at")
    def received(self, row: Disclosure) -> str:
        return moment(row.received_at)

    @display(description=gettext_lazy("fields asked for"))
    def asked(self, row: Disclosure) -> str:
        return words(disclosing.known_fields(for_staff=True).get(name, name) for name in row.asked_fields)

    @display(description=gettext_lazy("fields to give"))
    def given(self, row: Disclosure) -> str:
        return words(disclosing.known_fields(for_staff=True).get(name, name) for name in row.given_fields)

    @display(description=gettext_lazy("holder may not know until"))
    def gag(self, row: Disclosure) -> str:
        return f"{day(row.gag_until)} ({row.gag_basis})" if row.gag_until else "–"

    @display(description=gettext_lazy("holder told at"))
    def told(self, row: Disclosure) -> str:
        return moment(row.told_at)

    @display(description=gettext_lazy("handed over at"))
    def handed(self, row: Disclosure) -> str:
        return moment(row.handed_at)

    @display(description=gettext_lazy("standing"))
    def standing(self, row: Disclosure) -> str:
        if row.handed_at:
            return chip("success", _("Handed over"))
        if row.decision:
            return chip("warning" if row.decision == Decision.GIVE else "", row.get_decision_display())
        if row.consent:
            return chip("success" if row.consent == Consent.GIVEN else "danger", row.get_consent_display())
        return chip("info", _("Asked the holder") if row.consent_asked_at else _("To decide"))

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show the files that were made of it."""
        row = options["obj"]
        tables = [_files(row)] if row.decision == Decision.GIVE else []
        return super().render_change_form(request, {**context, "tables": tables}, **options)

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Register a request"),
            text=_("Also one that we will refuse. What is asked and what you would give cannot be changed later."),
            button=_("Register"), fields=DisclosureForm,
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda **said: disclosing.register(actor=signed_in(request), at=timezone.now(), **said),
            done=_("The request is registered."),
        )

    @action(description=gettext_lazy("Ask the holder"), permissions=["act"], icon="contact_support")
    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the main user for consent."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Ask the holder for consent"), button=_("Ask"), facts=[(_("Data"), self.given(row))],
            text=_("The main user sees exactly these fields and records, and has 14 days to answer."),
        )  # fmt: skip
        return self.act(
            request, question, lambda: disclosing.ask_consent(row, actor=signed_in(request), at=timezone.now()),
            done=_("The holder is asked."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Decide"), permissions=["act"], icon="gavel", variant=ActionVariant.PRIMARY)
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """As the second person."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Decide on the request"), button=_("Decide"), fields=DecisionForm, danger=True,
            text=_("This cannot be undone. The holder is told at once, unless the law forbids it."),
            facts=[(_("Legal basis"), row.basis or "–"), (_("Consent"), row.get_consent_display() or "–"),
                   (_("Data"), self.given(row))],
        )  # fmt: skip
        return self.act(
            request,
            question,
            lambda **said: disclosing.decide(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The decision is noted."),
            row=row,
        )

    @action(
        description=gettext_lazy("Make the file"), permissions=["act"], icon="package_2", variant=ActionVariant.PRIMARY
    )
    def make_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have a worker make the file with exactly what was decided."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Make the file to hand over"), button=_("Make the file"),
            text=_("It has exactly these data and nothing else. It can be downloaded once, within 30 days."),
            facts=[(_("Data"), self.given(row)), (_("Records"), self.records(row)), (_("Ground"), row.ground)],
        )  # fmt: skip
        return self.act(
            request, question, lambda: extracting.ask_extract(row, actor=signed_in(request), at=timezone.now()),
            done=_("The file is being made. Open this page again in a moment to download it."), row=row,
        )  # fmt: skip

    @action(description=gettext_lazy("Download"), permissions=["act"], icon="download", variant=ActionVariant.PRIMARY)
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the file, once, after a fresh proof of identity."""
        row = self.row(request, object_id)
        found = row.extracts.filter(state=ExtractState.READY).first()
        if request.method == "POST" and found is not None:
            require_fresh(request)
            try:
                content = extracting.take(found, actor=signed_in(request), at=timezone.now())
            except (Refused, KeyUnavailable) as error:
                messages.error(request, str(error))
                return redirect(self.page_of(row))
            return file_response(content, found.name)
        question = Question(
            title=_("Download the file"), button=_("Download"), danger=True,
            text=_("This can be done once: then the file is removed here. After it, note the handing over."),
            facts=[(_("Data"), self.given(row)), *(_about(found) if found else [])],
        )  # fmt: skip
        return self.act(request, question, lambda: None, done=_("There is no file to download."), row=row)

    @action(description=gettext_lazy("Order"), permissions=["view"], icon="picture_as_pdf")
    def open_order(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The order that came with it; that it was opened is journalled."""
        row = self.row(request, object_id)
        try:
            return file_response(*disclosing.open_order(row, actor=signed_in(request)))
        except (Refused, KeyUnavailable) as error:
            messages.error(request, str(error))
            return redirect(self.page_of(row))

    @action(description=gettext_lazy("Handed over"), permissions=["act"], icon="outbox")
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that it was handed over."""
        row = self.row(request, object_id)
        question = Question(title=_("Note the handing over"), button=_("Note"), fields=HandOverForm)
        return self.act(
            request,
            question,
            lambda **said: disclosing.hand_over(row, actor=signed_in(request), at=timezone.now(), **said),
            done=_("The handing over is noted."),
            row=row,
        )

    def possible(self, request: HttpRequest, row: Disclosure) -> Iterable[str]:
        if row.order_digest and row.account_reference:
            yield "open_order"
        if not row.decision:
            if row.consent_asked_at is None and row.account_reference is not None and row.given_fields:
                yield "ask"
            yield "decide"
        elif row.decision == Decision.GIVE and row.handed_at is None:
            states = {each.state for each in row.extracts.all() if each.state != ExtractState.READY or _is_there(each)}
            if not states & set(OPEN):
                yield "make_file"
            if ExtractState.READY in states:
                yield "download"
            if ExtractState.TAKEN in states:
                yield "hand_over"


def _is_there(found: Extract) -> bool:
    return found.can_be_taken(timezone.now())


def _about(found: Extract) -> list[tuple[str, object]]:
    return [
        (_("Records"), found.records), (_("Until"), day(found.last_day)), (_("SHA-256"), found.digest),
    ]  # fmt: skip


def _files(row: Disclosure) -> Table:
    rows = [
        [
            each.name,
            chip(LOOKS.get(ExtractState(each.state), ""), each.get_state_display()),
            WHY.get(each.why) or (each.records if each.digest else "–"),
            moment(each.made_at),
            moment(each.taken_at) if each.taken_at else short_day(each.last_day),
        ]
        for each in row.extracts.order_by("-pk")
    ]
    headers = (_("File"), _("State"), _("Records"), _("Made"), _("Downloaded, or until"))
    digests = ((each.name, _broken(each.digest)) for each in row.extracts.order_by("-pk") if each.digest)
    return Table(_("Files to hand over"), headers, rows, note=format_html_join(", ", "SHA-256 {}: {}", digests))


def _broken(digest: str) -> str:
    """A digest that may wrap."""
    return format_html_join(WRAP, "{}", ((digest[n : n + 16],) for n in range(0, len(digest), 16)))
