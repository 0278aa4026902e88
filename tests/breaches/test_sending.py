"""A notice goes once to each account, with the words of its phase and nothing else (§13). Kills: test_sending_faults."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from accounts.models import User
from breaches import planning, releasing, sending, tasks
from breaches.models import Affected, Consultation, Notice
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from tests import breached
from tests.breaches.offices import Office, mail_through, open_office
from tests.breaches.released import AT, accounts, notices, send, waiting
from tests.factories import StaffFactory
from tests.lives import CANCELLED_ON, DUE_ON, account_in, erase, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
LATER = AT + timedelta(minutes=1)


def test_each_account_gets_its_notice_and_all_of_it_is_noted(office):
    some = accounts(3)
    phase = waiting(*some)
    assert send(phase, at=LATER) == 3
    assert sorted(office.per_reader) == sorted(account.main_user.email for account in some)
    for notice, letter in zip(notices(phase), office.letters, strict=True):
        assert letter["Message-ID"] == f"<breach-{notice.reference}@localhost>"
        assert (notice.begun_at, notice.handed_at, notice.repeats) == (LATER, LATER, 0)
        assert (notice.attempts, notice.failure, notice.failed_at, notice.retry_at) == (0, "", None, None)
    assert set(Affected.objects.values_list("told_at", flat=True)) == {LATER}
    conferring = Consultation.objects.get(account=some[0])
    assert (conferring.breach_id, conferring.opened_at, conferring.report_id) == (phase.breach_id, LATER, None)
    assert conferring.due_at.isoformat() == "2026-11-19T23:00:00+00:00"  # Thursday, at midnight in Amsterdam
    entries = Entry.objects.filter(event="breach.told").order_by("id")
    assert [entry.account_reference for entry in entries] == [account.reference for account in some]
    assert entries[0].facts == {
        "breach": str(phase.breach.reference), "phase": 1, "notice": str(notices(phase)[0].reference), "repeats": 0
    }  # fmt: skip
    assert (send(phase, at=LATER), len(office.has)) == (0, 3)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_notice_says_what_the_phase_says_until_when_and_how_to_reach_us(office, settings, language):
    (account,) = accounts(1)
    User.objects.filter(account=account).update(language=language)
    phase = waiting(account)
    send(phase)
    (letter,) = office.letters
    text = letter.get_content()
    assert letter.get_content_type() == "text/plain"
    for name in ("fact", "cause", "known_effects", "measures_taken", "advice"):
        assert getattr(phase, f"{name}_{language}") in text
    assert getattr(phase.breach, f"title_{language}") in letter["Subject"]
    assert f"{settings.SITE_URL}/breaches/{phase.breach.reference}/" in text
    assert settings.HELPDESK in text
    assert letter["Reply-To"] == settings.HELPDESK
    until = "vrijdag 20 november 2026, 11:30" if language == "nl" else "Friday 20 November 2026, 11:30"
    assert until in text  # 72 hours from its planning
    assert parsedate_to_datetime(letter["Date"]) == AT
    assert letter["Auto-Submitted"] == "auto-generated"
    person = account.main_user
    assert all(word not in text for word in (person.first_name, person.last_name, account.company.company_name))
    other = {"nl": "en", "en": "nl"}[language]
    assert getattr(phase, f"cause_{other}") not in text
    assert "\n\n\n" not in text.replace("\r\n", "\n")


def test_a_later_phase_says_that_it_is_an_update(office):
    (account,) = accounts(1)
    first = waiting(account)
    send(first)
    second = releasing.release(breached.phase(first.breach), actor=StaffFactory(), at=LATER)
    planning.plan(first.breach_id, at=LATER)
    send(second, at=LATER)
    assert [" (fase 2)" in letter["Subject"] for letter in office.letters] == [False, True]
    assert len({letter["Message-ID"] for letter in office.letters}) == 2
    assert Affected.objects.get().told_at == AT  # the first word counts
    assert Consultation.objects.get().opened_at == AT


def test_the_address_is_that_of_the_moment_of_sending(office):
    (account,) = accounts(1)
    phase = waiting(account)
    User.objects.filter(account=account).update(email="nieuw@bedrijf.example")
    send(phase)
    assert list(office.per_reader) == ["nieuw@bedrijf.example"]


def test_a_consultation_that_a_report_opened_stays_as_it_is(office):
    (account,) = accounts(1)
    phase = waiting(account)
    before = breached.consultation(phase.breach, account, opened_at=AT - timedelta(hours=5))
    send(phase)
    assert Consultation.objects.get().opened_at == before.opened_at


def test_a_mail_program_of_ones_own_machine_works_too(mailoutbox):
    phase = waiting(*accounts(2))
    assert (send(phase), len(mailoutbox)) == (2, 2)


# --- What the server does not take -----------------------------------------------------------------------------------


def test_a_recipient_that_is_refused_for_good_bounces_and_stays_untold(office):
    bad, good = accounts(2)
    office.refuses[bad.main_user.email] = f"550 5.1.1 <{bad.main_user.email}> unknown"
    phase = waiting(bad, good)
    assert send(phase, at=LATER) == 1
    notice = Notice.objects.get(account=bad)
    assert (notice.failed_at, notice.failure, notice.handed_at) == (LATER, "550 5.1.1", None)
    assert Affected.objects.get(account=bad).told_at is None
    assert not Consultation.objects.filter(account=bad).exists()
    (entry,) = Entry.objects.filter(event="breach.bounced")
    assert (entry.account_reference, entry.facts["failure"]) == (bad.reference, "550 5.1.1")
    assert send(phase, at=LATER + timedelta(days=1)) == 0


def test_staff_have_it_sent_again_after_the_address_was_mended(office, staff):
    (account,) = accounts(1)
    office.refuses[account.main_user.email] = "550 5.1.1 unknown"
    phase = waiting(account)
    send(phase)
    notice = Notice.objects.get()
    User.objects.filter(account=account).update(email="goed@bedrijf.example")
    with isolation.acting_as(isolation.of(staff)):
        sending.send_again(notice, actor=staff, at=LATER)
    assert send(phase, at=LATER) == 1
    after = Notice.objects.get()
    assert (after.reference, after.repeats, after.handed_at, after.failed_at) == (notice.reference, 0, LATER, None)
    assert [letter["Message-ID"] for letter in office.letters] == [f"<breach-{notice.reference}@localhost>"]
    assert Affected.objects.get().told_at == LATER
    assert Entry.objects.get(event="breach.sent_again").actor_reference == staff.reference
    with pytest.raises(Refused) as refusal:
        sending.send_again(after, actor=staff, at=LATER)
    assert refusal.value.code == "not_bounced"


def test_what_is_refused_for_now_waits_ever_longer_and_is_no_repeat(office):
    slow, good = accounts(2)
    office.refuses[slow.main_user.email] = f"451 4.7.1 {slow.main_user.email} try later"
    phase = waiting(slow, good)
    pauses, at = [], AT
    for _time in range(4):
        send(phase, at=at)
        notice = Notice.objects.get(account=slow)
        assert send(phase, at=notice.retry_at - timedelta(seconds=1)) == 0
        pauses.append(notice.retry_at - at)
        at = notice.retry_at
    assert [pause // timedelta(minutes=1) for pause in pauses] == [10, 20, 30, 30]
    assert (notice.attempts, notice.failure, notice.failed_at) == (4, "451 4.7.1", None)
    office.refuses.clear()
    assert send(phase, at=at) == 1
    notice.refresh_from_db()
    assert (notice.handed_at, notice.repeats, notice.failure) == (at, 0, "")
    assert len(office.has) == 2


def test_a_server_that_takes_nothing_is_left_alone_for_the_whole_batch(office):
    phase = waiting(*accounts(8))
    office.answer = "452 4.3.1 full"
    assert send(phase) == 0
    assert [notice.attempts for notice in notices(phase)] == [1] * 5 + [0] * 3
    assert all(notice.retry_at > AT for notice in notices(phase))
    assert {notice.begun_at for notice in notices(phase)} == {None}
    office.answer = ""
    assert send(phase, at=AT + timedelta(minutes=10)) == 8
    assert office.repeats == 0


def test_an_answer_with_the_door_shut_is_no_bounce_of_anybody(office):
    phase = waiting(*accounts(3))
    office.answer = "554 5.7.1 we do not know you"
    assert send(phase) == 0
    assert {notice.failed_at for notice in notices(phase)} == {None}
    assert {notice.failure for notice in notices(phase)} == {"554 5.7.1"}


def test_no_address_by_any_rule_bounces():
    (account,) = accounts(1)
    with open_office(Office()) as office:
        User.objects.filter(account=account).update(email="geen adres\r\nBcc: x@y.example")
        phase = waiting(account)
        send(phase)
        assert office.has == []
    assert Notice.objects.get().failure == "address"


def test_a_server_that_is_away_is_tried_again_and_then_has_each_once():
    phase = waiting(*accounts(4))
    office = Office()
    with open_office(office):
        pass
    assert send(phase) == 0
    assert {(notice.failure, notice.begun_at) for notice in notices(phase)} == {("ConnectionRefusedError", None)}
    assert [notice.attempts for notice in notices(phase)] == [1, 0, 0, 0]
    with open_office(office):
        assert send(phase, at=AT + timedelta(minutes=10)) == 4
    assert (len(office.has), office.repeats, {notice.repeats for notice in notices(phase)}) == (4, 0, {0})


def test_a_connection_that_was_shut_between_two_mails_is_opened_anew_at_once(office):
    """As servers do that take so many mails of a connection."""
    phase = waiting(*accounts(4))
    office.shuts_after = {1, 3}
    assert send(phase) == 4
    assert (office.repeats, {notice.repeats for notice in notices(phase)}) == (0, {0})


def test_a_server_that_accepts_and_hangs_up_gets_the_same_again_and_it_is_counted(office):
    phase = waiting(*accounts(4))
    office.hangs_up = lambda number: number == 2
    assert send(phase) == 3
    unknown = notices(phase)[1]
    assert (unknown.begun_at, unknown.handed_at, unknown.failure) == (AT, None, "SMTPServerDisconnected")
    assert send(phase, at=AT + timedelta(minutes=10)) == 1
    assert (len(office.has), office.repeats) == (5, 1)
    assert all(len(bodies) == 1 for bodies in office.per_reader.values())
    assert [notice.repeats for notice in notices(phase)] == [0, 1, 0, 0]


def test_a_slow_server_gets_each_once(office):
    office.seconds = 0.05
    phase = waiting(*accounts(3))
    assert (send(phase), len(office.has), office.repeats) == (3, 3, 0)


def test_a_server_that_answers_too_late_may_have_it(office, settings):
    settings.EMAIL_TIMEOUT = 0.2
    phase = waiting(*accounts(1))
    office.seconds = 0.6
    assert send(phase) == 0
    notice = Notice.objects.get()
    assert (notice.begun_at, notice.failure) == (AT, "SMTPServerDisconnected")
    office.seconds = 0.0
    assert send(phase, at=AT + timedelta(minutes=10)) == 1
    assert (office.repeats, Notice.objects.get().repeats, len(office.per_reader)) == (1, 1, 1)


# --- Accounts on their way out ---------------------------------------------------------------------------------------


def test_who_is_erased_before_the_notice_goes_is_excused(office):
    account = account_in("cancelled", on=CANCELLED_ON)
    (other,) = accounts(1)
    phase = waiting(account, other)
    erase(account, on=DUE_ON)
    assert send(phase) == 1
    assert Affected.objects.get(account=account).excused_at == AT
    assert Notice.objects.get(account=account).failure == "nobody"
    assert Entry.objects.get(event="breach.excused").facts["accounts"] == 1
    assert sending.tend(at=AT + timedelta(days=1)) == 0


def test_an_account_whose_erasure_has_begun_is_told_and_opens_nothing(office):
    from retention import erasure

    account = account_in("cancelled", on=CANCELLED_ON)
    phase = waiting(account)
    erasure.claim(on=DUE_ON, at=moment(DUE_ON))
    assert send(phase) == 1
    assert Affected.objects.get(account=account).told_at == AT
    assert not Consultation.objects.filter(account=account).exists()


def test_the_tasks_do_what_the_services_do(office):
    phase = waiting(*accounts(1))
    assert (tasks.plan_notices(phase.breach_id), tasks.send_batch(phase.pk, 0), tasks.tend_notices()) == (0, 1, 0)
    assert len(office.has) == 1


# --- Delivery reports ------------------------------------------------------------------------------------------------


class Reporting:
    """A server that offers delivery reports: what was asked of it. Nothing but the lines of a real exchange."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while line := (await reader.readline()).decode().rstrip():
            word = line.upper()[:4]
            self.lines.append(line)
            if word == "EHLO":
                writer.write(b"250-hi\r\n250-8BITMIME\r\n250 DSN\r\n")
            elif word == "DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 OK\r\n")
            else:
                writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 OK\r\n")
        writer.close()


def test_a_server_that_offers_delivery_reports_is_asked_for_them(settings):
    settings.BOUNCE_ADDRESS = "bounces@cannonworks.example"
    (account,) = accounts(1)
    phase = waiting(account)
    reporting, started, port = Reporting(), threading.Event(), []

    def serve() -> None:
        async def run() -> None:
            server = await asyncio.start_server(reporting, "127.0.0.1", 0)
            port.append(server.sockets[0].getsockname()[1])
            started.set()
            async with server:
                while not any(line.startswith("QUIT") for line in reporting.lines):
                    await asyncio.sleep(0.01)

        asyncio.run(run())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    started.wait(10)
    mail_through(port[0])
    assert send(phase) == 1
    thread.join(10)
    reference = Notice.objects.get().reference
    assert f"MAIL FROM:<bounces@cannonworks.example> BODY=8BITMIME RET=HDRS ENVID={reference}".lower() in [
        line.lower() for line in reporting.lines
    ]
    assert f"rcpt to:<{account.main_user.email}> notify=success,failure" in [line.lower() for line in reporting.lines]
