"""Users of an account: invited, joined, removed, made main user; always exactly one of them decides (§1, §7, §19)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.messages import get_messages
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import companies, inviting, services, signing_in, users
from accounts.models import Account, Company, DeviceToken, Invitation, Session, User
from accounts.states import State
from cannonworks import isolation
from cannonworks.celery import app
from cannonworks.errors import Changed, Refused
from journal.models import Entry
from tests.factories import PASSWORD, TOTP_SECRET, AccountFactory, ColleagueFactory
from tests.lives import age, draft, moment
from tests.signin import freshly, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("1")]

AT = moment(date(2026, 3, 2))
ADDRESS = "wim@bedrijf.example"
JOINING = {
    "first_name": "Wim", "initials": "", "infix": "", "last_name": "Smid", "gender": "", "password": PASSWORD,
    "old_enough": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _post_at_once():
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def posted(django_capture_on_commit_callbacks):
    """What a block mails, sent as soon as it ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def token(holder, posted) -> str:
    """Of an invitation just sent."""
    with posted():
        inviting.invite(holder.account, email=ADDRESS, actor=holder, at=timezone.now())
    return token_in(mail.outbox.pop())


def token_in(letter) -> str:
    return re.search(r"/invitation/(\S+)/", letter.body)[1]


def refused(code, service, *args, **kwargs):
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    assert caught.value.code == code


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def events(account, *names) -> list[tuple]:
    rows = Entry.objects.filter(account_reference=account.reference, event__in=names).order_by("id")
    return [(row.event, str(row.actor_reference), row.facts) for row in rows]


# --- Inviting ------------------------------------------------------------------------------------------------
def test_an_invitation_is_mailed_and_only_a_digest_of_its_token_is_kept(client, holder, posted):
    freshly(client, holder)
    with posted():
        assert client.post("/account/users/", {"email": "Wim@Bedrijf.example"}).url == "/account/users/"
    row = Invitation.objects.get()
    assert (row.email, row.account, row.invited_by) == (ADDRESS, holder.account, holder.reference)
    (letter,) = mail.outbox
    assert letter.to == [ADDRESS]
    assert letter.subject == f"Sanne de Vries nodigt je uit voor {holder.account.company} bij CannonWorks"
    assert token_in(letter) not in str(Invitation.objects.values().get())
    assert ADDRESS in client.get("/account/users/").content.decode()
    assert events(holder.account, "invitation.sent") == [
        ("invitation.sent", str(holder.reference), {"invitation": str(row.reference)})
    ]


def test_a_known_address_is_mailed_why_not_and_the_inviter_sees_no_difference(client, holder, outsider, posted):
    freshly(client, holder)
    pages = []
    for email in ("nobody@example.com", outsider.email):
        with posted():
            response = client.post("/account/users/", {"email": email})
        pages.append((response.status_code, told(response)[-1:]))
        listed = client.get("/account/users/").content.decode()
        assert email in listed
    assert pages[0] == pages[1]
    assert "/invitation/" in mail.outbox[0].body
    assert "/invitation/" not in mail.outbox[1].body
    assert "een adres hoort bij één account" in mail.outbox[1].body
    assert mail.outbox[1].to == [outsider.email]


def test_a_colleague_one_invited_before_and_one_too_many_are_refused(holder, colleague):
    refused("colleague", inviting.invite, holder.account, email=colleague.email.upper(), actor=holder, at=AT)
    for number in range(inviting.MOST):
        inviting.invite(holder.account, email=f"a{number}@example.com", actor=holder, at=AT)
    refused("invited", inviting.invite, holder.account, email="a1@example.com", actor=holder, at=AT)
    refused("too_many", inviting.invite, holder.account, email="z@example.com", actor=holder, at=AT)


def test_only_the_main_user_invites_and_only_while_the_account_runs(client, holder, colleague):
    refused("not_main_user", inviting.invite, holder.account, email=ADDRESS, actor=colleague, at=AT)
    client.force_login(colleague)
    client.post("/account/users/", {"email": ADDRESS})
    assert not Invitation.objects.exists()
    for state in (State.LAPSED, State.CANCELLED):
        account = AccountFactory(state=state)
        refused("read_only", inviting.invite, account, email=ADDRESS, actor=account.main_user, at=AT)
        page = freshly(Client(), account.main_user).get("/account/users/").content.decode()
        assert "Dit account loopt niet, dus je kunt niemand uitnodigen." in page


