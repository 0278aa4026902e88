"""What is shown of usage (§17, §19): to the holder all of the own account, to staff all accounts together."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
import time_machine

from accounts import charts, statistics
from accounts.counting import count_days
from accounts.models import UsageDay, UsageTotal
from accounts.models.usage import Device, Kind, Module
from accounts.statistics import PERIODS, period, usage_of
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM
from tests.callers import API, device, problem
from tests.cast import member
from tests.factories import ColleagueFactory
from tests.lives import issue, moment, use
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("17"), pytest.mark.clause("19")]
ON = date(2026, 3, 2)  # a Monday
DAY, WEEK, MONTH = PERIODS


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=AMSTERDAM), tick=False):
        yield


def words(response) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def lived(account) -> None:
    """Clicks today, yesterday, last week and last month; the older ones counted, and gone as events."""
    user = account.main_user
    for back, times in ((0, 1), (1, 2), (9, 3), (40, 4)):
        use(user, at=moment(ON - timedelta(days=back)), times=times)
    use(user, at=moment(ON - timedelta(days=1)), kind=Kind.SIGN_IN, module=Module.ACCOUNT)
    use(user, at=moment(ON - timedelta(days=9)), kind=Kind.ACTION, module=Module.DATA, device=Device.APP)
    count_days(on=ON)


# --- Numbers -------------------------------------------------------------------------------------------------


def test_periods_end_with_today_and_begin_on_whole_weeks_and_months():
    assert [(per.starts(ON)[0], per.starts(ON)[-1], len(per.starts(ON))) for per in PERIODS] == [
        (date(2026, 2, 1), ON, 30), (date(2025, 9, 8), ON, 26), (date(2025, 4, 1), date(2026, 3, 1), 12),
    ]  # fmt: skip
    assert (period("month"), period("never"), period(None)) == (MONTH, DAY, DAY)


def test_counted_days_and_the_events_of_today_come_together_and_nothing_twice(account, outsider):
    lived(account)
    lived(outsider.account)
    with isolation.acting_as(isolation.of(account.main_user)):
        by_day = usage_of(account, per=DAY, on=ON)
        by_month = usage_of(account, per=MONTH, on=ON)
        narrowed = usage_of(account, per=WEEK, on=ON, module=Module.DATA)
    assert (by_day.clicks[-2:], by_day.clicks[-10], sum(by_day.clicks), sum(by_day.sign_ins)) == ([2, 1], 4, 7, 1)
    assert by_day.modules == [(Module.RELATIONS, 6), (Module.DATA, 1)]
    assert (by_month.clicks[-3:], sum(by_month.clicks)) == ([4, 4, 3], 11)
    assert (sum(narrowed.clicks), narrowed.clicks[-2]) == (1, 0)


@pytest.mark.parametrize(
    ("per", "steps"), [(WEEK, [3, 4, 5]), (MONTH, [7, 5])], ids=lambda each: getattr(each, "name", "")
)
def test_counted_days_of_one_step_are_added_up_with_those_that_are_not_counted_yet(account, per, steps):
    on = date(2026, 3, 12)  # a Thursday
    for day, times in ((date(2026, 2, 27), 2), (date(2026, 2, 28), 1), (date(2026, 2, 22), 4), (date(2026, 3, 9), 3)):
        use(account.main_user, at=moment(day), times=times)
    use(account.main_user, at=moment(on), times=2)
    count_days(on=on)
    with isolation.acting_as(isolation.of(account.main_user)):
        found = usage_of(account, per=per, on=on)
    assert sorted(clicks for clicks in found.clicks if clicks) == sorted(steps)
    assert (found.clicks[-1], found.modules) == (5, [(Module.RELATIONS, 12)])


def test_kinds_of_devices_and_sign_ins_are_those_of_the_account(account, holder, outsider):
    lived(account)
    tim = ColleagueFactory(account=account)
    use(tim, at=moment(ON), kind=Kind.SIGN_IN, module=Module.ACCOUNT, device=Device.PHONE)
    assert statistics.devices(account, on=ON) == [(Device.COMPUTER, 6), (Device.APP, 1)]
    assert [(each.who, each.device) for each in statistics.sign_ins(holder)] == [
        ("Tim Bakker", Device.PHONE), ("Sanne de Vries", Device.COMPUTER),
    ]  # fmt: skip
    assert [each.who for each in statistics.sign_ins(tim)] == ["Tim Bakker"]
    assert statistics.sign_ins(outsider) == []


# --- Drawing -------------------------------------------------------------------------------------------------


def test_a_chart_has_one_bar_a_number_and_few_words():
    chart = charts.draw([0, 1, 60], ["a", "b", "c"], ["a", "b", "c"])
    assert (chart.top, chart.total, [bar.height for bar in chart.bars]) == (100, 61, [0, 2, 96])
    assert [(bar.x, bar.width, bar.word) for bar in chart.bars] == [
        ("4.7%", "24.0%", "a"), ("38.0%", "24.0%", "b"), ("71.3%", "24.0%", "c"),
    ]  # fmt: skip
    assert len([bar for bar in charts.draw([1] * 30, ["x"] * 30, ["x"] * 30).bars if bar.word]) == 4
    assert [charts.round_up(number) for number in (0, 5, 6, 21, 51, 999, 1001)] == [5, 5, 10, 50, 100, 1000, 2000]
    assert (charts.draw([], [], []).total, charts.share(1, 3), charts.share(0, 0)) == (0, "33.3%", "0.0%")


# --- Pages and API -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per", ["day", "week", "month", "nonsense"])
def test_the_page_shows_it_and_takes_what_it_does_not_know_for_the_first(client, account, holder, per):
    lived(account)
    issue(account, on=ON)
    client.force_login(holder)
    page = words(client.get("/my-data/usage/", {"per": per, "module": "nonsense" if per == "nonsense" else ""}))
    assert "Gemaakte offertes en facturen 1" in page
    assert f"Kliks {11 if per == 'month' else 11 if per == 'week' else 7} " in page


@pytest.mark.clause("20")
def test_who_refused_is_told_and_how_to_turn_it_on(client, holder, colleague):
    holder.analytics = False
    holder.save()
    client.force_login(holder)
    assert "Je wilt geen statistieken." in words(client.get("/my-data/usage/"))
    client.force_login(colleague)
    assert "Je wilt geen statistieken." not in words(client.get("/my-data/usage/"))


def test_the_page_asks_the_same_however_much_was_used(client, account, holder, asks):
    client.force_login(holder)
    client.get("/my-data/usage/")
    for times in (1, 3):
        use(holder, at=moment(ON), times=times, kind=Kind.SIGN_IN)
        use(ColleagueFactory(account=account), at=moment(ON), kind=Kind.SIGN_IN)
        with asks(11):
            client.get("/my-data/usage/")


def test_the_api_tells_the_same(account, holder):
    lived(account)
    told = device(holder).get(f"{API}/usage/?per=month").json()
    assert told["steps"][-1] == {"starts": "2026-03-01", "clicks": 3, "sign_ins": 1}
    assert sum(step["clicks"] for step in told["steps"]) == 11
    assert (told["is_allowed"], told["modules"][0]) == (True, {"module": "relations", "clicks": 10})
    problem(device(holder).get(f"{API}/usage/?per=year"), 400, "invalid")


def test_staff_see_all_accounts_together_and_no_rows_of_one(client, account):
    UsageDay.objects.create(account=account, on=ON - timedelta(days=5), module="relations", kind="view", count=77)
    UsageTotal.objects.create(on=ON - timedelta(days=5), module="relations", kind="view", count=1234)
    UsageTotal.objects.create(on=ON - timedelta(days=5), kind="account", count=9)
    freshly(client, member("Support"))
    page = words(client.get("/admin/accounts/usagetotal/"))
    assert "1234" in page
    assert "77" not in page
    assert client.get("/admin/accounts/usageday/").status_code == 404
    freshly(client, member("Finance"))
    assert client.get("/admin/accounts/usagetotal/").status_code == 403
