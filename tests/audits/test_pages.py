"""The pages of tests for the account holder, the tester and our staff, and the API (§12)."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import icalendar
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audits import agreeing, closing, links, procedures, running
from audits.models import Audit, Auditor
from cannonworks.deadlines import in_amsterdam
from journal.models import Entry
from tests import tested
from tests.callers import browser, device, just_signed_in, problem
from tests.cast import member
from tests.signin import freshly
from tests.tested import TESTER

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def days(number: int):
    """A moment so many days from now, on the whole minute."""
    return timezone.now().replace(second=0, microsecond=0) + number * DAY


def typed(at) -> str:
    return f"{in_amsterdam(at):%Y-%m-%dT%H:%M}"


def said(**more):
    return {
        "kind": "penetration", "scope": "De app", "starts_at": typed(days(20)), "ends_at": typed(days(22)),
        "knows_costs": "on", "language": "nl", **TESTER, **more,
    }  # fmt: skip


def made(account, step=tested.announced, ago=0, **more) -> Audit:
    """A test of which the window lies around or ahead of today."""
    at = days(-ago)
    return step(account, at=at, starts_at=at + 20 * DAY, ends_at=at + 22 * DAY, **more)


def to_come(account) -> Audit:
    audit = made(account)
    return agreeing.accept(audit, actor=member("Privacy officer"), at=timezone.now())


def under_way(account) -> Audit:
    audit = tested.announced(account, at=days(-30), starts_at=days(-1), ends_at=days(3))
    agreeing.accept(audit, actor=member("Privacy officer"), at=days(-29))
    tested.accepted(audit, at=days(-28))
    running.tend(at=timezone.now())
    return tested.fresh(audit)


def over(account) -> Audit:
    audit = tested.announced(account, at=days(-30), starts_at=days(-5), ends_at=days(-3))
    agreeing.accept(audit, actor=member("Privacy officer"), at=days(-29))
    tested.accepted(audit, at=days(-28))
    running.tend(at=timezone.now())
    return tested.fresh(audit)


@pytest.fixture
def signed_in(client, holder):
    client.force_login(holder)
    return client


def test_the_main_user_announces_and_reads_from_when_and_what_it_costs(signed_in, account):
    page = signed_in.get("/audits/announce/").content.decode()
    assert "De kosten" in page or "costs" in page
    answer = signed_in.post("/audits/announce/", said())
    audit = Audit.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/audits/{audit.reference}/")
    assert b"Irene Keur" in signed_in.get(answer["Location"]).content
    letter = signed_in.get(f"/audits/{audit.reference}/announcement/")
    assert (letter["Content-Type"], letter.content[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"starts_at": typed(days(10))}, "starts_at"), ({"ends_at": typed(days(19))}, "ends_at"),
        ({"qualification": "other"}, "qualification_words"), ({"knows_costs": ""}, "knows_costs"),
        ({"email": "keur"}, "email"), ({"scope": ""}, "scope"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(signed_in, wrong, field):
    answer = signed_in.post("/audits/announce/", said(**wrong))
    assert answer.status_code == 200
    assert [*answer.context["form"].errors] == [field]
    assert b"Irene Keur" in answer.content
    assert not Audit.objects.exists()


def test_dates_go_back_and_forth_on_the_page(signed_in, account, staff):
    audit = made(account)
    agreeing.propose(
        audit, actor=staff, at=timezone.now(), starts_at=days(30), ends_at=days(31), reason="Groot onderhoud"
    )
    page = signed_in.get(f"/audits/{audit.reference}/").content
    assert b"Groot onderhoud" in page
    assert b"audits" in signed_in.get("/").content
    early = signed_in.post(
        f"/audits/{audit.reference}/propose/", {"starts_at": typed(days(3)), "ends_at": typed(days(4))}
    )
    assert [*early.context["propose"].errors] == ["starts_at"]
    signed_in.post(f"/audits/{audit.reference}/propose/", {"starts_at": typed(days(40)), "ends_at": typed(days(41))})
    assert tested.fresh(audit).state == "countered"
    agreeing.propose(audit, actor=staff, at=timezone.now(), starts_at=days(50), ends_at=days(51), reason="Verbouwing")
    signed_in.post(f"/audits/{audit.reference}/accept/")
    assert tested.fresh(audit).state == "agreed"


def test_a_colleague_looks_and_does_not_act_and_an_outsider_finds_nothing(client, account, colleague, outsider):
    audit = made(account)
    client.force_login(colleague)
    assert client.get(f"/audits/{audit.reference}/").status_code == 200
    for act in ("accept", "propose", "withdraw", "costs", "report"):
        assert client.post(f"/audits/{audit.reference}/{act}/").status_code == 403
    client.force_login(outsider)
    for page in ("", "announcement/", "appointment.ics"):
        assert client.get(f"/audits/{audit.reference}/{page}").status_code == 404


def test_the_calendar_file_has_one_event_and_counts_its_changes(signed_in, account, staff, holder):
    audit = to_come(account)
    address = f"/audits/{audit.reference}/appointment.ics"
    (event,) = icalendar.Calendar.from_ical(signed_in.get(address).content).walk("vevent")
    assert (event["uid"], event["dtstart"].dt, event.get("sequence")) == (
        f"{audit.reference}@test", audit.starts_at, None,
    )  # fmt: skip
    agreeing.propose(audit, actor=staff, at=timezone.now(), starts_at=days(30), ends_at=days(31), reason="Storing")
    agreeing.accept(audit, actor=holder, at=timezone.now())
    (changed,) = icalendar.Calendar.from_ical(signed_in.get(address).content).walk("vevent")
    assert (changed["uid"], changed["sequence"], changed["dtstart"].dt) == (event["uid"], 1, days(30))
    agreeing.withdraw(audit, actor=holder, at=timezone.now())
    (gone,) = icalendar.Calendar.from_ical(signed_in.get(address).content).walk("vevent")
    assert (gone["status"], gone["sequence"]) == ("CANCELLED", 2)


def test_the_logs_are_downloaded_after_a_fresh_proof(signed_in, account, holder):
    audit = over(account)
    address = f"/audits/{audit.reference}/logs.zip"
    assert signed_in.get(address)["Location"] == f"/audits/{audit.reference}/"
    freshly(signed_in, holder)
    answer = signed_in.get(address)
    assert answer["Content-Type"] == "application/zip"
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert Entry.objects.filter(event="audit.file_taken", actor_reference=holder.reference).count() == 1


def test_report_costs_and_findings_on_the_page(signed_in, account, staff):
    audit = over(account)
    wrong = SimpleUploadedFile("x.pdf", b"MZ")
    answer = signed_in.post(f"/audits/{audit.reference}/report/", {"report": wrong})
    assert [*answer.context["report"].errors] == ["report"]
    signed_in.post(f"/audits/{audit.reference}/report/", {"report": SimpleUploadedFile("x.pdf", tested.PDF)})
    assert signed_in.get(f"/audits/{audit.reference}/report/file/").content == tested.PDF
    closing.note_costs(audit, actor=staff, at=timezone.now(), cents=125_000, what="Tien uur hulp")
    closing.enter_finding(
        audit, actor=staff, at=timezone.now(), title="Oude versie", text="Een bibliotheek", severity="high"
    )
    page = signed_in.get(f"/audits/{audit.reference}/").content.decode()
    for words in ("1.250,00", "Tien uur hulp", "Oude versie", 'value="125000"'):
        assert words in page
    signed_in.post(f"/audits/{audit.reference}/costs/", {"cents": "125000"})
    assert tested.fresh(audit).costs_agreed_at is not None


def test_a_list_asks_one_thing_however_long(signed_in, account, asks):
    for count in (1, 2):
        audit = made(account)
        agreeing.withdraw(audit, actor=account.main_user, at=timezone.now())
        signed_in.get("/audits/")
        with asks(5):
            page = signed_in.get("/audits/").content.decode()
        assert page.count("Penetratietest") + page.count("Penetration test") == count


def test_the_main_user_ends_a_running_test(signed_in, account):
    page = f"/audits/{under_way(account).reference}/"
    assert f'action="{page}stop/"' in signed_in.get(page).content.decode()
    wrong = signed_in.post(f"{page}stop/", {"why": "x" * 1001})
    assert [*wrong.context["stop"].errors] == ["why"]
    signed_in.post(f"{page}stop/", {"why": "De tester is klaar."})
    shown = signed_in.get(page).content.decode()
    assert "De tester is klaar." in shown
    assert f'action="{page}stop/"' not in shown


# --- The tester ------------------------------------------------------------------------------------------------------


def test_the_tester_reads_and_accepts_by_the_link_and_looking_changes_nothing(client, account):
    audit = to_come(account)
    address = f"/test/{links.token_of(agreeing.tester_of(audit))}/"
    page = client.get(address)
    assert b"Beveiligingsprocedures" in page.content
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("same-origin", "noindex, nofollow, noarchive")
    assert Auditor.objects.get().accepted_at is None
    digest = procedures.in_force().digest
    assert [*client.post(address, {"name": "", "digest": digest}).context["form"].errors] == ["name", "accepts"]
    stale = client.post(address, {"name": "I. Keur", "accepts": "on", "digest": "0" * 64})
    assert stale.context["form"].non_field_errors()
    assert Auditor.objects.get().accepted_at is None
    assert client.post(address, {"name": "I. Keur", "accepts": "on", "digest": digest})["Location"] == address
    assert (Auditor.objects.get().accepted_as, tested.fresh(audit).state) == ("I. Keur", "ready")
    assert b"I. Keur" in client.get(address).content
    assert b"BEGIN:VCALENDAR" in client.get(f"{address}appointment.ics").content


def test_the_page_of_the_tester_asks_for_a_token_of_ours(account):
    own = Client(enforce_csrf_checks=True)
    address = f"/test/{links.token_of(agreeing.tester_of(to_come(account)))}/"
    assert own.post(address, {"name": "x"}).status_code == 403
    assert own.get("/test/nonsense/").status_code == 200
    assert own.get("/test/nonsense/appointment.ics").status_code == 404


# --- Staff -----------------------------------------------------------------------------------------------------------


def test_staff_agree_propose_note_and_close(client, account):
    officer = member("Security officer", email="sec@cannonworks.example")
    client.force_login(officer)
    audit = made(account)
    page = f"/admin/audits/audit/{audit.pk}"
    assert client.get("/admin/audits/audit/").status_code == 200
    for act in ("change", "accept", "offer", "costs_noted"):
        assert client.get(f"{page}/{act}/").status_code == 200, act
    early = client.post(f"{page}/offer/", {"starts_at": typed(days(2)), "ends_at": typed(days(3)), "reason": "x"})
    assert early.status_code == 409
    client.post(f"{page}/offer/", {"starts_at": typed(days(30)), "ends_at": typed(days(31)), "reason": "Onderhoud"})
    assert tested.fresh(audit).state == "offered"
    client.post(f"{page}/costs_noted/", {"cents": 5000, "what": "Een uur"})
    assert tested.fresh(audit).costs_cents == 5000
    assert client.get(f"{page}/letter/").content[:5] == b"%PDF-"


def test_staff_enter_findings_take_logs_and_close(client, account):
    client.force_login(member("Privacy officer", email="priv@cannonworks.example"))
    audit = over(account)
    page = f"/admin/audits/audit/{audit.pk}"
    client.post(f"{page}/finding/", {"title": "Oude versie", "text": "Een bibliotheek", "severity": "low"})
    assert b"Oude versie" in client.get(f"{page}/change/").content
    assert client.get(f"{page}/take_logs/")["Content-Type"] == "application/zip"
    client.post(f"{page}/finish/")
    assert tested.fresh(audit).state == "done"


def test_staff_enter_a_letter(client, account):
    client.force_login(member("Privacy officer", email="priv@cannonworks.example"))
    letter = {
        **said(), "account": str(account.reference)[:8], "received_on": f"{in_amsterdam(days(-10)):%Y-%m-%d}",
        "scan": SimpleUploadedFile("x.pdf", tested.PDF), "starts_at": typed(days(8)), "ends_at": typed(days(9)),
    }  # fmt: skip
    assert client.get("/admin/audits/audit/add/").status_code == 200
    assert client.post("/admin/audits/audit/add/", letter | {"account": "ffffffff"}).status_code == 409
    letter["scan"] = SimpleUploadedFile("x.pdf", tested.PDF)
    assert client.post("/admin/audits/audit/add/", letter).status_code == 302
    assert Audit.objects.get().channel == "letter"


def test_staff_enter_an_answer_by_letter(client, account, staff):
    client.force_login(member("Privacy officer", email="priv@cannonworks.example"))
    audit = made(account)
    agreeing.propose(audit, actor=staff, at=timezone.now(), starts_at=days(30), ends_at=days(31), reason="x")
    page = f"/admin/audits/audit/{audit.pk}"
    shown = client.get(f"{page}/answer/").content.decode()
    assert ('value="accepts"' in shown, 'value="stops"' in shown) == (True, False)
    letter = {"says": "proposes", "received_on": f"{timezone.localdate():%Y-%m-%d}", "reason": "Vakantie"}
    scan = SimpleUploadedFile("x.pdf", tested.PDF)
    assert client.post(f"{page}/answer/", letter | {"scan": scan}).status_code == 409
    window = {"starts_at": typed(days(40)), "ends_at": typed(days(41))}
    scan.seek(0)
    assert client.post(f"{page}/answer/", letter | window | {"scan": scan}).status_code == 302
    assert (tested.fresh(audit).state, tested.fresh(audit).starts_at) == ("countered", days(40))


def test_buttons_that_do_not_fit_beside_the_title_are_in_a_menu(client, account):
    client.force_login(member("Privacy officer", email="priv@cannonworks.example"))
    running_page = client.get(f"/admin/audits/audit/{under_way(account).pk}/change/")
    *first, more = running_page.context["actions_detail"]
    assert (len(first), len(more["items"]) > 2) == (3, True)
    assert more["attrs"]["href"]  # or the keyboard would not reach it


def test_staff_end_a_running_test(client, account):
    client.force_login(member("Privacy officer", email="priv@cannonworks.example"))
    audit = under_way(account)
    page = f"/admin/audits/audit/{audit.pk}"
    assert f"{page}/stop/" in client.get(f"{page}/change/").content.decode()
    assert client.post(f"{page}/stop/", {"why": ""}).status_code == 409
    assert client.post(f"{page}/stop/", {"why": "De dienst viel uit."}).status_code == 302
    assert tested.fresh(audit).state == "ended"


def test_who_does_not_deal_with_tests_sees_none(client, account):
    client.force_login(member("Finance", email="fin@cannonworks.example"))
    assert client.get(f"/admin/audits/audit/{made(account).pk}/change/").status_code == 403


# --- The API ---------------------------------------------------------------------------------------------------------


def test_the_api_announces_and_agrees(account, holder, staff):
    caller = device(holder)
    body = {
        "kind": "agreement", "scope": "Artikel 12", "starts_at": days(20).isoformat(),
        "ends_at": days(21).isoformat(), "tester": TESTER,
    }  # fmt: skip
    early = body | {"starts_at": days(5).isoformat()}
    problem(caller.post("/api/v1/audits/", early, format="json"), 409, "too_early")
    answer = caller.post("/api/v1/audits/", body, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["tester"]["name"]) == (
        201,
        "announced",
        "Irene Keur",
    )
    problem(caller.post("/api/v1/audits/", body, format="json"), 409, "once_a_year")
    one = f"/api/v1/audits/{answer.json()['reference']}/"
    audit = Audit.objects.get()
    agreeing.propose(audit, actor=staff, at=timezone.now(), starts_at=days(30), ends_at=days(31), reason="x")
    window = {"starts_at": days(40).isoformat(), "ends_at": days(41).isoformat()}
    assert caller.post(f"{one}propose/", window, format="json").json()["state"] == "countered"
    problem(caller.post(f"{one}accept/", {}, format="json"), 409, "not_yours_to_answer")
    assert caller.post(f"{one}tester/", TESTER | {"name": "Piet"}, format="json").json()["tester"]["name"] == "Piet"
    assert caller.get(f"{one}announcement/").content[:5] == b"%PDF-"
    problem(caller.get(f"{one}logs/"), 403, "not_fresh")
    assert caller.post(f"{one}withdraw/", {}, format="json").json()["state"] == "withdrawn"
    assert [row["state"] for row in caller.get("/api/v1/audits/").json()["results"]] == ["withdrawn"]


def test_the_api_gives_the_logs_to_who_just_signed_in(account, holder, colleague):
    one = f"/api/v1/audits/{over(account).reference}/"
    assert just_signed_in(holder).get(f"{one}logs/")["Content-Type"] == "application/zip"
    problem(browser(colleague).get(f"{one}logs/"), 403, "permission_denied")


def test_the_api_takes_the_report_and_gives_what_came_of_it(account, holder, colleague, staff):
    audit = over(account)
    one = f"/api/v1/audits/{audit.reference}/"
    caller = device(holder)
    problem(caller.get(f"{one}report/"), 404, "not_found")
    problem(caller.post(f"{one}report/", {}, format="multipart"), 400, "invalid")
    problem(caller.post(f"{one}report/", {"report": b""}, format="json"), 415, "unsupported_media_type")
    wrong = SimpleUploadedFile("x.exe", b"MZ")
    problem(caller.post(f"{one}report/", {"report": wrong}, format="multipart"), 409, "no_paper")
    answer = caller.post(f"{one}report/", {"report": SimpleUploadedFile("x.pdf", tested.PDF)}, format="multipart")
    assert answer.status_code == 201
    found = {"title": "Oude versie", "text": "Een bibliotheek", "severity": "low"}
    closing.enter_finding(audit, actor=staff, at=timezone.now(), **found)
    told = device(colleague).get(f"{one}results/").json()
    assert [row["kind"] for row in told["files"]] == ["letter", "logs", "report"]
    assert [row["is_ours"] for row in told["proposals"]] == [False]
    assert [(row["title"], row["improvements"]) for row in told["findings"]] == [("Oude versie", [])]
    assert caller.get(f"{one}report/", headers={"accept": "application/pdf"}).content == tested.PDF
    assert caller.get(f"{one}report/", headers={"accept": "*/*"})["Content-Type"] == "application/pdf"
    problem(device(colleague).get(f"{one}report/"), 403, "permission_denied")


def test_the_api_ends_a_running_test_and_gives_its_date(account, holder, colleague):
    audit = under_way(account)
    one = f"/api/v1/audits/{audit.reference}/"
    problem(device(colleague).post(f"{one}stop/", {}, format="json"), 409, "not_main_user")
    assert device(holder).post(f"{one}stop/", {"why": "Klaar"}, format="json").json()["state"] == "ended"
    problem(device(holder).post(f"{one}stop/", {}, format="json"), 409, "no_such_step")
    calendar = device(holder).get(f"{one}appointment/")
    assert (calendar["Content-Type"].partition(";")[0], calendar.content[:15]) == ("text/calendar", b"BEGIN:VCALENDAR")
