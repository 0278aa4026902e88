"""The rules in words, and their approval: changed rules erase nothing until staff approved their dry run (§5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.promises import COUNTED_FROM, goings
from accounts.states import State
from cannonworks import rules
from cannonworks.admin import Question, StaffAdmin, Table, signed_in, today
from cannonworks.admin_words import categories, chip, day, words
from cannonworks.rules import Rule
from retention import approval, sweep
from retention.models import RulesApproval

SHOWN = 100


class ApprovalForm(forms.Form):
    """What was on the screen when it was approved."""

    digest = forms.CharField(widget=forms.HiddenInput)
    would_erase = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


@admin.register(RulesApproval)
class RulesAdmin(StaffAdmin):
    list_display = ("version", "now", "approved_at", "approver", "would_erase")
    list_select_related = ("approved_by",)
    ordering = ("-approved_at", "-id")
    sortable_by = ()
    fields = ("digest", "approved_at", "approver", "would_erase")
    list_before_template = "admin/_partials/rules.html"
    actions_list = ("approve",)

    @display(description=gettext_lazy("rules"))
    def version(self, row: RulesApproval) -> str:
        return str(row)

    @display(description=gettext_lazy("now"))
    def now(self, row: RulesApproval) -> str | None:
        return chip("success", _("These rules")) if row.digest == rules.digest() else None

    @display(description=gettext_lazy("approved by"))
    def approver(self, row: RulesApproval) -> object:
        return row.approved_by or _("The rules of the installation")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the rules above their approvals."""
        shown = {"digest": rules.digest(), "approved": are_approved(), "tables": [_rules(), _ages()]}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("retention.add_rulesapproval")

    def get_actions_list(self, request: HttpRequest) -> list:
        return [] if are_approved() else super().get_actions_list(request)

    @action(
        description=gettext_lazy("Look at the dry run and approve"),
        permissions=["approve"],
        icon="gavel",
        variant=ActionVariant.PRIMARY,
    )
    def approve(self, request: HttpRequest) -> HttpResponse:
        """Show what would go under these rules, and approve them."""
        items = sweep.dry_run(on=today())
        count = sum(item.does == "erase" for item in items)
        question = Question(
            title=_("Approve rules"),
            text=_("Until these rules are approved nothing is erased. Approving sets the dates of every account anew."),
            facts=[
                (_("Rules"), rules.digest()),
                (
                    _("Erased by the next sweep"),
                    ngettext("%(count)s account", "%(count)s accounts", count) % {"count": count},
                ),
            ],
            warning=_("What the sweep erases cannot be brought back.") if count else "",
            button=_("Approve these rules"),
            danger=bool(count),
            tables=[_rules(), _ages(), _dry_run(items)],
            fields=ApprovalForm,
            initial={"digest": rules.digest(), "would_erase": count},
        )
        return self.act(
            request,
            question,
            lambda **shown: approval.approve_rules(actor=signed_in(request), at=timezone.now(), **shown),
            done=_("The rules are approved."),
        )


def are_approved() -> bool:
    """Whether the sweep erases under today's rules; those of the installation itself need no approval."""
    latest = RulesApproval.objects.order_by("-approved_at", "-id").values_list("digest", flat=True).first()
    return latest in (None, rules.digest())


def _rules() -> Table:
    return Table(
        _("Rules in force in this version of the program"),
        [
            _("Clause"),
            _("Applies to"),
            _("Data"),
            _("Counted from"),
            _("Kept at least"),
            _("Erased after"),
            _("Why"),
        ],
        [_in_words(rule) for rule in rules.RULES],
        note=_("The main user is warned %(days)s days before.") % {"days": words(rules.WARNING_DAYS)},
    )


def _ages() -> Table:
    return Table(
        _("What goes by itself"),
        [_("Clause"), _("Data"), _("Goes by itself")],
        [[f"§{each.clause}", each.what, each.period] for each in goings()],
    )


def _in_words(rule: Rule) -> list[object]:
    everything = rule.categories == rules.WITH_THE_ACCOUNT
    return [
        f"§{rule.clause}",
        State(rule.state).label if rule.state else _("Every account"),
        _("Everything of the account") if everything else categories(rule.categories),
        COUNTED_FROM[rule.counted_from],
        _("as long as this applies") if rule.keep is None else rule.keep,
        _("never by us") if rule.erase is None else rule.erase,
        rule.why,
    ]


def _dry_run(items: list[sweep.Item]) -> Table:
    return Table(
        _("Dry run"),
        [_("Account"), _("State"), _("Would"), _("Data"), _("Held"), _("Clause"), _("Due on")],
        [
            [
                item.account[:8],
                State(item.state).label,
                {"erase": _("be erased"), "lapse": _("lapse"), "hold": _("held back")}[item.does],
                categories(item.categories),
                categories(item.held),
                f"§{item.clause}",
                day(item.due_on),
            ]
            for item in items[:SHOWN]
        ],
        note=_("The first %(count)s of %(all)s.") % {"count": min(SHOWN, len(items)), "all": len(items)},
    )
