"""The logs of a test: everything about the account in its window, nothing of another, never lost, sealed (§12)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, Session, UsageEvent
from audits import files, preserving, running, sources
from audits.models import AuditFile, FileKind
from cannonworks import datamap, storage
from cannonworks.celery import app
from cannonworks.deadlines import ONE_DAY, local_date
from cannonworks.errors import KeyUnavailable
from journal import services as journal
from journal.models import Entry
from retention import aging
from tests import tested
from tests.cast import member
from tests.factories import AccountFactory
from tests.refusals import refused
from tests.tested import ENDS, STARTS

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def usage(account: Account, at, **said) -> UsageEvent:
    usual = {
        "user": account.main_user.reference,
        "kind": "view",
        "module": "data",
        "ip_address": "192.0.2.7",
        "device": "computer",
    }
    return UsageEvent.objects.create(account=account, at=at, **usual | said)


def session(account: Account, key: str, *, signed_in_at, until) -> Session:
    return Session.objects.create(
        session_key=key, session_data="x", expire_date=until, account=account, user=account.main_user,
        signed_in_at=signed_in_at, ip_address="192.0.2.9", user_agent="Proef/1.0",
    )  # fmt: skip


def read(row: AuditFile) -> dict[str, list[dict]]:
    with zipfile.ZipFile(io.BytesIO(files.opened(row))) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        for each in manifest["files"]:
            text = archive.read(each["name"])
            assert hashlib.sha256(text).hexdigest() == each["sha256"]
            assert len(text.splitlines()) == each["lines"]
        found = {
            each["name"].removesuffix(".jsonl"): [json.loads(line) for line in archive.read(each["name"]).splitlines()]
            for each in manifest["files"]
        }
    return {"manifest": [manifest], **found}


def test_what_is_logged_in_the_window_is_there_to_the_second(account):
    for at in (STARTS - MINUTE, STARTS, ENDS - MINUTE, ENDS):
        usage(account, at)
    audit = tested.sealed(account)
    row = files.latest(audit, FileKind.LOGS)
    told = read(row)
    assert [line["at"][:16] for line in told["usage"]] == ["2026-03-23T08:00", "2026-03-25T15:59"]
    assert told["usage"][0] == {
        "id": told["usage"][0]["id"], "at": "2026-03-23T08:00:00Z", "user": str(account.main_user.reference),
        "kind": "view", "module": "data", "ip_address": "192.0.2.7", "device": "computer",
    }  # fmt: skip
    assert row.lines == sum(len(lines) for name, lines in told.items() if name != "manifest")
    assert (audit.preserved_at, row.upto_at) == (ENDS + HOUR, ENDS)


def test_the_journal_of_the_account_and_of_the_whole_product_and_of_nobody_else(account, outsider):
    """The database says when something was journalled: so the window lies around now."""
    now = timezone.now()
    audit = tested.announced(account, at=now - 20 * ONE_DAY, starts_at=now + HOUR, ends_at=now + 2 * ONE_DAY)
    journal.record("sign_in.failed", account=account, actor=account.main_user, clause="7", factor="password")
    journal.record("sign_in.failed", clause="7", factor="password")
    journal.record("keys.rotated", clause="7", to="key-2")
    journal.record("request.received", clause="15", request=outsider.reference)
    journal.record("relation.added", account=outsider.account, actor=outsider, clause="4")
    usage(outsider.account, now)
    source = {each.name: each.lines(account, now - HOUR, now + HOUR) for each in sources.SOURCES}
    assert {"audit.announced", "sign_in.failed"} <= {line["event"] for line in source["journal"]}
    assert [line["event"] for line in source["system"]] == ["sign_in.failed", "keys.rotated"]
    assert all("facts" not in line and "actor_reference" not in line for line in source["system"])
    text = str(source)
    for foreign in (outsider.reference, outsider.account.reference, outsider.email):
        assert str(foreign) not in text
    assert (source["usage"], audit.state) == ([], "announced")


def test_no_source_takes_what_is_secret_or_of_no_log():
    for source in sources.SOURCES:
        entry = datamap.entry(source.model)
        for path in source.fields.values():
            name = path.partition("__")[0]
            said = entry.personal.get(name)
            assert not (said and (said.secret or said.encrypted)), f"{source.name}.{path}"
            source.model._meta.get_field(name)


def test_what_lives_a_day_is_kept_although_it_has_aged_away(account):
    """A browser that was signed in on the first morning is gone from the tables when the test ends."""
    session(account, "a" * 32, signed_in_at=STARTS + MINUTE, until=STARTS + 2 * HOUR)
    audit = tested.running_one(account)
    night = STARTS + ONE_DAY
    preserving.preserve_all(at=night)
    aging.let_age(on=local_date(STARTS) + 2 * ONE_DAY, at=STARTS + 2 * ONE_DAY)
    assert not Session.objects.filter(account=account).exists()
    running.tend(at=ENDS)
    running.tend(at=ENDS + HOUR)
    told = read(files.latest(audit, FileKind.LOGS))
    assert [line["user_agent"] for line in told["sessions"]] == ["Proef/1.0"]
    assert "session_key" not in str(told["sessions"])


def test_what_was_not_preserved_does_not_age(account, outsider):
    """The night's job did not run: rows of this account stay until it has, those of others go."""
    session(account, "a" * 32, signed_in_at=STARTS + MINUTE, until=STARTS + 2 * HOUR)
    session(outsider.account, "b" * 32, signed_in_at=STARTS + MINUTE, until=STARTS + 2 * HOUR)
    tested.running_one(account)
    on, at = local_date(STARTS) + 2 * ONE_DAY, STARTS + 2 * ONE_DAY
    aging.let_age(on=on, at=at)
    assert [row.account_id for row in Session.objects.exclude(account=None)] == [account.pk]
    assert not aging.left_over(aging.rules.age("accounts.Session"), on)  # kept on purpose: no alarm
    preserving.preserve_all(at=at)
    aging.let_age(on=on, at=at)
    assert not Session.objects.exclude(account=None).exists()


