"""What mail servers report of a notice: it counts for that notice alone, and hostile input for nothing (§13)."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from breaches import bounces, sending
from breaches.mailing import message_id
from breaches.models import Affected, Notice
from cannonworks.errors import Refused
from journal.models import Entry
from tests.breaches.released import AT, accounts, send, waiting
from tests.processes import environment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
LATER = AT + timedelta(hours=1)


def report(
    reference: UUID, action: str = "failed", *, status: str = "5.1.1", returned: str = "text/rfc822-headers"
) -> bytes:
    """As Postfix writes one."""
    headers = f"Message-ID: {message_id(reference)}\r\nTo: sanne@bedrijf.example\r\nSubject: Inbreuk\r\n"
    parts = [
        "Content-Type: text/plain\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n"
        "Final-Recipient: rfc822; sanne@bedrijf.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 5.1.1 <sanne@bedrijf.example> unknown\r\n",
    ]
    if returned:
        parts.append(f"Content-Type: {returned}\r\n\r\n{headers}\r\n")
    body = "".join(f"--=x\r\n{part}\r\n" for part in parts)
    return (
        "From: MAILER-DAEMON@mail.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="=x"\r\n\r\n{body}--=x--\r\n'
    ).encode()


@pytest.fixture
def sent(mailoutbox) -> Notice:
    phase = waiting(*accounts(1))
    send(phase)
    return Notice.objects.get()


@pytest.mark.parametrize(
    "returned", ["text/rfc822-headers", "message/rfc822", "message/global-headers", "message/global"]
)
def test_what_failed_is_a_bounce_and_its_account_is_untold(sent, returned):
    said = bounces.take(report(sent.reference, returned=returned), at=LATER)
    sent.refresh_from_db()
    assert (sent.failed_at, sent.failure, sent.delivered_at) == (LATER, "5.1.1", None)
    assert Affected.objects.get().told_at is None
    assert Entry.objects.get(event="breach.bounced").facts["failure"] == "5.1.1"
    assert (str(sent.reference) in said, "sanne" in said) == (True, False)
    assert "al bekend" in bounces.take(report(sent.reference), at=LATER)
    assert Entry.objects.filter(event="breach.bounced").count() == 1


@pytest.mark.parametrize("action", ["delivered", "relayed", "Delivered "])
def test_what_was_delivered_or_passed_on_is_noted_once(sent, action):
    bounces.take(report(sent.reference, action, status="2.0.0"), at=LATER)
    bounces.take(report(sent.reference, action, status="2.0.0"), at=LATER + timedelta(hours=1))
    sent.refresh_from_db()
    assert (sent.delivered_at, sent.failed_at, Affected.objects.get().told_at) == (LATER, None, AT)
    assert Entry.objects.filter(event="breach.delivered").count() == 1


def test_passed_on_and_then_come_back_is_a_bounce_and_the_last_word_counts(sent):
    bounces.take(report(sent.reference, "relayed", status="2.0.0"), at=LATER)
    bounces.take(report(sent.reference), at=LATER)
    sent.refresh_from_db()
    assert (sent.failed_at, sent.delivered_at, Affected.objects.get().told_at) == (LATER, None, None)
    bounces.take(report(sent.reference, "delivered", status="2.0.0"), at=LATER)
    sent.refresh_from_db()
    assert (sent.failed_at, sent.delivered_at, Affected.objects.get().told_at) == (None, LATER, AT)


def test_who_was_told_by_another_notice_stays_told_from_that_one_on(sent, staff, mailoutbox):
    from breaches import planning, releasing
    from tests import breached

    second = releasing.release(breached.phase(sent.phase.breach), actor=staff, at=LATER)
    planning.plan(second.breach_id, at=LATER)
    send(second, at=LATER)
    bounces.take(report(sent.reference), at=LATER)
    assert Affected.objects.get().told_at == LATER
    bounces.take(report(second.notices.get().reference), at=LATER)
    assert Affected.objects.get().told_at is None


def test_a_report_may_come_before_we_have_noted_that_the_mail_went(sent):
    Notice.objects.update(handed_at=None)
    bounces.take(report(sent.reference), at=LATER)
    sent.refresh_from_db()
    assert sent.failed_at == LATER
    assert send(sent.phase) == 0


def test_without_returned_headers_the_name_of_the_delivery_tells(sent):
    text = report(sent.reference, returned="").replace(
        b"Reporting-MTA: dns; mail.example", f"Original-Envelope-Id: {sent.reference}".encode()
    )
    bounces.take(text, at=LATER)
    sent.refresh_from_db()
    assert sent.failed_at == LATER


def nothing_changed(sent: Notice) -> bool:
    after = Notice.objects.get(pk=sent.pk)
    return (after.failed_at, after.delivered_at, after.failure) == (None, None, "")


HOSTILE = {
    "empty": b"",
    "text": b"Subject: Out of office\r\n\r\nI am on holiday.\r\n",
    "binary": bytes(range(256)) * 40,
    "deep": b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3_000)),
    "deep rfc822": b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "no parts": b'Content-Type: multipart/report; boundary="x"\r\n\r\n--x--\r\n',
    "many parts": b'Content-Type: multipart/report; boundary="x"\r\n\r\n' + b"--x\r\n\r\n\r\n" * 20_000 + b"--x--\r\n",
    "bad charset": b'Content-Type: multipart/report; boundary="x"\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n=?nope?q?=FF?=\r\n--x--\r\n",
    "long line": b"Message-ID: <" + b"a" * 900_000 + b"\r\n\r\n",
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_no_report(sent, name):
    with pytest.raises(Refused) as refusal:
        bounces.take(HOSTILE[name], at=LATER)
    assert refusal.value.code == "no_report"
    assert nothing_changed(sent)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text + b" " * bounces.MOST_BYTES, "too_large"),
        (lambda text: text.replace(b"Action: failed", b"Action: delayed"), "no_report"),
        (lambda text: text.replace(b"<breach-", b"<rights-"), "no_report"),
        (lambda text: text.replace(b"multipart/report", b"multipart/mixed"), "no_report"),
        (lambda text: text.replace(b"Action: failed", b"Action: "), "no_report"),
    ],
)
def test_anything_else_changes_nothing(sent, change, code):
    with pytest.raises(Refused) as refusal:
        bounces.take(change(report(sent.reference)), at=LATER)
    assert refusal.value.code == code
    assert nothing_changed(sent)


def test_a_report_about_nothing_of_ours_or_about_what_was_not_sent_yet():
    phase = waiting(*accounts(1))
    for reference, code in ((uuid4(), "no_notice"), (phase.notices.get().reference, "not_sent")):
        with pytest.raises(Refused) as refusal:
            bounces.take(report(reference), at=LATER)
        assert refusal.value.code == code
    assert nothing_changed(phase.notices.get())


def piped(text: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", "take_bounce"],
        input=text, env=environment(), cwd=settings.BASE_DIR, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_pipes_it_into_the_command(mailoutbox):
    phase = waiting(*accounts(1))
    send(phase)
    notice = phase.notices.get()
    done = piped(report(notice.reference))
    assert (done.returncode, done.stderr) == (0, b"")
    assert str(notice.reference).encode() in done.stdout
    notice.refresh_from_db()
    assert notice.failed_at is not None
    for text in (b"Subject: hallo\r\n\r\nhallo\r\n", b"x" * 3_000_000):
        done = piped(text)
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    sending.send_again(notice, actor=notice.account.main_user, at=LATER)
    assert send(phase) == 1
