"""The newsletter: on by default, ended by one click and for ever, nothing stored of strangers before they said yes."""

from __future__ import annotations

import base64
import os
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import newsletter, tasks
from accounts.keys import rotate_keys
from accounts.models import Subscriber, Suppression, User
from accounts.newsletter import ask, confirm, is_suppressed, set_subscription, stop, stop_address
from accounts.states import State
from cannonworks import isolation
from cannonworks.errors import KeyUnavailable, Refused
from journal.models import Entry
from tests.callers import API, device, problem
from tests.factories import AccountFactory
from tests.lives import CANCELLED_ON, DUE_ON, account_in, erase
from tests.signin import altered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("2")]
AT = timezone.now()
ADDRESS = "lezer@buiten.example"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Mail goes when it is asked for; the queue has tests of its own."""
    monkeypatch.setattr(tasks.send_mail, "delay", tasks.send_mail)


def events() -> list[tuple[str, dict]]:
    return list(Entry.objects.filter(event__startswith="newsletter.").order_by("id").values_list("event", "facts"))


def token_of(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def link(client: Client, address: str = ADDRESS, capture=None) -> str:
    """The token that somebody at this address gets by mail."""
    with capture(execute=True):
        assert client.post("/newsletter/", {"email": address}).status_code == 200
    return token_of(re.search(r"http://\S+/newsletter/confirm/\S+", mail.outbox[-1].body)[0])


def test_a_new_user_gets_it_and_the_evidence_has_its_date(holder):
    assert set_subscription(holder, wanted=True, at=AT) is True
    row = Subscriber.objects.get()
    assert (row.user, row.account, row.wanted, row.changed_at, row.email) == (holder, holder.account, True, AT, "")
    (event, facts) = events()[0]
    assert (event, facts["how"], facts["subscriber"]) == ("newsletter.wanted", "default", str(row.reference))
    assert facts["at"][:10] == AT.isoformat()[:10]
    assert set_subscription(holder, wanted=True, at=AT + timedelta(days=1)) is True
    assert len(events()) == 1  # nothing changed, nothing to tell


def test_who_opts_out_at_sign_up_is_known_by_a_hash_alone(holder):
    assert set_subscription(holder, wanted=False, at=AT) is False
    row = Suppression.objects.get()
    assert holder.email.encode() not in bytes(row.hashed)
    assert (is_suppressed(holder.email.upper()), is_suppressed(ADDRESS)) == (True, False)


def test_staff_have_none(staff):
    with pytest.raises(Refused) as refused:
        set_subscription(staff, wanted=True, at=AT)
    assert refused.value.code == "no_account"


@pytest.mark.parametrize("role", [isolation.VISITOR, None])
def test_sign_up_and_the_own_page_have_the_rights_for_it(holder, role):
    with isolation.acting_as(role or isolation.of(holder)):
        assert set_subscription(holder, wanted=True, at=AT) is True
        assert set_subscription(holder, wanted=False, at=AT) is False
        assert set_subscription(holder, wanted=True, at=AT, chosen=True) is True


def test_an_opt_out_survives_erasure_and_a_new_sign_up_does_not_subscribe_again():
    account = account_in(State.CANCELLED, on=CANCELLED_ON, main_user__email="weg@bedrijf.example")
    set_subscription(account.main_user, wanted=True, at=AT)
    stop(token_of(stop_address(Subscriber.objects.get())), at=AT)
    assert Subscriber.objects.get().wanted is False
    erase(account, on=DUE_ON)
    assert (Subscriber.objects.count(), Suppression.objects.count()) == (0, 1)
    again = AccountFactory(main_user__email="weg@bedrijf.example").main_user
    assert set_subscription(again, wanted=True, at=AT) is False
    assert set_subscription(again, wanted=True, at=AT, chosen=True) is True  # their own word counts
    assert Suppression.objects.count() == 0


def test_the_state_of_the_account_does_not_matter(client):
    for state in (State.TRIAL, State.LAPSED, State.CANCELLED):
        user = AccountFactory(state=state).main_user
        set_subscription(user, wanted=True, at=AT)
        client.force_login(user)
        assert client.post("/newsletter/", {"wanted": "no"}).status_code == 302
        assert Subscriber.objects.get(user=user).wanted is False


def test_an_opt_out_goes_along_to_a_new_address(holder):
    set_subscription(holder, wanted=False, at=AT)
    User.objects.filter(pk=holder.pk).update(email="nieuw@bedrijf.example")
    holder.refresh_from_db()
    newsletter.follow_address(holder, at=AT)
    assert is_suppressed("nieuw@bedrijf.example")


# --- Visitors --------------------------------------------------------------------------------------------------------


def test_a_visitor_subscribes_by_the_link_in_a_mail_and_nothing_is_stored_before(
    client, django_capture_on_commit_callbacks
):
    token = link(client, "Lezer@Buiten.example", django_capture_on_commit_callbacks)
    assert mail.outbox[-1].to == [ADDRESS]
    assert (Subscriber.objects.count(), Suppression.objects.count(), Entry.objects.count()) == (0, 0, 0)
    assert ADDRESS not in token
    page = client.get(f"/newsletter/confirm/{token}/").content.decode()
    assert ADDRESS in page
    assert Subscriber.objects.count() == 0  # a program that only looks at links subscribes nobody
    assert client.post(f"/newsletter/confirm/{token}/", {"wanted": "yes"}).status_code == 200
    row = Subscriber.objects.get()
    assert (row.email, row.wanted, row.language, row.user) == (ADDRESS, True, "nl", None)
    assert [(event, facts["how"]) for event, facts in events()] == [("newsletter.wanted", "confirmed")]


def test_the_answer_does_not_tell_whether_an_address_is_known(client, holder, django_capture_on_commit_callbacks):
    set_subscription(holder, wanted=False, at=AT)
    pages, mails = [], []
    for address in (holder.email, ADDRESS):
        link(client, address, django_capture_on_commit_callbacks)
        with django_capture_on_commit_callbacks():
            pages.append(client.post("/newsletter/", {"email": address}).content.decode().replace(address, "…"))
        mails.append(re.sub(r"/confirm/\S+", "…", mail.outbox[-1].body))
    without = [re.sub(r'value="[A-Za-z0-9]{64}"', "", page) for page in pages]
    assert without[0] == without[1]
    assert mails[0] == mails[1]


def test_the_same_link_says_never(client, django_capture_on_commit_callbacks):
    token = link(client, capture=django_capture_on_commit_callbacks)
    client.post(f"/newsletter/confirm/{token}/", {"wanted": "yes"})
    assert (
        "niet naartoe mogen schrijven"
        in client.post(f"/newsletter/confirm/{token}/", {"wanted": "no"}).content.decode()
    )
    assert (Subscriber.objects.count(), is_suppressed(ADDRESS)) == (0, True)


def test_by_the_link_a_user_changes_their_own_subscription(holder, client, django_capture_on_commit_callbacks):
    set_subscription(holder, wanted=False, at=AT)
    confirm(link(client, holder.email, django_capture_on_commit_callbacks), wanted=True, at=timezone.now())
    row = Subscriber.objects.get()
    assert (row.user, row.wanted, is_suppressed(holder.email)) == (holder, True, False)


def test_a_link_works_for_three_days_and_an_altered_one_never(client, django_capture_on_commit_callbacks):
    token = link(client, capture=django_capture_on_commit_callbacks)
    now = timezone.now()
    assert newsletter.opened(token, at=now + timedelta(days=3) - timedelta(minutes=1)) == (ADDRESS, "nl")
    for old, at in ((token, now + timedelta(days=3)), (altered(token), now), ("key", now)):
        with pytest.raises(Refused) as refused:
            confirm(old, wanted=True, at=at)
        assert refused.value.code == "link_over"
    assert "werkt niet meer" in client.post("/newsletter/confirm/key/", {"wanted": "yes"}).content.decode()


def test_one_address_gets_no_more_than_two_mails_a_day(client, django_capture_on_commit_callbacks):
    answers = set()
    for _time in range(4):
        with django_capture_on_commit_callbacks(execute=True):
            answers.add(client.post("/newsletter/", {"email": ADDRESS}).status_code)
    assert (answers, len(mail.outbox)) == ({200}, 2)


def test_who_asks_all_the_time_keeps_what_they_typed_and_waits(client, monkeypatch):
    monkeypatch.setattr("accounts.views.newsletter.ASKS_AN_HOUR", 1)
    client.post("/newsletter/", {"email": "x"})
    response = client.post("/newsletter/", {"email": ADDRESS})
    assert response.status_code == 429
    assert f'value="{ADDRESS}"' in response.content.decode()


# --- One click -------------------------------------------------------------------------------------------------------


def test_a_mail_program_unsubscribes_by_post_without_session_or_csrf_and_looking_changes_nothing(holder):
    set_subscription(holder, wanted=True, at=AT)
    path = stop_address(Subscriber.objects.get()).removeprefix("http://localhost:8000")
    strict = Client(enforce_csrf_checks=True)
    assert "Afmelden" in strict.get(path).content.decode()
    assert strict.head(path).status_code == 405
    assert Subscriber.objects.get().wanted is True
    response = strict.post(path, {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, response.cookies.get("sessionid")) == (200, None)
    assert Subscriber.objects.get().wanted is False
    assert strict.post(path).status_code == 200  # once more is as good
    assert [event for event, _facts in events()] == ["newsletter.wanted", "newsletter.stopped"]


def test_the_link_has_no_address_in_it_and_another_cannot_be_made_of_it(holder):
    set_subscription(holder, wanted=True, at=AT)
    token = token_of(stop_address(Subscriber.objects.get()))
    raw = base64.urlsafe_b64decode(token + "==")
    assert holder.email.encode() not in raw
    assert holder.email not in token
    with pytest.raises(Refused) as refused:
        stop(altered(token), at=AT)
    assert refused.value.code == "no_link"
    assert Subscriber.objects.get().wanted is True


def test_somebody_elses_link_works_while_one_is_signed_in_and_the_page_is_ones_own(client, holder, outsider):
    set_subscription(outsider, wanted=True, at=AT)
    client.force_login(holder)
    page = client.post(f"/newsletter/stop/{token_of(stop_address(Subscriber.objects.get()))}/")
    assert holder.account.company.company_name in page.content.decode()
    assert Subscriber.objects.get().wanted is False


def test_an_old_link_ends_what_was_begun_anew_since(client, django_capture_on_commit_callbacks):
    confirm(link(client, capture=django_capture_on_commit_callbacks), wanted=True, at=timezone.now())
    old = token_of(stop_address(Subscriber.objects.get()))
    stop(old, at=AT)
    confirm(link(client, capture=django_capture_on_commit_callbacks), wanted=True, at=timezone.now())
    assert Subscriber.objects.count() == 1
    stop(old, at=AT)
    assert (Subscriber.objects.count(), is_suppressed(ADDRESS)) == (0, True)


def test_it_works_while_the_account_is_being_erased(holder):
    set_subscription(holder, wanted=True, at=AT)
    token = token_of(stop_address(Subscriber.objects.get()))
    type(holder.account).objects.filter(pk=holder.account_id).update(
        state=State.CANCELLED, cancelled_on=CANCELLED_ON, keep_until=DUE_ON, erase_on=DUE_ON, claimed_at=AT
    )
    stop(token, at=AT)
    assert is_suppressed(holder.email)


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_an_opt_out_is_found_after_the_lookup_key_changed_and_known_ones_move_along(settings, holder):
    set_subscription(holder, wanted=False, at=AT)
    Suppression.objects.create(
        hashed=newsletter.lookup_hashes("weg@bedrijf.example", account=newsletter.NOBODYS)[0], since=AT
    )
    old = settings.LOOKUP_KEY if ":" in settings.LOOKUP_KEY else f"1:{settings.LOOKUP_KEY}"
    settings.LOOKUP_KEY = f"2:{base64.b64encode(os.urandom(32)).decode()},{old}"
    assert is_suppressed("weg@bedrijf.example")
    assert rotate_keys().opt_outs == 1  # of somebody whom nobody knows any more: its key has to stay
    current = newsletter.lookup_hashes(holder.email, account=newsletter.NOBODYS)[0]
    assert Suppression.objects.filter(hashed=current).exists()
    settings.LOOKUP_KEY = settings.LOOKUP_KEY.partition(",")[0]
    with pytest.raises(KeyUnavailable, match="1 opt-outs"):
        rotate_keys()


# --- API -------------------------------------------------------------------------------------------------------------


def test_an_app_shows_and_changes_it(holder):
    client = device(holder)
    assert client.get(f"{API}/newsletter/").json() == {"wanted": False, "since": None}
    assert client.patch(f"{API}/newsletter/", {"wanted": True}).json()["wanted"] is True
    assert client.get(f"{API}/newsletter/").json()["wanted"] is True
    assert client.patch(f"{API}/newsletter/", {"wanted": False}).json()["wanted"] is False
    problem(client.patch(f"{API}/newsletter/", {"wanted": "misschien"}), 400, "invalid")


def test_ask_stores_nothing_at_all(django_assert_num_queries):
    with django_assert_num_queries(0):
        ask(ADDRESS, language="en", at=AT)
