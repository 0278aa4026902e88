"""The calendar of deadlines: for whoever has the address, with what its owner may see then, and nobody's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from board import feeds
from board.models import Feed
from cannonworks import isolation
from cannonworks.bearer import digest_of
from cannonworks.deadlines import AMSTERDAM
from journal.models import Entry
from tests import breached
from tests.asked import subject_request
from tests.board.clocks import declared, row
from tests.cast import member
from tests.signin import altered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
AT = datetime(2026, 11, 17, 9, 30, tzinfo=AMSTERDAM)
HOUR = timedelta(hours=1)


@pytest.fixture
def officer(db):
    return member("Privacy officer", language="en")


@pytest.fixture
def token(officer):
    return made(officer)


def made(user):
    with isolation.acting_as(isolation.of(user)):
        return feeds.make_feed(user, at=timezone.now())


def read(client, token):
    answer = client.get(f"/board/{token}.ics")
    if answer.status_code == 404:
        return None
    assert (answer.status_code, answer["Content-Type"], answer.cookies) == (200, "text/calendar; charset=utf-8", {})
    return icalendar.Calendar.from_ical(answer.content)


def titles(calendar):
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


def test_the_calendar_has_the_end_of_each_clock_with_an_alarm_at_nine_tenths(client, officer, token):
    row(AT, 10 * HOUR, about="one")
    with declared():
        calendar = read(client, token)
    (event,) = calendar.walk("VEVENT")
    (alarm,) = event.walk("VALARM")
    assert calendar["X-WR-CALNAME"] == "CannonWorks deadlines"
    assert {name: str(event[name]) for name in ("SUMMARY", "UID", "DESCRIPTION")} == {
        "SUMMARY": "Clock tried · one",
        "UID": f"tried-one-{(AT + 10 * HOUR).timestamp():.0f}@localhost",
        "DESCRIPTION": "We. §5. one\nDue: Tuesday 17 November 2026 19:30.\n"
        f"http://localhost:8000/admin/retention/alarm/{row(AT).pk - 1}/change/",
    }
    assert event["DTSTART"].dt == (AT + 10 * HOUR).astimezone(UTC)
    assert alarm["TRIGGER"].dt == (AT + 9 * HOUR).astimezone(UTC)
    assert "DTEND" not in event


@pytest.mark.clause("8")
def test_who_signed_no_statement_reads_of_no_account(client, account):
    asked, shown = subject_request(account, state="told"), {}
    for bound in (True, False):
        user = member("Privacy officer", language="en", bound=bound)
        shown[bound] = [title for title in titles(read(client, made(user))) if str(asked.reference)[:8] in title]
    assert (len(shown[True]), shown[False]) == (1, [])


def test_nobody_is_named_in_it(client, token, account, holder):
    subject_request(account, state="told", name="Bram Smit")
    breached.affected(breached.breach(), account)
    text = client.get(f"/board/{token}.ics").content.decode()
    assert "VEVENT" in text
    for word in ("Bram", "Smit", account.company.company_name, holder.email, holder.last_name, "Reservekopie"):
        assert word not in text


def test_it_shows_what_its_owner_may_see_at_that_moment(client, officer, token):
    subject_request(at=AT)
    row(AT, HOUR, about="one")
    with declared():
        assert len(titles(read(client, token))) == 2
        officer.groups.set(member("Security officer").groups.all())
        assert titles(read(client, token)) == ["Clock tried · one"]
        officer.groups.clear()
        assert titles(read(client, token)) == []


@pytest.mark.parametrize("left", [{"is_active": False}])
def test_who_left_is_not_found(client, officer, token, left):
    assert read(client, token) is not None
    for name, value in left.items():
        setattr(officer, name, value)
    officer.save(update_fields=list(left))
    assert read(client, token) is None


def test_an_address_that_is_not_there_is_not_found(client, officer, token):
    for wrong in (altered(token), "", "x", digest_of(token)):
        assert client.get(f"/board/{wrong}.ics").status_code == 404


def test_a_new_address_ends_the_one_before_and_a_revoked_one_does_not_work(client, officer, token):
    other = made(officer)
    assert (read(client, token), read(client, other) is not None) == (None, True)
    with isolation.acting_as(isolation.of(officer)):
        assert feeds.revoke_feed(officer)
        assert not feeds.revoke_feed(officer)
    assert read(client, other) is None
    of_feeds = Entry.objects.filter(actor_reference=officer.reference, event__startswith="feed.").order_by("pk")
    events = of_feeds.values_list("event", flat=True)
    assert list(events) == ["feed.made", "feed.made", "feed.revoked"]


def test_the_token_is_nowhere_kept(officer, token):
    assert Feed.objects.get().digest == digest_of(token)
    assert token not in str(list(Entry.objects.values())) + str(list(Feed.objects.values()))


def test_each_member_of_staff_has_his_own_and_sees_no_other(officer, token):
    other = member("Support")
    made(other)
    with isolation.acting_as(isolation.of(other)):
        assert feeds.feed_of(other).user == other
        assert feeds.feed_of(officer) is None
        assert not feeds.revoke_feed(officer)
        with pytest.raises(ProgrammingError), transaction.atomic():
            list(Feed.objects.values("digest"))
    assert Feed.objects.count() == 2


def test_the_reader_of_an_address_sees_whose_it_is_and_nothing_else(officer, token):
    made(member("Support"))
    with isolation.acting_as(isolation.reader(digest_of(token))):
        assert list(Feed.objects.values_list("user", flat=True)) == [officer.pk]
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT email FROM accounts_user")


def test_a_session_beside_it_changes_nothing(client, officer, token, holder):
    row(AT, HOUR, about="one")
    client.force_login(holder)
    with declared():
        assert titles(read(client, token)) == ["Clock tried · one"]
    assert client.get("/account/").status_code == 200


def test_guessing_is_slowed_down(client):
    answers = [client.get(f"/board/guess{number}.ics").status_code for number in range(61)]
    assert answers == [404] * 60 + [429]


def test_it_is_only_read(client, token):
    assert client.post(f"/board/{token}.ics").status_code == 405
    head = client.head(f"/board/{token}.ics")
    assert (head.status_code, head["Referrer-Policy"], head["Cache-Control"]) == (200, "no-referrer", "no-store")
    assert "noindex" in head["X-Robots-Tag"]


@pytest.mark.parametrize("count", [1, 3])
def test_it_asks_the_same_however_many_clocks_there_are(client, officer, token, django_assert_num_queries, count):
    for _each in range(count):
        row(AT, HOUR)
    # begin, visitor, as the reader and back, whose it is, as a visitor, who that is and back, as the owner, the rights (2), the clocks, back, end
    with declared(), django_assert_num_queries(15):
        assert len(titles(read(client, token))) == count
