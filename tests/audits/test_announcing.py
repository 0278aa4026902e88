"""A test is announced in writing, fourteen days before it begins at the earliest, once in a calendar year (§12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from pypdf import PdfReader

from accounts.models import PlannedMail
from accounts.states import State
from audits import agreeing, announcing, files
from audits.models import Audit, AuditFile, Auditor, FileKind
from cannonworks.deadlines import AMSTERDAM
from cannonworks.errors import KeyUnavailable, Refused
from journal.models import Entry
from tests import tested
from tests.cast import member
from tests.factories import AccountFactory
from tests.refusals import refused
from tests.tested import ANNOUNCED, EARLIEST, ENDS, STARTS, TESTER

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def test_the_main_user_announces_and_the_app_writes_the_letter(account, holder):
    audit = tested.announced(account)
    assert (audit.state, audit.channel, audit.earliest_at, audit.year) == ("announced", "app", EARLIEST, 2026)
    row = AuditFile.objects.get()
    letter = files.opened(row)
    text = PdfReader(BytesIO(letter)).pages[0].extract_text()
    for words in (str(audit.reference)[:8], "De app en de API", "Irene Keur", "23 maart", "2 maart"):
        assert words in text.replace("\xa0", " ")
    assert list(Entry.objects.filter(event__startswith="audit.").values_list("event", flat=True).order_by("id")) == [
        "audit.announced", "audit.letter_kept",
    ]  # fmt: skip
    entry = Entry.objects.get(event="audit.announced")
    assert (entry.account_reference, entry.actor_reference, entry.clause) == (account.reference, holder.reference, "12")
    assert [words for words in ("Keur", "app en") if words in str(entry.facts)] == []
    assert {*PlannedMail.objects.values_list("template", flat=True)} == {
        "audits/holder_announced", "audits/staff_announced",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [(EARLIEST - SECOND, "too_early"), (EARLIEST, None), (EARLIEST + SECOND, None)],
)
def test_it_does_not_begin_before_the_fourteen_days_are_over(account, starts_at, code):
    said = {"starts_at": starts_at, "ends_at": starts_at + DAY}
    if code is None:
        assert tested.announced(account, **said).starts_at == starts_at
        return
    with pytest.raises(Refused, match="dinsdag 17 maart 2026") as refusal:
        tested.announced(account, **said)
    assert refusal.value.code == code
    assert not Audit.objects.exists()


def test_the_fourteen_days_are_counted_over_a_change_of_the_clock(account):
    """Announced on 16 March just before midnight: thirteen days and an hour less until 31 March is not enough."""
    at = datetime(2026, 3, 16, 23, 59, tzinfo=AMSTERDAM)
    allowed = datetime(2026, 3, 31, tzinfo=AMSTERDAM)
    assert tested.announced(account, at=at, starts_at=allowed, ends_at=allowed + DAY).earliest_at == allowed


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"ends_at": STARTS}, "ends_first"),
        ({"ends_at": STARTS + timedelta(days=14, hours=1, seconds=1)}, "too_long"),
        ({"starts_at": ANNOUNCED + timedelta(days=367), "ends_at": ANNOUNCED + timedelta(days=368)}, "too_far"),
        ({"tester": {"qualification": "other"}}, "say_which"),
    ],
)
def test_a_window_or_tester_that_cannot_be_is_refused(account, said, code):
    with refused(code):
        tested.announced(account, **said)


@pytest.mark.parametrize(
    "wrong", [{"scope": ""}, {"kind": "fishing"}, {"tester": {"email": "keur"}}, {"scope": "x" * 2001}]
)
def test_what_is_missing_or_wrong_is_said_by_its_field(account, wrong):
    with pytest.raises(ValidationError):
        tested.announced(account, **wrong)


def test_a_window_of_fourteen_days_is_the_longest(account):
    """Elapsed days: when the clock goes forward meanwhile, the hands show an hour more."""
    assert tested.announced(account, ends_at=STARTS + timedelta(days=14, hours=1)).pk


def test_there_is_one_in_a_calendar_year_by_the_day_on_which_it_begins(account):
    first = tested.announced(account)
    with refused("once_a_year"):
        tested.announced(account, starts_at=STARTS + tested.WEEK, ends_at=ENDS + tested.WEEK)
    late = datetime(2026, 12, 10, 9, tzinfo=AMSTERDAM)
    new_year = datetime(2027, 1, 1, tzinfo=AMSTERDAM)
    with refused("once_a_year"):
        tested.announced(account, at=late, starts_at=new_year - SECOND, ends_at=new_year + DAY)
    assert tested.announced(account, at=late, starts_at=new_year, ends_at=new_year + DAY).year == 2027
    agreeing.withdraw(first, actor=account.main_user, at=ANNOUNCED + DAY)
    assert tested.announced(account, starts_at=STARTS + tested.WEEK, ends_at=ENDS + tested.WEEK).year == 2026


def test_each_account_has_its_own_year(account):
    tested.announced(account)
    assert tested.announced(AccountFactory(state=State.ACTIVE)).pk


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_an_account_that_is_not_running_announces_nothing(state):
    with refused("read_only"):
        tested.announced(AccountFactory(state=state))


def test_a_blocked_account_and_a_colleague_announce_nothing(account, colleague):
    said = {"kind": "other", "scope": "x", "starts_at": STARTS, "ends_at": ENDS, "tester": TESTER, "at": ANNOUNCED}
    with refused("not_main_user"):
        announcing.announce(account, actor=colleague, **said)
    account.blocked_at = ANNOUNCED
    account.save()
    with refused("blocked"):
        announcing.announce(account, actor=account.main_user, **said)


# --- By letter -------------------------------------------------------------------------------------------------------


def letter(account, staff, **said):
    usual = {
        "received_on": date(2026, 2, 20), "scan": tested.file(), "kind": "agreement", "scope": "De overeenkomst",
        "starts_at": datetime(2026, 3, 7, tzinfo=AMSTERDAM), "ends_at": datetime(2026, 3, 8, tzinfo=AMSTERDAM),
        "tester": TESTER, "at": ANNOUNCED,
    }  # fmt: skip
    return announcing.enter_letter(account, actor=staff, **usual | said)


def test_of_a_letter_the_day_of_receipt_counts_and_the_scan_is_sealed(account, staff):
    audit = letter(account, staff)
    assert (audit.channel, audit.announced_at, audit.earliest_at) == (
        "letter", datetime(2026, 2, 20, tzinfo=AMSTERDAM), datetime(2026, 3, 7, tzinfo=AMSTERDAM),
    )  # fmt: skip
    assert files.opened(files.latest(audit, FileKind.LETTER)) == tested.PDF


def test_a_letter_is_entered_by_who_deals_with_tests_and_not_before_it_came(account, staff):
    with refused("no_such_role"):
        letter(account, member("Finance"))
    with refused("not_staff"):
        letter(account, account.main_user)
    with refused("still_to_come"):
        letter(account, staff, received_on=date(2026, 3, 3))
    with refused("no_paper"):
        letter(account, staff, scan=tested.file(b"MZ"))
    with refused("too_early"):
        letter(account, staff, starts_at=datetime(2026, 3, 6, 23, 59, tzinfo=AMSTERDAM))
    assert letter(account, member("Privacy officer")).pk


def test_a_letter_that_was_tampered_with_does_not_open(account, staff):
    audit = letter(account, staff)
    row = files.latest(audit, FileKind.LETTER)
    row.digest = "0" * 64
    with pytest.raises(KeyUnavailable):
        files.opened(row)


# --- The tester ------------------------------------------------------------------------------------------------------


def test_another_tester_accepts_the_procedures_too(account, holder):
    audit = tested.ready(account)
    announcing.name_tester(audit, actor=holder, at=STARTS - DAY, **TESTER | {"name": "Piet Meter"})
    audit = tested.fresh(audit)
    assert (audit.state, audit.accepted_at, audit.auditor.name) == ("agreed", None, "Piet Meter")
    old = Auditor.objects.get(replaced_at__isnull=False)
    assert (old.name, old.accepted_as) == ("Irene Keur", "Irene Keur")
    assert PlannedMail.objects.filter(template="audits/tester_withdrawn", about=old.reference).exists()
    assert PlannedMail.objects.filter(template="audits/tester_invited", about=audit.auditor.reference).exists()


def test_once_it_has_begun_the_tester_stays(account, holder):
    audit = tested.running_one(account)
    with refused("has_begun"):
        announcing.name_tester(audit, actor=holder, at=STARTS, **TESTER)
