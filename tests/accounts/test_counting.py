"""Daily counts of usage (§17): by account, over all accounts, on days of Amsterdam, as often as one likes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from accounts import counting
from accounts.counting import FEWEST, count_day, count_days
from accounts.models import Account, UsageDay, UsageEvent, UsageTotal
from accounts.models.usage import Kind, Module
from accounts.services import lock
from accounts.states import State
from cannonworks.deadlines import start_of_day
from finance.bookkeeping import charge_subscription, record_payment
from tests import processes
from tests.factories import AccountFactory
from tests.lives import issue, moment, use

pytestmark = [pytest.mark.django_db, pytest.mark.clause("17"), pytest.mark.clause("19")]
DAY = date(2026, 3, 2)


def days(account: Account) -> list[tuple[date, str, str, int]]:
    rows = UsageDay.objects.filter(account=account).order_by("on", "module", "kind")
    return list(rows.values_list("on", "module", "kind", "count"))


def totals(on: date = DAY) -> list[tuple[str, str, int]]:
    return list(UsageTotal.objects.filter(on=on).order_by("kind", "module").values_list("kind", "module", "count"))


def test_a_day_is_counted_by_account_part_and_kind_and_twice_the_same(account, outsider):
    use(account.main_user, at=moment(DAY), times=3)
    use(account.main_user, at=moment(DAY), kind=Kind.ACTION)
    use(account.main_user, at=moment(DAY), kind=Kind.SIGN_IN, module=Module.ACCOUNT)
    use(outsider, at=moment(DAY), module=Module.OVERVIEW)
    for _twice in range(2):
        count_day(DAY)
        assert days(account) == [
            (DAY, "account", "sign-in", 1), (DAY, "relations", "action", 1), (DAY, "relations", "view", 3),
        ]  # fmt: skip
    assert days(outsider.account) == [(DAY, "overview", "view", 1)]
    use(account.main_user, at=moment(DAY), times=2)  # written late
    count_day(DAY)
    assert days(account)[-1] == (DAY, "relations", "view", 5)


@pytest.mark.clause("Time")
@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (DAY, 24)])
def test_a_day_is_one_of_amsterdam_however_long_it_is(account, day, hours):
    begins, ends = start_of_day(day), start_of_day(day + timedelta(days=1))
    assert (ends.timestamp() - begins.timestamp()) / 3600 == hours
    tick = timedelta(microseconds=1)
    for at, module in (
        (begins - tick, Module.OTHER),
        (begins, Module.DATA),
        (ends - tick, Module.DATA),
        (ends, Module.OTHER),
    ):
        use(
            account.main_user,
            at=datetime.fromtimestamp(at.timestamp(), tz=at.tzinfo) if hours == 24 else at,
            module=module,
        )
    count_day(day)
    assert days(account) == [(day, "data", "view", 2)]


def test_small_groups_are_in_no_total_and_the_day_is_noted_all_the_same():
    people = [AccountFactory(state=State.ACTIVE).main_user for _n in range(FEWEST)]
    for person in people[1:]:
        use(person, at=moment(DAY), times=10)
    count_day(DAY)
    assert totals() == [("account", "", 0)]
    use(people[0], at=moment(DAY))
    count_day(DAY)
    assert totals() == [("account", "", FEWEST), ("view", "relations", 41)]


def test_documents_and_payments_are_counted_from_their_own_rows():
    for _n in range(FEWEST):
        account = AccountFactory(state=State.ACTIVE)
        issue(account, on=DAY)
        invoice = charge_subscription(account, on=DAY, net=Decimal("15.00"))
        record_payment(invoice, on=DAY, amount=Decimal("18.15"))
    count_day(DAY)
    assert totals() == [("account", "", 0), ("document", "", FEWEST), ("payment", "", FEWEST)]


def test_days_that_were_missed_are_caught_up_with_and_the_last_ones_counted_anew(account):
    assert count_days(on=DAY) == counting.ANEW
    use(account.main_user, at=moment(DAY - timedelta(days=1)))
    use(account.main_user, at=moment(DAY + timedelta(days=3)))
    use(account.main_user, at=moment(DAY + timedelta(days=9)))  # today: not over yet
    assert count_days(on=DAY + timedelta(days=9)) == 9
    assert [row[0] for row in days(account)] == [DAY + timedelta(days=3)]
    assert count_days(on=DAY + timedelta(days=9)) == counting.ANEW


def test_the_first_time_begins_with_the_first_event(account):
    use(account.main_user, at=moment(DAY - timedelta(days=10)))
    assert count_days(on=DAY) == 10
    assert [row[0] for row in days(account)] == [DAY - timedelta(days=10)]


@pytest.mark.clause("6")
def test_an_account_that_is_being_erased_costs_the_others_nothing(account, outsider):
    for person in (account.main_user, outsider):
        use(person, at=moment(DAY))
    Account.objects.filter(pk=account.pk).update(
        state=State.CANCELLED, cancelled_on=DAY, keep_until=DAY, erase_on=DAY, claimed_at=moment(DAY)
    )
    count_day(DAY)
    assert (days(account), len(days(outsider.account))) == ([], 1)


@pytest.mark.django_db(transaction=True)
def test_nor_does_one_that_somebody_works_on_just_now(account, outsider):
    for person in (account.main_user, outsider):
        use(person, at=moment(DAY))
    with transaction.atomic():
        lock(account)
        processes.Beside(lambda: count_day(DAY)).result(seconds=10)
    assert (days(account), len(days(outsider.account))) == ([], 1)
    count_day(DAY)
    assert len(days(account)) == 1
    assert UsageEvent.objects.count() == 2
