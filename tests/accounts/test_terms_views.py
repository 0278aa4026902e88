"""The terms are public in all versions; a change is shown after signing in until it is read (§21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services, terms
from accounts.due import due_from
from accounts.models import Account, TermsAcknowledgement, TermsVersion
from tests.accounts.test_terms import published
from tests.callers import API, device, problem
from tests.cast import member
from tests.signin import freshly, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("21")]
BANNER = "Onze voorwaarden zijn veranderd."


@pytest.fixture
def second(holder):
    """A second version, in force today; the holder accepted the first."""
    terms.accept(terms.in_force(timezone.localdate()), holder, timezone.now())
    text = TermsVersion.objects.get().text_nl.replace("rechter in Assen", "rechter in Emmen")
    at = timezone.now()
    return published(member("Privacy officer"), effective_on=timezone.localdate(at), at=at, text_nl=text)


def shown(client, path="/devices/") -> str:
    return client.get(path).content.decode()


def test_after_signing_in_every_page_tells_of_it_until_it_is_read(client, holder, second, asks):
    sign_in(client, holder.email)
    assert BANNER in shown(client)
    page = shown(client, "/terms/changes/")
    assert "<del>" in page
    assert "Emmen," in page
    assert "Reservekopieën blijven korter." in page
    answer = client.post("/terms/changes/", {"version": "2"})
    assert (answer.status_code, answer.url) == (302, "/")
    assert BANNER not in shown(client)
    assert "Je bent op de hoogte" in shown(client, "/terms/changes/")
    kinds = TermsAcknowledgement.objects.filter(version=second).values_list("kind", flat=True)
    assert sorted(kinds) == ["acknowledged", "seen"]


def test_it_stands_in_nobodys_way(client, holder, second):
    sign_in(client, holder.email)
    for path in ("/", "/my-data/looks/", "/account/cancel/", "/erasure/"):
        assert client.get(path).status_code == 200


def test_it_costs_other_pages_no_query(client, holder, second, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    freshly(client, holder)
    with CaptureQueriesContext(connection) as without:
        client.get("/devices/")
    session = client.session
    session["terms"] = 2
    session.save()
    with CaptureQueriesContext(connection) as with_banner:
        assert BANNER in shown(client)
    assert len(with_banner) == len(without)
    assert not [each for each in with_banner if "accounts_terms" in each["sql"]]


def test_who_reads_an_older_one_while_a_newer_comes_is_told_again(client, holder, second):
    sign_in(client, holder.email)
    shown(client, "/terms/changes/")
    at = timezone.now()
    published(member("Privacy officer"), effective_on=timezone.localdate(at), at=at)
    assert client.post("/terms/changes/", {"version": "2"}).url == "/terms/changes/"
    assert BANNER in shown(client)
    assert client.post("/terms/changes/", {"version": "9"}).status_code == 404
    assert client.post("/terms/changes/", {"version": "x"}).status_code == 404


def test_it_is_among_what_is_due(holder, outsider, second):
    [due] = due_from(holder, on=timezone.localdate())
    assert due.address == "/terms/changes/"
    terms.acknowledge(second, holder, timezone.now())
    assert due_from(holder, on=timezone.localdate()) == []


def test_who_is_being_erased_can_still_look(client, holder, second):
    freshly(client, holder)
    services.cancel_account(holder.account, actor=holder, on=timezone.localdate())
    Account.objects.filter(pk=holder.account_id).update(claimed_at=timezone.now())
    assert client.get("/terms/changes/").status_code == 200


def test_versions_and_their_differences_are_public_and_drafts_are_not(second, holder):
    visitor, officer = Client(), member("Privacy officer")
    at = timezone.now()
    coming = published(officer, effective_on=timezone.localdate(at) + timedelta(days=9), at=at)
    assert "Versie 2" in shown(visitor, "/terms/")
    assert "Deze versie geldt niet meer." in shown(visitor, "/terms/1/")
    assert "Deze versie geldt nog niet." in shown(visitor, "/terms/3/")
    page = shown(visitor, "/terms/1-2/")
    assert '<del><span class="hidden-visually">[verwijderd: </span>Assen,' in page
    assert '<ins><span class="hidden-visually">[toegevoegd: </span>Emmen,' in page
    assert visitor.get("/terms/2-1/").url == "/terms/1-2/"
    assert visitor.get("/terms/4/").status_code == visitor.get("/terms/1-4/").status_code == 404
    assert coming.number == 3


def test_html_of_a_version_is_shown_as_text(holder):
    at = timezone.now()
    published(
        member("Privacy officer"),
        effective_on=timezone.localdate(at),
        at=at,
        text_nl="# Kop\n\n<script>x</script> [a](javascript:x)",
    )
    page = shown(Client(), "/terms/")
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page
    assert 'href="javascript' not in page


def test_the_api_tells_the_terms_and_takes_the_word_of_who_read_them(holder, second):
    public = Client().get(f"{API}/terms/").json()
    assert (public["number"], public["sha256"], public["to_acknowledge"]) == (2, second.digest, None)
    client = device(holder)
    assert client.get(f"{API}/terms/").json()["to_acknowledge"] is True
    problem(client.post(f"{API}/terms/acknowledge/", {"number": 7}), 404, "not_found")
    problem(client.post(f"{API}/terms/acknowledge/", {"number": 0}), 400, "invalid")
    assert client.post(f"{API}/terms/acknowledge/", {"number": 2}).json()["to_acknowledge"] is False
    assert terms.to_acknowledge(holder, timezone.localdate()) is None
