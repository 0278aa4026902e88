"""Issues of the newsletter: written, tried on oneself, and sent once to everybody who wants it (§2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts import issues
from accounts.models import MailState, Newsletter, NewsletterState
from cannonworks.admin import KnownValues, Question, StaffAdmin, signed_in
from cannonworks.admin_words import chip, moment

MARKDOWN = gettext_lazy("Markdown: **bold**, [a link](https://…), - a list, # a heading.")
LOOKS = {NewsletterState.DRAFT: "", NewsletterState.SENDING: "info", NewsletterState.SENT: "success"}


class IssueForm(forms.Form):
    """Both languages, side by side: nobody gets half of it."""

    subject_nl = forms.CharField(
        label=gettext_lazy("Subject in Dutch"), max_length=150, widget=UnfoldAdminTextInputWidget()
    )
    text_nl = forms.CharField(
        label=gettext_lazy("Text in Dutch"), help_text=MARKDOWN, widget=UnfoldAdminTextareaWidget(attrs={"rows": 12})
    )
    subject_en = forms.CharField(
        label=gettext_lazy("Subject in English"), max_length=150, widget=UnfoldAdminTextInputWidget()
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text in English"), help_text=MARKDOWN, widget=UnfoldAdminTextareaWidget(attrs={"rows": 12})
    )


class IssueState(KnownValues):
    title = gettext_lazy("state")
    field = "state"
    values = NewsletterState.choices


@admin.register(Newsletter)
class NewsletterAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("__str__", "stage", "began", "ended")
    list_filter = (IssueState,)
    ordering = ("-id",)
    fields = (
        "subject_nl", "text_nl", "subject_en", "text_en", "stage", "began", "ended", "sent", "refused", "unknown",
        "skipped", "waiting",
    )  # fmt: skip
    readonly_fields = fields
    actions_detail = ("rewrite", "try_out", "send")

    @display(description=gettext_lazy("state"))
    def stage(self, row: Newsletter) -> str:
        return chip(LOOKS[NewsletterState(row.state)], row.get_state_display())

    @display(description=gettext_lazy("sending began"))
    def began(self, row: Newsletter) -> str:
        return moment(row.started_at)

    @display(description=gettext_lazy("sending ended"))
    def ended(self, row: Newsletter) -> str:
        return moment(row.finished_at)

    @display(description=gettext_lazy("sent"))
    def sent(self, row: Newsletter) -> int:
        return issues.totals(row)[MailState.SENT]

    @display(description=gettext_lazy("refused by the mail server"))
    def refused(self, row: Newsletter) -> int:
        return issues.totals(row)[MailState.REFUSED]

    @display(description=gettext_lazy("unknown: not sent again"))
    def unknown(self, row: Newsletter) -> int:
        return issues.totals(row)[MailState.BEGUN]

    @display(description=gettext_lazy("no longer wanted"))
    def skipped(self, row: Newsletter) -> int:
        return issues.totals(row)[MailState.SKIPPED]

    @display(description=gettext_lazy("waiting"))
    def waiting(self, row: Newsletter) -> int:
        return issues.totals(row)[MailState.WAITING]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Write an issue; it is a draft until it is sent."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        question = Question(title=_("Write a newsletter"), button=_("Save draft"), fields=IssueForm)
        return self._write(request, question, Newsletter())

    @action(description=gettext_lazy("Change"), permissions=["act"], icon="edit", variant=ActionVariant.DEFAULT)
    def rewrite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change a draft."""
        row = self.row(request, object_id)
        written = {name: getattr(row, name) for name in IssueForm.base_fields}
        question = Question(title=_("Change the newsletter"), button=_("Save draft"), fields=IssueForm, initial=written)
        return self._write(request, question, row)

    def _write(self, request: HttpRequest, question: Question, row: Newsletter) -> HttpResponse:
        def save(**texts: str) -> None:
            for name, text in texts.items():
                setattr(row, name, text)
            issues.write_newsletter(row, actor=signed_in(request))

        return self.act(request, question, save, done=_("The draft is saved."), row=row if row.pk else None)

    @action(description=gettext_lazy("Send me a trial"), permissions=["act"], icon="outgoing_mail")
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Mail it to oneself."""
        row, user = self.row(request, object_id), signed_in(request)
        question = Question(
            title=_("Send me a trial"),
            button=_("Send"),
            facts=[(_("Newsletter"), row), (_("To"), user.email)],
            text=_("You get both languages, as subscribers will."),
        )
        return self.act(
            request,
            question,
            lambda: issues.try_newsletter(row, actor=user),
            done=_("The trial is on its way."),
            row=row,
        )

    @action(description=gettext_lazy("Send"), permissions=["act"], icon="send", variant=ActionVariant.PRIMARY)
    def send(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send it to everybody who wants it."""
        row, count = self.row(request, object_id), issues.readers()
        question = Question(
            title=_("Send newsletter"),
            button=_("Send newsletter"),
            facts=[
                (_("Newsletter"), row),
                (_("To"), ngettext("%(count)s subscriber", "%(count)s subscribers", count) % {"count": count}),
            ],
            warning=_("What has been mailed cannot be taken back. Did you look at the trial?"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: issues.send_newsletter(row, actor=signed_in(request), at=timezone.now()),
            done=_("The newsletter is being sent; this page counts along."),
            row=row,
        )

    def possible(self, request: HttpRequest, row: Any) -> Iterable[str]:
        return self.actions_detail if row.state == NewsletterState.DRAFT else ()
