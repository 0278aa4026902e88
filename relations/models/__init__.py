"""The data subjects of an account holder (§3, §4, §19), and the files by which many come in at once."""

from relations.models.departures import Departure
from relations.models.imports import UNDER_WAY, Import, ImportState, Refusal, What
from relations.models.people import PEOPLE, Employee, EmployeeKind, Folded, Person, PersonKind, Relation, Sortable

__all__ = [
    "PEOPLE",
    "UNDER_WAY",
    "Departure",
    "Employee",
    "EmployeeKind",
    "Folded",
    "Import",
    "ImportState",
    "Person",
    "PersonKind",
    "Refusal",
    "Relation",
    "Sortable",
    "What",
]
