"""Staff release a notice after seeing it, watch it go, and have sent again what came back (§13)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from breaches.models import Notice, Phase
from breaches.progress import progress_of
from tests import breached
from tests.breaches.released import accounts, notices, send, waiting
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
PAGE, LIST = "/admin/breaches/breach/{}/", "/admin/breaches/notice/"


@pytest.fixture
def officer(client):
    person = member("Privacy officer")
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return person


def test_the_question_shows_both_mails_and_how_many_get_it_and_the_answer_releases(client, officer):
    row = breached.breach()
    some = accounts(3)
    breached.affected(row, *some)
    phase = breached.phase(row)
    address = PAGE.format(row.pk) + "release/"
    assert "Release phase 1 as notice" in client.get(PAGE.format(row.pk) + "change/").content.decode()
    page = client.get(address).content.decode()
    for words in (phase.fact_nl, phase.fact_en, "A breach of your data: Backups within reach", "cannot be taken back"):
        assert words in page
    assert '<dd class="break-words min-w-0">3</dd>' in page
    phase.refresh_from_db()
    assert phase.released_at is None  # looking does nothing
    assert client.post(address).status_code == 302
    phase.refresh_from_db()
    assert phase.released_by == officer.reference
    assert "Release phase" not in client.get(PAGE.format(row.pk) + "change/").content.decode()


@pytest.mark.parametrize("lacking", ["fact_nl", "cause_en", "known_effects_nl", "measures_taken_en"])
def test_what_is_incomplete_is_not_released_by_a_post_and_says_what_is_missing(client, officer, lacking):
    row = breached.breach()
    breached.affected(row, *accounts(1))
    breached.phase(row, **{lacking: ""})
    address = PAGE.format(row.pk) + "release/"
    page = client.get(address).content.decode()
    assert "Still missing" in page
    assert "Release and send" not in page
    answer = client.post(address, follow=True).content.decode()
    assert "The notice does not say yet" in answer
    assert not Phase.objects.filter(released_at__isnull=False).exists()


def test_who_may_only_look_releases_nothing(client):
    client.force_login(member("Support"))
    row = breached.breach()
    breached.affected(row, *accounts(1))
    breached.phase(row)
    assert client.get(PAGE.format(row.pk) + "change/").status_code == 200
    assert client.post(PAGE.format(row.pk) + "release/").status_code == 403
    assert not Phase.objects.filter(released_at__isnull=False).exists()


def test_progress_counts_and_polls_only_while_something_is_under_way(
    client, officer, office, django_assert_num_queries
):
    some = accounts(4)
    office.refuses[some[3].main_user.email] = "550 5.1.1 unknown"
    phase = waiting(*some)
    address = PAGE.format(phase.breach_id) + "progress/"
    page = client.get(address).content.decode()
    assert ('hx-trigger="every 3s"' in page, "0 / 4" in page) == (True, True)
    send(phase)
    first, second, *_rest = notices(phase)
    Notice.objects.filter(pk=first.pk).update(read_at=timezone.now(), delivered_at=timezone.now())
    Notice.objects.filter(pk=second.pk).update(repeats=1, acknowledged_at=timezone.now())
    with django_assert_num_queries(1):
        found = progress_of(phase)
    assert (found.planned, found.handed, found.waiting, found.bounced, found.untold) == (4, 3, 0, 1, 1)
    assert (found.delivered, found.read, found.acknowledged, found.repeats, found.percent) == (1, 1, 1, 1, 100)
    assert found.due_at == phase.breach.deadline.due_at
    page = client.get(address).content.decode()
    assert ("hx-trigger" in page, "3 / 4" in page) == (False, True)


def test_the_list_finds_what_came_back_and_it_is_sent_again(client, officer, office):
    bad, good = accounts(2)
    office.refuses[bad.main_user.email] = "550 5.1.1 unknown"
    phase = waiting(bad, good)
    send(phase)
    by_account = {notice.account_id: notice for notice in notices(phase)}
    found = {
        state: {row.account_id for row in client.get(LIST, {"state": state}).context["cl"].queryset}
        for state in ("bounced", "waiting", "unread", "repeated")
    }
    assert found == {"bounced": {bad.pk}, "waiting": set(), "unread": {good.pk}, "repeated": set()}
    came_back = by_account[bad.pk]
    page = client.get(f"{LIST}{came_back.pk}/change/").content.decode()
    assert ("550 5.1.1" in page, "Send again" in page, bad.main_user.email in page) == (True, True, False)
    assert client.post(f"{LIST}{came_back.pk}/send_again/").status_code == 302
    assert Notice.objects.get(pk=came_back.pk).failed_at is None
    assert client.get(f"{LIST}{by_account[good.pk].pk}/change/").context["actions_detail"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(client, officer, count, django_assert_max_num_queries):
    waiting(*accounts(count))
    with django_assert_max_num_queries(19):
        assert client.get(LIST).status_code == 200
