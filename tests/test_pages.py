"""What holds for every page: one heading, nothing inline, private unless public, a policy that the browser keeps."""

import re
from functools import reduce
from html.parser import HTMLParser
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.urls import get_resolver

from accounts.states import State
from cannonworks.errors import Refused
from cannonworks.middleware import POLICY
from tests.factories import AccountFactory
from tests.signin import freshly

#: and what a GET of them answers
PUBLIC = {
    "/sign-in/": 200,
    "/sign-in/code/": 302,
    "/sign-in/passkey/": 302,
    "/sign-in/closed/": 200,
    "/sign-in/confirm/": 200,
    "/sign-out/": 405,
    "/password/forgotten/": 200,
    "/password/forgotten/sent/": 200,
    "/password/new/1-key/": 200,
    "/password/new/done/": 200,
    "/email/key/": 200,
    "/sign-up/": 200,
    "/sign-up/key/": 200,
    "/invitation/key/": 200,
    "/language/": 405,
    "/newsletter/": 200,
    "/newsletter/confirm/key/": 200,
    "/newsletter/stop/key/": 200,
    "/admin/login/": 302,  # to the one door there is
    "/api/": 404,  # a problem document: no such endpoint
    "/.well-known/security.txt": 200,
    "/security.md": 200,
    "/d/key/": 404,  # there is no such link
    "/d/key/document.pdf": 404,
    "/board/key.ics": 404,  # nobody has such a calendar
    "/cookies/": 200,
    "/privacy/": 200,
    "/privacy/privacy.pdf": 200,
    "/disclosures/": 200,
    "/disclosures/disclosures.pdf": 200,
    "/disclosures/disclosures.json": 200,
    "/record/": 200,
    "/sub-processors/": 200,
    "/sub-processors/sub-processors.pdf": 200,
    f"/sub-processors/changes/{UUID(int=0)}/": 404,  # there is no such change
    "/record/record.pdf": 200,
    "/record/record.json": 200,
    "/verify/": 200,
    "/verify/statement-key.pem": 200,
    "/what-we-do/": 200,
    "/request/": 200,
    "/request/key/": 200,
    "/request/key/check/": 405,
    "/request/key/withdraw/": 405,
    "/sub-processors/access/": 200,
    "/sub-processors/access/key/": 200,  # that it does not work
    f"/sub-processors/access/key/left/{UUID(int=0)}/": 302,  # there too
    "/terms/": 200,
    "/test/key/": 200,
    "/test/key/appointment.ics": 404,
    "/terms/1/": 200,
    "/terms/1-1/": 302,  # to that one version
}
TEXTS = {  # plain ones and files, not pages
    "/.well-known/security.txt", "/security.md", "/privacy/privacy.pdf", "/record/record.pdf", "/record/record.json", "/sub-processors/sub-processors.pdf", "/verify/statement-key.pem",
    "/disclosures/disclosures.pdf", "/disclosures/disclosures.json",
}  # fmt: skip
#: Whatever an address has in it.
PARTS = (
    (r"<uuid:\w+>", str(UUID(int=0))),
    (r"<slug:\w+>", "x"),
    (r"<str:token>", "key"),
    (r"<int:\w+>", "1"),
    (r"<str:\w+>", "key"),
    (r"\(\?P<key>[^)]*\)", "key"),
    (r"\(\?P<\w+>[^)]*\)", "1"),
    (r"[\^$]", ""),
)
PAGES = [
    "/", "/account/", "/account/company/", "/account/you/", "/account/users/", "/account/users/leave/",
    "/account/invoices/", "/account/corrections/", "/documents/", "/documents/new/?kind=quote", "/documents/links/",
    "/account/activate/", "/account/cancel/", "/account/reactivate/", "/audits/", "/audits/announce/", "/devices/", "/erasure/", "/my-data/",
    "/my-data/usage/", "/my-data/record/", "/my-data/looks/", "/my-data/disclosures/", "/my-data/export/", "/newsletter/", "/relations/import/", "/employees/import/",
    "/security/", "/requests/", "/breaches/", "/breaches/report/", "/cookies/", "/terms/changes/",
    "/security/password/", "/security/email/", "/security/app/", "/security/passkeys/add/", "/security/prove/",
    "/relations/", "/employees/", "/nothing-here/",
]  # fmt: skip
STATES = [State.TRIAL, State.LAPSED, State.ACTIVE, State.CANCELLED]
pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """Headings, language, and whatever a strict policy would refuse."""

    def __init__(self, html):
        super().__init__()
        self.headings, self.language, self.forbidden, self.hosts, self.ids = 0, "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.headings += tag == "h1"
        self.language = given.get("lang", "") if tag == "html" else self.language
        self.ids += [given["id"]] if "id" in given else []
        scripted = tag == "script" and not (given.get("src") or "").startswith("/static/")
        if scripted or tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.forbidden.append((tag, attributes))
        addresses = (given.get(name) or "" for name in ("src", "href", "action"))
        self.hosts += [address for address in addresses if re.match(r"(\w+:)?//", address)]


