from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from accounts.states import State
from journal.models import Entry
from rights.models import DataReturn, RegisteredLetter
from rights.services import receive_letter, record_letter
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory
from tests.lives import SCAN

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
    return receive_letter(
        request.account, actor=actor, code=request.code, carrier_number="3S1", received_on=timezone.localdate(),
        identity_check="Handtekening vergeleken", scan=ContentFile(SCAN), at=timezone.now(),
    )  # fmt: skip


def names(page) -> list[str]:
    """The buttons of a page."""
    return [
        address.strip("/").rpartition("/")[2] for address in (each["path"] for each in page.context["actions_detail"])
    ]


def form(request, **other):
    return {
        "code": request.code.lower(), "carrier_number": "3SABCD123", "received_on": timezone.localdate().isoformat(),
        "identity_check": "Handtekening vergeleken", "scan": SimpleUploadedFile("brief.pdf", SCAN), **other,
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
    assert names(page) == ["view_scan"]
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
    assert [entry.event for entry in told] == ["erasure.ordered", "letter.scanned"]
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
    assert names(client.get(f"{LETTERS}{letter.pk}/change/")) == ["view_scan"]
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
    found = [list(client.post(LETTERS, {"q": term}, follow=True).context["cl"].queryset) for term in terms]
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


@pytest.mark.clause("6")
def test_a_letter_of_before_gets_its_scan_and_then_can_be_confirmed(client, staff, second, asked):
    letter = record_letter(
        asked.account, actor=staff, code=asked.code, carrier_number="3S1", received_on=timezone.localdate(),
        identity_check="Vergeleken",
    )  # fmt: skip
    client.force_login(second)
    assert names(client.get(f"{LETTERS}{letter.pk}/change/")) == ["add_scan"]
    assert client.get(f"{LETTERS}{letter.pk}/view_scan/").status_code == 404
    page = f"{LETTERS}{letter.pk}/add_scan/"
    assert 'enctype="multipart/form-data"' in client.get(page).content.decode()
    for content in (b"MZ\x90\x00", b"", SCAN.ljust(11 * 1024**2)):
        answer = client.post(page, {"scan": SimpleUploadedFile("../../brief.pdf", content)})
        assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["scan"])
    assert client.post(page, {"scan": SimpleUploadedFile("brief.exe", SCAN)}).status_code == 302
    assert names(client.get(f"{LETTERS}{letter.pk}/change/")) == ["view_scan", "confirm"]
    seen = client.get(f"{LETTERS}{letter.pk}/view_scan/")
    assert (seen.content, seen["Content-Type"], seen["Content-Disposition"]) == (
        SCAN, "application/pdf", f'attachment; filename="{asked.code}.pdf"'
    )  # fmt: skip
    assert "no-store" in seen["Cache-Control"]
    client.post(f"{LETTERS}{letter.pk}/confirm/")
    assert Account.objects.get(pk=asked.account_id).ordered_on == timezone.localdate()


def test_only_who_recorded_it_and_who_may_confirm_it_see_the_scan(client, asked):
    recorder, other, officer = member("Support"), member("Support"), member("Privacy officer")
    letter = letter_of(asked, recorder)
    answers = {}
    for name, person in {
        "recorder": recorder,
        "other": other,
        "officer": officer,
        "finance": member("Finance"),
    }.items():
        client.force_login(person)
        answers[name] = client.get(f"{LETTERS}{letter.pk}/view_scan/").status_code
    assert answers == {"recorder": 200, "other": 403, "officer": 200, "finance": 403}
    assert Entry.objects.filter(event="letter.viewed").count() == 2


@pytest.mark.clause("6")
def test_staff_see_that_an_erasure_waits_for_the_return_of_data(client, staff, second, asked):
    letter, now = letter_of(asked, staff), timezone.now()
    DataReturn.objects.create(
        account=asked.account, asked_by=asked.asked_by, asked_at=now, due_at=now + timedelta(days=15), moved_at=now
    )
    client.force_login(second)
    assert "Zodra de gegevens" in client.get(f"{LETTERS}{letter.pk}/confirm/").content.decode()
    client.post(f"{LETTERS}{letter.pk}/confirm/")
    assert Account.objects.get(pk=asked.account_id).ordered_on is None
    assert "Wacht op de teruggave" in client.get(f"{LETTERS}{letter.pk}/change/").content.decode()
    counts = {key: client.get(LETTERS, {"waiting": key}).context["cl"].result_count for key in ("yes", "no", "return")}
    assert counts == {"yes": 0, "no": 1, "return": 1}
