"""Data subjects: added to a running account only, and the one secret among their data (§3, §19)."""

from __future__ import annotations

import base64
import os
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.template import Context, Template
from stdnum.nl.bsn import is_valid as is_bsn

from accounts.models import Account, DataKey
from accounts.services import data_key
from accounts.states import State
from cannonworks import encryption
from cannonworks.encryption import Keyring
from cannonworks.errors import Changed, KeyUnavailable, Refused
from journal.models import Entry
from relations.models import PEOPLE, Employee, EmployeeKind, Person, Relation, What
from relations.services import (
    add_employee,
    add_relation,
    change_employee,
    change_relation,
    check_not_restricted,
    lift_restriction,
    remove_employee,
    remove_relation,
    restrict_person,
    reveal_bsn,
)
from tests.factories import AccountFactory, ColleagueFactory
from tests.lives import BSN, account_in, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("19")]
ON = date(2026, 2, 28)
OTHER_BSN = "123456782"


def employee_of(account, bsn=BSN, **fields) -> Employee:
    return add_employee(account, actor=account.main_user, bsn=bsn, first_name="Tom", last_name="Werk", **fields)


def cannot_be_read(employee: Employee) -> str:
    employee = Employee.objects.get(pk=employee.pk)
    with pytest.raises(KeyUnavailable) as caught:
        reveal_bsn(employee, actor=employee.account.main_user)
    assert not Entry.objects.filter(event="bsn.revealed").exists()
    return str(caught.value)


def test_a_bsn_is_sealed_in_the_database_and_opens_for_the_main_user(account):
    employee = employee_of(account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e)::text, bsn FROM relations_employee e")
        row, sealed = cursor.fetchone()
    assert BSN not in row
    assert BSN.encode().hex() not in row
    assert (bytes(sealed)[:1], len(sealed)) == (b"\x01", 1 + 12 + len(BSN) + 16)
    assert reveal_bsn(employee, actor=account.main_user) == BSN


def test_every_reveal_is_journalled_without_the_number(account):
    employee = employee_of(account)
    reveal_bsn(employee, actor=account.main_user)
    reveal_bsn(employee, actor=account.main_user)
    entries = Entry.objects.filter(event="bsn.revealed").values_list("account_reference", "actor_reference", "facts")
    line = (account.reference, account.main_user.reference, {"employee": str(employee.reference)})
    assert list(entries) == [line, line]


def test_nobody_but_the_main_user_sees_a_bsn(account, outsider, staff):
    employee = employee_of(account)
    for actor in (ColleagueFactory(account=account), outsider, staff):
        with pytest.raises(Refused) as caught:
            reveal_bsn(employee, actor=actor)
        assert caught.value.code == "not_main_user"
    assert not Entry.objects.filter(event="bsn.revealed").exists()


def test_where_there_is_no_bsn_none_is_revealed(account):
    with pytest.raises(Refused) as caught:
        reveal_bsn(employee_of(account, bsn=""), actor=account.main_user)
    assert caught.value.code == "no_bsn"


@pytest.mark.parametrize("bsn", ["111222334", "12345", "000000000", "abcdefghi"])
def test_a_number_that_is_no_bsn_is_refused_and_not_repeated(account, bsn):
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        employee_of(account, bsn=bsn)
    assert bsn not in str(caught.value)
    assert Employee.objects.count() == 0


def test_a_bsn_is_found_by_its_keyed_hash_within_the_account_only(account, outsider):
    employee, other = employee_of(account), employee_of(outsider.account)
    employee_of(account, bsn=OTHER_BSN, kind=EmployeeKind.CONTRACTOR)
    assert list(Employee.objects.with_bsn(BSN, account=account)) == [employee]
    assert list(Employee.objects.with_bsn(BSN, account=outsider.account)) == [other]
    assert bytes(employee.bsn_hash) != bytes(other.bsn_hash)


def test_a_bsn_stands_once_in_an_account(account):
    employee_of(account)
    with pytest.raises((ValidationError, IntegrityError)), transaction.atomic():
        employee_of(account)


def test_a_bsn_and_its_hash_come_together(account):
    employee_of(account)
    for column in ("bsn", "bsn_hash"):
        with pytest.raises(IntegrityError, match="employee_bsn_has_its_hash"), transaction.atomic():
            Employee.objects.update(**{column: None})


