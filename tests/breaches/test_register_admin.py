"""The administration of breaches: what staff see of one, record, choose and may (§13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from accounts.states import State
from breaches.models import Affected, Breach, Phase, Selection
from cannonworks.admin_fields import MomentField
from processors.models import SubProcessor
from tests.breached import NOTICED_AT, TOLD, affected, breach, consultation, phase, report, told
from tests.cast import member
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
PLACE = "/admin/breaches/breach/"
NOW = NOTICED_AT + timedelta(hours=5)
SEEN = {
    "kind": "leak", "title_nl": "Back-ups bereikbaar", "title_en": "Backups within reach",
    "noticed_at": "2026-11-17T09:30", "noticed_by": "Security officer",
}  # fmt: skip
SAID = {"after": "0", "protection": "none", "is_ongoing": "on", **TOLD}


@pytest.fixture(autouse=True)
def _five_hours_later():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(client):
    person = member("Security officer")
    client.force_login(person)
    return person


def place(row, act: str = "change") -> str:
    return f"{PLACE}{row.pk}/{act}/"


def now(client, row) -> list[str]:
    return [words for words, _place in client.get(place(row)).context["steps"]]


def offered(client, row) -> list[str]:
    page = client.get(place(row))
    buttons = [each for shown in page.context["actions_detail"] for each in shown.get("items", [shown])]
    return [button["path"].rstrip("/").rpartition("/")[2] for button in buttons]


# --- Entering --------------------------------------------------------------------------------------------------------
def test_a_breach_is_entered_and_leads_to_its_page(client, officer):
    house = SubProcessor.objects.create(name="Noorderhost", role="hosting")
    answer = client.post(f"{PLACE}add/", SEEN | {"sub_processor": house.pk})
    row = Breach.objects.get()
    assert (answer.status_code, answer.url) == (302, place(row))
    assert (row.number, row.kind, row.noticed_at, row.sub_processor) == (1, "leak", NOTICED_AT, house)
    assert (row.recorded_by, row.recorded_at) == (officer.reference, NOW)
    assert not LogEntry.objects.exists()


def test_what_a_report_says_already_is_filled_in(client, officer):
    page = client.get(f"{PLACE}add/?kind=seizure&noticed_at=2026-11-16T23:10&report=x")
    form = page.context["form"]
    assert (form["kind"].value(), form["noticed_at"].value()) == ("seizure", "2026-11-16T23:10")
    assert client.get(f"{PLACE}add/").context["form"]["noticed_at"].value() == "2026-11-17T14:30"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"kind": "fire"}, "kind"), ({"title_nl": ""}, "title_nl"), ({"title_en": "x" * 81}, "title_en"),
     ({"noticed_at": "gisteren"}, "noticed_at"), ({"noticed_by": "x" * 121}, "noticed_by"), ({"sub_processor": "99"}, "sub_processor"),
     ({"title_nl": "Bram\x00"}, "title_nl")],
)  # fmt: skip
def test_bad_input_keeps_what_was_typed(client, officer, wrong, field):
    answer = client.post(f"{PLACE}add/", SEEN | wrong)
    form = answer.context["form"]
    assert (answer.status_code, list(form.errors)) == (409, [field])
    assert (form["title_en"].value(), Breach.objects.count()) == ((SEEN | wrong)["title_en"], 0)


def test_a_breach_of_tomorrow_is_not_entered(client, officer):
    answer = client.post(f"{PLACE}add/", SEEN | {"noticed_at": "2026-11-18T09:30"})
    assert (answer.status_code, Breach.objects.count()) == (409, 0)
    assert "Dit moment moet nog komen" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "moment"),
    [("2026-10-25T02:30", "2026-10-25T00:30+00:00"), ("2026-10-25T03:30", "2026-10-25T02:30+00:00"),
     ("2026-03-29T02:30", "2026-03-29T01:30+00:00"), ("2026-03-28T12:00", "2026-03-28T11:00+00:00")],
)  # fmt: skip
def test_a_moment_is_taken_in_amsterdam_also_when_the_clock_changes(typed, moment):
    found = MomentField().clean(typed)
    assert found.astimezone(UTC) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("typed", ["", "x", "2026-13-01T10:00", "2026-11-17", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_what_is_no_moment_is_said(typed):
    with pytest.raises(ValidationError):
        MomentField().clean(typed)


# --- Seeing ----------------------------------------------------------------------------------------------------------
def test_the_list_shows_what_is_open_first_with_its_clock_and_who_is_told(client, officer, account, outsider):
    closed = breach(closed_at=NOW, closed_by=officer.reference, title_nl="Gesloten")
    late = breach(at=NOTICED_AT - timedelta(hours=50), title_nl="Te laat")
    soon = breach(title_nl="Nu")
    affected(soon, account, outsider.account)
    affected(late, account)
    Affected.objects.filter(breach=soon, account=account).update(told_at=NOW)
    phase(late, is_released=True)
    done = told(account, at=NOTICED_AT + timedelta(hours=1))
    rows = client.get(PLACE).context["cl"].result_list
    assert [row.pk for row in rows] == [late.pk, soon.pk, done.pk, closed.pk]
    page = client.get(PLACE).content.decode()
    for words in ("nog 43 uur", "7 uur te laat", "1 van 2", "1 van 1", "Iedereen ingelicht", "Fase 1 is verstuurd"):
        assert words in page, words


def test_the_number_of_queries_does_not_grow_with_the_list(client, officer, asks, account):
    told(account)
    client.get(PLACE)
    with asks(6):
        client.get(PLACE)
    told(account), told(account)
    with asks(6):
        client.get(PLACE)


def test_the_page_says_what_to_do_now(client, officer, account):
    row = breach()
    with translation.override("nl"):
        assert now(client, row) == [
            "Leg een fase vast: wat je nu weet. Het hoeft nog niet volledig te zijn.", "Kies de getroffen accounts."
        ]  # fmt: skip
        places = [at for _words, at in client.get(place(row)).context["steps"]]
        assert places == [place(row, "record"), place(row, "choose")]
        phase(row, cause_en="", known_effects_nl="")
        affected(row, account)
        assert now(client, row) == [
            "Ontbreekt voor een melding: de (vermeende) oorzaak, in het Engels.",
            "Ontbreekt voor een melding: een bekend of te verwachten gevolg, in het Nederlands.",
        ]
        phase(row)
        assert now(client, row) == ["Verstuur fase 2 naar de getroffen accounts."]
    tiles = client.get(place(row)).context["tiles"]
    assert [(tile.big, tile.look) for tile in tiles] == [
        ("nog 43 uur", "info"),
        ("Klaar om te versturen", "warning"),
        ("0", ""),
    ]


def test_the_page_shows_every_phase_and_marks_what_changed(client, officer):
    row = breach()
    phase(row, data_kinds=["names"])
    phase(row, fact_nl="Iemand kon vijf uur lang bij reservekopieën.", data_kinds=["names", "bsn"])
    page = client.get(place(row))
    newest, first = page.context["phases"]
    assert [line.label for line in newest.lines if line.is_new] == ["Wat er is gebeurd", "Welke gegevens"]
    assert not any(line.is_new for line in first.lines)
    assert "<del>drie</del>" in page.content.decode()
    assert '<ins class="font-semibold underline">vijf</ins>' in page.content.decode()


def test_what_staff_wrote_is_shown_as_it_was_typed(client, officer):
    row = breach(title_nl="<b>x</b>")
    phase(row, fact_nl="<script>alert(1)</script>")
    phase(row, fact_nl="<script>alert(2)</script> nieuw")
    page = client.get(place(row)).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_the_page_leads_to_what_belongs_to_it(client, officer, account):
    row = told(account)
    report(account, breach=row, judged_at=NOW, judged_by=officer.reference)
    page = client.get(place(row)).content.decode()
    assert f"/admin/breaches/affected/?breach__id__exact={row.pk}" in page
    assert "Overleg: 1 van 1 nog te voeren" in page
    listed = client.get(f"/admin/breaches/affected/?breach__id__exact={row.pk}")
    assert [each.account_id for each in listed.context["cl"].result_list] == [account.pk]
    assert client.get(f"/admin/breaches/affected/{row.affected.get().pk}/change/").status_code == 200


@pytest.mark.parametrize(("told_by", "count"), [("no", 1), ("yes", 1), ("never", 1), ("x", 3)])
def test_affected_accounts_are_filtered_by_whether_they_are_told(client, officer, told_by, count):
    rows = affected(breach(), *(AccountFactory(state=State.ACTIVE) for _number in range(3)))
    Affected.objects.filter(pk=rows[0].pk).update(told_at=NOW)
    Affected.objects.filter(pk=rows[1].pk).update(excused_at=NOW)
    assert client.get(f"/admin/breaches/affected/?told={told_by}").context["cl"].result_count == count


# --- Phases ----------------------------------------------------------------------------------------------------------
def test_a_phase_is_recorded_from_what_the_last_one_says(client, officer):
    row = breach()
    phase(row, fact_en="Known", people=["relations"], people_least=3)
    form = client.get(place(row, "record")).context["form"]
    assert (form["fact_en"].value(), form["people"].value(), form["people_least"].value()) == (
        "Known",
        ["relations"],
        3,
    )
    said = {**SAID, "after": "1", "people": ["relations", "users"], "people_least": "3", "began_at": "2026-11-17T08:00"}
    answer = client.post(place(row, "record"), said)
    made = row.phases.get(number=2)
    assert (answer.status_code, answer.url, made.people, made.recorded_by) == (
        302, place(row), ["relations", "users"], officer.reference
    )  # fmt: skip
    assert (made.is_ongoing, made.protection, made.released_at) == (True, "none", None)


def test_the_form_says_at_once_what_is_still_missing(client, officer):
    row = breach()
    page = client.get(place(row, "record"))
    assert len(page.context["lacking"]) == 4
    typed = client.post(place(row, "record"), SAID | {"cause_en": " "}, headers={"HX-Request": "true"})
    assert typed.context["lacking"] == [("De (vermeende) oorzaak", "en")]
    assert "<html" not in typed.content.decode()
    whole = client.post(place(row, "record"), SAID, headers={"HX-Request": "true"})
    assert (whole.context["lacking"], Phase.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"began_at": "2026-11-18T09:30"}, "began_at"), ({"ended_at": "2026-11-17T10:00"}, "ended_at"),
     ({"fact_nl": "x" * 4001}, "fact_nl"), ({"people_least": "5", "people_most": "4"}, "people_most"),
     ({"people_least": "-1"}, "people_least"), ({"records_most": "99999999999"}, "records_most"), ({"harms": ["x"]}, "harms"),
     ({"protection": "x"}, "protection"), ({"after": ""}, "after"), ({"advice_nl": "x\x00"}, "advice_nl")],
)  # fmt: skip
def test_what_cannot_be_recorded_is_kept_as_it_was_typed(client, officer, wrong, field):
    row = breach()
    answer = client.post(place(row, "record"), SAID | wrong)
    form = answer.context["form"]
    assert (answer.status_code, list(form.errors)) == (409, [field])
    assert (form["cause_en"].value(), Phase.objects.count()) == (TOLD["cause_en"], 0)


def test_who_did_not_see_the_last_phase_is_told_and_may_save_on_purpose(client, officer):
    row = breach()
    phase(row)
    answer = client.post(place(row, "record"), SAID | {"fact_nl": "Iets anders"})
    form = answer.context["form"]
    assert (answer.status_code, form["fact_nl"].value(), form["after"].value()) == (409, "Iets anders", 1)
    assert client.post(place(row, "record"), SAID | {"fact_nl": "Iets anders", "after": "1"}).status_code == 302
    assert (
        client.post(place(row, "record"), SAID | {"fact_nl": "Iets anders", "after": "2"}).status_code == 409
    )  # the same
    assert row.phases.count() == 2


# --- Choosing --------------------------------------------------------------------------------------------------------
def test_accounts_are_looked_at_and_then_put_on_the_list(client, officer, account, outsider):
    row = breach()
    asked = {"categories": ["account"], "until": "2026-11-17", "reason": "Alle back-ups"}
    page = client.post(place(row, "choose"), asked)
    seen = page.context["seen"]
    assert (page.status_code, seen.new, Affected.objects.count()) == (200, 2, 0)
    answer = client.post(place(row, "choose"), asked | {"freeze": seen.digest})
    assert (answer.status_code, answer.url) == (302, place(row))
    made = Selection.objects.get()
    assert (made.added, made.reason, made.frozen_by) == (2, "Alle back-ups", officer.reference)
    assert {each.account_id for each in row.affected.all()} == {account.pk, outsider.account_id}
    assert "Wie er was op 17 november 2026 of eerder." in client.get(place(row)).content.decode()


def test_when_the_accounts_changed_staff_see_the_new_preview_and_nobody_is_added(client, officer, account):
    row, asked = breach(), {"categories": ["account"]}
    seen = client.post(place(row, "choose"), asked).context["seen"]
    AccountFactory(state=State.ACTIVE)
    answer = client.post(place(row, "choose"), asked | {"freeze": seen.digest})
    assert (answer.status_code, answer.context["seen"].new, Affected.objects.count()) == (409, 2, 0)
    assert "De accounts zijn veranderd" in answer.content.decode()
    again = answer.context["seen"].digest
    assert client.post(place(row, "choose"), asked | {"freeze": again}).status_code == 302


def test_what_was_changed_on_the_form_is_looked_at_before_it_is_frozen(client, officer, account, outsider):
    row = breach()
    seen = client.post(place(row, "choose"), {"references": str(account.reference)}).context["seen"]
    answer = client.post(place(row, "choose"), {"categories": ["account"], "freeze": seen.digest})
    assert (answer.status_code, Affected.objects.count()) == (409, 0)


@pytest.mark.parametrize("digest", ["", "x"])
def test_nothing_is_frozen_that_was_not_looked_at(client, officer, account, digest):
    answer = client.post(place(breach(), "choose"), {"categories": ["account"], "freeze": digest})
    assert (answer.status_code, Affected.objects.count()) == (409, 0)


@pytest.mark.parametrize(
    ("said", "field"),
    [({}, "__all__"), ({"since": "2026-02-02", "until": "2026-02-01"}, "__all__"), ({"since": "ooit"}, "since"),
     ({"categories": ["evidence"]}, "categories"), ({"references": "kapot"}, "references"),
     ({"references": "sanne@bedrijf.example"}, "references"), ({"sub_processor": "9"}, "sub_processor"),
     ({"categories": ["account"], "reason": "x" * 201}, "reason"), ({"references": "\x00"}, "references")],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_kept_as_it_was_typed(client, officer, said, field):
    answer = client.post(place(breach(), "choose"), said)
    form = answer.context["form"]
    assert (answer.status_code, list(form.errors)) == (409, [field])
    assert form["references"].value() == said.get("references", form["references"].value())


def test_references_of_nobody_are_named(client, officer, account):
    stranger = "00000000-0000-4000-8000-00000000beef"
    page = client.post(place(breach(), "choose"), {"references": f"{account.reference} {stranger}"})
    assert stranger in page.content.decode().partition("</section>")[0]
    assert page.context["seen"].new == 1


def test_a_later_clock_is_asked_for_an_extension_alone(client, officer, account, outsider):
    row = breach()
    assert "noticed_at" not in client.get(place(row, "choose")).context["form"].fields
    affected(row, account)
    asked = {"references": str(outsider.account.reference), "noticed_at": "2026-11-17T14:00", "reason": "Ook in de log"}
    seen = client.post(place(row, "choose"), asked).context["seen"]
    refused = client.post(place(row, "choose"), asked | {"reason": "", "freeze": seen.digest})
    assert (refused.status_code, row.affected.count()) == (409, 1)
    assert client.post(place(row, "choose"), asked | {"freeze": seen.digest}).status_code == 302
    assert row.affected.get(account=outsider.account).due_at == datetime(2026, 11, 19, 13, 0, tzinfo=UTC)


# --- Closing ---------------------------------------------------------------------------------------------------------
def test_it_is_closed_when_nothing_is_left(client, officer, account):
    row = breach()
    page = client.get(place(row, "close"))
    assert "Er is nog geen fase vastgelegd." in page.content.decode()
    assert not page.context["question"].button
    client.post(place(row, "close"))
    assert Breach.objects.get().closed_at is None
    phase(row, is_ongoing=False)
    assert now(client, row)[0].startswith("Kies de getroffen")
    assert client.post(place(row, "close")).status_code == 302
    assert Breach.objects.get().closed_at == NOW
    assert offered(client, row) == ["record", "finding"]
    client.post(place(row, "record"), SAID | {"after": "1"})
    assert Breach.objects.get().closed_at is None


def test_consultations_that_are_open_keep_it_open(client, officer, account):
    row = breach()
    phase(row, is_released=True, is_ongoing=False)
    affected(row, account, told_at=NOW)
    consultation(row, account, opened_at=NOW)
    client.post(place(row, "close"))
    assert Breach.objects.get().closed_at is None


# --- Who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "seen", "acts"), [("Support", 200, False), ("Finance", 403, False), ("Privacy officer", 200, True)]
)
def test_roles_see_and_do_what_is_theirs(client, role, seen, acts, account):
    row = told(account)
    client.force_login(member(role))
    assert (client.get(PLACE).status_code, client.get(place(row)).status_code) == (seen, seen)
    for act in ("record", "choose", "close"):
        assert client.get(place(row, act)).status_code == (200 if acts else 403)
    assert client.get(f"{PLACE}add/").status_code == (200 if acts else 403)
    assert client.get("/admin/breaches/affected/").status_code == (200 if acts else 403)
    assert client.post(place(row)).status_code == 403
    assert client.post(place(row, "delete")).status_code == 403
    if seen == 200:
        assert offered(client, row) == (
            ["record", "choose", "offer_to_all", "tell_others", "finding", "close"] if acts else []
        )
        page = client.get(place(row)).content.decode()
        assert (TOLD["fact_nl"] in page) == acts  # support sees that it is there, and how far it is


def test_nothing_of_a_breach_is_edited_or_taken_away(client, staff, account):
    row = told(account)
    client.force_login(staff)
    assert client.post(place(row), {"title_nl": "x"}).status_code == 403
    for name in ("breach", "affected"):
        pk = row.pk if name == "breach" else row.affected.get().pk
        assert client.post(f"/admin/breaches/{name}/{pk}/delete/").status_code == 403
    assert timezone.now() == NOW
