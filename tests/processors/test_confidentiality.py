"""Nobody of ours sees anything before promising to keep quiet, held by the pages and by the database (§8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.keys import rotate_keys
from accounts.models import Account, Company, Session, User
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from processors import confidentiality, promised
from processors.models import Statement
from tests import registers
from tests.cast import member
from tests.factories import HelperFactory, StaffFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8")]
PAGE = "/confidentiality/"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PDF = b"%PDF-1.7 getekend"


@pytest.fixture
def newcomer(db) -> User:
    return StaffFactory(bound=False)


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/privacy/", "/helpers/", "/devices/"])
@pytest.mark.parametrize("make", [lambda: StaffFactory(bound=False), lambda: HelperFactory(bound=False)])
def test_who_has_not_signed_reaches_the_page_to_sign_and_nothing_else(make, path):
    client = freshly(Client(), make())
    answer = client.get(path)
    assert (answer.status_code, answer.url) == (302, PAGE)
    assert client.get(PAGE).status_code == client.get("/security/").status_code == 200
    assert client.post("/sign-out/").status_code == 302


def test_signing_counts_at_once_and_once(newcomer):
    client = freshly(Client(), newcomer)
    page = unescape(client.get(PAGE).content.decode())
    assert [sentence for sentence in promised.current().said("nl") if sentence not in page] == []
    answer = client.post(PAGE, {"digest": promised.current().digest})
    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    row = Statement.objects.get(user=newcomer)
    assert (row.signed_on, row.digest, row.noted_by) == (timezone.localdate(), promised.current().digest, None)
    assert Entry.objects.get(event="statement.signed").actor_reference == newcomer.reference
    assert client.post(PAGE, {"digest": promised.current().digest}).status_code == 409
    assert Statement.objects.filter(user=newcomer).count() == 1


def test_a_helper_signs_as_staff_do():
    helper = HelperFactory(bound=False)
    answer = freshly(Client(), helper).post(PAGE, {"digest": promised.current().digest})
    assert (answer.status_code, answer.url) == (302, "/helpers/")
    assert confidentiality.is_bound(helper, on=timezone.localdate())


def test_signing_wants_a_fresh_proof_the_words_of_now_and_no_holder(newcomer, holder):
    assert freshly(Client(), newcomer).post(PAGE, {"digest": "0" * 64}).status_code == 409
    assert not Statement.objects.filter(user=newcomer).exists()
    assert freshly(Client(), holder).get(PAGE).status_code == 302
    with pytest.raises(Refused, match="Medewerkers"):
        confidentiality.sign_here(holder, digest=promised.current().digest, at=NOW)


def test_without_a_fresh_proof_nothing_is_signed(newcomer):
    freshly(Client(), newcomer, minutes_ago=60).post(PAGE, {"digest": promised.current().digest})
    assert not Statement.objects.filter(user=newcomer).exists()


@pytest.mark.parametrize(("signed", "ended", "sees"), [
    (0, None, True), (1, None, False), (-9, 0, False), (-9, 1, True), (-9, -1, False),
])  # fmt: skip
def test_the_database_shows_staff_rows_of_accounts_while_their_statement_is_in_force(
    account, newcomer, signed, ended, sees
):
    today = timezone.localdate()
    registers.bound(
        newcomer, signed_on=today + timedelta(signed), ended_on=None if ended is None else today + timedelta(ended)
    )
    with isolation.acting_as(isolation.of(newcomer)):
        assert (Account.objects.exists(), Company.objects.exists()) == (sees, sees)
        assert User.objects.filter(pk=newcomer.pk).exists()  # their own row they always see


def test_no_table_shows_a_member_of_staff_without_a_statement_a_row_of_an_account(account, newcomer):
    from cannonworks import datamap, grants

    seen = []
    with isolation.acting_as(isolation.of(newcomer)), connection.cursor() as cursor:
        for entry in datamap.entries():
            if grants.has_rows_of_accounts(entry) and "SELECT" in entry.may.get("staff", ""):
                cursor.execute(f'SELECT count(*) FROM "{entry.table}" WHERE {entry.owner} IS NOT NULL')
                seen += [entry.table] * bool(cursor.fetchone()[0])
    assert seen == []


def test_the_condition_is_looked_up_once_for_a_whole_list(account, staff):
    with isolation.acting_as(isolation.of(staff)), connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT id FROM accounts_account")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "InitPlan" in plan


def test_a_signed_paper_is_kept_sealed_and_counts_from_its_day(newcomer):
    officer = member("Privacy officer")
    made = confidentiality.note_on_paper(
        newcomer, actor=officer, file=ContentFile(PDF), signed_on=date(2026, 11, 20), at=NOW
    )
    assert (made.paper.kind, made.noted_by, bytes(made.paper.sealed) != PDF) == ("statement", officer.reference, True)
    assert confidentiality.is_bound(newcomer, on=TODAY)
    assert not confidentiality.is_bound(newcomer, on=date(2026, 11, 19))


def test_a_paper_is_refused_where_it_proves_nothing(newcomer, holder):
    officer, support = member("Privacy officer"), member("Support")

    def code(user, actor=officer, day=TODAY, content=PDF):
        with pytest.raises(Refused) as refused:
            confidentiality.note_on_paper(user, actor=actor, file=ContentFile(content), signed_on=day, at=NOW)
        return refused.value.code

    assert code(newcomer, actor=support) == "no_such_role"
    assert code(officer) == "own_paper"
    assert code(holder) == "not_asked"
    assert code(newcomer, day=date(2026, 11, 23)) == "not_yet"
    assert code(newcomer, content=b"hallo") == "no_paper"


def test_who_stops_is_out_at_once(newcomer):
    made = registers.bound(newcomer)
    client = freshly(Client(), newcomer)
    assert client.get("/admin/").status_code == 200
    confidentiality.end_statement(made, actor=member("Privacy officer"), at=timezone.now())
    assert not Session.objects.filter(user=newcomer).exists()
    assert client.get("/admin/").status_code == 302
    with pytest.raises(Refused):
        confidentiality.end_statement(made, actor=member("Privacy officer"), at=timezone.now())


def test_new_words_are_signed_within_their_term(monkeypatch, newcomer):
    old = confidentiality.sign_here(newcomer, digest=promised.current().digest, at=NOW)
    new = promised.Wording(date(2026, 12, 1), {"nl": ("Ik zwijg.",), "en": ("I keep quiet.",)})
    monkeypatch.setattr(promised, "WORDINGS", [*promised.WORDINGS, new])
    assert confidentiality.must_sign_again(newcomer, on=date(2026, 12, 2))
    last, after = datetime(2026, 12, 15, 22, 59, tzinfo=UTC), datetime(2026, 12, 15, 23, 0, tzinfo=UTC)
    assert (confidentiality.end_outdated(at=last), confidentiality.end_outdated(at=after)) == (0, 1)
    assert not confidentiality.is_bound(newcomer, on=date(2026, 12, 16))
    confidentiality.sign_here(newcomer, digest=new.digest, at=after)
    assert confidentiality.is_bound(newcomer, on=date(2026, 12, 16))
    old.refresh_from_db()
    assert (old.ended_on, confidentiality.end_outdated(at=after)) == (date(2026, 12, 16), 0)


def test_the_administration_says_who_signed_and_who_has_not(newcomer):
    client = freshly(Client(), member("Privacy officer", first_name="Piet"))
    User.objects.filter(pk=newcomer.pk).update(first_name="Wilma")
    assert "Wilma" in client.get("/admin/processors/statement/").content.decode()
    assert "Niet getekend" in client.get("/admin/accounts/user/").content.decode()
    form = {"user": newcomer.pk, "signed_on": "2026-11-20", "file": ContentFile(PDF, "verklaring.pdf")}
    assert client.post("/admin/processors/statement/add/", form).status_code == 302
    row = Statement.objects.get(user=newcomer)
    assert client.get(f"/admin/processors/statement/{row.pk}/open_paper/").content == PDF
    assert client.get(f"/admin/processors/statement/{row.pk}/end/").status_code == 200
    assert client.post(f"/admin/processors/statement/{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.ended_on is not None


@pytest.mark.clause("7")
def test_papers_come_along_when_keys_change(settings):
    import base64
    import os

    from accounts import papers
    from accounts.models import Paper

    registers.paper()
    settings.KEY_ENCRYPTION_KEYS = f"new:{base64.b64encode(os.urandom(32)).decode()},{settings.KEY_ENCRYPTION_KEYS}"
    done = rotate_keys()
    assert (done.papers_rewrapped, done.papers) == (1, 1)
    settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS.partition(",")[0]
    assert papers.opened(Paper.objects.get()) == registers.PDF
    done = rotate_keys()
    assert (done.papers_rewrapped, done.papers) == (0, 1)
