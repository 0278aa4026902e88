"""An account in which a data subject's request was not carried out is shut, and opened at once when it is (§15)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.blocking import block_account, check_not_blocked, unblock_account
from accounts.models import Account
from cannonworks import blocking
from cannonworks.errors import Refused
from journal.models import Entry
from tests.asked import ASKED_AT

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]


def events() -> list[str]:
    return list(Entry.objects.filter(event__contains="blocked").order_by("id").values_list("event", flat=True))


def test_staff_block_and_anybody_who_fulfils_unblocks_each_journalled_once(account, holder, staff):
    because = uuid4()
    for _twice in range(2):
        assert block_account(account, actor=staff, because=because, at=ASKED_AT).blocked_at == ASKED_AT
    with pytest.raises(Refused, match="geblokkeerd"):
        check_not_blocked(Account.objects.get())
    for _twice in range(2):
        assert unblock_account(account, actor=holder, because=because).blocked_at is None
    check_not_blocked(Account.objects.get())
    assert events() == ["account.blocked", "account.unblocked"]
    assert Entry.objects.get(event="account.blocked").facts == {"request": str(because)}


def test_only_staff_block(account, holder):
    with pytest.raises(Refused) as refused:
        block_account(account, actor=holder, because=uuid4(), at=ASKED_AT)
    assert (refused.value.code, events()) == ("not_staff", [])


def test_what_nobody_named_is_shut_and_a_named_place_is_open_while_it_is_needed(monkeypatch, account, holder):
    class Match:
        view_name, kwargs = "relation", {"reference": "a"}

    monkeypatch.setattr(blocking, "_open", {})
    assert blocking.may_pass(holder, Match)
    holder.account.blocked_at = ASKED_AT
    assert not blocking.may_pass(holder, Match)
    assert not blocking.may_pass(holder, None)
    blocking.stays_open("relation", when=lambda account, arguments: arguments["reference"] == "a")
    assert blocking.may_pass(holder, Match)
    Match.kwargs = {"reference": "b"}
    assert not blocking.may_pass(holder, Match)
