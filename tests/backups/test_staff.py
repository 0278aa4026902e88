"""The staff's page of backups: what there is and until when, and one made now by administrators (§14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import translation

from backups import copies, staff, vault
from journal.models import Entry
from retention import ledger
from tests.backups.test_expiring import made
from tests.cast import member
from tests.factories import StaffFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("14", "14 backup")]
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
PAGE, NOW = "/admin/backups/all/", "/admin/backups/now/"


@pytest.fixture
def administrator(client):
    return freshly(client, StaffFactory(is_superuser=True))


def text(client, language="nl") -> str:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    with translation.override(language):
        answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_backup_is_shown_with_its_end(administrator):
    made(AT)
    made(AT + timedelta(days=1), keys=False)
    ledger.append([{"kind": "claimed", "account": "a"}])
    copies.copy_ledger()
    dutch, english = text(administrator), text(administrator, "en")
    assert "22 november 2027" in dutch
    assert "23 november 2026 02:30" in dutch
    assert all(words in english for words in ("22 November 2027", "gone, as it should be", "Make a backup now"))
    assert ledger.end().hash[:16] in english


def test_of_many_only_the_newest_are_shown_one_by_one(administrator, monkeypatch):
    monkeypatch.setattr(staff, "SHOWN", 2)
    for n in range(4):
        made(AT + timedelta(days=n))
    assert "And 2 before these; the oldest goes on 23 November 2027." in text(administrator, "en")


def test_a_backup_that_is_not_as_it_was_made_says_so(administrator):
    name = made(AT)
    (settings.BACKUPS_DIR / name / vault.MANIFEST).write_text("{}")
    assert "The manifest is not proven" in text(administrator, "en")


def test_a_vault_that_is_away_is_told_on_the_page(administrator):
    settings.BACKUPS_DIR.write_text("not a folder")
    assert "The vault cannot be read" in text(administrator, "en")


def test_an_administrator_has_one_made_after_the_commit(administrator, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(staff.back_up, "delay", lambda: asked.append(True))
    assert administrator.get(NOW).status_code == 200
    assert asked == []
    with django_capture_on_commit_callbacks(execute=True):
        answer = administrator.post(NOW)
    assert (answer.status_code, answer.url, asked) == (302, PAGE, [True])
    assert Entry.objects.filter(event="backup.asked", actor_kind="staff").count() == 1


def test_it_asks_for_proof_that_is_fresh(client, monkeypatch):
    asked = []
    monkeypatch.setattr(staff.back_up, "delay", lambda: asked.append(True))
    freshly(client, StaffFactory(is_superuser=True), minutes_ago=11)
    answer = client.post(NOW)
    assert (answer.status_code, answer.url == PAGE) == (302, False)
    assert asked == []


@pytest.mark.parametrize(("role", "page"), [("Support", 403), ("Security officer", 200), ("Privacy officer", 200)])
def test_who_watches_alarms_may_look_and_no_more(client, role, page):
    freshly(client, member(role))
    assert (client.get(PAGE).status_code, client.get(NOW).status_code, client.post(NOW).status_code) == (page, 403, 403)
