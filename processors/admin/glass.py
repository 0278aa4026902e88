"""Emergency access: asked for, approved by somebody else, its login got once, and accounted for (§10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from accounts.access import require_fresh
from accounts.models import Account, User
from cannonworks.admin import Question, signed_in
from cannonworks.admin_fields import text
from cannonworks.admin_words import chip, moment, words
from cannonworks.lookups import REFERENCE, reference_begins
from processors import glass as glasses
from processors.admin.register import RegisterAdmin
from processors.models import Glass, GlassStage, Ground
from processors.models.glass import MOST_HOURS

LOOKS = {
    GlassStage.ASKED: "warning",
    GlassStage.APPROVED: "info",
    GlassStage.OPEN: "danger",
    GlassStage.OVER: "warning",
    GlassStage.TELLING: "info",
    GlassStage.REPORTED: "success",
}


class GlassForm(forms.Form):
    """What is wrong, and how little is enough."""

    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=Ground.choices, widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("There is no other ground to look into the database."),
    )  # fmt: skip
    reason = text(
        gettext_lazy("Reason"), most=300, rows=3,
        help_text=gettext_lazy("What is wrong and why this is needed. The account holders read this; name no people."),
    )  # fmt: skip
    accounts = text(
        gettext_lazy("Accounts"), most=20_000, rows=4, required=False,
        help_text=gettext_lazy("References, one on each line; the first eight characters will do."),
    )  # fmt: skip
    is_whole = forms.BooleanField(
        label=gettext_lazy("The whole database instead"), required=False, widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("Only when you cannot say which accounts: every account holder is told."),
    )  # fmt: skip
    may_write = forms.BooleanField(
        label=gettext_lazy("Data has to be changed"), required=False, widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("The database notes every row that is changed."),
    )  # fmt: skip
    hours = forms.IntegerField(
        label=gettext_lazy("Hours"), min_value=1, max_value=MOST_HOURS, widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("From the moment you get the login; it ends by itself."),
    )  # fmt: skip

    def clean_accounts(self) -> list[Account]:
        return [_account(word) for word in dict.fromkeys(self.cleaned_data["accounts"].replace(",", " ").split())]


class DoneForm(forms.Form):
    """What was done with the access."""

    done = text(
        gettext_lazy("What was done"), most=600, rows=5,
        help_text=gettext_lazy("The account holders read this, by mail and in the app; name no people."),
    )  # fmt: skip


def _account(word: str) -> Account:
    found = list(Account.objects.filter(reference_begins("reference", word))[:2]) if REFERENCE.fullmatch(word) else []
    if len(found) != 1:
        raise forms.ValidationError(_("“%(word)s” is no reference of one account.") % {"word": word})
    return found[0]


@admin.register(Glass)
class GlassAdmin(RegisterAdmin):
    list_display = ("named", "state", "scope", "asked", "ends")
    list_filter = ("ground",)
    reference_fields = ("reference",)
    ordering = ("-asked_at",)
    fields = (
        "state", "ground", "reason", "scope", "which", "may_write", "hours", "asked", "decided", "login", "opened",
        "ends", "used", "closed", "removed", "changed", "done", "reported",
    )  # fmt: skip
    actions_detail = ("approve", "refuse", "get_login", "close")

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Who asks or approves; which of the two, the services decide."""
        return request.user.has_perm(glasses.ASK) or request.user.has_perm(glasses.APPROVE)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What there is to tell: of the login once there is one."""
        if obj is not None and obj.opened_at is None:
            return list(self.fields[: self.fields.index("login")])
        return list(self.fields)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The list, after what is over was ended: also when no worker is there to do it."""
        glasses.tend()
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """One access; the same."""
        glasses.tend()
        return super().change_view(request, object_id, *args, **kwargs)

    def possible(self, request: HttpRequest, row: Glass) -> Iterable[str]:
        mine, stage = row.asked_by == signed_in(request).reference, row.stage(timezone.now())
        if stage == GlassStage.ASKED:
            may = request.user.has_perm(glasses.APPROVE)
            return ["refuse"] if mine else ["approve", "refuse"] if may else []
        if stage == GlassStage.APPROVED:
            return ["get_login"] if mine else []
        return ["close"] if stage in (GlassStage.OPEN, GlassStage.OVER) else []

    # --- What is shown ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("access"), header=True)
    def named(self, row: Glass) -> list[object]:
        return [row.get_ground_display(), row]

    @display(description=gettext_lazy("state"))
    def state(self, row: Glass) -> str:
        stage = row.stage(timezone.now())
        return chip(LOOKS.get(stage, ""), stage.label)

    @display(description=gettext_lazy("scope"))
    def scope(self, row: Glass) -> str:
        if row.is_whole:
            return chip("danger", _("Whole database"))
        count = row.accounts.filter(is_chosen=True).count()
        return ngettext("%(count)s account", "%(count)s accounts", count) % {"count": count}

    @display(description=gettext_lazy("accounts"))
    def which(self, row: Glass) -> str:
        return words(str(chosen.account) for chosen in row.accounts.filter(is_chosen=True).select_related("account"))

    @display(description=gettext_lazy("asked"))
    def asked(self, row: Glass) -> str:
        return _by(row.asked_by, row.asked_at)

    @display(description=gettext_lazy("decided"))
    def decided(self, row: Glass) -> str:
        return _by(row.approved_by or row.refused_by, row.approved_at or row.refused_at)

    @display(description=gettext_lazy("login made"))
    def opened(self, row: Glass) -> str:
        return moment(row.opened_at)

    @display(description=gettext_lazy("ends at"))
    def ends(self, row: Glass) -> str:
        return moment(row.ends_at)

    @display(description=gettext_lazy("connected, as far as seen"))
    def used(self, row: Glass) -> str:
        return f"{moment(row.connected_at)} – {moment(row.seen_at)}" if row.connected_at else _("Not seen connected")

    @display(description=gettext_lazy("closed"))
    def closed(self, row: Glass) -> str:
        return moment(row.closed_at)

    @display(description=gettext_lazy("login removed"))
    def removed(self, row: Glass) -> str:
        return moment(row.dropped_at)

    @display(description=gettext_lazy("rows changed"))
    def changed(self, row: Glass) -> str:
        counts = row.changes.values_list("table", "verb").annotate(number=Count("pk")).order_by("table", "verb")
        return words(f"{table}: {number} {verb.lower()}" for table, verb, number in counts)

    @display(description=gettext_lazy("account holders told"))
    def reported(self, row: Glass) -> str:
        count = row.accounts.filter(told_at__isnull=False).count()
        return f"{count} ({moment(row.reported_at)})" if count else moment(row.reported_at)

    # --- What can be done ---------------------------------------------------------------------------------------------

    def enter(self, request: HttpRequest) -> HttpResponse:
        question = Question(
            title=_("Ask for emergency access"),
            text=_("Somebody else approves it first; they get a mail now. Ask for as little as will do."),
            button=_("Ask"),
            fields=GlassForm,
            initial={"hours": 2},
        )
        return self.act(
            request,
            question,
            lambda **said: glasses.ask(actor=signed_in(request), at=timezone.now(), **said),
            done=_("Asked. Whoever may approve has a mail; you get one when it is decided."),
        )

    @action(
        description=gettext_lazy("Approve"), permissions=["act"], icon="done_all", variant=ActionVariant.PRIMARY
    )  # fmt: skip
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let it go on, as the second person."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Approve emergency access"),
            text=_("The login reads personal data. Approve only what is needed, and for no longer than that."),
            facts=self._facts(row),
            button=_("Approve"),
            danger=True,
        )
        return self.act(
            request,
            question,
            lambda: glasses.approve(row, actor=signed_in(request), at=timezone.now()),
            done=_("Approved. Who asked can get the login now."),
            row=row,
        )

    @action(description=gettext_lazy("Refuse"), permissions=["act"], icon="block")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse it, or take it back."""
        row = self.row(request, object_id)
        question = Question(title=_("Refuse emergency access"), facts=self._facts(row), button=_("Refuse"))
        return self.act(
            request,
            question,
            lambda: glasses.refuse(row, actor=signed_in(request), at=timezone.now()),
            done=_("Refused."),
            row=row,
        )

    @action(description=gettext_lazy("Get the login"), permissions=["act"], icon="key", variant=ActionVariant.PRIMARY)
    def get_login(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the login, and show it this once."""
        row = self.row(request, object_id)
        if request.method == "POST":
            require_fresh(request)
            made: list[glasses.Login] = []
            if self._did(request, lambda: made.append(_login(row, request))):
                return self._shown(request, row, made[0])
            return redirect(self.page_of(row))
        question = Question(
            title=_("Get the login"),
            text=_("Its time begins when you press the button. The password is shown once and kept nowhere."),
            facts=self._facts(row),
            button=_("Make the login"),
            danger=True,
        )
        return self.act(request, question, lambda: None, done="", row=row)

    @action(
        description=gettext_lazy("Close, and say what was done"), permissions=["act"], icon="lock",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the login if it is open, and account for it."""
        row = self.row(request, object_id)
        question = Question(
            title=_("Close, and say what was done"),
            text=_("A login that is open ends now. After that the account holders are told."),
            facts=self._facts(row),
            button=_("Close and report"),
            fields=DoneForm,
        )
        return self.act(
            request,
            question,
            lambda done: glasses.account_for(row, actor=signed_in(request), done=done, at=timezone.now()),
            done=_("Closed. The account holders are being told."),
            row=row,
        )

    def _facts(self, row: Glass) -> list[tuple[str, object]]:
        return [
            (_("Ground"), row.get_ground_display()),
            (_("Reason"), row.reason),
            (_("Scope"), self.scope(row)),
            (_("May change data"), _("Yes") if row.may_write else _("No")),
            (_("Hours"), row.hours),
            (_("Asked by"), self.asked(row)),
        ]

    def _shown(self, request: HttpRequest, row: Glass, login: glasses.Login) -> HttpResponse:
        place = settings.DATABASE_APPLICATION
        facts = [
            (_("Login"), login.name),
            (_("Password"), login.password),
            (_("Server"), f"{place['HOST'] or 'localhost'}:{place['PORT'] or 5432}"),
            (_("Database"), place["NAME"]),
            (_("Works until"), moment(login.ends_at)),
        ]
        question = Question(
            title=_("Your login"), facts=facts, button="",
            text=_("Copy it now: it is not shown again. Name the columns that you need; SELECT * is refused."),
        )  # fmt: skip
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "question": question,
            "form": forms.Form(), "back": self.page_of(row), "title": question.title, "media": self.media,
        }  # fmt: skip
        return TemplateResponse(request, "admin/act.html", context)


def _login(row: Glass, request: HttpRequest) -> glasses.Login:
    return glasses.open_login(row, actor=signed_in(request), at=timezone.now())


def _by(reference: UUID | None, at: Any) -> str:
    if reference is None:
        return "–"
    person = User.objects.filter(reference=reference).only("first_name", "infix", "last_name").first()
    return f"{person.full_name if person else str(reference)[:8]}, {moment(at)}"
