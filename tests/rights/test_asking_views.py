"""The public pages of requests: the same for everybody, and not to be filled by a machine (§15)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import tasks
from accounts.models import Account, PlannedMail
from cannonworks import isolation
from journal.models import Entry
from relations.services import add_relation
from rights import links
from rights.links import Link, seal
from rights.models import SubjectRequest
from rights.states import RequestState
from tests.asked import subject_request
from tests.factories import AccountFactory
from tests.signin import altered
from tests.test_typed import kept

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
EMAIL = "bram@thuis.example"
ASKED = {"wish": "erase", "name": "Bram Smit", "company": "Timmerbedrijf de Vries", "known_as": "", "details": ""}
WORDS = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>|/request/[\w-]+/')


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)


def path_of(reference=None, *, ago: timedelta | None = timedelta(), email: str = EMAIL) -> str:
    at = None if ago is None else timezone.now() - ago
    return reverse("your-request", args=[seal(Link(reference or uuid4(), email, "nl"), at=at)])


def path_to(row: SubjectRequest) -> str:
    return path_of(row.reference, ago=None, email=row.email)


def seen(response) -> str:
    """A page without what is another on each of them."""
    return WORDS.sub("", response.content.decode())


def heard(client: Client, method: str, path: str, data=None) -> tuple[int, str, list[str]]:
    """Status, page and queries of an answer."""
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(path, data)
    return response.status_code, seen(response), [plain(query["sql"]) for query in queries]


def plain(sql: str) -> str:
    """A query without the values in it."""
    return re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+|\bNULL\b", "?", sql)


# --- The question ----------------------------------------------------------------------------------------------------


def test_the_answer_and_all_that_is_asked_for_it_are_the_same_whoever_is_known(
    client, django_capture_on_commit_callbacks
):
    account = AccountFactory(state="active")
    add_relation(account, actor=account.main_user, last_name="Smit", email="relatie@bekend.example")
    addresses = (account.main_user.email, "relatie@bekend.example", "niemand@nergens.example")
    answers, mails = [], []
    for address in addresses:
        with django_capture_on_commit_callbacks(execute=True) as later:
            status, page, queries = heard(client, "post", "/request/", {"email": address})
        answers.append((status, page.replace(address, "…"), queries, len(later)))
        letter = mail.outbox.pop()
        mails.append((letter.to == [address], letter.subject, re.sub(r"/request/\S+", "", letter.body)))
    assert answers == [answers[0]] * 3
    assert mails == [mails[0]] * 3
    assert (answers[0][0], answers[0][3], mails[0][0]) == (200, 1, True)


def test_the_mail_leads_to_the_form_in_the_language_of_the_page(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/request/", {"email": "Bram@Thuis.example"}, headers={"accept-language": "en"})
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([EMAIL], "Your question about your data")
    (path,) = re.findall(r"/request/\S+", letter.body)
    assert "What do you want with your data?" in Client().get(path).content.decode()
    assert EMAIL not in path


def test_thousands_of_forms_fill_no_table_and_send_few_mails(client, settings, django_capture_on_commit_callbacks):
    settings.REQUEST_MAILS_AN_HOUR = 7
    before, statuses = kept(), []
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(120):
            address = f"192.0.2.{number % 4}"
            answer = client.post("/request/", {"email": f"n{number}@elders.example"}, REMOTE_ADDR=address)
            statuses.append(answer.status_code)
    assert (statuses.count(200), statuses.count(429)) == (80, 40)
    assert len(mail.outbox) == 7
    assert kept() == before


def test_who_asks_too_often_keeps_what_was_typed(client, monkeypatch):
    monkeypatch.setattr("rights.views.asking.ASKS_AN_HOUR", 1)
    assert client.post("/request/", {"email": EMAIL}).status_code == 200
    answer = client.post("/request/", {"email": EMAIL})
    assert answer.status_code == 429
    assert f'value="{EMAIL}"' in answer.content.decode()
    assert "Dat is te vaak" in answer.content.decode()


# --- The form --------------------------------------------------------------------------------------------------------


def test_who_only_looks_confirms_nothing(client):
    before, path = kept(), path_of()
    for method in (client.get, client.head, client.options):
        method(path, headers={"user-agent": "LinkScanner/1.0"})
    assert kept() == before
    assert "Wat wil je met je gegevens?" in client.get(path).content.decode()


def test_a_link_makes_one_request_and_then_shows_it(client):
    path = path_of()
    assert client.post(path, ASKED).url == path
    assert client.post(path, {**ASKED, "wish": "inform"}).url == path
    row = SubjectRequest.objects.get()
    assert (row.wish, row.email, row.company, row.state, row.account) == (
        "erase", EMAIL, "Timmerbedrijf de Vries", "received", None,
    )  # fmt: skip
    page = client.get(path).content.decode()
    assert "Je verzoek" in page
    assert "Timmerbedrijf de Vries" in page
    assert list(PlannedMail.objects.values_list("template", flat=True)) == ["rights/requester_received"]
    facts = Entry.objects.get(event="request.received").facts
    assert facts == {"request": str(row.reference), "wish": "erase", "channel": "form"}


@pytest.mark.parametrize("wrong", ["altered", "forged", "old", "of later", "garbage"])
def test_links_that_do_not_work_make_nothing_and_all_say_the_same(client, wrong):
    path = {
        "altered": altered(path_of()),
        "forged": reverse("your-request", args=[links.seal_place([str(uuid4()), EMAIL, "nl", 2**31], "sign-up")]),
        "old": path_of(ago=timedelta(days=3, seconds=1)),
        "of later": path_of(ago=None),
        "garbage": "/request/" + "x" * 5_000 + "/",
    }[wrong]
    before, over = kept(), seen(client.get("/request/key/"))
    assert seen(client.get(path)) == seen(client.post(path, ASKED)) == over
    for step in ("check/", "withdraw/"):
        assert client.post(path + step).status_code == 302
    assert kept() == before


def test_a_text_that_is_too_long_is_refused_and_kept_on_the_page(client):
    before, path = kept(), path_of()
    answer = client.post(path, {**ASKED, "details": "x" * 2001})
    assert answer.status_code == 200
    assert "2000" in answer.content.decode()
    assert "x" * 2001 in answer.content.decode()
    assert kept() == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", None], ids=["form", "multipart"])
@pytest.mark.parametrize("path", ["ask", "form"])
def test_ten_megabytes_are_refused_with_words(path, kind):
    before, client = kept(), Client(enforce_csrf_checks=True, raise_request_exception=False)
    data = {**ASKED, "email": EMAIL, "details": "x" * 10_000_000}
    where = "/request/" if path == "ask" else path_of()
    body = (
        {"data": "&".join(f"{key}={value}" for key, value in data.items()), "content_type": kind}
        if kind
        else {"data": data}
    )
    client.get(where)  # from where a browser has the cookie without which nothing is read
    answer = client.post(where, **body)
    assert answer.status_code == 413
    page = answer.content.decode()
    assert "Dat is te veel" in page
    assert len(page) < 20_000
    assert kept() == before


@pytest.mark.django_db(transaction=True)
def test_of_two_posts_at_once_with_one_link_one_makes_the_request(monkeypatch):
    monkeypatch.setattr(tasks.send_planned, "delay", lambda pk: None)
    path, gate = path_of(), Barrier(2)

    def post(number: int) -> tuple[int, str]:
        try:
            gate.wait(10)
            answer = Client().post(path, {**ASKED, "details": f"nummer {number}"})
            return answer.status_code, answer.url
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(post, (1, 2))) == [(302, path)] * 2
    assert SubjectRequest.objects.count() == 1
    assert PlannedMail.objects.count() == Entry.objects.filter(event="request.received").count() == 1


# --- How it stands ---------------------------------------------------------------------------------------------------

STATES = [state for state in RequestState if state != RequestState.UNMATCHED]


def passed_on(row: SubjectRequest) -> SubjectRequest:
    """As staff leave it: the requester was told at that moment."""
    at = row.told_at or row.received_at + timedelta(minutes=15)
    PlannedMail.objects.create(
        account=row.account, about=row.reference, template="rights/requester_passed_on", planned_at=at
    )
    return row


@pytest.mark.parametrize("language", ["nl", "en"])
def test_whether_an_account_was_found_is_not_to_be_seen(client, account, language):
    client.cookies["django_language"] = language
    now = timezone.now()
    moments = {"passed on": (("told", "unmatched"), {}), "over": (("told", "unmatched"), {}),
               "checking": (("checking", "checking"), {"check_asked_at": now}),
               "closed": (("closed", "closed"), {"check_asked_at": now, "closed_at": now})}  # fmt: skip
    for name, (states, more) in moments.items():
        at = now - timedelta(days=1 if name == "passed on" else 20)
        outcomes = ({"outcome": "not_here"}, {"outcome": "unmatched"}) if name == "closed" else ({}, {})
        rows = [
            passed_on(subject_request(owner, state=state, at=at, **more, **outcome))
            for owner, state, outcome in zip((account, None), states, outcomes, strict=True)
        ]
        known, unknown = (heard(client, "get", path_to(row)) for row in rows)
        assert known == unknown, name
        if name == "over":
            steps = []
            for row in rows:
                visitor = Client(headers={"accept-language": language})
                asked = heard(visitor, "post", path_to(row) + "check/")
                steps.append((asked, heard(visitor, "get", path_to(row))))
            assert steps[0] == steps[1]
            assert set(SubjectRequest.objects.values_list("state", flat=True)) >= {"checking"}


def test_an_account_that_is_found_later_changes_nothing_to_be_seen(client, account):
    now = timezone.now()
    row = passed_on(subject_request(state="unmatched", at=now - timedelta(days=1)))
    before = heard(client, "get", path_to(row))
    with isolation.acting_as(isolation.JOBS):
        SubjectRequest.objects.update(account=account, state="told", told_at=now, due_at=now + timedelta(days=9))
    assert heard(client, "get", path_to(row)) == before


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("state", RequestState)
def test_every_stage_has_a_page_in_both_languages(client, account, state, language):
    client.cookies["django_language"] = language
    row = subject_request(None if state in ("received", "unmatched") else account, state=state)
    page = client.get(path_to(row))
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count('aria-current="step"') == (state != "closed")
    assert ("Ingetrokken" if language == "nl" else "Taken back") not in text
    for outcome in ("fulfilled", "not_here", "Uitgevoerd", "Carried out", "Niemand zoals"):
        assert outcome not in text
    assert ("Verzoek intrekken" if language == "nl" else "Take the request back") in text or state == "closed"


def test_the_pages_keep_their_address_to_themselves(client, account):
    row = subject_request(account, state="told")
    for path in (path_to(row), path_of(), "/request/key/"):
        answer = client.get(path)
        assert answer["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Cache-Control"] == "no-store"
        assert 'content="noindex, nofollow"' in answer.content.decode()


def test_steps_are_taken_by_post_with_the_word_of_our_own_page(account):
    row = subject_request(account, state="told")
    strict, path = Client(enforce_csrf_checks=True), path_to(row)
    for step in ("check/", "withdraw/"):
        assert strict.get(path + step).status_code == 405
        assert strict.post(path + step).status_code == 403
    row.refresh_from_db()
    assert row.state == "told"


def test_a_check_and_taking_it_back_say_what_became_of_it(client, account):
    row = passed_on(subject_request(account, state="told", at=timezone.now()))
    path = path_to(row)
    assert "Laat het ons controleren" not in client.get(path).content.decode()
    early = client.post(path + "check/", follow=True).content.decode()
    assert "zodra de termijn voorbij is" in early
    PlannedMail.objects.filter(template="rights/requester_passed_on").update(
        planned_at=timezone.now() - timedelta(days=30)
    )
    assert "Laat het ons controleren" in client.get(path).content.decode()
    assert "We controleren het" in client.post(path + "check/", follow=True).content.decode()
    gone = client.post(path + "withdraw/", follow=True).content.decode()
    assert "Je hebt je verzoek ingetrokken" in gone
    assert "Door jou ingetrokken" in gone
    assert "kan niet" in client.post(path + "withdraw/", follow=True).content.decode()
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("closed", "withdrawn")


def test_whoever_is_signed_in_sees_it_too_and_stays_who_they_are(client, account, outsider):
    row = subject_request(account, state="told")
    client.force_login(outsider)
    page = client.get(path_to(row)).content.decode()
    assert "Bram Smit" in page
    assert client.get("/relations/").status_code == 200


def test_a_request_of_an_account_that_is_being_erased_is_left_alone(client, account):
    row = passed_on(subject_request(account, state="told", at=timezone.now() - timedelta(days=30)))
    Account.objects.filter(pk=account.pk).update(
        state="cancelled",
        cancelled_on="2026-01-01",
        keep_until="2028-01-01",
        erase_on="2028-01-01",
        claimed_at=timezone.now(),
    )
    path = path_to(row)
    for step in ("check/", "withdraw/"):
        page = client.post(path + step, follow=True)
        assert page.redirect_chain == [(path, 302)]
        assert "Dit verzoek wordt gewist" in page.content.decode()
    assert "Doorgegeven aan het bedrijf" in client.get(path).content.decode()
