"""The holder's side of a request: who it is, the proof that it is done, and the account that opens again (§15)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import services
from accounts.models import Account, PlannedMail
from accounts.states import State
from cannonworks.datamap import Role
from cannonworks.errors import Refused
from cannonworks.isolation import Identity, acting_as
from journal.models import Entry
from relations import services as relations
from relations.models import Relation
from rights import fulfilling
from rights.models import Outcome, SubjectRequest
from rights.states import WITH_HOLDER, RequestState
from tests.asked import subject_request
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]
#: The clock of the database is the real one, and what is proven happened after the holder was told.
NOW = timezone.now()
ASKED = NOW - timedelta(days=20)


@contextmanager
def as_holder(user):
    with acting_as(Identity(Role.HOLDER, user.account_id, user.pk)):
        yield


def asked(account, wish="change", *, state=RequestState.TOLD, **more) -> SubjectRequest:
    return subject_request(account, state=state, at=ASKED, wish=wish, **more)


def bram(account, **fields) -> Relation:
    fields = {"first_name": "Bram", "last_name": "Smit", "email": "Bram@thuis.example"} | fields
    return relations.add_relation(account, actor=account.main_user, **fields)


def chosen(account, wish, *, state=RequestState.TOLD, **more) -> tuple[SubjectRequest, Relation]:
    request, person = asked(account, wish, state=state, **more), bram(account)
    return fulfilling.choose(request, person=person, actor=account.main_user), person


def finish(request, outcome=Outcome.FULFILLED, note="", actor=None) -> SubjectRequest:
    with as_holder(actor or request.account.main_user):
        return fulfilling.finish(request, actor=actor or request.account.main_user, outcome=outcome, note=note, at=NOW)


def refusal(request, *args, **more) -> str:
    with pytest.raises(Refused) as refused:
        finish(request, *args, **more)
    return refused.value.code


def told() -> list[tuple[str, dict]]:
    rows = Entry.objects.filter(event__startswith="request.").order_by("id")
    return [(row.event, row.facts) for row in rows]


# --- Who it is -----------------------------------------------------------------------------------------------


def found(request, user, **more) -> list[tuple[str, str, list[str]]]:
    with as_holder(user):
        rows = fulfilling.candidates(request, user=user, **more)
    return [(each.kind, str(each.person), [str(why) for why in each.why]) for each in rows]


def test_who_may_be_meant_is_found_by_e_mail_name_and_what_they_are_called(account, holder):
    bram(account, email="b.smit@werk.example", city="Assen")
    bram(account)
    bram(account, first_name="Anna", last_name="Bos", company_name="Bakkerij Smit", email="")
    bram(account, first_name="Otto", last_name="Vos", email="abram@thuis.example")
    relations.add_employee(account, actor=holder, first_name="Bram", last_name="Smit")
    request = asked(account, known_as="Bakkerij, 123")
    assert found(request, holder) == [
        ("relation", "Bram Smit", ["zelfde e-mailadres", "zelfde naam"]),
        ("relation", "Bram Smit", ["zelfde naam"]),
        ("employee", "Bram Smit", ["zelfde naam"]),
        ("relation", "Bakkerij Smit", ["zoals de aanvrager zegt dat je die kent"]),
    ]


def test_a_name_like_it_is_looked_for_where_nothing_else_is_found(account, holder, outsider):
    bram(outsider.account)
    request = asked(account)
    assert found(request, holder) == []
    bram(account, first_name="Jan", email="")
    assert found(request, holder) == [("relation", "Jan Smit", ["een naam die erop lijkt"])]
    assert found(request, holder, search="smit jan") == [("relation", "Jan Smit", ["hierop gezocht"])]
    assert found(request, holder, search="bos") == []


def test_few_are_shown_with_few_questions_also_among_many_thousands(account, holder, django_assert_max_num_queries):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relations_relation (reference, account_id, first_name, initials, infix, last_name, gender,"
            " company_name, kvk_number, vat_number, sole_trader, email, phone, street, house_number, postcode, city,"
            " country) SELECT gen_random_uuid(), %s, 'Bram', '', '', 'Smit' || k %% 10, '', '', '', '', false,"
            " 'bram' || k || '@thuis.example', '', '', '', '', '', 'NL' FROM generate_series(1, 20000) AS k",
            [account.pk],
        )
    bram(account)
    request = asked(account, known_as="Smit, bram1, 20000")
    with as_holder(holder), django_assert_max_num_queries(20):
        rows = fulfilling.candidates(request, user=holder)
    assert (len(rows), str(rows[0].person), rows[0].person.email) == (
        fulfilling.MOST,
        "Bram Smit",
        "Bram@thuis.example",
    )


def test_whom_it_is_about_is_said_and_said_again(account, holder, colleague):
    request, person = chosen(account, "change")
    other = relations.add_employee(account, actor=holder, last_name="Smit")
    with as_holder(colleague):
        request = fulfilling.choose(request, person=other, actor=colleague)
        assert fulfilling.person_of(request) == other
    assert (request.person_kind, request.person) == ("employee", other.reference)
    facts = {"request": str(request.reference), "wish": "change"}
    assert told() == [
        ("request.chosen", facts | {"relation": str(person.reference)}),
        ("request.chosen", facts | {"employee": str(other.reference)}),
    ]


def test_nobody_of_another_account_and_nobody_who_is_gone_is_chosen(account, holder, outsider):
    request, theirs, person = asked(account), bram(outsider.account), bram(account)
    relations.remove_relation(Relation.objects.get(pk=person.pk), actor=holder)
    for somebody, actor, code in ((theirs, holder, "gone"), (person, holder, "gone"), (theirs, outsider, "not_yours")):
        with pytest.raises(Refused) as refused:
            fulfilling.choose(request, person=somebody, actor=actor)
        assert refused.value.code == code
    assert told() == []


# --- The proofs ----------------------------------------------------------------------------------------------


def do(wish, person, actor) -> None:
    with as_holder(actor):
        match wish:
            case "change":
                relations.change_relation(person, actor=actor, city="Emmen")
            case "restrict":
                relations.restrict_person(person, actor=actor, on=NOW.date())
            case "lift":
                relations.lift_restriction(person, actor=actor, on=NOW.date())
            case "erase":
                relations.remove_relation(person, actor=actor)


@pytest.mark.parametrize("state", [RequestState.TOLD, RequestState.BLOCKED])
@pytest.mark.parametrize("wish", ["change", "restrict", "lift", "erase"])
def test_a_request_is_done_once_that_is_proven_and_not_before(account, holder, wish, state):
    request, person = chosen(account, wish, state=state)
    if wish == "lift":
        do("restrict", person, holder)
    assert refusal(request) == "not_done_yet"
    do(wish, person, holder)
    done = finish(request, note=" Gedaan. ")
    assert (done.state, done.outcome, done.note, done.done_at) == ("done", "fulfilled", "Gedaan.", NOW)
    facts = {"request": str(request.reference), "wish": wish, "relation": str(person.reference)}
    assert told()[1:] == [("request.done", facts)]
    assert refusal(request) == "not_waiting"
    assert len(told()) == 2


def test_first_it_is_said_who_it_is(account):
    request = asked(account, "restrict")
    assert (refusal(request), fulfilling.still_to_do(request)) == ("not_done_yet", "Zeg eerst wie het is.")


def test_a_change_of_before_or_of_somebody_else_proves_nothing(account, holder):
    request, person = chosen(account, "change")
    SubjectRequest.objects.update(told_at=timezone.now() + timedelta(hours=1))  # as if it came after all this
    do("change", person, holder)
    assert refusal(request) == "not_done_yet"
    SubjectRequest.objects.update(told_at=ASKED)
    other = bram(account)
    request = fulfilling.choose(request, person=other, actor=holder)
    assert refusal(request) == "not_done_yet"
    do("change", other, holder)
    assert finish(request).outcome == "fulfilled"


@pytest.mark.parametrize("wish", ["change", "restrict", "lift"])
def test_of_who_is_gone_nothing_else_is_done(account, holder, wish):
    request, person = chosen(account, wish)
    do("erase", person, holder)
    assert refusal(request) == "not_done_yet"
    done = finish(request, Outcome.NOT_HERE)
    assert (done.outcome, done.person, done.person_kind) == ("not_here", None, "")


def test_who_has_the_same_e_mail_is_not_passed_over_in_silence(account, holder):
    request, person = chosen(account, "erase")
    again = bram(account, first_name="B.")
    assert refusal(request, Outcome.NOT_HERE) == "say_why"
    do("erase", person, holder)
    assert refusal(request) == "say_why"
    assert refusal(request, Outcome.NOT_HERE) == "say_why"
    do("erase", again, holder)
    assert finish(request).outcome == "fulfilled"
    other = asked(account, "erase")
    bram(account)
    assert finish(other, Outcome.NOT_HERE, "Zijn vader, met hetzelfde adres").outcome == "not_here"


@pytest.mark.parametrize("state", WITH_HOLDER)
def test_declining_needs_a_ground(account, state):
    request = asked(account, "erase", state=state)
    assert [refusal(request, Outcome.DECLINED, note) for note in ("", "  ")] == ["say_why", "say_why"]
    assert finish(request, Outcome.DECLINED, "Fiscale bewaarplicht").note == "Fiscale bewaarplicht"
    assert told() == [("request.declined", {"request": str(request.reference), "wish": "erase"})]


@pytest.mark.parametrize("outcome", ["", "answered", "withdrawn", "x"])
def test_the_holder_handles_a_request_in_three_ways_only(account, outcome):
    assert refusal(asked(account), outcome) == "no_such_outcome"


@pytest.mark.parametrize("state", [state for state in RequestState if state not in WITH_HOLDER])
def test_what_does_not_wait_for_the_holder_is_not_handled(account, holder, state):
    with_account = state not in (RequestState.RECEIVED, RequestState.UNMATCHED)
    request = asked(account if with_account else None, state=state)
    with pytest.raises(Refused) as refused:
        fulfilling.finish(request, actor=holder, outcome=Outcome.NOT_HERE, at=NOW)
    assert refused.value.code == ("not_waiting" if with_account else "not_yours")


def test_nobody_of_another_account_handles_it(account, outsider):
    assert refusal(asked(account), Outcome.DECLINED, "x", actor=outsider) == "not_yours"
    with as_holder(outsider):
        assert not SubjectRequest.objects.exists()


def test_a_colleague_handles_it_as_well(account, colleague):
    assert finish(asked(account), Outcome.NOT_HERE, actor=colleague).outcome == "not_here"


# --- An account that does not run ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
@pytest.mark.parametrize("wish", ["change", "erase"])
def test_what_is_asked_is_done_in_an_account_that_does_not_run_and_nothing_else(state, wish):
    account = AccountFactory(state=State.ACTIVE if state == State.CANCELLED else State.TRIAL)
    user, person, other = account.main_user, bram(account), bram(account)
    if state == State.CANCELLED:
        services.cancel_account(account, actor=user, on=NOW.date())
    else:
        services.lapse_account(services.lock(account), on=account.trial_ends_on)
    with pytest.raises(Refused, match="niet actief"):
        do(wish, Relation.objects.get(pk=person.pk), user)
    request = fulfilling.choose(asked(account, wish), person=person, actor=user)
    for somebody, act in ((other, wish), (person, "erase" if wish == "change" else "change")):
        with pytest.raises(Refused):
            do(act, Relation.objects.get(pk=somebody.pk), user)
    do(wish, Relation.objects.get(pk=person.pk), user)
    assert finish(request, note="Vader heeft hetzelfde adres").outcome == "fulfilled"


# --- The block -----------------------------------------------------------------------------------------------


def blocks() -> list[str]:
    return list(Entry.objects.filter(event="account.unblocked").values_list("event", flat=True))


@pytest.mark.parametrize(
    ("outcome", "note"), [(Outcome.NOT_HERE, ""), (Outcome.DECLINED, "Fiscale bewaarplicht")], ids=str
)
def test_an_account_opens_at_once_when_the_last_blocking_request_is_handled(account, outcome, note):
    first, last = (asked(account, wish, state=RequestState.BLOCKED) for wish in ("change", "erase"))
    finish(first, outcome, note)
    assert Account.objects.get().blocked_at is not None
    assert blocks() == []
    finish(last, outcome, note)
    assert Account.objects.get().blocked_at is None
    assert blocks() == ["account.unblocked"]
    to_holder = PlannedMail.objects.exclude(template="rights/requester_handled")
    assert list(to_holder.values_list("template", "about")) == [("rights/holder_unblocked", last.reference)]


@pytest.mark.parametrize("state", [RequestState.CHECKING, RequestState.TOLD])  # told: the account turned up in it
def test_an_answer_during_a_check_is_what_staff_check_and_does_not_end_it(account, state):
    request = asked(account, state=state, check_asked_at=NOW)
    answered = finish(request, Outcome.DECLINED, "Fiscale bewaarplicht")
    assert (answered.state, answered.outcome, answered.done_at) == ("checking", "declined", NOW)
    assert [event for event, _facts in told()] == ["request.declined"]
    assert not PlannedMail.objects.exists()  # who asked hears what comes of the check
    anew = finish(answered, Outcome.NOT_HERE)
    assert (anew.state, anew.outcome) == ("checking", "not_here")
    assert not SubjectRequest.objects.waiting_for_holder().unanswered().exists()


def test_an_answer_of_a_blocked_account_opens_it_and_waits_for_no_check(account):
    done = finish(asked(account, state=RequestState.BLOCKED), Outcome.DECLINED, "Fiscale bewaarplicht")
    assert (done.state, Account.objects.get().blocked_at) == ("done", None)


def test_handling_another_request_does_not_open_it(account):
    asked(account, state=RequestState.BLOCKED)
    finish(asked(account, state=RequestState.CHECKING), Outcome.NOT_HERE)
    assert Account.objects.get().blocked_at is not None


def test_an_account_that_goes_is_not_asked_any_more():
    account = AccountFactory(state=State.CANCELLED)
    request, holder = asked(account), account.main_user
    Account.objects.filter(pk=account.pk).update(claimed_at=NOW)
    with pytest.raises(Refused) as refused:
        fulfilling.finish(request, actor=holder, outcome=Outcome.NOT_HERE, at=NOW)
    assert refused.value.code == "being_erased"
