"""What staff fill in about tests by account holders (§12)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from audits import by_letter
from audits.forms import LANGUAGES
from audits.models import Audit, AuditKind, Qualification
from cannonworks.admin_fields import DayField, MomentField, PaperField, text


class OfferForm(forms.Form):
    starts_at = MomentField(label=_("Begins"))
    ends_at = MomentField(label=_("Ends"))
    reason = text(_("Why the proposed date does not suit us"), most=1000, rows=3)


class LetterForm(forms.Form):
    """An announcement that came by letter."""

    account = text(_("Reference of the account"), most=36)
    received_on = DayField(label=_("Received on"))
    scan = PaperField(label=_("Scan of the letter"), clause="12")
    kind = forms.ChoiceField(label=_("Kind of test"), choices=AuditKind.choices, widget=UnfoldAdminSelectWidget())
    scope = text(_("What is tested"), most=2000, rows=4)
    starts_at = MomentField(label=_("Begins"))
    ends_at = MomentField(label=_("Ends"))
    name = text(_("Name of the tester"), most=120)
    company = text(_("Company"), most=120)
    email = forms.EmailField(label=_("E-mail"), widget=text("", most=254).widget)
    qualification = forms.ChoiceField(
        label=_("Qualification"), choices=Qualification.choices, widget=UnfoldAdminSelectWidget()
    )
    qualification_words = text(_("Which"), most=200, required=False)
    language = forms.ChoiceField(label=_("Language of the mails"), choices=LANGUAGES, widget=UnfoldAdminSelectWidget())

    TESTER = ("name", "company", "email", "qualification", "qualification_words", "language")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["tester"] = {name: said.pop(name) for name in self.TESTER if name in said}
        return said


class AnswerForm(forms.Form):
    """A letter of the account holder about a test."""

    says = forms.ChoiceField(label=_("The account holder"), choices=by_letter.Says, widget=UnfoldAdminSelectWidget())
    received_on = DayField(label=_("Received on"))
    scan = PaperField(label=_("Scan of the letter"), clause="12")
    starts_at = MomentField(label=_("Begins"), required=False, help_text=_("For another date alone."))
    ends_at = MomentField(label=_("Ends"), required=False, help_text=_("For another date alone."))
    reason = text(_("Reason"), most=1000, rows=3, required=False)


def answer_to(audit: Audit) -> type[AnswerForm]:
    """The form with what a letter can say about this test now."""

    class About(AnswerForm):
        says = forms.ChoiceField(
            label=AnswerForm.base_fields["says"].label, widget=UnfoldAdminSelectWidget(),
            choices=[(says.value, says.label) for says in by_letter.possible(audit)],
        )  # fmt: skip

    return About


class StopForm(forms.Form):
    why = text(_("Reason"), most=1000, rows=3, help_text=_("The account holder reads this."))


class CostsForm(forms.Form):
    cents = forms.IntegerField(
        label=_("Amount in cents, without VAT"), min_value=0, max_value=10**12, widget=UnfoldAdminIntegerFieldWidget()
    )
    what = text(_("What for"), most=300)
