"""Forms on people, in one for relations and employees, and what stands above their lists."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import ContactForm
from cannonworks import dutch
from relations.finding import ORDERS, Choice
from relations.models import Employee, EmployeeKind, Relation

NAME = ("first_name", "initials", "infix", "last_name", "gender")
CALLED = (gettext_lazy("Name"), NAME)


class PersonForm(ContactForm):
    """Who it is, besides where and how to be reached."""

    SPAN: ClassVar = {**ContactForm.SPAN, "first_name": 4, "initials": 2, "infix": 2, "last_name": 4, "gender": 3}

    def fields_changed(self) -> dict[str, Any]:
        """The fields of the row that were typed otherwise than they stand in it."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self._meta.fields}


class RelationForm(PersonForm):
    GROUPS = (ContactForm.GROUPS[0], CALLED, *ContactForm.GROUPS[1:])

    class Meta:
        model = Relation
        fields = (*NAME, *ContactForm.Meta.fields)


class Unshown(forms.TextInput):
    """A field that is typed and never shown again."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class EmployeeForm(PersonForm):
    """The same with a kind, and a citizen service number (UAVG 46) that is entered, and not shown."""

    bsn = forms.CharField(
        label=gettext_lazy("BSN"), required=False, max_length=20,
        widget=Unshown(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )  # fmt: skip
    remove_bsn = forms.BooleanField(label=gettext_lazy("Remove the BSN"), required=False)

    GROUPS = (
        (CALLED[0], ("kind", *NAME)),
        (gettext_lazy("Citizen service number"), ("bsn", "remove_bsn")),
        *ContactForm.GROUPS[1:],
        ContactForm.GROUPS[0],
    )
    SPAN: ClassVar = {**PersonForm.SPAN, "kind": 3, "bsn": 3}

    class Meta:
        model = Employee
        fields = ("kind", *NAME, *ContactForm.Meta.fields)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.masked_bsn:
            self.fields["bsn"].help_text = _("There is a BSN. Leave this empty to keep it.")
        else:
            del self.fields["remove_bsn"]
            self.fields["bsn"].help_text = _("Only where the law asks for it, as for wages. Kept encrypted.")

    def clean_bsn(self) -> str:
        typed = self.cleaned_data["bsn"]
        return dutch.bsn(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("bsn") and cleaned.get("remove_bsn"):
            self.add_error("remove_bsn", _("Either enter a BSN or have it removed, not both."))
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and self.cleaned_data.get("bsn"):
            self.add_error("bsn", _("Type the BSN once more: it is not sent back to you."))

    def fields_changed(self) -> dict[str, Any]:
        bsn = "" if self.cleaned_data.get("remove_bsn") else self.cleaned_data["bsn"] or None
        return {**super().fields_changed(), **({} if bsn is None else {"bsn": bsn})}


class ChoiceForm(forms.Form):
    """Which people are listed: words in them, restricted or not, of a kind; and the order."""

    search = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    restricted = forms.ChoiceField(
        label=gettext_lazy("Restriction"), required=False,
        choices=[
            ("", gettext_lazy("All")), ("no", gettext_lazy("Not restricted")), ("yes", gettext_lazy("Restricted")),
        ],
    )  # fmt: skip
    order = forms.ChoiceField(
        label=gettext_lazy("Order"), required=False, choices=[(order.name, order.label) for order in ORDERS]
    )

    def __init__(self, *args: Any, with_kind: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["search"].widget = forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Name, town, e-mail, phone …")}
        )
        self.fields["kind"].choices = [("", _("All")), *EmployeeKind.choices]  # type: ignore[attr-defined]
        if not with_kind:
            del self.fields["kind"]

    def choice(self) -> Choice:
        """What was chosen; what makes no sense is as if it were not there."""
        said = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        restricted = {"no": False, "yes": True}.get(said.get("restricted", ""))
        return Choice(said.get("search", ""), restricted, said.get("kind", ""))
