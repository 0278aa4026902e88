"""Adding, changing, restricting and removing data subjects of an account, and reading the one secret among their data.

Relations and employees go the same way (§3, §15, §19); an employee has a citizen service number besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_not_going, check_writable, data_key, lock
from cannonworks import dutch
from cannonworks.errors import Changed, Refused
from journal import services as journal
from relations import leaving
from relations.asked import check_open
from relations.leaving import Trace
from relations.models import Employee, Person, Relation

Somebody = TypeVar("Somebody", Relation, Employee)
#: Under which clause it is journalled that somebody is added or changed.
CLAUSES: Mapping[type[Person], str] = {Relation: "3", Employee: "19"}


def add_relation(account: Account, *, actor: User, **fields: Any) -> Relation:
    """Add a relation to a running account; Refused when the account is read-only, ValidationError on bad fields."""
    return _add(Relation, account, actor, fields)


def add_employee(account: Account, *, actor: User, bsn: str = "", **fields: Any) -> Employee:
    """Add an employee or contractor; ``bsn`` passes the 11-test and is stored sealed and as a keyed hash."""
    return _add(Employee, account, actor, fields, bsn=bsn or None)


def change_relation(relation: Relation, *, actor: User, revision: int | None = None, **fields: Any) -> Relation:
    """Change fields of a relation; documents keep the name and address that they were issued with (§5.2, §15).

    Changed when ``revision`` is given and somebody else saved since; Refused of who is restricted, and in an account
    that does not run unless they asked for it themselves.
    """
    return _change(relation, actor, revision, fields)


def change_employee(
    employee: Employee, *, actor: User, revision: int | None = None, bsn: str | None = None, **fields: Any
) -> Employee:
    """The same of an employee or contractor; ``bsn`` empty takes the number away, None leaves it as it is."""
    return _change(employee, actor, revision, fields, bsn=bsn)


def remove_relation(relation: Relation, *, actor: User) -> list[Trace]:
    """Erase a relation, with drafts and what was noted of sharing; return what went along and what stays (§5, §15).

    Issued quotes and invoices stay, with their own snapshot of name and address (§5.2). That it is gone is proven and
    entered in the ledger by a job. Refused, and journalled as such, while a hold stands on it (``held``) or whoever it
    is about is restricted: that keeps the data from being erased too (docs/readings.md). Locks the account.
    """
    return _remove(relation, actor)


def remove_employee(employee: Employee, *, actor: User) -> list[Trace]:
    """Erase an employee or contractor, with the citizen service number (§15); the rest as of a relation."""
    return _remove(employee, actor)


@transaction.atomic
def restrict_person(person: Somebody, *, actor: User, on: date) -> Somebody:
    """Freeze somebody from ``on``: nothing is done with the data but keep them (§15, AVG 18). Refused when it is so.

    Also in an account that does not run: a data subject's request is carried out there too.
    """
    person = _lock(person)
    if person.restricted_on is not None:
        raise Refused("already_restricted", _("This person is restricted already."), clause="15")
    person.restricted_on = on
    return _mark(person, actor, "restricted", on=on)


@transaction.atomic
def lift_restriction(person: Somebody, *, actor: User, on: date) -> Somebody:
    """Let somebody be worked with again (§15); Refused when nothing is restricted."""
    person = _lock(person)
    if person.restricted_on is None:
        raise Refused("not_restricted", _("This person is not restricted."), clause="15")
    since, person.restricted_on = person.restricted_on, None
    return _mark(person, actor, "lifted", on=on, since=since)


def check_not_restricted(person: Person | None) -> None:
    """Refuse any work with who is restricted: no change, no document, no sharing (§15). None: nobody to ask about."""
    if person is not None and person.restricted_on is not None:
        raise Refused(
            "restricted",
            _("%(name)s is restricted since %(day)s: nothing may be done with these data. Lift the restriction first.")
            % {"name": person, "day": date_format(person.restricted_on, "j F Y")},
            clause="15",
        )


def check_still_free(person: Person | None) -> None:
    """The same of somebody who was read before the account was locked: looked at once more, one query (§15)."""
    if person is None:
        return
    try:
        person.refresh_from_db(fields=["restricted_on"])
    except type(person).DoesNotExist:  # type: ignore[attr-defined]
        raise Refused("gone", _("Somebody else has just removed this.")) from None
    check_not_restricted(person)


@transaction.atomic
def reveal_bsn(employee: Employee, *, actor: User) -> str:
    """Return the citizen service number in plain text, to the main user only; every reveal is journalled (§19)."""
    if not (actor.is_main and actor.account_id == employee.account_id):
        raise Refused("not_main_user", _("Only the main user of the account can do this."), clause="19")
    check_not_going(employee.account)
    check_still_free(employee)
    if employee.bsn is None:
        raise Refused("no_bsn", _("No BSN has been entered for this person."), clause="19")
    number = Employee._meta.get_field("bsn").open_value(employee, key=data_key(employee.account))  # type: ignore[union-attr]
    journal.record("bsn.revealed", account=employee.account, actor=actor, clause="19", employee=employee.reference)
    return number


@transaction.atomic
def _add(
    model: type[Somebody], account: Account, actor: User, fields: Mapping[str, Any], *, bsn: str | None = None
) -> Somebody:
    account = lock(account)
    check_writable(account)
    person = model(account=account, **fields)
    if bsn:
        _set_bsn(person, bsn)
    person.full_clean()
    person.save(force_insert=True)
    _record("added", person, actor, CLAUSES[model])
    return person


@transaction.atomic
def _change(
    person: Somebody, actor: User, revision: int | None, fields: Mapping[str, Any], *, bsn: str | None = None
) -> Somebody:
    person = _lock(person, wish="change")
    check_not_restricted(person)
    Changed.check(person, revision)
    if not fields and bsn is None:
        return person
    for name, value in fields.items():
        setattr(person, name, value)
    if bsn is not None:
        _set_bsn(person, bsn)
    person.full_clean()
    person.revision += 1
    person.save(force_update=True)
    changed = sorted([*fields, *(["bsn"] if bsn is not None else [])])
    _record("changed", person, actor, CLAUSES[type(person)], fields=changed)
    return person


def _remove(person: Somebody, actor: User) -> list[Trace]:
    try:
        return _erase(person, actor)
    except Refused as refused:
        leaving.note_refusal(person, actor=actor, refused=refused)
        raise


@transaction.atomic
def _erase(person: Somebody, actor: User) -> list[Trace]:
    person = _lock(person, wish="erase")
    check_not_restricted(person)
    traces = leaving.traces_of(person)
    leaving.check_not_held(person, traces)
    _record("removed", person, actor, "15", **{trace.name: trace.number for trace in traces})
    leaving.leave(person)
    return traces


def _mark(person: Somebody, actor: User, what: str, **facts: Any) -> Somebody:
    person.revision += 1
    person.save(update_fields=["restricted_on", "revision"])
    _record(what, person, actor, "15", **facts)
    return person


def _record(what: str, person: Person, actor: User, clause: str, **facts: Any) -> None:
    name = str(person._meta.model_name)
    facts = {name: person.reference, **facts}
    journal.record(f"{name}.{what}", account=person.account, actor=actor, clause=clause, **facts)


def _lock(person: Somebody, *, wish: str = "") -> Somebody:
    """The same person, locked after its account, which must run or have been asked for this ``wish`` by the person.

    Without one it need not run. Refused when somebody just removed the person.
    """
    account = lock(person.account)
    if wish:
        check_open(account, person, wish)
    else:
        check_not_going(account)
    found = type(person)._default_manager.select_for_update(of=("self",)).select_related("account").filter(pk=person.pk)
    if (person_ := found.first()) is None:
        raise Refused("gone", _("Somebody else has just removed this."))
    return person_


def _set_bsn(employee: Any, bsn: str) -> None:
    """Seal a citizen service number into the row, or take it away where it is empty.

    ValidationError when it is none, or another's in this account.
    """
    if not bsn:
        employee.bsn = employee.bsn_hash = None
        return
    account, number = employee.account, dutch.bsn(bsn)
    if Employee.objects.with_bsn(number, account=account).exclude(pk=employee.pk).exists():
        known = ValidationError(_("Somebody with this BSN is in your account already."), code="bsn_known")
        raise ValidationError({"bsn": known})
    Employee._meta.get_field("bsn").seal_value(employee, number, key=data_key(account))  # type: ignore[union-attr]
