"""No direct word to data subjects or third parties without a ground (§13)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from breaches import words
from breaches.models import DirectWord, Permission
from tests import breached
from tests.breached import NOTICED_AT as AT
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
SAID = {"to": "Relaties van de accounthouder", "text": "Er was een inbreuk."}


@pytest.fixture
def account():
    return AccountFactory()


@pytest.fixture
def clerk():
    return StaffFactory()


@pytest.fixture
def breach(account):
    return breached.told(account)


def allow(account, breach, **whom) -> Permission:
    return words.give_permission(account, breach, actor=account.main_user, at=AT, **{"to_subjects": True, **whom})


def word(breach, clerk, *, audience: str = "subjects", **ground) -> DirectWord:
    return words.record_word(breach, actor=clerk, at=AT, audience=audience, **SAID, **ground)


def test_without_a_ground_it_is_refused_by_the_service_and_by_the_database(breach, clerk):
    for nothing in ({}, {"duty": "  "}):
        with refused("no_ground"):
            word(breach, clerk, **nothing)
    with pytest.raises(IntegrityError, match="direct_word_has_a_ground"), transaction.atomic():
        DirectWord.objects.create(
            breach=breach, audience="subjects", **SAID, recorded_by=clerk.reference, recorded_at=AT
        )
    assert not DirectWord.objects.exists()


def test_a_legal_duty_is_a_ground(breach, clerk):
    said = word(breach, clerk, audience="authority", duty="AVG art. 58 lid 1")
    assert (said.duty, said.permission) == ("AVG art. 58 lid 1", None)


def test_the_permission_of_the_main_user_is_a_ground_for_whom_it_names(account, breach, clerk):
    permission = allow(account, breach)
    assert word(breach, clerk, permission=permission).permission == permission.reference
    for audience in ("others", "authority"):
        with refused("not_permitted"):
            word(breach, clerk, audience=audience, permission=permission)
    other = allow(account, breach, to_subjects=False, to_others="Onze verzekeraar")
    assert word(breach, clerk, audience="others", permission=other).permission == other.reference
    with refused("no_ground"):  # the new one took its place
        word(breach, clerk, permission=permission)


def test_a_permission_taken_back_or_of_another_breach_is_none(account, breach, clerk):
    elsewhere = breached.told(account)
    permission = allow(account, breach)
    with refused("no_ground"):
        word(elsewhere, clerk, permission=permission)
    assert words.withdraw_permission(account, breach, actor=account.main_user, at=AT)
    assert not words.withdraw_permission(account, breach, actor=account.main_user, at=AT)
    with refused("no_ground"):
        word(breach, clerk, permission=permission)
    assert words.standing(breach) == []


def test_only_the_main_user_of_an_affected_account_permits_and_to_somebody(account, breach):
    with refused("not_main_user"):
        words.give_permission(account, breach, actor=ColleagueFactory(account=account), at=AT, to_subjects=True)
    stranger = AccountFactory()
    with refused("not_affected"):
        allow(stranger, breach)
    with pytest.raises(ValidationError):
        allow(account, breach, to_subjects=False, to_others=" ")


def test_holders_record_no_word(account, breach):
    with refused("not_staff"):
        word(breach, account.main_user, duty="AVG")
