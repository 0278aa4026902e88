"""Accounts as staff see them. Registered here: their windows, holds and erasures are known to retention alone.

Relations, employees, documents and citizen service numbers are nowhere in the administration.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Account, User
from accounts.states import State
from cannonworks.admin import StaffAdmin, Table, soon, today
from cannonworks.admin_words import categories, chip, day, link, moment, short_day, words
from cannonworks.rules import RULES, Rule
from journal.admin import actor, clause, facts, latest
from journal.events import sentence
from retention.admin.record import RecordedAdmin
from retention.models import Erasure, ErasureWarning, Hold
from retention.schedule import Fate, history_of, schedule

#: What the words of a state look like; the word is always there too.
LOOKS = {
    State.TRIAL: "info",
    State.LAPSED: "warning",
    State.ACTIVE: "success",
    State.CANCELLED: "warning",
    State.ERASED: "",
}
ENTRIES = 50
DATES = ("ordered_on", "keep_until", "due_on", "warn_on")


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("0", gettext_lazy("Today or earlier")),
            ("7", gettext_lazy("Within 7 days")),
            ("30", gettext_lazy("Within 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        days = self.value()
        return queryset.due(soon(int(days))) if days in ("0", "7", "30") else None


class UnderwayFilter(admin.SimpleListFilter):
    title = gettext_lazy("under way")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [
            ("held", gettext_lazy("Held")),
            ("erasing", gettext_lazy("Being erased")),
            ("erased", gettext_lazy("Erased in the last 7 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet | None:
        match self.value():
            case "held":
                holds = Hold.objects.active().filter(account=OuterRef("pk"))
                return queryset.filter(Q(held_since__isnull=False) | Exists(holds))
            case "erasing":
                return queryset.filter(claimed_at__isnull=False)
            case "erased":
                return queryset.filter(erased_on__gt=soon(-7))
        return None


#: So many accounts that were found are named to the database one by one.
FEW = 500


@admin.register(Account)
class AccountAdmin(RecordedAdmin):
    list_display = ("account", "kvk_number", "state_chip", "ends", "kept", "due", "erased", "now")
    list_filter = ("state", DueFilter, UnderwayFilter)
    list_select_related = ("company",)
    search_fields = ("company__company_name__icontains", "company__email__iexact", "company__kvk_number__startswith")
    search_help_text = gettext_lazy("Reference, KvK number, name of the company, or whole e-mail address")
    reference_fields = ("reference",)
    ordering = ("-id",)
    fieldsets = (
        (
            gettext_lazy("Account"),
            {"fields": ("reference", "state_chip", "signed_up_on", "trial_ends_on", "cancelled_on")},
        ),
        (gettext_lazy("Retention"), {"fields": (*DATES, "held_since", "kept_back", "claimed_at", "gone_on")}),
        (gettext_lazy("Company"), {"fields": ("name", "kvk_number", "email", "town")}),
    )
    change_form_outer_after_template = "admin/_partials/tables.html"

    @display(description=gettext_lazy("account"), header=True, ordering="company__company_name")
    def account(self, account: Account) -> list[object]:
        return [self.name(account) or _("Erased"), str(account)]

    @display(description=gettext_lazy("state"), ordering="state")
    def state_chip(self, account: Account) -> str:
        return chip(LOOKS[State(account.state)], account.get_state_display())

    @display(description=gettext_lazy("trial ends"), ordering="trial_ends_on")
    def ends(self, account: Account) -> str:
        return short_day(account.trial_ends_on)

    @display(description=gettext_lazy("at least until"), ordering="keep_until")
    def kept(self, account: Account) -> str:
        return short_day(account.keep_until)

    @display(description=gettext_lazy("next erasure"), ordering="erase_on")
    def due(self, account: Account) -> str:
        return short_day(account.erase_on)

    @display(description=gettext_lazy("erased on"), ordering="erased_on")
    def erased(self, account: Account) -> str:
        return short_day(account.erased_on)

    @display(description=gettext_lazy("now"))
    def now(self, account: Account) -> str | None:
        if account.claimed_at:
            return chip("danger", _("Being erased"))
        if account.held_since:
            return chip("warning", _("Held since %(day)s") % {"day": short_day(account.held_since)})
        return None

    @display(description=gettext_lazy("next erasure on"))
    def due_on(self, account: Account) -> str:
        return day(account.erase_on)

    @display(description=gettext_lazy("erased on"))
    def gone_on(self, account: Account) -> str:
        return day(account.erased_on)

    @display(description=gettext_lazy("kept back by a hold"))
    def kept_back(self, account: Account) -> str:
        return categories(account.deferred)

    @display(description=gettext_lazy("name"))
    def name(self, account: Account) -> str:
        return account.company.company_name if hasattr(account, "company") else ""

    @display(description=gettext_lazy("KvK number"))
    def kvk_number(self, account: Account) -> str:
        return account.company.kvk_number if hasattr(account, "company") else ""

    @display(description=gettext_lazy("e-mail"))
    def email(self, account: Account) -> str:
        return account.company.email if hasattr(account, "company") else ""

    @display(description=gettext_lazy("town"))
    def town(self, account: Account) -> str:
        return account.company.city if hasattr(account, "company") else ""

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By the account's own data, and by the whole address of one of its people, who are not shown for it.

        Row security keeps LIKE away from indexes, so companies are gone through: once, where few are found, instead of
        for the list and again for how many there are.
        """
        found, duplicates = super(StaffAdmin, self).get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return found, duplicates
        named = [self.of_reference(queryset, search_term)]
        named += [queryset.of_address(search_term.strip())] if "@" in search_term else []
        keys = {key for rows in named if rows is not None for key in rows.order_by().values_list("pk", flat=True)}
        few = set(found.order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            return queryset.filter(pk__in=few | keys), False
        return (found | queryset.filter(pk__in=keys) if keys else found), duplicates

    def render_change_form(self, request: HttpRequest, context: dict, **options: Any) -> HttpResponse:
        """Show the account with its people and windows, and all that was done about them."""
        return super().render_change_form(request, {**context, "tables": tables(options["obj"])}, **options)


def tables(account: Account) -> list[Table]:
    """What retention knows of an account: one query for each table, whatever their length."""
    return [
        _users(account),
        _windows(account),
        _holds(account),
        _letters(account),
        _warnings(account),
        _erasures(account),
        _journal(account),
    ]


def _users(account: Account) -> Table:
    return Table(
        _("Users"),
        [_("Name"), _("E-mail"), _("Main user"), _("May sign in"), _("Last login")],
        [
            [
                link(user),
                user.email,
                _("Yes") if user.is_main else _("No"),
                _("Yes") if user.is_active else _("No"),
                moment(user.last_login),
            ]
            for user in User.objects.filter(account=account).order_by("-is_main", "id")
        ],
    )


def in_words(rule: Rule) -> str:
    """Why a rule applies, and its clause."""
    return f"{rule.why} (§{rule.clause})"


def why_erased(run: Erasure) -> str:
    """The rule under which a run erases, in words; its name where the rules do not have it any more."""
    known = {rule.name: rule for rule in RULES}
    return in_words(known[run.rule]) if run.rule in known else f"{run.rule} (§{run.clause})"


def _windows(account: Account) -> Table:
    return Table(
        _("Windows"),
        [_("Data"), _("Kept at least until"), _("Erased on"), _("Rule"), _("Held by"), _("Does not apply")],
        [_window(fate) for fate in schedule(history_of(account))],
        note=_("Computed on %(day)s from the same rules as the sweep.") % {"day": day(today())},
    )


def _window(fate: Fate) -> list[object]:
    return [
        categories([fate.category]),
        day(fate.kept_until),
        day(fate.erase_on),
        in_words(fate.rule),
        words(fate.held_by),
        words(map(in_words, fate.losing)),
    ]


def _holds(account: Account) -> Table:
    return Table(
        _("Holds"),
        [_("Name"), _("Categories"), _("Ground"), _("Confirmed on"), _("Review on"), _("Released on")],
        [
            [
                link(hold),
                categories(hold.categories),
                hold.get_ground_display(),
                day(hold.confirmed_on),
                day(hold.review_on),
                day(hold.released_on),
            ]
            for hold in account.holds.order_by("-id")
        ],
    )


def _letters(account: Account) -> Table:
    return Table(
        _("Registered letters"),
        [
            _("Reference"),
            _("Carrier's number"),
            _("Received on"),
            _("Recorded by"),
            _("Confirmed by"),
            _("Confirmed on"),
        ],
        [
            [
                link(letter, letter.request.code),
                letter.carrier_number,
                day(letter.received_on),
                letter.recorded_by,
                letter.confirmed_by or "–",
                day(letter.confirmed_on),
            ]
            for letter in account.letters.prefetch_related("request", "recorded_by", "confirmed_by").order_by("-id")
        ],
    )


def _warnings(account: Account) -> Table:
    return Table(
        _("Warnings"),
        [_("Erased on"), _("Days before"), _("Planned on"), _("Sent at"), _("Failure")],
        [
            [day(w.erase_on), w.days, day(w.planned_on), moment(w.sent_at), w.failure or "–"]
            for w in ErasureWarning.objects.filter(account=account).order_by("-id")
        ],
    )


def _erasures(account: Account) -> Table:
    return Table(
        _("Erasures"),
        [_("Reference"), _("Rule"), _("Due on"), _("Step"), _("Rows"), _("Done at")],
        [
            [
                link(run),
                why_erased(run),
                day(run.due_on),
                run.get_step_display(),
                sum(run.rows.values()),
                moment(run.done_at),
            ]
            for run in account.erasures.order_by("-id")
        ],
    )


def _journal(account: Account) -> Table:
    return Table(
        _("Journal"),
        [_("Moment"), _("Event"), _("By"), _("Clause"), _("Facts")],
        [
            [moment(entry.at), sentence(entry.event), actor(entry), clause(entry), facts(entry)]
            for entry in latest(account.reference, ENTRIES)
        ],
        note=_("The last %(count)s entries.") % {"count": ENTRIES},
    )
