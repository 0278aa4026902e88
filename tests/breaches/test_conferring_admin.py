"""Conferring in the administration: offer, accept, record, write up, withdraw; and what others are told (§13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from breaches import conferring, words
from breaches.admin.conferring_forms import word_form
from breaches.models import Consultation, DirectWord, Meeting
from tests import breached
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory
from tests.refusals import refused
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
TALKS, MEETINGS, WORDS = (f"/admin/breaches/{name}/" for name in ("consultation", "meeting", "directword"))
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
MINUTES = {"nature": "Een sleutel lekte", "risk": "Klein", "measures": "Sleutel vervangen"}


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def clerk():
    return freshly(Client(), member("Support"))


@pytest.fixture
def talk(account, now):
    return breached.told(account, at=now - 3 * HOUR).consultations.get()


def said(at, **more) -> dict[str, str]:
    shown = {name: moment.astimezone(breached.AMSTERDAM).strftime("%Y-%m-%dT%H:%M")
             for name, moment in (("starts_at", at), ("ends_at", at + HALF_HOUR))}  # fmt: skip
    return {**shown, "place": "0522 123 456", **more}


def page(client, address, data=None) -> str:
    answer = client.get(address) if data is None else client.post(address, data, follow=True)
    return answer.content.decode()


def agreed(talk, *, at) -> Meeting:
    meeting = conferring.offer_to(
        talk, actor=StaffFactory(), at=at, starts_at=at + HOUR, ends_at=at + 2 * HOUR, place="0522 123 456"
    )
    conferring.choose(talk, meeting, actor=talk.account.main_user, at=at)
    return meeting


def test_a_moment_is_offered_and_what_is_wrong_is_said_beside_what_was_typed(clerk, talk, now):
    address = f"{TALKS}{talk.pk}/offer/"
    shown = page(clerk, address, said(now + HOUR, ends_at=said(now)["starts_at"]))
    assert "Dit is vóór het begin: vul een latere tijd in." in shown
    assert "0522 123 456" in shown
    assert "binnen de twee werkdagen aan" in page(clerk, address, said(now + timedelta(days=30)))
    assert not Meeting.objects.exists()
    assert "Aangeboden." in page(clerk, address, said(now + HOUR))
    assert Meeting.objects.get().account == talk.account


def test_what_the_holder_proposes_is_agreed_to(clerk, talk, now):
    assert "accept" not in page(clerk, f"{TALKS}{talk.pk}/change/")
    for hours in (1, 2):
        conferring.ask_for(
            talk, actor=talk.account.main_user, at=now, starts_at=now + hours * HOUR, place=f"06 1234567{hours}"
        )
    shown = page(clerk, f"{TALKS}{talk.pk}/change/")
    assert "06 12345671" in shown
    assert f"{TALKS}{talk.pk}/accept/" in shown
    second = Meeting.objects.get(place="06 12345672")
    assert "Afgesproken." in page(clerk, f"{TALKS}{talk.pk}/accept/", {"meeting": second.pk})
    talk.refresh_from_db()
    assert talk.meeting == second


def test_a_talk_is_recorded_with_its_minutes_and_nothing_is_left_to_do(clerk, talk, now):
    address = f"{TALKS}{talk.pk}/record/"
    shown = page(clerk, address, said(now - HOUR, **MINUTES | {"risk": " "}))
    assert "Een sleutel lekte" in shown
    assert not Meeting.objects.exists()
    assert "Vastgelegd." in page(clerk, address, said(now - HOUR, **MINUTES))
    shown = page(clerk, f"{TALKS}{talk.pk}/change/")
    assert "Sleutel vervangen" in shown
    assert not any(f"{TALKS}{talk.pk}/{act}/" in shown for act in ("offer", "record", "accept"))


def test_who_did_not_come_is_marked_and_has_no_minutes(clerk, talk, now):
    other = AccountFactory(company__company_name="Niet Gekomen BV")
    breached.affected(talk.breach, other)
    theirs = breached.consultation(talk.breach, other, opened_at=talk.opened_at)
    meeting = conferring.offer_to_all(
        talk.breach, actor=StaffFactory(), at=now - 2 * HOUR, starts_at=now - HOUR, ends_at=now, place="https://bel.nl/"
    )
    for row in (talk, theirs):
        conferring.choose(row, meeting, actor=row.account.main_user, at=now - 2 * HOUR)
    address = f"{MEETINGS}{meeting.pk}/write_up/"
    assert "Niet Gekomen BV" in page(clerk, address)
    shown = page(clerk, address, {**MINUTES, "measures": "", "absent": [theirs.pk]})
    assert "Een sleutel lekte" in shown
    assert "checked" in shown
    assert "Het verslag is opgeslagen." in page(clerk, address, {**MINUTES, "absent": [theirs.pk]})
    held = dict(Consultation.objects.values_list("pk", "held_at"))
    assert held == {talk.pk: meeting.starts_at, theirs.pk: None}
    assert "Verslag klaar" in page(clerk, f"{MEETINGS}{meeting.pk}/change/")


def test_a_moment_is_withdrawn_and_cannot_be_written_up(clerk, talk, now):
    meeting = agreed(talk, at=now)
    shown = page(clerk, f"{MEETINGS}{meeting.pk}/change/")
    assert f"{MEETINGS}{meeting.pk}/withdraw/" in shown
    assert f"{MEETINGS}{meeting.pk}/write_up/" not in shown  # it has not begun
    assert "Ingetrokken." in page(clerk, f"{MEETINGS}{meeting.pk}/withdraw/", {})
    assert "is al ingetrokken" in page(clerk, f"{MEETINGS}{meeting.pk}/withdraw/", {})
    talk.refresh_from_db()
    assert talk.meeting is None


@pytest.mark.parametrize("times", [1, 3])
def test_the_lists_ask_the_same_however_long(clerk, now, times, django_assert_max_num_queries):
    for _time in range(times):
        row = breached.told(AccountFactory(), at=now - 3 * HOUR)
        agreed(row.consultations.get(), at=now)
    for address in (TALKS, MEETINGS):
        clerk.get(address)
        with django_assert_max_num_queries(14):
            assert clerk.get(address).status_code == 200


def test_the_filters_part_what_is_to_be_done(clerk, account, talk, now):
    other = breached.told(AccountFactory(), at=now - 3 * HOUR).consultations.get()
    agreed(other, at=now)
    shown = {stage: page(clerk, f"{TALKS}?stage={stage}") for stage in ("open", "agreed", "over")}
    assert [stage for stage, text in shown.items() if f"{TALKS}{talk.pk}/" in text] == ["open"]
    assert [stage for stage, text in shown.items() if f"{TALKS}{other.pk}/" in text] == ["agreed"]


# --- What others are told ----------------------------------------------------------------------------------------


def test_others_are_told_on_a_ground_only_and_the_form_names_those_there_are(account, now):
    row, clerk = breached.told(account, at=now), StaffFactory()
    said = {"audience": "subjects", "to": "Klanten", "text": "Er was een inbreuk.", "duty": "", "permission": ""}

    def tell(data: dict[str, str]) -> DirectWord:
        form = word_form(words.standing(row))(data)
        assert form.is_valid(), form.errors
        return words.record_word(row, actor=clerk, at=now, **form.cleaned_data)

    with refused("no_ground"):
        tell(said)
    given = words.give_permission(account, row, actor=account.main_user, at=now, to_subjects=True)
    assert str(account.company) in str(word_form(words.standing(row))())
    assert tell(said | {"permission": str(given.reference)}).permission == given.reference
    assert tell(said | {"audience": "authority", "duty": "AVG art. 33"}).duty == "AVG art. 33"
    with refused("not_permitted"):
        tell(said | {"audience": "others", "permission": str(given.reference)})


def test_the_register_of_what_others_were_told(account, now):
    row = breached.told(account, at=now)
    told = breached.word(row)
    officer = freshly(Client(), member("Privacy officer"))
    assert "De toezichthouder" in page(officer, WORDS)
    assert "Er was een inbreuk." in page(officer, f"{WORDS}{told.pk}/change/")
    assert freshly(Client(), member("Support")).get(WORDS).status_code == 403


def test_finance_has_nothing_to_do_with_it(talk):
    client = freshly(Client(), member("Finance"))
    assert [client.get(address).status_code for address in (TALKS, MEETINGS, WORDS)] == [403] * 3
