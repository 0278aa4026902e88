"""The steps between states, held by the service and by the database alike; and the rows that the database refuses."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Account
from accounts.services import lock, move
from accounts.states import TRANSITIONS, State
from cannonworks.errors import Refused
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.lives import account_in, hold, letter

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 28)
PAIRS = [pair for pair in product(State, State) if pair[0] != pair[1]]
#: What else a row must say to be of this state.
DATES = {
    State.TRIAL: {"cancelled_on": None, "erase_on": None, "erased_on": None, "warn_on": None},
    State.LAPSED: {"cancelled_on": None, "keep_until": ON, "erase_on": ON, "erased_on": None},
    State.ACTIVE: {"cancelled_on": None, "erase_on": None, "erased_on": None, "warn_on": None},
    State.CANCELLED: {"cancelled_on": ON, "keep_until": ON, "erase_on": ON, "erased_on": None},
    State.ERASED: {"keep_until": ON, "erased_on": ON},
}


def allowed(before: State, after: State) -> bool:
    return after in TRANSITIONS[before]


@pytest.mark.clause("2", "5.1", "5.4")
@pytest.mark.parametrize(("before", "after"), PAIRS, ids=lambda state: state.value)
def test_the_service_takes_the_steps_of_the_table_and_no_others(before, after):
    account = lock(account_in(before, on=ON))
    dates = {name: value for name, value in DATES[after].items() if name not in ("erase_on", "warn_on")}
    try:
        with transaction.atomic():
            move(account, after, **dates)
    except Refused as refusal:
        assert refusal.code == "no_such_step"
    assert (Account.objects.get().state == after) is allowed(before, after)


@pytest.mark.clause("2", "5.1", "5.4")
@pytest.mark.parametrize(("before", "after"), PAIRS, ids=lambda state: state.value)
def test_the_database_takes_the_same_steps_from_anybody(before, after):
    account_in(before, on=ON)
    try:
        with transaction.atomic():
            Account.objects.update(state=after, **DATES[after])
    except IntegrityError as error:
        assert f"an account cannot go from {before} to {after}" in str(error)
    assert (Account.objects.get().state == after) is allowed(before, after)


def test_the_agreement_knows_eight_steps():
    assert {(before.value, after.value) for before in TRANSITIONS for after in TRANSITIONS[before]} == {
        ("trial", "active"), ("trial", "lapsed"), ("trial", "erased"), ("lapsed", "active"), ("lapsed", "erased"),
        ("active", "cancelled"), ("cancelled", "active"), ("cancelled", "erased"),
    }  # fmt: skip


WRONG = [
    ("account_trial_after_sign_up", State.TRIAL, {"trial_ends_on": date(2026, 2, 27)}),
    ("account_cancelled_has_its_day", State.CANCELLED, {"cancelled_on": None}),
    ("account_cancelled_has_its_day", State.ACTIVE, {"cancelled_on": ON}),
    ("account_active_is_never_due", State.ACTIVE, {"erase_on": ON}),
    ("account_active_is_never_due", State.ACTIVE, {"warn_on": ON}),
    ("account_active_is_never_due", State.ACTIVE, {"ordered_on": ON}),
    ("account_active_is_never_due", State.ACTIVE, {"claimed_at": "2026-02-28T00:00Z"}),
    ("account_trial_is_due_by_letter_only", State.TRIAL, {"erase_on": ON}),
    ("account_trial_is_due_by_letter_only", State.TRIAL, {"erase_on": ON, "ordered_on": date(2026, 3, 1)}),
    ("account_ended_has_its_dates", State.LAPSED, {"erase_on": None}),
    ("account_ended_has_its_dates", State.CANCELLED, {"keep_until": None}),
    ("account_ended_has_its_dates", State.CANCELLED, {"erase_on": date(2028, 2, 27)}),
    ("account_erased_has_its_day", State.ERASED, {"erased_on": None}),
    ("account_erased_has_its_day", State.CANCELLED, {"erased_on": ON}),
    ("account_not_erased_before_its_floor", State.CANCELLED, {"state": "erased", "erased_on": date(2028, 2, 27)}),
    ("account_not_erased_before_its_floor", State.LAPSED, {"state": "erased", "erased_on": date(2026, 8, 27)}),
    ("account_not_erased_before_its_floor", State.TRIAL, {"state": "erased", "erased_on": date(2036, 1, 1)}),
]


@pytest.mark.clause("2", "5.1", "5.3", "5.4")
@pytest.mark.parametrize(("constraint", "state", "fields"), WRONG, ids=[f"{row[0]}-{n}" for n, row in enumerate(WRONG)])
def test_the_database_refuses_an_account_that_contradicts_itself(constraint, state, fields):
    account_in(state, on=ON)
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        Account.objects.update(**fields)


def test_no_account_is_born_in_an_unknown_state():
    with pytest.raises(IntegrityError, match='"account_state_known"'), transaction.atomic():
        Account.objects.create(state="asleep", signed_up_on=ON, trial_ends_on=ON)


def test_every_constraint_of_an_account_has_a_row_that_it_refuses():
    tried = {name for name, *_rest in WRONG} | {"account_state_known"}
    assert tried == {constraint.name for constraint in Account._meta.constraints}


@pytest.mark.clause("5.3")
@pytest.mark.parametrize(("erased_on", "refused"), [(date(2026, 8, 27), True), (date(2026, 8, 28), False)])
def test_the_floor_of_six_months_stands_in_the_database(erased_on, refused):
    account_in(State.LAPSED, on=ON)
    try:
        with transaction.atomic():
            Account.objects.update(state="erased", erased_on=erased_on)
    except IntegrityError as error:
        assert "account_not_erased_before_its_floor" in str(error)
    assert (Account.objects.get().state == "lapsed") is refused


def test_a_user_is_of_an_account_or_of_the_staff():
    account = AccountFactory()
    for wrong in ({"account": account, "is_staff": True}, {"account": None, "is_staff": False}):
        with pytest.raises(IntegrityError, match="user_is_of_an_account_or_staff"), transaction.atomic():
            ColleagueFactory(**wrong)


def test_an_account_has_one_main_user():
    with pytest.raises(IntegrityError, match="account_has_one_main_user"), transaction.atomic():
        ColleagueFactory(account=AccountFactory(), is_main=True)


@pytest.mark.clause("5.5", "6")
def test_requests_letters_and_holds_cannot_contradict_themselves():
    account, clerk, second = account_in(State.CANCELLED, on=ON), StaffFactory(), StaffFactory()
    recorded, placed = (
        letter(account, on=ON, clerk=clerk),
        hold(account, ["relations"], on=ON, clerk=clerk, confirm=False),
    )
    request = recorded.request
    wrong = [
        (request, "erasure_request_withdrawn_or_granted", {"withdrawn_on": ON, "granted_on": ON}),
        (recorded, "letter_confirmed_by_somebody_else", {"confirmed_by": clerk, "confirmed_on": ON}),
        (recorded, "letter_confirmed_has_its_day", {"confirmed_by": second}),
        (recorded, "letter_confirmed_has_its_day", {"confirmed_on": ON}),
        (placed, "hold_has_categories", {"categories": []}),
        (placed, "hold_confirmed_by_somebody_else", {"confirmed_by": clerk, "confirmed_on": ON}),
        (placed, "hold_confirmed_has_its_day", {"confirmed_by": second}),
        (placed, "hold_reviewed_after_placing", {"review_on": ON}),
    ]
    for row, constraint, fields in wrong:
        with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**fields)
    with pytest.raises(IntegrityError, match="account_has_one_open_erasure_request"), transaction.atomic():
        type(request).objects.create(account=account, code="CW-2222-2222", asked_on=ON, asked_by=clerk.reference)
    with pytest.raises(IntegrityError, match="hold_name_once_per_account"), transaction.atomic():
        placed.pk = None
        placed.save(force_insert=True)


@pytest.mark.clause("6")
def test_an_erasure_is_not_done_without_an_empty_rescan():
    account_in(State.ERASED, on=ON)
    wrong = ["rescan = NULL", "rescan = '{}'", """rescan = '{"found": 1}'""", """rescan = '{"found": null}'"""]
    for change in wrong:
        with pytest.raises(IntegrityError, match="erasure_done_only_after_an_empty_rescan"), transaction.atomic():
            connection.cursor().execute(f"UPDATE retention_erasure SET {change}")
    with pytest.raises(IntegrityError, match="erasure_done_has_its_moment"), transaction.atomic():
        connection.cursor().execute("UPDATE retention_erasure SET done_at = NULL")
