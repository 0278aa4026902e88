"""Issues of the newsletter, through a real mail server: at most one mail to anybody, also after a kill (§2)."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import issues, newsletter, tasks
from accounts.issues import carry_on, send_newsletter, totals, try_newsletter, write_newsletter
from accounts.models import Account, MailState, Newsletter, NewsletterMail, NewsletterState, Subscriber
from accounts.newsletter import set_subscription
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from tests.cast import member
from tests.factories import AccountFactory, ColleagueFactory
from tests.lives import age
from tests.processes import ended, fork, until

pytestmark = [pytest.mark.django_db, pytest.mark.clause("2")]
AT = timezone.now()
NONE = dict.fromkeys(MailState.values, 0)
TEXTS = {
    "subject_nl": "Nieuw: herinneringen",
    "text_nl": "Je kunt nu **herinneringen** sturen.\n\n# Verder\n\n<script>alert(1)</script> ![x](https://buiten.example/x.png)",
    "subject_en": "New: reminders",
    "text_en": "You can send *reminders* now.",
}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Batches run where a test says so."""
    monkeypatch.setattr(tasks.send_newsletters, "delay", lambda: None)


def draft(staff) -> Newsletter:
    return write_newsletter(Newsletter(**TEXTS), actor=staff)


def readers(count: int, **fields) -> list[Subscriber]:
    account = AccountFactory(**fields)
    users = [account.main_user, *ColleagueFactory.create_batch(count - 1, account=account)]
    for user in users:
        set_subscription(user, wanted=True, at=AT)
    return list(Subscriber.objects.order_by("pk"))


def addresses(post_office) -> Counter:
    return Counter(letter["To"] for letter in post_office.letters)


def test_each_reader_gets_one_in_their_language_with_a_button_to_unsubscribe(post_office, staff):
    dutch, english = readers(2)
    english.user.language = "en"
    english.user.save(update_fields=["language"])
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    with isolation.acting_as(isolation.JOBS):
        assert carry_on(at=AT) == (2, False)
        assert carry_on(at=AT) == (0, False)
    first, second = post_office.letters
    assert [first["Subject"], second["Subject"]] == ["Nieuw: herinneringen", "New: reminders"]
    assert (first["To"], first["List-Unsubscribe-Post"]) == (dutch.user.email, "List-Unsubscribe=One-Click")
    stop = re.fullmatch(r"<(http://localhost:8000/newsletter/stop/\S+/)>", first["List-Unsubscribe"].replace(" ", ""))[
        1
    ]
    plain, page = (part.get_content() for part in first.iter_parts())
    assert stop in plain.replace("\n", "")
    assert "<strong>herinneringen</strong>" in page
    assert "<script" not in page
    assert "<img" not in page
    newsletter.stop(stop.rstrip("/").rpartition("/")[2], at=AT)
    assert set(Subscriber.objects.filter(wanted=True)) == {english}
    issue.refresh_from_db()
    assert (issue.state, totals(issue)) == (NewsletterState.SENT, NONE | {"sent": 2})


def test_nobody_gets_it_who_does_not_want_it_or_opted_out_meanwhile(post_office, staff):
    wants, stops, mute = readers(3)
    set_subscription(mute.user, wanted=False, at=AT)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    issues.plan(issue, at=AT)
    set_subscription(stops.user, wanted=False, at=AT)
    assert carry_on(at=AT) == (1, False)
    assert addresses(post_office) == {wants.user.email: 1}
    assert totals(issue) == NONE | {"sent": 1, "skipped": 1}


def test_an_address_on_the_list_of_opt_outs_is_passed_by_however_it_came_in(post_office, staff):
    (reader,) = readers(1)
    newsletter._suppress(reader.user.email, AT)
    send_newsletter(draft(staff), actor=staff, at=AT)
    assert carry_on(at=AT) == (0, False)
    assert post_office.letters == []


def test_cancelled_accounts_get_it_and_accounts_that_are_being_erased_do_not(post_office, staff):
    (cancelled,) = readers(1, state=State.CANCELLED)
    going = AccountFactory(state=State.LAPSED)
    set_subscription(going.main_user, wanted=True, at=AT)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    issues.plan(issue, at=AT)
    Account.objects.filter(pk=going.pk).update(claimed_at=AT)
    assert carry_on(at=AT) == (1, False)
    assert addresses(post_office) == {cancelled.user.email: 1}


def test_a_large_one_goes_in_batches_and_over_new_connections(post_office, staff, monkeypatch):
    monkeypatch.setattr(issues, "MAILS_A_CONNECTION", 2)
    readers(5)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    assert carry_on(at=AT, batch=2) == (2, True)
    assert carry_on(at=AT, batch=2) == (2, True)
    assert totals(issue)["waiting"] == 1
    assert carry_on(at=AT, batch=2) == (1, False)
    assert set(addresses(post_office).values()) == {1}
    assert len(post_office.letters) == 5


def test_what_the_server_will_not_take_is_counted_and_what_it_will_not_take_now_is_tried_again(post_office, staff):
    readers(1)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    post_office.refusal = "451 later"
    assert carry_on(at=AT) == (0, False)
    assert totals(issue)["waiting"] == 1
    assert carry_on(at=AT + timedelta(minutes=14)) == (0, False)
    assert NewsletterMail.objects.get().attempts == 1  # not yet
    post_office.refusal = "550 no such user"
    assert carry_on(at=AT + timedelta(minutes=15)) == (0, False)
    issue.refresh_from_db()
    assert (issue.state, totals(issue)) == (NewsletterState.SENT, NONE | {"refused": 1})


