from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account
from accounts.states import State
from cannonworks import rules
from journal.models import Entry
from retention import holds
from retention.erasure import erase_due
from retention.models import Alarm, AlarmKind, Erasure, ErasureWarning, Ground, Hold, RulesApproval, Step
from tests.cast import member, opened
from tests.factories import AccountFactory, StaffFactory

ACCOUNTS, HOLDS, ERASURES = "/admin/accounts/account/", "/admin/retention/hold/", "/admin/retention/erasure/"
RULES, WARNINGS, ALARMS = (
    "/admin/retention/rulesapproval/", "/admin/retention/erasurewarning/", "/admin/retention/alarm/"
)  # fmt: skip


def ago(**term: int) -> date:
    return timezone.localdate() - relativedelta(**term)


def ended(**options) -> Account:
    """An account that was cancelled so long ago that it is due today."""
    return AccountFactory(state=State.CANCELLED, signed_up_on=ago(years=3), cancelled_on=ago(years=2), **options)


def rows(answer) -> set:
    assert answer.status_code == 200
    return set(answer.context["cl"].queryset)


def texts(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def second(db):
    return StaffFactory(first_name="Piet")


@pytest.fixture
def placed(account, staff) -> Hold:
    return holds.place_hold(
        account, actor=staff, name="Geschil", categories=["documents"], ground=Ground.PROOF, basis="BW 3:307",
        proportionality="Zonder stukken geen bewijs.", on=timezone.localdate(),
    )  # fmt: skip


@pytest.fixture
def erased(db) -> Erasure:
    account = ended()
    erase_due(on=timezone.localdate(), at=timezone.now(), only=[account.pk])
    return Erasure.objects.get(account=account)


@pytest.fixture
def parked(db) -> Erasure:
    account, at = ended(), timezone.now()
    return Erasure.objects.create(
        account=account, rule="cancelled", clause="5.4", rules_digest=rules.digest(), due_on=account.erase_on,
        claimed_on=timezone.localdate(at), categories=["account"], step=Step.KEY_DESTROYED, attempts=5, parked_at=at,
        failure="ResidueFound: 2 rows left",
    )  # fmt: skip


# --- Accounts ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 500])  # found is more than is named one by one, or less
def test_an_account_is_found_by_reference_kvk_address_and_name(client, staff, monkeypatch, few):
    monkeypatch.setattr("retention.admin.accounts.FEW", few)
    one = AccountFactory(
        company__company_name="Houtman & Zn", company__kvk_number="87654321", company__email="post@houtman.example"
    )
    AccountFactory()
    client.force_login(staff)
    terms = (str(one.reference)[:8], str(one.reference).upper(), "87654321", "POST@houtman.example", "outman")
    terms += (one.main_user.email.upper(),)
    assert [rows(client.post(ACCOUNTS, {"q": term}, follow=True)) for term in terms] == [{one}] * 6
    assert rows(client.post(ACCOUNTS, {"q": "nergens"}, follow=True)) == set()


@pytest.mark.django_db
def test_accounts_are_filtered_by_what_happens_to_them(client, staff, second, erased):
    today = timezone.localdate()
    due_today, due_later = ended(), AccountFactory(
        state=State.CANCELLED, signed_up_on=ago(years=3), cancelled_on=ago(years=2) + timedelta(days=30)
    )  # fmt: skip
    held = AccountFactory(state=State.ACTIVE)
    hold = holds.place_hold(
        held, actor=staff, name="x", categories=["usage"], ground=Ground.PROOF, basis="x", proportionality="x", on=today
    )
    holds.confirm_hold(hold, actor=second, on=today)
    going = ended()
    Account.objects.filter(pk=going.pk).update(claimed_at=timezone.now())
    client.force_login(staff)
    found = {
        query: rows(client.get(f"{ACCOUNTS}?{query}"))
        for query in ("due=0", "due=7", "due=30", "now=held", "now=erasing", "now=erased", "state__exact=active")
    }
    assert found == {
        "due=0": {due_today},
        "due=7": {due_today},
        "due=30": {due_today, due_later},
        "now=held": {held},
        "now=erasing": {going},
        "now=erased": {erased.account},
        "state__exact=active": {held},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_accounts_asks_the_same_whatever_its_length(client, staff, asks, count):
    for _i in range(count):
        ended()
    client.force_login(staff)
    client.get(ACCOUNTS)
    with asks(4):
        assert client.get(ACCOUNTS).status_code == 200


@pytest.mark.django_db
def test_an_account_is_shown_with_its_windows_and_nothing_can_be_changed(client, staff, account):
    accounts.cancel_account(account, actor=account.main_user, on=date(2026, 3, 31))
    opened(account, staff)
    client.force_login(staff)
    page = client.get(f"{ACCOUNTS}{account.pk}/change/")
    people, windows, *_others, told = page.context["tables"]
    assert people.rows[0][1:4] == [account.main_user.email, "Ja", "Ja"]
    assert windows.rows[0][:4] == [
        "Account, bedrijf en gebruikers", "31 maart 2028", "31 maart 2028", "Het account is opgezegd. (§5.4)"
    ]  # fmt: skip
    assert [row[1] for row in told.rows] == [
        "Ondersteuning heeft in het account gekeken", "Ondersteuning heeft het account opengezet", "Het account is opgezegd",
        "Het account is geactiveerd", "Het account is geopend"
    ]  # fmt: skip
    before = Account.objects.filter(pk=account.pk).values().get()
    assert client.post(f"{ACCOUNTS}{account.pk}/change/", {"state": "active"}).status_code == 403
    assert client.get(f"{ACCOUNTS}add/").status_code == 403
    assert Account.objects.filter(pk=account.pk).values().get() == before


@pytest.mark.django_db
def test_an_account_page_asks_the_same_whatever_happened_to_it(client, staff, placed, asks):
    for number in range(2):
        ErasureWarning.objects.create(
            account=placed.account, erase_on=date(2027, 1, 1), days=30 + number, planned_on=date(2026, 12, 2)
        )
    opened(placed.account, staff)
    client.force_login(staff)
    client.get(f"{ACCOUNTS}{placed.account_id}/change/")
    with asks(20):
        client.get(f"{ACCOUNTS}{placed.account_id}/change/")


# --- Holds ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.clause("5")
def test_a_hold_is_placed_by_one_confirmed_by_another_and_released(
    client, staff, second, account, django_capture_on_commit_callbacks
):
    client.force_login(staff)
    form = {
        "account": str(account.reference), "name": "Geschil", "categories": ["documents", "account"],
        "ground": Ground.PROOF, "basis": "BW 3:307", "proportionality": "Geen ander bewijs.",
        "review_on": (timezone.localdate() + timedelta(days=100)).isoformat(),
    }  # fmt: skip
    assert client.post(f"{HOLDS}add/", form).status_code == 302
    hold = Hold.objects.get()
    assert (hold.account, hold.placed_by, hold.confirmed_on) == (account, staff, None)
    client.post(f"{HOLDS}{hold.pk}/confirm/")
    hold.refresh_from_db()
    assert hold.confirmed_on is None  # the one who placed it cannot
    client.force_login(second)
    assert client.get(f"{HOLDS}{hold.pk}/confirm/").status_code == 200
    assert client.post(f"{HOLDS}{hold.pk}/confirm/").status_code == 302
    hold.refresh_from_db()
    assert (hold.confirmed_by, hold.confirmed_on) == (second, timezone.localdate())
    with django_capture_on_commit_callbacks() as queued:
        client.post(f"{HOLDS}{hold.pk}/release/")
    hold.refresh_from_db()
    assert (hold.released_by, len(queued)) == (second, 1)
    told = Entry.objects.filter(event__startswith="hold.").order_by("id").values_list("event", flat=True)
    assert list(told) == ["hold.placed", "hold.confirmed", "hold.released"]
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"account": "00000000-0000-0000-0000-000000000000"}, "Geen account heeft dit kenmerk."),
        ({"review_on": "2031-01-01"}, "binnen een jaar"),
    ],
)
def test_a_refused_hold_is_told_and_changes_nothing(client, staff, account, changed, told):
    client.force_login(staff)
    form = {
        "account": str(account.reference), "name": "Geschil", "categories": ["documents"], "ground": Ground.PROOF,
        "basis": "BW 3:307", "proportionality": "Nodig.", "review_on": timezone.localdate() + timedelta(days=9),
    }  # fmt: skip
    answer = client.post(f"{HOLDS}add/", {**form, **changed})
    assert (answer.status_code, Hold.objects.count()) == (409, 0)
    assert told in " ".join(texts(answer))


