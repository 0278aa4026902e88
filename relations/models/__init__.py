"""The data subjects of an account holder (§3, §4, §19), and the files by which many come in at once."""

from relations.models.imports import UNDER_WAY, Import, ImportState, Refusal, What
from relations.models.people import Employee, EmployeeKind, Folded, Person, Relation, Sortable

__all__ = [
    "UNDER_WAY",
    "Employee",
    "EmployeeKind",
    "Folded",
    "Import",
    "ImportState",
    "Person",
    "Refusal",
    "Relation",
    "Sortable",
    "What",
]
