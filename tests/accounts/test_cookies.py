"""Cookies (§20): each is declared, none says who somebody is, and a no to statistics is kept by the server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import cookies
from accounts.cookies import COOKIES, Use
from accounts.models import Account, User
from accounts.services import cancel_account
from accounts.usage import recorder
from journal.models import Entry
from tests.factories import StaffFactory
from tests.signin import freshly, sign_in
from tests.test_pages import PAGES, PUBLIC

pytestmark = [pytest.mark.django_db, pytest.mark.clause("20")]
DECLARED = {cookie.name: cookie for cookie in COOKIES}
STAFF_PAGES = ("/admin/", "/admin/accounts/account/", "/admin/accounts/usagetotal/", "/admin/retention/hold/add/")


def kept(client: Client) -> dict[str, str]:
    """Cookies of the browser that are there: not those that were taken away."""
    return {name: cookie.value for name, cookie in client.cookies.items() if cookie.value}


def answers(user: User) -> list[str]:
    found = Entry.objects.filter(event__startswith="analytics.", clause="20", actor_reference=user.reference)
    return list(found.order_by("id").values_list("event", flat=True))


# --- Which there are -----------------------------------------------------------------------------------------


def test_every_cookie_of_every_page_is_declared_and_has_nothing_of_anybody_in_it(holder, settings):
    settings.LANGUAGE_CODE = "nl"
    found: dict[str, set[str]] = {}
    for person in (None, holder, StaffFactory()):
        client = Client()
        if person is not None:
            sign_in(client, person.email)
            freshly(client, person)
        for path in (*PAGES, *PUBLIC, *STAFF_PAGES, "/api/v1/docs/"):
            client.get(path)
        client.post("/cookies/", {"analytics": "yes"})
        note(found, client)
        client.post("/cookies/", {"analytics": "no"})
        client.post("/language/", {"language": "en"})
        note(found, client)
    assert found.keys() == DECLARED.keys()
    for name, values in found.items():
        for value in values:
            assert re.fullmatch(DECLARED[name].pattern, value), (name, value)
            assert not any(word and word in value.lower() for word in (holder.email, "sanne", "vries"))


def note(found: dict[str, set[str]], client: Client) -> None:
    for name, value in kept(client).items():
        found.setdefault(name, set()).add(value)


def test_no_other_place_of_ours_sets_a_cookie():
    own = [
        path
        for path in Path(settings.BASE_DIR).glob("*/**/*.py")
        if path.parts[len(settings.BASE_DIR.parts)] not in ("tests", ".venv", ".local")
    ]
    setting = {str(path.relative_to(settings.BASE_DIR)) for path in own if ".set_cookie(" in path.read_text()}
    assert setting == {"accounts/cookies.py", "accounts/language.py"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_tells_each_of_them(client, language):
    client.cookies["django_language"] = language
    page = client.get("/cookies/").content.decode()
    assert all(f"<code>{name}</code>" in page for name in DECLARED)
    assert [cookie.name for cookie in COOKIES if cookie.use == Use.ANALYTIC] == ["analytics"]


# --- The question --------------------------------------------------------------------------------------------


def test_a_visitor_is_asked_once_and_goes_back_to_the_page(client):
    assert 'class="bar"' in client.get("/sign-in/").content.decode()
    answer = client.post("/cookies/", {"analytics": "no", "next": "/sign-in/?next=/devices/"})
    assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/devices/")
    assert 'class="bar"' not in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_nobody_is_sent_elsewhere(client, place):
    assert client.post("/cookies/", {"analytics": "yes", "next": place}).url == "/cookies/"


def test_both_answers_look_alike(client):
    page = client.get("/sign-in/").content.decode()
    buttons = re.findall(r'<button class="([^"]*)" name="analytics"', page)
    assert buttons == ["button button-quiet", "button button-quiet"]


@pytest.mark.parametrize("given", ["", "perhaps"])
def test_no_answer_is_none(client, given):
    assert client.post("/cookies/", {"analytics": given}).status_code == 400
    assert not {"analytics", "no-analytics"} & kept(client).keys()


# --- The answer ----------------------------------------------------------------------------------------------


def test_a_no_takes_the_analytic_cookie_away_and_a_yes_the_other_one(client):
    client.post("/cookies/", {"analytics": "yes"})
    assert kept(client).get("analytics") == "yes"
    client.post("/cookies/", {"analytics": "no"})
    assert client.cookies["analytics"]["max-age"] == 0
    assert {name: value for name, value in kept(client).items() if "analytics" in name} == {"no-analytics": "no"}
    client.post("/cookies/", {"analytics": "yes"})
    assert {name for name in kept(client) if "analytics" in name} == {"analytics"}
    cookie = client.cookies["analytics"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", 31_536_000)


def test_a_holders_answer_is_kept_with_the_user_and_journalled_and_counts_at_once(client, holder):
    client.force_login(holder)
    client.post("/cookies/", {"analytics": "no"})
    recorder.forget()
    client.get("/")
    assert (User.objects.get(pk=holder.pk).analytics, len(recorder)) == (False, 0)
    client.post("/cookies/", {"analytics": "no"})
    client.post("/cookies/", {"analytics": "yes"})
    recorder.forget()
    client.get("/")
    assert (User.objects.get(pk=holder.pk).analytics, len(recorder)) == (True, 1)
    assert answers(holder) == ["analytics.refused", "analytics.allowed"]


@pytest.mark.parametrize(
    ("before", "cookie", "after"),
    [
        (None, "no", False),
        (True, "no", False),
        (None, "yes", True),
        (False, "yes", False),
        (True, "", True),
        (None, "", None),
    ],
)
def test_what_a_visitor_answered_counts_for_who_signs_in_a_no_always(client, holder, before, cookie, after):
    User.objects.filter(pk=holder.pk).update(analytics=before)
    if cookie:
        client.post("/cookies/", {"analytics": cookie})
    assert sign_in(client, holder.email).status_code == 302
    assert User.objects.get(pk=holder.pk).analytics is after
    assert len(answers(holder)) == (before is not after)
    assert len(recorder) == (after is not False)


def test_staff_answer_for_their_browser_alone(client, staff):
    freshly(client, staff)
    client.post("/cookies/", {"analytics": "no"})
    assert kept(client)["no-analytics"] == "no"
    assert (User.objects.get(pk=staff.pk).analytics, answers(staff)) == (None, [])


def test_an_account_that_does_not_run_can_still_refuse(client, holder):
    cancel_account(holder.account, actor=holder, on=timezone.localdate())
    client.force_login(holder)
    client.post("/cookies/", {"analytics": "no"})
    assert User.objects.get(pk=holder.pk).analytics is False


def test_of_an_account_that_is_being_erased_nothing_is_written(client, account, holder):
    cancel_account(account, actor=holder, on=timezone.localdate())
    Account.objects.filter(pk=account.pk).update(claimed_at=timezone.now())
    cookies.answer(User.objects.get(pk=holder.pk), allowed=False)
    assert answers(holder) == []
