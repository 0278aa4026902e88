"""Warnings planned on their days, and mail through a real server that takes it or does not (§5, §6)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import signing
from journal.models import Entry
from retention import alarms, post, warnings
from retention.models import Alarm, AlarmKind, Erasure, ErasureWarning, StatementMail
from tests.factories import CompanyFields
from tests.lives import CANCELLED_ON, DUE_ON, account_in, confirmed_letter, erase, hold, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("5.4")]
DAY = timedelta(days=1)
FIRST, SECOND, THIRD = (DUE_ON - timedelta(days=days) for days in (90, 30, 7))


def send(on: date, *, minutes: int = 30) -> int:
    return post.send_waiting(on=on, at=moment(on, minutes=minutes))


def planned() -> list[tuple[int, date]]:
    return list(ErasureWarning.objects.order_by("id").values_list("days", "planned_on"))


def alarm_kinds(on: date) -> list[str]:
    alarms.check_everything(on=on, at=moment(on))
    return sorted(Alarm.objects.filter(cleared_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_warnings_come_90_30_and_7_days_before_and_not_a_day_sooner(state):
    account_in(state, on=CANCELLED_ON)
    told = []
    for day in (FIRST, SECOND, THIRD):
        told += [warnings.plan_warnings(on=day - DAY), warnings.plan_warnings(on=day), warnings.plan_warnings(on=day)]
    assert told == [0, 1, 0] * 3
    assert planned() == [(90, FIRST), (30, SECOND), (7, THIRD)]
    assert Account.objects.get().warn_on is None


@pytest.mark.parametrize(
    ("on", "expected"),
    [(FIRST + DAY, [(90, FIRST + DAY)]), (SECOND, [(30, SECOND)]), (SECOND + DAY, [(30, SECOND + DAY)]),
     (DUE_ON - DAY, [(7, DUE_ON - DAY)]), (DUE_ON, []), (DUE_ON + timedelta(days=1000), [])],
)  # fmt: skip
def test_after_downtime_only_the_nearest_warning_is_sent(on, expected):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    assert warnings.plan_warnings(on=on) == len(expected)
    assert planned() == expected


@pytest.mark.clause("5.1", "5.5")
def test_nobody_is_warned_without_need():
    account_in(State.ACTIVE, on=CANCELLED_ON)
    account_in(State.TRIAL, on=DUE_ON)
    confirmed_letter(account_in(State.CANCELLED, on=CANCELLED_ON), on=CANCELLED_ON)
    assert warnings.plan_warnings(on=DUE_ON) == 0


def test_a_warning_says_when_what_goes_what_stays_and_the_way_back(post_office):
    account = account_in(
        State.CANCELLED, on=CANCELLED_ON, company=CompanyFields(company_name="Timmer & Zoon"), main_user__language="en"
    )
    hold(account, ["relations"], on=CANCELLED_ON)
    warnings.plan_warnings(on=FIRST)
    assert send(FIRST) == 1
    (letter,) = post_office.letters
    warning = ErasureWarning.objects.get()
    assert (letter["To"], letter["Subject"]) == (
        account.main_user.email,
        "The data of Timmer & Zoon will be erased on 28 February 2028",
    )
    assert letter["Message-ID"].startswith(f"<warning-{warning.pk}@")
    text = letter.get_content()
    for said in ("Monday 28 February 2028", "Timmer & Zoon", "Employees and contractors", "The account was cancelled.",
                 "Relations: held back by us", "http://localhost:8000"):  # fmt: skip
        assert said in text, text
    assert "&amp;" not in text
    assert (warning.sent_at, warning.failure) == (moment(FIRST, minutes=30), "")
    assert send(FIRST) == 0


def test_a_dutch_holder_is_warned_in_dutch(post_office):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    warnings.plan_warnings(on=FIRST)
    send(FIRST)
    (letter,) = post_office.letters
    assert "28 februari 2028" in letter["Subject"]
    assert "maandag 28 februari 2028" in letter.get_content()
    assert "Wat" in letter.get_content()


def test_a_warning_that_fails_is_tried_again_shown_to_staff_and_moves_no_ceiling(post_office):
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    warnings.plan_warnings(on=FIRST)
    post_office.refusal = "451 come back later,"
    at = moment(FIRST)
    tries = []
    for _n in range(3):
        assert post.send_waiting(on=FIRST, at=at) == 0
        warning = ErasureWarning.objects.get()
        assert post.send_waiting(on=FIRST, at=warning.retry_at - timedelta(seconds=1)) == 0
        tries.append((warning.attempts, warning.retry_at - at))
        at = warning.retry_at
    assert tries == [(n + 1, timedelta(minutes=10 * 2**n)) for n in range(3)]
    assert account.main_user.email not in warning.failure
    assert alarm_kinds(FIRST) == [AlarmKind.WARNING]
    account.refresh_from_db()
    assert account.erase_on == DUE_ON
    post_office.refusal = ""
    assert post.send_waiting(on=FIRST, at=at) == 1
    assert alarm_kinds(FIRST) == []


def test_no_server_at_all_is_tried_again_too(settings):
    account_in(State.CANCELLED, on=CANCELLED_ON)
    warnings.plan_warnings(on=FIRST)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send(FIRST) == 0
    assert ErasureWarning.objects.get().failure == "ConnectionRefusedError"


def test_a_warning_of_an_erasure_that_is_off_is_not_sent(mailoutbox):
    account = account_in(State.CANCELLED, on=CANCELLED_ON)
    warnings.plan_warnings(on=FIRST)
    lifecycle.reactivate_account(account, actor=account.main_user, on=FIRST)
    assert send(FIRST) == 0
    assert (mailoutbox, ErasureWarning.objects.count()) == ([], 0)


@pytest.mark.clause("6")
def test_the_statement_is_mailed_as_pdf_and_json_and_the_address_forgotten(post_office):
    account = account_in(State.CANCELLED, on=CANCELLED_ON, main_user__email="anna@korenmaat.example")
    erase(account, on=DUE_ON)
    mail = StatementMail.objects.get()
    assert (mail.email, mail.name) == ("anna@korenmaat.example", "Sanne de Vries")
    assert send(DUE_ON) == 1
    (letter,) = post_office.letters
    run = Erasure.objects.get()
    assert (letter["To"], letter["Message-ID"].split("@")[0]) == (
        "anna@korenmaat.example",
        f"<statement-{run.reference}",
    )
    parts = {part.get_content_type(): part for part in letter.iter_attachments()}
    assert {kind: part.get_filename() for kind, part in parts.items()} == {
        "application/pdf": f"statement-{run.reference}.pdf",
        "application/json": f"statement-{run.reference}.json",
    }
    envelope = json.loads(parts["application/json"].get_payload(decode=True))
    assert signing.verify(envelope, signing.public_key())["reference"] == str(run.reference)
    assert parts["application/pdf"].get_payload(decode=True).startswith(b"%PDF-")
    assert StatementMail.objects.count() == 0
    assert Entry.objects.filter(event="statement.mailed").count() == 1
    assert send(DUE_ON) == 0


@pytest.mark.clause("6")
def test_a_repeat_after_a_crash_is_seen_to_be_the_same_mail(post_office):
    erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    mail = StatementMail.objects.get()
    send(DUE_ON)
    mail.save(force_insert=True)  # sent, and then not noted
    send(DUE_ON)
    first, second = post_office.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_payload() for part in first.iter_attachments()] == [
        part.get_payload() for part in second.iter_attachments()
    ]


@pytest.mark.clause("6")
def test_an_address_that_takes_no_statement_is_forgotten_after_two_weeks_with_an_alarm_on_the_way(post_office):
    erase(account_in(State.CANCELLED, on=CANCELLED_ON), on=DUE_ON)
    post_office.refusal = "550 unknown"
    stood = {}
    for days in range(16):
        on = DUE_ON + timedelta(days=days)
        send(on, minutes=1400)
        stood[days] = (StatementMail.objects.count(), alarm_kinds(on))
    assert stood[3] == (1, [])
    assert stood[4] == (1, [AlarmKind.STATEMENT])
    assert stood[13] == (1, [AlarmKind.STATEMENT])
    assert stood[14][0] == 0
    assert Entry.objects.filter(event="statement.undelivered").count() == 1
    assert post_office.letters == []


@pytest.mark.clause("6")
def test_no_statement_is_mailed_before_the_erasure_is_done(mailoutbox):
    from retention import erasure
    from retention.models import Step

    account_in(State.CANCELLED, on=CANCELLED_ON)
    runs = erasure.claim(on=DUE_ON, at=moment(DUE_ON)).runs
    erasure.advance(Step.CLAIMED, runs, moment(DUE_ON))
    assert StatementMail.objects.count() == 1
    assert send(DUE_ON) == 0
    assert mailoutbox == []
