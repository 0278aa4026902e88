"""Consultation and permission where holders meet them: every step, by whom it may be taken, in Dutch and English (§13)."""

from __future__ import annotations

from datetime import date, timedelta

import icalendar
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.due import due_from
from accounts.models import Account
from accounts.states import State
from breaches import conferring, words
from breaches.models import Consultation, Meeting, Permission
from tests import breached
from tests.asked import subject_request
from tests.factories import AccountFactory, StaffFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
MINUTES = {"nature": "Een sleutel <b>lekte</b>", "risk": "Klein", "measures": "Sleutel vervangen"}
#: Session, user and account, on every page.
WHO = 3


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def row(account, now):
    return breached.told(account, at=now - 3 * HOUR)


@pytest.fixture
def talk(row):
    return row.consultations.get()


@pytest.fixture
def client(holder):
    return inside(holder)


def inside(user, *, language="nl", minutes_ago=0) -> Client:
    client = freshly(Client(), user, minutes_ago=minutes_ago)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def of(talk: Consultation, act: str = "") -> str:
    return f"/consultations/{talk.reference}/{act}" + ("/" if act and "." not in act else "")


def offered(talk, *, at, after=HOUR, clerk=None) -> Meeting:
    said = {"starts_at": at + after, "ends_at": at + after + HALF_HOUR, "place": "0522 123 456"}
    return conferring.offer_to(talk, actor=clerk or StaffFactory(), at=at, **said)


def held(talk, *, at) -> Meeting:
    """Chosen, held an hour after and written up."""
    clerk = StaffFactory()
    meeting = offered(talk, at=at, clerk=clerk)
    conferring.choose(talk, meeting, actor=talk.account.main_user, at=at)
    return conferring.write_up(meeting, actor=clerk, at=at + 2 * HOUR, **MINUTES)


def shown(client, talk, act="", **data) -> str:
    """The page after a post."""
    return client.post(of(talk, act), data, follow=True).content.decode()


def typed(at) -> str:
    return at.astimezone(breached.AMSTERDAM).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED, "blocked"])
def test_whatever_the_state_of_the_account_all_of_it_is_done_in_the_pages(state, now):
    account = AccountFactory(
        state=State.ACTIVE if state == "blocked" else state, signed_up_on=date(2025, 6, 1),
        cancelled_on=date(2026, 10, 1) if state == State.CANCELLED else None,
    )  # fmt: skip
    if state == "blocked":
        subject_request(account, state="blocked", at=now - timedelta(days=30))
        assert Account.objects.get(pk=account.pk).blocked_at
    talk = breached.told(account, at=now - 3 * HOUR).consultations.get()
    client = inside(account.main_user)
    assert "We hebben nog geen moment aangeboden." in client.get(of(talk)).content.decode()
    assert "We hebben je voorstel." in shown(client, talk, "ask", starts_at=typed(now + 5 * HOUR), place="06 12345678")
    assert "je hebt geen overleg nodig" in shown(client, talk, "waive")
    meeting = offered(talk, at=now)
    assert "Afgesproken." in shown(client, talk, "choose", meeting=meeting.reference)
    assert client.get(of(talk, "appointment.ics")).status_code == 200
    conferring.write_up(meeting, actor=StaffFactory(), at=now + 2 * HOUR, **MINUTES)
    assert "Je bent akkoord met het verslag." in shown(client, talk, "sign-off")
    answer = client.post(f"/breaches/{talk.breach.reference}/permission/", {"to_subjects": "on"})
    assert answer.url == f"/breaches/{talk.breach.reference}/"
    client.post(f"/breaches/{talk.breach.reference}/permission/withdraw/")
    assert Permission.objects.get().withdrawn_at
    talk.refresh_from_db()
    assert (talk.meeting, talk.waived_at, talk.signed_by) == (meeting, None, account.main_user.reference)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("nl", ("Kies een moment", "Hoe we deze termijn tellen")),
        ("en", ("Choose a moment", "How this term is counted")),
    ],
)
def test_a_colleague_does_what_needs_no_decision(colleague, talk, now, language, told):
    client, meeting = inside(colleague, language=language), offered(talk, at=now)
    page = client.get(of(talk)).content.decode()
    assert all(word in page for word in told)
    assert "waive" not in page
    for act in ("waive", "sign-off"):
        assert client.post(of(talk, act)).status_code == 403
    shown(client, talk, "ask", starts_at=typed(now + 5 * HOUR), place="06 12345678")
    shown(client, talk, "choose", meeting=meeting.reference)
    talk.refresh_from_db()
    assert (talk.meeting, Meeting.objects.filter(is_from_holder=True).count()) == (meeting, 1)
    assert client.get(f"/breaches/{talk.breach.reference}/permission/").status_code == 403


