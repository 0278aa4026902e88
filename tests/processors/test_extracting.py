"""The file of a disclosure: exactly what was decided, sealed, taken once, and gone (§8)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services as lifecycle
from accounts.models import Account, DataKey, User
from accounts.states import State
from cannonworks import datamap, isolation, storage
from cannonworks.errors import KeyUnavailable, Refused
from journal.models import Entry
from processors import disclosing, extract_contents, extracting
from processors.models import Disclosure, Extract, ExtractFile, ExtractState
from relations.services import add_employee, add_relation, remove_relation
from retention import aging, holds
from retention.models import Ground
from tests import registers
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory
from tests.lives import BSN, account_in, erase, fill

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8")]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PDF = b"%PDF-1.7 vordering"
EMPLOYEE = ["relations.Employee.last_name", "relations.Employee.bsn"]
RELATION = ["relations.Relation.email", "relations.Relation.city"]


@pytest.fixture
def officer(db) -> User:
    return member("Privacy officer")


@pytest.fixture
def other(db) -> User:
    return member("Privacy officer", first_name="Piet")


@pytest.fixture
def granted(account, officer, other):
    """Make a disclosure of the account that is to be given."""

    def make(fields=EMPLOYEE, *, records=(), account=account, **gag) -> Disclosure:
        row = disclosing.register(
            actor=officer, account=account, asker="police", office="Politie", channel="brief", received_at=NOW, at=NOW,
            basis="Sv art. 126nd", order=ContentFile(PDF), order_number="PL-2026-7", asked_fields=fields,
            given_fields=fields, given_records=records,
        )  # fmt: skip
        return disclosing.decide(row, actor=other, decision="give", reason="vordering", at=NOW, **gag)

    return make


def code(act) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(text: bytes) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def files_of(account: Account) -> list[Path]:
    return [path for path in (settings.FILES_DIR / str(account.reference)).rglob("*") if path.is_file()]


def test_it_has_exactly_the_fields_that_were_decided_and_opens_only_those_that_are_sealed(account, holder, outsider, officer, granted):  # fmt: skip
    for owner in (holder, outsider):
        add_employee(owner.account, actor=owner, first_name="Tom", last_name="=Werk", bsn=BSN)
    add_employee(account, actor=holder, last_name="Zonder")
    row = granted()
    found = registers.extract(row, actor=officer, at=NOW)
    content = extracting.take(found, actor=officer, at=NOW)
    files = unpacked(content)
    assert list(files) == ["relations-employee.jsonl", "relations-employee.csv", "manifest.json"]
    assert lines(files["relations-employee.jsonl"]) == [
        {"last_name": "=Werk", "bsn": BSN}, {"last_name": "Zonder", "bsn": None},
    ]  # fmt: skip
    told = list(csv.reader(io.StringIO(files["relations-employee.csv"].decode("utf-8-sig")), delimiter=";"))
    assert told[1:] == [["'=Werk", BSN], ["Zonder", ""]]
    assert (found.records, found.size, found.digest) == (2, len(content), hashlib.sha256(content).hexdigest())
    said = json.loads(files["manifest.json"])
    assert (said["ground"], said["order"], said["records"], said["records_missing"]) == (
        "Sv art. 126nd", {"number": "PL-2026-7", "sha256": row.order_digest}, 2, 0,
    )  # fmt: skip
    assert said["asked_by"] == {"kind": "Politie of Openbaar Ministerie", "office": "Politie"}
    (table,) = said["data"]
    assert [each["name"] for each in table["fields"]] == ["last_name", "bsn"]
    for told_file in table["files"]:
        assert hashlib.sha256(files[told_file["name"]]).hexdigest() == told_file["sha256"]


def test_the_bsn_is_not_opened_for_another_field(account, holder, officer, granted, monkeypatch):
    add_employee(account, actor=holder, last_name="Werk", bsn=BSN)
    row = granted(EMPLOYEE[:1])
    monkeypatch.setattr("cannonworks.encryption.unseal", lambda *_a, **_k: pytest.fail("opened"))
    found = registers.extract(row, actor=officer, at=NOW)
    assert found.state == ExtractState.READY
    content = extracting.take(found, actor=officer, at=NOW)
    assert BSN.encode() not in b"".join(unpacked(content).values())


def test_only_the_records_that_were_named_and_what_is_erased_is_not_there(account, holder, officer, granted):
    first, second, _third = (
        add_relation(account, actor=holder, last_name=name, email=f"{name}@x.example", city="Assen")
        for name in ("a", "b", "c")
    )
    row = granted(RELATION, records=[first.reference, second.reference])
    remove_relation(second, actor=holder)
    found = registers.extract(row, actor=officer, at=NOW)
    files = unpacked(extracting.take(found, actor=officer, at=NOW))
    assert lines(files["relations-relation.jsonl"]) == [{"email": "a@x.example", "city": "Assen"}]
    said = json.loads(files["manifest.json"])
    assert (said["records"], said["records_missing"]) == (1, 1)
    assert said["records_decided"] == [str(first.reference), str(second.reference)]


def test_a_record_that_is_not_among_these_data_is_refused_when_it_is_noted(account, holder, outsider, granted):
    theirs = add_relation(outsider.account, actor=outsider, last_name="x")
    own = add_relation(account, actor=holder, last_name="y")
    assert code(lambda: granted(RELATION, records=[theirs.reference])) == "no_record"
    assert code(lambda: granted(EMPLOYEE, records=[own.reference])) == "no_record"
    assert granted(RELATION, records=[own.reference]).given_records == [own.reference]


def test_lines_of_a_document_are_given_with_the_document(account):
    assert [part.record for part in extract_contents.parts(["finance.Line.description", "accounts.User.email"])] == [
        "document__reference", "reference",
    ]  # fmt: skip


def test_it_lies_sealed_and_is_taken_once_by_who_may(account, officer, granted, django_capture_on_commit_callbacks):
    found = registers.extract(granted(["accounts.Company.email"]), actor=officer, at=NOW)
    email = account.company.email.encode()
    (kept,) = [path for path in files_of(account) if path.name in ExtractFile.objects.get().file.name]
    assert email not in kept.read_bytes()
    assert code(lambda: extracting.take(found, actor=member("Support"), at=NOW)) == "no_such_role"
    assert email in extracting.take(found, actor=officer, at=NOW)
    assert code(lambda: extracting.take(found, actor=officer, at=NOW)) == "extract_gone"
    with isolation.acting_as(isolation.JOBS):
        assert extracting.tend(at=NOW) == 1
    assert (kept.exists(), ExtractFile.objects.count()) == (False, 0)
    found.refresh_from_db()
    assert (found.state, found.taken_by, bool(found.digest)) == (ExtractState.TAKEN, officer.reference, True)


def test_nothing_else_is_handed_over(account, officer, other, granted):
    row = granted(["accounts.Company.email"])
    say = {"actor": officer, "how": "post", "to": "griffier", "at": NOW}
    assert code(lambda: disclosing.hand_over(row, **say)) == "no_extract"
    found = registers.extract(row, actor=officer, at=NOW)
    assert code(lambda: disclosing.hand_over(row, **say)) == "no_extract"
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.update(handed_at=NOW, handed_how="x", handed_to="x")
    extracting.take(found, actor=officer, at=NOW)
    assert disclosing.hand_over(row, **say).handed_at == NOW
    assert code(lambda: extracting.ask_extract(row, actor=officer, at=NOW)) == "not_to_give"


def test_only_of_what_was_decided_to_give_and_one_at_a_time(account, officer, other, granted):
    row = disclosing.register(
        actor=officer, account=account, asker="tax", office="x", channel="x", received_at=NOW, at=NOW
    )
    assert code(lambda: extracting.ask_extract(row, actor=officer, at=NOW)) == "not_to_give"
    with pytest.raises(IntegrityError), transaction.atomic():
        Extract.objects.create(
            disclosure=row, account_reference=account.reference, asked_by=officer.reference, asked_at=NOW
        )
    row = granted(["accounts.Company.email"])
    assert code(lambda: extracting.ask_extract(row, actor=member("Support"), at=NOW)) == "no_such_role"
    first = registers.extract(row, actor=officer, at=NOW)
    assert code(lambda: extracting.ask_extract(row, actor=officer, at=NOW)) == "extract_there"
    extracting.take(first, actor=officer, at=NOW)
    assert (
        registers.extract(row, actor=officer, at=NOW).state == ExtractState.READY
    )  # a download that failed: again, and journalled again
    assert Entry.objects.filter(event="disclosure.extract_made").count() == 2


def test_run_twice_there_is_one_file_also_after_a_worker_that_was_killed(account, officer, granted, monkeypatch):
    asked = extracting.ask_extract(granted(["accounts.Company.email"]), actor=officer, at=NOW)
    before = len(files_of(account))

    class Killed(BaseException):
        pass

    def killed(draft):
        storage.finish([draft])
        raise Killed

    with isolation.acting_as(isolation.JOBS):
        with monkeypatch.context() as patch:
            patch.setattr(storage.Draft, "finish", killed)
            with pytest.raises(Killed):
                extracting.run(asked.pk, at=NOW)
        assert (len(files_of(account)), ExtractFile.objects.count()) == (before + 1, 0)
        assert extracting.run(asked.pk, at=NOW) is True
        assert extracting.run(asked.pk, at=NOW) is False
    assert (len(files_of(account)), ExtractFile.objects.count()) == (before + 1, 1)


def test_what_nobody_makes_is_queued_again(account, officer, granted, monkeypatch):
    asked = extracting.ask_extract(granted(["accounts.Company.email"]), actor=officer, at=NOW)
    sent: list[int] = []
    monkeypatch.setattr(extracting, "_send", sent.append)
    with isolation.acting_as(isolation.JOBS):
        assert extracting.tend(at=NOW + timedelta(minutes=4)) == 0
        assert extracting.tend(at=NOW + timedelta(minutes=5)) == 1
    assert sent == [asked.pk]


def test_what_nobody_takes_is_gone_on_the_thirtieth_day_and_what_it_was_stays(account, officer, granted):
    found = registers.extract(granted(["accounts.Company.email"]), actor=officer, at=NOW)
    day = timezone.localdate(NOW) + timedelta(days=30)
    assert timezone.localtime(found.expires_at).date() == day
    assert found.can_be_taken(found.expires_at - timedelta(seconds=1))
    assert code(lambda: extracting.take(found, actor=officer, at=found.expires_at)) == "extract_gone"
    with isolation.acting_as(isolation.JOBS):
        aging.let_age(on=day - timedelta(days=1), at=NOW)
        assert ExtractFile.objects.count() == 1
        aging.let_age(on=day, at=NOW)
        assert ExtractFile.objects.count() == 0
        assert extracting.tend(at=found.expires_at) == 1
    found.refresh_from_db()
    assert (found.state, found.records, len(found.digest)) == (ExtractState.EXPIRED, 1, 64)
    assert len(files_of(account)) == 1  # the order
    assert registers.extract(found.disclosure, actor=officer, at=found.expires_at).state == ExtractState.READY


def test_what_is_erased_cannot_be_disclosed(officer, granted, account, holder):
    on = timezone.localdate()
    lifecycle.cancel_account(account, actor=holder, on=on)
    row, late = granted(["accounts.Company.email"]), granted(["accounts.Company.phone"])
    found = registers.extract(row, actor=officer, at=NOW)
    waiting = extracting.ask_extract(late, actor=officer, at=NOW)
    lifecycle.order_erasure(lifecycle.request_erasure(account, actor=holder, on=on), actor=StaffFactory(), on=on)
    for act in (
        lambda: extracting.take(found, actor=officer, at=NOW),
        lambda: disclosing.open_order(row, actor=officer),
    ):
        assert code(act) == "erasure_confirmed"
    with isolation.acting_as(isolation.JOBS):
        assert extracting.run(waiting.pk, at=NOW) is False
    waiting.refresh_from_db()
    assert (waiting.state, waiting.why) == (ExtractState.STOPPED, "erased")
    assert code(lambda: extracting.ask_extract(late, actor=officer, at=NOW)) == "erasure_confirmed"


def test_the_erasure_of_the_account_takes_the_file_and_leaves_what_it_was(officer, granted):
    on = timezone.localdate()
    account = account_in(State.CANCELLED, on=on - relativedelta(years=2))
    found = registers.extract(granted(["accounts.Company.email"], account=account), actor=officer, at=NOW)
    assert erase(account, on=on).state == State.ERASED
    assert (ExtractFile.objects.count(), files_of(account)) == (0, [])
    found.refresh_from_db()
    assert (found.state, len(found.digest)) == (ExtractState.READY, 64)
    assert code(lambda: extracting.take(found, actor=officer, at=NOW)) == "erased"


def test_a_hold_is_a_ground_to_keep_and_none_to_give(officer, granted, account):
    """Under a hold on what is about requests the file outlives its days, sealed, and nobody gets it then."""
    found = registers.extract(granted(["accounts.Company.email"]), actor=officer, at=NOW)
    clerk, second = StaffFactory.create_batch(2)
    hold = holds.place_hold(
        account, actor=clerk, name="Geschil", categories=["requests"], ground=Ground.PROOF, basis="BW 6:74",
        proportionality="Alleen dit.", on=timezone.localdate(NOW),
    )  # fmt: skip
    holds.confirm_hold(hold, actor=second, on=timezone.localdate(NOW))
    with isolation.acting_as(isolation.JOBS):
        aging.let_age(on=found.expires_at.date() + timedelta(days=9), at=NOW)
    assert ExtractFile.objects.count() == 1
    assert code(lambda: extracting.take(found, actor=officer, at=found.expires_at)) == "extract_gone"


def test_a_file_that_was_changed_is_not_given(account, officer, granted):
    found, second = (
        registers.extract(granted(["accounts.Company.email"]), actor=officer, at=NOW),
        registers.extract(granted(["accounts.User.email"]), actor=officer, at=NOW),
    )
    one, two = (ExtractFile.objects.get(extract=each.reference) for each in (found, second))
    ExtractFile.objects.filter(pk=one.pk).update(file=two.file.name)
    with pytest.raises(KeyUnavailable):
        extracting.take(found, actor=officer, at=NOW)
    for change in ({"digest": "0" * 64}, {"records": 9}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Extract.objects.filter(pk=second.pk).update(**change)


def test_without_the_key_it_says_why_it_stopped(account, officer, granted):
    asked = extracting.ask_extract(granted(EMPLOYEE), actor=officer, at=NOW)
    DataKey.objects.filter(account=account).delete()
    with isolation.acting_as(isolation.JOBS):
        assert extracting.run(asked.pk, at=NOW) is False
    asked.refresh_from_db()
    assert (asked.state, asked.why) == (ExtractState.STOPPED, "key_gone")


def test_of_a_request_that_stays_secret_the_holder_sees_no_file_and_no_line(account, holder, officer, granted):
    gag = {"gag_basis": "Sv art. 126bb", "gag_until": timezone.localdate() + timedelta(days=9)}
    found = registers.extract(granted(["accounts.Company.email"], **gag), actor=officer, at=NOW)
    disclosing.open_order(found.disclosure, actor=officer)
    extracting.take(found, actor=officer, at=NOW)
    with isolation.acting_as(isolation.of(holder)):
        assert (Extract.objects.count(), Disclosure.objects.count()) == (0, 0)
    assert not Entry.objects.filter(event__startswith="disclosure.", account_reference=account.reference).exists()
    Disclosure.objects.update(gag_until=timezone.localdate())
    with isolation.acting_as(isolation.JOBS):
        assert disclosing.end_gags(at=timezone.now()) == 1
    with isolation.acting_as(isolation.of(holder)):
        assert Extract.objects.get().records == 1


def test_opening_the_order_is_journalled_and_not_for_everybody(account, officer, granted):
    row = granted(["accounts.Company.email"])
    assert code(lambda: disclosing.open_order(row, actor=member("Support"))) == "no_such_role"
    content, name = disclosing.open_order(row, actor=officer)
    assert (content, name) == (PDF, f"order-{str(row.reference)[:8]}.pdf")
    entry = Entry.objects.get(event="disclosure.order_opened")
    assert (entry.actor_reference, entry.account_reference) == (officer.reference, account.reference)


def test_every_field_that_can_be_named_can_be_given_and_no_secret_can_be_named(officer, granted):
    account = fill(AccountFactory(state=State.ACTIVE), on=timezone.localdate())
    known = disclosing.known_fields()
    hidden = {f"{e.model._meta.label}.{n}" for e in datamap.entries() for n, said in e.personal.items() if said.secret}
    assert not hidden & known.keys()
    row = granted(list(known), account=account)
    found = registers.extract(row, actor=officer, at=NOW)
    assert (found.state, found.why) == (ExtractState.READY, "")
    files = unpacked(extracting.take(found, actor=officer, at=NOW))
    for part in extract_contents.parts(row.given_fields):
        assert {tuple(line) for line in lines(files[f"{part.name}.jsonl"])} <= {part.fields}
    (employee,) = lines(files["relations-employee.jsonl"])
    assert employee["bsn"] == BSN
