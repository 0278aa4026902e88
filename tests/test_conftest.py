from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.models import TermsVersion
from cannonworks.celery import app
from journal.models import Entry
from journal.services import record
from tests.conftest import with_database
from tests.database import Pristine
from tests.lives import full_life


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("redis://cache", "redis://cache/7"),
        ("redis://cache/", "redis://cache/7"),
        ("redis://:secret@127.0.0.1:6379/12", "redis://:secret@127.0.0.1:6379/7"),
        ("rediss://cache/0?timeout=1", "rediss://cache/7?timeout=1"),
        (
            "redis+socket:///a/run/redis.sock?virtual_host=0",
            "redis+socket:///a/run/redis.sock?virtual_host=7",
        ),
    ],
)
def test_a_test_run_has_another_database_of_the_same_redis(address, expected):
    assert with_database(address, 7) == expected


def test_queues_ledger_and_mail_are_not_the_developers(worker_id):
    number = 1 if worker_id == "master" else 1 + int(worker_id[2:])
    with app.connection_for_write() as broker:
        assert int(broker.virtual_host if broker.virtual_host.isdigit() else 0) in (0, number)
    assert app.backend.connparams["db"] == number
    assert settings.LOCAL_DIR not in settings.LEDGER_DIR.parents
    mail.send_mail("Hello", "", None, ["someone@example.org"])
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_test_with_real_transactions_the_database_is_as_new():
    pristine = Pristine()
    assert {"auth_group", "auth_permission", "django_content_type", "accounts_termsversion"} < pristine.rows.keys()
    full_life()  # with entries in the journal, issued documents: what nobody may remove or change
    Group.objects.all().delete()
    TermsVersion.objects.create(summary_en="Of another test")
    changed = pristine.restore()
    assert {"journal_entry", "finance_document", "accounts_user", "auth_group", "accounts_termsversion"} < set(changed)
    assert Pristine().rows == pristine.rows
    assert pristine.restore() == []
    record("account.erased")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():  # the triggers are back
        Entry.objects.update(account_reference=None)
