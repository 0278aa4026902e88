"""Accounts that a breach touches: found by what the data map and the journal know, looked at, and frozen (§13)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone, translation

from accounts.models import Account, User
from accounts.states import State
from accounts.tokens import make_token
from breaches import criteria as looking
from breaches import planning
from breaches.criteria import Criteria, read_references
from breaches.models import Affected, Breach, Selection
from breaches.selecting import Different, freeze, preview
from cannonworks import datamap
from cannonworks.datamap import Category
from cannonworks.errors import Refused
from finance.bookkeeping import charge_subscription
from journal.models import Entry
from processors.helping import record_look
from processors.models import Helper, SubProcessor
from tests.breached import NOTICED_AT, affected, breach
from tests.cast import member
from tests.factories import AccountFactory, HelperFactory
from tests.lives import account_in, fill

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
AT = NOTICED_AT + timedelta(hours=1)
ON = date(2026, 3, 1)


def found(**said) -> set[Account]:
    return set(Criteria(**said).accounts())


def put(row: Breach, staff: User, *accounts: Account, at=AT, reason="", **more) -> Selection:
    looked_for = Criteria(references=tuple(account.reference for account in accounts))
    return freeze(row, looked_for, actor=staff, at=at, reason=reason, **more)


# --- Looking ---------------------------------------------------------------------------------------------------------
def test_categories_are_those_with_personal_data_by_the_data_map():
    assert looking.categories() == [category for category in Category if category != Category.EVIDENCE]


@pytest.mark.parametrize("category", [Category.RELATIONS, Category.EMPLOYEES, Category.DOCUMENTS, Category.BOOKKEEPING])
def test_accounts_are_found_by_the_rows_that_they_have(category):
    full, empty = fill(AccountFactory(state=State.ACTIVE), on=ON), AccountFactory(state=State.ACTIVE)
    assert found(categories=(category,)) == {full}
    assert found(categories=(Category.ACCOUNT,)) == {full, empty}


def test_every_table_with_personal_data_finds_its_account():
    full, _empty = fill(AccountFactory(state=State.ACTIVE), on=ON), AccountFactory(state=State.ACTIVE)
    for entry in (entry for name in looking.categories() for entry in datamap.entries(name) if entry.personal):
        accounts = set(Account.objects.filter(looking._has_rows([entry])))
        assert (full in accounts) == entry.model.objects.filter(**{f"{entry.account}": full}).exists(), entry.table


def test_of_several_categories_one_is_enough_and_all_else_must_hold():
    full, empty = fill(AccountFactory(state=State.ACTIVE), on=ON), AccountFactory(state=State.ACTIVE)
    assert found(categories=("employees", "account")) == {full, empty}
    assert found(categories=("employees",), references=(empty.reference,)) == set()
    assert found(categories=("employees",), references=(full.reference, empty.reference)) == {full}


def test_days_are_those_on_which_an_account_was_there():
    early = AccountFactory(signed_up_on=date(2026, 1, 10))
    late = AccountFactory(signed_up_on=date(2026, 2, 10))
    assert found(until=date(2026, 1, 9)) == set()
    assert found(until=date(2026, 1, 10)) == {early}
    assert found(since=date(2026, 1, 20), until=date(2026, 2, 10)) == {early, late}


@pytest.mark.parametrize(("day", "count"), [(1, 1), (2, 0)])
def test_an_erased_account_counts_for_the_days_before_its_erasure(staff, day, count):
    gone = account_in(State.ERASED, on=date(2026, 2, 1))
    assert gone.erased_on == date(2026, 2, 1)
    seen = preview(Criteria(since=date(2026, 2, day), categories=("account",)), breach(), actor=staff)
    assert (seen.found, seen.new, seen.gone) == (count, 0, count)


@pytest.mark.parametrize(
    ("role", "names"),
    [("hosting", "all"), ("mail", "all"), ("integrations", "all"), ("", "all"), ("payments", {"books"}),
     ("app_store", {"device"}), ("support", {"seen"}), ("development", {"seen"})],
)  # fmt: skip
def test_a_sub_processor_touches_what_its_role_touches(role, names, staff):
    cast = {name: AccountFactory(state=State.ACTIVE) for name in ("books", "device", "seen", "other")}
    charge_subscription(cast["books"], on=ON)
    make_token(cast["device"].main_user, name="Tablet", at=timezone.now())
    house, other = (SubProcessor.objects.create(name=name, role=role) for name in ("Noorderhost", "Zuiderhost"))
    ours, theirs = (
        Helper.objects.create(user=HelperFactory(), sub_processor=of, category="support") for of in (house, other)
    )
    record_look(ours, accounts=[cast["seen"]], page="accounts", searched=False)
    record_look(theirs, accounts=[cast["other"]], page="accounts", searched=False)
    expected = set(cast.values()) if names == "all" else {cast[name] for name in names}
    assert found(sub_processor=house.pk) == expected
    with translation.override("en"):
        said = Criteria(sub_processor=house.pk).words()
    assert said[0].startswith("Whom Noorderhost touches: ")
    assert ("every account" in said[0]) == (names == "all")


def test_a_pasted_list_is_read_whatever_stands_between():
    one, two = uuid4(), uuid4()
    text = f"{one}, {two};{str(one).upper()}\n'{two.hex}'\tkapot  12345678"
    assert read_references(text) == ((one, two), ["kapot", "12345678"])


def test_what_is_looked_for_explains_itself_and_is_kept_as_it_was():
    house = SubProcessor.objects.create(name="Noorderhost", role="hosting")
    said = Criteria(
        categories=("relations", "documents"), since=date(2026, 1, 1), until=date(2026, 2, 1), sub_processor=house.pk,
        references=(UUID(int=1), UUID(int=2)),
    )  # fmt: skip
    assert Criteria.from_json(said.as_json()) == said
    assert Criteria.from_json({}) == Criteria()
    with translation.override("en"):
        assert said.words() == [
            "Who has data of one of these: Relations, Quotes and invoices.",
            "Who was there between 1 January 2026 and 1 February 2026.",
            "Whom Noorderhost touches: every account: what it does for us, it does for all of them.",
            "Who is on a list of 2 references.",
        ]
        assert Criteria(since=date(2026, 1, 1)).words() == ["Who was there on 1 January 2026 or later."]
        assert Criteria(until=date(2026, 1, 1)).words() == ["Who was there on 1 January 2026 or earlier."]


@pytest.mark.parametrize(
    ("said", "code"),
    [({}, "nothing_said"), ({"since": ON, "until": ON - timedelta(days=1)}, "days"), ({"categories": ("dna",)}, "category"),
     ({"categories": ("evidence",)}, "category")],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_refused(staff, said, code):
    for step in (
        lambda c, row: preview(c, row, actor=staff),
        lambda c, row: freeze(row, c, actor=staff, at=AT, reason=""),
    ):
        with pytest.raises(Refused) as refused:
            step(Criteria(**said), breach())
        assert refused.value.code == code


# --- Previewing ------------------------------------------------------------------------------------------------------
def test_a_preview_counts_all_of_it_and_writes_nothing(staff, account, outsider):
    cancelled, trial = AccountFactory(state=State.CANCELLED), AccountFactory()
    going = AccountFactory(state=State.CANCELLED)
    Account.objects.filter(pk=going.pk).update(claimed_at=AT)
    row = breach()
    affected(row, account)
    stranger = uuid4()
    everybody = (account, outsider.account, cancelled, trial, going)
    seen = preview(
        Criteria(references=(*(each.reference for each in everybody), stranger)), row, actor=member("Security officer")
    )
    new = sorted(str(each.reference) for each in (outsider.account, cancelled, trial))
    assert (seen.found, seen.known, seen.new, seen.gone) == (5, 1, 3, 1)
    assert seen.states == {"active": 1, "cancelled": 1, "trial": 1}
    assert [state for state, _count in seen.by_state] == ["Proefperiode", "Actief", "Opgezegd"]
    assert (seen.first, seen.unknown) == (tuple(new), (str(stranger),))
    assert seen.digest == "sha256:" + hashlib.sha256("\n".join(new).encode()).hexdigest()
    assert Selection.objects.count() == Affected.objects.count() == 1


def test_so_many_references_are_shown(staff):
    for _number in range(22):
        AccountFactory()
    seen = preview(Criteria(categories=("account",)), breach(), actor=staff)
    assert (seen.new, len(seen.first)) == (22, 20)


# --- Freezing --------------------------------------------------------------------------------------------------------
def test_what_was_looked_at_is_frozen_with_a_clock_for_each(staff, account, outsider):
    row = breach()
    criteria = Criteria(categories=("account",))
    seen = preview(criteria, row, actor=staff)
    made = freeze(row, criteria, actor=staff, at=AT, reason="Back-ups van alle accounts", seen=seen.digest)
    references = sorted(str(each.reference) for each in (account, outsider.account))
    digest = "sha256:" + hashlib.sha256("\n".join(references).encode()).hexdigest()
    assert (made.found, made.added, made.digest, made.criteria) == (2, 2, digest, {"categories": ["account"]})
    assert (made.frozen_by, made.frozen_at, made.noticed_at) == (staff.reference, AT, NOTICED_AT)
    assert set(row.affected.values_list("account", "selection", "noticed_at", "due_at", "told_at")) == {
        (each.pk, made.pk, NOTICED_AT, NOTICED_AT + timedelta(hours=48), None) for each in (account, outsider.account)
    }
    entry = Entry.objects.get(event="breach.accounts_chosen")
    assert entry.facts == {
        "breach": str(row.reference), "added": 2, "found": 2, "digest": digest, "noticed_at": NOTICED_AT.astimezone(UTC).isoformat()
    }  # fmt: skip


def test_a_list_is_extended_and_nobody_is_on_it_twice(staff, account, outsider):
    row = breach()
    put(row, staff, account)
    made = put(row, staff, account, outsider.account)
    assert (made.found, made.added, row.affected.count()) == (2, 1, 2)
    with pytest.raises(Refused) as refused:
        put(row, staff, account)
    assert (refused.value.code, row.selections.count()) == ("nobody_new", 2)


def test_who_is_noticed_later_has_48_hours_from_then_with_a_reason(staff, account, outsider):
    row = breach()
    later = AT + timedelta(days=1)
    put(row, staff, account)
    put(row, staff, outsider.account, at=later, noticed_at=later, reason="Ook in de tweede back-up")
    assert list(row.affected.order_by("id").values_list("due_at", flat=True)) == [
        NOTICED_AT + timedelta(hours=48), later + timedelta(hours=48)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "reason", "is_extension", "code"),
    [(-1, "Toch", True, "too_early"), (61, "Toch", True, "too_late"), (30, " ", True, "no_reason"),
     (30, "Toch", False, "first_list"), (30, "x" * 201, True, "too_long")],
)  # fmt: skip
def test_a_later_clock_is_for_an_extension_with_a_reason(staff, account, outsider, minutes, reason, is_extension, code):
    row = breach()
    if is_extension:
        put(row, staff, account)
    with pytest.raises(Refused) as refused:
        put(row, staff, outsider.account, noticed_at=NOTICED_AT + timedelta(minutes=minutes), reason=reason)
    assert (refused.value.code, row.affected.count()) == (code, int(is_extension))


def test_when_the_accounts_changed_since_they_were_looked_at_nobody_is_put_on_the_list(staff, account):
    row, criteria = breach(), Criteria(categories=("account",))
    seen = preview(criteria, row, actor=staff)
    AccountFactory()
    with pytest.raises(Different):
        freeze(row, criteria, actor=staff, at=AT, reason="", seen=seen.digest)
    assert (Affected.objects.count(), Selection.objects.count()) == (0, 0)
    again = preview(criteria, row, actor=staff)
    assert freeze(row, criteria, actor=staff, at=AT, reason="", seen=again.digest).added == 2


def test_a_closed_breach_takes_nobody(staff, account):
    row = breach(closed_at=AT, closed_by=staff.reference)
    with pytest.raises(Refused) as refused:
        put(row, staff, account)
    assert refused.value.code == "closed"


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_accounts_are_chosen_by_those_whose_role_it_is(account, role):
    row, actor, criteria = breach(), member(role), Criteria(references=(account.reference,))
    for step in (
        lambda: preview(criteria, row, actor=actor),
        lambda: freeze(row, criteria, actor=actor, at=AT, reason=""),
    ):
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.code == "no_such_role"


def test_those_who_were_told_by_now_let_the_new_ones_be_told(
    staff, account, django_capture_on_commit_callbacks, monkeypatch
):
    planned = []
    monkeypatch.setattr(planning, "_queue_plan", planned.append)
    row = breach()
    with django_capture_on_commit_callbacks(execute=True):
        put(row, staff, account)
        assert planned == []  # not before the list is there
    assert planned == [row.pk]
