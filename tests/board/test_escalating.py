"""Staff are told of each step of each clock once, in one mail a run: whoever may see it, and is still there."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts import outbox
from accounts.models import PlannedMail
from board import escalating, tasks
from board.models import Escalation
from cannonworks import isolation
from cannonworks.celery import app
from cannonworks.deadlines import AMSTERDAM, Kind, Term, Unit
from retention.models import Alarm
from tests.board.clocks import declared, row
from tests.cast import member
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 17, 9, 30, tzinfo=AMSTERDAM)
INSTANT, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
OFFICER = "Privacy officer"


@pytest.fixture(autouse=True)
def kind():
    with declared() as kind:
        yield kind


def told():
    return list(Escalation.objects.order_by("pk").values_list("reference", "step"))


def sent(at=AT):
    """The mails that went, to whom they went."""
    outbox.send_waiting(at=at)
    return [(message.to[0], message.subject) for message in mail.outbox]


@pytest.mark.parametrize(
    ("passed", "step"),
    [
        (5 * HOUR - INSTANT, None), (5 * HOUR, 50), (7.5 * HOUR - INSTANT, 50), (7.5 * HOUR, 75), (9 * HOUR - INSTANT, 75),
        (9 * HOUR, 90), (10 * HOUR - INSTANT, 90), (10 * HOUR, 100), (90 * DAY, 100),
    ],
)  # fmt: skip
def test_what_is_found_past_several_steps_tells_the_last_alone(passed, step):
    row(AT, 10 * HOUR, about="one")
    assert escalating.escalate(at=AT + passed) == (1 if step else 0)
    assert told() == ([("one", step)] if step else [])


def test_a_clock_tells_every_step_as_it_passes_it_and_each_once():
    row(AT, 10 * HOUR, about="one")
    for minutes in range(0, 13 * 60, 5):
        escalating.escalate(at=AT + timedelta(minutes=minutes))
    assert told() == [("one", 50), ("one", 75), ("one", 90), ("one", 100)]


def test_a_term_that_is_shorter_than_the_steps_of_the_job_tells_what_it_is_found_at():
    row(AT + timedelta(minutes=1), timedelta(minutes=6), about="short")
    for minutes in range(0, 20, 5):
        escalating.escalate(at=AT + timedelta(minutes=minutes))
    assert told() == [("short", 50), ("short", 100)]


def test_a_clock_that_was_put_off_is_another_one():
    alarm = row(AT, 10 * HOUR, about="one")
    escalating.escalate(at=AT + 10 * HOUR)
    Alarm.objects.filter(pk=alarm.pk).update(cleared_at=AT + 20 * HOUR)
    escalating.escalate(at=AT + 10 * HOUR)
    assert told() == [("one", 100), ("one", 50)]


def test_of_what_may_not_begin_yet_nobody_is_told():
    row(AT, 10 * HOUR)
    notice = Kind("notice", "12", Term(1, Unit.HOURS), "x", waiting=True)
    with declared("waiting", rows=Alarm.objects.all(), due=None, term=notice):
        escalating.escalate(at=AT + 4 * HOUR)
    assert told() == []


# --- Who is told ------------------------------------------------------------------------------------------------------


def test_whoever_may_see_the_kind_is_mailed_and_administrators_of_what_is_past():
    officer, boss = member(OFFICER), StaffFactory()
    member("Finance"), member(OFFICER, is_active=False)
    row(AT, 10 * HOUR)
    escalating.escalate(at=AT + 9 * HOUR)
    assert sent() == [(officer.email, "Een termijn loopt bijna af")]
    mail.outbox.clear()
    escalating.escalate(at=AT + 10 * HOUR)
    assert sorted(sent()) == sorted(
        [(officer.email, "Een termijn is verstreken"), (boss.email, "Een termijn is verstreken")]
    )


def test_who_left_or_lost_the_role_meanwhile_is_told_nothing():
    left, lost = member(OFFICER), member(OFFICER)
    row(AT, 10 * HOUR)
    escalating.escalate(at=AT + 9 * HOUR)
    left.is_active = False
    left.save(update_fields=["is_active"])
    lost.groups.clear()
    assert (sent(), PlannedMail.objects.count()) == ([], 0)


def test_a_digest_names_the_twenty_most_urgent_and_counts_the_rest_in_the_language_of_its_reader():
    officer = member(OFFICER, language="en", first_name="Piet")
    for number in range(30):
        row(AT - number * HOUR, 20 * HOUR, about=f"nr{number}")
    assert escalating.escalate(at=AT) == 20
    outbox.send_waiting(at=AT)
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([officer.email], "10 deadlines are past")
    lines = [line for line in message.body.splitlines() if line.startswith("- ")]
    assert lines[0] == "- Past: Clock tried, nr29 (§5)"
    assert Counter(line.partition(":")[0] for line in lines) == {
        "- Past": 10, "- Nine tenths have passed": 2, "- Three quarters have passed": 3, "- Half has passed": 5,
    }  # fmt: skip
    assert "Due: Tuesday 17 November 2026 00:30" in message.body
    assert "http://localhost:8000/admin/deadlines/" in message.body
    assert "more" not in message.body
    for number in range(3):
        row(AT - 20 * HOUR, 20 * HOUR, about=f"more{number}")
    for number in range(30):
        row(AT - 11 * HOUR, 20 * HOUR, about=f"other{number}")
    assert escalating.escalate(at=AT) == 33
    outbox.send_waiting(at=AT)
    body = mail.outbox[-1].body
    assert sum(line.startswith("- ") for line in body.splitlines()) == 20
    assert "And 13 more." in body
    assert "&" not in body


def test_ten_thousand_clocks_are_one_mail():
    officer = member(OFFICER)
    Alarm.objects.bulk_create(
        Alarm(kind="residue", about=f"{number}", raised_at=AT, cleared_at=AT + HOUR) for number in range(10_000)
    )
    assert escalating.escalate(at=AT + HOUR) == 10_000
    assert sent() == [(officer.email, "10000 termijnen zijn verstreken")]
    assert "En nog 9980." in mail.outbox[0].body


@pytest.mark.parametrize("count", [1, 3])
def test_a_run_asks_the_same_whatever_it_finds(django_assert_num_queries, count):
    member(OFFICER)
    for _each in range(count):
        row(AT, HOUR)
    # savepoint and its end, the lock, the one statement, staff, what he may see (2), his digest
    with django_assert_num_queries(8):
        assert escalating.escalate(at=AT + HOUR) == count
    with django_assert_num_queries(4):
        assert escalating.escalate(at=AT + HOUR) == 0


# --- What goes wrong --------------------------------------------------------------------------------------------------


def test_a_mail_that_fails_is_sent_later_under_the_same_message_id(monkeypatch):
    member(OFFICER)
    row(AT, HOUR)
    escalating.escalate(at=AT + HOUR)
    tried = []

    def refuse(message, **_more):
        tried.append(message)
        raise SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert outbox.send_waiting(at=AT) == 0
        assert outbox.send_waiting(at=AT) == 0  # it waits
    digest = PlannedMail.objects.get()
    assert (digest.attempts, digest.failure, digest.sent_at) == (1, "SMTPServerDisconnected", None)
    assert outbox.send_waiting(at=digest.retry_at) == 1
    (message,) = mail.outbox
    assert len(tried) == 1
    assert message.extra_headers == tried[0].extra_headers == {"Message-ID": f"<board-{digest.pk}@localhost>"}
    assert (message.subject, message.body) == (tried[0].subject, tried[0].body)
    assert outbox.send_waiting(at=digest.retry_at) == 0


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_the_mail_server_took_it_repeats_the_same_mail(monkeypatch):
    member(OFFICER)
    row(AT, HOUR)
    escalating.escalate(at=AT + HOUR)

    def crash(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(PlannedMail, "save", crash)
        outbox.send_waiting(at=AT)
    assert outbox.send_waiting(at=AT) == 1
    first, again = mail.outbox
    assert (first.extra_headers, first.body) == (again.extra_headers, again.body)


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_finding_and_telling_finds_it_again(monkeypatch):
    member(OFFICER)
    row(AT, HOUR)

    def crash(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(PlannedMail.objects, "create", crash)
        escalating.escalate(at=AT + HOUR)
    assert Escalation.objects.count() == 0
    assert escalating.escalate(at=AT + HOUR) == 1
    assert len(sent()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_tell_once():
    member(OFFICER)
    for _each in range(200):
        row(AT, HOUR)
    ready, counts = threading.Barrier(2), []

    def job():
        try:
            with isolation.acting_as(isolation.JOBS):
                ready.wait()
                counts.append(escalating.escalate(at=AT + HOUR))
        finally:
            connection.close()

    jobs = [threading.Thread(target=job) for _each in range(2)]
    for each in jobs:
        each.start()
    for each in jobs:
        each.join()
    assert sorted(counts) == [0, 200]
    assert (Escalation.objects.count(), PlannedMail.objects.count(), len(sent())) == (200, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_a_digest_once():
    member(OFFICER)
    row(AT, HOUR)
    escalating.escalate(at=AT + HOUR)
    pk, ready, counts = PlannedMail.objects.get().pk, threading.Barrier(2), []

    def worker():
        try:
            with isolation.acting_as(isolation.JOBS):
                ready.wait()
                counts.append(outbox.send(pk, at=AT))
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _each in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert (sorted(counts), len(mail.outbox)) == ([False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_the_task_sends_what_it_found_at_once():
    member(OFFICER)
    row(AT - 2 * DAY, DAY)
    app.conf.task_always_eager = True
    try:
        assert tasks.escalate() == 1
    finally:
        app.conf.task_always_eager = False
    assert len(mail.outbox) == 1
    assert outbox.send_waiting(at=timezone.now()) == 0


# --- What is forgotten ------------------------------------------------------------------------------------------------


def test_what_was_told_of_clocks_that_are_over_is_forgotten_a_month_after_their_end():
    member(OFFICER)
    over, runs = row(AT, HOUR, about="over"), row(AT, HOUR, about="runs")
    escalating.escalate(at=AT + HOUR)
    outbox.send_waiting(at=AT + HOUR)
    over.delete()
    month = AT + HOUR + escalating.FORGOTTEN_AFTER
    assert escalating.forget(at=month) == 0
    assert escalating.forget(at=month + INSTANT) == 1
    assert told() == [("runs", 100)]
    assert escalating.escalate(at=month + DAY) == 0  # what runs is not told again
    runs.delete()
    assert escalating.forget(at=month + DAY) == 1
