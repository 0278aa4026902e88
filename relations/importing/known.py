"""Who of a file is in the account already: a few queries for many rows, each by an index.

The same e-mail address, the same KvK number, the same company at the same postcode, the same name at the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection

from accounts.models import Account
from cannonworks.encryption import lookup_keys
from relations.importing.checking import Checked
from relations.models import Employee, Person, What

NAMED = "last_name = c0 AND first_name = c1 AND infix = c2 AND postcode = c3 AND house_number = c4"


def by_email(person: Person) -> tuple[str, ...] | None:
    return (person.email.lower(),) if person.email else None


def by_kvk(person: Person) -> tuple[str, ...] | None:
    return (person.kvk_number,) if person.kvk_number else None


def by_company(person: Person) -> tuple[str, ...] | None:
    return (person.company_name.lower(), person.postcode) if person.company_name and person.postcode else None


def by_name(person: Person) -> tuple[str, ...] | None:
    if not (person.last_name and person.postcode):
        return None
    return (person.last_name, person.first_name, person.infix, person.postcode, person.house_number)


#: How somebody is recognised, the SQL of the same, and which rows its index has.
MARKS: dict[str, list[tuple[Callable[[Person], tuple[str, ...] | None], str, str]]] = {
    What.RELATIONS: [
        (by_email, "lower(email) = lower(c0)", "email <> ''"),
        (by_kvk, "kvk_number = c0", "kvk_number <> ''"),
        (by_company, "lower(company_name) = lower(c0) AND postcode = c1", "company_name <> ''"),
        (by_name, NAMED, ""),
    ],
    What.EMPLOYEES: [(by_email, "lower(email) = lower(c0)", "email <> ''"), (by_name, NAMED, "")],
}


def find(people: Sequence[Checked], *, what: str, account: int) -> tuple[set[int], set[int]]:
    """The lines of those who are in the account already, or stand higher in ``people``, by any of the marks.

    And, of these, the lines of those who look like somebody who is restricted there (§15).
    """
    found: set[int] = set()
    frozen: set[int] = set()
    for mark, same, indexed in MARKS[what]:
        marked = [(checked.line, key) for checked in people if (key := mark(checked.person)) is not None]
        there = _there(what, account, same, indexed, [key for _line, key in marked])
        taken: set[tuple[str, ...]] = set()
        for number, (line, key) in enumerate(marked, start=1):
            if number in there or key in taken:
                found.add(line)
            elif line not in found:
                taken.add(key)
            if there.get(number):
                frozen.add(line)
    return found, frozen


def find_bsn(people: Sequence[Checked], *, account: Account) -> set[int]:
    """The lines of those whose BSN somebody in the account has, or somebody higher in ``people``."""
    keys, reference = lookup_keys(), str(account.reference)
    hashes = {each.line: [key.hash(each.bsn, reference) for key in keys] for each in people if each.bsn}
    if not hashes:
        return set()
    wanted = [hashed for those in hashes.values() for hashed in those]
    rows = Employee.objects.filter(account=account, bsn_hash__in=wanted).values_list("bsn_hash", flat=True)
    taken, found = {bytes(row) for row in rows}, set()
    for line, those in hashes.items():
        if taken.intersection(those):
            found.add(line)
        taken.update(those)
    return found


def _there(what: str, account: int, same: str, indexed: str, keys: Sequence[tuple[str, ...]]) -> dict[int, bool]:
    """Which of the keys somebody in the account has, counted from 1, and whether any of these is restricted."""
    if not keys:
        return {}
    parts = list(zip(*keys, strict=True))
    names = ", ".join(f"c{number}" for number in range(len(parts)))
    arrays = ", ".join(["%s::text[]"] * len(parts))
    table = What(what).model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, found.frozen FROM unnest({arrays}) WITH ORDINALITY AS wanted({names}, number),"
            f' LATERAL (SELECT bool_or(restricted_on IS NOT NULL) AS frozen FROM "{table}"'
            f" WHERE account_id = %s AND {same}{' AND ' + indexed if indexed else ''}) AS found"
            " WHERE found.frozen IS NOT NULL",
            [*map(list, parts), account],
        )
        return dict(cursor.fetchall())
