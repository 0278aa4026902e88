"""Signing in, below the pages: locks, second factors, fresh proof, what is kept and what ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import lockout, signing_in, tasks, tokens
from accounts.access import needs_second_factor
from accounts.models import Account, DeviceToken, ErasureRequest, Session, User
from accounts.states import State
from accounts.support import open_account
from cannonworks.encryption import seal_secret, unseal_secret
from cannonworks.errors import KeyUnavailable, Refused
from journal.models import Entry
from tests import lives
from tests.cast import member
from tests.factories import PASSWORD, TOTP_SECRET, AccountFactory, HelperFactory, StaffFactory
from tests.signin import freshly, second_step, sign_in, totp

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]
WRONG = "not-the-password"


def told(*events):
    entries = Entry.objects.filter(event__in=events).order_by("id")
    return [(entry.event, str(entry.actor_reference or ""), entry.facts) for entry in entries]


# --- Locks ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("known", [True, False])
def test_the_fifth_failure_locks_an_email_and_the_right_password_does_not_open_it(client, holder, known):
    email = holder.email if known else "nobody@example.com"
    assert [sign_in(client, email, WRONG).status_code for _i in range(5)] == [200] * 4 + [429]
    assert sign_in(client, email.upper()).status_code == 429
    assert not Session.objects.filter(user=holder, signed_in_at__isnull=False).exists()


def test_a_lock_ends_by_itself_and_attempts_meanwhile_do_not_prolong_it(client, holder):
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False) as clock:
        for _i in range(5):
            page = sign_in(client, holder.email, WRONG)
        assert "Om 12:15 kun je het weer proberen." in page.content.decode()
        clock.shift(timedelta(minutes=14))
        assert "Om 12:15 kun je het weer proberen." in sign_in(client, holder.email).content.decode()
    keys = cache._cache.get_client(write=True)
    lives_for = [keys.ttl(key) for key in keys.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*sign-in:*")]
    assert lives_for
    assert max(lives_for) <= settings.SIGN_IN_LOCK_MINUTES * 60
    assert all(holder.email.encode() not in key for key in keys.scan_iter("*"))


def test_a_sign_in_forgets_the_failures_before_it(client, holder):
    for _round in range(2):
        for _i in range(4):
            sign_in(client, holder.email, WRONG)
        assert sign_in(client, holder.email).status_code == 302
        client.logout()


def test_one_address_that_tries_many_emails_is_locked_too(client, holder, settings):
    settings.SIGN_IN_FAILURES = {"email": 5, "address": 3}
    assert [sign_in(client, f"guess{n}@example.com", WRONG).status_code for n in range(3)] == [200, 200, 429]
    assert sign_in(client, holder.email).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7"), holder.email).status_code == 302


def test_a_forwarded_address_counts_only_behind_a_proxy_that_the_settings_name(rf, settings):
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert lockout.client_address(request) == "192.0.2.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert lockout.client_address(request) == "203.0.113.9"


def test_failures_and_locks_are_journalled_by_reference_without_the_address(client, holder):
    sign_in(client, "nobody@example.com", WRONG)
    for _i in range(5):
        sign_in(client, holder.email, WRONG)
    me = str(holder.reference)
    assert told("sign_in.failed", "sign_in.locked") == [
        ("sign_in.failed", "", {"factor": "password"}),
        *[("sign_in.failed", me, {"factor": "password"})] * 5,
        ("sign_in.locked", me, {"by": "email", "minutes": 15}),
    ]


@pytest.mark.parametrize(("role", "may"), [("Support", True), ("Security officer", True), ("Privacy officer", False)])
def test_support_and_the_security_officer_unlock(client, holder, role, may):
    for _i in range(5):
        sign_in(Client(), holder.email, WRONG)
    person, unlock = member(role), f"/admin/accounts/user/{holder.pk}/unlock/"
    client.force_login(person)
    if may:
        open_account(holder.account, actor=person, ticket="CW-1", reason="Kan niet inloggen", at=timezone.now())
    page = client.get(f"/admin/accounts/user/{holder.pk}/change/").content.decode()
    assert ("/unlock" in page) is may
    assert client.post(unlock).status_code == (302 if may else 403)
    assert sign_in(Client(), holder.email).status_code == (302 if may else 429)
    unlocked = [("sign_in.unlocked", str(person.reference), {"user": str(holder.reference)})]
    assert told("sign_in.unlocked") == (unlocked if may else [])


def test_who_is_not_locked_cannot_be_unlocked(staff, holder):
    with pytest.raises(Refused):
        signing_in.unlock_user(holder, holder.email, actor=staff)


def test_wrong_codes_count_for_the_lock_as_well(client, staff):
    sign_in(client, staff.email)
    assert [second_step(client, "000000").status_code for _i in range(5)] == [200] * 4 + [429]
    assert told("sign_in.failed")[0] == ("sign_in.failed", str(staff.reference), {"factor": "totp"})


# --- Second factors ------------------------------------------------------------------------------------------
def test_staff_need_a_second_factor_and_holders_do_not(staff, holder, colleague):
    assert [needs_second_factor(person) for person in (staff, holder, colleague)] == [True, False, False]


def test_only_who_gets_in_is_offered_the_way_to_the_administration(client, staff):
    for person, offered in ((StaffFactory(second_factor=False), False), (staff, True)):
        page = freshly(client, person).get("/security/").content.decode()
        assert ('href="/admin/"' in page) == offered


def test_a_session_without_the_second_step_is_nobodys(client, staff):
    sign_in(client, staff.email)
    assert client.get("/admin/").status_code == 302
    assert Session.objects.get(user=staff).signed_in_at is None


def test_a_code_works_once(client, staff):
    code = totp()
    sign_in(client, staff.email)
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    again = Client()
    sign_in(again, staff.email)
    assert again.post("/sign-in/code/", {"code": code}).status_code == 200


def test_the_secret_of_an_app_is_sealed_in_the_database(staff):
    row = Authenticator.objects.get(user=staff)
    assert TOTP_SECRET not in str(row.data)
    assert unseal_secret(row.data["secret"], purpose="second factor") == TOTP_SECRET


@pytest.mark.parametrize(
    "spoil",
    [lambda s: s[:-4] + "AAA=", lambda s: "other" + s, lambda s: s.partition(":")[0], lambda s: s + "€"],
    ids=["another end", "another key", "no value", "no base64"],
)
def test_a_secret_opens_for_its_own_purpose_alone(spoil):
    sealed = seal_secret("geheim", purpose="mail")
    assert unseal_secret(sealed, purpose="mail") == "geheim"
    for wrong in (lambda: unseal_secret(sealed, purpose="other"), lambda: unseal_secret(spoil(sealed), purpose="mail")):
        with pytest.raises(KeyUnavailable):
            wrong()


def test_setting_up_a_factor_ends_sessions_that_had_none(client, holder):
    other = Client()
    sign_in(other, holder.email)
    freshly(client, holder)
    client.get("/security/app/")
    secret = client.session["mfa.totp.secret"]
    assert client.post("/security/app/", {"code": totp(secret)}).status_code == 302
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200
    events = told("second_factor.added")
    assert [facts for _event, _actor, facts in events] == [{"factor": "totp"}, {"factor": "recovery_codes"}]


def test_staff_keep_their_last_factor_and_a_holder_may_go_without(client, staff, holder):
    freshly(client, staff)
    assert client.post("/security/app/remove/").status_code == 200
    assert Authenticator.objects.filter(user=staff).exists()
    TOTP.activate(holder, TOTP_SECRET)
    freshly(client, holder)
    assert client.post("/security/app/remove/").url == "/security/"
    assert told("second_factor.removed")[-1][2] == {"factor": "totp"}


# --- Fresh proof ---------------------------------------------------------------------------------------------
def test_erasure_is_asked_for_after_a_fresh_proof_and_the_post_goes_on_by_itself(client, account, holder):
    lapsed = AccountFactory(state=State.LAPSED)
    client.force_login(lapsed.main_user)
    data = {"company_name": lapsed.company.company_name}
    asked = client.post("/erasure/", data)
    assert (asked.url, ErasureRequest.objects.count()) == ("/security/prove/?next=%2Ferasure%2F", 0)
    assert client.post(asked.url, {"password": WRONG, "next": "/erasure/"}).status_code == 200
    assert client.post(asked.url, {"password": PASSWORD, "next": "/erasure/"}).url == "/erasure/"
    assert ErasureRequest.objects.open().get().account == lapsed


def test_cancelling_alone_needs_no_fresh_proof_with_erasure_it_does(client, account, holder):
    client.force_login(holder)
    data = {"company_name": account.company.company_name}
    assert client.post("/account/cancel/", {**data, "erase_immediately": "on"}).url.startswith("/security/prove/")
    assert Account.objects.get(pk=account.pk).state == State.ACTIVE
    assert client.post("/account/cancel/", data).url == "/"


def test_a_proof_is_fresh_for_ten_minutes(client, holder):
    with time_machine.travel("2026-11-22 12:00:00+01:00", tick=False) as clock:
        freshly(client, holder)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert client.get("/security/app/").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert client.get("/security/app/").url.startswith("/security/prove/")


# --- What is kept, what ends ---------------------------------------------------------------------------------
def test_a_new_password_ends_every_other_session_and_every_device(client, holder, colleague):
    for user in (holder, colleague):
        tokens.make_token(user, name="Telefoon", at=timezone.now())
    other = Client()
    for browser in (client, other):
        sign_in(browser, holder.email)
    form = {"oldpassword": PASSWORD, "password1": "zaag-beitel-vijl", "password2": "zaag-beitel-vijl"}
    assert client.post("/security/password/", form).url == "/security/"
    assert (client.get("/").status_code, other.get("/").status_code) == (200, 302)
    assert Session.objects.filter(user=holder).count() == 1
    assert [token.user for token in DeviceToken.objects.all()] == [colleague]
    assert told("user.password_changed") == [
        ("user.password_changed", str(holder.reference), {"user": str(holder.reference)})
    ]


def test_end_access_keeps_the_session_that_it_is_told_to(holder, outsider):
    first, _second, theirs = lives.sign_in(holder), lives.sign_in(holder), lives.sign_in(outsider)
    assert signing_in.end_access(holder, keep_session=first.session_key) == 1
    assert set(Session.objects.all()) == {first, theirs}
    assert signing_in.end_access(holder) == 1


def test_somebody_elses_browser_cannot_be_ended(client, holder, outsider):
    sign_in(Client(), outsider.email)
    theirs = Session.objects.get(user=outsider)
    client.force_login(holder)
    assert client.post(f"/security/browsers/{theirs.handle}/end/").status_code == 404
    assert theirs.session_key not in client.get("/security/").content.decode()


def test_a_reset_answers_alike_and_mails_only_who_is_known(client, holder, django_capture_on_commit_callbacks):
    answers = []
    for email in (holder.email, "nobody@example.com"):
        with django_capture_on_commit_callbacks() as queued:
            answer = client.post("/password/forgotten/", {"email": email})
        answers.append((answer.status_code, answer.url, len(queued)))
    assert answers == [(302, "/password/forgotten/sent/", 1), (302, "/password/forgotten/sent/", 0)]


def test_a_mail_waits_sealed_and_goes_out_in_the_language_of_its_reader(client, holder, monkeypatch):
    User.objects.filter(pk=holder.pk).update(language="en")
    queued = []
    monkeypatch.setattr(tasks.send_mail, "delay", queued.append)
    monkeypatch.setattr("accounts.adapters.transaction.on_commit", lambda call: call())
    client.post("/password/forgotten/", {"email": holder.email})
    assert holder.email not in queued[0]
    assert tasks.send_mail(queued[0]) == 1
    assert (mail.outbox[0].subject, mail.outbox[0].to) == ("Choose a new password at CannonWorks", [holder.email])
    assert "Hello Sanne," in mail.outbox[0].body


def test_a_new_address_counts_once_it_is_confirmed_and_not_when_another_has_it(client, holder, outsider, monkeypatch):
    links = []
    monkeypatch.setattr(
        "accounts.adapters.AccountAdapter.send_mail", lambda s, t, e, c: links.append(c.get("activate_url"))
    )
    sign_in(client, holder.email)
    old = holder.email
    for email, counts in ((outsider.email, False), ("nieuw@bedrijf.example", True)):
        assert client.post("/security/email/", {"email": email, "action_add": "1"}).url == "/security/email/"
        assert User.objects.get(pk=holder.pk).email == old
        client.post(links[-1].removeprefix(settings.SITE_URL))
        assert (User.objects.get(pk=holder.pk).email == email) is counts
    assert EmailAddress.objects.get(user=holder).email == "nieuw@bedrijf.example"
    assert told("user.email_changed")[0][1] == str(holder.reference)


@pytest.fixture
def links(monkeypatch):
    """Paths of the links in mails, oldest first."""
    found = []

    def note(adapter, template, email, context):
        link = context.get("password_reset_url") or context.get("activate_url")
        found.extend([link.removeprefix(settings.SITE_URL)] if link else [])

    monkeypatch.setattr("accounts.adapters.AccountAdapter.send_mail", note)
    return found


@pytest.mark.parametrize("make", [StaffFactory, HelperFactory, lambda: AccountFactory().main_user])
@pytest.mark.parametrize("reader", ["nobody", "themselves", "somebody else"])
def test_a_link_for_a_new_password_works_whoever_is_signed_in(client, outsider, links, make, reader):
    person = make()
    if reader != "nobody":
        freshly(client, person if reader == "themselves" else outsider)
    Client().post("/password/forgotten/", {"email": person.email})
    form = client.get(links[0], follow=True)
    assert b"password1" in form.content
    new = {"password1": "zaag-beitel-vijl", "password2": "zaag-beitel-vijl"}
    assert client.post(form.redirect_chain[-1][0], new).url == "/password/new/done/"
    assert User.objects.get(pk=person.pk).check_password("zaag-beitel-vijl")
    assert b"password1" not in client.get(links[0]).content  # it worked once


@pytest.mark.parametrize("make", [StaffFactory, HelperFactory, lambda: AccountFactory().main_user])
@pytest.mark.parametrize("reader", ["nobody", "themselves", "somebody else"])
def test_a_link_for_a_new_address_works_whoever_is_signed_in(client, outsider, links, make, reader):
    person = make()
    asking = freshly(Client(), person)
    if reader != "nobody":
        freshly(client, person if reader == "themselves" else outsider)
    assert asking.post("/security/email/", {"email": "nieuw@bedrijf.example", "action_add": "1"}).status_code == 302
    assert client.get(links[0]).status_code == 200
    client.post(links[0])
    assert User.objects.get(pk=person.pk).email == "nieuw@bedrijf.example"


@pytest.mark.parametrize("make", [StaffFactory, HelperFactory, lambda: AccountFactory().main_user])
def test_everybody_changes_the_own_password(client, make):
    person = make()
    freshly(client, person)
    form = {"oldpassword": PASSWORD, "password1": "zaag-beitel-vijl", "password2": "zaag-beitel-vijl"}
    assert client.post("/security/password/", form).url == "/security/"
    assert User.objects.get(pk=person.pk).check_password("zaag-beitel-vijl")


def test_the_password_is_not_read_but_where_it_is_checked(client, holder, account):
    sign_in(client, holder.email)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").status_code == 200
        assert client.get("/security/").status_code == 200
    reading = [query["sql"] for query in asked if '"accounts_user"."password"' in query["sql"]]
    assert len(reading) == 2  # the two requests load their own user, once each
    assert "password" not in account.main_user.__dict__
    assert "password" not in Session.objects.get(user=holder).user.__dict__
    assert User.objects.get(pk=holder.pk).check_password(PASSWORD)  # asked for, it comes


@pytest.mark.clause("6")
def test_all_of_signing_in_goes_with_the_account(client):
    account = lives.full_life()
    holder = account.main_user
    halfway = Client()
    for browser in (client, halfway):
        sign_in(browser, holder.email)
    second_step(client)
    places = {"accounts_session", "account_emailaddress", "mfa_authenticator"}
    assert places <= lives.rows(account).keys()
    assert Session.objects.get(pk=halfway.session.session_key).account == account
    account = lives.erase(account, on=lives.DUE_ON)
    assert account.state == State.ERASED
    assert not places & lives.rows(account).keys()
    assert client.get("/").status_code == 302
    assert sign_in(client, holder.email).status_code == 200


def test_a_sign_in_tells_since_when_from_where_and_with_what(client, holder):
    client.post("/sign-in/", {"login": holder.email, "password": PASSWORD}, headers={"user-agent": "Firefox Windows"})
    row = Session.objects.get(user=holder)
    assert (row.ip_address, row.user_agent, row.account_id) == ("127.0.0.1", "Firefox Windows", holder.account_id)
    assert timezone.now() - row.signed_in_at < timedelta(minutes=1)
    assert b"127.0.0.1" not in Client().get("/sign-in/").content
    assert told("user.signed_in") == [("user.signed_in", str(holder.reference), {"methods": ["password"]})]
    client.get("/security/")
    client.post("/language/", {"language": "en", "next": "/"})
    assert Session.objects.get(user=holder).user_agent == "Firefox Windows"
