"""What the holder is told of what others asked, and what is due: pages, API, mails, clocks (§8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from accounts import outbox
from accounts.due import Due, due_from
from accounts.models import PlannedMail, User
from board.running import Clocks, Urgency
from cannonworks import clocks, isolation
from cannonworks.clocks import Who, kinds_for
from cannonworks.deadlines import start_of_day
from processors import disclosing, extracting
from processors.models import Disclosure
from processors.tasks import end_gags, tend_extracts
from rights.returned import contents
from tests import registers
from tests.callers import API, device, just_signed_in, problem
from tests.cast import member
from tests.rights.returns import made, opened
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8")]
FIELDS = ["accounts.Company.email", "accounts.Company.phone"]
DAY = timedelta(days=1)


@pytest.fixture
def officer(db) -> User:
    return member("Privacy officer")


@pytest.fixture
def other(db) -> User:
    return member("Privacy officer", first_name="Piet")


def noted(officer, account, *, at=None, **more) -> Disclosure:
    at = at or timezone.now() - timedelta(minutes=1)
    said = {
        "asker": "police", "office": "Politie Noord", "channel": "brief", "received_at": at, "asked_fields": FIELDS,
        "given_fields": FIELDS[:1], "basis": "Sv art. 126nd", "order": ContentFile(b"%PDF-1.7 bevel"),
    }  # fmt: skip
    return disclosing.register(actor=officer, account=account, at=at, **(said | more))


def secret(officer, other, account, *, days: int = 1) -> Disclosure:
    row, on = noted(officer, account), timezone.localdate()
    return disclosing.decide(
        row, actor=other, decision="give", reason="bevel", at=timezone.now(), gag_basis="Sv art. 126bb",
        gag_until=on + days * DAY,
    )  # fmt: skip


def post(mailoutbox) -> list[tuple[str, str, str]]:
    """Send what waits, and return it: to whom, subject, body."""
    with isolation.acting_as(isolation.JOBS):
        outbox.send_waiting(at=timezone.now())
    found = [(mail.to[0], mail.subject, mail.body) for mail in mailoutbox]
    mailoutbox.clear()
    return found


def due_of(user: User) -> list[Due]:
    return [due for due in due_from(user, on=timezone.localdate()) if "disclosures" in due.address]


def lines(name: str) -> list:
    return [row for row in Clocks(clocks.kinds(), timezone.now()).first(99) if row.name == name]


# --- Mails and what is due --------------------------------------------------------------------------------------------
def test_the_main_user_is_asked_by_mail_and_on_the_overview_until_there_is_an_answer(account, holder, colleague, officer, mailoutbox):  # fmt: skip
    row, on = noted(officer, account), timezone.localdate()
    assert post(mailoutbox) == []
    assert due_of(holder) == []
    disclosing.ask_consent(row, actor=officer, at=timezone.now())
    ((to, subject, body),) = post(mailoutbox)
    assert (to, subject) == (holder.email, "Mogen we je gegevens aan Politie Noord geven?")
    assert f"/my-data/disclosures/{row.reference}/" in body
    with isolation.acting_as(isolation.of(holder)):
        (due,) = due_of(holder)
    assert (due.address, due.by) == (f"/my-data/disclosures/{row.reference}/", on + 14 * DAY)
    assert due_of(colleague) == []
    disclosing.answer(row, actor=holder, consent="refused", at=timezone.now())
    assert due_of(holder) == []
    ((to, subject, body),) = post(mailoutbox)
    assert to == officer.email
    assert "Politie" not in subject + body


def test_a_question_that_is_over_is_neither_mailed_nor_due(account, holder, officer, mailoutbox):
    row = noted(officer, account, at=timezone.now() - 20 * DAY)
    disclosing.ask_consent(row, actor=officer, at=timezone.now() - 15 * DAY)
    assert (post(mailoutbox), due_of(holder)) == ([], [])


@pytest.mark.parametrize(("language", "decision", "subject", "words"), [
    ("nl", "give", "We geven gegevens uit je account aan Politie Noord", "Sv art. 126nd"),
    ("en", "give", "We give data of your account to Politie Noord", "an order that we must obey"),
    ("nl", "refuse", "We weigerden Politie Noord gegevens uit je account", "niets gegeven"),
    ("en", "refuse", "We refused Politie Noord data of your account", "gave nothing"),
])  # fmt: skip
def test_the_holder_is_mailed_what_came_of_it(account, holder, officer, other, mailoutbox, language, decision, subject, words):  # fmt: skip
    User.objects.filter(pk=holder.pk).update(language=language)
    row = noted(officer, account)
    disclosing.decide(row, actor=other, decision=decision, reason="x", at=timezone.now())
    ((to, told, body),) = post(mailoutbox)
    assert (to, told) == (holder.email, subject)
    assert words in body


def test_a_request_that_names_nobody_is_told_to_nobody(officer, other, mailoutbox):
    row = noted(officer, None, given_fields=[])
    disclosing.decide(row, actor=other, decision="refuse", reason="onbekend", at=timezone.now())
    assert post(mailoutbox) == []


def test_of_a_secret_nothing_is_mailed_until_the_job_that_ends_it_tells_by_itself(account, holder, officer, other, mailoutbox):  # fmt: skip
    row = secret(officer, other, account)
    registers.taken(row, actor=officer, at=timezone.now())
    assert (post(mailoutbox), PlannedMail.objects.count()) == ([], 0)
    assert end_gags() == 0
    Disclosure.objects.update(gag_until=timezone.localdate())
    assert (end_gags(), end_gags()) == (1, 0)
    ((to, subject, body),) = post(mailoutbox)
    assert (to, subject) == (holder.email, "Wat we je nu mogen vertellen: Politie Noord vroeg om je gegevens")
    assert "Sv art. 126bb" in body
    with isolation.acting_as(isolation.of(holder)):
        assert Disclosure.objects.get().told_at is not None
    assert "Sv art. 126bb" in freshly(Client(), holder).get(f"/my-data/disclosures/{row.reference}/").content.decode()


def test_a_mail_on_its_way_is_kept_back_by_a_gag_that_was_laid_in_between(account, officer, other, mailoutbox):
    row = noted(officer, account)
    disclosing.ask_consent(row, actor=officer, at=timezone.now())
    disclosing.decide(
        row, actor=other, decision="refuse", reason="x", at=timezone.now(), gag_basis="Sv art. 126bb",
        gag_until=timezone.localdate() + DAY,
    )  # fmt: skip
    assert post(mailoutbox) == []


@pytest.mark.clause("6")
def test_the_return_of_all_data_betrays_no_secret(account, holder, officer, other):
    """The worker reads with the rights of jobs: what the holder may not know is left out by the data map."""
    open_one = noted(officer, account, office="Bekend")
    disclosing.decide(open_one, actor=other, decision="give", reason="x", at=timezone.now())
    hidden = secret(officer, other, account)
    for row in (open_one, hidden):
        registers.extract(row, actor=officer, at=timezone.now())
    archive = opened(made(account))
    found = {name: archive.read(name) for name in archive.namelist()}
    everything = b"".join(found.values()).decode(errors="replace")
    assert str(open_one.reference) in everything
    assert str(hidden.reference) not in everything
    assert str(hidden.extracts.get().reference) not in everything
    assert [name for name in found if "disclosureorder" in name or "extractfile" in name] == []
    assert found["evidence/extract.jsonl"].count(b"\n") == found["evidence/disclosure.jsonl"].count(b"\n") == 1
    assert {"processors_disclosureorder", "processors_extractfile"} & {
        t.entry.table for t in contents.tables()
    } == set()


# --- Clocks -----------------------------------------------------------------------------------------------------------
def test_a_question_has_a_clock_until_it_is_answered_or_decided(account, holder, officer, other):
    row = noted(officer, account)
    assert lines("disclosure_consent") == []
    asked_at = timezone.now()
    disclosing.ask_consent(row, actor=officer, at=asked_at)
    with isolation.acting_as(isolation.of(officer)):
        (line,) = lines("disclosure_consent")
    assert (line.start, line.due_at, line.kind.who) == (asked_at, asked_at + 14 * DAY, Who.HOLDER)
    assert line.address == f"/admin/processors/disclosure/{row.pk}/change/"
    disclosing.answer(row, actor=holder, consent="given", at=asked_at)
    assert lines("disclosure_consent") == []
    names = {"disclosure_consent", "disclosure_gag", "disclosure_extract"}
    assert names <= {kind.name for kind in kinds_for(officer)}
    assert not names & {kind.name for kind in kinds_for(member("Support"))}


def test_a_gag_has_a_clock_until_the_holder_is_told(account, officer, other):
    row = secret(officer, other, account, days=9)
    with isolation.acting_as(isolation.of(officer)):
        (line,) = lines("disclosure_gag")
    assert line.due_at == start_of_day(row.gag_until)
    Disclosure.objects.update(gag_until=timezone.localdate())
    assert lines("disclosure_gag")[0].urgency == Urgency.PAST
    end_gags()
    assert lines("disclosure_gag") == []


def test_a_file_that_nobody_fetches_has_a_clock(account, officer, other):
    row = noted(officer, account)
    disclosing.decide(row, actor=other, decision="give", reason="x", at=timezone.now())
    assert lines("disclosure_extract") == []
    found = registers.extract(row, actor=officer, at=timezone.now())
    with isolation.acting_as(isolation.of(officer)):
        (line,) = lines("disclosure_extract")
    assert (line.due_at, line.address) == (found.expires_at, f"/admin/processors/disclosure/{row.pk}/change/")
    extracting.take(found, actor=officer, at=timezone.now())
    assert lines("disclosure_extract") == []
    assert tend_extracts() == 1


# --- API --------------------------------------------------------------------------------------------------------------
def test_the_api_lists_what_the_account_may_know(account, holder, outsider, officer, other):
    row = noted(officer, account)
    secret(officer, other, account)
    client = device(holder)
    assert client.get(f"{API}/disclosures/").json()["results"] == []
    disclosing.ask_consent(row, actor=officer, at=timezone.now())
    (found,) = client.get(f"{API}/disclosures/").json()["results"]
    assert (found["reference"], found["office"], found["consent"], found["decision"]) == (
        str(row.reference), "Politie Noord", "", "",
    )  # fmt: skip
    assert found["given"] == [{"name": FIELDS[0], "label": "Your company: e-mail"}]
    assert "reason" not in found
    assert client.get(f"{API}/disclosures/{row.reference}/").json() == found
    assert device(outsider).get(f"{API}/disclosures/{row.reference}/").status_code == 404
    assert device(outsider).get(f"{API}/disclosures/").json()["results"] == []


def test_the_api_takes_one_answer_of_the_main_user_in_a_fresh_session(account, holder, colleague, officer):
    row = noted(officer, account)
    disclosing.ask_consent(row, actor=officer, at=timezone.now())
    path, said = f"{API}/disclosures/{row.reference}/answer/", {"consent": "given"}
    assert problem(device(holder).post(path, said), 403, "not_fresh")["page"].endswith(f"/{row.reference}/")
    assert just_signed_in(colleague).post(path, said).status_code == 403
    client = just_signed_in(holder)
    assert client.post(path, {"consent": "perhaps"}).status_code == 400
    assert client.post(path, said).json()["consent"] == "given"
    problem(client.post(path, {"consent": "refused"}), 409, "answered")
    assert Disclosure.objects.get().consent == "given"


# --- Pages ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_of_one_and_of_three(account, holder, officer, client, asks, number):
    for _n in range(number):
        disclosing.ask_consent(noted(officer, account), actor=officer, at=timezone.now())
    client.force_login(holder)
    client.get("/my-data/disclosures/")
    with asks(QUERIES):
        page = client.get("/my-data/disclosures/").content.decode()
    assert page.count("Politie Noord") == number


#: Session, user, company and banners of the frame, and the list.
QUERIES = 5


def test_staff_make_and_download_the_file_on_their_pages(account, officer, other):
    row = noted(officer, account)
    disclosing.decide(row, actor=other, decision="give", reason="x", at=timezone.now())
    act, clerk = f"/admin/processors/disclosure/{row.pk}/", freshly(Client(), officer)
    assert clerk.get(f"{act}open_order/").content == b"%PDF-1.7 bevel"
    assert "make_file" in clerk.get(f"{act}change/").content.decode()
    assert clerk.post(f"{act}download/").status_code == 302  # there is none
    assert clerk.post(f"{act}make_file/").status_code == 302
    with isolation.acting_as(isolation.JOBS):
        extracting.run(row.extracts.get().pk, at=timezone.now())
    page = clerk.get(f"{act}change/").content.decode()
    assert ("make_file" in page, row.extracts.get().digest in page.replace("<wbr>", "")) == (False, True)
    stale = freshly(Client(), officer, minutes_ago=60)
    assert stale.post(f"{act}download/")["Content-Type"] != "application/zip"
    assert row.extracts.get().state == "ready"
    answer = clerk.post(f"{act}download/")
    assert (answer["Content-Type"], answer.content[:2]) == ("application/zip", b"PK")
    assert clerk.post(f"{act}download/").status_code == 302
    assert clerk.post(f"{act}hand_over/", {"how": "post", "to": "officier"}).status_code == 302
    assert Disclosure.objects.get().handed_to == "officier"
    support = freshly(Client(), member("Support"))
    assert {support.get(f"{act}{page}/").status_code for page in ("open_order", "download", "make_file")} == {403}
