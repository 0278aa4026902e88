"""The steps of requests and returns: those of the tables and no others (§6, §15)."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import IntegrityError, transaction

from cannonworks.errors import Refused
from rights.models import DataReturn, SubjectRequest
from rights.states import REQUEST_STEPS, RETURN_STEPS, RequestState, ReturnState, move
from tests.asked import subject_request

TABLES = [(SubjectRequest, RequestState, REQUEST_STEPS), (DataReturn, ReturnState, RETURN_STEPS)]
PAIRS = [(model, steps, *pair) for model, states, steps in TABLES for pair in product(states, states)]


@pytest.mark.clause("6", "15")
@pytest.mark.parametrize(("model", "steps", "before", "after"), PAIRS)
def test_a_step_is_taken_when_it_is_in_the_table_and_else_refused(model, steps, before, after):
    row = model(state=before)
    if after in steps[before]:
        assert move(row, after, steps, clause="15").state == after
        return
    with pytest.raises(Refused) as refused:
        move(row, after, steps, clause="15")
    assert (refused.value.code, row.state) == ("no_such_step", before)


@pytest.mark.clause("15")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"}, {"state": "closed"}, {"outcome": "fulfilled", "state": "closed", "closed_at": None},
        {"told_at": None}, {"due_at": None}, {"account": None}, {"person_kind": "relation"},
        {"blocked_at": "2026-11-10T10:00+01:00"},
    ],
    ids=str,
)  # fmt: skip
def test_the_database_refuses_what_cannot_be(account, wrong):
    row = subject_request(account, state=RequestState.TOLD)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectRequest.objects.filter(pk=row.pk).update(**wrong)
