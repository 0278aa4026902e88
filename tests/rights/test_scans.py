"""Scans of registered letters: taken for what they are and not for what they are called, sealed, shown to few (§6)."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts import outbox
from accounts import services as lifecycle
from accounts.models import Account
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from cannonworks.uploads import MOST_OF_A_PAPER
from journal.models import Entry
from rights import scans
from rights.models import LetterScan, RegisteredLetter
from rights.services import confirm_letter, receive_letter, record_letter
from tests.cast import member
from tests.lives import SCAN, account_in, confirmed_letter, erase, letter, moment

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
ON = date(2026, 2, 28)
JPEG, PNG = b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.fixture
def bare(db, staff) -> RegisteredLetter:
    """A letter without a scan, as one of before."""
    account = account_in(State.CANCELLED, on=ON)
    code = lifecycle.request_erasure(account, actor=account.main_user, on=ON).code
    return record_letter(
        account, actor=staff, code=code, carrier_number="3S1", received_on=ON, identity_check="Vergeleken"
    )


def add(letter, *, actor, content=SCAN, name="brief.pdf"):
    return scans.add_scan(letter, actor=actor, file=SimpleUploadedFile(name, content), at=moment(ON))


def refusal(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    return caught.value.code


def files() -> list[str]:
    return [str(path.relative_to(settings.FILES_DIR)) for path in settings.FILES_DIR.glob("*/*/*") if path.is_file()]


@pytest.mark.parametrize(("content", "kind"), [(SCAN, "pdf"), (JPEG, "jpg"), (PNG, "png")])
def test_a_scan_is_sealed_under_a_random_name_and_read_back(bare, staff, content, kind):
    hostile = '../../etc/"; rm -rf \r\n.exe'
    scan = add(bare, actor=staff, content=content, name=hostile)
    assert (scan.kind, scan.size) == (kind, len(content))
    (stored,) = files()
    assert stored == scan.file.name
    assert stored.startswith(f"{bare.account.reference}/requests/")
    assert content not in (settings.FILES_DIR / stored).read_bytes()
    assert scans.read_scan(bare, actor=staff) == (content, f"{bare.request.code}.{kind}")
    events = (
        Entry.objects.filter(account_reference=bare.account.reference).order_by("-id").values_list("event", flat=True)
    )
    assert list(events[:2]) == ["letter.viewed", "letter.scanned"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00" + b"\x00" * 100, "no_paper"),
        (b"\x7fELF" + b"\x00" * 100, "no_paper"),
        (b"<html><script>alert(1)</script>", "no_paper"),
        (b" %PDF-1.7", "no_paper"),
        (b"", "no_paper"),
        (SCAN.ljust(MOST_OF_A_PAPER + 1, b"\n"), "paper_too_large"),
        (SCAN.ljust(11 * 1024**2, b"\n"), "paper_too_large"),
    ],
)
def test_what_is_no_scan_is_refused_and_leaves_no_file(bare, staff, content, code):
    assert refusal(add, bare, actor=staff, content=content) == code
    assert (files(), LetterScan.objects.count()) == ([], 0)


def test_a_scan_of_just_ten_megabytes_is_taken(bare, staff):
    assert add(bare, actor=staff, content=SCAN.ljust(MOST_OF_A_PAPER, b"\n")).size == MOST_OF_A_PAPER


def test_a_letter_has_one_scan_and_none_once_it_is_over(bare, staff, second):
    add(bare, actor=staff)
    assert refusal(add, bare, actor=staff) == "scan_known"
    confirm_letter(bare, actor=second, on=ON)
    assert refusal(add, bare, actor=staff) == "erasure_confirmed"
    other = letter(account_in(State.LAPSED, on=ON), on=ON)
    lifecycle.withdraw_erasure(other.account, actor=other.account.main_user, on=ON)
    assert refusal(add, other, actor=staff) == "letter_over"
    assert refusal(add, other, actor=other.account.main_user) == "not_staff"


def test_a_letter_without_a_scan_is_not_confirmed_also_one_of_before(bare, staff, second):
    assert refusal(confirm_letter, bare, actor=second, on=ON) == "no_scan"
    bare.refresh_from_db()
    assert (bare.confirmed_on, Account.objects.get(pk=bare.account_id).ordered_on) == (None, None)
    add(bare, actor=staff)
    assert confirm_letter(bare, actor=second, on=ON).confirmed_on == ON


def test_the_scan_goes_with_the_account_and_the_letter_stays_as_evidence():
    confirmed = confirmed_letter(account_in(State.CANCELLED, on=ON), on=ON)
    assert len(files()) == 1
    assert erase(confirmed.account, on=ON).state == State.ERASED
    assert (files(), LetterScan.objects.count(), RegisteredLetter.objects.count()) == ([], 0, 1)


def test_staff_take_in_and_read_a_scan_with_their_own_rights_and_have_no_key(bare):
    clerk = member("Support")
    with transaction.atomic(), isolation.acting_as(isolation.of(clerk)):
        add(bare, actor=clerk)
        assert scans.read_scan(bare, actor=clerk)[0] == SCAN
        assert isolation.current() == isolation.of(clerk)
    with transaction.atomic(), isolation.acting_as(isolation.of(member("Finance"))):
        assert LetterScan.objects.count() == 1  # where it lies, not what it says


@pytest.mark.parametrize(("language", "word"), [("nl", "ontvangen"), ("en", "received")])
def test_the_main_user_gets_a_receipt_in_his_language(staff, post_office, language, word):
    account = account_in(State.CANCELLED, on=ON, main_user__language=language)
    code = lifecycle.request_erasure(account, actor=account.main_user, on=ON).code
    receive_letter(
        account, actor=staff, code=code, carrier_number="3SABC", received_on=ON, identity_check="Vergeleken",
        scan=ContentFile(PNG), at=moment(ON),
    )  # fmt: skip
    assert outbox.send_waiting(at=moment(ON)) == 1
    (mail,) = post_office.letters
    assert mail["To"] == account.main_user.email
    assert word in mail["Subject"]
    assert all(word in mail.get_content() for word in (code, "3SABC", "/erasure/"))


def test_no_receipt_of_what_was_withdrawn_meanwhile(staff, post_office):
    account = account_in(State.CANCELLED, on=ON)
    code = lifecycle.request_erasure(account, actor=account.main_user, on=ON).code
    receive_letter(
        account, actor=staff, code=code, carrier_number="3S", received_on=ON, identity_check="x", at=moment(ON)
    )
    lifecycle.withdraw_erasure(account, actor=account.main_user, on=ON)
    assert (outbox.send_waiting(at=moment(ON)), post_office.letters) == (0, [])


def test_a_refused_scan_records_no_letter(staff):
    account = account_in(State.CANCELLED, on=ON)
    code = lifecycle.request_erasure(account, actor=account.main_user, on=ON).code
    answer = refusal(
        receive_letter, account, actor=staff, code=code, carrier_number="3S", received_on=ON, identity_check="x",
        scan=ContentFile(b"MZ"), at=moment(ON),
    )  # fmt: skip
    assert (answer, RegisteredLetter.objects.count()) == ("no_paper", 0)
