"""Staff and holder on one request at the same moment, on connections of their own: exactly one wins (§15)."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from rights import fulfilling, handling
from rights.models import Outcome, SubjectRequest
from tests.asked import subject_request
from tests.cast import member
from tests.factories import AccountFactory
from tests.processes import Beside, is_waiting_for_a_lock, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15"), pytest.mark.timeout(120)]


@pytest.fixture
def world():
    """A request that is being checked, who decides on it, and whose it is."""
    account = AccountFactory(state=State.ACTIVE)
    row = subject_request(account, state="checking", at=timezone.now() - timedelta(days=20))
    return row, member("Privacy officer"), account.main_user


def block(row, officer):
    with isolation.acting_as(isolation.of(officer)):
        return handling.decide(row, carried_out=False, actor=officer, at=timezone.now())


def finish(row, holder):
    with isolation.acting_as(isolation.of(holder)):
        return fulfilling.finish(row, actor=holder, outcome=Outcome.NOT_HERE, at=timezone.now())


def held(work, *args) -> tuple[Beside, Event]:
    """The work, done and not yet committed until the event is set."""
    done, go = Event(), Event()

    def hold():
        with transaction.atomic():
            work(*args)
            done.set()
            assert go.wait(30)

    beside = Beside(hold)
    assert done.wait(30)
    return beside, go


def test_who_finishes_first_is_not_blocked(world):
    row, officer, holder = world
    first, go = held(finish, row, holder)
    second = Beside(lambda: block(row, officer))
    until(is_waiting_for_a_lock, "the second waits for the first")
    go.set()
    first.result()
    with pytest.raises(Refused) as refused:
        second.result()
    assert refused.value.code == "answered_meanwhile"
    assert SubjectRequest.objects.get(pk=row.pk).state == "checking"
    assert Account.objects.get(pk=row.account_id).blocked_at is None


def test_who_finishes_while_it_is_being_blocked_is_open_again_at_once(world):
    row, officer, holder = world
    first, go = held(block, row, officer)
    second = Beside(lambda: finish(row, holder))
    until(is_waiting_for_a_lock, "the second waits for the first")
    go.set()
    first.result()
    second.result()
    assert SubjectRequest.objects.get(pk=row.pk).state == "done"
    assert Account.objects.get(pk=row.account_id).blocked_at is None


def test_of_two_who_pass_the_same_on_one_is_joined(world):
    row, officer, _holder = world
    same = {"wish": "erase", "email": "twee@keer.example"}
    one, other = subject_request(**same), subject_request(**same)

    def match(request):
        with isolation.acting_as(isolation.of(officer)):
            return handling.match(request, account=row.account, actor=officer, at=timezone.now())

    first, go = held(match, other)  # which came in later, and is passed on first
    second = Beside(lambda: match(one))
    until(is_waiting_for_a_lock, "the second waits for the first")
    go.set()
    first.result()
    assert second.result().joined_to == SubjectRequest.objects.get(pk=other.pk)
