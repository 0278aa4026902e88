"""The demonstration: what `make run` shows on its first day, made by the services."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Sum
from django.utils import timezone

from accounts.looks import looks
from accounts.models import Account
from breaches.models import Breach, BreachReport, Consultation, Meeting, Notice
from cannonworks.deadlines import start_of_day
from processors.models import Disclosure, DisclosureCount, Extract, Glass, GlassStage
from retention import demo, demo_glass
from tests.factories import AccountFactory, StaffFactory

pytestmark = pytest.mark.django_db


# Every day of the week, a day before a holiday, and both clock changes.
@pytest.mark.clause("13")
@pytest.mark.parametrize(
    "today",
    [*(date(2026, 11, day) for day in range(16, 23)), date(2026, 12, 25), date(2026, 3, 29), date(2026, 10, 25)],
)
def test_a_breach_is_told_in_two_phases_conferred_about_and_one_is_reported(today):
    made = demo.make(today=today)
    breach = Breach.objects.get()
    told = {made[name] for name in ("trial", "cancelled", "active")}
    assert [phase.released_at is not None for phase in breach.phases.all()] == [True, True]
    assert {row.account for row in breach.affected.all() if row.told_at} == told
    assert Notice.objects.filter(handed_at__isnull=False).count() == 2 * len(told)
    agreed = Consultation.objects.get(agreed_at__isnull=False)
    assert (agreed.account, agreed.breach, agreed.meeting.starts_at < agreed.due_at) == (made["trial"], breach, True)
    to_choose = Consultation.objects.get(account=made["cancelled"])
    assert Meeting.objects.open_to(to_choose, start_of_day(today)).exists()
    assert BreachReport.objects.get(judged_at=None).account == made["active"]
    assert {account.state for account in Account.objects.all()} >= {"trial", "active", "cancelled"}


@pytest.mark.clause("8")
def test_of_what_others_asked_one_is_given_one_refused_and_one_waits():
    made, year = demo.make(today=date(2026, 11, 22)), 2026
    rows = Disclosure.objects.filter(account_reference=made["active"].reference).order_by("received_at")
    assert [(row.decision, row.handed_at is not None) for row in rows] == [
        ("give", True), ("refuse", False), ("", False)
    ]  # fmt: skip
    assert Extract.objects.get().state == "taken"
    counted = DisclosureCount.objects.filter(year=year).aggregate(Sum("in_part"), Sum("refused"), Sum("waiting"))
    assert list(counted.values()) == [1, 1, 1]


@pytest.mark.clause("10")
def test_emergency_access_was_used_and_told_of_and_another_waits():
    account, now = AccountFactory(), timezone.now()
    used = demo_glass.make(account, first=StaffFactory(), second=StaffFactory(), at=now)
    used.refresh_from_db()
    assert used.stage(timezone.now()) == GlassStage.REPORTED
    assert [row.kind for row in looks(account).rows] == ["system"]
    assert Glass.objects.exclude(pk=used.pk).get().stage(now) == GlassStage.ASKED
