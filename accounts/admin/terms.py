"""The staff's page on the terms: write a draft, see what it changes, publish it, announce it (§21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import terms, texts
from accounts.models import Account, Heed, TermsAnnouncement, TermsVersion
from accounts.states import State
from cannonworks.admin import Question, StaffAdmin, Table, signed_in, soon, today
from cannonworks.admin_fields import DayField
from cannonworks.admin_words import chip, day, moment
from cannonworks.prose import Piece, differences

MARKS = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}


def long_text(label: Any, *, rows: int, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=False, strip=False, widget=widget)


class DraftForm(forms.Form):
    """The words of a version in both languages; what is missing can be filled in later."""

    effective_on = DayField(label=gettext_lazy("In force from"), required=False)
    summary_nl = long_text(
        gettext_lazy("What changes, in short (Dutch)"), rows=6, help_text=gettext_lazy("Markdown. Users see this.")
    )
    summary_en = long_text(gettext_lazy("What changes, in short (English)"), rows=6)
    text_nl = long_text(gettext_lazy("Whole text (Dutch)"), rows=24)
    text_en = long_text(gettext_lazy("Whole text (English)"), rows=24)


@admin.register(TermsVersion)
class TermsAdmin(StaffAdmin):
    may = frozenset({"add"})
    list_display = ("name", "effective", "stage", "announced")
    ordering = ("-published_at", "-id")
    sortable_by = ()
    fields = ("name", "effective", "stage", "published", "announced", "digest", "known", "told", "page")
    actions_detail = ("rewrite", "preview", "publish", "announce")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("published_by__password")

    @display(description=gettext_lazy("version"))
    def name(self, row: TermsVersion) -> str:
        return str(row)

    @display(description=gettext_lazy("in force from"))
    def effective(self, row: TermsVersion) -> str:
        return day(row.effective_on)

    @display(description=gettext_lazy("stage"))
    def stage(self, row: TermsVersion) -> str:
        if row.published_at is None:
            return chip("", _("Draft"))
        current = terms.in_force(today()).number or 0
        if row.number == current:
            return chip("success", _("In force"))
        return chip("info", _("To come")) if (row.number or 0) > current else chip("", _("Over"))

    @display(description=gettext_lazy("published"))
    def published(self, row: TermsVersion) -> str:
        if row.published_at is None:
            return "–"
        return f"{moment(row.published_at)}, {row.published_by or _('with the installation')}"

    @display(description=gettext_lazy("announced"))
    def announced(self, row: TermsVersion) -> str:
        return moment(row.announced_at)

    @display(description=gettext_lazy("users who know it"))
    def known(self, row: TermsVersion) -> str:
        counts = dict(row.heeded.values_list("kind").annotate(Count("pk")).order_by())
        return ", ".join(f"{heed.label}: {counts.get(heed.value, 0)}" for heed in Heed)

    @display(description=gettext_lazy("mails"))
    def told(self, row: TermsVersion) -> str:
        mails = TermsAnnouncement.objects.filter(version=row)
        sent = mails.filter(sent_at__isnull=False).count()
        return _("%(sent)s sent, %(waiting)s waiting") % {"sent": sent, "waiting": mails.count() - sent}

    @display(description=gettext_lazy("page"))
    def page(self, row: TermsVersion) -> str:
        if row.number is None:
            return "–"
        address = reverse("terms-version", args=[row.number])
        return format_html('<a class="text-link" href="{}">{}</a>', address, address)

    def possible(self, request: HttpRequest, row: TermsVersion) -> Iterable[str]:
        if row.published_at is None:
            return ["rewrite", "preview", "publish"]
        coming = row.announced_at is None and row.effective_on is not None and row.effective_on > today()
        return ["preview", *(["announce"] if coming else [])]

    def has_publish_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("accounts.publish_termsversion")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Write a new draft, from the text in force with the periods of the rules as they are now."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._write(request, None, {"effective_on": soon(30), **_latest()})

    @action(description=gettext_lazy("Change draft"), permissions=["act"], icon="edit")
    def rewrite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change a draft."""
        row = self.row(request, object_id)
        words = {name: getattr(row, name) for name in ("effective_on", *TermsVersion.WORDS)}
        return self._write(request, row, words)

    def _write(self, request: HttpRequest, draft: TermsVersion | None, initial: dict[str, Any]) -> HttpResponse:
        question = Question(
            title=_("Write terms"),
            text=_("A draft is seen by staff alone. Publishing is a step of its own."),
            button=_("Save draft"),
            fields=DraftForm,
            initial=initial,
        )

        def write(**fields: Any) -> None:
            terms.write_draft(fields, actor=signed_in(request), draft=draft)

        return self.act(request, question, write, done=_("The draft is saved."), row=draft)

    @action(description=gettext_lazy("See what changes"), permissions=["view"], icon="difference")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what a version changes, and change nothing."""
        row = self.row(request, object_id)
        question = Question(title=_("What changes"), button="", tables=_changes(row), facts=_facts(row))
        return self.act(request, question, lambda: None, done=_("Nothing was changed."), row=row)

    @action(description=gettext_lazy("Publish"), permissions=["publish"], icon="gavel", variant=ActionVariant.PRIMARY)
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what changes, and publish it."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Publish terms"),
            text=_("From its day on every user is shown the change after signing in, until they have read it."),
            warning=_("What is published can never be changed again."),
            facts=_facts(row),
            button=_("Publish"),
            danger=True,
            tables=_changes(row),
        )
        return self.act(
            request,
            question,
            lambda: terms.publish(row, signed_in(request), timezone.now()),
            done=_("The terms are published."),
            row=row,
        )

    @action(
        description=gettext_lazy("Announce by mail"),
        permissions=["publish"],
        icon="outgoing_mail",
        variant=ActionVariant.PRIMARY,
    )
    def announce(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say how many mails go, and have them sent."""
        row = self.row(request, object_id)
        count = Account.objects.exclude(state=State.ERASED).filter(claimed_at__isnull=True).count()
        question = Question(
            title=_("Announce terms"),
            text=_("The main user of every account gets one mail, in their own language."),
            facts=[*_facts(row), (_("Mails"), count)],
            warning=_("Mails that went cannot be called back."),
            button=_("Send the mails"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: terms.announce(row, signed_in(request), timezone.now()),
            done=_("The mails are being sent."),
            row=row,
        )


def _latest() -> dict[str, str]:
    """The newest published words without its summaries; for the first version, the text as the rules make it now."""
    newest = TermsVersion.objects.published().first()
    if newest is None or newest.number == 1:
        return {name: text for name, text in texts.words().items() if name.startswith("text")}
    return {name: getattr(newest, name) for name in ("text_nl", "text_en")}


def _before(row: TermsVersion) -> TermsVersion | None:
    versions = TermsVersion.objects.published()
    return (versions.filter(number__lt=row.number) if row.number else versions).first()


def _facts(row: TermsVersion) -> list[tuple[str, object]]:
    return [(_("Version"), row), (_("In force from"), day(row.effective_on)), (_("Compared with"), _before(row) or "–")]


def _changes(row: TermsVersion) -> list[Table]:
    """What changes in each language: the summary that users see, and the text word by word."""
    old = _before(row)
    return [
        Table(
            title,
            [_("Part"), _("What changes")],
            [[_("In short"), getattr(row, f"summary_{code}")], *_in_rows(getattr(old, name, ""), getattr(row, name))],
        )
        for code, name, title in (("nl", "text_nl", _("Dutch")), ("en", "text_en", _("English")))
    ]


def _in_rows(old: str, new: str) -> Iterator[list[object]]:
    for section in differences(old, new):
        for change in section.changes:
            yield [section.heading, _marked(change.pieces)]


def _marked(pieces: Iterable[Piece]) -> SafeString:
    return format_html_join(" ", "{}", ([format_html(MARKS[piece.kind], piece.text)] for piece in pieces))
