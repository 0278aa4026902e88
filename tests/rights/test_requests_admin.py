"""The administration of requests: what staff see of them, find, decide and may (§15)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from rights.matching import MOST, candidates
from rights.models import SubjectRequest
from tests.asked import due_after, subject_request
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
PLACE = "/admin/rights/subjectrequest/"
LONG_AGO = timedelta(days=20)
PAPER = {"email": "", "address": "Brink 1\n9401 AA Assen"}
CALL = {
    "channel": "phone", "wish": "erase", "name": "Bram Smit", "email": "bram@thuis.example", "company": "De Vries",
    "identity_check": "Teruggebeld", "language": "nl",
}  # fmt: skip
STEPS = ("find", "nobody", "unproven", "asks_check", "carried_out", "block", "withdrawn")


@pytest.fixture
def officer(client):
    person = member("Privacy officer")
    client.force_login(person)
    return person


def place(row, act: str = "change") -> str:
    return f"{PLACE}{row.pk}/{act}/"


def offered(client, row) -> list[str]:
    page = client.get(place(row))
    return [action["path"].rstrip("/").rpartition("/")[2] for action in page.context["actions_detail"]]


def state_of(row) -> str:
    return SubjectRequest.objects.get(pk=row.pk).state


# --- Entering --------------------------------------------------------------------------------------------------------
def test_a_call_is_entered_and_leads_to_its_page(client, officer):
    answer = client.post(f"{PLACE}add/", CALL)
    row = SubjectRequest.objects.get()
    assert (answer.status_code, answer.url) == (302, place(row))
    assert (row.channel, row.wish, row.email, row.identity_check) == (
        "phone",
        "erase",
        "bram@thuis.example",
        "Teruggebeld",
    )
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"identity_check": ""}, "identity_check"), ({"email": ""}, "address"), ({"company": ""}, "company"),
     ({"name": "x" * 161}, "name"), ({"email": "geen"}, "email"), ({"channel": "form"}, "channel"),
     ({"details": "x" * 2001}, "details"), ({"wish": "everything"}, "wish"), ({"name": "Bram\x00"}, "name")],
)  # fmt: skip
def test_bad_input_keeps_what_was_typed(client, officer, wrong, field):
    answer = client.post(f"{PLACE}add/", {**CALL, **wrong})
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, [field])
    assert answer.context["form"]["known_as"].value() is None
    assert not SubjectRequest.objects.exists()


# --- Finding ---------------------------------------------------------------------------------------------------------
def test_the_account_is_found_by_what_the_requester_calls_it(django_assert_max_num_queries):
    smit, jansen = (
        AccountFactory(state=State.ACTIVE, company__company_name=name, company__kvk_number=kvk)
        for name, kvk in (("Garage Smit", "11111110"), ("Jansen Bouw B.V.", "22222220"))
    )
    AccountFactory(state=State.CANCELLED, company__company_name="Smit (weg)")
    Account.objects.filter(company__company_name="Smit (weg)").update(claimed_at=timezone.now())
    for words, found in {
        "garage smit": [smit], "  smit ": [smit], "22222220": [jansen], str(jansen.reference)[:8]: [jansen],
        "Jansen uit Meppel": [jansen], "Niemand": [], "": [], "b": [jansen], "%": [],
    }.items():  # fmt: skip
        with django_assert_max_num_queries(4):
            assert candidates(words) == found, words


def test_so_many_are_offered_and_no_more():
    for number in range(MOST + 1):
        AccountFactory(state=State.ACTIVE, company__company_name=f"Bakker {number}")
    assert len(candidates("bakker")) == MOST


def test_staff_look_for_the_company_and_pass_the_request_on(client, officer):
    account = AccountFactory(state=State.ACTIVE, company__company_name="Timmerbedrijf de Vries")
    row = subject_request(at=timezone.now())
    page = client.get(place(row, "find"))
    assert [found.pk for found in page.context["candidates"]] == [account.pk]
    assert client.post(place(row, "find"), {"search": "niemand"}).context["candidates"] == []
    asked = client.get(f"{place(row, 'find')}?account={account.pk}")
    assert "Timmerbedrijf de Vries" in asked.content.decode()
    assert state_of(row) == "received"  # looking does nothing
    assert client.post(f"{place(row, 'find')}?account={account.pk}").status_code == 302
    assert (state_of(row), SubjectRequest.objects.get().account) == ("told", account)


@pytest.mark.parametrize("chosen", ["0", "99999999999999999999", "abc", "²"])
def test_an_account_that_is_not_there_is_no_error(client, officer, chosen):
    assert client.get(f"{place(subject_request(), 'find')}?account={chosen}").status_code == 200


# --- Steps -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "has_account", "steps"),
    [
        ("received", False, ["find", "nobody", "unproven", "withdrawn"]),
        ("unmatched", False, ["find", "unproven", "asks_check", "withdrawn"]),
        ("told", True, ["asks_check", "withdrawn"]),
        ("done", True, ["asks_check", "withdrawn"]),
        ("checking", True, ["carried_out", "block", "withdrawn"]),
        ("checking", False, ["find", "carried_out", "withdrawn"]),
        ("blocked", True, ["withdrawn"]),
        ("closed", True, []),
    ],
)
def test_only_what_makes_sense_is_offered(client, officer, account, state, has_account, steps):
    more = {"done_at": timezone.now()} if state == "done" else {}
    if state == "unmatched":
        more = {**PAPER, "due_at": due_after(timezone.now() - LONG_AGO)}
    row = subject_request(account if has_account else None, state=state, at=timezone.now() - LONG_AGO, **more)
    assert offered(client, row) == steps


def test_within_the_term_nothing_is_checked_or_blocked(client, officer, account):
    assert offered(client, subject_request(account, state="told", at=timezone.now())) == ["withdrawn"]
    early = subject_request(account, state="checking", at=timezone.now(), wish="erase")
    assert offered(client, early) == ["carried_out", "withdrawn"]
    answer = client.post(place(early, "block"), follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert state_of(early) == "checking"


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [("nobody", "received", "unmatched"), ("unproven", "received", "closed"), ("asks_check", "told", "checking"),
     ("carried_out", "checking", "closed"), ("block", "checking", "blocked"), ("withdrawn", "blocked", "closed")],
)  # fmt: skip
def test_each_step_asks_first_and_then_is_taken(client, officer, account, act, before, after):
    row = subject_request(account if before != "received" else None, state=before, at=timezone.now() - LONG_AGO)
    assert client.get(place(row, act)).status_code == 200
    assert state_of(row) == before
    assert client.post(place(row, act)).status_code == 302
    assert state_of(row) == after
    assert (Account.objects.get(pk=account.pk).blocked_at is not None) == (after == "blocked")


def test_an_answer_that_came_while_staff_looked_is_looked_at_first(client, officer, account):
    row = subject_request(account, state="checking", at=timezone.now() - LONG_AGO)
    form = client.get(place(row, "block")).context["form"]
    SubjectRequest.objects.filter(pk=row.pk).update(outcome="not_here", done_at=timezone.now())
    assert client.post(place(row, "block"), {"seen": form["seen"].value()}).status_code == 409
    assert state_of(row) == "checking"
    form = client.get(place(row, "block")).context["form"]
    assert client.post(place(row, "block"), {"seen": form["seen"].value()}).status_code == 302
    assert state_of(row) == "blocked"


def test_a_colleague_who_was_first_is_told(client, officer, account):
    row = subject_request(account, state="done")
    answer = client.post(place(row, "carried_out"), follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


# --- Who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.clause("7")
@pytest.mark.parametrize(
    ("role", "may", "may_block"),
    [("Support", True, False), ("Privacy officer", True, True), ("Finance", False, False),
     ("Security officer", False, False)],
)  # fmt: skip
def test_who_may_what(client, account, role, may, may_block):
    row = subject_request(account, state="checking", at=timezone.now() - LONG_AGO)
    client.force_login(member(role))
    seen = {act: client.get(place(row, act)).status_code for act in ("change", *STEPS)}
    assert seen == {
        act: 200 if may and (act != "block" or may_block) else 403 for act in ("change", *STEPS)
    }  # fmt: skip
    assert client.get(PLACE).status_code == client.get(f"{PLACE}add/").status_code == (200 if may else 403)
    assert ("block" in offered(client, row) if may else False) is may_block
    client.post(place(row, "block"))
    assert state_of(row) == ("blocked" if may_block else "checking")


def test_an_administrator_may_all(client, account):
    client.force_login(StaffFactory())
    row = subject_request(account, state="checking", at=timezone.now() - LONG_AGO)
    assert {client.get(place(row, act)).status_code for act in ("change", *STEPS)} == {200}


# --- What is shown ---------------------------------------------------------------------------------------------------
def titles(page) -> list[str]:
    return [table.title for table in page.context["tables"]]


def test_the_page_has_moments_clock_evidence_and_no_letter_for_who_has_mail(client, officer, account):
    page = client.get(place(subject_request(account, state="checking")))
    assert titles(page) == [
        "Wat er gebeurde", "Hoe de termijn is berekend", "Wat het journaal zegt sinds het aan de accounthouder is doorgegeven",
    ]  # fmt: skip
    text = page.content.decode()
    assert "Telt niet mee" in text
    assert "nl-2026.1" in text


def test_who_has_no_mail_gets_a_letter_with_these_words(client, officer):
    row = subject_request(name="Bram <b>Smit", **PAPER)
    page = client.get(place(row))
    assert titles(page)[0] == "Brief aan de aanvrager, nu"
    text = page.content.decode()
    assert "Bram &lt;b&gt;Smit" in text
    assert "<b>Smit" not in text


def test_requests_are_filtered_by_who_they_wait_for(client, officer, account):
    now = timezone.now()
    rows = {
        "received": subject_request(at=now), "told": subject_request(account, state="told", at=now),
        "late": subject_request(account, state="told", at=now - LONG_AGO),
        "checking": subject_request(account, state="checking"), "blocked": subject_request(account, state="blocked"),
        "closed": subject_request(account, state="closed"),
    }  # fmt: skip

    def shown(query: str) -> set[str]:
        found = set(client.get(f"{PLACE}?{query}").context["cl"].queryset)
        return {name for name, row in rows.items() if row in found}

    assert shown("waits=us") == {"received", "checking"}
    assert shown("waits=holder") == {"told", "late", "blocked"}
    assert shown("waits=late") == {"late"}
    assert shown("state=closed") == {"closed"}
    assert shown("waits=nonsense") == set(rows)

    def searched(words: str, **more: str) -> set[str]:
        answer = client.post(PLACE, {"q": words, **more})
        assert words not in answer.url
        return shown(answer.url.partition("?")[2])

    assert searched(str(rows["told"].reference)[:8]) == {"told"}
    assert searched("BRAM@thuis.example") == set(rows)
    assert searched("BRAM@thuis.example", waits="late") == {"late"}
    assert searched("bram") == set()  # nobody browses for people


@pytest.mark.clause("7", "8")
def test_what_staff_look_for_stands_in_no_address(client, officer, account):
    mine, other = subject_request(account, state="told"), subject_request(account, email="anna@thuis.example")
    answer = client.post(PLACE, {"q": mine.email, "state": "told", "csrfmiddlewaretoken": "x"})
    assert (answer.status_code, mine.email in unquote(answer.url), "csrf" in answer.url) == (302, False, False)
    page = client.get(answer.url)
    assert [*page.context["cl"].queryset] == [mine]
    assert page.context["cl"].query == mine.email  # to see and to change, in the field
    form = re.search(r'<form id="changelist-search".*?</form>', page.content.decode(), re.S)[0]
    assert 'method="post"' in form
    assert 'name="state" value="told"' in form
    links = re.findall(r'href="([^"]*)"', page.content.decode())
    assert not [link for link in links if mine.email in unquote(link)]
    # As an address it says nothing, nor does a word that was sealed for a colleague.
    assert {*client.get(PLACE, {"q": mine.email}).context["cl"].queryset} == {mine, other}
    client.force_login(member("Privacy officer"))
    assert {*client.get(answer.url).context["cl"].queryset} == {mine}
    assert client.get(answer.url).context["cl"].query == ""


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(client, officer, asks, count):
    for _each in range(count):
        subject_request(AccountFactory(state=State.ACTIVE), state="told")
    client.get(PLACE)
    with asks(6):
        client.get(PLACE)
