"""The life of an account: who may, on which day, and what it comes to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import services
from accounts.models import Account, Company, DataKey, ErasureRequest, User
from accounts.states import State
from cannonworks.errors import KeyUnavailable, Refused
from journal.models import Entry
from tests.factories import AccountFactory, ColleagueFactory, CompanyFields, UserFields
from tests.lives import account_in, confirmed_letter, hold, moment

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 28)
DAY = timedelta(days=1)
STEPS = {
    "activate": (State.TRIAL, services.activate_account),
    "reactivate": (State.CANCELLED, services.reactivate_account),
    "cancel": (State.ACTIVE, services.cancel_account),
    "request": (State.CANCELLED, services.request_erasure),
}


def refused(service, *args, **kwargs) -> str:
    """The code of the refusal; what was tried left nothing behind."""
    before = list(Account.objects.order_by("pk").values()), Entry.objects.count(), list(ErasureRequest.objects.values())
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    assert (
        list(Account.objects.order_by("pk").values()),
        Entry.objects.count(),
        list(ErasureRequest.objects.values()),
    ) == before
    return caught.value.code


def dates(account: Account) -> dict[str, date | None]:
    names = ("keep_until", "erase_on", "warn_on")
    return Account.objects.values(*names).get(pk=account.pk)


@pytest.mark.clause("2")
def test_signing_up_opens_a_trial_with_a_company_a_main_user_and_a_key():
    account = services.sign_up(
        company=CompanyFields(), main_user=UserFields(email="Anna@Example.NL"), on=date(2026, 1, 31)
    )
    assert (account.state, account.trial_ends_on) == (State.TRIAL, date(2026, 3, 2))
    assert dates(account) == {"keep_until": None, "erase_on": None, "warn_on": None}
    assert Company.objects.get().account == account
    assert account.main_user.email == "anna@example.nl"
    assert len(services.data_key(account)) == 32
    entry = Entry.objects.get()
    assert (entry.event, entry.actor_reference, entry.facts) == (
        "account.signed_up", account.main_user.reference, {"trial_ends_on": "2026-03-02"}
    )  # fmt: skip


@pytest.mark.clause("19")
@pytest.mark.parametrize(
    ("company", "user"),
    [({"company_name": ""}, {}), ({"email": "nobody"}, {}), ({}, {"first_name": ""}), ({}, {"email": "nobody"})],
)
def test_a_sign_up_that_lacks_something_stores_nothing(company, user):
    with pytest.raises(ValidationError), transaction.atomic():
        services.sign_up(company=CompanyFields(**company), main_user=UserFields(**user), on=ON)
    assert [model.objects.count() for model in (Account, Company, User, DataKey, Entry)] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("step", STEPS)
def test_only_the_main_user_decides(step, outsider, staff):
    state, service = STEPS[step]
    account = account_in(state, on=ON)
    for actor in (ColleagueFactory(account=account), outsider, staff):
        assert refused(service, account, actor=actor, on=ON + DAY) == "not_main_user"
    service(account, actor=account.main_user, on=ON + DAY)


@pytest.mark.clause("5.4")
@pytest.mark.parametrize(
    ("cancelled_on", "erase_on", "warn_on"),
    [
        (date(2026, 2, 28), date(2028, 2, 28), date(2027, 11, 30)),
        (date(2024, 2, 29), date(2026, 2, 28), date(2025, 11, 30)),
        (date(2026, 8, 31), date(2028, 8, 31), date(2028, 6, 2)),
    ],
)
def test_cancelling_sets_floor_and_ceiling_two_years_on(cancelled_on, erase_on, warn_on):
    account = account_in(State.ACTIVE, on=date(2024, 1, 1))
    services.cancel_account(account, actor=account.main_user, on=cancelled_on)
    assert dates(account) == {"keep_until": erase_on, "erase_on": erase_on, "warn_on": warn_on}


@pytest.mark.clause("2", "5.3")
@pytest.mark.parametrize(
    ("trial_ends_on", "keep_until", "erase_on"),
    [
        (date(2026, 8, 31), date(2027, 2, 28), date(2028, 8, 31)),
        (date(2023, 8, 31), date(2024, 2, 29), date(2025, 8, 31)),
        (date(2024, 2, 29), date(2024, 8, 29), date(2026, 2, 28)),
    ],
)
def test_a_lapsed_account_is_kept_six_months_and_no_longer_than_two_years(trial_ends_on, keep_until, erase_on):
    account = account_in(State.TRIAL, on=trial_ends_on - 30 * DAY)
    assert refused(services.lapse_account, account, on=trial_ends_on - DAY) == "trial_runs"
    services.lapse_account(services.lock(account), on=trial_ends_on)
    found = dates(account)
    assert (found["keep_until"], found["erase_on"]) == (keep_until, erase_on)


@pytest.mark.clause("2", "5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
@pytest.mark.parametrize(("days", "goes"), [(-1, True), (0, False), (1, False)])
def test_an_account_comes_back_until_the_day_before_its_erasure(state, days, goes):
    account = account_in(state, on=ON)
    resume = services.activate_account if state == State.LAPSED else services.reactivate_account
    on = account.erase_on + timedelta(days=days)
    if goes:
        resume(account, actor=account.main_user, on=on)
        account.refresh_from_db()
        assert (account.state, account.cancelled_on, account.erase_on, account.warn_on) == ("active", None, None, None)
    else:
        assert refused(resume, account, actor=account.main_user, on=on) == "too_late"


@pytest.mark.clause("2")
@pytest.mark.parametrize(("days", "goes"), [(-1, True), (0, False)])
def test_a_trial_that_no_sweep_looked_at_for_two_years_is_as_late_as_one_that_lapsed(days, goes):
    account = account_in(State.TRIAL, on=date(2024, 1, 30))
    on = date(2026, 2, 28) + timedelta(days=days)  # the trial ended on 29 February 2024
    if goes:
        assert services.activate_account(account, actor=account.main_user, on=on).state == State.ACTIVE
    else:
        assert refused(services.activate_account, account, actor=account.main_user, on=on) == "too_late"


@pytest.mark.parametrize(
    ("state", "service"),
    [
        (State.ACTIVE, services.activate_account), (State.CANCELLED, services.activate_account),
        (State.TRIAL, services.reactivate_account), (State.LAPSED, services.reactivate_account),
        (State.TRIAL, services.cancel_account), (State.LAPSED, services.cancel_account),
        (State.CANCELLED, services.cancel_account),
    ],
)  # fmt: skip
def test_a_step_from_the_wrong_state_is_refused(state, service):
    account = account_in(state, on=ON)
    assert refused(service, account, actor=account.main_user, on=ON + DAY) == "no_such_step"


@pytest.mark.clause("5.5", "6")
def test_cancelling_can_ask_for_erasure_in_the_same_step():
    account = account_in(State.ACTIVE, on=ON)
    services.cancel_account(account, actor=account.main_user, on=ON, erase_immediately=True)
    assert services.open_request(account).asked_on == ON
    assert dates(account)["erase_on"] == date(2028, 2, 28)  # the letter has yet to come


@pytest.mark.clause("5.5", "6")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_erasure_can_be_asked_for_once_and_taken_back(state, outsider):
    account = account_in(state, on=ON)
    request = services.request_erasure(account, actor=account.main_user, on=ON)
    assert refused(services.request_erasure, account, actor=account.main_user, on=ON) == "already_asked"
    for actor in (ColleagueFactory(account=account), outsider):
        assert refused(services.withdraw_erasure, account, actor=actor, on=ON) == "not_main_user"
    services.withdraw_erasure(account, actor=account.main_user, on=ON + DAY)
    request.refresh_from_db()
    assert (request.withdrawn_on, request.granted_on) == (ON + DAY, None)
    assert refused(services.withdraw_erasure, account, actor=account.main_user, on=ON + DAY) == "no_request"
    services.request_erasure(account, actor=account.main_user, on=ON + DAY)


@pytest.mark.clause("5.5")
def test_an_active_account_is_cancelled_before_it_can_be_erased():
    account = account_in(State.ACTIVE, on=ON)
    assert refused(services.request_erasure, account, actor=account.main_user, on=ON) == "still_active"


@pytest.mark.clause("5.5")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_coming_back_withdraws_the_request(state):
    account = account_in(state, on=ON)
    request = services.request_erasure(account, actor=account.main_user, on=ON)
    resume = services.reactivate_account if state == State.CANCELLED else services.activate_account
    resume(account, actor=account.main_user, on=ON + DAY)
    request.refresh_from_db()
    assert request.withdrawn_on == ON + DAY


@pytest.mark.clause("5.5", "6")
@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_a_confirmed_letter_makes_the_account_due_whatever_its_state_and_nothing_stops_it(state):
    account = account_in(state, on=ON)
    floor = account.keep_until
    confirmed_letter(account, on=ON + DAY)
    assert dates(account) == {"keep_until": floor, "erase_on": ON + DAY, "warn_on": None}
    main_user = account.main_user
    for service in (services.activate_account, services.reactivate_account, services.request_erasure):
        assert refused(service, account, actor=main_user, on=ON + DAY) == "erasure_confirmed"
    assert refused(services.withdraw_erasure, account, actor=main_user, on=ON + DAY) == "no_request"


@pytest.mark.clause("2", "5.5")
def test_a_trial_with_a_confirmed_letter_under_a_hold_still_lapses():
    account = account_in(State.TRIAL, on=ON)
    hold(account, ["account", "relations", "employees", "documents", "usage", "requests"], on=ON)
    confirmed_letter(account, on=ON)
    services.lapse_account(services.lock(account), on=account.trial_ends_on)
    account.refresh_from_db()
    assert (account.state, account.keep_until, account.erase_on) == (State.LAPSED, date(2026, 9, 30), ON)


@pytest.mark.clause("5.4")
@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_a_claimed_account_cannot_come_back(state):
    account = account_in(state, on=ON)
    Account.objects.update(claimed_at=moment(ON))
    for service in (services.activate_account, services.reactivate_account, services.request_erasure):
        assert refused(service, account, actor=account.main_user, on=ON) == "being_erased"


@pytest.mark.clause("5.4", "6")
def test_an_erased_account_takes_no_step_at_all(outsider):
    account = account_in(State.ERASED, on=ON)
    ghost = User(account=account, is_main=True)
    for service in (services.activate_account, services.reactivate_account, services.request_erasure):
        assert refused(service, account, actor=ghost, on=ON) == "erased"
    assert refused(services.cancel_account, account, actor=ghost, on=ON) == "no_such_step"
    with pytest.raises(KeyUnavailable):
        services.data_key(account)


@pytest.mark.clause("5.1")
def test_an_active_account_is_due_on_no_day_at_all():
    account_in(State.ACTIVE, on=date(1990, 1, 1))
    assert list(Account.objects.due(date(9999, 12, 31))) == []


def test_a_refusal_speaks_the_language_of_who_asks():
    from django.utils.translation import override

    account = AccountFactory(state=State.ACTIVE)
    with override("en"), pytest.raises(Refused) as caught:
        services.cancel_account(account, actor=ColleagueFactory(account=account), on=ON)
    assert str(caught.value) == "Only the main user of the account can do this."
