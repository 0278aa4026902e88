"""Breaches that holders report: taken in with their clocks, told to staff at once, judged once (§13)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import outbox
from accounts.models import Account, PlannedMail
from accounts.states import State
from breaches import reporting
from breaches.models import Breach, BreachReport, Consultation
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM
from cannonworks.errors import Refused
from journal.models import Entry
from tests import breached
from tests.breached import NOTICED_AT
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
HOUR = timedelta(hours=1)
#: A Thursday before Easter: two working days end on the Wednesday after.
BEFORE_EASTER = NOTICED_AT.replace(year=2026, month=4, day=2, tzinfo=AMSTERDAM)
SAID = {"kind": "leak", "what": "Laptop weg uit de bus."}


def report(user, *, at=NOTICED_AT, **said) -> BreachReport:
    said = {"noticed_at": at - HOUR, **SAID, **said}
    with isolation.acting_as(isolation.of(user)):
        return reporting.report_breach(user.account, actor=user, at=at, **said)


def lines(event):
    return [entry.facts for entry in Entry.objects.filter(event=event).order_by("id")]


def test_a_report_opens_the_consultation_and_its_two_working_days(holder):
    made = report(holder, at=BEFORE_EASTER, which_data=" Klanten, ongeveer 40 ", done="Wachtwoord", contact="06")
    found = BreachReport.objects.get()
    assert (found.pk, found.channel, found.reported_by, found.which_data) == (
        made.pk, "app", holder.reference, "Klanten, ongeveer 40",
    )  # fmt: skip
    consultation = Consultation.objects.get()
    assert (consultation.report, consultation.opened_at) == (made, BEFORE_EASTER)
    assert consultation.due_at == BEFORE_EASTER.replace(day=9, hour=0, minute=0)  # not Good Friday, nor Easter Monday
    facts = {"report": str(made.reference), "kind": "leak", "channel": "app"}
    assert lines("breach.reported") == [facts | {"came_at": BEFORE_EASTER.isoformat()}]


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED, "blocked", "ordered"])
def test_anybody_reports_whatever_the_state_of_the_account(state):
    shape = {"state": state} if state in list(State) else {"state": State.ACTIVE}
    account = AccountFactory(
        **shape, signed_up_on=date(2025, 6, 1), cancelled_on=date(2026, 10, 1) if state == State.CANCELLED else None
    )
    if state == "blocked":
        Account.objects.filter(pk=account.pk).update(blocked_at=timezone.now())
    user = Account.objects.get(pk=account.pk).main_user
    assert report(user).account_id == account.pk


def test_a_colleague_reports_for_the_account_and_nobody_for_another(colleague, outsider, account):
    assert report(colleague).reported_by == colleague.reference
    with pytest.raises(Refused) as refused, isolation.acting_as(isolation.of(outsider)):
        reporting.report_breach(account, actor=outsider, at=NOTICED_AT, noticed_at=NOTICED_AT, **SAID)
    assert refused.value.code == "not_yours"
    with isolation.acting_as(isolation.of(outsider)):
        assert not BreachReport.objects.exists()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"what": "  "}, {"what"}),
        ({"what": "x" * 4001}, {"what"}),
        ({"which_data": "x" * 2001, "done": "x" * 2001, "contact": "x" * 201}, {"which_data", "done", "contact"}),
        ({"kind": "rumour"}, {"kind"}),
        ({"noticed_at": NOTICED_AT + timedelta(seconds=1)}, {"noticed_at"}),
        ({"noticed_at": NOTICED_AT + HOUR, "what": ""}, {"noticed_at", "what"}),
    ],
)
def test_what_is_wrong_is_said_at_once_and_nothing_is_kept(holder, said, wrong):
    with pytest.raises(ValidationError) as error:
        report(holder, **said)
    assert set(error.value.error_dict) == wrong
    assert not BreachReport.objects.exists()
    assert not Consultation.objects.exists()
    assert not PlannedMail.objects.exists()


def test_what_is_noticed_this_very_moment_is_not_to_come(holder):
    assert report(holder, noticed_at=NOTICED_AT).noticed_at == NOTICED_AT


def test_so_many_an_hour_for_an_account_and_no_more(holder, colleague, outsider, monkeypatch):
    monkeypatch.setattr(reporting, "REPORTS_AN_HOUR", 2)
    report(holder)
    report(colleague)
    with pytest.raises(Refused) as refused:
        report(holder)
    assert refused.value.code == "too_often"
    assert report(outsider)


def test_staff_who_may_judge_are_mailed_at_once_each_in_their_language(
    holder, post_office, django_capture_on_commit_callbacks
):
    judge, admin = member("Support", language="en", email="ans@cw.example"), member(email="root@cw.example")
    admin.is_superuser = True
    admin.save()
    member("Finance", email="geld@cw.example")
    gone = member("Support", email="weg@cw.example")
    gone.is_active = False
    gone.save()
    with django_capture_on_commit_callbacks() as queued:
        made = report(holder, at=BEFORE_EASTER)
    assert len(queued) == 2
    assert outbox.send_waiting(at=BEFORE_EASTER) == 2
    assert outbox.send_waiting(at=BEFORE_EASTER) == 0
    letters = {letter["To"]: letter for letter in post_office.letters}
    assert set(letters) == {judge.email, admin.email}
    english, dutch = letters[judge.email], letters[admin.email]
    assert (english["Subject"], dutch["Subject"]) == (
        "An account holder reports a breach", "Een accounthouder meldt een inbreuk",
    )  # fmt: skip
    text = english.get_content()
    assert f"/admin/breaches/breachreport/{made.pk}/change/" in text
    assert "Thursday 2 April 2026 09:30" in text
    assert "until the end of Wednesday 8 April 2026" in text
    assert "Laptop" not in text + dutch.get_content()
    assert english["Message-ID"] != dutch["Message-ID"]


def test_with_nobody_to_judge_our_desk_is_mailed(holder, post_office, settings):
    report(holder)
    assert outbox.send_waiting(at=NOTICED_AT) == 1
    assert post_office.letters[0]["To"] == settings.HELPDESK


def test_a_refused_mail_is_tried_again_and_one_that_is_judged_by_then_is_forgotten(holder, staff, post_office):
    made = report(holder)
    post_office.refusal = "451 later"
    assert outbox.send_waiting(at=NOTICED_AT) == 0
    mail = PlannedMail.objects.get()
    assert (mail.attempts, mail.failure, mail.retry_at) == (1, "SMTPDataError", NOTICED_AT + timedelta(minutes=10))
    assert outbox.send_waiting(at=NOTICED_AT + timedelta(minutes=9)) == 0
    reporting.judge_report(made, actor=staff, at=NOTICED_AT, answer="Nee.")
    post_office.refusal = ""
    assert outbox.send_waiting(at=NOTICED_AT + timedelta(minutes=10)) == 1  # the answer alone
    assert [letter["To"] for letter in post_office.letters] == [holder.email]
    assert list(PlannedMail.objects.values_list("template", flat=True)) == ["breaches/report_judged"]


def record(account, staff, *, at=NOTICED_AT, **said) -> BreachReport:
    said = {"came_at": at - 5 * HOUR, "channel": "phone", "noticed_at": at - 6 * HOUR, **SAID, **said}
    with isolation.acting_as(isolation.of(staff)):
        return reporting.record_report(account, actor=staff, at=at, **said)


def test_staff_enter_what_came_in_otherwise_and_the_clock_runs_since_it_came(account, staff):
    made = record(account, staff)
    assert (made.channel, made.reported_at, made.recorded_by, made.reported_by) == (
        "phone", NOTICED_AT - 5 * HOUR, staff.reference, None,
    )  # fmt: skip
    assert Consultation.objects.get().opened_at == NOTICED_AT - 5 * HOUR


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"channel": "app"}, {"channel"}),
        ({"came_at": NOTICED_AT + HOUR}, {"came_at"}),
        ({"noticed_at": NOTICED_AT - 4 * HOUR}, {"noticed_at"}),
    ],
)
def test_staff_are_told_what_cannot_be(account, staff, said, wrong):
    with pytest.raises(ValidationError) as error:
        record(account, staff, **said)
    assert set(error.value.error_dict) == wrong


def test_a_holder_enters_and_judges_nothing_as_staff(account, holder):
    with pytest.raises(Refused):
        reporting.record_report(
            account, actor=holder, at=NOTICED_AT, came_at=NOTICED_AT, channel="phone", noticed_at=NOTICED_AT, **SAID
        )
    with pytest.raises(Refused):
        reporting.judge_report(report(holder), actor=holder, at=NOTICED_AT, answer="Nee")
    assert BreachReport.objects.to_judge().count() == 1


def test_a_report_is_a_breach_of_the_register_and_its_consultation_goes_on(holder, staff, post_office):
    made = report(holder)
    row = breached.breach(at=NOTICED_AT + HOUR)
    with isolation.acting_as(isolation.of(staff)):
        reporting.judge_report(made, actor=staff, at=NOTICED_AT + 2 * HOUR, breach=row)
    found = BreachReport.objects.get()
    assert (found.breach, found.judged_at, found.judged_by, found.answer) == (
        row, NOTICED_AT + 2 * HOUR, staff.reference, "",
    )  # fmt: skip
    assert (Consultation.objects.get().breach, Consultation.objects.get().opened_at) == (row, NOTICED_AT)
    assert lines("breach.judged") == [{"report": str(made.reference), "breach": str(row.reference)}]
    outbox.send_waiting(at=NOTICED_AT)
    (letter,) = [letter for letter in post_office.letters if letter["To"] == holder.email]
    assert letter["Subject"] == "Wat je meldde is een inbreuk: we zijn ermee bezig"
    assert "Laptop" not in letter.get_content()


def test_why_it_is_none_must_be_said_and_nobody_judges_twice(holder, staff):
    made = report(holder)
    with pytest.raises(ValidationError):
        reporting.judge_report(made, actor=staff, at=NOTICED_AT, answer="  ")
    reporting.judge_report(made, actor=staff, at=NOTICED_AT, answer=" De laptop was versleuteld. ")
    assert BreachReport.objects.get().answer == "De laptop was versleuteld."
    with pytest.raises(Refused) as refused:
        reporting.judge_report(made, actor=staff, at=NOTICED_AT, breach=breached.breach())
    assert refused.value.code == "judged"
    assert Breach.objects.filter(reports__isnull=False).count() == 0


def test_the_roles_that_judge_are_those_that_keep_reports():
    holding = {group.name for group in Group.objects.filter(permissions__codename="change_breachreport")}
    assert holding == {"Support", "Privacy officer", "Security officer"}
