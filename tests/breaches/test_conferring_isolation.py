"""What the database itself keeps of consultations from a holder, whatever statement is sent (§8, §13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from breaches import conferring, words
from breaches.models import Meeting
from cannonworks import isolation
from tests import breached
from tests.factories import AccountFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8"), pytest.mark.clause("13")]
HOUR = timedelta(hours=1)


def rows(sql: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def refused(sql: str) -> None:
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        rows(f"{sql} RETURNING id")


@pytest.fixture
def met(account):
    """A meeting and minutes of each of two accounts on one breach, a moment for all of it, and one of another breach."""
    now, clerk = timezone.now().replace(microsecond=0), StaffFactory()
    other = AccountFactory()
    row = breached.told(account, other, at=now - 9 * HOUR)
    when = {"starts_at": now - 3 * HOUR, "ends_at": now - 2 * HOUR, "place": "0522 123 456"}
    minutes = {"nature": "Lek", "risk": "Klein", "measures": "Slot"}
    for talk in row.consultations.all():
        conferring.record_talk(talk, actor=clerk, at=now, **when, **minutes)
        given = words.give_permission(talk.account, row, actor=talk.account.main_user, at=now, to_subjects=True)
        words.record_word(
            row, actor=clerk, at=now, audience="subjects", to=str(talk.account_id), text="Iets", permission=given
        )
    for breach in (row, breached.told(other, at=now)):
        conferring.offer_to_all(
            breach, actor=clerk, at=now, starts_at=now + HOUR, ends_at=now + 2 * HOUR, place="https://bel.example/"
        )
    return row


def test_a_raw_select_shows_a_holder_the_meetings_and_words_that_are_theirs(met, account, holder):
    with isolation.acting_as(isolation.of(holder)):
        seen = rows("SELECT account_id, breach_id, risk FROM breaches_meeting ORDER BY id")
        told = rows('SELECT "to" FROM breaches_directword')
        talks = rows("SELECT DISTINCT account_id FROM breaches_consultation")
        permissions = rows("SELECT DISTINCT account_id FROM breaches_permission")
    assert seen == [(account.pk, met.pk, "Klein"), (None, met.pk, "")]
    assert (told, talks, permissions) == ([(str(account.pk),)], [(account.pk,)], [(account.pk,)])


def test_a_holder_changes_no_meeting_and_offers_none(met, account, holder):
    before = list(Meeting.objects.order_by("id").values())
    add = (
        "INSERT INTO breaches_meeting (reference, breach_id, account_id, proposed_by, is_from_holder, starts_at, ends_at,"
        " place, nature, risk, measures, minuted_at) VALUES (gen_random_uuid(), {breach}, {account}, gen_random_uuid(),"
        " {asked}, now(), now() + interval '1 hour', '06', '{text}', '{text}', '{text}', {minuted})"
    )
    theirs = {"breach": met.pk, "account": account.pk, "asked": True, "text": "", "minuted": "NULL"}
    other = Meeting.objects.exclude(account=account).exclude(account=None).first().account_id
    with isolation.acting_as(isolation.of(holder)):
        refused("UPDATE breaches_meeting SET risk = 'Geen'")
        refused("DELETE FROM breaches_meeting")
        for wrong in (
            {"account": "NULL"},  # for everybody whom the breach touches
            {"account": other},
            {"asked": False},  # as if we had offered it
            {"text": "Geen", "minuted": "now()"},
        ):
            refused(add.format(**theirs | wrong))
        with transaction.atomic():
            assert rows(add.format(**theirs) + " RETURNING id")
    assert list(Meeting.objects.order_by("id").values())[: len(before)] == before


def test_nobody_writes_what_others_are_told_but_staff(met, holder):
    with isolation.acting_as(isolation.of(holder)):
        refused("UPDATE breaches_directword SET text = 'Niets'")
        refused("DELETE FROM breaches_directword")
        refused("UPDATE breaches_permission SET account_id = account_id + 1")
