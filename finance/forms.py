"""The editor of a draft: its fields, its lines and what they come to, all computed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import Day
from cannonworks.forms import Revised
from finance import numbers
from finance.models import Document, Line, VatRate
from finance.totals import net_of
from relations.models import Relation


class Number(forms.DecimalField):
    """A number in Dutch or English notation, shown again in the reader's own."""

    widget = forms.TextInput
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("This is not a number. Write it like 12.50.")}

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str) and value.strip():
            try:
                return numbers.parse(value)
            except ValueError:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return value or None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        return numbers.typed(value, decimals=2 if self.decimal_places == 2 else None)


class DocumentForm(Revised):
    """A draft but its lines. Of a quote it asks until when it is valid, of an invoice when it was supplied."""

    relation = forms.ModelChoiceField(
        Relation.objects.none(), required=False, to_field_name="reference", widget=forms.HiddenInput
    )

    LEFT_OUT: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "quote": ("supplied_on", "supplied_until", "payment_days"),
        "invoice": ("valid_until",),
        "credit": ("valid_until", "payment_days"),
    }
    RECIPIENT = ("recipient_name", "recipient_address", "recipient_vat_number", "customer_reference")
    SPAN: ClassVar[Mapping[str, int]] = {
        "recipient_vat_number": 3, "customer_reference": 3, "supplied_on": 3, "supplied_until": 3, "payment_days": 3,
        "valid_until": 3, "language": 3,
    }  # fmt: skip

    class Meta:
        model = Document
        fields = (
            "relation", "recipient_name", "recipient_address", "recipient_vat_number", "customer_reference",
            "supplied_on", "supplied_until", "valid_until", "payment_days", "language", "exemption_ground", "remarks",
        )  # fmt: skip
        widgets = {
            **dict.fromkeys(("supplied_on", "supplied_until", "valid_until"), Day),
            "recipient_address": forms.Textarea(attrs={"rows": 3}),
            "remarks": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {
            "recipient_name": _("Name of the customer"),
            "recipient_vat_number": _("VAT number of the customer"),
            "customer_reference": _("Customer's reference"),
            "supplied_on": _("Supplied on, or from"),
            "supplied_until": _("Up to and including"),
            "payment_days": _("Days to pay"),
            "language": _("Language of the document"),
            "exemption_ground": _("Why exempt from VAT"),
        }
        help_texts = {
            "supplied_on": _("Empty: the day on which you issue it."),
            "supplied_until": _("Only for a period."),
            "recipient_vat_number": _("Needed for reverse charge and within the EU."),
            "exemption_ground": _("Only with exempt lines. For example: Article 11(1)(o) Wet OB 1968."),
            "remarks": _("Shown at the bottom: how to pay, a word of thanks."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.LEFT_OUT[self.instance.kind]:
            del self.fields[name]
        self.fields["relation"].queryset = Relation.objects.filter(account=self.instance.account_id)  # type: ignore[attr-defined]

    @property
    def recipient(self) -> list[Any]:
        return [self[name] for name in self.RECIPIENT]

    @property
    def terms(self) -> list[Any]:
        return [field for field in self.visible_fields() if field.name not in self.RECIPIENT]


class LineForm(forms.ModelForm):
    """One line; without words and price it is not there."""

    quantity = Number(label=_("Quantity"), max_digits=12, decimal_places=3, initial=Decimal(1))
    unit_price = Number(label=_("Price"), max_digits=12, decimal_places=2)
    vat_rate = forms.ChoiceField(label=_("VAT"), choices=VatRate.choices, initial=VatRate.HIGH)

    class Meta:
        model = Line
        fields = ("description", "quantity", "unit_price", "vat_rate")
        labels = {"description": _("Description")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, use_required_attribute=False, empty_permitted=True, **kwargs)
        self.fields["description"].widget.attrs["autocomplete"] = "off"

    def has_changed(self) -> bool:
        return any(str(self[name].value() or "").strip() for name in ("description", "unit_price"))

    @property
    def vat_rate_known(self) -> str:
        said = str(self["vat_rate"].value())
        return said if said in VatRate.values else VatRate.HIGH

    @property
    def net(self) -> Decimal | None:
        """What it comes to as far as it has been typed; None: nothing yet."""
        try:
            quantity, price = (self.fields[name].clean(self[name].value()) for name in ("quantity", "unit_price"))
        except ValidationError:
            return None
        return net_of(quantity, price)


def first_values(kind: str, on: date) -> dict[str, Any]:
    """What a new document begins with: a quote is valid for thirty days."""
    return {"valid_until": on + timedelta(days=30)} if kind == "quote" else {}
