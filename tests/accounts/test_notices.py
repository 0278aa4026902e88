"""Notices: in both languages, from a day until one, until somebody puts them away (§1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Dismissal, Notice
from accounts.notices import dismiss_notice, notices_for, write_notice
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from tests.callers import API, device
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]
ON = timezone.localdate()
DAY = timedelta(days=1)
AT = timezone.now()


def notice(staff, *, begins: date = ON, ends: date | None = None, title: str = "Nieuw") -> Notice:
    row = Notice(
        title_nl=title, text_nl="Je kunt nu **herinneringen** sturen.\n\n# Kop <script>", title_en=f"{title} (en)",
        text_en="You can send reminders.", shown_from=begins, shown_until=ends,
    )  # fmt: skip
    return write_notice(row, actor=staff)


@pytest.mark.parametrize(
    ("begins", "ends", "seen"),
    [(ON, None, 1), (ON + DAY, None, 0), (ON - 9 * DAY, ON, 1), (ON - 9 * DAY, ON - DAY, 0)],
)
def test_it_is_seen_from_its_first_day_until_its_last(staff, holder, begins, ends, seen, django_assert_num_queries):
    notice(staff, begins=begins, ends=ends)
    with isolation.acting_as(isolation.of(holder)), django_assert_num_queries(1):
        assert len(notices_for(holder, ON)) == seen


def test_who_puts_it_away_sees_it_no_more_and_a_colleague_does(staff, holder, colleague):
    older, newer = notice(staff, begins=ON - DAY), notice(staff)
    with isolation.acting_as(isolation.of(holder)):
        assert list(notices_for(holder, ON)) == [newer, older]
        dismiss_notice(newer, user=holder, at=AT)
        dismiss_notice(newer, user=holder, at=AT)
        assert list(notices_for(holder, ON)) == [older]
    with isolation.acting_as(isolation.of(colleague)):
        assert list(notices_for(colleague, ON)) == [newer, older]


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_asks_once_for_all_of_them(client, staff, holder, count, django_assert_max_num_queries):
    for _number in range(count):
        notice(staff)
    client.force_login(holder)
    with django_assert_max_num_queries(21) as asked:
        page = client.get("/").content.decode()
    assert page.count('class="notice"') == count
    assert sum("accounts_notice" in query["sql"] for query in asked.captured_queries) == 1


def test_the_overview_tells_it_in_the_readers_language_without_markup_of_others(client, staff, holder):
    notice(staff)
    client.force_login(holder)
    page = client.get("/").content.decode()
    assert "<strong>herinneringen</strong>" in page
    assert "<h3>Kop &lt;script&gt;</h3>" in page
    client.cookies["django_language"] = "en"
    assert "Nieuw (en)" in client.get("/").content.decode()


@pytest.mark.parametrize("state", [State.TRIAL, State.LAPSED, State.CANCELLED])
def test_it_is_put_away_with_and_without_scripts_in_any_state(client, staff, state):
    row, other = notice(staff), notice(staff, title="Onderhoud")
    client.force_login(AccountFactory(state=state).main_user)
    rest = client.post(f"/notices/{row.reference}/dismiss/", headers={"hx-request": "true"}).content.decode()
    assert rest.strip().startswith('<div class="notices" id="notices">')
    assert ("Onderhoud" in rest, "Nieuw" in rest) == (True, False)
    assert client.post(f"/notices/{other.reference}/dismiss/").url == "/"
    assert Dismissal.objects.count() == 2
    assert 'class="notice"' not in client.get("/").content.decode()


def test_what_is_over_cannot_be_put_away(client, staff, holder):
    row = notice(staff, begins=ON - 9 * DAY, ends=ON - DAY)
    client.force_login(holder)
    assert client.post(f"/notices/{row.reference}/dismiss/").status_code == 404


def test_an_app_lists_them_and_puts_them_away(staff, holder):
    row, client = notice(staff), device(holder)
    (found,) = client.get(f"{API}/notices/").json()["results"]
    assert found == {
        "reference": str(row.reference), "title": "Nieuw (en)", "text": "You can send reminders.",
        "shown_from": ON.isoformat(), "shown_until": None,
    }  # fmt: skip
    assert client.post(f"{API}/notices/{row.reference}/dismiss/").status_code == 204
    assert client.get(f"{API}/notices/").json()["results"] == []


def test_staff_alone_write_and_an_end_comes_after_its_beginning(staff, holder):
    with pytest.raises(Refused):
        notice(holder)
    with pytest.raises(ValidationError):
        notice(staff, ends=ON - DAY)


def test_support_writes_and_changes_them_in_the_administration(client):
    client.force_login(member("Support"))
    client.cookies["django_language"] = "en"
    texts = {"title_nl": "T", "text_nl": "N", "title_en": "T", "text_en": "E", "shown_from": ON.isoformat()}
    assert client.post("/admin/accounts/notice/add/", texts).status_code == 302
    row = Notice.objects.get()
    wrong = client.post(f"/admin/accounts/notice/{row.pk}/rewrite/", texts | {"shown_until": (ON - DAY).isoformat()})
    assert wrong.status_code == 409
    client.post(
        f"/admin/accounts/notice/{row.pk}/rewrite/", texts | {"shown_until": ON.isoformat(), "title_nl": "Anders"}
    )
    row.refresh_from_db()
    assert (row.shown_until, row.title_nl) == (ON, "Anders")
    assert "Shown" in client.get("/admin/accounts/notice/").content.decode()
