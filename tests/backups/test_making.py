"""Backups made of a real database by the real programs: all of it, sealed, proven, never half (§14)."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.models import Account, DataKey
from accounts.services import data_key
from backups import making, manifest, pool, postgres, sealing, snapshot, turns, vault
from backups.problems import BackupProblem
from cannonworks import isolation, storage
from journal.models import Entry
from relations.models import Relation
from retention import ledger
from retention.models import Alarm, AlarmKind
from tests.factories import AccountFactory
from tests.processes import Beside, ended, environment, fork, manage, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("14", "14 backup")]
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def opened(name: str, part: str) -> bytes:
    with vault.reading(f"{name}/{part}") as file, sealing.opened(file, sealing.identities()) as text:
        return text.read()


def listing(name: str) -> str:
    """The dump as SQL, as pg_restore writes it out."""
    program = postgres.program("pg_restore", server=connection.pg_version // 10_000)
    dump = opened(name, vault.DATABASE)
    return subprocess.run([program, "-f", "-"], input=dump, capture_output=True, check=True).stdout.decode()


def with_file(content: bytes = b"content of a file") -> tuple[Account, str]:
    account = AccountFactory()
    data_key(account)
    name = storage.new_name(str(account.reference), "requests")
    with transaction.atomic(), storage.sealed.writing(name) as file:
        file.write(content)
    return account, name


def events() -> list[str]:
    return list(Entry.objects.filter(event__startswith="backup.").order_by("id").values_list("event", flat=True))


def test_everything_is_in_it_and_proven():
    account, name = with_file()
    relation = Relation.objects.create(account=account, company_name="Planted Nowhere Else BV")
    ledger.append([{"kind": "claimed", "account": "a", "categories": []}])
    made = making.back_up(at=AT)
    assert manifest.read(made.name) == made
    manifest.check_parts(made, without=())
    text = listing(made.name)
    assert relation.company_name in text
    assert made.rows["accounts_account"] == Account.objects.count()
    assert made.rows["relations_relation"] == Relation.objects.count() == 1
    assert made.rows["keystore.accounts_datakey"] == 1
    assert made.journal["entries"] == made.rows["journal_entry"]
    assert (made.ledger["number"], made.ledger["hash"]) == (1, ledger.end().hash)
    assert made.migrations["retention"].startswith("00")
    assert [found.name for found in pool.listed(made.name)] == [name]
    assert vault.measure(f"files/{name}") == next(pool.listed(made.name)).part
    assert (made.files, made.moment, events()) == (1, AT, ["backup.made"])


@pytest.mark.clause("7")
def test_nothing_in_the_vault_can_be_read_without_the_secret_key():
    Relation.objects.create(company_name="Planted Nowhere Else BV", account=with_file(b"Planted in a file")[0])
    made = making.back_up(at=AT)
    for path in settings.BACKUPS_DIR.rglob("*"):
        if path.is_file():
            assert b"Planted" not in path.read_bytes()
    assert b"PGDMP" not in (settings.BACKUPS_DIR / made.name / vault.DATABASE).read_bytes()


@pytest.mark.clause("6")
def test_wrapped_keys_are_in_their_own_part_alone():
    account, _name = with_file()
    key = DataKey.objects.get()
    made = making.back_up(at=AT)
    text = listing(made.name)
    assert "keystore.accounts_datakey" in text
    assert bytes(key.wrapped).hex() not in text
    rows = list(csv.DictReader(io.StringIO(opened(made.name, vault.KEYS).decode())))
    assert [(row["account_reference"], row["key_id"], row["wrapped"]) for row in rows] == [
        (str(account.reference), key.key_id, f"\\x{bytes(key.wrapped).hex()}")
    ]


def test_what_is_written_while_it_runs_is_in_all_parts_or_in_none(monkeypatch):
    """The dump, the keys and the counts are of one moment, whatever comes between them."""
    with_file()
    real = making._dumped

    def slowly(name, moment, to):
        with isolation.acting_as(isolation.NOBODY):
            with_file()
        return real(name, moment, to)

    monkeypatch.setattr(making, "_dumped", slowly)
    made = making.back_up(at=AT)
    assert (made.rows["accounts_account"], made.rows["keystore.accounts_datakey"]) == (1, 1)
    assert opened(made.name, vault.KEYS).count(b"\n") == 2  # with the header
    assert Account.objects.count() == 2


def test_a_file_is_copied_once_and_listed_every_time(monkeypatch):
    with_file()
    first = making.back_up(at=AT)
    _account, later = with_file()
    put, copied = vault.put, []
    monkeypatch.setattr(vault, "put", lambda path, content: copied.append(path) or put(path, content))
    second = making.back_up(at=AT + timedelta(days=1))
    assert [path for path in copied if path.startswith("files/")] == [f"files/{later}"]
    assert (first.files, second.files) == (1, 2)
    assert {found.name for found in pool.listed(first.name)} < {found.name for found in pool.listed(second.name)}


def test_a_copy_that_was_cut_off_or_lost_is_made_again():
    _account, name = with_file()
    path = settings.BACKUPS_DIR / "files" / name
    making.back_up(at=AT)
    whole = path.read_bytes()
    for spoil in (lambda: path.write_bytes(whole[:-1]), path.unlink):
        spoil()
        making.back_up(at=AT)
        assert path.read_bytes() == whole


def test_never_two_at_once():
    with turns.alone(), pytest.raises(BackupProblem) as caught:
        making.back_up(at=AT)
    assert (caught.value.code, events(), vault.names()) == ("busy", [], [])


def test_without_recipients_nothing_is_made_and_an_alarm_is_raised():
    settings.BACKUP_RECIPIENTS = ""
    with pytest.raises(BackupProblem) as caught:
        making.back_up(at=AT)
    assert (caught.value.code, events()) == ("no-recipients", ["backup.failed"])
    assert list(Alarm.objects.values_list("kind", "about")) == [(AlarmKind.BACKUP, "failed")]


@pytest.mark.parametrize("part", [vault.DATABASE, vault.KEYS, vault.FILES, vault.MANIFEST])
def test_a_disk_that_is_full_leaves_no_half_backup(part, monkeypatch):
    with_file()
    good, put = making.back_up(at=AT), vault.put

    def full(path, content):
        if path.endswith(part):
            next(iter(content.chunks(10)), None)
            raise BackupProblem("vault", "The vault cannot be written: No space left on device.")
        return put(path, content)

    monkeypatch.setattr(vault, "put", full)
    with pytest.raises(BackupProblem, match="No space left"):
        making.back_up(at=AT)
    assert (vault.names(), vault.unfinished()) == ([good.name], [])
    assert events() == ["backup.made", "backup.failed"]


def test_a_dump_that_fails_is_no_backup(monkeypatch):
    with_file()
    monkeypatch.setattr("backups.snapshot.KEYSTORE", "keystore.*.*.*")  # pg_dump refuses such a pattern
    with pytest.raises(BackupProblem) as caught:
        making.back_up(at=AT)
    assert (caught.value.code, vault.names(), vault.unfinished()) == ("pg-dump", [], [])
    assert caught.value.message.startswith("pg_dump failed: pg_dump: error:")


def test_killed_half_way_it_counts_for_nothing_and_the_next_run_tidies_up(tmp_path):
    _account, file = with_file()

    def work():
        real = vault.put

        def put(path, content):
            done = real(path, content)
            if path.endswith(vault.DATABASE):
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        vault.put = put
        making.back_up(at=AT)

    assert ended(fork(work)) == -signal.SIGKILL
    assert (vault.names(), len(vault.unfinished())) == ([], 1)
    orphan = settings.BACKUPS_DIR / "files" / "00000000-0000-4000-8000-000000000000" / "requests" / ("0" * 32)
    orphan.parent.mkdir(parents=True)
    orphan.touch()
    made = until(_made, "the lock of the killed run to be gone")
    assert (vault.names(), vault.unfinished()) == ([made.name], [])
    assert not orphan.parent.parent.exists()
    assert (settings.BACKUPS_DIR / "files" / file).exists()


def _made():
    try:
        return making.back_up(at=AT)
    except BackupProblem as problem:
        assert problem.code == "busy"
        return None


def test_the_program_dies_with_whoever_runs_it(tmp_path):
    """pg_dump waits for a lock, and its parent is killed: nobody holds the database up."""
    with_file()
    pid_file = tmp_path / "pid"

    def work():
        with turns.alone() as reader, snapshot.taken(reader) as moment, moment.dump() as dump:
            pid_file.write_text(str(dump.process.pid))
            dump.process.wait()

    with isolation.acting_as(isolation.NOBODY):
        blocker = postgres.connect(postgres.owner())
    blocker.execute("LOCK TABLE accounts_account IN ACCESS EXCLUSIVE MODE")
    pid = fork(work)
    dump = int(until(lambda: pid_file.exists() and pid_file.read_text(), "pg_dump to be there"))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    until(lambda: not os.path.exists(f"/proc/{dump}"), "pg_dump to be gone")
    blocker.close()


def test_a_login_that_only_reads_is_enough():
    """It sees every row, and writes nothing: no owner's address is where backups are made (§7)."""
    with_file()
    with postgres.connect(postgres.owner(), autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS backup_test")
        owner.execute("CREATE ROLE backup_test LOGIN BYPASSRLS IN ROLE pg_read_all_data PASSWORD 'secret'")
        try:
            settings.DATABASE_BACKUP = {**settings.DATABASE_BACKUP, "USER": "backup_test", "PASSWORD": "secret"}
            made = making.back_up(at=AT)
            assert made.rows["accounts_account"] == 1
        finally:
            owner.execute("DROP ROLE backup_test")


def test_a_password_is_in_the_environment_alone():
    address = {
        "NAME": "x",
        "USER": "u",
        "PASSWORD": "secret",
        "HOST": "h",
        "PORT": 5433,
        "OPTIONS": {"sslmode": "require"},
    }
    found = postgres.environment(address)
    assert (found["PGPASSWORD"], found["PGPORT"], found["PGSSLMODE"]) == ("secret", "5433", "require")
    assert found.keys().isdisjoint({"DATABASE_URL", "SECRET_KEY", "KEY_ENCRYPTION_KEYS"})
    with_file()
    settings.DATABASE_BACKUP = {**settings.DATABASE_BACKUP, "PASSWORD": "very-secret"}
    with turns.alone() as reader, snapshot.taken(reader) as moment, moment.dump() as dump:
        assert "very-secret" not in " ".join(map(str, dump.process.args))


def test_a_program_that_is_too_old_says_what_is_needed(tmp_path):
    settings.POSTGRES_BIN = str(tmp_path)
    with pytest.raises(BackupProblem, match="pg_dump 15 or newer is needed, and there is none"):
        postgres.program("pg_dump", server=15)
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.3'\n")
    old.chmod(0o755)
    with pytest.raises(BackupProblem, match="and there is 12: install it"):
        postgres.program("pg_dump", server=15)


def test_the_command_prints_the_name_and_fails_in_one_line():
    with_file()
    done = manage("backup")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, vault.newest(), "")
    failed = manage("backup", env=environment(BACKUP_RECIPIENTS="age1wrong"))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "backup: BACKUP_RECIPIENTS must be public keys of age (age1…), parted by commas.\n"
    assert len(vault.names()) == 1


def test_work_goes_on_while_a_backup_runs(monkeypatch):
    with_file()
    real, seen = making._dumped, []

    def busy(name, moment, to):
        seen.append(Beside(lambda: isolation.acting_as(isolation.NOBODY).__enter__() or AccountFactory().pk).result())
        return real(name, moment, to)

    monkeypatch.setattr(making, "_dumped", busy)
    making.back_up(at=AT)
    assert len(seen) == 1