def test_a_server_that_is_away_costs_nobody_theirs(settings, post_office, staff):
    readers(2)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        carry_on(at=AT)
    assert totals(issue)["waiting"] == 2
    settings.EMAIL_PORT = port
    assert carry_on(at=AT) == (2, False)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_sends_nobody_a_second_one_and_the_rest_goes_on(post_office, staff):
    readers(30)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    pid = fork(lambda: carry_on(at=AT))
    until(lambda: len(post_office.letters) >= 7, "seven mails")
    os.kill(pid, signal.SIGKILL)
    assert ended(pid) == -signal.SIGKILL
    there = len(post_office.letters)
    assert 7 <= there < 30
    _sent, has_more = carry_on(at=AT)
    counted = totals(issue)
    assert (has_more, counted["waiting"], counted["begun"] <= 1) == (False, 0, True)
    assert counted["sent"] + counted["begun"] == 30
    assert set(addresses(post_office).values()) == {1}
    assert len(post_office.letters) >= 29


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work(post_office, staff):
    readers(20)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    pids = [fork(lambda: carry_on(at=AT)) for _worker in range(2)]
    assert [ended(pid) for pid in pids] == [0, 0]
    carry_on(at=AT)
    assert addresses(post_office) == dict.fromkeys(addresses(post_office), 1)
    assert (len(post_office.letters), totals(issue)) == (20, NONE | {"sent": 20})
    assert threading.active_count() < 20


def test_it_is_sent_once_and_stays_as_it_is(staff):
    issue = draft(staff)
    send_newsletter(issue, actor=staff, at=AT)
    with pytest.raises(Refused) as refused:
        send_newsletter(issue, actor=staff, at=AT)
    assert refused.value.code == "newsletter_begun"
    issue.text_nl = "Anders"
    with pytest.raises(Refused) as refused:
        write_newsletter(issue, actor=staff)
    assert refused.value.code == "newsletter_begun"
    assert Newsletter.objects.get().text_nl == TEXTS["text_nl"]
    events = ["newsletter.written", "newsletter.sending"]
    assert list(Entry.objects.filter(clause="2").order_by("id").values_list("event", flat=True)) == events


def test_both_languages_are_needed_and_staff_alone_write(staff, holder):
    with pytest.raises(ValidationError, match="text_en"):
        write_newsletter(Newsletter(**TEXTS | {"text_en": ""}), actor=staff)
    with pytest.raises(Refused):
        write_newsletter(Newsletter(**TEXTS), actor=holder)


def test_a_trial_goes_to_its_writer_alone_in_both_languages(
    post_office, staff, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(tasks.send_newsletter_test, "delay", tasks.send_newsletter_test)
    readers(1)
    with django_capture_on_commit_callbacks(execute=True):
        try_newsletter(draft(staff), actor=staff)
    assert [(letter["To"], letter["Subject"]) for letter in post_office.letters] == [
        (staff.email, "Nieuw: herinneringen"), (staff.email, "New: reminders"),
    ]  # fmt: skip
    token = re.search(r"/stop/(\S+)/", post_office.letters[0]["List-Unsubscribe"].replace(" ", ""))[1]
    newsletter.stop(token, at=AT)
    assert Subscriber.objects.get().wanted is True


def test_who_got_what_is_forgotten_after_90_days_and_the_counts_stay(post_office, staff):
    readers(2)
    issue = send_newsletter(draft(staff), actor=staff, at=AT)
    carry_on(at=AT)
    issue.refresh_from_db()
    assert issue.totals == NONE | {"sent": 2}
    on = timezone.localdate(AT)
    NewsletterMail.objects.filter(pk=NewsletterMail.objects.latest("pk").pk).update(state_at=AT - timedelta(days=200))
    assert age(on + timedelta(days=89)) == 0  # counted from the end of the sending of all of it
    assert age(on + timedelta(days=90)) == 2
    issue.refresh_from_db()
    assert (NewsletterMail.objects.count(), totals(issue)) == (0, NONE | {"sent": 2})
    assert Subscriber.objects.count() == 2


def test_support_writes_tries_and_sends_in_the_administration(client, django_capture_on_commit_callbacks, monkeypatch):
    tried = []
    monkeypatch.setattr(tasks.send_newsletter_test, "delay", lambda *keys: tried.append(keys))
    readers(3)
    support = member("Support")
    client.force_login(support)
    client.cookies["django_language"] = "en"
    page = client.post("/admin/accounts/newsletter/add/", {**TEXTS, "text_en": ""})
    assert page.status_code == 409
    assert "Je kunt nu **herinneringen** sturen." in page.content.decode()
    assert client.post("/admin/accounts/newsletter/add/", TEXTS).status_code == 302
    issue = Newsletter.objects.get()
    base = f"/admin/accounts/newsletter/{issue.pk}"
    client.post(f"{base}/rewrite/", {**TEXTS, "subject_en": "New"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{base}/try_out/")
    assert tried == [(issue.pk, support.pk)]
    assert "3 subscribers" in client.get(f"{base}/send/").content.decode()
    client.post(f"{base}/send/")
    issue.refresh_from_db()
    assert (issue.state, issue.subject_en) == (NewsletterState.SENDING, "New")
    assert "Being sent" in client.get(f"{base}/change/").content.decode()
