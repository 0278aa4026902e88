"""Two who handle a request at once, and staff who block while the holder handles it: exactly one wins (§15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.blocking import block_account
from accounts.models import Account
from accounts.states import State
from journal.models import Entry
from rights import fulfilling
from rights.models import Outcome, SubjectRequest
from rights.states import REQUEST_STEPS, RequestState, move
from tests.asked import subject_request
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.processes import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15"), pytest.mark.timeout(60)]
NOW = timezone.now()


@pytest.fixture
def account():
    return AccountFactory(state=State.ACTIVE)


def asked(account, state) -> SubjectRequest:
    return subject_request(account, state=state, at=NOW - timedelta(days=30))


def handle(request, actor, outcome):
    return lambda: fulfilling.finish(request, actor=actor, outcome=outcome, note="Een grond", at=NOW).outcome


@transaction.atomic
def block(request, staff):
    """As staff do who found that it was not carried out: the account, then the request."""
    account = block_account(request.account, actor=staff, because=request.reference, at=NOW)
    row = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    move(row, RequestState.BLOCKED, REQUEST_STEPS, clause="15")
    row.checked_at = row.blocked_at = NOW
    row.save()
    return account


def test_of_two_users_who_handle_it_one_does(account):
    request, colleague = asked(account, RequestState.BLOCKED), ColleagueFactory(account=account)
    said = race(handle(request, account.main_user, Outcome.NOT_HERE), handle(request, colleague, Outcome.DECLINED))
    assert said == ("not_here", "not_waiting")
    assert list(Entry.objects.filter(event__startswith="request.").values_list("event", flat=True)) == [
        "request.not_here"
    ]
    assert Account.objects.get().blocked_at is None


def test_who_handles_it_after_the_block_opens_the_account_again(account):
    request, staff = asked(account, RequestState.CHECKING), StaffFactory()
    _said, outcome = race(lambda: block(request, staff), handle(request, account.main_user, Outcome.DECLINED))
    assert outcome == "declined"
    assert (Account.objects.get().blocked_at, SubjectRequest.objects.get().state) == (None, "done")
    assert list(Entry.objects.filter(event__contains="blocked").order_by("id").values_list("event", flat=True)) == [
        "account.blocked", "account.unblocked",
    ]  # fmt: skip


def test_of_two_blocking_requests_that_are_handled_at_once_the_last_opens_the_account(account):
    one, other = asked(account, RequestState.BLOCKED), asked(account, RequestState.BLOCKED)
    colleague = ColleagueFactory(account=account)
    said = race(handle(one, account.main_user, Outcome.DECLINED), handle(other, colleague, Outcome.DECLINED))
    assert said == ("declined", "declined")
    assert Account.objects.get().blocked_at is None
    assert Entry.objects.filter(event="account.unblocked").count() == 1
