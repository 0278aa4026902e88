"""Breaches where holders meet them: banner, pages, files for the supervisor, and the form to report one (§13)."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape
from io import BytesIO

import pypdf
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from breaches import reporting
from breaches.models import BreachReport, Notice, Phase
from cannonworks import isolation
from journal.models import Entry
from processors.models import SubProcessor
from rights.models import SubjectRequest
from tests import breached
from tests.asked import subject_request
from tests.factories import AccountFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("13")]
#: Session, user and account, on every page.
WHO = 3
BANNER = "Een inbreuk raakt je gegevens."


def page(user, address="/", *, client=None, language="nl", **data) -> str:
    client = client or freshly(Client(), user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client.get(address, **data).content.decode()


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def row(account, now):
    """A breach that the account was told of three hours ago."""
    return breached.told(account, at=now - timedelta(hours=5))


def test_the_banner_stands_on_every_page_until_the_main_user_has_read_the_latest(account, holder, colleague, row):
    for user in (holder, colleague):
        for address in ("/", "/relations/", "/account/", "/documents/", "/my-data/"):
            assert BANNER in page(user, address), address
    assert f'href="/breaches/{row.reference}/"' in page(colleague)
    page(colleague, f"/breaches/{row.reference}/")
    assert BANNER in page(holder)
    assert BANNER not in page(holder, f"/breaches/{row.reference}/")
    assert BANNER not in page(holder) + page(colleague)
    breached.notice(breached.phase(row, is_released=True), account)
    assert BANNER in page(holder)


def test_nobody_else_has_a_banner_or_a_page_of_it(row, outsider, account):
    assert BANNER not in page(outsider)
    client = freshly(Client(), outsider)
    for act in ("", "supervisor.json", "supervisor.pdf"):
        assert client.get(f"/breaches/{row.reference}/{act}").status_code == 404
    assert client.post(f"/breaches/{row.reference}/acknowledge/").status_code == 404
    assert row.title not in client.get("/breaches/").content.decode()
    assert Notice.objects.unread().count() == 1


def test_a_banner_costs_no_query_and_a_page_without_breach_none_more(client, account, holder, asks):
    freshly(client, holder)
    client.get("/devices/")
    with asks(WHO + 2):  # devices, and the company with its banner
        client.get("/devices/")
    breached.told(account, at=timezone.now() - timedelta(hours=5))
    with asks(WHO + 2):
        assert BANNER in client.get("/devices/").content.decode()


@pytest.mark.parametrize("times", [1, 3])
def test_the_list_asks_the_same_however_many_there_are(client, account, holder, times, asks):
    at = timezone.now()
    for _time in range(times):
        breached.told(account, at=at - timedelta(hours=5))
        breached.report(account, at=at)
    freshly(client, holder)
    client.get("/breaches/")
    with asks(WHO + 5):  # breaches, when told, what was read; reports; company
        answer = client.get("/breaches/").content.decode()
    assert answer.count("Reservekopieën bereikbaar") == times


@pytest.mark.parametrize("times", [1, 3])
def test_the_page_asks_the_same_however_many_phases_there_are(client, account, holder, row, times, asks):
    for _time in range(times - 1):
        breached.notice(breached.phase(row, is_released=True), account)
    freshly(client, holder)
    client.get(f"/breaches/{row.reference}/")
    with asks(
        WHO + 12
    ):  # breach; unread (in a savepoint of two); phases, notices, affected; companies of form and frame; the consultation, and who else hears of it (2)
        client.get(f"/breaches/{row.reference}/")


def test_the_page_says_what_happened_what_to_do_and_by_when(account, holder, row):
    first = page(holder, f"/breaches/{row.reference}/")
    for word in (
        "Reservekopieën bereikbaar", "Iemand kon drie uur lang bij reservekopieën.", "Een sleutel stond in een logbestand.",
        "Eén bestand is opgehaald.", "De sleutel is vervangen.", "Let op valse facturen.", "nog 68 uur", "uitgelegd",
        "We ontdekten het", "We vertelden het je voor het eerst", "Ik heb dit gelezen", "helpdesk@cannonworks.nl",
        "tenzij het onwaarschijnlijk is", "zelf invullen",
    ):  # fmt: skip
        assert (word in first) == (word != "uitgelegd"), word
    breached.notice(breached.phase(row, is_released=True, cause_nl="Een sleutel stond op een laptop."), account)
    second = page(holder, f"/breaches/{row.reference}/")
    assert "Nieuw of veranderd sinds het vorige bericht: Hoe het kon gebeuren." in " ".join(second.split())
    assert second.index("op een laptop") < second.index("in een logbestand")
    english = page(holder, f"/breaches/{row.reference}/", language="en")
    assert "Somebody could reach backups for three hours." in english
    assert "68 hours left" in english


def test_what_a_phase_says_is_shown_as_text(account, holder, row):
    breached.phase(row, is_released=True, fact_nl="<script>alert(1)</script>\nTweede regel")
    shown = page(holder, f"/breaches/{row.reference}/")
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>Tweede regel" in shown


def test_after_the_72_hours_the_page_says_so_and_what_to_do(account, holder, now):
    row = breached.told(account, at=now - timedelta(days=5))
    shown = page(holder, f"/breaches/{row.reference}/")
    assert "De 72 uur zijn voorbij." in shown
    assert "zeg waarom het te laat is" in shown


def test_acknowledging_is_for_the_main_user_and_ends_the_task(account, holder, colleague, row):
    address = f"/breaches/{row.reference}/"
    assert "Ik heb dit gelezen" not in page(colleague, address)
    assert freshly(Client(), colleague).post(f"{address}acknowledge/").status_code == 403
    assert "Lees over een inbreuk" in page(holder)
    client = freshly(Client(), holder)
    assert client.post(f"{address}acknowledge/").url == address
    assert client.post(f"{address}acknowledge/").url == address
    assert "Genoteerd: je hebt dit gelezen." in page(holder, address, client=client)
    assert "Lees over een inbreuk" not in page(holder)
    assert Entry.objects.filter(event="breach.acknowledged").count() == 1


def test_of_a_breach_without_a_notice_yet_acknowledging_says_so(account, holder, now):
    row = breached.breach(at=now - timedelta(hours=5))
    breached.affected(row, account)
    breached.phase(row, is_released=True)
    shown = page(holder, f"/breaches/{row.reference}/")
    assert "Ik heb dit gelezen" not in shown
    assert "dat onderweg is" in shown
    client = freshly(Client(), holder)
    client.post(f"/breaches/{row.reference}/acknowledge/")
    assert "Ons bericht over deze inbreuk is er nog niet." in page(holder, f"/breaches/{row.reference}/", client=client)


def block(account) -> SubjectRequest:
    request = subject_request(account, state="blocked", at=timezone.now() - timedelta(days=30))
    Account.objects.filter(pk=account.pk).update(blocked_at=timezone.now())
    return request


def test_who_is_blocked_reads_acknowledges_reports_and_downloads(account, holder, row):
    block(account)
    client = freshly(Client(), holder)
    assert client.get("/relations/").url == "/requests/"
    assert BANNER in page(holder, "/requests/")
    assert client.get(f"/breaches/{row.reference}/").status_code == 200
    assert client.get(f"/breaches/{row.reference}/supervisor.pdf").status_code == 200
    assert client.post(f"/breaches/{row.reference}/acknowledge/").url == f"/breaches/{row.reference}/"
    assert client.post("/breaches/report/", told(timezone.now())).url == "/breaches/"
    assert "Laptop weg" in client.get("/breaches/").content.decode()
    assert '<a href="/breaches/"' in client.get("/breaches/").content.decode()


# --- For the supervisor -----------------------------------------------------------------------------------------------


def asked(made, key):
    return next(each for section in made["sections"] for each in section["questions"] if each["key"] == key)


def bare(text):
    """Without blanks and hyphens, which differ where a line of the PDF ends."""
    return "".join(text.replace("\u200b", "").split()).replace("-", "")


@pytest.fixture
def known(account, now):
    """A breach of which all is known, with a sub-processor."""
    row = breached.breach(at=now - timedelta(hours=5), sub_processor=SubProcessor.objects.create(name="Noorderhost"))
    breached.affected(row, account, told_at=now - timedelta(hours=3))
    phase = breached.phase(
        row, is_released=True, harms=["confidentiality"], data_kinds=["names", "special"], people=["relations"],
        people_least=10, people_most=40, records_most=1200, protection="part", crosses_borders=True, is_ongoing=False,
        began_at=now - timedelta(hours=8), ended_at=now - timedelta(hours=5), known_effects_nl="Regel een\nregel twee",
    )  # fmt: skip
    breached.notice(phase, account, handed_at=now - timedelta(hours=3))
    return row


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_files_say_what_the_form_asks_and_all_the_same(account, holder, known, language):
    client, address = freshly(Client(), holder), f"/breaches/{known.reference}/supervisor"
    answer = client.get(f"{address}.json?language={language}")
    made = json.loads(answer.content)
    assert [section["number"] for section in made["sections"]] == list(range(10))
    name = "datalek" if language == "nl" else "breach"
    assert f'filename="{name}-{known.number}-1-{language}.json"' in answer["Content-Disposition"]
    pdf = pypdf.PdfReader(BytesIO(client.get(f"{address}.pdf?language={language}").content))
    drawn = bare("".join(each.extract_text() for each in pdf.pages))
    shown = page(holder, f"/breaches/{known.reference}/", client=client, language=language)
    text = shown[shown.index('id="as-text"') : shown.index("</textarea>")]
    for section in made["sections"]:
        assert f"{section['number']}. {section['title']}" in unescape(text)
        for question in section["questions"]:
            assert question["to_fill"] == (not question["text"])
            assert bare(question["label"]) in drawn
            assert bare(question["text"]) in drawn, question
            assert question["text"] in unescape(text)
    fill = "zelf invullen" if language == "nl" else "you fill in"
    blank = sum(question["to_fill"] for section in made["sections"] for question in section["questions"])
    assert text.count(f"[{fill}]") == blank
    assert drawn.count(bare(fill)) == blank + 1  # once it is explained


def test_what_we_know_is_filled_in_and_the_rest_is_not_guessed(account, holder, known, now):
    made = json.loads(freshly(Client(), holder).get(f"/breaches/{known.reference}/supervisor.json").content)
    company = account.company
    assert {key: asked(made, key)["value"] for key in (
        "company", "kvk", "reporter", "email", "sub_processor", "kind", "data_kinds", "special", "bsn", "records",
        "people_number", "protection", "harms", "crosses_borders", "is_ongoing",
    )} == {
        "company": company.company_name, "kvk": company.kvk_number, "reporter": holder.full_name, "email": holder.email,
        "sub_processor": "Noorderhost", "kind": "unauthorised", "data_kinds": ["names", "special"], "special": True,
        "bsn": False, "records": {"least": None, "most": 1200}, "people_number": {"least": 10, "most": 40},
        "protection": "part", "harms": ["confidentiality"], "crosses_borders": True, "is_ongoing": False,
    }  # fmt: skip
    assert asked(made, "told_at")["value"] == (now - timedelta(hours=3)).astimezone(breached.AMSTERDAM).isoformat()
    for key in ("first", "sector", "function", "own_people_least", "severity", "subjects_told", "own_measures"):
        assert asked(made, key)["to_fill"], key
    (entry,) = Entry.objects.filter(event="breach.exported")
    assert entry.facts == {"breach": str(known.reference), "phase": 1, "form": "json", "language": "nl"}


def test_of_what_nobody_knows_nothing_is_said(account, holder, now):
    row = breached.told(account, at=now - timedelta(hours=5))
    breached.notice(breached.phase(row, is_released=True, data_kinds=[]), account)
    made = json.loads(freshly(Client(), holder).get(f"/breaches/{row.reference}/supervisor.json").content)
    unknown = ("data_kinds", "special", "bsn", "records", "people", "people_number", "protection", "harms", "began_at")
    assert all(asked(made, key)["to_fill"] for key in unknown)
    assert asked(made, "ended_at")["text"] == "Het is nog gaande"


def test_a_language_that_we_do_not_speak_is_not_found(account, holder, row):
    assert freshly(Client(), holder).get(f"/breaches/{row.reference}/supervisor.pdf?language=de").status_code == 404


# --- Reporting --------------------------------------------------------------------------------------------------------


def told(at, **more):
    moment = (at - timedelta(hours=1)).astimezone(breached.AMSTERDAM).strftime("%Y-%m-%dT%H:%M")
    return {"kind": "leak", "noticed_at": moment, "is_ongoing": "on", "what": "Laptop weg", **more}


def test_anybody_of_the_account_reports_and_sees_it_with_the_answer(account, holder, colleague, staff, now):
    client = freshly(Client(), colleague)
    assert client.post("/breaches/report/", told(now, which_data="Klanten")).url == "/breaches/"
    shown = client.get("/breaches/").content.decode()
    for word in ("Onze mensen weten het nu", "Laptop weg", "Klanten", "We kijken ernaar", "We overleggen hierover"):
        assert word in shown, word
    found = BreachReport.objects.get()
    assert (found.reported_by, found.is_ongoing, found.kind) == (colleague.reference, True, "leak")
    reporting.judge_report(found, actor=staff, at=now, answer="De laptop was <b>versleuteld</b>.")
    shown = page(holder, "/breaches/")
    assert "De laptop was &lt;b&gt;versleuteld&lt;/b&gt;." in shown
    assert "Beantwoord" in shown


def test_all_that_was_reported_is_there_page_by_page(client, account, holder, row, now, asks):
    BreachReport.objects.bulk_create(
        BreachReport(
            account=account, channel="app", reported_by=holder.reference, reported_at=now, kind="unauthorised",
            noticed_at=now, what=f"Melding {number}",
        )
        for number in range(52)
    )  # fmt: skip
    freshly(client, holder)
    first = client.get("/breaches/")
    assert [report.what for report in first.context["reports"]] == [f"Melding {n}" for n in range(51, 1, -1)]
    second = client.get("/breaches/" + first.context["reports_page"].next)
    assert [report.what for report in second.context["reports"]] == ["Melding 1", "Melding 0"]
    # Each of the two lists keeps its own place.
    assert [line.breach for line in second.context["told"]] == [row]
    assert second.context["reports_page"].previous
    assert not second.context["page"].previous


def test_of_a_report_that_is_a_breach_the_link_is_there_once_the_account_is_told(account, holder, staff, now):
    found = breached.report(account, at=now - timedelta(hours=2))
    breached.consultation(None, account, opened_at=found.reported_at, report=found)
    row = breached.breach(at=now - timedelta(hours=2))
    reporting.judge_report(found, actor=staff, at=now, breach=row)
    shown = page(holder, "/breaches/")
    assert "hij staat in ons register" in shown
    assert str(row.reference) not in shown
    breached.affected(row, account)
    breached.phase(row, is_released=True)
    assert shown.count(f"/breaches/{row.reference}/") == 0
    assert page(holder, "/breaches/").count(f"/breaches/{row.reference}/") == 2


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"what": ""}, "Vertel wat er is gebeurd"),
        ({"kind": ""}, "Kies wat het beste past"),
        ({"kind": "rumour"}, "rumour"),
        ({"noticed_at": "gisteren"}, "17-11-2026 09:30"),
        ({"noticed_at": ""}, "ongeveer is goed"),
        ({"noticed_at": "2099-01-01T12:00"}, "Dit moet nog komen"),
        ({"which_data": "lang " * 2000}, "2000"),
        ({"what": "lang " * 2000}, "4000"),
        ({"what": "nul\x00teken"}, "Null"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(account, holder, now, said, complaint):
    client = freshly(Client(), holder)
    typed = told(now, contact="06 12345678", done="Alles uit") | said
    shown = client.post("/breaches/report/", typed).content.decode()
    assert complaint in shown
    for word in ("06 12345678", "Alles uit", *(() if "\x00" in str(said) else said.values())):
        assert word.strip() in shown or said.get("kind"), word
    assert not BreachReport.objects.exists()


def test_too_many_an_hour_are_told_to_wait_and_lose_nothing(account, holder, now, monkeypatch):
    monkeypatch.setattr(reporting, "REPORTS_AN_HOUR", 0)
    answer = freshly(Client(), holder).post("/breaches/report/", told(now, what="Het staat er nog"))
    assert answer.status_code == 429
    assert "Je hebt het afgelopen uur veel gemeld." in answer.content.decode()
    assert "Het staat er nog" in answer.content.decode()


def test_the_form_takes_more_than_fits_so_that_nothing_is_cut_off(account, holder):
    shown = page(holder, "/breaches/report/")
    assert "<textarea" in shown
    assert "maxlength" not in shown[shown.index("<textarea") : shown.rindex("</textarea>")]


def test_my_data_leads_to_the_form(account, holder):
    assert 'href="/breaches/report/"' in page(holder, "/my-data/")


def test_the_pages_run_under_the_role_of_the_holder(account, holder, row):
    """Row security shows what the page shows: the same rows by the bare tables."""
    breached.told(AccountFactory())
    breached.phase(row)
    with isolation.acting_as(isolation.of(holder)):
        assert Notice.objects.count() == 1
        assert Phase.objects.count() == 1