def test_a_year_old_click_goes_as_ever_once_the_logs_are_sealed(account):
    usage(account, STARTS)
    audit = tested.sealed(account)
    aging.let_age(on=local_date(STARTS) + 366 * ONE_DAY, at=STARTS + 366 * ONE_DAY)
    assert not UsageEvent.objects.exists()
    assert len(read(files.latest(audit, FileKind.LOGS))["usage"]) == 1


def test_the_night_comes_before_the_ages():
    beat = app.conf.beat_schedule
    logs, ages = beat["logs of tests"]["schedule"], beat["ages"]["schedule"]
    assert (logs.hour, logs.day_of_week) == ({1}, {*range(7)})
    assert (min(logs.hour), min(logs.minute)) < (min(ages.hour), min(ages.minute))


def test_each_archive_holds_all_that_the_one_before_did(account):
    first = usage(account, STARTS + MINUTE)
    audit = tested.running_one(account)
    preserving.preserve_all(at=STARTS + HOUR)
    first.delete()
    usage(account, STARTS + 2 * HOUR, module="account")
    preserving.preserve_all(at=STARTS + 3 * HOUR)
    old, new = AuditFile.objects.filter(kind=FileKind.LOGS).order_by("number")
    assert [line["module"] for line in read(new)["usage"]] == ["data", "account"]
    assert read(new)["manifest"][0]["before"] == {"number": 1, "sha256": old.digest}
    assert audit.pk


def test_twice_at_once_and_after_the_end_seals_no_line_twice(account):
    usage(account, STARTS)
    audit = tested.sealed(account)
    assert preserving.preserve(audit, at=ENDS + 2 * HOUR) is None
    assert running.tend(at=ENDS + 2 * HOUR) == 0
    assert AuditFile.objects.filter(kind=FileKind.LOGS).count() == 1


