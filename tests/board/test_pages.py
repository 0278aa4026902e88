"""The pages of staff: the board with its filters and pages, the start page, the calendar's address."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from board.models import Feed
from cannonworks.deadlines import AMSTERDAM, Kind, Term, Unit
from retention.models import Alarm, AlarmKind, Hold
from rights.models import DataReturn
from tests import breached
from tests.asked import subject_request
from tests.board.clocks import declared, row
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory

pytestmark = pytest.mark.django_db
BOARD, START, CALENDAR = "/admin/deadlines/", "/admin/", "/admin/deadlines/calendar/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def officer(client):
    user = member("Privacy officer")
    client.force_login(user)
    return user


def kinds(answer):
    assert answer.status_code == 200
    return [clock.name for clock in answer.context["page"].rows]


def references(answer):
    assert answer.status_code == 200
    return [clock.reference for clock in answer.context["page"].rows]


def test_the_addresses_are_what_links_elsewhere_say():
    assert [reverse(f"admin:{name}") for name in ("deadlines", "deadlines-calendar", "index")] == [
        BOARD,
        CALENDAR,
        START,
    ]


def test_the_board_shows_time_left_what_clause_account_who_and_why(client, officer, account):
    now = timezone.now()
    subject_request(account, state="told", at=now - 20 * DAY)
    body = client.get(BOARD).content.decode()
    (clock,) = client.get(BOARD).context["page"].rows
    for words in (
        "dagen te laat", "Verzoek van een betrokkene, bij de accounthouder", clock.reference[:8], "§15",
        account.company.company_name, "De accounthouder", "Uitleg", "Begin:", "Telt niet mee:", "Kalender:",
        f"/admin/rights/subjectrequest/{clock.page.partition(':')[2]}/change/", clock.due_at.isoformat(),
    ):  # fmt: skip
        assert words in body, words
    assert "<details" in body


def test_a_kind_that_was_only_declared_is_on_the_board(client, officer):
    row(timezone.now(), HOUR, about="one")
    with declared("new", label="Something new"):
        answer = client.get(BOARD)
    assert kinds(answer) == ["new"]
    assert "Something new · one" in answer.content.decode()
    assert ("new", "Something new") in answer.context["form"].fields["kind"].choices


def test_a_breach_of_many_is_one_line_with_their_number_and_no_names(client, officer):
    accounts = [AccountFactory() for _each in range(3)]
    breached.affected(breached.breach(at=timezone.now()), *accounts)
    answer = client.get(BOARD)
    assert kinds(answer) == ["breach_notice"]
    assert "3 accounts" in answer.content.decode()
    assert accounts[0].company.company_name not in answer.content.decode()


@pytest.mark.clause("7")
def test_each_sees_what_his_rights_show(client, account):
    now = timezone.now()
    subject_request(at=now)
    breached.affected(breached.breach(at=now), account)
    Alarm.objects.create(kind=AlarmKind.CAP, raised_at=now)
    seen = {}
    for role in ("Support", "Finance", "Privacy officer", "Security officer"):
        client.force_login(member(role))
        seen[role] = sorted(kinds(client.get(BOARD)))
    client.force_login(StaffFactory())
    assert seen | {"": sorted(kinds(client.get(BOARD)))} == {
        "Support": ["breach_notice", "request_match"],
        "Finance": [],
        "Privacy officer": ["alarm", "breach_notice", "request_match"],
        "Security officer": ["alarm", "breach_notice"],
        "": ["alarm", "breach_notice", "request_match"],
    }


def test_who_has_no_role_is_told_so_and_who_has_no_clock_too(client, officer):
    assert "Niets te doen" in client.get(BOARD).content.decode()
    client.force_login(member())
    assert "Je hebt nog geen rol" in client.get(BOARD).content.decode()


def test_filters_by_kind_who_and_urgency_go_together(client, officer, account, holder):
    now = timezone.now()
    late = subject_request(account, state="told", at=now - 30 * DAY)
    soon = subject_request(account, state="told", at=now)
    ours = subject_request(at=now)
    found = {
        query: references(client.get(f"{BOARD}?{query}"))
        for query in (
            "who=us", "who=holder", "kind=request_holder", "kind=request_match&who=holder", "urgency=100",
            "urgency=0&who=holder", "kind=nothing", "who=x&urgency=y", "urgency=7",
        )
    }  # fmt: skip
    all_of_it = [str(late.reference), str(ours.reference), str(soon.reference)]
    theirs = [str(late.reference), str(soon.reference)]
    assert found == {
        "who=us": [str(ours.reference)], "who=holder": theirs, "kind=request_holder": theirs,
        "kind=request_match&who=holder": [], "urgency=100": [str(late.reference)],
        "urgency=0&who=holder": [str(soon.reference)], "kind=nothing": all_of_it, "who=x&urgency=y": all_of_it,
        "urgency=7": all_of_it,
    }  # fmt: skip


def test_the_numbers_of_each_urgency_are_links_that_keep_the_other_filters(client, officer):
    now = timezone.now()
    for passed in (1, 1, 6, 11):
        row(now - passed * HOUR, 10 * HOUR)
    with declared():
        answer = client.get(f"{BOARD}?kind=tried&urgency=50")
        assert [(choice.count, choice.is_chosen) for choice in answer.context["choices"]] == [
            (4, False), (1, False), (1, True), (2, False),
        ]  # fmt: skip
        assert [len(references(client.get(BOARD + choice.address))) for choice in answer.context["choices"]] == [
            4,
            1,
            1,
            2,
        ]
    assert all("kind=tried" in choice.address for choice in answer.context["choices"])


def test_pages_go_there_and_back_with_the_filters(client, officer):
    now = timezone.now()
    for number in range(120):
        row(now, HOUR + timedelta(seconds=number), about=f"nr{number:03}")
    with declared():
        first = client.get(f"{BOARD}?kind=tried")
        second = client.get(BOARD + first.context["page"].next)
        third = client.get(BOARD + second.context["page"].next)
        back = client.get(BOARD + third.context["page"].previous)
    whole = references(first) + references(second) + references(third)
    assert whole == [f"nr{number:03}" for number in range(120)]
    assert references(back) == references(second)
    assert (first.context["page"].previous, third.context["page"].next) == ("", "")


def test_a_place_that_is_none_is_the_first_page(client, officer):
    subject_request(at=timezone.now())
    assert len(references(client.get(f"{BOARD}?after=abc"))) == 1


def test_what_only_waits_says_so(client, officer):
    notice = Kind("notice", "12", Term(14, Unit.DAYS), "x", waiting=True)
    row(timezone.now())
    with declared(due=None, term=notice, rows=Alarm.objects.filter(kind=AlarmKind.RESIDUE)):
        assert "niet vóór die dag" in client.get(f"{BOARD}?kind=tried").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_board_asks_the_same_whatever_its_length(client, officer, asks, count):
    for _each in range(count):
        account = AccountFactory()
        subject_request(account, state="told", at=timezone.now())
    client.get(BOARD)
    with asks(6):  # session, user, the rights (2), the clocks with their numbers, the names of accounts
        assert len(kinds(client.get(BOARD))) == count


def test_names_of_accounts_are_for_who_may_see_accounts(client, account):
    subject_request(account, state="told", at=timezone.now())
    user = member()
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="view_subjectrequest"))
    client.force_login(user)
    answer = client.get(BOARD)
    assert kinds(answer) == ["request_holder"]
    assert account.company.company_name not in answer.content.decode()


# --- The start page ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("6", "15")
def test_the_start_page_shows_what_ends_first_of_all_kinds(client, officer, account, holder):
    now = timezone.now()
    subject_request(at=now)
    late = DataReturn.objects.create(
        account=account, asked_by=holder.reference, asked_at=now - 20 * DAY, due_at=now - DAY, moved_at=now
    )
    (shown,) = client.get(START).context["clocks"]
    assert str(late.reference)[:8] in str(shown.rows[0][1])
    assert ["te laat" in str(line[0]) for line in shown.rows] == [True, False]
    for _each in range(10):
        subject_request(at=now)
    (shown,) = client.get(START).context["clocks"]
    assert len(shown.rows) == 8
    assert BOARD in client.get(START).content.decode()


def test_the_start_page_has_no_clocks_for_who_may_not_see_any(client):
    subject_request()
    client.force_login(member("Finance"))
    assert "clocks" not in client.get(START).context


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_start_page_asks_one_count_for_each_card_and_one_statement_for_all_clocks(client, officer, asks, count):
    for _each in range(count):
        subject_request()
    client.get(START)
    with asks(2 + 2 + 8 + 1):
        client.get(START)


# --- The calendar -----------------------------------------------------------------------------------------------------


def address(answer):
    return re.search(r'id="address">(\S+\.ics)<', answer.content.decode()).group(1)


@pytest.mark.clause("7")
def test_the_address_is_shown_once_made_anew_and_revoked(client, officer):
    assert "nog geen adres" in client.get(CALENDAR).content.decode()
    first = address(client.post(f"{CALENDAR}make/"))
    page = client.get(CALENDAR).content.decode()
    assert first not in page
    assert "Nieuw adres maken" in page
    second = address(client.post(f"{CALENDAR}make/"))
    place = {name: "/" + found.split("/", 3)[3] for name, found in (("first", first), ("second", second))}
    client.logout()
    assert (client.get(place["first"]).status_code, client.get(place["second"]).status_code) == (404, 200)
    client.force_login(officer)
    assert "Het adres werkt niet meer." in client.post(f"{CALENDAR}revoke/", follow=True).content.decode()
    assert (client.get(place["second"]).status_code, Feed.objects.count()) == (404, 0)
    client.post(f"{CALENDAR}revoke/")


def test_holds_are_reviewed_on_the_board_too(client, officer, account):
    today = timezone.localdate()
    Hold.objects.create(
        account=account, name="x", categories=["usage"], ground="statutory", basis="x", proportionality="x",
        placed_on=today - 40 * DAY, placed_by=StaffFactory(), review_on=today, confirmed_on=today, confirmed_by=StaffFactory(),
    )  # fmt: skip
    answer = client.get(BOARD)
    assert kinds(answer) == ["hold_review"]
    assert "De dag van herbeoordeling die bij het bewaarbesluit is gekozen" in answer.content.decode()


def test_moments_are_those_of_amsterdam(client, officer):
    row(datetime(2026, 3, 27, 15, tzinfo=AMSTERDAM), datetime(2026, 3, 29, 16, tzinfo=AMSTERDAM))
    with declared():
        assert "zo 29 mrt 2026 16:00" in client.get(f"{BOARD}?kind=tried").content.decode()