def test_a_sealed_value_does_not_open_in_another_row(account):
    first, second = employee_of(account), employee_of(account, bsn=OTHER_BSN)
    Employee.objects.filter(pk=second.pk).update(bsn=first.bsn)
    assert "does not belong to this place" in cannot_be_read(second)


def test_a_sealed_value_does_not_open_in_another_account(account, outsider):
    stolen = employee_of(account)
    employee = employee_of(outsider.account)
    Employee.objects.filter(pk=stolen.pk).delete()
    # The whole row moves: value, reference and all.
    Employee.objects.filter(pk=employee.pk).update(bsn=stolen.bsn, reference=stolen.reference)
    assert "does not belong to this place" in cannot_be_read(employee)


def test_the_key_of_another_account_opens_nothing(account, outsider):
    employee = employee_of(account)
    other = DataKey.objects.get(account=outsider.account)
    DataKey.objects.filter(account=account).update(wrapped=bytes(other.wrapped))
    assert "does not open this data key" in cannot_be_read(employee)


@pytest.mark.clause("6", "14")
def test_with_its_key_destroyed_a_value_is_noise(account):
    employee = employee_of(account)
    DataKey.objects.filter(account=account).delete()
    assert cannot_be_read(employee) == "The data key of this account does not exist any more."


def test_a_wrong_or_missing_wrapping_key_fails_closed(account, settings):
    employee = employee_of(account)
    key_id = settings.KEY_ENCRYPTION_KEYS.partition(":")[0]
    other = base64.b64encode(os.urandom(32)).decode()
    settings.KEY_ENCRYPTION_KEYS = f"{key_id}:{other}"
    assert "does not open this data key" in cannot_be_read(employee)
    settings.KEY_ENCRYPTION_KEYS = f"another:{other}"
    assert "is not available" in cannot_be_read(employee)


def test_an_older_wrapping_key_still_opens_what_it_wrapped(account, settings):
    employee = employee_of(account)
    other = base64.b64encode(os.urandom(32)).decode()
    settings.KEY_ENCRYPTION_KEYS = f"newer:{other},{settings.KEY_ENCRYPTION_KEYS}"
    assert reveal_bsn(employee, actor=account.main_user) == BSN
    assert DataKey.objects.get(account=AccountFactory()).key_id == "newer"


def test_the_same_bsn_is_refused_also_while_lookup_keys_change(account, settings):
    employee = employee_of(account)
    new = base64.b64encode(os.urandom(32)).decode()
    settings.LOOKUP_KEY = f"newer:{new},{settings.LOOKUP_KEY}"
    assert list(Employee.objects.with_bsn(BSN, account=account)) == [employee]
    with pytest.raises(ValidationError) as caught:
        employee_of(account)
    assert (list(caught.value.message_dict), BSN in str(caught.value)) == (["bsn"], False)


def test_a_page_of_a_hundred_masked_employees_decrypts_nothing(account, monkeypatch, django_assert_num_queries):
    numbers = [bsn for bsn in map(str, range(111222333, 111999999)) if is_bsn(bsn)][:99]
    for bsn in numbers:
        employee_of(account, bsn=bsn)
    employee_of(account, bsn="")
    user, work = account.main_user, []
    monkeypatch.setattr(encryption, "AESGCM", lambda key: work.append("made ready"))
    for name in ("seal", "unseal"):
        monkeypatch.setattr(encryption, name, lambda *args, **named: work.append("used"))
    monkeypatch.setattr(Keyring, "unwrap", lambda *args, **named: work.append("unwrapped"))
    with django_assert_num_queries(1):
        page = Template("{% for person in people %}{{ person }}: {{ person.masked_bsn }}\n{% endfor %}").render(
            Context({"people": Employee.objects.visible_to(user).masked().order_by("id")})
        )
    assert (page, work) == ("Tom Werk: •••••••••\n" * 99 + "Tom Werk: \n", [])


@pytest.mark.parametrize("length", [0, 1, 12, 28, 37])
def test_a_truncated_value_is_refused(account, length):
    employee = employee_of(account)
    Employee.objects.update(bsn=bytes(employee.bsn)[:length])
    assert cannot_be_read(employee)


