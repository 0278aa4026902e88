"""Two announcements at once, and a withdrawal beside an agreement: exactly one wins (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.states import State
from audits import agreeing
from audits.models import Audit
from tests import tested
from tests.factories import AccountFactory, StaffFactory
from tests.processes import race
from tests.tested import ANNOUNCED, WEEK

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("12"), pytest.mark.timeout(60)]
HOUR = timedelta(hours=1)


@pytest.fixture
def account():
    return AccountFactory(state=State.ACTIVE)


def test_of_two_announcements_at_once_one_wins(account):
    later = {"starts_at": tested.STARTS + WEEK, "ends_at": tested.ENDS + WEEK}
    said = race(lambda: tested.announced(account).state, lambda: tested.announced(account, **later).state)
    assert said == ("announced", "once_a_year")
    assert Audit.objects.count() == 1


def test_who_agrees_to_what_is_being_withdrawn_agrees_to_nothing(account):
    audit, staff = tested.announced(account), StaffFactory()
    said = race(
        lambda: agreeing.withdraw(audit, actor=account.main_user, at=ANNOUNCED + HOUR).state,
        lambda: agreeing.accept(audit, actor=staff, at=ANNOUNCED + HOUR).state,
    )
    assert said == ("withdrawn", "not_yours_to_answer")
