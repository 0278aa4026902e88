"""Mails about conferring, through a real mail server, with the moment as a file for the calendar (§13)."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.conf import settings
from django.utils import timezone

from accounts import outbox
from accounts.models import Account, PlannedMail, User
from accounts.tasks import send_planned
from breaches import announcing, conferring, tasks
from breaches.models import Meeting
from breaches.tasks import lapse_consultations
from tests import breached
from tests.factories import AccountFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
MINUTES = {"nature": "Een sleutel lekte", "risk": "Klein", "measures": "Sleutel vervangen"}
#: What each mail is called.
SUBJECTS = {
    "nl": ["Kies een moment voor overleg over de inbreuk", "Afgesproken: overleg over de inbreuk",
           "Het overleg gaat niet door", "Het verslag van ons overleg over de inbreuk"],
    "en": ["Choose a moment to confer about the breach", "Agreed: we confer about the breach",
           "The moment to confer falls through", "The minutes of our consultation about the breach"],
}  # fmt: skip


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def talk(account, now):
    return breached.told(account, at=now - 3 * HOUR).consultations.get()


@pytest.fixture
def clerk():
    return StaffFactory()


def offered(talk, clerk, *, at) -> Meeting:
    said = {"starts_at": at + HOUR, "ends_at": at + HOUR + HALF_HOUR, "place": "0522 123 456"}
    return conferring.offer_to(talk, actor=clerk, at=at, **said)


def sent(office, *, at) -> list:
    outbox.send_waiting(at=at)
    return office.letters


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_step_is_mailed_to_the_main_user_in_their_language(post_office, account, talk, clerk, now, language):
    User.objects.filter(pk=account.main_user.pk).update(language=language)
    meeting = offered(talk, clerk, at=now)
    sent(post_office, at=now)
    conferring.choose(talk, meeting, actor=account.main_user, at=now)
    sent(post_office, at=now)
    conferring.withdraw(meeting, actor=clerk, at=now)
    sent(post_office, at=now)
    past = {"starts_at": now - HOUR, "ends_at": now - HALF_HOUR, "place": "0522 123 456"}
    conferring.record_talk(talk, actor=clerk, at=now, **past, **MINUTES)
    letters = sent(post_office, at=now)
    assert [letter["subject"] for letter in letters] == SUBJECTS[language]
    for letter in letters:
        assert letter["to"] == account.main_user.email
        text = letter.get_body().get_content()
        assert f"{settings.SITE_URL}/consultations/{talk.reference}/" in text
        assert not any(word in text for word in ("{", "None", "Een sleutel lekte"))
    agreed = letters[1]
    (file,) = agreed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("cannonworks.ics", "text/calendar")
    (event,) = icalendar.Calendar.from_ical(file.get_payload(decode=True)).walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt, event["location"]) == (
        meeting.starts_at, meeting.ends_at, "0522 123 456",
    )  # fmt: skip
    assert str(talk.reference) in event["description"]
    title = {"nl": "CannonWorks: overleg over een inbreuk", "en": "CannonWorks: consultation about a breach"}
    assert event["summary"] == title[language]
    assert [list(letter.iter_attachments()) for letter in letters if letter is not agreed] == [[], [], []]


def test_what_has_no_point_any_more_is_not_mailed(post_office, account, talk, clerk, now):
    meeting = offered(talk, clerk, at=now)
    conferring.choose(talk, meeting, actor=account.main_user, at=now)
    conferring.withdraw(meeting, actor=clerk, at=now)
    conferring.record_talk(
        talk, actor=clerk, at=now, starts_at=now - HOUR, ends_at=now - HALF_HOUR, place="06", **MINUTES
    )
    conferring.sign_off(talk, actor=account.main_user, at=now)
    assert sent(post_office, at=now) == []


def test_a_refused_offer_is_not_mailed(post_office, talk, clerk, now):
    with pytest.raises(Exception, match="voorbij|begonnen"):
        offered(talk, clerk, at=now - 2 * HOUR) and conferring.offer_to(
            talk, actor=clerk, at=now, starts_at=now - HOUR, ends_at=now, place="06"
        )
    assert len(sent(post_office, at=now)) == 1  # of the one that was not


def test_the_hourly_task_lapses_what_was_offered_in_time_and_not_taken(account, clerk, now):
    long_ago = now - timedelta(days=9)
    talk = breached.told(account, at=long_ago).consultations.get()
    offered(talk, clerk, at=long_ago + 3 * HOUR)
    # Told after its only moment had begun: that one they could never take, so their clock stays on the board.
    later = AccountFactory()
    breached.affected(talk.breach, later)
    said = {"starts_at": talk.opened_at + HOUR, "ends_at": talk.opened_at + 2 * HOUR, "place": "06"}
    conferring.offer_to_all(talk.breach, actor=clerk, at=talk.opened_at, **said)
    theirs = breached.consultation(talk.breach, later, opened_at=talk.opened_at + 2 * HOUR)
    assert [lapse_consultations(), lapse_consultations()] == [1, 0]
    talk.refresh_from_db()
    theirs.refresh_from_db()
    assert (bool(talk.lapsed_at), theirs.lapsed_at) == (True, None)


# --- A moment for all ------------------------------------------------------------------------------------------------


def offered_to_all(breach, clerk, *, at, starts_in=HOUR) -> Meeting:
    said = {"starts_at": at + starts_in, "ends_at": at + starts_in + HALF_HOUR, "place": "https://bel.example/1"}
    return conferring.offer_to_all(breach, actor=clerk, at=at, **said)


def planned() -> list:
    return list(PlannedMail.objects.filter(template="breaches/meeting_offered").order_by("id"))


def test_who_was_told_already_is_mailed_once_of_a_moment_for_all(post_office, clerk, now, monkeypatch):
    monkeypatch.setattr(announcing, "BATCH", 2)
    accounts = [AccountFactory() for _each in range(7)]
    breach = breached.told(*accounts, at=now - 3 * HOUR)
    waived, agreed, held, leaving, *waiting = [breach.consultations.get(account=each) for each in accounts]
    conferring.waive(waived, actor=waived.account.main_user, at=now)
    conferring.choose(agreed, offered(agreed, clerk, at=now), actor=agreed.account.main_user, at=now)
    past = {"starts_at": now - HOUR, "ends_at": now - HALF_HOUR, "place": "0522 123 456"}
    conferring.record_talk(held, actor=clerk, at=now, **past, **MINUTES)
    before = len(sent(post_office, at=now))
    PlannedMail.objects.all().delete()
    Account.objects.filter(pk=leaving.account_id).update(claimed_at=now)
    meeting = offered_to_all(breach, clerk, at=now)
    assert planned() == []  # none of it in the request
    assert (tasks.announce_meeting(meeting.pk), tasks.announce_meeting(meeting.pk), tasks.tend_notices()) == (3, 0, 0)
    assert [(row.about, row.account_id) for row in planned()] == [(row.reference, row.account_id) for row in waiting]
    letters = sent(post_office, at=now)[before:]
    assert [letter["to"] for letter in letters] == [row.account.main_user.email for row in waiting]
    assert {letter["subject"] for letter in letters} == {SUBJECTS["nl"][0]}
    second = offered_to_all(breach, clerk, at=now, starts_in=2 * HOUR)  # another moment is another mail
    assert announcing.announce(second.pk, at=now) == 3


def test_an_announcement_goes_on_behind_the_batches_that_were_done(talk, clerk, now, monkeypatch):
    monkeypatch.setattr(announcing, "BATCH", 1)
    other = AccountFactory(state="active")
    breached.affected(talk.breach, other)
    later = breached.consultation(talk.breach, other, opened_at=now - HOUR)
    meeting = offered_to_all(talk.breach, clerk, at=now)
    assert announcing._batch(meeting.pk, now) == 1
    meeting.refresh_from_db()
    assert meeting.announced_until == talk.pk
    assert announcing.tend(at=now) == 1  # as the beat does when the worker was killed
    assert announcing.announce(meeting.pk, at=now) == 1
    assert [row.about for row in planned()] == [talk.reference, later.reference]
    meeting.refresh_from_db()
    assert (meeting.announced_until, announcing.tend(at=now)) == (None, 0)


def test_a_moment_that_was_withdrawn_or_began_is_announced_no_more(talk, clerk, now):
    withdrawn, begun = offered_to_all(talk.breach, clerk, at=now), offered_to_all(talk.breach, clerk, at=now)
    conferring.withdraw(withdrawn, actor=clerk, at=now)
    assert [announcing.announce(withdrawn.pk, at=now), announcing.announce(begun.pk, at=now + HOUR)] == [0, 0]
    assert planned() == []


def test_offering_to_all_leaves_the_mails_to_a_worker(
    talk, clerk, now, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(tasks.announce_meeting, "delay", queued.append)
    with django_capture_on_commit_callbacks(execute=True):
        meeting = offered_to_all(talk.breach, clerk, at=now)
    assert (queued, planned()) == ([meeting.pk], [])


@pytest.mark.parametrize("count", [1, 3])
def test_offering_to_all_costs_the_same_however_many_accounts(clerk, now, count, django_assert_num_queries):
    breach = breached.told(*(AccountFactory() for _each in range(count)), at=now - 3 * HOUR)
    with django_assert_num_queries(12):
        offered_to_all(breach, clerk, at=now)


def test_mails_for_many_go_with_a_few_messages_to_workers(talk, now, monkeypatch, django_capture_on_commit_callbacks):
    queued = []
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    monkeypatch.setattr(send_planned, "delay", lambda *keys: queued.append(keys))
    with django_capture_on_commit_callbacks(execute=True):
        assert outbox.plan_all("breaches/meeting_offered", [(talk.reference, talk.account)] * 5, at=now) == 5
    keys = [row.pk for row in planned()]
    assert queued == [tuple(keys[:2]), tuple(keys[2:4]), tuple(keys[4:])]
    with pytest.raises(LookupError):
        outbox.plan_all("breaches/nobody", [], at=now)
