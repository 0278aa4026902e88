"""Choosing the accounts that a breach touches: say by what, look at who that is, put them on the list (§13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from breaches.criteria import MOST, Criteria, categories, reach_of, read_references
from breaches.models import Breach
from breaches.selecting import Preview, freeze, preview
from cannonworks.admin import Table, signed_in
from cannonworks.admin_fields import DayField, MomentField, text
from cannonworks.admin_words import FOR_STAFF
from cannonworks.errors import Refused
from processors.models import SubProcessor

#: So many of the words that are no references are named.
NAMED = 10


class SubProcessorField(forms.ModelChoiceField):
    """A sub-processor, and which accounts it touches."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}: {reach_of(obj).words}"


class ChooseForm(forms.Form):
    """What is looked for: all that is said must hold."""

    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Who has data of"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy("One of these is enough. Computed: whoever has such data now."),
    )  # fmt: skip
    since = DayField(
        label=gettext_lazy("First day of the breach"), required=False,
        help_text=gettext_lazy("Accounts that were erased before it are left out."),
    )  # fmt: skip
    until = DayField(
        label=gettext_lazy("Last day of the breach"), required=False,
        help_text=gettext_lazy("Accounts that were opened after it are left out."),
    )  # fmt: skip
    sub_processor = SubProcessorField(
        label=gettext_lazy("Touched by the sub-processor"), queryset=SubProcessor.objects.order_by("name"),
        required=False, empty_label=gettext_lazy("Any account"), widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    references = forms.CharField(
        label=gettext_lazy("Only these references"), required=False,
        help_text=gettext_lazy("Whole references of accounts, from logs or a list; no names and no addresses."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )  # fmt: skip
    noticed_at = MomentField(
        label=gettext_lazy("Noticed at"), required=False,
        help_text=gettext_lazy("For who was found to be affected later: their 48 hours run from it. Give the reason."),
    )  # fmt: skip
    reason = text(
        gettext_lazy("Why these"), most=200, required=False,
        help_text=gettext_lazy("Kept with the list. No names of people."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, breach: Breach) -> None:
        super().__init__(data)
        self.fields["categories"].choices = [(each.value, _word(each)) for each in categories()]  # type: ignore[attr-defined]
        if not breach.selections.exists():
            del self.fields["noticed_at"]  # the first have the clock of the breach itself

    def clean_references(self) -> tuple[Any, ...]:
        found, wrong = read_references(self.cleaned_data["references"])
        if wrong:
            named = ", ".join(word[:40] for word in wrong[:NAMED]) + (" …" if len(wrong) > NAMED else "")
            message = _("These are no references of accounts: %(named)s. Correct them or take them out.")
            raise forms.ValidationError(message % {"named": named})
        if len(found) > MOST:
            message = _("At most %(most)s at a time. Take the others afterwards: the list can be extended.")
            raise forms.ValidationError(message % {"most": MOST})
        return found

    @property
    def criteria(self) -> Criteria:
        """What a form that is right looks for."""
        said = self.cleaned_data
        return Criteria(
            categories=tuple(said["categories"]), since=said["since"], until=said["until"],
            sub_processor=said["sub_processor"] and said["sub_processor"].pk, references=said["references"],
        )  # fmt: skip


class Choosing:
    """The button and the page with which accounts are chosen, for the administration of breaches."""

    @action(
        description=gettext_lazy("Choose accounts"), permissions=["act"], icon="group_add",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def choose(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what is looked for, look at who that is, and freeze what was looked at."""
        row = self.row(request, object_id)
        form = ChooseForm(request.POST if request.method == "POST" else None, breach=row)
        seen, status = None, 200
        if request.method == "POST":
            status = 409
            if form.is_valid():
                if "freeze" in request.POST and self._frozen(request, row, form):
                    return redirect(self.page_of(row))
                seen = self._previewed(request, row, form)
                status = 200 if seen and "freeze" not in request.POST else 409
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "original": row, "form": form, "seen": seen,
            "title": _("Choose affected accounts"), "back": self.page_of(row), "media": self.media + form.media,
            **(_shown(form.criteria, seen) if seen else {}),
        }  # fmt: skip
        return TemplateResponse(request, "admin/breaches/choose.html", context, status=status)

    def _frozen(self, request: HttpRequest, row: Breach, form: ChooseForm) -> bool:
        said = form.cleaned_data
        try:
            with transaction.atomic():
                made = freeze(
                    row, form.criteria, actor=signed_in(request), at=timezone.now(), reason=said["reason"],
                    noticed_at=said.get("noticed_at"), seen=request.POST["freeze"],
                )  # fmt: skip
        except Refused as refused:
            messages.error(request, refused.message)
            return False
        words = ngettext(
            "%(count)s account was put on the list.", "%(count)s accounts were put on the list.", made.added
        )
        messages.success(request, words % {"count": made.added})
        return True

    def _previewed(self, request: HttpRequest, row: Breach, form: ChooseForm) -> Preview | None:
        try:
            with transaction.atomic():
                return preview(form.criteria, row, actor=signed_in(request))
        except Refused as refused:
            form.add_error(None, refused.message)
            return None


def _shown(criteria: Criteria, seen: Preview) -> dict[str, Any]:
    """What was looked for in words, what freezing would do in numbers, and some references."""
    facts: list[tuple[str, object]] = [
        (_("Found"), seen.found),
        (_("On the list already"), seen.known),
        *((_("To be added, %(state)s") % {"state": state.lower()}, count) for state, count in seen.by_state),
    ]
    if seen.gone:
        facts.append((_("Erased: can be told no more"), seen.gone))
    unknown = ", ".join(seen.unknown[:NAMED]) + (" …" if len(seen.unknown) > NAMED else "")
    if unknown:
        facts.append((_("References of no account: %(count)s") % {"count": len(seen.unknown)}, unknown))
    rows = [[reference] for reference in seen.first]
    title = _("The first %(count)s references") % {"count": len(rows)}
    return {
        "words": criteria.words(), "facts": facts, "tables": [Table(title, [_("Reference")], rows)] if rows else [],
    }  # fmt: skip


def _word(category: Any) -> str | Promise:
    return capfirst(str(FOR_STAFF.get(category, category.label)))
