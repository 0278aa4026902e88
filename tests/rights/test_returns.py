"""The pages of the return of data: asked for, followed, taken after a proof; by the main user alone (§6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.blocking import block_account
from accounts.models import Account, PlannedMail, User
from accounts.outbox import send_waiting
from accounts.states import State
from cannonworks import rules
from cannonworks.deadlines import AMSTERDAM
from cannonworks.rules import Term
from journal.models import Entry
from rights import making, returning
from rights.clock import left_of_return
from rights.models import DataReturn, ReturnFile
from rights.returns_due import returns_due
from rights.states import ReturnState
from tests.factories import PASSWORD, AccountFactory, StaffFactory
from tests.lives import account_in, fill
from tests.rights.returns import asked, checked, in_state, made
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]
PAGE = "/my-data/export/"


def take_all(found: DataReturn, holder: User, at: datetime) -> None:
    """To its last byte, with which it counts as taken."""
    sum(1 for _piece in returning.take(found, actor=holder, at=at).pieces)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def text(client, path=PAGE) -> str:
    client.cookies["django_language"] = "en"
    return client.get(path).content.decode()


def address(found: DataReturn, act: str) -> str:
    return f"{PAGE}{found.reference}/{act}"


# --- Asked for and followed ----------------------------------------------------------------------------------------


def test_the_page_says_what_one_gets_and_a_click_asks_for_it(client, holder):
    client.force_login(holder)
    page = text(client)
    for words in ("Quotes and invoices", "JSON Lines", "manifest.json", "15 days", "14 days", "Ask for my data"):
        assert words in page
    assert client.post(f"{PAGE}ask/").url == PAGE
    found = DataReturn.objects.get()
    assert (found.account, found.asked_by, found.state) == (holder.account, holder.reference, "queued")
    assert "Your request waits its turn" in (page := text(client))
    assert "15 days left" in page
    assert "Not counted:" in page
    assert f'hx-get="{address(found, "progress/")}"' in page


def test_asking_twice_says_that_it_is_under_way_on_the_same_page(client, holder):
    client.force_login(holder)
    client.post(f"{PAGE}ask/")
    client.cookies["django_language"] = "en"
    again = client.post(f"{PAGE}ask/", follow=True)
    assert "Your data are being made ready already." in again.content.decode()
    assert again.request["PATH_INFO"] == PAGE
    assert DataReturn.objects.count() == 1


def test_the_progress_asks_again_while_it_goes_on_and_then_for_the_whole_page(client, holder, now, asks):
    client.force_login(holder)
    found = in_state(holder.account, ReturnState.RUNNING, at=now)
    client.get(address(found, "progress/"))
    with asks(4):
        answer = client.get(address(found, "progress/"))
    assert (answer.context["polls"], "HX-Refresh" in answer.headers) == (True, False)
    assert '<progress class="progress" max="100" value="25"' in answer.content.decode()
    returning.cancel_return(found, actor=holder)
    assert client.get(address(found, "progress/"))["HX-Refresh"] == "true"


def test_one_that_stopped_says_why_and_goes_on(client, holder, now):
    client.force_login(holder)
    found = in_state(holder.account, ReturnState.STOPPED, at=now)
    assert "Something went wrong on our side" in (page := text(client))
    assert "hx-get" not in page
    client.post(address(found, "resume/"))
    found.refresh_from_db()
    assert (found.state, found.why) == ("queued", "")
    client.cookies["django_language"] = "en"
    assert "has not stopped" in client.post(address(found, "resume/"), follow=True).content.decode()


@pytest.mark.parametrize("state", [ReturnState.QUEUED, ReturnState.RUNNING, ReturnState.STOPPED, ReturnState.READY])
def test_it_can_be_given_up_as_long_as_it_is_there(client, holder, now, state):
    client.force_login(holder)
    found = in_state(holder.account, state, at=now)
    page = client.post(address(found, "cancel/"), follow=True)
    found.refresh_from_db()
    assert (found.state, page.context["stage"]) == ("cancelled", "cancelled")
    assert "export-ask" not in text(client)
    assert "Ask for my data" in text(client)


def test_the_clock_counts_days_and_says_when_it_is_late(account):
    found = asked(account, at=datetime(2026, 3, 20, 23, 59, tzinfo=AMSTERDAM))  # over a change of the clock

    def clock(*moment: int) -> tuple[str, str]:
        shown = left_of_return(found, on=datetime(2026, *moment, tzinfo=AMSTERDAM).date())
        return shown.tone, shown.words

    assert found.due_at == datetime(2026, 4, 5, tzinfo=AMSTERDAM)
    assert clock(3, 20, 23, 59) == ("draft", "nog 15 dagen")
    assert clock(4, 2, 0, 0) == ("draft", "nog 2 dagen")
    assert clock(4, 3, 23, 59) == ("lapsed", "nog 1 dag")
    assert clock(4, 4, 23, 59) == ("lapsed", "vandaag is de laatste dag")
    assert clock(4, 5, 0, 0) == ("going", "de termijn is voorbij")
    made = returning.cancel_return(found, actor=account.main_user)
    assert left_of_return(made, on=found.due_at.date()) is None


# --- Taken ---------------------------------------------------------------------------------------------------------


def test_what_is_downloaded_opens_and_every_sum_is_right(client, holder, now):
    fill(holder.account, on=timezone.localdate())
    found = made(holder.account, at=now)
    freshly(client, holder)
    assert address(found, "archive.zip") in text(client)
    answer = client.get(address(found, "archive.zip"))
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200, "application/zip", "no-store",
    )  # fmt: skip
    assert answer["Content-Disposition"].startswith('attachment; filename="cannonworks-')
    sent = b"".join(answer.streaming_content)
    assert int(answer["Content-Length"]) == len(sent)
    archive, manifest = checked([sent])
    assert manifest["return"] == str(found.reference)
    assert "Noor" in archive.read("relations/relation.jsonl").decode()
    assert any(name.endswith(".pdf") for name in archive.namelist())
    found.refresh_from_db()
    assert found.taken_at is not None
    assert Entry.objects.filter(event="return.taken", account_reference=holder.account.reference).count() == 1


def test_without_a_fresh_proof_there_is_none_and_after_it_there_is(client, holder, now):
    found = made(holder.account, at=now)
    freshly(client, holder, minutes_ago=30)
    assert address(found, "archive.zip") not in (page := text(client))
    assert "Show that it is you" in page
    assert client.get(address(found, "archive.zip")).url == PAGE
    assert "Show first that it is you" in text(client)
    proof = client.post(address(found, "prove/"))
    assert proof.url.startswith("/security/prove/")
    after = client.post(proof.url, {"password": PASSWORD})
    assert after.url == PAGE
    assert address(found, "archive.zip") in text(client)
    assert client.get(address(found, "archive.zip")).status_code == 200


def test_the_page_lists_what_lies_in_the_archive_and_its_very_size(client, holder, now):
    fill(holder.account, on=timezone.localdate())
    found = made(holder.account, at=now)
    client.force_login(holder)
    page = client.get(PAGE)
    inside = {folder.category.value: folder for folder in page.context["folders"]}
    assert inside["relations"].rows == sum(
        file.rows for file in ReturnFile.objects.filter(of=found, name__startswith="relations/", name__endswith=".csv")
        if "/files/" not in file.name
    )  # fmt: skip
    assert (inside["documents"].papers, inside["documents"].uploads) == (2, 0)
    assert page.context["length"] == returning.archive(found).length
    assert sum(folder.size for folder in inside.values()) < page.context["length"]


def test_it_is_there_until_the_end_of_its_last_day(client, holder, now):
    found = made(holder.account, at=now)
    local = timezone.localtime(found.ready_at, AMSTERDAM)
    assert timezone.localtime(found.expires_at, AMSTERDAM).time() == datetime.min.time()
    assert (found.last_day - local.date()).days == 14
    assert found.can_be_taken(found.expires_at - timedelta(microseconds=1))
    assert not found.can_be_taken(found.expires_at)


@pytest.mark.parametrize("kept", [Term(days=14), Term(days=3)])
def test_the_term_is_that_of_the_rules(client, holder, now, monkeypatch, kept):
    monkeypatch.setattr(rules, "RETURNS_KEPT", kept)
    found = made(holder.account, at=now)
    assert (found.last_day - timezone.localdate(found.ready_at)).days == kept.days
    client.force_login(holder)
    returning.cancel_return(found, actor=holder)
    assert f"{kept.days} days" in text(client)


@pytest.mark.parametrize("swept", [True, False])
def test_what_expired_is_asked_for_anew(client, holder, now, swept):
    found = made(holder.account, at=now)
    past = now - timedelta(minutes=1)
    DataReturn.objects.filter(pk=found.pk).update(expires_at=past)
    if swept:
        returning.expire(at=now)
    freshly(client, holder)
    page = client.get(PAGE)
    assert page.context["stage"] == "expired"
    assert "Expired." in text(client)
    client.cookies["django_language"] = "en"
    answer = client.get(address(found, "archive.zip"), follow=True)
    assert "This archive has expired. Ask for your data again." in answer.content.decode()
    client.post(f"{PAGE}ask/")
    assert DataReturn.objects.under_way().count() == 1


def test_one_that_is_not_ready_is_not_taken(client, holder, now):
    found = asked(holder.account, at=now)
    freshly(client, holder)
    client.cookies["django_language"] = "en"
    answer = client.get(address(found, "archive.zip"), follow=True)
    assert "Your data are not ready yet." in answer.content.decode()


def test_a_download_breaks_off_when_the_return_is_given_up_in_the_middle(client, holder, now):
    fill(holder.account, on=timezone.localdate())
    found = made(holder.account, at=now)
    freshly(client, holder)
    pieces = iter(client.get(address(found, "archive.zip")).streaming_content)
    next(pieces)
    returning.cancel_return(found, actor=holder)
    returning.clear(found.pk)
    with pytest.raises(FileNotFoundError):
        b"".join(pieces)


# --- Who, and in which state ---------------------------------------------------------------------------------------

ACTS = ("progress/", "archive.zip"), ("cancel/", "resume/", "prove/")


def test_a_colleague_reads_why_not_and_reaches_nothing(client, holder, colleague, now):
    found = made(holder.account, at=now)
    freshly(client, colleague)
    page = text(client)
    assert "only the main user of the account can ask for that" in page
    assert holder.full_name in page
    assert str(found.reference) not in page
    assert {client.get(address(found, act)).status_code for act in ACTS[0]} == {403}
    assert {client.post(address(found, act)).status_code for act in ACTS[1]} == {403}
    assert client.post(f"{PAGE}ask/").status_code == 403


def test_an_outsider_finds_nothing(client, holder, outsider, now):
    found = made(holder.account, at=now)
    freshly(client, outsider)
    assert {client.get(address(found, act)).status_code for act in ACTS[0]} == {404}
    assert {client.post(address(found, act)).status_code for act in ACTS[1]} == {404}
    found.refresh_from_db()
    assert (found.state, found.taken_at) == ("ready", None)


def test_staff_are_sent_to_their_own_pages(client, holder, staff, now):
    found = made(holder.account, at=now)
    freshly(client, staff)
    for answer in (client.get(PAGE), client.get(address(found, "archive.zip"))):
        assert answer.status_code == 302
        assert not answer.streaming


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.ACTIVE, State.CANCELLED])
def test_every_living_account_gets_its_data(client, state):
    account = account_in(state, on=timezone.localdate())
    freshly(client, account.main_user)
    client.post(f"{PAGE}ask/")
    making.run(DataReturn.objects.get(account=account).pk)
    found = DataReturn.objects.get(account=account)
    checked(client.get(address(found, "archive.zip")).streaming_content)


def test_an_account_that_is_to_be_erased_is_told_so(client, now):
    account = account_in(State.CANCELLED, on=timezone.localdate())
    found = made(account, at=now)
    Account.objects.filter(pk=account.pk).update(ordered_on=timezone.localdate(), erase_on=timezone.localdate())
    freshly(client, account.main_user)
    page = text(client)
    assert "Too late." in page
    assert "Ask for my data" not in page
    client.cookies["django_language"] = "en"
    for answer in (client.get(address(found, "archive.zip"), follow=True), client.post(f"{PAGE}ask/", follow=True)):
        assert "this account is being erased" in answer.content.decode()


@pytest.mark.clause("15")
def test_a_blocked_account_takes_nothing_along(client, holder, now):
    found = made(holder.account, at=now)
    block_account(holder.account, actor=StaffFactory(), because=uuid4(), at=now)
    for act in (
        lambda: returning.ask_return(holder.account, actor=holder, at=now),
        lambda: returning.take(found, actor=holder, at=now),
    ):
        with pytest.raises(returning.Refused) as refused:
            act()
        assert (refused.value.code, refused.value.clause) == ("blocked", "15")


# --- Around it -----------------------------------------------------------------------------------------------------


def test_my_data_and_the_page_of_erasure_lead_to_it(client, now):
    account = account_in(State.CANCELLED, on=timezone.localdate())
    client.force_login(account.main_user)
    for path in ("/my-data/", "/erasure/"):
        assert f'href="{PAGE}"' in text(client, path), path


def test_the_overview_asks_to_take_what_is_ready_until_it_is_taken(client, holder, colleague, now):
    on = timezone.localdate()

    def due(user, on):
        return list(returns_due(user, on))

    found = in_state(holder.account, ReturnState.STOPPED, at=now)
    assert [(each.title, each.address, each.by) for each in due(holder, on)] == [
        ("Je gegevens zijn nog niet klaar", PAGE, None)
    ]
    returning.resume_return(found, actor=holder)
    assert due(holder, on) == []
    making.run(found.pk)
    found.refresh_from_db()
    assert [(each.title, each.by) for each in due(holder, found.last_day)] == [("Download je gegevens", found.last_day)]
    assert due(colleague, on) == []
    assert due(holder, found.last_day + timedelta(days=1)) == []
    take_all(found, holder, now)
    assert due(holder, on) == []


@pytest.mark.parametrize(("language", "subject"), [("nl", "Je gegevens staan klaar"), ("en", "Your data are ready")])
def test_the_main_user_gets_a_mail_when_it_is_ready(holder, now, mailoutbox, language, subject):
    holder.language = language
    holder.save()
    found = made(holder.account, at=now)
    assert PlannedMail.objects.get().about == found.reference
    assert send_waiting(at=timezone.now()) == 1
    (mail,) = mailoutbox
    assert (mail.to, subject in mail.subject) == ([holder.email], True)
    assert PAGE in mail.body
    assert str(found.last_day.day) in mail.body
    assert str(found.reference) not in mail.body


def test_a_mail_without_a_point_does_not_go(holder, now, mailoutbox):
    found = made(holder.account, at=now)
    take_all(found, holder, now)
    assert send_waiting(at=timezone.now()) == 0
    assert (mailoutbox, PlannedMail.objects.count()) == ([], 0)


def test_the_page_takes_as_many_queries_with_many_files_as_with_few(client, holder, now, asks):
    found = made(holder.account, at=now)
    client.force_login(holder)
    client.get(PAGE)
    with asks(6):
        client.get(PAGE)
    ReturnFile.objects.bulk_create(
        ReturnFile(account=holder.account, of=found, name=f"documents/2026-{n}.pdf", size=9, digest="0", rows=1)
        for n in range(30)
    )
    with asks(6):
        page = client.get(PAGE)
    assert {folder.category.value: folder.papers for folder in page.context["folders"]}["documents"] == 30
    asked_again = in_state(AccountFactory(state=State.ACTIVE), ReturnState.RUNNING, at=now)
    client.force_login(asked_again.account.main_user)
    client.get(PAGE)
    with asks(5):
        client.get(PAGE)


def test_a_slow_reader_keeps_no_connection_of_a_pool(monkeypatch):
    from cannonworks import downloads

    closed = []

    class Pooled:
        pool, in_atomic_block = object(), False

        def close(self):
            closed.append(True)

    monkeypatch.setattr(downloads.transaction, "get_connection", Pooled)
    pieces = iter(downloads.stream_response([b"a", b"b"], "a.zip", length=2).streaming_content)
    assert (next(pieces), closed) == (b"a", [True])
    Pooled.in_atomic_block = True
    assert (next(pieces), closed) == (b"b", [True])