def test_it_is_sent_again_with_a_new_link_but_not_at_once(client, holder, token, posted):
    freshly(client, holder)
    row = Invitation.objects.get()
    again = f"/account/invitations/{row.reference}/send/"
    assert told(client.post(again)) == ["We hebben dit net verstuurd. Geef de mail een paar minuten om aan te komen."]
    Invitation.objects.update(sent_at=row.sent_at - inviting.AGAIN_AFTER)
    with posted():
        client.post(again)
    new = token_in(mail.outbox.pop())
    assert "werkt niet meer" in Client().get(f"/invitation/{token}/").content.decode()
    assert "Doe mee met" in Client().get(f"/invitation/{new}/").content.decode()


def test_a_withdrawn_one_lets_nobody_in(client, holder, token):
    freshly(client, holder)
    row = Invitation.objects.get()
    client.post(f"/account/invitations/{row.reference}/withdraw/")
    assert "werkt niet meer" in Client().post(f"/invitation/{token}/", JOINING).content.decode()
    assert not User.objects.filter(email=ADDRESS).exists()
    assert client.post(f"/account/invitations/{row.reference}/withdraw/").status_code == 404


@pytest.mark.parametrize(("later", "works"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)])
def test_the_link_ends_after_seven_days(holder, posted, later, works):
    with posted():
        inviting.invite(holder.account, email=ADDRESS, actor=holder, at=AT)
    token = token_in(mail.outbox.pop())
    assert (inviting.find(token, at=AT + later) is not None) is works


def test_what_nobody_answered_is_erased_after_a_month(holder):
    inviting.invite(holder.account, email=ADDRESS, actor=holder, at=AT)
    ended = timezone.localdate(AT + inviting.LASTS)
    assert age(ended + timedelta(days=29)) == 0
    assert age(ended + timedelta(days=30)) == 1


# --- Joining -------------------------------------------------------------------------------------------------
def test_a_colleague_joins_by_the_link_and_works_but_does_not_decide(holder, token):
    client, address = Client(), f"/invitation/{token}/"
    for _look in range(2):  # a scanner opens it first
        page = client.get(address).content.decode()
        assert f"Doe mee met {holder.account.company}" in page
        assert ADDRESS in page
    response = client.post(address, JOINING)
    assert (response.status_code, response.url) == (302, "/")
    user = User.objects.get(email=ADDRESS)
    assert (user.account, user.is_main, user.full_name) == (holder.account, False, "Wim Smid")
    assert EmailAddress.objects.get(user=user).verified
    assert Session.objects.get(user=user).account == holder.account
    assert not Invitation.objects.exists()
    assert client.get("/account/cancel/").status_code == 403
    assert [event for event, *_rest in events(holder.account, "invitation.accepted", "user.declared_age")] == [
        "invitation.accepted", "user.declared_age",
    ]  # fmt: skip
    assert "werkt niet meer" in Client().post(address, JOINING).content.decode()
    assert sign_in(Client(), ADDRESS).url == "/"


def test_without_the_declaration_of_being_16_nobody_joins_and_the_password_is_not_sent_back(token):
    page = Client().post(f"/invitation/{token}/", JOINING | {"old_enough": ""}).content.decode()
    assert "Ben je jonger dan 16?" in page
    assert 'value="Wim"' in page
    assert PASSWORD not in page
    assert not User.objects.filter(email=ADDRESS).exists()


def test_who_got_a_user_elsewhere_meanwhile_is_told(token):
    AccountFactory(main_user__email=ADDRESS)
    page = Client().post(f"/invitation/{token}/", JOINING).content.decode()
    assert "Iemand logt al in met dit adres." in page
    assert Invitation.objects.count() == 1


def test_nobody_joins_an_account_that_stopped_running(holder, token):
    services.cancel_account(holder.account, actor=holder, on=timezone.localdate())
    for page in (Client().get(f"/invitation/{token}/"), Client().post(f"/invitation/{token}/", JOINING)):
        assert "Dit account loopt nu niet" in page.content.decode()
    refused("read_only", inviting.accept, token, person={"password": PASSWORD}, at=timezone.now())
    assert not User.objects.filter(email=ADDRESS).exists()


def test_nor_one_that_is_being_erased(holder, token):
    Account.objects.filter(pk=holder.account_id).update(
        state=State.CANCELLED, cancelled_on=AT, keep_until=AT, erase_on=AT
    )
    Account.objects.filter(pk=holder.account_id).update(claimed_at=AT)
    assert "werkt niet meer" in Client().get(f"/invitation/{token}/").content.decode()


def test_who_is_signed_in_does_not_join_by_accident(client, outsider, token):
    client.force_login(outsider)
    assert "Je bent al ingelogd" in client.post(f"/invitation/{token}/", JOINING).content.decode()
    assert Invitation.objects.exists()