def check(response, language):
    page = Page(response.content.decode())
    assert (page.headings, page.language) == (1, language)
    assert page.forbidden == []
    assert page.hosts == []
    assert len(page.ids) == len(set(page.ids))
    assert response["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("state", STATES)
def test_every_page_has_one_heading_and_nothing_inline(client, state, language):
    account = AccountFactory(state=state)
    freshly(client, account.main_user)
    client.cookies["django_language"] = language
    for path in PAGES:
        check(client.get(path), language)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_so_have_the_public_ones_and_the_errors(client, holder, colleague, language):
    client.cookies["django_language"] = language
    for path, status in PUBLIC.items():
        if status == 200 and path not in TEXTS:
            check(client.get(path), language)
    check(client.get("/nothing-here/"), language)
    client.force_login(colleague)
    check(client.get("/account/cancel/"), language)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["django_language"] = language
    check(strict.post("/sign-in/"), language)


def holder_paths():
    """Every address outside the admin, from the URL configuration itself."""
    included = [each for each in get_resolver().url_patterns if str(each.pattern) == ""]
    own = {f"/{each.pattern}" for each in get_resolver().url_patterns if not hasattr(each, "url_patterns")}
    paths = own | {f"/{page.pattern}" for each in included for page in each.url_patterns}
    return {reduce(lambda path, part: re.sub(*part, path), PARTS, path) for path in paths}


def test_every_page_is_private_unless_it_is_public(client):
    paths = holder_paths()
    assert paths >= {*(page.partition("?")[0] for page in PAGES[:-1]), *PUBLIC, "/erasure/letter.pdf"}
    for path in paths - PUBLIC.keys():
        response = client.get(path)
        assert (response.status_code, response.url) == (302, f"/sign-in/?next={path}"), path
    assert {path: client.get(path).status_code for path in PUBLIC} == PUBLIC


@pytest.mark.django_db(transaction=True)
def test_the_page_for_a_broken_server_needs_no_database(holder, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(holder)

    def broken(*args, **kwargs):
        for connection in connections.all():
            connection.execute_wrappers.append(refuse)
        raise RuntimeError("broken")

    def refuse(*args):
        raise AssertionError("a query")

    monkeypatch.setattr("retention.views.outlook", broken)
    try:
        response = client.get("/")
    finally:
        for connection in connections.all():
            connection.execute_wrappers.clear()
    assert response.status_code == 500
    check(response, "nl")


@pytest.mark.parametrize(("method", "status"), [("get", 409), ("post", 302)])
def test_a_refusal_is_a_page_or_a_message(client, holder, monkeypatch, method, status):
    def refuse(*args, **kwargs):
        raise Refused("why", "Because of the clause.")

    monkeypatch.setattr("accounts.views.life.services.cancel_account", refuse)
    monkeypatch.setattr("accounts.views.life.rules.rule_for", refuse)
    client.force_login(holder)
    data = {"company_name": holder.account.company.company_name} if method == "post" else {}
    response = getattr(client, method)("/account/cancel/", data)
    assert response.status_code == status
    shown = client.get(response.url) if status == 302 else response
    assert "Because of the clause." in shown.content.decode()


def test_the_language_of_a_visitor_is_dutch_unless_they_say_otherwise(client):
    assert "Inloggen" in client.get("/sign-in/").content.decode()
    assert "Sign in" in client.get("/sign-in/", headers={"accept-language": "en-GB"}).content.decode()
