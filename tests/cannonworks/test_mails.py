"""Mails as their templates write them: subject and body, the reader's language, one id for one mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError
from types import SimpleNamespace

import pytest
from django.utils import translation

from cannonworks import mails

ADDRESS = "https://cannonworks.example/invitation/x/"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_what_stands_above_the_first_blank_line_is_the_subject():
    subject, body = mails.written("account/email/sign_up", language="en", address=ADDRESS)
    assert subject == "Open your account at CannonWorks"
    assert body.startswith("Hello,\n\nWith this link")
    assert ADDRESS in body
    assert body.endswith("nothing has been kept.\n")


def test_a_mail_is_in_the_language_of_its_reader_and_afterwards_that_of_the_page_is_back():
    with translation.override("en"):
        subject, body = mails.written("account/email/sign_up", language="nl", address=ADDRESS)
        assert translation.get_language() == "en"
    assert subject == "Open je account bij CannonWorks"
    assert body.startswith("Hallo,\n\n")


def test_a_subject_is_one_line_and_nothing_is_escaped_as_if_it_were_a_page():
    mail = SimpleNamespace(company_name="Bakker\r\nBcc: all@example.org & <Zoon>", name="Noor")
    subject, body = mails.written("retention/mail/statement", language="en", mail=mail)
    assert subject == "The data of Bakker Bcc: all@example.org & <Zoon> has been erased: your statement"
    assert body.startswith("Hello Noor,\n\n")
    assert "& <Zoon> in CannonWorks" in body


def test_a_mail_knows_the_address_of_the_site(settings):
    settings.SITE_URL = "https://cannonworks.example"
    _subject, body = mails.written("account/email/sign_up_known", language="en")
    assert "https://cannonworks.example/" in body


def test_the_same_letter_has_the_same_id(settings):
    settings.DEFAULT_FROM_EMAIL = "CannonWorks <post@cannonworks.example>"
    one, again, other = (
        mails.letter("account/email/sign_up", to="a@b.example", language="en", about=about, address=ADDRESS)
        for about in ("welcome-1", "welcome-1", "welcome-2")
    )
    assert (one.to, one.subject) == (["a@b.example"], "Open your account at CannonWorks")
    assert one.message()["Message-ID"] == again.message()["Message-ID"] == "<welcome-1@cannonworks.example>"
    assert other.message()["Message-ID"] == "<welcome-2@cannonworks.example>"


@pytest.mark.parametrize("sender", ["post@cannonworks.example", '"Cannon @ Works" <post@cannonworks.example>'])
def test_the_domain_is_that_of_the_sender_with_or_without_a_name(settings, sender):
    settings.DEFAULT_FROM_EMAIL = sender
    assert mails.domain() == "cannonworks.example"


def test_a_failed_mail_is_tried_again_ever_later_and_at_least_once_a_day():
    pauses = [mails.next_try(attempts, at=AT) - AT for attempts in (1, 2, 3, 8, 9, 40)]
    assert pauses == [timedelta(minutes=minutes) for minutes in (10, 20, 40, 1280, 1440, 1440)]


def test_what_is_put_off_is_noted_with_the_kind_of_the_failure_and_not_with_the_words_of_the_server(caplog):
    saved: list[list[str]] = []
    row = SimpleNamespace(
        pk=7, attempts=1, retry_at=None, failure="", save=lambda update_fields: saved.append(update_fields)
    )
    mails.put_off(row, SMTPDataError(550, b"anna@korenmaat.example is unknown"), at=AT)
    assert (row.attempts, row.retry_at, row.failure) == (2, AT + timedelta(minutes=20), "SMTPDataError")
    assert saved == [["attempts", "retry_at", "failure"]]
    assert "korenmaat" not in caplog.text
    assert "SMTPDataError" in caplog.text


def test_failures_are_what_the_mail_server_and_the_way_to_it_make():
    assert issubclass(SMTPDataError, mails.FAILURES)
    assert issubclass(ConnectionRefusedError, mails.FAILURES)
    assert not issubclass(ValueError, mails.FAILURES)