# --- Removing and leaving ------------------------------------------------------------------------------------
def test_a_removed_colleague_is_out_at_once_and_nothing_of_them_is_left(client, holder, colleague, posted):
    from accounts import tokens

    theirs = Client()
    sign_in(theirs, colleague.email)
    assert theirs.get("/").status_code == 200
    tokens.make_token(colleague, name="Telefoon", at=timezone.now())
    TOTP.activate(colleague, TOTP_SECRET)
    document = draft(holder.account)
    freshly(client, holder)
    assert "verwijderen?" in client.get(f"/account/users/{colleague.reference}/remove/").content.decode()
    with posted():
        assert client.post(f"/account/users/{colleague.reference}/remove/").url == "/account/users/"
    assert theirs.get("/").url == "/sign-in/?next=/"
    for model in (Session, DeviceToken, Authenticator, EmailAddress):
        assert not model.objects.filter(user_id=colleague.pk).exists(), model
    assert not User.objects.filter(pk=colleague.pk).exists()
    document.refresh_from_db()
    assert [letter.to for letter in mail.outbox] == [[colleague.email]]
    assert events(holder.account, "user.removed", "second_factor.removed") == [
        ("user.removed", str(holder.reference), {"user": str(colleague.reference)})
    ]


def test_nobody_but_the_main_user_removes_and_nobody_of_another_account(client, holder, colleague, outsider):
    other = ColleagueFactory(account=holder.account)
    refused("not_main_user", users.remove_user, other, actor=colleague)
    refused("gone", users.remove_user, outsider, actor=holder)
    client.force_login(colleague)
    assert client.post(f"/account/users/{other.reference}/remove/").status_code == 403
    freshly(client, holder)
    assert client.post(f"/account/users/{outsider.reference}/remove/").status_code == 404
    assert client.post(f"/account/users/{holder.reference}/remove/").status_code == 404


def test_a_colleague_leaves_and_the_main_user_cannot(client, holder, colleague):
    refused("is_main_user", users.leave, holder)
    client.force_login(colleague)
    response = client.post("/account/users/leave/")
    assert response.url == "/sign-in/"
    assert "Je hebt het account verlaten" in client.get("/sign-in/").content.decode()
    assert not User.objects.filter(pk=colleague.pk).exists()
    freshly(client, holder)
    assert "Draag het eerst over" in client.get("/account/users/leave/").content.decode()
    client.post("/account/users/leave/")
    assert User.objects.filter(pk=holder.pk).exists()


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_in_an_account_that_does_not_run_removing_and_handing_over_go_on(state):
    account = AccountFactory(state=state)
    main, first, second = account.main_user, *ColleagueFactory.create_batch(2, account=account)
    with isolation.acting_as(isolation.of(main)):
        users.remove_user(first, actor=main)
        users.hand_over(account, to=second, actor=main)
    assert account.main_user == second


# --- Handing over --------------------------------------------------------------------------------------------
def test_handing_over_makes_a_colleague_the_main_user_and_tells_them(client, holder, colleague, posted):
    freshly(client, holder)
    with posted():
        assert client.post(f"/account/users/{colleague.reference}/hand-over/").url == "/account/users/"
    assert holder.account.main_user == colleague
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        ([colleague.email], f"Je bent nu de hoofdgebruiker van {holder.account.company}")
    ]
    assert events(holder.account, "user.made_main") == [
        ("user.made_main", str(holder.reference), {"user": str(colleague.reference)})
    ]
    assert client.get("/account/cancel/").status_code == 403


@pytest.mark.clause("7")
def test_it_asks_for_a_fresh_proof(client, holder, colleague):
    client.force_login(holder)
    assert client.post(f"/account/users/{colleague.reference}/hand-over/").url.startswith("/security/prove/")
    assert holder.account.main_user == holder


def test_one_who_may_not_sign_in_cannot_be_the_main_user(holder, colleague):
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    refused("cannot_be_main", users.hand_over, holder.account, to=colleague, actor=holder)
    refused("cannot_be_main", users.hand_over, holder.account, to=holder, actor=holder)


def test_the_database_keeps_one_main_user(holder, colleague):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=colleague.pk).update(is_main=True)
    for change in (
        lambda rows: rows.update(is_main=False),
        lambda rows: (Session.objects.all().delete(), rows.delete()),
    ):
        with pytest.raises(IntegrityError, match="needs a main user"), transaction.atomic():
            change(User.objects.filter(pk=holder.pk))
            with connections["default"].cursor() as cursor:
                cursor.execute("SET CONSTRAINTS main_user_lost IMMEDIATE")


