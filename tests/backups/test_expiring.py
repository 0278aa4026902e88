"""One year to the day: what is promised in erasure statements is what happens to backups (§14)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from backups import expiring, manifest, pool, turns, vault
from backups.manifest import Manifest
from backups.problems import BackupProblem
from cannonworks import rules
from journal.models import Entry
from retention import statements

pytestmark = [pytest.mark.django_db, pytest.mark.clause("14", "14 backup")]
DAY = timedelta(days=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def made(at: datetime, *files: str, keys: bool = True) -> str:
    """A backup in the vault, of the smallest kind: expiring goes by names, manifests and lists alone."""
    name = vault.new_name(at)
    parts = {vault.DATABASE: vault.put(f"{name}/{vault.DATABASE}", ContentFile(b"d"))}
    if keys:
        parts[vault.KEYS] = vault.put(f"{name}/{vault.KEYS}", ContentFile(b"k"))
    lines = b""
    for file in sorted(files):
        if not vault.has(f"files/{file}"):
            vault.put(f"files/{file}", ContentFile(b"f"))
        lines += b'{"name":"%s","size":1,"sha256":"x"}\n' % file.encode()
    parts[vault.FILES] = vault.put(f"{name}/{vault.FILES}", ContentFile(lines))
    manifest.write(
        Manifest(
            name=name, made_at=at.isoformat(), postgres=15, migrations={}, recipients=(), parts=parts, rows={},
            journal={}, ledger={}, files=len(files), files_size=len(files),
        )
    )  # fmt: skip
    return name


def local(year: int, month: int, day: int, hour: int = 3, minute: int = 25) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("at", "gone_on"),
    [
        (local(2026, 3, 1), date(2027, 3, 1)),
        (local(2028, 2, 29), date(2029, 2, 28)),
        (local(2027, 2, 28), date(2028, 2, 28)),
        (local(2026, 12, 31, 23, 59), date(2027, 12, 31)),
        (local(2026, 7, 1, 0, 0), date(2027, 7, 1)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2027, 7, 1)),  # midnight in Amsterdam
    ],
)
def test_a_backup_goes_a_year_after_its_amsterdam_day(at, gone_on):
    name = made(at)
    assert expiring.expires_on(name) == gone_on
    assert expiring.expire(on=gone_on - DAY).backups == 0
    assert vault.names() == [name]
    assert expiring.expire(on=gone_on).backups == 1
    assert (vault.names(), list(settings.BACKUPS_DIR.iterdir())) == ([], [])
    assert expiring.expire(on=gone_on + DAY) == expiring.Expired(0, 0, 0)


@pytest.mark.clause("6")
def test_two_years_of_days_keep_what_every_statement_promises():
    """On every day a backup is made and something is erased; no backup with it outlives the day in its statement."""
    first = date(2027, 1, 1)
    days = [first + timedelta(days=n) for n in range(2 * 365 + 1)]  # with 29 February 2028 among them
    kept_to = {day: date.fromisoformat(statements._backups_until(day)) for day in days}
    year = {day: rules.BACKUPS_KEPT.after(day) for day in days}
    for today in days:
        folder = settings.BACKUPS_DIR / vault.new_name(local(today.year, today.month, today.day))
        folder.mkdir(parents=True)
        (folder / vault.MANIFEST).touch()  # more than its name is not looked at
        expiring.expire(on=today)
        there = {expiring.local_date(vault.made_at(name)) for name in vault.names()}
        # What was erased on a day is in backups of that day and before: the last of those goes as it was promised,
        assert all(kept_to[day] > today for day in there)
        # and none goes before its year is over.
        assert there == {day for day in days if day <= today < year[day]}
    assert len(there) == 366


def test_wrapped_keys_go_after_their_days_and_the_newest_stay():
    names = [made(local(2026, 11, day)) for day in (1, 2, 9)]
    assert expiring.expire(on=date(2026, 11, 7)).keys == 0
    assert expiring.expire(on=date(2026, 11, 8)) == expiring.Expired(0, 1, 0)
    assert list(vault.with_keys()) == [names[2], names[1]]
    assert expiring.expire(on=date(2026, 12, 30)).keys == 1
    assert list(vault.with_keys()) == [names[2]]
    assert vault.names() == names
    for name in names:
        manifest.check_parts(manifest.read(name))  # which asks for no keys


ONE, OTHER, THIRD = (
    f"{n * 8}-0000-4000-8000-000000000000/{kind}/{n * 32}"
    for n, kind in zip("123", ("documents", "employees", "documents"), strict=True)
)


def test_a_file_goes_with_the_last_backup_that_lists_it():
    made(local(2026, 1, 1), ONE, OTHER, keys=False)
    made(local(2026, 1, 2), OTHER, THIRD, keys=False)
    made(local(2026, 1, 3), THIRD, keys=False)
    assert expiring.expire(on=date(2027, 1, 1)) == expiring.Expired(1, 0, 1)
    assert list(pool.everything()) == [OTHER, THIRD]
    assert expiring.expire(on=date(2027, 1, 2)) == expiring.Expired(1, 0, 1)
    assert list(pool.everything()) == [THIRD]
    assert not (settings.BACKUPS_DIR / "files" / OTHER).parent.parent.exists()
    expiring.expire(on=date(2027, 1, 3))
    assert list(pool.everything()) == []


def test_a_file_that_came_back_stays_as_long_as_a_later_backup_lists_it():
    made(local(2026, 1, 1), ONE)
    made(local(2026, 1, 2))
    made(local(2026, 1, 3), ONE)
    expiring.expire(on=date(2027, 1, 2))
    assert list(pool.everything()) == [ONE]


def test_what_is_half_removed_is_no_backup_and_is_removed_by_the_next_run():
    name = made(local(2026, 1, 1), ONE)
    vault.remove(f"{name}/{vault.MANIFEST}")
    assert vault.names() == []
    from backups import making

    making.sweep_unfinished()
    assert (vault.unfinished(), list(pool.everything())) == ([], [])


def test_a_list_that_cannot_be_read_removes_nothing():
    made(local(2026, 1, 1), ONE)
    later = made(local(2026, 1, 2), ONE)
    (settings.BACKUPS_DIR / later / vault.FILES).write_text("not a list\n")
    with pytest.raises(BackupProblem, match="cannot be read"):
        expiring.expire(on=date(2027, 1, 1))
    assert list(pool.everything()) == [ONE]


def test_nothing_expires_while_a_backup_is_made():
    made(local(2026, 1, 1))
    with turns.alone(), pytest.raises(BackupProblem) as caught:
        expiring.expire(on=date(2030, 1, 1))
    assert (caught.value.code, len(vault.names())) == ("busy", 1)


def test_what_went_is_in_the_journal():
    name = made(local(2026, 1, 1), ONE)
    expiring.expire(on=date(2027, 1, 1))
    entry = Entry.objects.get(event="backup.expired")
    assert (entry.clause, entry.facts) == ("14", {"names": [name], "keys": 0, "files": 1})
