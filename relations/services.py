"""Adding data subjects to an account, and reading the one secret among their data (§3, §19)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_writable, data_key, lock
from cannonworks import dutch
from cannonworks.errors import Refused
from journal import services as journal
from relations.models import Employee, Relation


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
        number = dutch.bsn(bsn)
        # The constraint compares hashes under one key; while keys change there are two, and both are looked for.
        if Employee.objects.with_bsn(number, account=account).exists():
            raise ValidationError({"bsn": _("An employee with this BSN exists already.")})
        Employee._meta.get_field("bsn").seal_value(employee, number, key=data_key(account))  # type: ignore[union-attr]
    employee.full_clean()
    employee.save(force_insert=True)
    journal.record("employee.added", account=account, actor=actor, clause="19", employee=employee.reference)
    return employee


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
