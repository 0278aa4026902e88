"""The two kinds of people that an account keeps, for pages that are the same for both but for their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from relations import services
from relations.forms import EmployeeForm, PersonForm, RelationForm
from relations.models import Employee, Person, Relation


@dataclass(frozen=True)
class Kind:
    """A kind of people: its model and form, the services that write it, and the words of its pages."""

    model: type[Person]
    form: type[PersonForm]
    add: Callable[..., Any]
    change: Callable[..., Any]
    remove: Callable[..., Any]
    icon: str
    people: str | Promise
    new: str | Promise
    none_yet: str | Promise
    why: str | Promise
    added: str | Promise
    goes: str | Promise

    @property
    def name(self) -> str:
        """In addresses: ``relation``, ``relation-change``; the list is ``relations``."""
        return str(self.model._meta.model_name)

    @property
    def plural(self) -> str:
        """The list, in addresses: ``relations``, ``relations-import``."""
        return f"{self.name}s"

    @property
    def has_kinds(self) -> bool:
        return self.model is Employee


RELATIONS = Kind(
    Relation, RelationForm, services.add_relation, services.change_relation, services.remove_relation, "people",
    people=_("Relations"),
    new=_("New relation"),
    none_yet=_("No relations yet"),
    why=_("Customers, suppliers and others you do business with. Add one, and you can send it quotes and invoices."),
    added=_("%(name)s is among your relations now."),
    goes=_("Name, address, e-mail, phone and numbers are erased at once."),
)  # fmt: skip
EMPLOYEES = Kind(
    Employee, EmployeeForm, services.add_employee, services.change_employee, services.remove_employee, "employee",
    people=_("Employees"),
    new=_("New employee"),
    none_yet=_("No employees yet"),
    why=_("Employees and contractors who work for you."),
    added=_("%(name)s is among your employees now."),
    goes=_("Name, address, e-mail, phone, numbers and the BSN are erased at once."),
)  # fmt: skip
