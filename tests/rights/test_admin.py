from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from accounts.states import State
from journal.models import Entry
from rights.models import RegisteredLetter
from rights.services import record_letter
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory

LETTERS = "/admin/rights/registeredletter/"


@pytest.fixture
def asked(db):
    """The request of a cancelled account for erasure at once."""
    today = timezone.localdate()
    account = AccountFactory(state=State.CANCELLED, cancelled_on=today - timedelta(days=10))
    return accounts.request_erasure(account, actor=account.main_user, on=today - timedelta(days=3))


@pytest.fixture
def second(db):
    return StaffFactory(first_name="Piet")


def letter_of(request, actor) -> RegisteredLetter:
    return record_letter(
        request.account, actor=actor, code=request.code, carrier_number="3S1", received_on=timezone.localdate(),
        identity_check="Handtekening vergeleken",
    )  # fmt: skip


def form(request, **other):
    return {
        "code": request.code.lower(), "carrier_number": "3SABCD123", "received_on": timezone.localdate().isoformat(),
        "identity_check": "Handtekening vergeleken", **other,
    }  # fmt: skip


@pytest.mark.clause("6")
def test_one_member_of_staff_records_and_another_confirms(
    client, staff, second, asked, django_capture_on_commit_callbacks
):
    client.force_login(staff)
    assert client.post(f"{LETTERS}add/", form(asked)).status_code == 302
    letter = RegisteredLetter.objects.get()
    assert (letter.request, letter.recorded_by, letter.confirmed_on) == (asked, staff, None)

    page = client.get(f"{LETTERS}{letter.pk}/change/")
    assert page.context["actions_detail"] == []
    client.post(f"{LETTERS}{letter.pk}/confirm/")
    letter.refresh_from_db()
    assert letter.confirmed_on is None

    client.force_login(second)
    ask = client.get(f"{LETTERS}{letter.pk}/confirm/")
    assert "kan niet ongedaan" in ask.content.decode()
    letter.refresh_from_db()
    assert letter.confirmed_on is None  # looking confirms nothing
    with django_capture_on_commit_callbacks() as queued:
        assert client.post(f"{LETTERS}{letter.pk}/confirm/").status_code == 302
    letter.refresh_from_db()
    assert (letter.confirmed_by, letter.confirmed_on) == (second, timezone.localdate())
    assert Account.objects.get(pk=asked.account_id).erase_on == timezone.localdate()
    assert len(queued) == 1
    told = Entry.objects.filter(account_reference=asked.account.reference).order_by("-id")[:2]
    assert [entry.event for entry in told] == ["erasure.ordered", "letter.recorded"]
    assert not LogEntry.objects.exists()


def test_what_the_service_refuses_is_told_and_the_form_keeps_what_was_typed(client, staff, asked):
    client.force_login(staff)
    answer = client.post(f"{LETTERS}add/", form(asked, code="CW-AAAA-BBBB"))
    assert answer.status_code == 409
    assert "Geen verzoek om vernietiging heeft dit kenmerk." in answer.content.decode()
    assert answer.context["form"]["carrier_number"].value() == "3SABCD123"
    assert not RegisteredLetter.objects.exists()


def test_a_letter_from_tomorrow_is_not_recorded(client, staff, asked):
    client.force_login(staff)
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = client.post(f"{LETTERS}add/", form(asked, received_on=tomorrow.isoformat()))
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["received_on"])
    assert not RegisteredLetter.objects.exists()


def test_a_withdrawn_request_is_not_waiting_and_cannot_be_confirmed(client, staff, second, asked):
    letter = letter_of(asked, staff)
    accounts.withdraw_erasure(asked.account, actor=asked.account.main_user, on=timezone.localdate())
    assert not RegisteredLetter.objects.waiting().exists()
    client.force_login(second)
    assert client.get(f"{LETTERS}{letter.pk}/change/").context["actions_detail"] == []
    answer = client.post(f"{LETTERS}{letter.pk}/confirm/", follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    letter.refresh_from_db()
    assert letter.confirmed_on is None


def test_support_records_and_does_not_confirm(client, staff, asked):
    letter = letter_of(asked, staff)
    client.force_login(member("Support"))
    assert client.get(f"{LETTERS}add/").status_code == 200
    assert client.get(f"{LETTERS}{letter.pk}/change/").context["actions_detail"] == []
    assert client.post(f"{LETTERS}{letter.pk}/confirm/").status_code == 403
    letter.refresh_from_db()
    assert letter.confirmed_on is None


def test_a_letter_is_found_by_code_carrier_and_account(client, staff, asked):
    letter = letter_of(asked, staff)
    client.force_login(staff)
    terms = (asked.code.lower(), "3s1", str(asked.account.reference)[:8], "niets")
    found = [list(client.get(LETTERS, {"q": term}).context["cl"].queryset) for term in terms]
    assert found == [[letter], [letter], [letter], []]


@pytest.mark.parametrize(("waiting", "count"), [("yes", 1), ("no", 0), ("withdrawn", 0)])
def test_letters_are_filtered_by_who_must_act(client, staff, asked, waiting, count):
    letter_of(asked, staff)
    client.force_login(staff)
    assert client.get(LETTERS, {"waiting": waiting}).context["cl"].result_count == count


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_letters_asks_the_same_whatever_its_length(client, staff, asks, count):
    for _i in range(count):
        account = AccountFactory(state=State.CANCELLED)
        letter_of(accounts.request_erasure(account, actor=account.main_user, on=timezone.localdate()), staff)
    client.force_login(staff)
    client.get(LETTERS)
    with asks(4):
        assert client.get(LETTERS).status_code == 200
