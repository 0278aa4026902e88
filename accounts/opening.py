"""How staff open an account in the administration: the question before its page, and the banner above it (§1, §7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import support
from accounts.models import Account, SupportAccess
from accounts.states import State
from cannonworks.admin import Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, moment
from cannonworks.errors import Refused
from cannonworks.nameless import check_ticket, without_people


class OpenForm(forms.Form):
    """Why an account is opened; the holder reads it."""

    ticket = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=40,
        validators=[check_ticket, without_people],
        help_text=gettext_lazy("Its number; for a registered letter, the reference on the letter."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        validators=[MaxLengthValidator(200), without_people],
        help_text=gettext_lazy("The account holder reads it. No names, addresses or numbers of people."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


def running(request: HttpRequest, account: Account | None) -> SupportAccess | None:
    """The access under which whoever is signed in sees the people of this account now, if there is one."""
    mine = SupportAccess.objects.of(signed_in(request)).running(timezone.now())
    return mine.filter(account=account).first()


class OpenedAdmin(StaffAdmin):
    """For the page of an account: asks for ticket and reason first, then shows until when, and how to close."""

    change_form_outer_before_template = "admin/_partials/opened.html"
    actions_detail = ("close",)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show the page under a running access, and journal that; without one, ask. A tombstone has no people."""
        account = self.row(request, object_id)
        if not self.has_view_permission(request, account):
            raise PermissionDenied
        if account.state == State.ERASED:
            return super().change_view(request, object_id, form_url, extra_context)
        try:
            access = support.look(account, actor=signed_in(request), page="account", at=timezone.now())
        except Refused:
            return self._ask(request, account)
        banner = {"access": access, "access_until": timezone.localtime(access.ends_at)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **banner})

    def _ask(self, request: HttpRequest, account: Account) -> HttpResponse:
        if not request.user.has_perm("accounts.add_supportaccess"):
            raise PermissionDenied(_("Your role does not look into accounts."))
        question = Question(
            title=_("Open this account"),
            text=_(
                "The people of this account are shown for a ticket only. The account holder sees who looked and why."
            ),
            facts=[
                (_("Account"), str(account.reference)),
                (_("State"), chip("", account.get_state_display())),
                (_("Company"), account.company.company_name),
                (_("KvK number"), account.company.kvk_number),
            ],
            button=_("Open account"),
            fields=OpenForm,
            initial={"ticket": request.GET.get("ticket", "")},
        )

        def begin(*, ticket: str, reason: str) -> None:
            support.open_account(account, actor=signed_in(request), ticket=ticket, reason=reason, at=timezone.now())

        return self.act(
            request, question, begin, done=_("The account is open to you."), row=account, back=self.list_page()
        )

    @action(description=gettext_lazy("Close account"), icon="lock")
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End one's own access before its time; the button is in the banner."""
        account = self.row(request, object_id)
        access = running(request, account)
        try:
            if request.method == "POST" and access:
                support.close_account(access, actor=signed_in(request), at=timezone.now())
                messages.success(request, _("The account is closed."))
        except Refused as refused:  # over between the look and the lock
            messages.error(request, refused.message)
        return redirect(self.list_page())

    def possible(self, request: HttpRequest, row: Any) -> list[str]:
        return []


def until(access: SupportAccess) -> str:
    """Until when an access runs, or ran."""
    return moment(access.closed_at or access.ends_at)
