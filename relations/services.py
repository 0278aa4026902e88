"""Adding, changing and removing data subjects of an account, and reading the one secret among their data (§3, §19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_writable, data_key, lock
from cannonworks import dutch
from cannonworks.errors import Refused
from journal import services as journal
from relations.models import Employee, Person, Relation

Somebody = TypeVar("Somebody", Relation, Employee)


@transaction.atomic
def add_relation(account: Account, *, actor: User, **fields: Any) -> Relation:
    """Add a relation to a running account; Refused when the account is read-only, ValidationError on bad fields."""
    account = lock(account)
    check_writable(account)
    relation = Relation(account=account, **fields)
    relation.full_clean()
    relation.save(force_insert=True)
    journal.record("relation.added", account=account, actor=actor, clause="3", relation=relation.reference)
    return relation


@transaction.atomic
def add_employee(account: Account, *, actor: User, bsn: str = "", **fields: Any) -> Employee:
    """Add an employee or contractor; ``bsn`` passes the 11-test and is stored sealed and as a keyed hash."""
    account = lock(account)
    check_writable(account)
    employee = Employee(account=account, **fields)
    if bsn:
        _set_bsn(employee, bsn)
    employee.full_clean()
    employee.save(force_insert=True)
    journal.record("employee.added", account=account, actor=actor, clause="19", employee=employee.reference)
    return employee


@transaction.atomic
def change_relation(relation: Relation, *, actor: User, **fields: Any) -> Relation:
    """Change fields of a relation; documents keep the name and address that they were issued with (§5.2, §15)."""
    relation = _lock(relation)
    _change(relation, fields)
    journal.record(
        "relation.changed", account=relation.account, actor=actor, clause="3",
        relation=relation.reference, fields=sorted(fields),
    )  # fmt: skip
    return relation


@transaction.atomic
def remove_relation(relation: Relation, *, actor: User) -> None:
    """Erase a relation; issued documents and drafts stay, with their own snapshot of name and address (§15)."""
    relation = _lock(relation)
    reference = relation.reference
    relation.delete()
    journal.record("relation.removed", account=relation.account, actor=actor, clause="15", relation=reference)


@transaction.atomic
def change_employee(employee: Employee, *, actor: User, bsn: str | None = None, **fields: Any) -> Employee:
    """Change fields of an employee or contractor; ``bsn`` empty takes the number away, None leaves it as it is."""
    employee = _lock(employee)
    if bsn:
        _set_bsn(employee, bsn)
    elif bsn is not None:
        employee.bsn = employee.bsn_hash = None
    _change(employee, fields)
    changed = sorted([*fields, *(["bsn"] if bsn is not None else [])])
    journal.record(
        "employee.changed", account=employee.account, actor=actor, clause="19",
        employee=employee.reference, fields=changed,
    )  # fmt: skip
    return employee


@transaction.atomic
def remove_employee(employee: Employee, *, actor: User) -> None:
    """Erase an employee or contractor, with the citizen service number (§15)."""
    employee = _lock(employee)
    reference = employee.reference
    employee.delete()
    journal.record("employee.removed", account=employee.account, actor=actor, clause="15", employee=reference)


@transaction.atomic
def reveal_bsn(employee: Employee, *, actor: User) -> str:
    """Return the citizen service number in plain text, to the main user only; every reveal is journalled (§19)."""
    if not (actor.is_main and actor.account_id == employee.account_id):
        raise Refused("not_main_user", _("Only the main user of the account can do this."), clause="19")
    if employee.bsn is None:
        raise Refused("no_bsn", _("No BSN has been entered for this person."), clause="19")
    number = Employee._meta.get_field("bsn").open_value(employee, key=data_key(employee.account))  # type: ignore[union-attr]
    journal.record("bsn.revealed", account=employee.account, actor=actor, clause="19", employee=employee.reference)
    return number


def _lock(person: Somebody) -> Somebody:
    """The same person, locked after its account, which must be running; Refused when somebody just removed it."""
    check_writable(lock(person.account))
    found = type(person)._default_manager.select_for_update(of=("self",)).select_related("account").filter(pk=person.pk)
    if (person_ := found.first()) is None:
        raise Refused("gone", _("Somebody else has just removed this."))
    return person_


def _change(person: Person, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(person, name, value)
    person.full_clean()
    person.save(force_update=True)


def _set_bsn(employee: Employee, bsn: str) -> None:
    """Seal a citizen service number into the row. ValidationError when it is none, or another's in this account."""
    account, number = employee.account, dutch.bsn(bsn)
    if Employee.objects.with_bsn(number, account=account).exclude(pk=employee.pk).exists():
        known = ValidationError(_("Somebody with this BSN is in your account already."), code="bsn_known")
        raise ValidationError({"bsn": known})
    Employee._meta.get_field("bsn").seal_value(employee, number, key=data_key(account))  # type: ignore[union-attr]
