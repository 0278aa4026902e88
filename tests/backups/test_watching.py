"""Backups that failed, are missing, or are there too long: an alarm, and never silence (§14)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from backups import expiring
from cannonworks import isolation
from journal import services as journal
from retention import alarms
from retention.models import Alarm, AlarmKind
from tests.backups.test_expiring import made

pytestmark = [pytest.mark.django_db, pytest.mark.clause("14", "14 backup")]


def standing(on: date | None = None) -> list[tuple[str, str]]:
    now = timezone.now()
    alarms.check_everything(on=on or timezone.localdate(now), at=now)
    found = Alarm.objects.filter(cleared_at=None).exclude(kind=AlarmKind.RULES).exclude(kind=AlarmKind.JOURNAL)
    return sorted(found.values_list("kind", "about"))


def journal_since(hours: float) -> None:
    with isolation.acting_as(isolation.NOBODY), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (at, event, actor_kind, clause, facts)"
            " VALUES (now() - make_interval(secs => %s), 'rules.approved', 'system', '', '{}')",
            [hours * 3600],
        )


def test_a_new_installation_has_a_day_to_make_its_first():
    assert standing() == []
    journal_since(25.9)
    assert standing() == []


def test_a_first_backup_that_never_comes_is_an_alarm():
    journal_since(26.1)
    assert standing() == [(AlarmKind.BACKUP, "missing")]
    made(timezone.now())
    assert standing() == []


@pytest.mark.parametrize(("hours", "found"), [(25.9, []), (26.1, [(AlarmKind.BACKUP, "missing")])])
def test_a_backup_older_than_a_day_and_what_it_takes_is_an_alarm(hours, found):
    journal_since(0)
    made(timezone.now() - timedelta(hours=hours))
    assert standing() == found


def test_a_try_that_failed_is_an_alarm_until_one_is_made():
    made(timezone.now())
    journal.record("backup.failed", clause="14", why="vault")
    assert standing() == [(AlarmKind.BACKUP, "failed")]
    assert Alarm.objects.get().detail == "vault"
    journal.record("backup.made", clause="14")
    assert standing() == []


def test_a_backup_past_its_year_is_an_alarm_a_day_later():
    made(timezone.now())
    old = made(timezone.now() - timedelta(days=300))
    over = expiring.expires_on(old)
    late = [[one for one in standing(day) if one[0] == AlarmKind.TOO_LATE] for day in (over, over + timedelta(days=1))]
    assert late == [[], [(AlarmKind.TOO_LATE, old)]]


def test_a_vault_that_cannot_be_read_is_not_a_vault_without_trouble():
    settings.BACKUPS_DIR.write_text("not a folder")
    assert (AlarmKind.NOT_CHECKED, "check_backups") in standing()
