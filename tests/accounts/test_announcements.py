"""New terms are mailed ahead to every main user, once, in their language, whatever the mail server does (§21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import services, terms
from accounts.announcements import send_announcements
from accounts.models import Account, TermsAnnouncement
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from tests.accounts.test_terms import AT, DAY, ON, draft, published
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("21")]
EFFECTIVE = ON + 30 * DAY


@pytest.fixture
def officer(db):
    return member("Privacy officer")


@pytest.fixture
def announced(officer):
    return terms.announce(published(officer, effective_on=EFFECTIVE), officer, AT)


def send(on=ON, at=AT) -> int:
    with isolation.acting_as(isolation.JOBS):
        return send_announcements(on=on, at=at)


def test_every_main_user_gets_one_mail_in_their_language(announced, mailoutbox, colleague):
    AccountFactory(main_user__language="en", main_user__email="jane@bedrijf.example", state=State.CANCELLED)
    assert send() == 2
    assert send() == 0
    mails = {mail.to[0]: mail for mail in mailoutbox}
    assert len(mails) == len(mailoutbox) == 2
    english = mails["jane@bedrijf.example"]
    assert english.subject == "Our terms change on 31 March 2026"
    assert "Backups are kept shorter." in english.body
    assert "/terms/1-2/" in english.body
    [dutch] = [mail for mail in mailoutbox if mail is not english]
    assert dutch.subject == "Onze voorwaarden veranderen op 31 maart 2026"
    assert "Reservekopieën blijven korter." in dutch.body
    rows = TermsAnnouncement.objects.all()
    assert {row.user for row in rows} == {each.main_user.reference for each in Account.objects.all()}
    assert {row.sent_at for row in rows} == {AT}


def test_who_comes_later_is_told_too_and_after_its_day_nobody_is(announced, holder):
    assert send() == 1
    AccountFactory()
    assert send(on=EFFECTIVE - DAY) == 1
    AccountFactory()
    assert send(on=EFFECTIVE) == 0


def test_a_mail_that_fails_is_tried_again_and_its_address_is_not_kept(announced, holder, post_office):
    post_office.refusal = "451 later"
    assert send() == 0
    row = TermsAnnouncement.objects.get()
    assert (row.attempts, row.retry_at, row.failure) == (1, AT + timedelta(minutes=10), "SMTPSenderRefused") or (
        row.failure.startswith("SMTP") and "@" not in row.failure
    )
    assert send(at=AT + timedelta(minutes=9)) == 0
    post_office.refusal = ""
    assert send(at=AT + timedelta(minutes=10)) == 1
    [letter] = post_office.letters
    assert letter["Message-ID"].startswith(f"<terms-2-{row.pk}@")


def test_who_is_being_erased_is_not_mailed(announced, holder):
    services.cancel_account(holder.account, actor=holder, on=ON)
    with isolation.acting_as(isolation.JOBS):
        TermsAnnouncement.objects.create(version=announced, account=holder.account)
    Account.objects.filter(pk=holder.account_id).update(claimed_at=AT)
    assert send() == 0
    assert not TermsAnnouncement.objects.exists()


def test_a_crash_after_some_mails_sends_the_others_later_and_none_twice(announced, monkeypatch, mailoutbox):
    AccountFactory.create_batch(3)
    from accounts import announcements

    real, sent = announcements.mail_of, []

    def breaks(row, user):
        if sent:
            raise RuntimeError("the worker died")
        sent.append(user)
        return real(row, user)

    monkeypatch.setattr(announcements, "mail_of", breaks)
    with pytest.raises(RuntimeError):
        send()
    monkeypatch.setattr(announcements, "mail_of", real)
    assert send() == 2
    assert len({mail.to[0] for mail in mailoutbox}) == len(mailoutbox) == 3


@pytest.mark.parametrize(
    "change", ["UPDATE accounts_termsannouncement SET sent_at = now()", "DELETE FROM accounts_termsannouncement"]
)
def test_what_was_sent_stays_as_evidence(announced, holder, change):
    send()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_only_published_versions_that_are_to_come_are_announced_and_once(officer):
    row = draft(officer, effective_on=EFFECTIVE)
    for when, code in ((AT, "not_published"), (AT + 30 * DAY, "in_force"), (AT + 29 * DAY, None), (AT, "announced")):
        if code is None:
            row = terms.announce(row, officer, when)
            continue
        with pytest.raises(Refused) as refused:
            terms.announce(row, officer, when)
        assert refused.value.code == code
        if code == "not_published":
            row = terms.publish(row, officer, AT)
