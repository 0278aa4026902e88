"""Mails as their templates write them: subject and body, the reader's language, one id for one mail."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import translation

from cannonworks import mails

ADDRESS = "https://cannonworks.example/invitation/x/"


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
