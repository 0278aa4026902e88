"""What staff fill in of a breach that a holder reported by phone, e-mail or letter, and how they judge one (§13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import Account
from accounts.states import State
from breaches.models import Breach, BreachKind, BreachReport, ReportChannel
from breaches.reporting import BY_STAFF
from cannonworks.admin_fields import MomentField, text
from cannonworks.lookups import REFERENCE, reference_begins


def _text(name: str, label: Any, *, rows: int = 0, help_text: Any = "", required: bool = False) -> forms.CharField:
    """A field as long as the report's own."""
    most = BreachReport._meta.get_field(name).max_length
    return text(label, most=most, rows=rows, help_text=help_text, required=required)


class EnterForm(forms.Form):
    """Whose report it is, how and when it came in, and what was told."""

    account = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=254,
        help_text=gettext_lazy("KvK number, e-mail of the company, or the reference of the account."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Came by"),
        choices=[(way, ReportChannel(way).label) for way in BY_STAFF],
        widget=UnfoldAdminRadioSelectWidget(),
    )
    came_at = MomentField(
        label=gettext_lazy("Came in at"),
        help_text=gettext_lazy(
            "When the call was, or when the mail or letter arrived: our clocks begin then. Amsterdam time."
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=BreachKind.choices, widget=UnfoldAdminRadioSelectWidget()
    )
    noticed_at = MomentField(label=gettext_lazy("Noticed by the holder at"))
    is_ongoing = forms.BooleanField(
        label=gettext_lazy("Still going on"), required=False, initial=True, widget=UnfoldBooleanWidget()
    )
    what = _text("what", gettext_lazy("What happened"), rows=6, required=True)
    which_data = _text("which_data", gettext_lazy("Which data, of whom"), rows=3)
    done = _text("done", gettext_lazy("What was done about it"), rows=3)
    contact = _text("contact", gettext_lazy("How to reach them"))

    def clean_account(self) -> Account:
        """The one account that is meant."""
        said = self.cleaned_data["account"].strip()
        meant = Q(company__kvk_number=said) | Q(company__email__iexact=said)
        if REFERENCE.fullmatch(said):
            meant |= reference_begins("reference", said)
        found = list(Account.objects.filter(meant).exclude(state=State.ERASED).order_by("pk")[:2])
        if not found:
            raise forms.ValidationError(_("There is no such account. Look it up under Accounts."))
        if len(found) > 1:
            raise forms.ValidationError(_("More than one account is like that: fill in its reference."))
        return found[0]


def judge_form(report: BreachReport) -> type[forms.Form]:
    """The form with the open breaches, the newest first."""
    found = [(str(row.pk), str(row)) for row in Breach.objects.open().order_by("-number")[:100]]

    class JudgeForm(forms.Form):
        breach = forms.ChoiceField(
            label=gettext_lazy("Which breach it is"),
            choices=[("", gettext_lazy("None: it is no breach")), *found],
            required=False,
            widget=UnfoldAdminSelectWidget(),
        )
        answer = _text(
            "answer", gettext_lazy("What the holder reads"), rows=6,
            help_text=gettext_lazy("Needed when it is no breach: why not, in plain words. No names."),
        )  # fmt: skip

        def clean(self) -> dict[str, Any]:
            said = super().clean() or {}
            if not said.get("breach") and not said.get("answer", "").strip() and "answer" not in self.errors:
                self.add_error("answer", _("Tell the holder why it is none, or choose the breach that it is."))
            return said

    return JudgeForm
