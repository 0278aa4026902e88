"""A database of the past and the ledger of today: what is gone stays gone, and nobody is let in before (§14)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import services
from accounts.models import Session
from accounts.states import State
from backups import filling, fresh, steps
from backups.problems import BackupProblem
from cannonworks import isolation
from cannonworks.deadlines import local_date
from relations.models import Departure, Relation
from relations.services import add_relation, remove_relation
from retention import erasure, ledger, people, standing
from retention.models import Erasure, StatementMail
from tests import lives

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("14"), pytest.mark.timeout(180)]
DAY = timedelta(days=1)


@contextmanager
def past() -> Iterator[str]:
    """The database as it is now, kept under another name: what a restored backup will be."""
    live = connection.settings_dict["NAME"]
    name = f"{live}_past"
    with fresh.server() as server:
        server.drop(name)
        connection.close()
        server.end_sessions(live)
        server.connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{live}"')
        server.close(name)
    try:
        yield name
    finally:
        with fresh.server() as server:
            server.drop(name)


def replayed(name: str, folder: Path) -> dict:
    there = steps.copy_ledger(folder, steps.batches_in(name))
    return steps.replayed(database=name, ledger_dir=there, files_dir=Path(settings.FILES_DIR))


@contextmanager
def at(name: str) -> Iterator[None]:
    with filling.at_database(name), isolation.acting_as(isolation.NOBODY):
        yield


def today():
    return local_date(timezone.now())


def erase(account):
    return lives.erase(account, on=today())


def cancelled_long_ago():
    """Cancelled so that it is due today."""
    from dateutil.relativedelta import relativedelta

    return lives.full_life(cancelled_on=today() - relativedelta(years=2))


def test_erased_accounts_and_people_go_again_and_nothing_of_the_others_does(tmp_path):
    due, letter = cancelled_long_ago(), lives.account_in(State.ACTIVE, on=today() - DAY)
    stays = lives.fill(lives.account_in(State.ACTIVE, on=today() - DAY), on=today() - DAY)
    leaver = add_relation(stays, actor=stays.main_user, last_name="Weg")
    before = lives.rows(stays)
    with past() as name:
        erase(due)
        services.cancel_account(letter, actor=letter.main_user, on=today())
        lives.confirmed_letter(letter, on=today())
        erase(letter)
        remove_relation(leaver, actor=stays.main_user)
        people.carry_out(at=timezone.now())
        erased = list(Erasure.objects.order_by("reference").values_list("reference", flat=True))
        lines = len(list(ledger.read()))
        told = replayed(name, tmp_path)
        assert (told["accounts"], told["people"], told["lines"]) == (2, 1, lines)
        with at(name):
            assert list(Erasure.objects.order_by("reference").values_list("reference", flat=True)) == erased
            for account in (due, letter):
                account.refresh_from_db()
                assert account.state == State.ERASED
                assert not set(lives.rows(account)) - lives.EVIDENCE_AND_BOOKS
            assert not Relation.objects.filter(reference=leaver.reference).exists()
            assert Departure.objects.get(person=leaver.reference).proven_at
            left = lives.rows(stays)
            assert {table: n for table, n in before.items() if left.get(table, 0) < n} == {
                "relations_relation": before["relations_relation"], "accounts_session": 1, "accounts_devicetoken": 1,
                "accounts_plannedmail": 1,
            } or set(before) - set(left) <= {"accounts_session", "accounts_devicetoken", "accounts_plannedmail"}  # fmt: skip
            assert (Session.objects.count(), StatementMail.objects.count()) == (0, 0)
        assert replayed(name, _again(tmp_path))["accounts"] == 0
    assert len(list(ledger.read())) == lines, "the ledger of the living hears nothing of it"


def _again(folder: Path) -> Path:
    (folder / "again").mkdir()
    return folder / "again"


def test_an_account_that_came_back_is_not_swept_and_a_hold_stands_again(tmp_path):
    account = lives.account_in(State.CANCELLED, on=today() - DAY)
    held = lives.account_in(State.CANCELLED, on=today() - DAY)
    with past() as name:
        services.reactivate_account(account, actor=account.main_user, on=today())
        hold = lives.hold(held, ["documents"], on=today())
        standing.tell(at=timezone.now())
        told = replayed(name, tmp_path)
        assert told["standing"] == {"states": 1, "blocked": 0, "unblocked": 0, "holds_placed": 1, "holds_released": 0}
        with at(name):
            account.refresh_from_db()
            assert (account.state, account.erase_on) == ("active", None)
            assert held.holds.active().get().reference == hold.reference


def test_an_erasure_under_way_at_the_backup_is_carried_out_and_its_statement_still_goes(tmp_path):
    account = cancelled_long_ago()
    claimed = erasure.claim(on=today(), at=timezone.now(), only=[account.pk])
    erasure.advance(erasure.Step.CLAIMED, claimed.runs, timezone.now())
    with past() as name:
        assert replayed(name, tmp_path)["accounts"] == 1
        with at(name):
            account.refresh_from_db()
            assert (account.state, StatementMail.objects.count()) == ("erased", 1)


def test_a_ledger_that_was_changed_or_data_that_does_not_go_leaves_it_closed(tmp_path):
    account = cancelled_long_ago()
    with past() as name:
        erase(account)
        text = ledger.path().read_text()
        ledger.path().write_text(text.replace("claimed", "clamied", 1))
        with pytest.raises(BackupProblem, match="not proven: Line 1 of the ledger"):
            replayed(name, tmp_path)
        ledger.path().write_text(text)
        with at(name), connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                "CREATE TRIGGER stays BEFORE DELETE ON accounts_company FOR EACH ROW EXECUTE FUNCTION stays()"
            )
        with pytest.raises(BackupProblem, match="not proven: accounts not erased: 1"):
            replayed(name, _again(tmp_path))
        with at(name), connection.cursor() as cursor:
            cursor.execute("SELECT has_database_privilege('cannonworks_app', current_database(), 'CONNECT')")
            assert cursor.fetchone() == (False,)


def test_the_outcome_is_one_line_of_json(tmp_path):
    with past() as name:
        there = steps.copy_ledger(tmp_path, 0)
        said = steps.manage("replay", "--json", database=name, ledger_dir=there, files_dir=Path(settings.FILES_DIR))
    assert json.loads(said)["lines"] == 0
