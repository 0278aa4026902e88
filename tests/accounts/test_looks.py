"""Who looked at my data: read from the journal, told in words (§1, §7, §10, §19)."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.utils.translation import override

from accounts import looks as looking
from accounts.looks import looks
from accounts.support import look
from journal import services as journal
from journal.models import Entry
from relations.services import add_employee, reveal_bsn
from tests.cast import member, opened
from tests.factories import ColleagueFactory, HelperFactory

PAGE = "/my-data/looks/"
pytestmark = [pytest.mark.django_db, pytest.mark.clause("1", "7")]


def wrote(account, at: str, event="bsn.revealed", actor_kind="holder", **columns) -> Entry:
    return Entry.objects.create(
        account_reference=account.reference,
        event=event,
        at=datetime.fromisoformat(at),
        actor_kind=actor_kind,
        **columns,
    )


def told(account, **period) -> list[tuple[str, str, str, str]]:
    return [(row.who, row.what, row.ticket, row.reason) for row in looks(account, **period).rows]


def test_staff_are_told_by_role_with_ticket_and_reason_and_not_by_name(account, client, holder):
    person = member("Support", first_name="Nadia", last_name="Hendriks")
    access = opened(account, person)
    look(account, actor=person, page="user", at=access.opened_at)
    why = ("T-1042", "Vraag over een factuur")
    with override("nl"):
        assert told(account) == [
            ("CannonWorks, Klantenhulp", "naam, e-mail en inloggegevens van een gebruiker", *why),
            ("CannonWorks, Klantenhulp", "opende je account om te kijken", *why),
        ]
    with override("en"):
        assert told(account)[0] == ("CannonWorks, Support", "name, e-mail and sign-in of a user", *why)
    client.force_login(holder)
    text = client.get(PAGE).content.decode()
    assert all(word in text for word in ("CannonWorks, Klantenhulp", "Ticket T-1042", "Vraag over een factuur"))
    assert all(name not in text for name in ("Nadia", "Hendriks", person.email))


@pytest.mark.clause("10")
def test_a_helper_is_told_by_category(account):
    helper = HelperFactory(first_name="Hugo", last_name="Hulpman")
    journal.record("helper.looked", account=account, actor=helper, clause="10", category="developer", page="accounts")
    with override("nl"):
        (row,) = looks(account).rows
    assert (row.kind, row.who) == ("helper", "Hulppersoon: IT-ontwikkelaar")
    assert row.what == "kenmerk, staat, bedrijfsnaam en KvK-nummer, in de lijst met accounts"


@pytest.mark.clause("19")
def test_own_people_are_told_by_name_when_they_reveal_a_bsn_or_take_a_copy(account, holder, colleague):
    employee = add_employee(account, actor=holder, bsn="111222333", first_name="Tom", last_name="Werk")
    reveal_bsn(employee, actor=holder)
    journal.record("export.downloaded", account=account, actor=colleague, clause="6")
    with override("nl"):
        assert [(row.who, row.what) for row in looks(account).rows] == [
            ("Tim Bakker", "een kopie van alle gegevens, gedownload"),
            ("Sanne de Vries", "BSN van een medewerker, volledig"),
        ]
        colleague.delete()
        assert told(account)[0][0] == "Voormalige collega"


def test_of_other_accounts_and_other_events_nothing_is_told(account, outsider, staff):
    opened(outsider.account, staff)
    journal.record("account.cancelled", account=account, actor=staff)
    assert looks(account).rows == []
    # a reference of somebody else's does not bring his name
    wrote(account, "2026-11-22T10:00:00+01:00", actor_reference=outsider.reference)
    with override("nl"):
        assert told(account)[0][0] == "Voormalige collega"


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"since": date(2026, 3, 29)}, [4, 3, 2]),
        ({"until": date(2026, 3, 29)}, [3, 2, 1]),
        ({"since": date(2026, 3, 29), "until": date(2026, 3, 29)}, [3, 2]),
        ({"since": date(2026, 4, 1)}, []),
    ],
)
def test_a_period_has_whole_amsterdam_days_over_the_change_of_the_clock(account, period, found):
    moments = ["2026-03-28T23:59:59.999999+01:00", "2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59.999999+02:00",
               "2026-03-30T00:00:00+02:00"]  # fmt: skip
    entries = {wrote(account, moment).pk: number for number, moment in enumerate(moments, 1)}
    assert [entries[row.id] for row in looks(account, **period).rows] == found


def test_fifty_a_page_newest_first_and_none_is_lost_or_told_twice(account, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(looking, "PAGE", 2)
    own = {"actor_reference": account.main_user.reference}
    made = [wrote(account, f"2026-11-{day:02}T10:00:00+01:00", **own).pk for day in range(1, 6)]
    pages, before = [], None
    while True:
        with django_assert_num_queries(2):
            page = looks(account, before=before)
        pages.append([row.id for row in page.rows])
        if (before := page.after) is None:
            break
    assert pages == [made[4:2:-1], made[2:0:-1], made[:1]]
    newer = wrote(account, "2026-11-22T10:00:00+01:00")  # comes in while one reads
    assert newer.pk not in [row.id for row in looks(account, before=made[4]).rows]


def test_the_page_filters_and_says_when_there_is_nothing(client, account, holder):
    client.force_login(holder)
    assert "Nog niemand heeft in je gegevens gekeken." in client.get(PAGE).content.decode()
    wrote(account, "2026-11-20T10:00:00+01:00", actor_reference=holder.reference)
    found = client.get(PAGE, {"since": "2026-11-20", "until": "2026-11-20"})
    assert len(found.context["looks"]) == 1
    empty = client.get(PAGE, {"since": "2026-11-21"}).content.decode()
    assert "In deze periode keek niemand." in empty
    wrong = client.get(PAGE, {"since": "2026-11-21", "until": "2026-11-20", "before": "-4"})
    assert (wrong.status_code, len(wrong.context["looks"])) == (200, 1)
    assert "De laatste dag ligt voor de eerste." in wrong.content.decode()


def test_the_next_page_keeps_the_period(client, account, holder, monkeypatch):
    monkeypatch.setattr(looking, "PAGE", 1)
    first, second = (wrote(account, f"2026-11-{day}T10:00:00+01:00") for day in (20, 21))
    client.force_login(holder)
    page = client.get(PAGE, {"since": "2026-11-20"})
    assert f"?since=2026-11-20&amp;before={second.pk}" in page.content.decode()
    assert [row.id for row in client.get(PAGE, {"since": "2026-11-20", "before": second.pk}).context["looks"]] == [
        first.pk
    ]


def test_the_main_user_alone_reads_it(client, account, colleague, staff):
    client.force_login(colleague)
    assert client.get(PAGE).status_code == 403
    client.force_login(staff)
    assert client.get(PAGE).url == "/admin/"
    client.force_login(account.main_user)
    assert "Mijn gegevens" in client.get("/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_whatever_its_length(client, account, holder, asks, count):
    for number in range(count):
        person = ColleagueFactory(account=account)
        wrote(account, f"2026-11-{10 + number}T10:00:00+01:00", actor_reference=person.reference)
    client.force_login(holder)
    client.get(PAGE)
    with asks(6):
        assert len(client.get(PAGE).context["looks"]) == count


def test_every_page_and_event_has_words():
    assert all(str(words) for words in looking.PAGES.values())
    with override("nl"):
        moments = dict.fromkeys(("since", "until"), "2026-11-10T10:00:00+01:00")
        assert all(tell({"page": "account", "done": "Hersteld.", **moments}) for tell in looking.EVENTS.values())
