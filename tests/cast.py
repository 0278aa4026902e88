"""The cast: a holder, a colleague in the same account, an outsider with an account of their own, and staff."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Account, SupportAccess, User
from accounts.states import State
from accounts.support import open_account
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory


@pytest.fixture
def account(db) -> Account:
    return AccountFactory(state=State.ACTIVE)


@pytest.fixture
def holder(account) -> User:
    return account.main_user


@pytest.fixture
def colleague(account) -> User:
    return ColleagueFactory(account=account)


@pytest.fixture
def outsider(db) -> User:
    return AccountFactory(state=State.ACTIVE, main_user__first_name="Olaf").main_user


@pytest.fixture
def staff(db) -> User:
    return StaffFactory()


def opened(account: Account, by: User) -> SupportAccess:
    """The account, open to a member of staff from now."""
    return open_account(account, actor=by, ticket="T-1042", reason="Vraag over een factuur", at=timezone.now())


def member(*roles: str, **names: str) -> User:
    """A member of staff with these roles and no other right."""
    person = ColleagueFactory(is_staff=True, **names)
    person.groups.set(Group.objects.filter(name__in=roles))
    return person