def test_nobody_of_another_account_finds_any_of_it(talk, outsider, now):
    breached.told(outsider.account, at=now)
    client, meeting = inside(outsider), offered(talk, at=now)
    conferring.choose(talk, meeting, actor=talk.account.main_user, at=now)
    assert client.get(of(talk)).status_code == client.get(of(talk, "appointment.ics")).status_code == 404
    for act in ("choose", "ask", "waive", "sign-off"):
        assert client.post(of(talk, act), {"meeting": meeting.reference}).status_code == 404, act
    for act in ("", "withdraw/"):
        answer = client.post(f"/breaches/{talk.breach.reference}/permission/{act}", {"to_subjects": "on"})
        assert answer.status_code == 404
    own = Consultation.objects.get(account=outsider.account)
    assert client.post(of(own, "choose"), {"meeting": meeting.reference}).status_code == 404  # which is not theirs


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"starts_at": "2020-01-01T12:00"}, "Dit moment is voorbij. Kies er een dat nog komt."),
        ({"starts_at": "morgen"}, "Vul een dag en een tijd in"),
        ({"starts_at": ""}, "Vul dit veld in"),
        ({"place": "bel " * 90}, "200"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_stays(client, talk, now, wrong, complaint):
    page = shown(client, talk, "ask", **{"starts_at": typed(now + 5 * HOUR), "place": "06 12345678", **wrong})
    assert complaint in page
    assert (wrong.get("place") or "06 12345678").strip() in page
    assert '<details class="fold" open>' in page
    assert not Meeting.objects.exists()


def test_a_moment_that_went_meanwhile_is_said_on_the_page(client, talk, now):
    meeting = offered(talk, at=now)
    conferring.withdraw(meeting, actor=StaffFactory(), at=now)
    assert "Dit moment is er niet meer. Kies een ander." in shown(client, talk, "choose", meeting=meeting.reference)
    assert client.post(of(talk, "choose"), {"meeting": "geen"}).status_code == 404
    assert "Er is nog geen verslag." in shown(client, talk, "sign-off")


def test_what_was_agreed_is_a_file_that_calendars_read(client, talk, now):
    assert client.get(of(talk, "appointment.ics")).status_code == 404
    meeting = offered(talk, at=now)
    shown(client, talk, "choose", meeting=meeting.reference)
    answer = client.get(of(talk, "appointment.ics"))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt) == (meeting.starts_at, meeting.ends_at)
    assert (event["location"], event["summary"]) == ("0522 123 456", "CannonWorks: overleg over een inbreuk")
    assert event["description"].endswith(of(talk))


def test_what_was_agreed_stands_on_the_overview_until_its_day_is_over(client, holder, colleague, talk, now):
    def due(user, on):
        return [(each.address, each.by) for each in due_from(user, on=on) if "/consultations/" in each.address]

    assert due(holder, timezone.localdate(now)) == []
    meeting = offered(talk, at=now)
    conferring.choose(talk, meeting, actor=holder, at=now)
    day = timezone.localdate(meeting.starts_at)
    assert due(holder, day) == [(of(talk), day)]
    assert f'href="{of(talk)}"' in client.get("/").content.decode()
    assert (due(holder, day + timedelta(days=1)), due(colleague, day)) == ([], [])


def test_the_minutes_are_shown_as_text_and_signed_off_once(client, colleague, talk, now):
    held(talk, at=now - 2 * HOUR)
    page = client.get(of(talk)).content.decode()
    for word in ("Een sleutel &lt;b&gt;lekte&lt;/b&gt;", "Klein", "Sleutel vervangen", "Akkoord met dit verslag"):
        assert word in page, word
    assert "Kies een moment" not in page
    assert "Akkoord met dit verslag" not in inside(colleague).get(of(talk)).content.decode()
    assert "Akkoord met dit verslag" not in shown(client, talk, "sign-off")
    assert "akkoord met het verslag" in client.get(f"/breaches/{talk.breach.reference}/").content.decode()


