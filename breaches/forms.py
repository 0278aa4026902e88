"""What somebody fills in who reports a breach: an account holder here, staff in the administration (§13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from breaches.models import BreachReport
from cannonworks.forms import Grouped, MomentField

#: What a report tells, in the order in which it is asked.
TOLD = ("kind", "noticed_at", "is_ongoing", "what", "which_data", "done", "contact")


class ReportForm(Grouped, forms.ModelForm):
    """A breach that an account holder noticed. Only what, when and which kind must be told: quick goes before whole."""

    noticed_at = MomentField(label=_("When did you notice it?"), help_text=_("About will do. Amsterdam time."))

    class Meta:
        model = BreachReport
        fields = TOLD
        widgets = {"kind": forms.RadioSelect}
        labels = {
            "kind": _("What is it about?"),
            "is_ongoing": _("It is still going on"),
            "what": _("What happened?"),
            "which_data": _("Which data is it, and of whom?"),
            "done": _("What did you do about it?"),
            "contact": _("How do we reach you best?"),
        }
        help_texts = {
            "what": _("In your own words. No names, passwords or BSNs of people."),
            "which_data": _("Kinds of data and about how many people; no names."),
            "done": _("For example: changed a password, blocked a device, called the police."),
            "contact": _("A phone number and when, or another e-mail. We have the e-mail with which you sign in."),
        }

    GROUPS = (
        (Meta.labels["kind"], ("kind",)),
        (_("What do you know?"), ("what", "noticed_at", "is_ongoing", "which_data", "done")),
        (_("How we go on"), ("contact",)),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        kind.choices = [choice for choice in kind.choices if choice[0]]  # type: ignore[attr-defined]
        kind.error_messages["required"] = _("Choose what fits best. Not sure? Take the last one.")
        self.fields["what"].error_messages["required"] = _("Tell what happened, even if you know little yet.")
        self.fields["noticed_at"].error_messages["required"] = _("Fill in when you noticed it; about will do.")
        for name, rows in (("what", 6), ("which_data", 3), ("done", 3)):
            widget = self.fields[name].widget
            widget.attrs["rows"] = rows
            # A browser would cut off what is pasted without a word; we say that it is too long, and keep it.
            widget.attrs.pop("maxlength", None)

    def _post_clean(self) -> None:
        """Leave the rules of the row to the service, which says all that is wrong at once."""

    def clean_is_ongoing(self) -> bool:
        return bool(self.cleaned_data["is_ongoing"])


def show_errors(form: forms.BaseForm, wrong: dict[str, Any] | list[Any]) -> None:
    """Put what a service found wrong beside the fields that it is about."""
    if isinstance(wrong, dict):
        for name, errors in wrong.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, wrong)
