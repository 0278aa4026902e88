"""A backup restored by the real programs: nothing erased returns, nothing half, nothing let in before it is proven (§14)."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from pyrage.x25519 import Identity

from accounts.models import Account, DataKey
from accounts.states import State
from backups import drilling, fresh, making, manifest, postgres, restoring, vault
from backups.models import Drill, Result
from backups.problems import BackupProblem
from cannonworks import datamap, isolation, rules, storage
from cannonworks.deadlines import local_date
from journal.models import Entry
from journal.sealing import seal
from relations.models import Relation
from retention import evidence, ledger
from retention.alarms import check_everything
from retention.models import Alarm, Erasure
from tests import lives
from tests.processes import environment, kill, manage, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("14"), pytest.mark.timeout(240)]
DAY = timedelta(days=1)


def today():
    return local_date(timezone.now())


def databases(begin: str = "") -> list[str]:
    live = connection.settings_dict["NAME"]
    with postgres.connect(postgres.owner(fresh.SERVER)) as there:  # our own sessions are ended too
        found = there.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{live}_{begin}"])
        return sorted(name for (name,) in found.fetchall())


@pytest.fixture(autouse=True)
def _nothing_left_behind():
    yield
    connection.close()
    with fresh.server() as server:
        for kind in (fresh.BEFORE, fresh.RESTORED, fresh.DRILL):
            for name in server.left_behind(connection.settings_dict["NAME"], kind):
                server.drop(name)


def nobody_restores() -> bool:
    try:
        with fresh.server():
            return True
    except BackupProblem:
        return False


def plant(account: Account) -> list[str]:
    """A word of its own in every text field that may hold something of somebody, where the database takes it."""
    planted = []
    with isolation.acting_as(isolation.NOBODY), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', 'on', true)")
        for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT):
            for name, personal in entry.personal.items():
                field = entry.model._meta.get_field(name)
                if personal.encrypted or not isinstance(field, models.CharField | models.TextField) or field.choices:
                    continue
                word = f"plant{len(planted):03d}x"
                owner = entry.belonging("= %s")
                key = str(account.reference) if entry.by_reference else account.pk
                try:
                    with transaction.atomic():
                        cursor.execute(f'UPDATE "{entry.table}" SET "{field.column}" = %s WHERE {owner}', [word, key])
                        if cursor.rowcount:
                            planted.append(word)
                except Exception:  # a number, a unique address of two people: other fields of the row stand for it
                    continue
    return planted


def plain_dump() -> str:
    address = postgres.owner()
    program = postgres.program("pg_dump", server=connection.pg_version // 10_000)
    done = subprocess.run([program], env=postgres.environment(address), capture_output=True, check=True)
    return done.stdout.decode()


@contextmanager
def app_login():
    """Whether the login of the application is let in now."""
    address = {**settings.DATABASE_APPLICATION, "NAME": connection.settings_dict["NAME"]}
    with postgres.connect(address) as there:
        yield there


@pytest.mark.e2e
def test_nothing_planted_returns_and_everything_else_does(caplog):
    erased = lives.full_life(cancelled_on=today() - relativedelta(years=2))
    stays = lives.fill(lives.account_in(State.ACTIVE, on=today() - DAY), on=today() - DAY)
    planted = plant(erased)
    assert len(planted) > 40, planted
    files = [name for name in storage.names() if name.startswith(str(erased.reference))]
    assert files
    seal(at=timezone.now())
    made = making.back_up(at=timezone.now())
    text = plain_dump()
    assert all(word in text for word in planted)
    lives.erase(erased, on=today())
    after = Relation.objects.create(account=stays, last_name="Naderhand")
    seal(at=timezone.now())
    told: list[str] = []

    done = restoring.restore(made.name, identity=None, at=timezone.now(), tell=told.append)

    text = plain_dump()
    kept = [path.read_bytes() for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]
    said = "\n".join([*told, caplog.text, str(done)])
    for word in [*planted, "Naderhand"]:
        assert word not in text
        assert word not in said
        assert not any(word.encode() in content for content in kept)
    assert not any((Path(settings.FILES_DIR) / name).exists() for name in files)
    assert Account.objects.get(reference=erased.reference).state == State.ERASED
    assert not DataKey.objects.filter(account__reference=erased.reference).exists()
    assert lives.rows(Account.objects.get(reference=stays.reference))["relations_employee"] == 1
    assert not Relation.objects.filter(reference=after.reference).exists()
    assert (done.replay["accounts"], done.lost["readable"], done.lost["events"]["erasure.done"]) == (1, True, 1)
    assert databases(fresh.BEFORE) == [done.kept_as]
    assert databases(fresh.RESTORED) == []
    assert Entry.objects.filter(event="backup.restored").count() == 1
    seal(at=timezone.now())
    assert evidence.verify().broken is None, "the journal goes on from where the backup left it"
    with app_login():
        pass
    check_everything(on=today(), at=timezone.now())
    assert not Alarm.objects.filter(cleared_at=None, kind__in=("residue", "too late", "journal")).exists()


def test_while_it_is_restored_nobody_is_let_in_and_a_failure_opens_the_old_again(monkeypatch):
    lives.account_in(State.CANCELLED, on=today() - relativedelta(years=2))
    made = making.back_up(at=timezone.now())
    lives.erase(Account.objects.get(), on=today())
    seen = []

    def refused(name: str) -> bool:
        address = {**settings.DATABASE_APPLICATION, "NAME": name}
        try:
            postgres.connect(address).close()
        except BackupProblem:
            return True
        return False

    def broken(*arguments, **where):
        (new,) = databases(fresh.RESTORED)
        seen.extend([refused(connection.settings_dict["NAME"]), refused(new)])
        raise BackupProblem("replay", "not proven: rows in relations_relation: 1")

    monkeypatch.setattr("backups.steps.replayed", broken)
    with pytest.raises(BackupProblem, match="rows in relations_relation"):
        restoring.restore(made.name, identity=None, at=timezone.now())
    assert seen == [True, True]
    with app_login():
        pass
    assert databases() == []
    assert (Account.objects.get().state, Erasure.objects.count()) == ("erased", 1)


def damaged(name: str, part: str, how) -> None:
    path = Path(settings.BACKUPS_DIR) / name / part
    content = path.read_bytes()
    path.write_bytes(how(content))


FAULTS = {
    "corrupted": (vault.DATABASE, lambda raw: raw[:500] + bytes([raw[500] ^ 1]) + raw[501:], "was changed"),
    "truncated": (vault.DATABASE, lambda raw: raw[:-100], "is cut off"),
    "missing keys": (vault.KEYS, lambda raw: raw[:-1], "is cut off"),
    "manifest": (vault.MANIFEST, lambda raw: raw.replace(b'"files":0', b'"files":1'), "not proven"),
    "no manifest": (vault.MANIFEST, lambda raw: b"{", "not proven"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_backup_is_one_clear_line_and_nothing_is_touched(fault):
    account = lives.account_in(State.ACTIVE, on=today())
    made = making.back_up(at=timezone.now())
    part, how, words = FAULTS[fault]
    damaged(made.name, part, how)
    with pytest.raises(BackupProblem, match=words) as caught:
        restoring.restore(made.name, identity=None, at=timezone.now())
    assert len(str(caught.value).splitlines()) == 1
    assert (databases(), Account.objects.get()) == ([], account)


def test_a_foreign_key_a_newer_version_and_a_name_that_is_none(tmp_path, monkeypatch):
    made = making.back_up(at=timezone.now())
    foreign = tmp_path / "identity"
    foreign.write_text(f"{Identity.generate()}\n")
    foreign.chmod(0o600)
    said = manage("restore", made.name, "--identity", str(foreign), env=environment())
    assert (said.returncode, said.stdout) == (1, "")
    assert (
        said.stderr.strip()
        == "restore: nothing was changed: This backup was sealed for another key than the one given."
    )
    assert "There is no backup" in manage("restore", "20200101T000000Z-00000000", env=environment()).stderr
    assert "is no name of a backup" in manage("restore", "../../etc", env=environment()).stderr
    for field, value, words in (
        ("postgres", 99, "is of PostgreSQL 99"),
        ("migrations", {"retention": "9999_later"}, "newer version of this product"),
    ):
        with monkeypatch.context() as patch:
            changed = manifest.Manifest(**{**vars(made), field: value})
            patch.setattr("backups.manifest.read", lambda name, changed=changed: changed)
            with pytest.raises(BackupProblem, match=words):
                restoring.restore(made.name, identity=None, at=timezone.now())
    assert databases() == []


def test_a_full_disk_is_told_and_the_old_database_goes_on(tmp_path, monkeypatch):
    made = making.back_up(at=timezone.now())
    real = postgres.program
    full = tmp_path / "pg_restore"
    full.write_text(
        "#!/bin/sh\ncat > /dev/null\necho 'pg_restore: error: could not extend file: No space left on device' >&2\nexit 1\n"
    )
    full.chmod(0o755)
    monkeypatch.setattr(
        "backups.postgres.program",
        lambda name, *, server: str(full) if name == "pg_restore" else real(name, server=server),
    )
    with pytest.raises(BackupProblem, match="No space left on device"):
        restoring.restore(made.name, identity=None, at=timezone.now())
    assert databases() == []
    with app_login():
        pass


def test_a_restore_that_was_killed_leaves_the_data_and_is_simply_done_again():
    account = lives.account_in(State.CANCELLED, on=today() - relativedelta(years=2))
    made = making.back_up(at=timezone.now())
    lives.erase(account, on=today())
    process = subprocess.Popen(
        [sys.executable, "manage.py", "restore", made.name], env=environment(), cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    until(lambda: databases(fresh.RESTORED), "a new database")
    kill(process)
    connection.close()
    until(nobody_restores, "the end of its session")
    assert Erasure.objects.count() == 1
    done = restoring.restore(made.name, identity=None, at=timezone.now())
    assert (Account.objects.get().state, done.replay["accounts"]) == ("erased", 1)
    assert databases(fresh.RESTORED) == []


def test_the_drill_proves_the_newest_backup_and_leaves_nothing():
    account = lives.full_life(cancelled_on=today() - relativedelta(years=2))
    seal(at=timezone.now())
    made = making.back_up(at=timezone.now())
    lives.erase(account, on=today())
    lines = len(list(ledger.read()))
    done = drilling.drill(at=timezone.now())
    assert (done.result, done.problem, done.backup) == (Result.PROVEN, "", made.name)
    assert (done.counts["rows"], done.counts["accounts"], done.counts["lines"]) == (sum(made.rows.values()), 1, lines)
    assert set(done.seconds) == {"verify", "restore", "replay"}
    assert (databases(), len(list(ledger.read()))) == ([], lines)
    assert list(drilling.check_drills(today(), timezone.now())) == []
    assert [about for _kind, about, _detail in drilling.check_drills(today(), timezone.now() + 9 * DAY)] == ["no drill"]


def test_a_drill_that_cannot_try_says_so_and_one_that_fails_too(settings):
    settings.BACKUP_IDENTITY = ""
    made = making.back_up(at=timezone.now())
    assert drilling.drill(at=timezone.now()).result == Result.NOT_CHECKED
    ((_kind, about, detail),) = drilling.check_drills(today(), timezone.now())
    assert (about, "secret key" in detail) == ("drill", True)
    damaged(made.name, vault.DATABASE, lambda raw: raw[:-1])
    assert drilling.drill(at=timezone.now()).result == Result.FAILED
    assert Drill.objects.count() == 2


def test_the_commands_say_what_they_did():
    making.back_up(at=timezone.now())
    said = manage("restore_drill", env=environment())
    assert (said.returncode, said.stderr) == (0, "")
    assert re.match(r"Proven: \d{8}T\d{6}Z-[0-9a-f]{8}, \d+ rows \(verify", said.stdout)
    said = manage("restore", "newest", env=environment())
    assert (said.returncode, said.stderr) == (0, "")
    assert "The application is open." in said.stdout
    assert "DROP DATABASE" in said.stdout
