"""Pages and API of requests for the account that they are about, and what is left of a blocked one (§15)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import outbox
from accounts.models import Account, PlannedMail
from cannonworks.deadlines import explain, last_day_before
from cannonworks.left import Left
from relations import services as relations
from relations.models import Relation
from rights.clock import left_for_holder
from rights.letters_to_holder import WORDS, tell_holder
from rights.models import SubjectRequest
from rights.states import RequestState
from tests.asked import ASKED_AT, subject_request
from tests.callers import API, browser, device, problem
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]


def asked(account, wish="change", *, state=RequestState.TOLD, **more) -> SubjectRequest:
    at = timezone.now() - timedelta(days=20)
    return subject_request(account, state=state, at=at, wish=wish, **more)


def bram(account, **fields) -> Relation:
    fields = {"first_name": "Bram", "last_name": "Smit", "email": "bram@thuis.example"} | fields
    return relations.add_relation(account, actor=account.main_user, **fields)


def path(request, step="") -> str:
    return f"/requests/{request.reference}/{step}"


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def page(client, holder):
    freshly(client, holder)
    client.cookies["django_language"] = "en"
    return client


# --- The clock -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "tone", "words"),
    [  # told on a Tuesday: until the end of the next Tuesday
        (date(2026, 11, 10), "draft", "nog 5 werkdagen"),
        (date(2026, 11, 13), "draft", "nog 2 werkdagen"),
        (date(2026, 11, 15), "draft", "nog 2 werkdagen"),
        (date(2026, 11, 16), "lapsed", "nog 1 werkdag"),
        (date(2026, 11, 17), "lapsed", "vandaag is de laatste dag"),
        (date(2026, 11, 18), "going", "de termijn is voorbij"),
    ],
)
def test_the_clock_counts_working_days(account, on, tone, words):
    clock = left_for_holder(subject_request(account, state="told"), on=on)
    assert clock == Left(tone, words, date(2026, 11, 17), is_over=tone == "going")


def test_what_does_not_wait_has_no_clock(account):
    assert left_for_holder(subject_request(), on=date(2026, 11, 10)) is None
    assert left_for_holder(subject_request(account, state="done"), on=date(2026, 11, 10)) is None


# --- Mails ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", WORDS)
def test_the_main_user_is_mailed_once_in_their_language_and_no_name_is_in_it(account, holder, post_office, what):
    request = subject_request(account, state="told", wish="erase")
    tell_holder(request, what, at=ASKED_AT)
    assert (outbox.send_waiting(at=ASKED_AT), len(post_office.letters)) == (1, 1)
    (letter,) = post_office.letters
    words = f"{letter['Subject']} {letter.get_content()}"
    assert letter["To"] == holder.email
    assert "Hallo Sanne," in words
    assert "Smit" not in words
    assert request.email not in words
    assert (path(request) in words) == (what != "unblocked")
    assert ("17 november" in words) == (what not in ("unblocked", "withdrawn"))


def test_a_mail_that_has_no_point_any_more_is_not_sent(account, post_office):
    request = subject_request(account, state="done")
    for what in ("told", "reminded", "blocked"):
        tell_holder(request, what, at=ASKED_AT)
    Account.objects.update(blocked_at=ASKED_AT)  # for another one, meanwhile
    tell_holder(request, "unblocked", at=ASKED_AT)
    assert (outbox.send_waiting(at=ASKED_AT), post_office.letters, PlannedMail.objects.count()) == (0, [], 0)
    with pytest.raises(LookupError):
        tell_holder(request, "else", at=ASKED_AT)


# --- Pages ---------------------------------------------------------------------------------------------------


def test_the_overview_and_the_list_say_what_waits_and_lead_there(page, account, outsider):
    assert "No requests" in text(page.get("/requests/"))
    asked(outsider.account, name="Vera Vreemd")
    with time_machine.travel(ASKED_AT, tick=False):
        late = subject_request(account, state="told", at=ASKED_AT - timedelta(days=10), wish="erase")
        soon = subject_request(account, state="told", name="Anna Bos")
        subject_request(account, state="closed", name="Otto Vos")
        overview, listed = page.get("/"), page.get("/requests/")
    assert [due.address for due in overview.context["due"][:2]] == [path(late), path(soon)]
    assert "The term is over" in text(overview)
    assert [str(row.name) for row, _title, _clock in listed.context["waiting"]] == ["Bram Smit", "Anna Bos"]
    assert "Bram Smit asks you to erase their data" in text(listed)
    assert "5 working days left" in text(listed)
    assert "Otto Vos asks you to change something Carried out" in text(listed)
    assert "Vreemd" not in text(listed)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_of_one_and_of_three(page, account, asks, count):
    for state in ("told", "done") * count:
        asked(account, state=state)
    page.get("/requests/")
    with asks(6):
        page.get("/requests/")


def test_a_request_is_handled_step_by_step_and_every_step_leads_back(page, account):
    request, person = asked(account, "restrict", details="Zolang jullie het nagaan"), bram(account, city="Assen")
    first = page.get(path(request))
    assert [each.person for each in first.context["candidates"]] == [person]
    assert "same e-mail, same name" in text(first)
    assert "Zolang jullie het nagaan" in text(first)
    assert "Not counted" in text(first)
    chosen = page.post(path(request, "choose/"), {"kind": "relation", "person": person.reference})
    assert chosen.url == path(request)
    second = page.get(chosen.url)
    assert second.context["candidates"] == []
    assert f"/relations/{person.reference}/restrict/" in second.content.decode()
    assert "Not yet: Bram Smit has not been restricted yet." in text(second)
    theirs = page.get(f"/relations/{person.reference}/")
    assert "Bram Smit asks you to restrict the use of their data" in text(theirs)
    assert path(request) in theirs.content.decode()
    assert page.post(f"/relations/{person.reference}/restrict/").url == path(request)
    third = page.get(path(request))
    assert "only step 3 is left" in text(third)
    done = page.post(path(request, "finish/"), {"outcome": "fulfilled", "note": "Beperkt"}, follow=True)
    assert "The request is done." in text(done)
    assert "Carried out. Marked on" in text(done)
    assert "There is a request" not in text(page.get(f"/relations/{person.reference}/"))


@pytest.mark.parametrize(("wish", "act"), [("change", "change"), ("erase", "erase")])
def test_changing_and_erasing_lead_back_as_well(page, account, wish, act):
    person = bram(account)
    request = asked(account, wish, person_kind="relation", person=person.reference)
    sent = page.post(f"/relations/{person.reference}/{act}/", {"last_name": "Smit", "city": "Emmen", "country": "NL"})
    assert sent.url == path(request)
    assert page.post(path(request, "finish/"), {"outcome": "fulfilled"}).url == path(request)
    assert SubjectRequest.objects.get().state == "done"


def test_who_is_restricted_is_first_let_go(page, account, holder):
    person = bram(account)
    relations.restrict_person(person, actor=holder, on=date(2026, 3, 1))
    request = asked(account, "erase", person_kind="relation", person=person.reference)
    assert "Lift the restriction first" in text(page.get(path(request)))
    assert page.post(f"/relations/{person.reference}/restrict/", {"do": "lift"}).url == path(request)
    assert f"/relations/{person.reference}/erase/" in page.get(path(request)).content.decode()


def test_a_search_is_posted_and_its_words_stand_in_no_address(page, account):
    request = asked(account)
    bram(account, first_name="Noor", last_name="Visser", email="")
    sent = page.post(path(request), {"search": "visser"})
    assert "visser" not in sent.url
    assert [str(each.person) for each in page.get(sent.url).context["candidates"]] == ["Noor Visser"]
    none = page.get(page.post(path(request), {"search": "xyzzy"}).url)
    assert "Nobody in your lists has “xyzzy”." in text(none)
    assert page.get(f"{path(request)}?search=forged").status_code == 200


def test_what_was_typed_stays_with_what_was_wrong(page, account):
    request = asked(account, "erase")
    bram(account)
    sent = page.post(path(request, "finish/"), {"outcome": "declined", "note": " "})
    assert "Say which ground in the law" in text(sent)
    sent = page.post(path(request, "finish/"), {"outcome": "declined", "note": "x" * 1001})
    assert "x" * 1001 in sent.content.decode()
    assert "Say why it is not them" in text(page.post(path(request, "finish/"), {"outcome": "not_here"}))
    assert "First say who it is" in text(page.post(path(request, "finish/"), {"outcome": "fulfilled"}))
    assert SubjectRequest.objects.get().state == "told"


def test_nobody_reaches_a_request_or_a_person_of_another_account(page, account, outsider):
    theirs, own, person = asked(outsider.account), asked(account), bram(outsider.account)
    assert page.get(path(theirs)).status_code == 404
    assert page.post(path(theirs, "finish/"), {"outcome": "declined", "note": "x"}).status_code == 404
    named = {"kind": "relation", "person": person.reference}
    assert page.post(path(own, "choose/"), named).status_code == 404
    assert page.post(path(own, "choose/"), {**named, "kind": "user"}).url == path(own)


# --- The API -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client_of", [device, browser])
def test_over_the_api_it_is_the_same(account, colleague, client_of):
    request, person, client = asked(account, "restrict"), bram(account), client_of(colleague)
    address = f"{API}/requests/{request.reference}/"
    assert [row["reference"] for row in client.get(f"{API}/requests/").json()["results"]] == [str(request.reference)]
    found = client.get(address).json()
    assert (found["wish"], found["waits_for_holder"], found["still_to_do"]) == (
        "restrict",
        True,
        "First say who it is.",
    )
    named = {"kind": "relation", "person": str(person.reference)}
    assert found["candidates"] == [named | {"name": "Bram Smit", "why": ["same e-mail", "same name"]}]
    assert client.post(f"{address}choose/", named, format="json").json()["person"] == str(person.reference)
    finish = {"outcome": "fulfilled", "note": "Beperkt"}
    refused = problem(client.post(f"{address}finish/", finish, format="json"), 409, "not_done_yet")
    assert (refused["detail"], refused["clause"]) == ("Bram Smit has not been restricted yet.", "15")
    problem(client.post(f"{address}finish/", {"outcome": "declined"}, format="json"), 409, "say_why")
    client.post(f"{API}/relations/{person.reference}/restriction/")
    done = client.post(f"{address}finish/", finish, format="json").json()
    assert (done["state"], done["outcome"], done["note"], done["candidates"]) == ("done", "fulfilled", "Beperkt", [])
    problem(client.post(f"{address}finish/", finish, format="json"), 409, "not_waiting")


@pytest.mark.parametrize(
    "body", [{}, {"outcome": "withdrawn"}, {"outcome": "declined", "note": "x" * 1001}, {"outcome": "declined", "x": 1}]
)
def test_the_api_refuses_bad_bodies(account, holder, body):
    address = f"{API}/requests/{asked(account).reference}/finish/"
    problem(device(holder).post(address, body, format="json"), 400, "invalid")


def test_the_api_shows_nothing_of_another_account(account, holder, outsider):
    request, person = asked(outsider.account), bram(outsider.account)
    client = device(holder)
    assert client.get(f"{API}/requests/").json()["results"] == []
    problem(client.get(f"{API}/requests/{request.reference}/"), 404, "not_found")
    named = {"kind": "relation", "person": str(person.reference)}
    problem(client.post(f"{API}/requests/{asked(account).reference}/choose/", named, format="json"), 404, "not_found")


# --- Blocked -------------------------------------------------------------------------------------------------


@pytest.fixture
def blocking(account) -> SubjectRequest:
    return asked(account, "erase", state=RequestState.BLOCKED)


def test_a_blocked_account_reaches_its_request_and_is_open_at_once_when_it_is_done(page, account, holder, blocking):
    person, other = bram(account), bram(account, first_name="Noor", email="")
    told = page.get("/", follow=True)
    assert told.redirect_chain[-1] == ("/requests/", 302)
    assert "Blocked" in text(told)
    assert "everything opens again at once" in text(told)
    assert [part.name for part in told.context["pages"]] == ["requests", "breaches"]
    theirs = f"/relations/{person.reference}/"
    assert page.get(theirs).url == "/requests/"  # nobody has been chosen
    assert str(person) in text(page.get(path(blocking)))
    page.post(path(blocking, "choose/"), {"kind": "relation", "person": person.reference})
    for act in ("", "change/", "restrict/", "erase/"):
        assert page.get(theirs + act).status_code == 200
        assert page.get(f"/relations/{other.reference}/{act}").url == "/requests/"
        assert page.get(f"/employees/{person.reference}/{act}").url == "/requests/"
    assert "Quotes and invoices of this relation" not in text(page.get(theirs))
    assert page.post(f"{theirs}erase/").url == path(blocking)
    assert page.get("/").url == "/requests/"
    done = page.post(path(blocking, "finish/"), {"outcome": "fulfilled"}, follow=True)
    assert "Blocked" not in text(done)
    assert page.get("/").status_code == 200


def test_over_the_api_a_blocked_account_reaches_the_same(account, holder, blocking):
    person, other, client = bram(account), bram(account), device(holder)
    for place in ("account/", "relations/", "documents/", f"relations/{person.reference}/"):
        problem(client.get(f"{API}/{place}"), 409, "blocked")
    address = f"{API}/requests/{blocking.reference}/"
    client.post(f"{address}choose/", {"kind": "relation", "person": str(person.reference)}, format="json")
    problem(client.delete(f"{API}/relations/{other.reference}/"), 409, "blocked")
    assert client.delete(f"{API}/relations/{person.reference}/").status_code == 200
    finish = {"outcome": "fulfilled", "note": "De ander is zijn vader"}
    assert client.post(f"{address}finish/", finish, format="json").status_code == 200
    assert client.get(f"{API}/relations/").status_code == 200


@pytest.mark.parametrize("state", ["told", "checking", "done", "closed"])
def test_a_request_that_blocks_nothing_opens_nobody(page, account, blocking, state):
    person = bram(account)
    asked(account, state=state, person_kind="relation", person=person.reference)
    assert page.get(f"/relations/{person.reference}/").url == "/requests/"


def test_a_blocked_account_cannot_be_cancelled_or_erased_but_its_user_can_leave(page, account, blocking):
    for name in ("activate", "cancel", "erasure", "my-data", "relation-add", "relations-import", "documents"):
        for call in (page.get, page.post):
            assert call(reverse(name)).url == "/requests/"
    assert page.get("/privacy/").status_code == 200
    assert page.post("/sign-out/").status_code == 302


def test_the_term_that_the_holder_was_told_of_stands_though_the_calendar_is_another_by_now(account):
    row = subject_request(account, state="told")
    SubjectRequest.objects.filter(pk=row.pk).update(due_at=row.due_at + timedelta(days=1))
    row.refresh_from_db()
    assert (row.deadline.due_at, row.last_day) == (row.due_at, last_day_before(row.due_at))
    assert any(f" {row.last_day.day} " in line for line in explain(row.deadline))
