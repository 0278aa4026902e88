"""What the database itself refuses of breaches, whoever asks: staff and jobs with raw SQL, holders with a bare SELECT."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from accounts.states import State
from breaches.models import Affected, Breach, Phase, Selection
from cannonworks import isolation
from cannonworks.isolation import JOBS, Identity
from tests.breached import NOTICED_AT, TOLD, affected, breach, phase, told
from tests.factories import AccountFactory
from tests.refusals import refuses

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
STAFF = Identity("staff")
RELEASE = "UPDATE breaches_phase SET released_at = now(), released_by = gen_random_uuid()"


@pytest.mark.parametrize("whom", [STAFF, JOBS], ids=["staff", "jobs"])
@pytest.mark.parametrize("lacking", [name for name in TOLD if TOLD[name] and not name.startswith("advice")])
def test_no_incomplete_phase_is_released(whom, lacking):
    phase(breach(), **{lacking: " \n\t "})
    assert "phase_released_only_complete" in refuses(RELEASE, whom=whom)
    assert not Phase.objects.get().is_released


@pytest.mark.parametrize("whom", [STAFF, JOBS], ids=["staff", "jobs"])
def test_an_incomplete_phase_is_not_made_released_either(whom):
    row = breach()
    sql = (
        "INSERT INTO breaches_phase SELECT (jsonb_populate_record(NULL::breaches_phase, to_jsonb(phase) || jsonb_build_object("
        "'id', 999, 'number', 2, 'fact_nl', '', 'released_at', now(), 'released_by', gen_random_uuid()))).*"
        " FROM breaches_phase AS phase"
    )
    phase(row)
    assert "phase_released_only_complete" in refuses(sql, whom=whom)


@pytest.mark.parametrize("whom", [STAFF, JOBS], ids=["staff", "jobs"])
@pytest.mark.parametrize("is_released", [False, True])
@pytest.mark.parametrize(
    "change", ["fact_nl = 'Niets'", "number = 9", "recorded_at = now()", "people_least = 3", "is_ongoing = false"]
)
def test_nothing_of_a_phase_changes(whom, is_released, change):
    phase(breach(), is_released=is_released)
    assert "a recorded phase does not change" in refuses(f"UPDATE breaches_phase SET {change}", whom=whom)


@pytest.mark.parametrize("whom", [STAFF, JOBS], ids=["staff", "jobs"])
@pytest.mark.parametrize("change", ["released_at = NULL, released_by = NULL", "released_at = now()"])
def test_a_release_is_once_and_for_good(whom, change):
    phase(breach(), is_released=True)
    assert "a recorded phase does not change" in refuses(f"UPDATE breaches_phase SET {change}", whom=whom)


def test_a_complete_phase_is_released_once():
    phase(breach())
    with isolation.acting_as(STAFF), connection.cursor() as cursor:
        cursor.execute(RELEASE)
    assert Phase.objects.get().is_released


@pytest.mark.parametrize("table", ["breach", "phase", "selection", "affected"])
def test_staff_take_nothing_off_the_register(table, account):
    told(account)
    assert "permission denied" in refuses(f"DELETE FROM breaches_{table}", whom=STAFF)


def test_the_list_is_written_by_the_one_service_alone(account):
    row = breach()
    chosen = affected(row, account)[0].selection
    for sql in (
        f"UPDATE breaches_selection SET added = 0 WHERE id = {chosen.pk}",
        f"INSERT INTO breaches_affected (account_id, breach_id, selection_id, noticed_at, due_at)"
        f" VALUES ({account.pk}, {row.pk}, {chosen.pk}, now(), now() + interval '9 days')",
        "UPDATE breaches_affected SET due_at = due_at + interval '9 days'",
        "UPDATE breaches_affected SET told_at = now()",
    ):
        assert "permission denied" in refuses(sql, whom=STAFF)
    assert "a frozen selection does not change" in refuses("UPDATE breaches_selection SET added = 9", whom=JOBS)


def test_a_breach_is_not_noticed_after_it_was_recorded():
    breach()
    assert "breach_noticed_before_recorded" in refuses(
        "UPDATE breaches_breach SET noticed_at = recorded_at + interval '1 second'", whom=STAFF
    )


def test_a_holder_sees_what_touches_the_own_account_and_was_released(account, outsider):
    own = told(account)
    phase(own, fact_nl="Nog niet verstuurd")
    told(outsider.account, at=NOTICED_AT)
    waiting = breach()  # nothing of it went out
    affected(waiting, account)
    phase(waiting)
    with isolation.acting_as(Identity("holder", account.pk, account.main_user.pk)):
        assert [row.pk for row in Breach.objects.all()] == [own.pk]
        assert [(row.breach_id, row.number) for row in Phase.objects.all()] == [(own.pk, 1)]
        assert {row.account_id for row in Affected.objects.all()} == {account.pk}
        with pytest.raises(Error), transaction.atomic():
            Selection.objects.count()
    assert "permission denied" in refuses(RELEASE, whom=Identity("holder", account.pk, account.main_user.pk))


@pytest.mark.parametrize("role", ["visitor", "helper", "reader"])
def test_nobody_else_sees_any_of_it(role, account):
    told(account)
    for table in ("breach", "phase", "selection", "affected"):
        assert "permission denied" in refuses(f"SELECT count(*) FROM breaches_{table}", whom=Identity(role))


def test_an_account_that_is_not_on_the_list_sees_nothing():
    stranger = AccountFactory(state=State.ACTIVE)
    told(AccountFactory(state=State.ACTIVE))
    with isolation.acting_as(Identity("holder", stranger.pk, stranger.main_user.pk)):
        assert (Breach.objects.count(), Phase.objects.count(), Affected.objects.count()) == (0, 0, 0)
