"""Support access: for a ticket, with a reason, for a limited time, journalled (§1, §7)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import SupportAccess
from accounts.privacy import OPENED
from accounts.states import State
from accounts.support import close_account, look, open_account
from cannonworks import datamap
from cannonworks.errors import Refused
from journal.models import Entry
from tests.cast import member, opened
from tests.factories import AccountFactory, StaffFactory

AT = datetime.fromisoformat("2026-11-23T10:00:00+01:00")
END = AT + timedelta(minutes=60)
INSTANT = timedelta(microseconds=1)
WHY = {"ticket": "T-1042", "reason": "Vraag over een factuur"}
pytestmark = [pytest.mark.clause("1", "7")]


@pytest.fixture
def access(account, staff) -> SupportAccess:
    return open_account(account, actor=staff, at=AT, **WHY)


def events(account):
    found = Entry.objects.filter(account_reference=account.reference, event__startswith="support.").order_by("id")
    return [entry.event for entry in found]


def test_an_access_says_who_why_and_until_when(account, staff, access):
    assert (access.account, access.staff, access.role, access.ticket, access.reason) == (
        account, staff, "Administrator", "T-1042", "Vraag over een factuur"
    )  # fmt: skip
    assert (access.opened_at, access.ends_at, access.closed_at) == (AT, END, None)
    entry = Entry.objects.get(event="support.opened")
    assert (entry.account_reference, entry.actor_reference, entry.actor_kind) == (
        account.reference, staff.reference, "staff"
    )  # fmt: skip
    assert entry.facts == {
        "access": str(access.reference), "role": "Administrator", "until": END.isoformat(), **WHY
    }  # fmt: skip


def test_the_role_is_the_one_of_that_moment(account):
    person = member("Support", "Privacy officer")
    access = open_account(account, actor=person, at=AT, **WHY)
    person.groups.clear()
    assert SupportAccess.objects.get(pk=access.pk).role == "Privacy officer, Support"


@pytest.mark.parametrize(("at", "runs"), [(AT, True), (END - INSTANT, True), (END, False), (END + INSTANT, False)])
def test_it_runs_from_its_beginning_to_the_very_second_of_its_end(access, account, staff, at, runs):
    assert (access.runs(at), SupportAccess.objects.running(at).exists()) == (runs, runs)
    if runs:
        assert look(account, actor=staff, page="account", at=at) == access
    else:
        with pytest.raises(Refused, match="Open het account eerst"):
            look(account, actor=staff, page="account", at=at)
    assert events(account) == ["support.opened", "support.looked"][: 1 + runs]


def test_how_long_is_a_setting(account, staff, settings):
    settings.SUPPORT_ACCESS_MINUTES = 15
    assert open_account(account, actor=staff, at=AT, **WHY).ends_at == AT + timedelta(minutes=15)


def test_closing_ends_it_at_once_and_only_once(access, account, staff):
    at = AT + timedelta(minutes=5)
    assert close_account(access, actor=staff, at=at).closed_at == at
    assert not SupportAccess.objects.running(at).exists()
    with pytest.raises(Refused) as refused:
        close_account(access, actor=staff, at=at)
    assert refused.value.code == "access_over"
    assert events(account) == ["support.opened", "support.closed"]


def test_who_opened_it_closes_it(access, account):
    with pytest.raises(Refused) as refused:
        close_account(access, actor=StaffFactory(), at=AT)
    assert refused.value.code == "not_yours"
    assert events(account) == ["support.opened"]


def test_it_is_opened_once_at_a_time_and_again_when_it_is_over(access, account, staff):
    with pytest.raises(Refused) as refused:
        open_account(account, actor=staff, at=END - INSTANT, **WHY)
    assert refused.value.code == "already_open"
    again = open_account(account, actor=staff, at=END, **WHY)
    access.refresh_from_db()
    assert (access.closed_at, again.opened_at) == (END, END)


def test_one_s_access_is_not_another_s_nor_to_another_account(access, account, staff):
    other = StaffFactory()
    assert list(SupportAccess.objects.of(staff)) == [access]
    assert list(SupportAccess.objects.of(other)) == []
    for account_, actor in ((account, other), (AccountFactory(), staff)):
        with pytest.raises(Refused) as refused:
            look(account_, actor=actor, page="account", at=AT)
        assert refused.value.code == "not_open"


@pytest.mark.parametrize(
    "changed",
    [
        {"ticket": ""}, {"reason": ""}, {"ticket": "twee woorden"}, {"ticket": "123456782"}, {"reason": "x" * 201},
        {"reason": "Mail van sanne@bedrijf.example"}, {"reason": "BSN 123456782 klopt niet"},
        {"reason": "BSN 1234.56.782"}, {"reason": "BSN 1234 56 782"},
    ],
)  # fmt: skip
def test_a_ticket_or_reason_that_is_missing_or_tells_who_somebody_is_is_refused(account, staff, changed):
    with pytest.raises(ValidationError):
        open_account(account, actor=staff, at=AT, **{**WHY, **changed})
    assert not SupportAccess.objects.exists()
    assert events(account) == []


@pytest.mark.parametrize("reason", ["Factuur 2026-00012 van 2026-11-22", "Telefoon: 10 minuten", "Order 1234567890"])
def test_dates_and_other_numbers_are_no_people(account, staff, reason):
    assert open_account(account, actor=staff, at=AT, ticket="CW-ABCD-2345", reason=reason).reason == reason


def test_holders_and_roles_without_it_open_nothing(account, holder):
    for person, code in ((holder, "not_staff"), (member("Finance"), "no_such_role"), (member(), "no_such_role")):
        with pytest.raises(Refused) as refused:
            open_account(account, actor=person, at=AT, **WHY)
        assert refused.value.code == code
    assert not SupportAccess.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": AT}, {"closed_at": AT - INSTANT}, {"closed_at": END + INSTANT}, {"ticket": ""}, {"reason": ""}
    ],
)  # fmt: skip
def test_the_database_refuses_what_cannot_be(access, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportAccess.objects.filter(pk=access.pk).update(**wrong)


def test_it_holds_no_personal_data_and_is_kept_as_evidence():
    entry = datamap.entry(SupportAccess)
    assert (entry.category, entry.personal, entry.may) == ("evidence", {}, {"staff": "SELECT INSERT UPDATE"})


def seen_as(user) -> set[int]:
    """Accounts whose people the rule of the database shows to this user now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.user', %s, true)", [str(user.pk) if user else ""])
        cursor.execute(
            f"SELECT DISTINCT account_id FROM accounts_user WHERE {OPENED.format(account='accounts_user.account_id')}"
        )
        return {account for (account,) in cursor.fetchall()}


