"""Signing up: a link by mail, an account by real requests, and nothing told to whoever guesses addresses (§1, §2, §19)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts import services, signing_up
from accounts.models import Account, Company, DataKey, Session, User
from accounts.signing_up import Link
from accounts.states import State
from cannonworks import grants, isolation
from cannonworks.celery import app
from cannonworks.errors import Refused
from journal.models import Entry
from tests.factories import PASSWORD, AccountFactory, CompanyFields, UserFields
from tests.signin import altered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]

ADDRESS = "anna@example.nl"
COMPANY = {
    "company_name": "Anna's Atelier", "kvk_number": "1234 5678", "vat_number": "", "email": "info@atelier.example",
    "phone": "0592 123456", "street": "Brink", "house_number": "12", "postcode": "9401ab", "city": "Assen",
    "country": "NL",
}  # fmt: skip
PERSON = {
    "first_name": "Anna", "initials": "A.", "infix": "de", "last_name": "Wit", "gender": "f", "password": PASSWORD,
}  # fmt: skip
ACCEPTED = {"terms": "on", "newsletter": "on"}
EVERYTHING = COMPANY | PERSON | ACCEPTED


@pytest.fixture(autouse=True)
def _post_at_once():
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    def asked(email=ADDRESS, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post("/sign-up/", {"email": email, "language": "nl", "old_enough": "on", **more})

    return asked


def link(email=ADDRESS, language="nl", *, at=None) -> str:
    return f"/sign-up/{signing_up.seal(Link(email, language), at=at or timezone.now())}/"


def told(response) -> str:
    return response.content.decode()


# --- The first step ------------------------------------------------------------------------------------------
def test_a_new_address_gets_a_link_and_nothing_is_stored(ask):
    response = ask("Anna@Example.NL")
    assert response.status_code == 200
    assert "Kijk in je mail" in told(response)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([ADDRESS], "Open je account bij CannonWorks")
    address = re.search(r"http\S+/sign-up/\S+", letter.body)[0]
    assert "anna" not in urlsplit(address).path.lower()
    assert (User.objects.count(), Account.objects.count(), Entry.objects.count()) == (0, 0, 0)
    assert not Session.objects.exists()


def test_a_known_address_is_told_by_mail_alone_and_the_page_is_the_same(ask, holder):
    unknown = re.sub(r"csrf.*?>", "", told(ask())).replace(ADDRESS, "")
    known = re.sub(r"csrf.*?>", "", told(ask(holder.email.upper()))).replace(holder.email.upper(), "")
    assert known == unknown
    assert [letter.subject for letter in mail.outbox] == [
        "Open je account bij CannonWorks", "Je hebt al een account bij CannonWorks",
    ]  # fmt: skip
    assert "/sign-in/" in mail.outbox[1].body
    assert "/sign-up/" not in mail.outbox[1].body


def test_both_take_the_same_steps(client, holder, django_assert_num_queries):
    def queries(email):
        with connection.execute_wrapper(lambda go, *a: (seen.append(a[0]), go(*a))[1]):
            client.post("/sign-up/", {"email": email, "language": "nl", "old_enough": "on"})

    counts = []
    for email in ("nobody@example.com", holder.email):
        seen = []
        queries(email)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_known_address_gets_the_mail_in_the_language_of_its_user_and_a_new_one_in_the_chosen_one(ask, holder):
    User.objects.filter(pk=holder.pk).update(language="en")
    ask(holder.email)
    response = ask(language="en")
    assert [letter.subject for letter in mail.outbox] == [
        "You already have an account at CannonWorks", "Open your account at CannonWorks",
    ]  # fmt: skip
    assert "Look in your mail" in told(response)
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_who_is_younger_than_16_is_told_kindly_and_nothing_is_kept_or_mailed(ask):
    page = told(ask(old_enough=""))
    assert "Ben je jonger dan 16?" in page
    assert "We hebben niets bewaard van wat je typte." in page
    assert mail.outbox == []
    assert not Session.objects.exists()
    assert not list(cache._cache.get_client().scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}*sign_up*"))


@pytest.mark.clause("7")
def test_one_address_and_one_network_get_only_so_much_mail(ask, client, holder):
    for email in (ADDRESS, holder.email):
        assert [ask(email).status_code for _i in range(5)] == [200] * 4 + [429]
    assert len(mail.outbox) == 8
    statuses = [ask(f"guess{n}@example.com").status_code for n in range(13)]
    assert (statuses.count(200), statuses[-1]) == (10, 429)
    assert not [key for key in cache._cache.get_client().scan_iter("*") if b"anna" in key]


# --- The second step -----------------------------------------------------------------------------------------
def test_the_link_opens_a_whole_account_and_signs_in(client):
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False):
        response = client.post(link(), EVERYTHING)
        assert (response.status_code, response.url) == (302, "/")
        account = Account.objects.get()
        assert (account.state, account.signed_up_on, account.trial_ends_on) == (
            State.TRIAL, date(2026, 11, 22), date(2026, 12, 22),
        )  # fmt: skip
        company = Company.objects.get(account=account)
        assert (company.company_name, company.kvk_number, company.postcode, company.phone) == (
            "Anna's Atelier", "12345678", "9401 AB", "+31592123456",
        )  # fmt: skip
        user = account.main_user
        assert (user.email, user.full_name, user.initials, user.gender, user.language) == (
            ADDRESS, "Anna de Wit", "A.", "f", "nl",
        )  # fmt: skip
        assert EmailAddress.objects.get(user=user).verified
        assert len(services.data_key(account)) == 32
        session = Session.objects.get(user=user)
        assert (session.account, session.ip_address) == (account, "127.0.0.1")
        page = told(client.get("/"))
        assert "Je proefperiode loopt tot en met maandag 21 december 2026" in page
    events = [(entry.event, entry.clause) for entry in Entry.objects.order_by("id")]
    assert events == [
        ("account.signed_up", "1"), ("user.declared_age", "1"), ("newsletter.wanted", "2"), ("terms.accepted", "21"),
        ("user.signed_in", "7"),
    ]  # fmt: skip


def test_opening_the_link_changes_nothing_and_it_works_on_another_device_until_it_is_used(client):
    address = link(language="en")
    for _device in range(2):
        page = told(Client().get(address))
        assert "Open your account" in page
        assert ADDRESS in page
    assert not User.objects.exists()
    Client().post(address, EVERYTHING)
    for answer in (client.get(address), client.post(address, EVERYTHING)):
        assert "Your account is there already" in told(answer)
    assert User.objects.get().language == "en"


@pytest.mark.parametrize(("later", "works"), [(timedelta(days=3, seconds=-1), True), (timedelta(days=3), False)])
def test_the_link_ends_after_three_days(client, later, works):
    with time_machine.travel("2026-03-28 12:00:00+01:00", tick=False) as clock:  # the clock changes meanwhile
        address = link()
        clock.shift(later)
        page = told(client.get(address))
    assert ("Open je account" in page) is works
    assert ("Deze link werkt niet meer" in page) is not works


def test_a_link_that_somebody_wrote_themselves_does_not_work(client):
    other = signing_up.seal_place([ADDRESS, "nl", int(timezone.now().timestamp())], "another purpose")
    for key in ("nonsense", other, altered(signing_up.seal(Link(ADDRESS, "nl"), at=timezone.now()))):
        assert "Deze link werkt niet meer" in told(client.post(f"/sign-up/{key}/", EVERYTHING))
    assert not Account.objects.exists()


@pytest.mark.clause("19")
def test_what_is_wrong_is_said_what_was_typed_is_kept_and_the_password_is_not_sent_back(client):
    wrong = {"kvk_number": "123", "postcode": "0000 XX", "phone": "1", "street": "Kerkstraat"}
    page = told(client.post(link(), EVERYTHING | wrong))
    for words in (
        "acht cijfers",
        "vier cijfers en twee letters",
        "geen geldig telefoonnummer",
        "Kies je wachtwoord nog een keer",
    ):
        assert words in page
    assert 'value="Kerkstraat"' in page
    assert 'value="Anna"' in page
    assert PASSWORD not in page
    assert not Account.objects.exists()


@pytest.mark.clause("19")
def test_the_old_vat_number_of_a_sole_trader_is_refused_as_it_has_the_bsn_in_it(client):
    page = told(client.post(link(), EVERYTHING | {"sole_trader": "on", "vat_number": "NL111222333B01"}))
    assert "met je BSN erin" in page
    assert not Account.objects.exists()


@pytest.mark.clause("19")
def test_only_the_fields_of_the_agreement_are_asked(client):
    names = set(re.findall(r'name="(\w+)"', told(client.get(link()))))
    assert names == {*COMPANY, *PERSON, "sole_trader", "newsletter", "terms", "revision",
                     "csrfmiddlewaretoken", "next", "language", "viewport", "description", "analytics"} | (names & {"color", "htmx"})  # fmt: skip


@pytest.mark.clause("21")
def test_without_the_terms_there_is_no_account(client):
    page = told(client.post(link(), COMPANY | PERSON))
    assert "Zonder dit kunnen we geen account openen" in page
    assert not Account.objects.exists()


@pytest.mark.clause("2")
@pytest.mark.parametrize("wanted", [True, False])
def test_the_newsletter_is_on_unless_it_is_put_off(client, monkeypatch, wanted):
    assert re.search(r'name="newsletter"[^>]*checked', told(client.get(link())))
    seen = []
    real = signing_up.finish
    monkeypatch.setattr(signing_up, "finish", lambda *a, **k: (seen.append(k["newsletter"]), real(*a, **k))[1])
    client.post(link(), EVERYTHING if wanted else COMPANY | PERSON | {"terms": "on"})
    assert seen == [wanted]


def test_a_field_is_checked_and_written_anew_as_it_is_left(client):
    headers = {"HX-Request": "true", "HX-Trigger-Name": "kvk_number"}
    good = told(client.post(link(), COMPANY, headers=headers))
    assert 'value="12345678"' in good
    assert "<h1" not in good
    assert "acht cijfers" in told(client.post(link(), COMPANY | {"kvk_number": "12"}, headers=headers))
    assert not Account.objects.exists()


def test_who_is_signed_in_is_told_so_and_keeps_their_own_account(client, holder):
    client.force_login(holder)
    assert client.get("/sign-up/").url == "/"
    assert "Je bent al ingelogd" in told(client.post(link(), EVERYTHING))
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_weak_password_is_refused(client):
    page = told(client.post(link(), EVERYTHING | {"password": "kort"}))
    assert "Dit wachtwoord is te kort: er zijn minstens 10 tekens nodig." in page
    assert not Account.objects.exists()


# --- The database --------------------------------------------------------------------------------------------
@pytest.mark.clause("7")
def test_a_visitor_may_open_an_account_and_fills_it_with_the_rights_of_its_holder_alone():
    rights = {right.table: right.verbs for right in grants.granted() if right.role == "visitor"}
    assert "INSERT" in rights["accounts_account"]
    assert rights.keys().isdisjoint({Company._meta.db_table, DataKey._meta.db_table})
    assert "INSERT" not in rights["accounts_user"]
    with isolation.acting_as(isolation.VISITOR):
        account = services.sign_up(company=CompanyFields(), main_user=UserFields(), on=date(2026, 1, 5))
        assert isolation.current() == isolation.VISITOR
    assert Company.objects.get().account == account


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_finish_at_once_open_one_account():
    address, start, answers = link(), Barrier(2), []

    def tab():
        client = Client()
        start.wait()
        response = client.post(address, EVERYTHING)
        answers.append((response.status_code, response.get("Location", "")))
        connections.close_all()

    tabs = [Thread(target=tab) for _i in range(2)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join(60)
    assert sorted(answers) == [(200, ""), (302, "/")]
    assert (Account.objects.count(), Company.objects.count(), User.objects.count()) == (1, 1, 1)


def test_an_address_that_was_taken_meanwhile_is_refused_whole():
    AccountFactory(main_user__email=ADDRESS)
    with pytest.raises(Refused) as caught:
        signing_up.finish(
            Link(ADDRESS, "nl"), company=CompanyFields(), person=UserFields(), newsletter=True, at=timezone.now(),
            on=date(2026, 1, 5),
        )  # fmt: skip
    assert caught.value.code == "link_used"
    assert Account.objects.count() == 1