@pytest.mark.django_db
def test_a_hold_offers_what_its_state_and_ones_role_allow(client, staff, second, placed):
    def offered(person):
        client.force_login(person)
        page = client.get(f"{HOLDS}{placed.pk}/change/")
        return [button["path"].split("/")[-2] for button in page.context["actions_detail"]]

    assert (offered(staff), offered(second), offered(member("Support"))) == (["release"], ["confirm", "release"], [])
    holds.confirm_hold(placed, actor=second, on=timezone.localdate())
    assert offered(second) == ["release"]
    holds.release_hold(placed, actor=second, on=timezone.localdate())
    assert offered(second) == []
    client.force_login(member("Support"))
    assert client.post(f"{HOLDS}{placed.pk}/release/").status_code == 403


@pytest.mark.django_db
def test_holds_are_filtered_by_their_stage(client, staff, second, placed):
    client.force_login(staff)
    stages = ("waiting", "active", "review", "todo", "released")

    def found():
        return [stage for stage in stages if rows(client.get(HOLDS, {"stage": stage}))]

    assert found() == ["waiting", "todo"]
    holds.confirm_hold(placed, actor=second, on=timezone.localdate())
    assert found() == ["active"]
    Hold.objects.update(placed_on=ago(years=1), review_on=timezone.localdate())
    assert found() == ["active", "review", "todo"]
    holds.release_hold(placed, actor=second, on=timezone.localdate())
    assert found() == ["released"]