def test_an_hour_after_its_end_it_is_looked_at_for_the_last_time(account):
    audit = tested.ended(account)
    running.tend(at=ENDS + HOUR - MINUTE)
    assert tested.fresh(audit).preserved_at is None
    usage(account, ENDS - MINUTE)  # was written late
    running.tend(at=ENDS + HOUR)
    assert len(read(files.latest(audit, FileKind.LOGS))["usage"]) == 1


def test_after_days_of_downtime_it_begins_ends_and_is_sealed(account):
    usage(account, STARTS)
    audit = tested.ready(account)
    running.tend(at=ENDS + 5 * ONE_DAY)
    audit = tested.fresh(audit)
    assert (audit.state, audit.preserved_at) == ("ended", ENDS + 5 * ONE_DAY)
    assert len(read(files.latest(audit, FileKind.LOGS))["usage"]) == 1


@pytest.mark.parametrize("how", ["byte", "row", "swapped"])
def test_any_change_is_found(account, how):
    audit = tested.sealed(account)
    row = files.latest(audit, FileKind.LOGS)
    if how == "byte":
        path = storage._path(row.file.name)
        content = bytearray(path.read_bytes())
        content[-20] ^= 1
        path.write_bytes(content)
    elif how == "row":
        row.digest = "0" * 64
    else:  # another file, sealed under the same key, and the row changed with it: the journal knows better
        other = files.latest(audit, FileKind.LETTER)
        row.file, row.digest = other.file, other.digest
    with pytest.raises(KeyUnavailable):
        files.opened(row)


def test_the_digest_of_each_archive_is_in_the_journal(account):
    row = files.latest(tested.sealed(account), FileKind.LOGS)
    facts = Entry.objects.get(event="audit.logs_preserved").facts
    assert (facts["digest"], facts["file"], facts["lines"]) == (row.digest, str(row.reference), row.lines)


def test_the_logs_are_taken_on_demand_by_who_deals_with_tests(account, holder, staff):
    audit = tested.running_one(account)
    row = preserving.take_logs(audit, actor=holder, at=STARTS + HOUR)
    assert files.take(row, actor=holder)
    assert Entry.objects.get(event="audit.file_taken").actor_reference == holder.reference
    assert preserving.take_logs(audit, actor=member("Security officer"), at=STARTS + 2 * HOUR).number == 2
    with refused("no_such_role"):
        preserving.take_logs(audit, actor=member("Finance"), at=STARTS + HOUR)
    with refused("no_logs_yet"):
        preserving.take_logs(tested.ready(AccountFactory(state="active")), actor=staff, at=STARTS - HOUR)


def test_one_that_cannot_be_preserved_does_not_keep_the_others(account, outsider):
    broken, fine = tested.running_one(account), tested.running_one(outsider.account)
    preserving.preserve_all(at=STARTS + HOUR)
    storage._path(files.latest(broken, FileKind.LOGS).file.name).write_bytes(b"noise")
    assert preserving.preserve_all(at=STARTS + 2 * HOUR) == 1
    assert files.latest(fine, FileKind.LOGS).number == 2


@pytest.mark.parametrize(("later", "left"), [(-1, 2), (0, 0)])
def test_tests_and_their_files_go_five_years_after_their_end(account, holder, staff, later, left):
    from audits import closing

    audit = tested.sealed(account)
    closing.finish(audit, actor=staff, at=ENDS + 2 * HOUR)
    on = local_date(ENDS).replace(year=2031)
    places = [storage._path(row.file.name) for row in AuditFile.objects.all()]
    assert all(path.exists() for path in places)
    aging.let_age(on=on + later * ONE_DAY, at=ENDS)
    assert (AuditFile.objects.count(), type(audit).objects.count()) == (left, left // 2)
    assert [path.exists() for path in places] == [bool(left)] * 2
