"""How clocks look on the pages of staff: time left in the colour and the words of its urgency, and why it ends then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from board.running import Clock, Urgency, address_of, short
from cannonworks.admin import Table
from cannonworks.admin_words import chip
from cannonworks.left import time_left

LOOKS = {
    Urgency.WAITING: "",
    Urgency.RUNNING: "success",
    Urgency.HALF: "info",
    Urgency.THREE_QUARTERS: "warning",
    Urgency.NINE_TENTHS: "danger",
    Urgency.PAST: "danger",
}
HEADERS = (
    gettext_lazy("Time left"), gettext_lazy("What"), gettext_lazy("Clause"), gettext_lazy("Account"),
    gettext_lazy("Who must act"), gettext_lazy("Why then"),
)  # fmt: skip
EXPLAINED = (
    '<details class="min-w-0"><summary class="cursor-pointer text-link">{}</summary>'
    '<p class="leading-relaxed mt-1 text-subtle text-xs">{}</p></details>'
)
LINK = '<a class="text-link" href="{}">{}</a>'


def table(found: Sequence[Clock], user: Any, *, at: datetime, title: str = "") -> Table:
    """The clocks as lines; accounts by name for whoever may see them: one query, however many there are."""
    names = _names(found, user)
    return Table(title, [str(header) for header in HEADERS], [_line(clock, names, at) for clock in found])


def _line(clock: Clock, names: Mapping[int, object], at: datetime) -> list[object]:
    return [
        format_html('<span class="flex flex-col gap-1 items-start">{}{}</span>', chip_of(clock, at=at), _moment(clock)),
        what(clock),
        f"§{clock.kind.clause}",
        names.get(clock.account or 0, "–"),
        clock.kind.who.label,
        _explained(clock),
    ]


def _explained(clock: Clock) -> str:
    """Why it ends then, on a click; without a template, for there are fifty of them on a page."""
    lines = escape("\n".join(clock.explain())).replace("\n", "<br>")
    return format_html(EXPLAINED, _("Explain"), SafeString(lines))


def chip_of(clock: Clock, *, at: datetime) -> str:
    """How long there is left, or how long it is over."""
    words = time_left(clock.due_at, at=at).words
    if clock.urgency == Urgency.WAITING:
        words = _("not before that day") if clock.due_at > at else _("may begin")
    return chip(LOOKS[clock.urgency], words)


def what(clock: Clock) -> str:
    """The kind, with a link to its row where it has a page, and for how many rows it stands."""
    words = f"{clock.kind.label} · {clock.short}"
    address = clock.address
    shown = format_html(LINK, address, words) if address else words
    if clock.number == 1:
        return shown
    number = ngettext("%(count)d account", "%(count)d accounts", clock.number) % {"count": clock.number}
    return format_html('<span class="flex flex-col gap-1 items-start">{}<span>{}</span></span>', shown, number)


def _moment(clock: Clock) -> str:
    return format_html(
        '<time class="text-subtle text-xs" datetime="{}">{}</time>', clock.due_at.isoformat(), short(clock.due_at)
    )


def _names(found: Sequence[Clock], user: Any) -> Mapping[int, object]:
    keys = {clock.account for clock in found if clock.account}
    if not keys or not user.has_perm("accounts.view_account"):
        return {}
    rows = Account.objects.filter(pk__among=keys).values_list("pk", "reference", "company__company_name")
    return {
        pk: format_html(LINK, address_of(f"accounts.account:{pk}"), name or str(reference)[:8])
        for pk, reference, name in rows
    }