# --- Erasures, warnings, alarms ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_parked_erasure_can_be_tried_again_by_who_may(client, staff, parked, django_capture_on_commit_callbacks):
    client.force_login(member("Support"))
    assert rows(client.get(ERASURES, {"progress": "parked"})) == {parked}
    assert client.post(f"{ERASURES}{parked.pk}/try_again/").status_code == 403
    client.force_login(staff)
    assert "ResidueFound" in client.get(f"{ERASURES}{parked.pk}/try_again/").content.decode()
    with django_capture_on_commit_callbacks() as queued:
        assert client.post(f"{ERASURES}{parked.pk}/try_again/").status_code == 302
    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts, parked.failure, len(queued)) == (None, 0, "", 1)
    answer = client.post(f"{ERASURES}{parked.pk}/try_again/", follow=True)
    assert [message.level_tag for message in answer.context["messages"]][-1] == "error"
    assert Entry.objects.filter(event="erasure.unparked").count() == 1
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.clause("6")
def test_a_statement_is_downloaded_as_it_was_signed_and_as_a_document(client, staff, erased):
    client.force_login(staff)
    page = client.get(f"{ERASURES}{erased.pk}/change/")
    assert len(page.context["actions_detail"]) == 2
    assert [row[1:] for row in page.context["tables"][0].rows] == [[t, n] for t, n in sorted(erased.rows.items())]
    signed = client.get(f"{ERASURES}{erased.pk}/statement_as_json/")
    assert (signed["Content-Type"], json.loads(signed.content)) == ("application/json", erased.statement)
    document = client.get(f"{ERASURES}{erased.pk}/statement_as_pdf/")
    assert (document["Content-Type"], document.content[:5]) == ("application/pdf", b"%PDF-")
    assert document["Content-Disposition"] == f'attachment; filename="erasure-{erased}.pdf"'


@pytest.mark.django_db
def test_without_a_statement_there_is_nothing_to_download(client, staff, parked):
    client.force_login(staff)
    assert client.get(f"{ERASURES}{parked.pk}/statement_as_pdf/").status_code == 404
    assert client.get(f"{ERASURES}{parked.pk}/statement_as_json/").status_code == 404


@pytest.mark.django_db
def test_warnings_that_were_not_sent_come_first(client, staff, account):
    options = {"account": account, "planned_on": date(2026, 1, 1), "days": 30}
    sent = ErasureWarning.objects.create(erase_on=date(2027, 1, 1), sent_at=timezone.now(), **options)
    failed = ErasureWarning.objects.create(erase_on=date(2027, 2, 1), failure="550", **options)
    client.force_login(staff)
    assert list(client.get(WARNINGS).context["cl"].result_list) == [failed, sent]


