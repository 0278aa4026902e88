from __future__ import annotations

import pytest

from journal.models import Entry
from tests.cast import member

JOURNAL = "/admin/journal/entry/"


def test_the_journal_is_found_by_event_and_by_reference(client, account, outsider):
    client.force_login(member("Security officer"))

    def found(term):
        return [entry.event for entry in client.post(JOURNAL, {"q": term}, follow=True).context["cl"].result_list]

    assert found("account.act") == ["account.activated"] * 2
    assert found(str(account.reference)[:8]) == ["account.activated", "account.signed_up"]
    assert found(str(outsider.reference)) == ["account.activated", "account.signed_up"]
    assert found("niets") == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_journal_is_read_without_being_counted(client, staff, asks, count):
    Entry.objects.bulk_create(Entry(event="x.y", facts={"n": [1, 2]}) for _i in range(count))
    client.force_login(staff)
    client.get(JOURNAL)
    with asks(3):
        answer = client.get(JOURNAL)
    assert "n: 1, 2" in answer.content.decode()


def test_an_entry_is_shown_and_not_changed(client, staff, account):
    client.force_login(staff)
    entry = Entry.objects.filter(account_reference=account.reference).first()
    place = f"{JOURNAL}{entry.pk}/change/"
    page = client.get(place).content.decode()
    assert str(account.reference) in page
    assert "account.signed_up" in page
    assert client.post(place, {"event": "nothing"}).status_code == 403
