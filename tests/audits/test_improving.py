"""Findings lead to improvements that are followed until they helped; nothing closes by itself (§7)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from audits.improving import record_finding
from audits.models import Finding, Origin, Severity
from cannonworks.errors import Refused
from journal.models import Entry
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SAID = {
    "origin": Origin.OTHER, "of": None, "title": "Deur stond open", "text": "De deur van de serverkast stond open.",
    "severity": Severity.LOW, "at": AT,
}  # fmt: skip


def test_a_finding_is_recorded_with_who_and_when(staff):
    breach = uuid4()
    finding = record_finding(**SAID | {"origin": Origin.BREACH, "of": breach}, actor=staff)
    assert (finding.of, finding.found_by, finding.found_at, finding.closed_at) == (breach, staff.reference, AT, None)
    entry = Entry.objects.get(event="finding.recorded")
    assert (entry.clause, entry.actor_reference) == ("7", staff.reference)
    assert entry.facts == {
        "finding": str(finding.reference), "origin": "breach", "of": str(breach), "severity": "low", "measure": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [({"title": ""}, ["title"]), ({"severity": "dire"}, ["severity"]), ({"origin": "rumour"}, ["origin"]),
     ({"origin": Origin.AUDIT}, ["__all__"]), ({"text": "x" * 4001}, ["text"])],
)  # fmt: skip
def test_what_cannot_be_is_not_recorded(staff, wrong, fields):
    with pytest.raises(ValidationError) as refused:
        record_finding(**SAID | wrong, actor=staff)
    assert set(fields) <= set(refused.value.message_dict)
    assert Finding.objects.count() == 0


def test_who_has_no_role_for_it_records_nothing(holder):
    for person in (holder, member("Support"), member("Finance")):
        with pytest.raises(Refused):
            record_finding(**SAID, actor=person)
    for person in (member("Privacy officer"), member("Security officer")):
        record_finding(**SAID, actor=person)
    assert Finding.objects.count() == 2
