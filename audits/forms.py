"""What the main user fills in about a test, and the tester when accepting (§12)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.models import Audit, AuditKind, Auditor, Proposal, Qualification
from cannonworks.errors import Refused
from cannonworks.forms import Grouped, MomentField

#: At which field it stands what a service refuses.
PLACES = {
    "too_early": "starts_at", "in_the_past": "starts_at", "too_far": "starts_at", "once_a_year": "starts_at",
    "same_window": "starts_at", "ends_first": "ends_at", "too_long": "ends_at", "say_which": "qualification_words",
    "say_why": "reason", "name_missing": "name", "no_paper": "report", "paper_too_large": "report",
}  # fmt: skip
LANGUAGES = (("nl", _("Dutch")), ("en", _("English")))


def say(form: forms.Form, refused: Refused) -> None:
    """Show a refusal at its field, or above the form where it has none."""
    place = PLACES.get(refused.code)
    form.add_error(place if place in form.fields else None, refused.message)


def _length(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


class WindowForm(Grouped, forms.Form):
    starts_at = MomentField(label=_("Begins"), help_text=_("Amsterdam time."))
    ends_at = MomentField(label=_("Ends"), help_text=_("At most fourteen days later."))


class TesterForm(Grouped, forms.Form):
    """Who carries out the test."""

    name = forms.CharField(label=_("Name"), max_length=_length(Auditor, "name"))
    company = forms.CharField(label=_("Company"), max_length=_length(Auditor, "company"))
    email = forms.EmailField(label=_("E-mail"), help_text=_("There we ask to accept our security procedures."))
    qualification = forms.ChoiceField(label=_("Qualification"), choices=Qualification.choices)
    qualification_words = forms.CharField(
        label=_("Which"), max_length=_length(Auditor, "qualification_words"), required=False,
        help_text=_("Title, register or certificate. Needed for somebody else."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language of the mails"), choices=LANGUAGES)

    NAMES = ("name", "company", "email", "qualification", "qualification_words", "language")
    GROUPS = ((_("Who tests"), NAMES),)
    SPAN = {"name": 3, "company": 3, "email": 3, "language": 3, "qualification": 3, "qualification_words": 3}

    def tester(self) -> dict[str, Any]:
        """What says who tests, as the services take it."""
        return {name: self.cleaned_data[name] for name in self.NAMES}


class AnnounceForm(TesterForm, WindowForm):
    """The announcement: what, when and by whom."""

    kind = forms.ChoiceField(label=_("Kind of test"), choices=AuditKind.choices)
    scope = forms.CharField(
        label=_("What is tested"), max_length=_length(Audit, "scope"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example: the app, the API, or how we keep the clauses of the agreement."),
    )  # fmt: skip
    knows_costs = forms.BooleanField(label=_("I know that the costs of the test are mine."))

    GROUPS = (
        (_("The test"), ("kind", "scope")),
        (_("When"), ("starts_at", "ends_at")),
        *TesterForm.GROUPS,
        (_("Costs"), ("knows_costs",)),
    )
    SPAN = TesterForm.SPAN | {"starts_at": 3, "ends_at": 3}


class ProposeForm(WindowForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=_length(Proposal, "reason"), required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    GROUPS = (("", ("starts_at", "ends_at", "reason")),)
    SPAN = {"starts_at": 3, "ends_at": 3}


class WithdrawForm(Grouped, forms.Form):
    why = forms.CharField(label=_("Reason"), max_length=_length(Audit, "why"), required=False)


class ReportForm(Grouped, forms.Form):
    report = forms.FileField(
        label=_("Report of the tester"), help_text=_("PDF, JPEG or PNG, 10 MB at most."), max_length=200
    )


class AcceptForm(Grouped, forms.Form):
    """The tester accepts the text that was on the page."""

    name = forms.CharField(label=_("Your name"), max_length=_length(Auditor, "accepted_as"))
    accepts = forms.BooleanField(label=_("I have read the procedures and keep to them."))
    digest = forms.CharField(widget=forms.HiddenInput)
