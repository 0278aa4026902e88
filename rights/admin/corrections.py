"""Corrections: staff propose what the holder cannot change, and apply it once the main user confirmed it (§16).

Which correction stands where, everybody with the right sees; of whom and what it was and becomes, only while the
account is open to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.db.models import Case, IntegerField, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts import support
from accounts.models import Account, SupportAccess
from accounts.opening import running
from cannonworks.admin import Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, due_chip, link, moment
from cannonworks.deadlines import Unit, explain
from cannonworks.errors import Refused
from cannonworks.left import days_left
from cannonworks.nameless import without_people
from rights import corrections
from rights.correctable import CORRECTABLE, correctable, name_of, reference_of, rows_of
from rights.models import Correction, CorrectionWords
from rights.states import CorrectionState

LOOKS = {
    CorrectionState.PROPOSED: "info",
    CorrectionState.CONFIRMED: "warning",
    CorrectionState.APPLIED: "success",
}
TO_DO_FIRST = Case(
    When(state=CorrectionState.CONFIRMED, then=0), When(state=CorrectionState.PROPOSED, then=1), default=2,
    output_field=IntegerField(),
)  # fmt: skip


class ProposalForm(forms.Form):
    """What becomes what, and why; a subclass has the choices of one account."""

    target = forms.ChoiceField(label=gettext_lazy("What is wrong"), widget=UnfoldAdminSelectWidget())
    new = forms.CharField(
        label=gettext_lazy("What it should be"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Empty: it is taken away. A gender is f, m or x; a country its two letters."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    why = forms.CharField(
        label=gettext_lazy("Why"),
        validators=[MaxLengthValidator(200), without_people],
        help_text=gettext_lazy("The account holder reads it. No names, addresses or numbers of people."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


def form_for(account: Account) -> type[ProposalForm]:
    """The form with what can be corrected in this account now, and what it is now."""
    found = [
        (f"{field.key} {reference_of(row)}", f"{name_of(row)}: {field.label} ({field.shown(field.value(row)) or '–'})")
        for row in rows_of(account)
        for field in CORRECTABLE
        if isinstance(row, field.model) and not field.own(row)
    ]

    class OfAccount(ProposalForm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fields["target"].choices = found  # type: ignore[attr-defined]

    return OfAccount


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return list(CorrectionState.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case CorrectionState.CONFIRMED:
                return queryset.to_apply(timezone.now())
            case state if state in CorrectionState.values:
                return queryset.filter(state=state)
        return None


@admin.register(Correction)
class CorrectionAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("what_is", "company", "ticket", "stage", "until", "proposed_by")
    list_filter = (StateFilter,)
    list_select_related = ("account__company", "proposed_by")
    search_fields = ("ticket__istartswith",)
    search_help_text = gettext_lazy("Beginning of the ticket, or reference of the account or the correction")
    reference_fields = ("account__reference", "reference")
    fields = (
        "what_is", "account", "company", "stage", "whose", "is_now", "becomes", "ticket", "why", "proposed_by",
        "proposed", "until", "clock", "decided", "applied_by", "applied",
    )  # fmt: skip
    actions_detail = ("apply", "withdraw")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (TO_DO_FIRST, "-id")

    # --- What is shown ---------------------------------------------------------------------------------------

    @display(description=gettext_lazy("what is corrected"))
    def what_is(self, correction: Correction) -> str:
        return str(correction.label)

    @display(description=gettext_lazy("company"))
    def company(self, correction: Correction) -> str | None:
        return getattr(correction.account, "company", None)

    @display(description=gettext_lazy("state"))
    def stage(self, correction: Correction) -> str:
        return chip(LOOKS.get(CorrectionState(correction.state), ""), correction.get_state_display())

    @display(description=gettext_lazy("until"))
    def until(self, correction: Correction) -> str:
        return due_chip(
            None if correction.ended_at else days_left(correction.expires_at, Unit.DAYS, on=timezone.localdate())
        )

    @display(description=gettext_lazy("proposed at"))
    def proposed(self, correction: Correction) -> str:
        return moment(correction.proposed_at)

    @display(description=gettext_lazy("decided at"))
    def decided(self, correction: Correction) -> str:
        return moment(correction.decided_at)

    @display(description=gettext_lazy("applied at"))
    def applied(self, correction: Correction) -> str:
        return moment(correction.applied_at)

    @display(description=gettext_lazy("clock"))
    def clock(self, correction: Correction) -> str:
        return " ".join(explain(correction.deadline))

    @display(description=gettext_lazy("of whom"))
    def whose(self, correction: Correction) -> object:
        return self._word(correction, "whose")

    @display(description=gettext_lazy("now"))
    def is_now(self, correction: Correction) -> object:
        return self._word(correction, "old_shown")

    @display(description=gettext_lazy("becomes"))
    def becomes(self, correction: Correction) -> object:
        return self._word(correction, "new_shown")

    def _word(self, correction: Correction, name: str) -> object:
        """A value, which the database shows while the account is open; else the way to open it."""
        words = CorrectionWords.objects.filter(correction=correction).select_related("correction").first()
        if words is None:
            return link(correction.account, _("Open the account to see this"))
        return getattr(words, name) or "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show it; with its values while the account is open, which is journalled as every page of an account."""
        correction = self.get_object(request, object_id)
        if correction and self.has_view_permission(request) and running(request, correction.account):
            support.look(correction.account, actor=signed_in(request), page="correction", at=timezone.now())
        return super().change_view(request, object_id, form_url, extra_context)

    # --- What is done ----------------------------------------------------------------------------------------

    def possible(self, request: HttpRequest, correction: Correction) -> Iterable[str]:
        if correction.can_be_applied(timezone.now()):
            yield "apply"
        if not correction.ended_at:
            yield "withdraw"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Propose a correction in the account that is open: the one in ``?account=``, else the last one opened."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self._access(request)
        if access is None:
            return self.act(request, NOTHING_OPEN, lambda: _refuse(), done="", back=self.list_page())
        account = access.account
        support.look(account, actor=signed_in(request), page="correction", at=timezone.now())
        question = Question(
            title=_("Propose a correction"),
            text=_("The main user gets a mail and confirms it in the app. Until then nothing changes."),
            facts=[(_("Account"), link(account, account.company)), (_("Ticket"), access.ticket)],
            button=_("Put it before the main user"),
            fields=form_for(account),
        )

        def propose(*, target: str, new: str, why: str) -> None:
            what, _blank, of = target.partition(" ")
            corrections.propose_correction(
                account, actor=signed_in(request), what=what, of=UUID(of), new=new, why=why, at=timezone.now()
            )

        return self.act(request, question, propose, done=_("The correction is put before the main user."))

    def _access(self, request: HttpRequest) -> SupportAccess | None:
        mine = SupportAccess.objects.of(signed_in(request)).running(timezone.now()).select_related("account__company")
        wanted = request.GET.get("account", "")
        found = mine.filter(account=wanted) if wanted.isdigit() else mine
        return found.order_by("-opened_at").first()

    @action(description=gettext_lazy("Apply"), permissions=["act"], icon="done_all", variant=ActionVariant.PRIMARY)
    def apply(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Carry out what the main user confirmed."""
        correction = self.row(request, object_id)
        question = Question(
            title=_("Apply this correction"),
            text=_("The main user confirmed it. It is applied at once, if it has not been changed in the meantime."),
            facts=[
                (_("What is corrected"), correction.label),
                (_("Of whom"), self.whose(correction)),
                (_("Now"), self.is_now(correction)),
                (_("Becomes"), self.becomes(correction)),
                (_("Confirmed at"), moment(correction.decided_at)),
                (_("Until"), self.until(correction)),
            ],
            button=_("Apply"),
        )
        if running(request, correction.account):
            support.look(correction.account, actor=signed_in(request), page="correction", at=timezone.now())
        return self.act(
            request, question,
            lambda: corrections.apply_correction(correction, actor=signed_in(request), at=timezone.now()),
            done=_("The correction is applied."), row=correction,
        )  # fmt: skip

    @action(description=gettext_lazy("Withdraw"), permissions=["act"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the proposal back."""
        correction = self.row(request, object_id)
        question = Question(
            title=_("Withdraw this correction"),
            text=_("Nothing changes. What is still needed can be proposed again."),
            facts=[(_("What is corrected"), correctable(correction.what).label), (_("Ticket"), correction.ticket)],
            button=_("Withdraw"),
        )
        return self.act(
            request, question,
            lambda: corrections.withdraw_correction(correction, actor=signed_in(request), at=timezone.now()),
            done=_("The correction is withdrawn."), row=correction,
        )  # fmt: skip


NOTHING_OPEN = Question(
    title=gettext_lazy("Propose a correction"),
    text=gettext_lazy("Open the account first, for the ticket in which the holder asks for it."),
    button="",
)


def _refuse() -> None:
    raise Refused("not_open", _("Open the account first: its people are not shown without."), clause="1")
