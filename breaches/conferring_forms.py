"""What a holder fills in to confer about a breach, and to let us tell others of it (§13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from breaches.models import Meeting, Permission
from cannonworks.forms import Grouped, MomentField


class AskForm(Grouped, forms.Form):
    """Another moment than those offered, and where the holder is reached then."""

    starts_at = MomentField(label=_("When does it suit you?"), help_text=_("Amsterdam time. We take half an hour."))
    place = forms.CharField(
        label=_("On which phone number do we reach you?"), max_length=Meeting._meta.get_field("place").max_length
    )

    GROUPS = (("", ("starts_at", "place")),)
    SPAN = {"starts_at": 3, "place": 3}


class PermissionForm(Grouped, forms.Form):
    """Whom beside the account we may tell."""

    to_subjects = forms.BooleanField(
        label=_("The people whose data it is: your relations and employees"), required=False
    )
    to_others = forms.CharField(
        label=_("Others"), required=False, max_length=Permission._meta.get_field("to_others").max_length,
        help_text=_("For example your insurer or your accountant. Companies or offices, no names of people."),
    )  # fmt: skip

    GROUPS = ((_("Whom may we tell?"), ("to_subjects", "to_others")),)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("to_subjects") and not (said.get("to_others") or "").strip() and not self.errors:
            self.add_error(None, _("Say whom we may tell, or leave this page: then we tell nobody but you."))
        return said
