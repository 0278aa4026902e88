"""Reported breaches in the administration: what is to judge first, entering, judging (§13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from breaches.models import BreachReport, Consultation
from tests import breached
from tests.cast import member
from tests.factories import AccountFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
ADMIN = "/admin/breaches/breachreport/"
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def clerk():
    return freshly(Client(), member("Support"))


def taken(account, *, at, **more):
    made = breached.report(account, at=at, **more)
    breached.consultation(None, account, opened_at=at, report=made)
    return made


def test_what_is_to_judge_stands_first_the_oldest_at_the_top(account, clerk, now):
    done = taken(account, at=now - 9 * HOUR, judged_at=now, judged_by=breached.SOMEBODY, answer="Nee")
    newer, older = taken(account, at=now - HOUR), taken(account, at=now - 60 * HOUR)
    shown = clerk.get(ADMIN).content.decode()
    assert shown.index(str(older)) < shown.index(str(newer)) < shown.index(str(done))
    for word in ("Te beoordelen", "Geen inbreuk", "onze 48 uur", "overleg tot en met"):
        assert word in shown, word
    assert "Laptop" not in shown


@pytest.mark.parametrize("times", [1, 3])
def test_the_list_asks_the_same_however_long_it_is(clerk, now, times, django_assert_max_num_queries):
    for _time in range(times):
        taken(AccountFactory(), at=now)
    clerk.get(ADMIN)
    with django_assert_max_num_queries(14):
        clerk.get(ADMIN)


def test_the_page_has_all_that_was_told_and_the_clocks_explained(account, clerk, now):
    made = taken(account, at=now - HOUR, what="Regel een\n<b>twee</b>", which_data="Klanten")
    shown = clerk.get(f"{ADMIN}{made.pk}/change/").content.decode()
    for word in (
        "Regel een<br>&lt;b&gt;twee&lt;/b&gt;",
        "Klanten",
        "06 12345678",
        "Het overleg, uitgelegd",
        "Beoordelen",
    ):
        assert word in shown, word


def said(account, now, **more):
    at = (now - HOUR).astimezone(breached.AMSTERDAM).strftime("%Y-%m-%dT%H:%M")
    return {
        "account": account.company.kvk_number, "channel": "phone", "came_at": at, "kind": "leak", "noticed_at": at,
        "is_ongoing": "on", "what": "Laptop weg uit de bus.", "which_data": "", "done": "", "contact": "", **more,
    }  # fmt: skip


def test_staff_enter_a_call_and_the_clock_runs_since_the_call(account, clerk, now):
    answer = clerk.post(f"{ADMIN}add/", said(account, now))
    made = BreachReport.objects.get()
    assert answer.url == f"{ADMIN}{made.pk}/change/"
    assert (made.account, made.channel) == (account, "phone")
    assert Consultation.objects.get().opened_at == (now - HOUR).replace(second=0)


def test_an_account_is_found_by_number_mail_or_reference_and_never_guessed(account, clerk, now):
    for key in (account.company.kvk_number, account.company.email.upper(), str(account.reference)[:8]):
        clerk.post(f"{ADMIN}add/", said(account, now) | {"account": key})
    assert BreachReport.objects.filter(account=account).count() == 3
    twin = AccountFactory(company__kvk_number=account.company.kvk_number)
    shown = clerk.post(f"{ADMIN}add/", said(twin, now)).content.decode()
    assert "Meer dan één account past hierbij" in shown
    assert (
        "Dat account is er niet."
        in clerk.post(f"{ADMIN}add/", said(account, now) | {"account": "nergens"}).content.decode()
    )
    assert BreachReport.objects.count() == 3


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"what": "lang " * 2000}, "4000"),
        ({"came_at": "2099-01-01T12:00"}, "wanneer de melding binnenkwam"),
        ({"noticed_at": "2099-01-01T12:00"}, "nadat de melding binnenkwam"),
        ({"channel": "app"}, "app"),
        ({"what": ""}, "Vul dit veld in"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(account, clerk, now, wrong, complaint):
    answer = clerk.post(f"{ADMIN}add/", said(account, now, contact="06 11", done="Slot vervangen") | wrong)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert complaint in shown
    assert "06 11" in shown
    assert "Slot vervangen" in shown
    assert not BreachReport.objects.exists()


def test_judging_joins_the_breach_or_says_why_it_is_none(account, clerk, now):
    row, made = breached.breach(at=now - 2 * HOUR), taken(account, at=now - HOUR)
    shown = clerk.get(f"{ADMIN}{made.pk}/judge/").content.decode()
    assert "Reservekopieën bereikbaar" in shown
    assert "Let op" not in shown
    answer = clerk.post(f"{ADMIN}{made.pk}/judge/", {"breach": "", "answer": " "})
    assert "Vertel de accounthouder waarom" in answer.content.decode()
    clerk.post(f"{ADMIN}{made.pk}/judge/", {"breach": row.pk, "answer": "We zijn ermee bezig."})
    made.refresh_from_db()
    assert (made.breach, made.answer, made.consultation.breach) == (row, "We zijn ermee bezig.", row)
    assert "judge" not in clerk.get(f"{ADMIN}{made.pk}/change/").content.decode()
    again = clerk.post(f"{ADMIN}{made.pk}/judge/", {"breach": "", "answer": "Toch niet"}, follow=True)
    assert "Deze melding is al beoordeeld." in again.content.decode()


def test_a_breach_that_was_noticed_later_is_pointed_out(account, clerk, now):
    breached.breach(at=now - HOUR)
    made = taken(account, at=now - 2 * HOUR)
    assert "dan begonnen onze 48 uur eerder" in clerk.get(f"{ADMIN}{made.pk}/judge/").content.decode()


@pytest.mark.parametrize("role", ["Support", "Privacy officer", "Security officer"])
def test_the_roles_that_work_with_it(account, now, role):
    made = taken(account, at=now)
    client = freshly(Client(), member(role))
    assert client.get(f"{ADMIN}{made.pk}/judge/").status_code == 200
    assert client.get(f"{ADMIN}add/").status_code == 200


def test_finance_has_nothing_to_do_with_it(account, now):
    made = taken(account, at=now)
    client = freshly(Client(), member("Finance"))
    assert client.get(ADMIN).status_code == 403
    assert client.get(f"{ADMIN}add/").status_code == 403
    assert client.post(f"{ADMIN}{made.pk}/judge/", {"answer": "Nee"}).status_code == 403
