"""Notices in the administration: releasing a phase, how far sending is, and what came back (§13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import linebreaksbr
from django.urls import URLPattern, path, reverse, reverse_lazy
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from breaches import releasing, sending
from breaches.completeness import LANGUAGES, missing
from breaches.mailing import message_id, words_of
from breaches.models import Breach, Notice, Phase
from breaches.progress import latest, progress_of, readers_of
from cannonworks.admin import Question, StaffAdmin, Table, signed_in
from cannonworks.admin_words import chip, link, moment
from cannonworks.left import time_left

MAY_RELEASE = "breaches.change_breach"


class NoticesMixin:
    """For the page of a breach: a panel with how far its notices are, and the way to release a phase.

    Goes before ``StaffAdmin`` in the bases of the page; it needs nothing else.
    """

    change_form_outer_before_template = "admin/breaches/panel.html"

    def get_urls(self) -> list[URLPattern]:
        """Two more: the question before a release, and the panel alone, for whoever watches it."""
        site: Any = self.admin_site  # type: ignore[attr-defined]
        own = [
            path("<str:object_id>/release/", site.admin_view(self.release), name="breaches_breach_release"),
            path("<str:object_id>/progress/", site.admin_view(self.progress), name="breaches_breach_progress"),
        ]
        for url in own:
            url.callback.login_url = reverse_lazy("admin:login")
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """With the panel above the fields."""
        panel = {"panel": _panel(request, options["obj"])} if options.get("obj") else {}
        return super().render_change_form(request, {**context, **panel}, **options)  # type: ignore[misc]

    def progress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The panel alone."""
        breach = self._breach(request, object_id)
        return render(request, "admin/breaches/panel.html", {"panel": _panel(request, breach)})

    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what goes to whom, and release it on the answer."""
        if not request.user.has_perm(MAY_RELEASE):
            raise PermissionDenied
        breach = self._breach(request, object_id)
        released, waiting = latest(breach)
        phase = waiting or released
        if phase is None:
            question = Question(title=_("Release as notice"), text=_("Record a phase first."), button="")
            return self.act(request, question, lambda: None, done="", row=breach)  # type: ignore[attr-defined]
        return self.act(  # type: ignore[attr-defined,no-any-return]
            request,
            _question(phase),
            lambda: releasing.release(phase, actor=signed_in(request), at=timezone.now()),
            done=_("The notice is released. Sending has begun."),
            row=breach,
        )

    def _breach(self, request: HttpRequest, object_id: str) -> Breach:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        return self.row(request, object_id)  # type: ignore[attr-defined,no-any-return]


def _panel(request: HttpRequest, breach: Breach) -> dict[str, Any]:
    released, waiting = latest(breach)
    progress = progress_of(released) if released else None
    left = time_left(progress.due_at, at=timezone.now()) if progress and progress.due_at else None
    notices = reverse("admin:breaches_notice_changelist")
    return {
        "breach": breach, "phase": released, "waiting": waiting, "progress": progress, "left": left,
        "lacks": releasing.what_is_missing(waiting) if waiting else [],
        "may_release": request.user.has_perm(MAY_RELEASE),
        "list": f"{notices}?phase__exact={released.pk}" if released else notices,
    }  # fmt: skip


def _question(phase: Phase) -> Question:
    at = timezone.now()
    lacks = releasing.what_is_missing(phase)
    facts: list[tuple[str, object]] = [
        (_("Breach"), f"{phase.breach} · {_('phase')} {phase.number}"),
        (_("Accounts that get it"), readers_of(phase)),
        (_("To be told by"), moment(phase.breach.deadline.due_at)),
    ]
    if lacks:
        facts.append((_("Still missing"), "; ".join(lacks)))
    return Question(
        title=_("Release phase %(number)s as notice") % {"number": phase.number},
        text=_("This is the mail as it goes. Everybody on the list is sent it, and whoever is added later too."),
        facts=facts,
        warning="" if lacks or phase.is_released else _("A notice that is out cannot be taken back."),
        button="" if lacks or phase.is_released else _("Release and send"),
        danger=not lacks and not phase.is_released,
        tables=[] if missing(phase) else [_mail(phase, language, at) for language in LANGUAGES],
    )


def _mail(phase: Phase, language: str, at: Any) -> Table:
    words = words_of(phase, language=language, planned_at=at)
    with translation.override(language):
        title = f"{_('The mail')} ({language})"
    return Table(title, [words.subject], [[linebreaksbr(words.body, autoescape=True)]])


# --- The list --------------------------------------------------------------------------------------------------------


class NoticeStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    KINDS = {
        "bounced": (gettext_lazy("Came back"), {"failed_at__isnull": False}),
        "waiting": (gettext_lazy("Waits to be sent"), {"handed_at__isnull": True, "failed_at__isnull": True}),
        "unread": (gettext_lazy("Sent, not read"), {"handed_at__isnull": False, "read_at__isnull": True}),
        "unacknowledged": (
            gettext_lazy("Sent, not acknowledged"), {"handed_at__isnull": False, "acknowledged_at__isnull": True}
        ),
        "repeated": (gettext_lazy("Sent again after a crash"), {"repeats__gt": 0}),
    }  # fmt: skip

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [(name, word) for name, (word, _which) in self.KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        found = self.KINDS.get(self.value() or "")
        return queryset.filter(**found[1]) if found else None


@admin.register(Notice)
class NoticeAdmin(StaffAdmin):
    list_display = ("number", "company", "of_phase", "state", "handed", "delivered", "read", "acknowledged")
    list_filter = (NoticeStateFilter,)
    list_select_related = ("account__company", "phase__breach")
    reference_fields = ("reference", "account__reference")
    search_help_text = gettext_lazy("Reference of the notice or of the account")
    ordering = ("-id",)
    sortable_by = ()
    fields = (
        "number", "account_page", "of_phase", "state", "failure", "spoken", "in_headers", "planned", "handed",
        "delivered", "read", "acknowledged", "repeats", "attempts", "next_try",
    )  # fmt: skip
    actions_detail = ("send_again",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("failure__exact",)  # the search box needs a field; references are found by their index

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(MAY_RELEASE)

    @display(description=gettext_lazy("notice"))
    def number(self, notice: Notice) -> str:
        return str(notice)

    @display(description=gettext_lazy("company"))
    def company(self, notice: Notice) -> object:
        return getattr(notice.account, "company", None) or notice.account

    @display(description=gettext_lazy("account"))
    def account_page(self, notice: Notice) -> str:
        return link(notice.account, getattr(notice.account, "company", None) or notice.account)

    @display(description=gettext_lazy("breach"))
    def of_phase(self, notice: Notice) -> str:
        return f"{notice.phase.breach.number} · {_('phase')} {notice.phase.number}"

    @display(description=gettext_lazy("state"))
    def state(self, notice: Notice) -> str:
        if notice.failed_at:
            return chip("danger", _("Came back"))
        if notice.acknowledged_at:
            return chip("success", _("Acknowledged"))
        if notice.read_at:
            return chip("success", _("Read"))
        if notice.handed_at:
            return chip("info", _("Delivered") if notice.delivered_at else _("Sent"))
        return chip("warning", _("Waits, tried before") if notice.attempts else _("Waits to be sent"))

    @display(description=gettext_lazy("language"))
    def spoken(self, notice: Notice) -> str:
        return {"nl": _("Dutch"), "en": _("English")}.get(notice.language, notice.language)

    @display(description="Message-ID")
    def in_headers(self, notice: Notice) -> str:
        return message_id(notice.reference)

    @display(description=gettext_lazy("planned at"))
    def planned(self, notice: Notice) -> str:
        return moment(notice.planned_at)

    @display(description=gettext_lazy("handed to the mail server at"))
    def handed(self, notice: Notice) -> str:
        return moment(notice.handed_at)

    @display(description=gettext_lazy("delivered at"))
    def delivered(self, notice: Notice) -> str:
        return moment(notice.delivered_at)

    @display(description=gettext_lazy("read at"))
    def read(self, notice: Notice) -> str:
        return moment(notice.read_at)

    @display(description=gettext_lazy("acknowledged at"))
    def acknowledged(self, notice: Notice) -> str:
        return moment(notice.acknowledged_at)

    @display(description=gettext_lazy("next attempt at"))
    def next_try(self, notice: Notice) -> str:
        return moment(notice.retry_at)

    def possible(self, request: HttpRequest, notice: Notice) -> Iterable[str]:
        return ["send_again"] if notice.failed_at else []

    @action(
        description=gettext_lazy("Send again"), permissions=["act"], icon="forward_to_inbox",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send what came back once more, to the address that the main user has now."""
        notice = self.row(request, object_id)
        question = Question(
            title=_("Send this notice again"),
            text=_("It goes to the address that the main user has now. See first that this address is right."),
            facts=[(_("Account"), self.account_page(notice)), (_("It came back with"), notice.failure or "–")],
            button=_("Send again"),
        )
        return self.act(
            request,
            question,
            lambda: sending.send_again(notice, actor=signed_in(request), at=timezone.now()),
            done=_("The notice is sent again."),
            row=notice,
        )