@pytest.mark.django_db(transaction=True)
def test_of_two_that_hand_over_at_once_one_wins():
    account = AccountFactory(state=State.ACTIVE)
    main, *colleagues = account.main_user, *ColleagueFactory.create_batch(2, account=account)
    start, codes = Barrier(2), []

    def over(main, to):
        start.wait()
        try:
            with isolation.acting_as(isolation.of(main)):
                users.hand_over(account, to=to, actor=main)
            codes.append("")
        except Refused as error:
            codes.append(error.code)
        connections.close_all()

    threads = [Thread(target=over, args=[User.objects.get(pk=main.pk), each]) for each in colleagues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(codes) == ["", "not_main_user"]
    assert User.objects.filter(account=account, is_main=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_made_main_user_is_not_removed_at_the_same_moment():
    account = AccountFactory(state=State.ACTIVE)
    main, colleague = account.main_user, ColleagueFactory(account=account)
    stale = User.objects.get(pk=main.pk)  # of a request that began before
    users.hand_over(account, to=colleague, actor=main)
    refused("not_main_user", users.remove_user, colleague, actor=stale)
    assert account.main_user == colleague


# --- Company and own details ---------------------------------------------------------------------------------
COMPANY = {
    "company_name": "De Nieuwe Naam", "kvk_number": "87654321", "vat_number": "", "email": "info@nieuw.example",
    "phone": "", "street": "Brink", "house_number": "1", "postcode": "9401 ab", "city": "Assen", "country": "NL",
}  # fmt: skip


@pytest.mark.clause("16")
def test_the_main_user_changes_the_company_and_of_two_the_second_sees_what_the_first_saved(client, holder, colleague):
    freshly(client, holder)
    assert client.post("/account/company/", COMPANY | {"revision": "1"}).url == "/account/company/"
    company = Company.objects.get(account=holder.account)
    assert (company.company_name, company.postcode, company.revision) == ("De Nieuwe Naam", "9401 AB", 2)
    page = client.post("/account/company/", COMPANY | {"revision": "1", "city": "Emmen"}).content.decode()
    assert "Iemand anders heeft dit gewijzigd" in page
    assert 'value="Emmen"' in page
    assert "<strong>Assen</strong>" in page
    with pytest.raises(Changed):
        companies.change_company(company, actor=holder, revision=1, city="Emmen")
    assert events(holder.account, "company.changed")[0][2] == {"fields": sorted([*COMPANY, "sole_trader"])}
    client.force_login(colleague)
    assert "De Nieuwe Naam" in client.post("/account/company/", COMPANY | {"city": "Emmen"}).content.decode()
    assert Company.objects.get(account=holder.account).city == "Assen"
    refused("not_main_user", companies.change_company, company, actor=colleague, city="Emmen")


@pytest.mark.clause("19")
def test_bad_details_of_a_company_are_said_and_kept(client, holder):
    freshly(client, holder)
    page = client.post(
        "/account/company/", COMPANY | {"kvk_number": "12", "sole_trader": "on", "vat_number": "NL111222333B01"}
    ).content.decode()
    assert "acht cijfers" in page
    assert "met je BSN erin" in page
    assert 'value="12"' in page


@pytest.mark.clause("16")
def test_everybody_changes_their_own_name_and_language(client, colleague, holder):
    client.force_login(colleague)
    fields = {
        "first_name": "Timo",
        "initials": "T.",
        "infix": "",
        "last_name": "Bakker",
        "gender": "m",
        "language": "en",
    }
    response = client.post("/account/you/", fields)
    assert (response.url, response.cookies["django_language"].value) == ("/account/you/", "en")
    colleague.refresh_from_db()
    assert (colleague.first_name, colleague.gender, colleague.language) == ("Timo", "m", "en")
    assert client.post("/account/you/", fields | {"first_name": ""}).status_code == 200
    refused("not_yours", users.change_user, holder, actor=colleague, first_name="Ander")
    assert events(holder.account, "user.changed")[0][2] == {"fields": sorted(fields)}


@pytest.mark.parametrize("state", [State.LAPSED, State.CANCELLED])
def test_an_account_that_does_not_run_shows_them_and_changes_nothing(client, state):
    account = AccountFactory(state=state)
    freshly(client, account.main_user)
    for page in ("/account/company/", "/account/you/"):
        assert "Dit account loopt niet, dus dit kan nu niet gewijzigd worden." in client.get(page).content.decode()
    refused("read_only", companies.change_company, account.company, actor=account.main_user, city="Emmen")
    refused("read_only", users.change_user, account.main_user, actor=account.main_user, first_name="Ander")


def test_the_list_of_users_costs_the_same_with_one_and_three(client, holder, asks):
    signing_in.adopt_address(holder)
    freshly(client, holder)
    client.get("/account/users/")
    for more in (0, 2):
        ColleagueFactory.create_batch(more, account=holder.account)
        for number in range(more):
            inviting.invite(holder.account, email=f"b{number}@example.com", actor=holder, at=AT)
        with asks(6):
            client.get("/account/users/")
