"""A notice goes out when it says all that it must, in both languages, and by one service; the database holds it (§13)."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from breaches import releasing
from breaches.completeness import REQUIRED
from breaches.models import Phase
from cannonworks import isolation
from cannonworks.datamap import Role
from cannonworks.errors import Refused
from cannonworks.isolation import Identity
from journal.models import Entry
from tests import breached
from tests.breaches.released import AT, accounts

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
#: The texts of which one is enough, each emptied in one language.
INCOMPLETE = [
    ({f"{text}_{language}": blank for text in required.texts}, required.name, language)
    for required in REQUIRED
    for language in ("nl", "en")
    for blank in ("", " \n\t ")
]


def refused(phase, staff) -> Refused:
    with pytest.raises(Refused) as refusal:
        releasing.release(phase, actor=staff, at=AT)
    assert not Phase.objects.filter(released_at__isnull=False).exists()
    assert not Entry.objects.filter(event="breach.released").exists()
    return refusal.value


def test_a_whole_notice_is_released_once_and_journalled(staff):
    phase = breached.phase(breached.breach())
    breached.affected(phase.breach, *accounts(1))
    with isolation.acting_as(isolation.of(staff)):
        released = releasing.release(phase, actor=staff, at=AT)
    assert (released.released_at, released.released_by) == (AT, staff.reference)
    (entry,) = Entry.objects.filter(event="breach.released")
    assert (entry.actor_reference, entry.clause) == (staff.reference, "13")
    assert entry.facts == {"breach": str(phase.breach.reference), "phase": 1}
    with pytest.raises(Refused) as refusal:
        releasing.release(phase, actor=staff, at=AT)
    assert refusal.value.code == "released_already"


@pytest.mark.parametrize(("lacking", "name", "language"), INCOMPLETE)
def test_what_is_missing_is_named_with_its_language(staff, lacking, name, language):
    phase = breached.phase(breached.breach(), **lacking)
    breached.affected(phase.breach, *accounts(1))
    refusal = refused(phase, staff)
    label = next(str(required.label) for required in REQUIRED if required.name == name)
    assert refusal.code == "breach_incomplete"
    assert f"{label} (in het {'Nederlands' if language == 'nl' else 'Engels'})" in refusal.message
    assert refusal.message.count("(in het") == 1


def test_an_older_phase_is_not_released(staff):
    row = breached.breach()
    breached.affected(row, *accounts(1))
    first = breached.phase(row)
    breached.phase(row)
    assert refused(first, staff).code == "not_latest_phase"


def test_nothing_is_released_to_nobody(staff):
    assert refused(breached.phase(breached.breach()), staff).code == "nobody_affected"


# --- The last gate: the database -------------------------------------------------------------------------------------

WAYS = {
    "orm": lambda phase: Phase.objects.filter(pk=phase.pk).update(released_at=AT, released_by=breached.SOMEBODY),
    "save": lambda phase: _save(phase),
    "sql": lambda phase: _sql(
        "UPDATE breaches_phase SET released_at = now(), released_by = gen_random_uuid() WHERE id = %s", phase.pk
    ),
    "insert": lambda phase: _sql(
        "INSERT INTO breaches_phase SELECT (jsonb_populate_record(p, jsonb_build_object('id', 99, 'number', 99,"
        " 'released_at', now(), 'released_by', gen_random_uuid()))).* FROM breaches_phase AS p WHERE id = %s",
        phase.pk,
    ),
}


def _save(phase: Phase) -> None:
    phase.released_at, phase.released_by = AT, breached.SOMEBODY
    phase.save()


def _sql(statement: str, pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [pk])
        return cursor.rowcount


@pytest.mark.parametrize("role", [*Role.values, ""])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lacking", [lacking for lacking, _name, _language in INCOMPLETE])
def test_no_role_releases_what_is_incomplete_by_any_way(account, role, way, lacking):
    phase = breached.phase(breached.breach(), **lacking)
    breached.affected(phase.breach, account)
    phase = Phase.objects.get(pk=phase.pk)
    with isolation.acting_as(Identity(role, account.pk)):
        try:
            with transaction.atomic():
                done = WAYS[way](phase)
        except IntegrityError as error:
            assert "phase_released_only_complete" in str(error)
        except DatabaseError as error:
            assert role not in ("", Role.JOBS, Role.STAFF), error  # who may not write there at all
        else:
            assert done == 0, "row security shows it to nobody else"
            assert role not in ("", Role.JOBS, Role.STAFF)
    assert not Phase.objects.filter(released_at__isnull=False).exists()


def test_a_shell_that_goes_past_the_check_is_stopped_by_the_database(staff, monkeypatch):
    phase = breached.phase(breached.breach(), cause_en="")
    breached.affected(phase.breach, *accounts(1))
    monkeypatch.setattr(releasing, "_check", lambda phase: None)
    with pytest.raises(IntegrityError, match="phase_released_only_complete"), transaction.atomic():
        releasing.release(phase, actor=staff, at=AT)
    assert not Phase.objects.filter(released_at__isnull=False).exists()
