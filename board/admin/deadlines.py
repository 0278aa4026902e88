"""The board of every running clock: sorted by its end, filtered, explained; each sees what his rights show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from board.admin.shown import table
from board.running import Clock, Clocks, Urgency
from cannonworks.clocks import ClockKind, Who, kinds_for
from cannonworks.listing import Order, listing

ORDERS = (Order("due", gettext_lazy("Time left"), Clocks.ORDER),)


class FilterForm(forms.Form):
    """What is shown: clocks of one kind, and of whoever must act."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, widget=UnfoldAdminSelectWidget())
    who = forms.ChoiceField(
        label=gettext_lazy("Who must act"), required=False, widget=UnfoldAdminSelectWidget(),
        choices=[("", gettext_lazy("Everybody")), *Who.choices],
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        choices=[("", ""), *Urgency.choices], coerce=int, empty_value=None, required=False, widget=forms.HiddenInput()
    )

    def __init__(self, data: Any, seen: Sequence[ClockKind]) -> None:
        super().__init__(data)
        named = sorted(((kind.name, str(kind.label)) for kind in seen), key=lambda each: each[1])
        self.fields["kind"].choices = [("", _("All kinds")), *named]  # type: ignore[attr-defined]
        self.full_clean()

    def chosen(self, name: str) -> Any:
        """What was chosen; what makes no sense is as if nothing was."""
        return self.cleaned_data.get(name) if name not in self.errors else None


@dataclass(frozen=True)
class Choice:
    """A filter by urgency: its words, how many clocks it has, its address, and whether it is the one that is shown."""

    label: str
    count: int
    address: str
    is_chosen: bool


class Shown:
    """Clocks of which one page is shown, and the counts that came with it."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self.counts: Mapping[Urgency, int] = {}

    def page(self, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> list[Clock]:
        """The page, as ``listing`` asks for it."""
        found, self.counts = self.clocks.counted(ordering, place, most)
        return found


@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """The clocks that this member of staff may see: one statement, and one for the names of accounts."""
    at, seen = timezone.now(), kinds_for(request.user)
    form = FilterForm(request.GET, seen)
    clocks = Clocks([kind for kind in seen if _fits(kind, form)], at)
    urgency = form.chosen("urgency")
    wanted = Shown(clocks if urgency is None else replace(clocks, urgency=Urgency(urgency)))
    page = listing(request, wanted, ORDERS)
    context = {
        **admin.site.each_context(request), "title": _("Deadlines"), "form": form, "page": page, "seen": seen,
        "table": table(page.rows, request.user, at=at), "choices": _choices(request, wanted.counts, urgency),
    }  # fmt: skip
    return TemplateResponse(request, "admin/deadlines.html", context)


def _fits(kind: ClockKind, form: FilterForm) -> bool:
    name, who = form.chosen("kind"), form.chosen("who")
    return (not name or kind.name == name) and (not who or kind.who == who)


def _choices(request: HttpRequest, counts: Mapping[Urgency, int], urgency: int | None) -> list[Choice]:
    told = {name: value for name in ("kind", "who") if (value := request.GET.get(name))}
    whole = Choice(_("All"), sum(counts.values()), f"?{urlencode(told)}", urgency is None)
    each = [
        Choice(str(step.label), counts[step], f"?{urlencode(told | {'urgency': step.value})}", urgency == step)
        for step in sorted(Urgency, reverse=True)
    ]
    return [whole, *(choice for choice in each if choice.count or choice.is_chosen)]