@pytest.mark.django_db
def test_open_alarms_come_first_and_are_not_cleared_by_hand(client, staff):
    at = timezone.now()
    cleared = Alarm.objects.create(kind=AlarmKind.CAP, raised_at=at, cleared_at=at)
    late = Alarm.objects.create(kind=AlarmKind.TOO_LATE, raised_at=at)
    early = Alarm.objects.create(kind=AlarmKind.TOO_EARLY, raised_at=at)
    client.force_login(staff)
    assert list(client.get(ALARMS).context["cl"].result_list) == [early, late, cleared]
    assert rows(client.get(ALARMS, {"state": "open"})) == {early, late}
    assert client.post(f"{ALARMS}{late.pk}/change/", {"cleared_at": at}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("place", "queries"), [(HOLDS, 4), (ERASURES, 4), (WARNINGS, 4), (ALARMS, 4)])
def test_lists_ask_the_same_whatever_their_length(client, staff, asks, place, queries, count):
    at, on = timezone.now(), timezone.localdate()
    for number in range(count):
        account = AccountFactory()
        Hold.objects.create(
            account=account, name="x", categories=["usage"], ground=Ground.PROOF, basis="x", proportionality="x",
            review_on=on + timedelta(days=9), placed_on=on, placed_by=staff,
        )  # fmt: skip
        Erasure.objects.create(
            account=account, rule="letter", clause="5.5", rules_digest="x", due_on=on, claimed_on=on,
            categories=["usage"], rows={"a": 1},
        )  # fmt: skip
        ErasureWarning.objects.create(account=account, erase_on=on, days=7, planned_on=on)
        Alarm.objects.create(kind=AlarmKind.PARKED, about=str(number), raised_at=at)
    client.force_login(staff)
    client.get(place)
    with asks(queries):
        assert len(client.get(place).context["cl"].result_list) == count


# --- Rules ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_rules_are_shown_in_words_and_approved_when_they_are(client, staff):
    client.force_login(staff)
    page = client.get(RULES)
    assert (page.context["approved"], page.context["digest"]) == (True, rules.digest())
    shown = page.context["tables"][0].rows
    assert shown[3][:6] == [
        "§5.4", "Opgezegd", "Alles van het account", "de opzegging", rules.Term(years=2), rules.Term(years=2)
    ]  # fmt: skip
    assert len(shown) == len(rules.RULES)
    assert page.context["actions_list"] == []


@pytest.mark.django_db
@pytest.mark.clause("5")
def test_changed_rules_are_approved_with_the_dry_run_that_was_shown(client, staff):
    RulesApproval.objects.create(digest="sha256:other", approved_at=timezone.now())
    account = ended()
    client.force_login(member("Privacy officer"))
    page = client.get(RULES)
    assert (page.context["approved"], len(page.context["actions_list"])) == (False, 1)
    ask = client.get(f"{RULES}approve/")
    assert ask.context["form"].initial == {"digest": rules.digest(), "would_erase": 1}
    _rules, ages, dry_run = ask.context["question"].tables
    assert dry_run.rows[0][0] == str(account)
    assert ages.rows[0] == ["§17", "Losse kliks en keren ingelogd", "12 maanden na de klik of het inloggen"]
    answer = client.post(f"{RULES}approve/", {"digest": "sha256:older", "would_erase": 1})
    assert (answer.status_code, RulesApproval.objects.count()) == (409, 1)
    assert client.post(f"{RULES}approve/", ask.context["form"].initial).status_code == 302
    approval = RulesApproval.objects.get(digest=rules.digest())
    assert approval.would_erase == 1
    assert Entry.objects.filter(event="rules.approved").count() == 1
    assert not LogEntry.objects.exists()


@pytest.mark.django_db
def test_who_may_only_look_approves_nothing(client):
    RulesApproval.objects.create(digest="sha256:other", approved_at=timezone.now())
    client.force_login(member("Support"))
    assert client.post(f"{RULES}approve/", {"digest": rules.digest(), "would_erase": 0}).status_code == 403
    assert RulesApproval.objects.count() == 1


# --- The board -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_board_counts_what_waits_and_each_card_opens_that_list(client, staff, placed, parked, erased):
    Alarm.objects.create(kind=AlarmKind.PARKED, raised_at=timezone.now())
    ended()
    Account.objects.filter(pk=parked.account_id).update(claimed_at=timezone.now())
    client.force_login(staff)
    cards = client.get(reverse("admin:index")).context["cards"]
    assert [card["count"] for card in cards] == [1, 0, 0, 0, 1, 1, 1, 1]
    assert [len(rows(client.get(card["link"]))) for card in cards] == [1, 0, 0, 0, 1, 1, 1, 1]
    assert [card["calls"] for card in cards] == [True, False, False, False, True, True, False, False]