def test_of_a_report_that_nobody_has_judged_there_is_a_page_too(client, account, now):
    report = breached.report(account, at=now)
    talk = breached.consultation(None, account, opened_at=now, report=report)
    assert "Over de inbreuk die je hebt gemeld." in client.get(of(talk)).content.decode()
    shown(client, talk, "ask", starts_at=typed(now + 5 * HOUR), place="06 12345678")
    theirs = offered(talk, at=now)
    row = breached.breach(at=now)
    conferring.join_breach(report, row)  # of which the account was not told yet
    page = shown(client, talk, "choose", meeting=theirs.reference)
    assert "Over de inbreuk die je hebt gemeld." in page
    assert "06 12345678" not in page
    assert "Je hebt voorgesteld:" in page
    shown(client, talk, "ask", starts_at=typed(now + 6 * HOUR), place="06 12345678")
    assert set(Meeting.objects.filter(is_from_holder=True).values_list("breach", flat=True)) == {None, row.pk}
    talk.refresh_from_db()
    for asked in Meeting.objects.asked_for(talk, now):
        conferring.accept(talk, asked, actor=StaffFactory(), at=now)


@pytest.mark.parametrize("times", [1, 3])
def test_the_page_asks_the_same_however_many_moments_there_are(client, talk, now, times, asks):
    clerk = StaffFactory()
    for nth in range(times):
        meeting = offered(talk, at=now, after=HOUR * (nth + 1), clerk=clerk)
        conferring.ask_for(
            talk, actor=talk.account.main_user, at=now, starts_at=now + HOUR * (nth + 1), place="06 12345678"
        )
    conferring.choose(talk, meeting, actor=talk.account.main_user, at=now)
    client.get(of(talk))
    with asks(WHO + 5):
        client.get(of(talk))


# --- Whom we may tell --------------------------------------------------------------------------------------------


def test_permission_wants_a_fresh_proof_and_then_goes_through(holder, row):
    stale = inside(holder, minutes_ago=60)
    address = f"/breaches/{row.reference}/permission/"
    assert stale.get(address).status_code == 200
    answer = stale.post(address, {"to_subjects": "on"})
    assert (answer.status_code, "prove" in answer.url or "reauthenticate" in answer.url) == (302, True)
    assert not Permission.objects.exists()
    inside(holder).post(address, {"to_subjects": "on", "to_others": " Onze verzekeraar "})
    given = Permission.objects.get()
    assert (given.to_subjects, given.to_others, given.given_by) == (True, "Onze verzekeraar", holder.reference)


def test_permission_to_nobody_is_none_and_the_page_says_what_stands(client, row, now):
    address = f"/breaches/{row.reference}/permission/"
    assert "Kies wie we mogen inlichten" in client.post(address, {"to_others": " "}).content.decode()
    said = client.post(address, {"to_others": "verzekeraar " * 30}).content.decode()
    assert "verzekeraar verzekeraar" in said
    assert not Permission.objects.exists()
    assert "Niemand. Jij bepaalt" in client.get(f"/breaches/{row.reference}/").content.decode()
    client.post(address, {"to_others": "Onze <verzekeraar>"})
    for page in (address, f"/breaches/{row.reference}/"):
        assert "Onze &lt;verzekeraar&gt;" in client.get(page).content.decode(), page
    client.post(f"{address}withdraw/")
    assert "Niemand. Jij bepaalt" in client.get(f"/breaches/{row.reference}/").content.decode()


def test_the_page_of_the_breach_says_what_others_were_told_and_why(client, colleague, row, now, outsider):
    breached.affected(row, outsider.account)
    clerk = StaffFactory()
    said = {"actor": clerk, "at": now, "audience": "others", "text": "Er was <i>iets</i>."}
    words.record_word(row, **said | {"audience": "authority"}, to="De toezichthouder", duty="AVG art. 33")
    for user, to in ((row.affected.first().account.main_user, "Onze verzekeraar"), (outsider, "Hun boekhouder")):
        given = words.give_permission(user.account, row, actor=user, at=now, to_subjects=False, to_others=to)
        words.record_word(row, **said, to=to, permission=given)
    page = inside(colleague).get(f"/breaches/{row.reference}/").content.decode()
    for word in (
        "De toezichthouder",
        "omdat de wet ons verplicht: AVG art. 33",
        "met je toestemming",
        "Er was &lt;i&gt;",
    ):
        assert word in page, word
    assert "Hun boekhouder" not in page
    assert "/permission/" not in page
    assert "Dit wijzigen" in client.get(f"/breaches/{row.reference}/").content.decode()


def test_of_another_breach_there_is_nothing_to_permit(client, now):
    other = breached.told(AccountFactory(), at=now)
    assert client.get(f"/breaches/{other.reference}/permission/").status_code == 404


def test_a_consultation_stands_under_the_tab_of_breaches(client, talk):
    assert client.get(f"/consultations/{talk.reference}/").context["tab"] == "breaches"
