"""Emergency access: who asks, who approves, what is told (§10). The login itself: ``test_glass_login``."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import outbox
from accounts.looks import looks
from accounts.models import PlannedMail
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from processors import glass as glasses
from processors import glass_reports
from processors.models import Glass, GlassAccount, GlassStage
from tests.cast import member
from tests.factories import AccountFactory, StaffFactory
from tests.processors.glasses import approved, asked, connected, opened

GLASS = "/admin/processors/glass/"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("10")]


@pytest.fixture
def first(db):
    return StaffFactory(first_name="Anna", email="anna@cannonworks.example")


@pytest.fixture
def other(db):
    return StaffFactory(first_name="Bas", email="bas@cannonworks.example")


@pytest.fixture(autouse=True)
def _no_login_is_left():
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT login FROM processors_glass WHERE login <> '' AND dropped_at IS NULL")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP ROLE IF EXISTS "{name}"')


def send_mail() -> None:
    with isolation.acting_as(isolation.JOBS):
        outbox.send_waiting(at=timezone.now())


def accounted(first, other, *accounts, **more) -> Glass:
    made, _login = opened(first, other, *accounts, **more)
    with isolation.acting_as(isolation.of(first)):
        return glasses.account_for(made, actor=first, done="Schijf vervangen", at=timezone.now())


def test_a_colleague_approves_and_not_who_asked(first, other, account):
    made = asked(first, account)
    with isolation.acting_as(isolation.of(first)), pytest.raises(Refused, match="zelf"):
        glasses.approve(made, actor=first, at=timezone.now())
    with isolation.acting_as(isolation.of(other)):
        glasses.approve(made, actor=other, at=timezone.now())
        with pytest.raises(Refused):
            glasses.refuse(made, actor=other, at=timezone.now())
    assert list(Entry.objects.filter(event__startswith="glass.").order_by("id").values_list("event", flat=True)) == [
        "glass.asked", "glass.approved",
    ]  # fmt: skip


def test_roles(first, account):
    officer, security, support = member("Privacy officer"), member("Security officer"), member("Support")
    with pytest.raises(Refused, match="rol"):
        asked(support, account)
    with pytest.raises(Refused, match="rol"):
        asked(officer, account)
    made = asked(security, account)
    with isolation.acting_as(isolation.of(support)), pytest.raises(Refused, match="rol"):
        glasses.approve(made, actor=support, at=timezone.now())
    with isolation.acting_as(isolation.of(officer)):
        assert glasses.approve(made, actor=officer, at=timezone.now()).approved_by == officer.reference


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"hours": 9}, ValidationError), ({"hours": 0}, ValidationError), ({"ground": "curiosity"}, ValidationError),
        ({"reason": ""}, ValidationError), ({"reason": "vraag jan@bedrijf.nl"}, ValidationError),
        ({"is_whole": True}, Refused),
    ],
)  # fmt: skip
def test_bad_input_asks_nothing(first, account, wrong, error):
    with pytest.raises(error):
        asked(first, account, **wrong)
    assert not Glass.objects.exists()


def test_a_request_is_good_for_a_day(first, other, account):
    day = timedelta(hours=24)
    late = approved(first, other, account)
    made = asked(first, account)
    at = timezone.now() + day
    with isolation.acting_as(isolation.of(other)), pytest.raises(Refused):
        glasses.approve(made, actor=other, at=at)
    with isolation.acting_as(isolation.of(first)), pytest.raises(Refused):
        glasses.open_login(late, actor=first, at=at)
    assert (made.stage(at), made.stage(made.asked_at)) == (GlassStage.LAPSED, GlassStage.ASKED)


def test_the_database_holds_the_steps_by_itself(first, other, account):
    made, now = asked(first, account), timezone.now()
    rows = Glass.objects.filter(pk=made.pk)
    for wrong in (
        {"approved_by": first.reference, "approved_at": now}, {"closed_at": now}, {"hours": 8}, {"reason": "anders"},
        {"done": "klaar", "accounted_by": first.reference, "accounted_at": now}, {"reported_at": now},
        {"login": "x", "opened_at": now, "ends_at": now + timedelta(hours=1)}, {"is_whole": True}, {"hours": 24},
    ):  # fmt: skip
        with isolation.acting_as(isolation.JOBS), pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with isolation.acting_as(isolation.of(other)):
        glasses.approve(made, actor=other, at=now)
    for wrong in ({"approved_by": None, "approved_at": None}, {"approved_at": now + timedelta(hours=1)}):
        with isolation.acting_as(isolation.JOBS), pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    with isolation.acting_as(isolation.JOBS), pytest.raises(IntegrityError, match="chosen"), transaction.atomic():
        GlassAccount.objects.create(glass=made, account=AccountFactory())
    with (
        isolation.acting_as(isolation.JOBS),
        pytest.raises(IntegrityError, match="do not change"),
        transaction.atomic(),
    ):
        GlassAccount.objects.update(account=AccountFactory())


def test_who_may_approve_hears_of_it_at_once_and_who_asked_of_the_answer(first, other, account, mailoutbox):
    made = asked(first, account)
    send_mail()
    assert [mail.to for mail in mailoutbox] == [["bas@cannonworks.example"]]
    assert f"/admin/processors/glass/{made.pk}/change/" in mailoutbox[0].body
    assert "Schijf kapot" in mailoutbox[0].body
    with isolation.acting_as(isolation.of(other)):
        glasses.approve(made, actor=other, at=timezone.now())
    send_mail()
    assert [mail.to for mail in mailoutbox[1:]] == [["anna@cannonworks.example"]]


# --- Reports -------------------------------------------------------------------------------------------------


def test_holders_of_chosen_accounts_are_told_and_no_others(first, other, account, outsider, mailoutbox, client):
    glass = accounted(first, other, account)
    with isolation.acting_as(isolation.JOBS):
        assert glass_reports.report_waiting(at=timezone.now()) == 1
        assert glass_reports.report_waiting(at=timezone.now()) == 0
    send_mail()
    told = [mail for mail in mailoutbox if "anna@" not in mail.to[0] and "bas@" not in mail.to[0]]
    assert [mail.to for mail in told] == [[account.main_user.email]]
    assert "Schijf vervangen" in told[0].body
    assert "Schijf kapot" in told[0].body
    assert "niets veranderd" in told[0].body
    row = looks(account).rows[0]
    assert (row.reason, "Schijf vervangen" in row.what, "Anna" in row.who) == ("Schijf kapot", True, False)
    client.force_login(account.main_user)
    assert "Schijf vervangen" in client.get("/my-data/looks/").content.decode()
    assert looks(outsider.account).rows == []
    glass.refresh_from_db()
    assert glass.stage(timezone.now()) == GlassStage.REPORTED


def test_after_the_whole_database_everybody_is_told_in_portions(first, other, monkeypatch):
    for _account in range(5):
        AccountFactory(state=State.ACTIVE)
    glass = accounted(first, other)
    monkeypatch.setattr(glass_reports, "AT_ONCE", 2)
    with isolation.acting_as(isolation.JOBS):
        assert [glass_reports.report_waiting(at=timezone.now(), portions=1) for _time in range(4)] == [2, 2, 1, 0]
    assert Entry.objects.filter(event="glass.told").values("account_reference").distinct().count() == 5
    assert PlannedMail.objects.filter(template="processors/glass_told").count() == 5
    glass.refresh_from_db()
    assert glass.reported_at is not None


def test_nothing_is_told_before_it_is_over_and_accounted_for(first, other, account):
    made, _login = opened(first, other, account)
    with isolation.acting_as(isolation.JOBS):
        assert glass_reports.report_waiting(at=timezone.now()) == 0
    with isolation.acting_as(isolation.of(first)), pytest.raises(Refused), transaction.atomic():
        glasses.account_for(made, actor=first, done=" ", at=timezone.now())
    made.refresh_from_db()
    assert made.stage(timezone.now()) == GlassStage.OPEN


# --- The administration --------------------------------------------------------------------------------------


def test_from_asking_to_the_report_in_the_administration(client, first, other, account, settings):
    client.force_login(first)
    form = {"ground": "calamity", "reason": "Schijf kapot", "accounts": str(account.reference)[:8], "hours": 2}
    assert client.post(f"{GLASS}add/", {**form, "hours": 12}).status_code == 409
    assert client.post(f"{GLASS}add/", {**form, "accounts": "ffffffff"}).status_code == 409
    assert client.post(f"{GLASS}add/", {**form, "accounts": ""}).status_code == 409
    assert client.post(f"{GLASS}add/", form).status_code == 302
    made = Glass.objects.get()
    place = f"{GLASS}{made.pk}/"
    assert client.post(f"{place}approve/").status_code == 302
    assert Glass.objects.get().approved_at is None
    client.force_login(other)
    assert "Schijf kapot" in client.get(f"{place}approve/").content.decode()
    assert client.post(f"{place}approve/").status_code == 302
    assert client.post(f"{place}get_login/").status_code == 302
    assert Glass.objects.get().opened_at is None
    client.force_login(first)
    assert client.get(f"{place}get_login/").status_code == 200
    answer = client.post(f"{place}get_login/")
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/security/prove/")
    assert Glass.objects.get().opened_at is None


def test_the_login_is_shown_once(client, first, other, account, monkeypatch):
    monkeypatch.setattr("processors.admin.glass.require_fresh", lambda request: None)
    made = approved(first, other, account)
    place = f"{GLASS}{made.pk}/"
    client.force_login(first)
    answer = client.post(f"{place}get_login/")
    password = dict(answer.context["question"].facts)["Wachtwoord"]
    assert (answer.status_code, len(password), "no-store" in answer["Cache-Control"]) == (200, 32, True)
    name = Glass.objects.get().login
    assert name in answer.content.decode()
    assert client.post(f"{place}get_login/").status_code == 302
    assert password not in client.get(f"{place}change/").content.decode()
    with connected(glasses.Login(name, password, timezone.now())) as session:
        assert session.execute("SELECT id FROM accounts_account").fetchall() == [(account.pk,)]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE position(%s in t::text) > 0', [password])
            assert cursor.fetchone() == (0,), table
    assert client.get(GLASS).status_code == 200
    assert client.post(f"{place}close/", {"done": ""}).status_code == 409
    assert client.post(f"{place}close/", {"done": "Schijf vervangen"}).status_code == 302
    assert Glass.objects.get().dropped_at is None
    client.get(f"{place}change/")
    assert Glass.objects.get().dropped_at is not None


def test_who_does_not_look_sees_no_list(client):
    client.force_login(member("Support", "Finance"))
    assert [client.get(GLASS).status_code, client.get(f"{GLASS}add/").status_code] == [403, 403]
    client.force_login(member("Privacy officer"))
    assert [client.get(GLASS).status_code, client.get(f"{GLASS}add/").status_code] == [200, 403]


def test_the_command_lists_and_closes(first, other, account):
    made, login = opened(first, other, account)
    out = StringIO()
    call_command("glass", stdout=out)
    assert re.search(rf'"login": "{login.name}", "open": true', out.getvalue())
    with pytest.raises(CommandError):
        call_command("glass", "--close", "zz")
    call_command("glass", "--close", str(made.reference)[:8], stdout=StringIO())
    made.refresh_from_db()
    assert made.dropped_at is not None
    out = StringIO()
    call_command("glass", stdout=out)
    assert out.getvalue() == ""