@pytest.mark.parametrize("length", [0, 5, 12, 27, 59])
def test_a_truncated_data_key_is_refused(account, length):
    employee = employee_of(account)
    key = DataKey.objects.get(account=account)
    DataKey.objects.filter(account=account).update(wrapped=bytes(key.wrapped)[:length])
    assert "does not open this data key" in cannot_be_read(employee)


@pytest.mark.clause("2", "5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_nothing_is_added_to_an_account_that_does_not_run(state):
    account = account_in(state, on=ON)
    for add in (add_relation, add_employee):
        with pytest.raises(Refused) as caught:
            add(account, actor=account.main_user, first_name="Noor")
        assert caught.value.code == "read_only"
    Account.objects.update(claimed_at=moment(ON))
    with pytest.raises(Refused) as caught:
        add_relation(account, actor=account.main_user, first_name="Noor")
    assert caught.value.code == "being_erased"
    assert (Relation.objects.count(), Employee.objects.count()) == (0, 0)


@pytest.mark.clause("3")
def test_people_are_seen_within_their_own_account_only(account, outsider, staff):
    relation = add_relation(account, actor=account.main_user, last_name="Visser")
    assert list(Relation.objects.visible_to(account.main_user)) == [relation]
    assert list(Relation.objects.visible_to(outsider)) == []
    assert list(Relation.objects.visible_to(staff)) == []


def test_the_data_key_is_as_long_as_it_must_be(account):
    assert len(data_key(account)) == 32


# --- Restriction (§15) and revisions ---------------------------------------------------------------------------


@pytest.mark.clause("15")
@pytest.mark.parametrize("add", [add_relation, add_employee])
def test_nothing_is_done_with_who_is_restricted(account, add):
    user = account.main_user
    person = restrict_person(add(account, actor=user, last_name="Visser"), actor=user, on=ON)
    change, remove = (change_relation, remove_relation) if add is add_relation else (change_employee, remove_employee)
    for step in (lambda: change(person, actor=user, city="Assen"), lambda: remove(person, actor=user)):
        with pytest.raises(Refused) as caught:
            step()
        assert (caught.value.code, caught.value.clause) == ("restricted", "15")
    with pytest.raises(Refused) as caught:
        restrict_person(person, actor=user, on=ON)
    assert caught.value.code == "already_restricted"
    lifted = lift_restriction(person, actor=user, on=date(2026, 3, 1))
    assert (lifted.restricted_on, lifted.revision) == (None, 3)
    with pytest.raises(Refused) as caught:
        lift_restriction(person, actor=user, on=ON)
    assert caught.value.code == "not_restricted"
    assert change(person, actor=user, city="Assen").city == "Assen"
    remove(person, actor=user)


@pytest.mark.clause("15")
def test_a_restriction_is_asked_about_before_other_work(account):
    user = account.main_user
    relation = add_relation(account, actor=user, last_name="Visser")
    check_not_restricted(relation)
    check_not_restricted(None)
    with pytest.raises(Refused, match="Visser"):
        check_not_restricted(restrict_person(relation, actor=user, on=ON))


@pytest.mark.parametrize("add", [add_relation, add_employee])
@pytest.mark.parametrize("fields", [{}, {"first_name": "Noor"}, {"last_name": "  "}, {"company_name": " "}])
def test_a_person_needs_a_name(account, add, fields):
    with pytest.raises(ValidationError) as caught:
        add(account, actor=account.main_user, **fields)
    assert caught.value.error_dict["last_name"][0].code == "name"


def test_a_change_of_what_somebody_else_changed_is_refused_whole(account):
    user = account.main_user
    read = add_relation(account, actor=user, last_name="Visser")
    change_relation(read, actor=user, revision=1, city="Assen")
    with pytest.raises(Changed) as caught:
        change_relation(read, actor=user, revision=1, city="Meppel")
    assert (caught.value.row.city, caught.value.row.revision) == ("Assen", 2)
    assert change_relation(read, actor=user, city="Emmen").revision == 3
    assert change_relation(read, actor=user, revision=3).revision == 3
    assert Entry.objects.filter(event="relation.changed").count() == 2


def test_everybody_is_of_one_kind_which_a_file_calls_by_its_plural():
    assert set(PEOPLE.values()) == set(Person.__subclasses__())
    assert {str(kind): model for kind, model in PEOPLE.items()} == {str(m._meta.model_name): m for m in PEOPLE.values()}
    assert [what.model for what in What] == list(PEOPLE.values())
