"""Erasing somebody in an account that goes on: the one door, the holds in it, and the proof behind it (§5, §14, §15)."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.celery import app
from cannonworks.errors import Refused
from cannonworks.isolation import Identity
from finance import sharing
from finance.models import Document, Mailing, ShareLink, ShareOpening
from journal.models import Entry
from relations.models import Departure, Employee, Relation
from relations.services import (
    add_employee,
    add_relation,
    lift_restriction,
    remove_employee,
    remove_relation,
    restrict_person,
)
from retention import alarms, holds, ledger, people, tasks
from retention.models import Alarm, AlarmKind
from tests import lives
from tests.factories import StaffFactory
from tests.processes import Beside, ended, fork, is_waiting_for_a_lock, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("15"), pytest.mark.timeout(120)]
ON = lives.CANCELLED_ON
AT = lives.moment(ON)
HOUR = timedelta(hours=1)
KINDS = [(add_relation, remove_relation), (add_employee, remove_employee)]


@pytest.fixture
def account():
    return lives.account_in(State.ACTIVE, on=ON)


def relation_of(account, **fields) -> Relation:
    return add_relation(account, actor=account.main_user, **({"last_name": "Visser"} | fields))


def gone(account, number=1) -> list[Departure]:
    """So many relations, erased by the main user and not proven yet."""
    for n in range(number):
        remove_relation(relation_of(account, last_name=f"Visser {n}"), actor=account.main_user)
    return list(Departure.objects.order_by("id"))


def events(*names) -> list[tuple[str, dict]]:
    return list(Entry.objects.filter(event__in=names).order_by("id").values_list("event", "facts"))


def code(step, *arguments, **more) -> str:
    with pytest.raises(Refused) as caught:
        step(*arguments, **more)
    return caught.value.code


# --- From the removal to its proof ------------------------------------------------------------------------------


@pytest.mark.clause("14")
@pytest.mark.parametrize(("add", "remove"), KINDS)
def test_somebody_erased_is_looked_for_again_and_entered_in_the_ledger(account, add, remove):
    person = add(account, actor=account.main_user, last_name="Visser")
    kind, key, reference = person._meta.model_name, person.pk, person.reference
    with isolation.acting_as(Identity("holder", account.pk, account.main_user.pk)):
        remove(person, actor=account.main_user)
    left = Departure.objects.values_list("account", "kind", "person", "key", "found", "proven_at")
    assert list(left) == [(account.pk, kind, reference, key, 0, None)]
    assert people.carry_out(at=AT) == 1
    assert people.carry_out(at=AT + HOUR) == 0
    departure = Departure.objects.get()
    assert departure.proven_at == AT
    told = {name: value for name, value in next(ledger.read()).items() if name not in ("at", "before", "number")}
    assert told == {
        "kind": "person", "account": str(account.reference), "person": str(reference), "of": kind,
        "categories": [f"{kind}s"],
    }  # fmt: skip
    assert [*people.told()] == [(str(account.reference), str(reference))]
    assert events(f"{kind}.removed", f"{kind}.proven") == [
        (f"{kind}.removed", {kind: str(reference)}),
        (f"{kind}.proven", {kind: str(reference), "found_before": 0}),
    ]
    assert "Visser" not in ledger.path().read_text()


def test_proving_is_asked_for_when_the_removal_is_committed_and_a_lost_message_is_made_good(account, monkeypatch):
    sent = []
    monkeypatch.setattr(app, "send_task", lambda name: sent.append(name))
    with transaction.atomic():
        remove_relation(relation_of(account), actor=account.main_user)
        assert sent == []
    assert sent == [tasks.prove_departures.name]
    assert tasks.prove_departures.name in {beat["task"] for beat in app.conf.beat_schedule.values()}
    assert tasks.prove_departures() == 1


def test_a_removal_that_is_rolled_back_leaves_nothing_to_prove(account):
    relation = relation_of(account)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        remove_relation(relation, actor=account.main_user)
        1 / 0  # noqa: B018
    assert (Relation.objects.count(), Departure.objects.count()) == (1, 0)
    assert people.carry_out(at=AT) == 0
    assert not ledger.path().exists()


def test_many_are_proven_with_one_write_to_the_ledger(account, monkeypatch, django_assert_max_num_queries):
    departures = gone(account, 12)
    real, writes = ledger.append, []
    monkeypatch.setattr(ledger, "append", lambda entries: (writes.append(len(entries)), real(entries)))
    with django_assert_max_num_queries(25):
        assert people.carry_out(at=AT) == 12
    assert writes[0] == 12
    assert sum(writes) == 12
    assert {person for _account, person in people.told()} == {str(row.person) for row in departures}


# --- What goes along and what stays -----------------------------------------------------------------------------


@pytest.mark.clause("5.2")
def test_issued_documents_stay_as_they_are_and_all_else_of_the_relation_goes(account):
    account = lives.fill(account, on=ON)
    issued = Document.objects.issued().get()
    relation, user = issued.relation, account.main_user
    sharing.mail_document(issued, actor=user, to="noor@visser.example", at=AT)
    lives.draft(account, relation=relation)
    before = Document.objects.filter(pk=issued.pk).values().get()
    others = Document.objects.filter(relation=None).count()
    with isolation.acting_as(Identity("holder", account.pk, user.pk)):
        traces = remove_relation(relation, actor=user)
    assert [(trace.name, trace.number, trace.goes) for trace in traces] == [
        ("issued", 1, False), ("drafts", 1, True), ("links", 1, True), ("mailings", 2, True),
    ]  # fmt: skip
    assert Document.objects.filter(pk=issued.pk).values().get() == before | {"relation_id": None}
    assert Document.objects.count() == 1 + others
    assert [model.objects.count() for model in (ShareLink, ShareOpening, Mailing)] == [0, 0, 0]
    assert events("relation.removed")[-1][1] == {
        "relation": str(relation.reference), "issued": 1, "drafts": 1, "links": 1, "mailings": 2,
    }  # fmt: skip
    assert people.carry_out(at=AT) == 1


def test_every_place_that_can_point_at_a_person_is_looked_through():
    assert {(model._meta.label, field.name) for model, field in people.places()} == {("finance.Document", "relation")}


# --- What comes back --------------------------------------------------------------------------------------------


def back(departure) -> Relation:
    """As a restored backup would have it."""
    return Relation.objects.create(account=departure.account, reference=departure.person, last_name="Visser")


@pytest.mark.clause("5")
def test_somebody_who_is_there_again_is_erased_again_and_staff_are_alarmed(account):
    (departure,) = gone(account)
    back(departure)
    assert people.carry_out(at=AT) == 1
    assert Relation.objects.count() == 0
    departure.refresh_from_db()
    assert (departure.found, departure.proven_at) == (1, AT)
    about = str(departure.person)
    assert list(Alarm.objects.values_list("kind", "about", "detail")) == [(AlarmKind.RESIDUE, about, "relation: 1")]
    assert events("relation.proven")[-1][1]["found_before"] == 1
    alarms.check_everything(on=ON, at=AT + timedelta(days=6))
    assert Alarm.objects.filter(about=about, cleared_at=None).count() == 1
    alarms.check_everything(on=ON, at=AT + timedelta(days=8))
    assert Alarm.objects.filter(about=about, cleared_at=None).count() == 0


@pytest.mark.parametrize("why", ["hold", "restricted", "switched off"])
def test_somebody_there_again_stays_while_something_stands_in_the_way_and_is_not_proven(account, why, settings):
    (departure,) = gone(account)
    row = back(departure)
    settings.RETENTION_ENABLED = why != "switched off"
    held = lives.hold(account, ["relations"], on=ON) if why == "hold" else None
    if why == "restricted":
        Relation.objects.update(restricted_on=ON)
    for _turn in range(2):
        assert people.carry_out(at=AT) == 0
    assert list(Relation.objects.all()) == [row]
    assert not ledger.path().exists()
    assert len(events("erasure.refused")) == (0 if why == "switched off" else 1)
    alarms.check_everything(on=ON, at=AT)
    assert Alarm.objects.filter(kind=AlarmKind.RESIDUE, about=str(row.reference), cleared_at=None).exists()
    settings.RETENTION_ENABLED = True
    Relation.objects.update(restricted_on=None)
    if held:
        holds.release_hold(held, actor=StaffFactory(), on=ON)
    assert people.carry_out(at=AT) == 1
    assert Relation.objects.count() == 0


def test_a_removal_that_no_job_proved_is_an_alarm(account):
    (departure,) = gone(account)
    removed, about = departure.removed_at, str(departure.person)
    for later, standing in ((alarms.PROVEN_WITHIN, 0), (alarms.PROVEN_WITHIN + timedelta(seconds=1), 1)):
        alarms.check_everything(on=ON, at=removed + later)
        assert Alarm.objects.filter(kind=AlarmKind.NOT_CHECKED, about=about, cleared_at=None).count() == standing
    people.carry_out(at=removed + HOUR)
    alarms.check_everything(on=ON, at=removed + 3 * HOUR)
    assert not Alarm.objects.filter(about=about, cleared_at=None).exists()


# --- Holds and restrictions stand in the door -------------------------------------------------------------------


@pytest.mark.clause("5")
@pytest.mark.parametrize(("add", "remove"), KINDS)
def test_a_hold_refuses_the_erasure_in_words_and_the_refusal_is_journalled(account, add, remove):
    user = account.main_user
    person = add(account, actor=user, last_name="Visser")
    kind = person._meta.model_name
    held = lives.hold(account, [f"{kind}s"], on=ON)
    with isolation.acting_as(Identity("holder", account.pk, user.pk)), pytest.raises(Refused) as caught:
        remove(person, actor=user)
    assert (caught.value.code, caught.value.clause) == ("held", "5")
    assert held.basis in str(caught.value)
    assert "28 februari 2027" in str(caught.value)
    assert type(person).objects.filter(pk=person.pk).exists()
    assert not Departure.objects.exists()
    refused = Entry.objects.get(event="erasure.refused")
    assert (refused.account_reference, refused.actor_reference, refused.clause) == (
        account.reference,
        user.reference,
        "5",
    )
    assert refused.facts == {kind: str(person.reference), "why": "hold", "categories": [f"{kind}s"]}
    holds.release_hold(held, actor=StaffFactory(), on=ON)
    remove(person, actor=user)
    assert people.carry_out(at=AT) == 1


@pytest.mark.clause("5")
def test_a_hold_on_documents_refuses_only_where_some_would_go_along(account):
    lives.hold(account, ["documents"], on=ON)
    user = account.main_user
    free, drafted, issued = (relation_of(account, last_name=name) for name in ("Vrij", "Concept", "Factuur"))
    lives.draft(account, relation=drafted)
    lives.issue(account, on=ON, relation=issued)
    assert code(remove_relation, drafted, actor=user) == "held"
    remove_relation(free, actor=user)
    remove_relation(issued, actor=user)
    assert list(Relation.objects.all()) == [drafted]
    assert Document.objects.drafts().count() == 1


def test_a_hold_on_something_else_or_that_nobody_confirmed_refuses_nothing(account):
    lives.hold(account, ["employees"], on=ON)
    holds.place_hold(
        account, actor=StaffFactory(), name="Voorstel", categories=["relations"], ground="statutory", basis="Wet",
        proportionality="Nodig", on=ON,
    )  # fmt: skip
    remove_relation(relation_of(account), actor=account.main_user)
    assert Relation.objects.count() == 0


def test_the_erasure_of_who_is_restricted_is_refused_and_journalled_until_it_is_lifted(account):
    user = account.main_user
    relation = restrict_person(relation_of(account), actor=user, on=ON)
    assert code(remove_relation, relation, actor=user) == "restricted"
    (refused,) = events("erasure.refused")
    assert refused[1]["why"] == "restricted"
    lift_restriction(relation, actor=user, on=ON)
    remove_relation(relation, actor=user)
    assert events("erasure.refused") == [refused]


def test_a_refusal_by_page_and_by_api_is_in_the_journal(account, client):
    relation = relation_of(account)
    lives.hold(account, ["relations"], on=ON)
    client.force_login(account.main_user)
    address = f"/relations/{relation.reference}/erase/"
    page = client.get(address).content.decode()
    assert "Definitief verwijderen" not in page
    assert "28 februari 2027" in page
    assert not events("erasure.refused")
    assert "28 februari 2027" in client.post(address, follow=True).content.decode()
    assert len(events("erasure.refused")) == 1
    device = lives_device(account)
    assert device.delete(f"/api/v1/relations/{relation.reference}/").json()["code"] == "held"
    assert len(events("erasure.refused")) == 2
    assert Relation.objects.count() == 1


def lives_device(account):
    from tests.callers import device

    return device(account.main_user)


# --- Races, on connections of their own -------------------------------------------------------------------------


def proposed(account):
    clerk = StaffFactory()
    return holds.place_hold(
        account, actor=clerk, name="Zaak", categories=["relations"], ground="statutory", basis="Wet", on=ON,
        proportionality="Nodig",
    )  # fmt: skip


@pytest.mark.clause("5")
def test_a_hold_that_is_confirmed_first_stops_the_erasure_that_waits_for_it(account):
    relation, hold, second = relation_of(account), proposed(account), StaffFactory()
    confirmed, commit = Event(), Event()

    def confirmer():
        with transaction.atomic():
            holds.confirm_hold(hold, actor=second, on=ON)
            confirmed.set()
            assert commit.wait(30)

    other = Beside(confirmer)
    assert confirmed.wait(30)
    remover = Beside(lambda: code(remove_relation, relation, actor=account.main_user))
    until(is_waiting_for_a_lock, "the removal waits for the hold")
    commit.set()
    other.result()
    assert remover.result() == "held"
    assert (Relation.objects.count(), Departure.objects.count()) == (1, 0)


@pytest.mark.clause("5")
def test_an_erasure_that_comes_first_is_whole_before_the_hold_counts(account):
    relation, hold, second = relation_of(account), proposed(account), StaffFactory()
    removed, commit = Event(), Event()

    def remover():
        with transaction.atomic():
            remove_relation(relation, actor=account.main_user)
            removed.set()
            assert commit.wait(30)

    other = Beside(remover)
    assert removed.wait(30)
    confirmer = Beside(lambda: holds.confirm_hold(hold, actor=second, on=ON))
    until(is_waiting_for_a_lock, "the hold waits for the removal")
    commit.set()
    other.result()
    confirmer.result()
    assert (Relation.objects.count(), Departure.objects.count()) == (0, 1)
    assert people.carry_out(at=AT) == 1


def test_two_workers_write_one_line_for_each(account):
    gone(account, 30)
    people_portion, people.PORTION = people.PORTION, 4
    try:
        workers = [Beside(lambda: people.carry_out(at=AT)) for _n in range(2)]
        assert sum(worker.result() for worker in workers) == 30
    finally:
        people.PORTION = people_portion
    lines = [line["person"] for line in ledger.read()]
    assert (len(lines), len({*lines})) == (30, 30)


# --- Killed workers ---------------------------------------------------------------------------------------------


def die(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.clause("14")
@pytest.mark.parametrize("when", ["before the ledger", "behind the ledger"])
def test_a_worker_killed_on_its_way_is_finished_by_the_next_and_one_line_counts(account, when):
    departures = gone(account, 3)

    def worker():
        real = ledger.append
        ledger.append = lambda entries: die() if when == "before the ledger" else (real(entries), die())
        people.carry_out(at=AT)

    assert ended(fork(worker)) == -signal.SIGKILL
    assert Departure.objects.filter(proven_at=None).count() == 3
    assert people.carry_out(at=AT + HOUR) == 3
    assert len([*ledger.read()]) == (3 if when == "before the ledger" else 6)
    assert [*people.told()] == [(str(account.reference), str(row.person)) for row in departures]
    assert len(events("relation.proven")) == 3


def test_a_ledger_that_cannot_be_written_proves_nobody(account, settings, tmp_path):
    gone(account)
    folder, settings.LEDGER_DIR = settings.LEDGER_DIR, tmp_path / "file"
    settings.LEDGER_DIR.write_text("not a folder")
    with pytest.raises(OSError, match="ledger|file|exists|directory"):
        people.carry_out(at=AT)
    assert Departure.objects.filter(proven_at=None).count() == 1
    settings.LEDGER_DIR = folder
    assert people.carry_out(at=AT) == 1


# --- Roles ------------------------------------------------------------------------------------------------------

INSERT = "INSERT INTO relations_departure (account_id, kind, person, key) VALUES (%s, 'relation', gen_random_uuid(), 1)"


@pytest.mark.clause("7")
@pytest.mark.parametrize("role", ["visitor", "helper", "staff", "reader"])
def test_no_other_role_says_that_somebody_is_gone(account, role):
    for statement in (INSERT, "SELECT id FROM relations_departure WHERE account_id = %s"):
        assert denied(Identity(role), statement, account)


@pytest.mark.clause("7")
def test_a_holder_says_so_of_the_own_account_alone_and_never_that_it_is_proven(account):
    other = lives.account_in(State.ACTIVE, on=ON)
    me = Identity("holder", account.pk, account.main_user.pk)
    assert not denied(me, INSERT, account)
    assert denied(me, INSERT, other)
    assert denied(me, "UPDATE relations_departure SET proven_at = now() WHERE account_id = %s", account)
    assert denied(me, "DELETE FROM relations_departure WHERE account_id = %s", account)


def denied(identity, statement: str, account: Account) -> bool:
    from django.db import ProgrammingError

    try:
        with transaction.atomic(), isolation.acting_as(identity), connection.cursor() as cursor:
            cursor.execute(statement, [account.pk])
    except ProgrammingError as error:
        return "permission denied" in str(error) or "row-level security" in str(error)
    return False


def test_with_the_evidence_of_an_erased_account_its_departures_go(account):
    gone(account)
    Employee.objects.all().delete()
    assert Departure.objects.filter(account=account).exists()
    from cannonworks import datamap
    from cannonworks.datamap import Category

    assert Departure in {entry.model for entry in datamap.erasable(Category.EVIDENCE)}
    assert timezone.now() > AT
