"""What is mailed about a test: to whom, in which language, with the date for a calendar (§12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from accounts import outbox
from accounts.models import PlannedMail
from audits import agreeing, closing
from audits.telling import TO_HOLDER, TO_STAFF, TO_TESTER
from tests import tested
from tests.tested import ANNOUNCED

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
HOUR = timedelta(hours=1)


def test_who_is_told_what_when_a_date_is_agreed(account, staff, mailoutbox):
    audit = tested.announced(account, tester={"language": "en"})
    PlannedMail.objects.all().delete()
    agreeing.accept(audit, actor=staff, at=ANNOUNCED + HOUR)
    assert outbox.send_waiting(at=ANNOUNCED + HOUR) == 3
    sent = {mail.to[0]: mail for mail in mailoutbox}
    assert sent.keys() == {account.main_user.email, staff.email, "irene@keur.example"}
    invited = sent["irene@keur.example"]
    assert invited.subject == "Accept the security procedures before you test CannonWorks"
    assert f"{settings.SITE_URL}/test/" in invited.body
    assert [name for name, _content, _kind in invited.attachments] == ["cannonworks-test.ics"]
    assert "maandag 23 maart 2026 09:00 tot woensdag 25 maart 2026 17:00" in sent[account.main_user.email].body
    assert "Keur" not in sent[staff.email].body


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_mail_renders_whole_in_both_languages(account, staff, language):
    audit = tested.ended(account)
    closing.note_costs(audit, actor=staff, at=ANNOUNCED, cents=125_000, what="Tien uur")
    audit = tested.fresh(audit)
    who = {"holder": TO_HOLDER, "staff": TO_STAFF, "tester": TO_TESTER}
    context = {
        "audit": audit, "auditor": audit.auditor, "page": "https://example.test/x", "user": account.main_user,
        "company": account.company, "site_url": "https://example.test",
    }  # fmt: skip
    with translation.override(language):
        for name, words in who.items():
            for what in words:
                subject, _blank, body = render_to_string(f"audits/mail/{name}_{what}.txt", context).partition("\n\n")
                assert subject.strip(), what
                assert "\n" not in subject.strip()
                assert len(body.split()) > 8, what
                if name != "tester" or what != "withdrawn":
                    assert "https://example.test/x" in body


def test_nobody_is_told_of_what_is_gone(account, holder):
    audit = tested.withdrawn(account, at=ANNOUNCED)
    outbox.plan("audits/tester_invited", about=audit.account.reference, account=account, at=ANNOUNCED)
    assert outbox.send_waiting(at=ANNOUNCED) == 0
    assert not PlannedMail.objects.exists()