@pytest.mark.django_db
def test_the_rule_of_the_database_is_the_same_as_that_of_the_pages(account, staff):
    other = AccountFactory()
    assert seen_as(staff) == {None}
    access = opened(account, staff)
    assert seen_as(staff) == {None, account.pk}
    assert seen_as(StaffFactory()) == seen_as(None) == {None}
    SupportAccess.objects.filter(pk=access.pk).update(closed_at=access.opened_at)
    assert seen_as(staff) == {None}
    before = timedelta(hours=2)  # by the database's clock, which stands still within a transaction
    SupportAccess.objects.filter(pk=access.pk).update(
        closed_at=None, opened_at=access.opened_at - before, ends_at=access.ends_at - before
    )
    assert seen_as(staff) == {None}
    assert other.users.exists()


@pytest.mark.django_db(transaction=True)
def test_closing_waits_for_the_page_that_is_being_opened():
    staff, account = StaffFactory(), AccountFactory(state=State.ACTIVE)
    access, order, looked = opened(account, staff), [], threading.Event()

    def close():
        try:
            looked.wait(10)
            close_account(access, actor=staff, at=timezone.now())
            order.append("closed")
        finally:
            connection.close()

    thread = threading.Thread(target=close)
    thread.start()
    with transaction.atomic():
        look(account, actor=staff, page="account", at=timezone.now())
        looked.set()
        thread.join(0.5)
        order.append("page made")
    thread.join(10)
    assert order == ["page made", "closed"]
    assert events(account) == ["support.opened", "support.looked", "support.closed"]


@pytest.mark.django_db(transaction=True)
def test_a_page_that_waits_for_the_closing_is_refused():
    staff, account = StaffFactory(), AccountFactory(state=State.ACTIVE)
    access, codes = opened(account, staff), []

    def page():
        try:
            look(account, actor=staff, page="account", at=timezone.now())
        except Refused as refused:
            codes.append(refused.code)
        finally:
            connection.close()

    thread = threading.Thread(target=page)
    with transaction.atomic():
        close_account(access, actor=staff, at=timezone.now())
        thread.start()
        thread.join(0.5)
        assert codes == []  # it waits
    thread.join(10)
    assert codes == ["not_open"]
    assert events(account) == ["support.opened", "support.closed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_the_same_at_once_as_one_person_one_does():
    staff, account = StaffFactory(), AccountFactory(state=State.ACTIVE)
    codes, together = [], threading.Barrier(2)

    def begin():
        try:
            together.wait(10)
            open_account(account, actor=staff, at=timezone.now(), **WHY)
            codes.append("opened")
        except Refused as refused:
            codes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(codes) == ["already_open", "opened"]
