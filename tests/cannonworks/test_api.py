"""What holds for every endpoint: private unless public, problems in one shape, throttled, and told in its schema."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from playwright.sync_api import expect
from rest_framework.test import APIClient

from accounts import inviting, tokens
from accounts import services as lifecycle
from accounts.models import Account
from cannonworks import api, problems
from cannonworks.errors import Refused
from finance import bookkeeping
from finance.models import Mailing, ShareLink, SubscriptionInvoice
from tests import breached, lives, registers, tested
from tests.callers import API, browser, device, problem
from tests.factories import ColleagueFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOBODY = str(UUID(int=0))
#: Endpoints that visitors may call.
PUBLIC = {("/api/v1/tokens/", "post"), ("/api/v1/terms/", "get"), ("/api/v1/sub-processors/", "get")}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema):
    for path, methods in schema["paths"].items():
        for method in methods:
            yield re.sub(r"{\w+}", NOBODY, path), method


@pytest.mark.clause("7")
def test_every_endpoint_is_private_unless_it_is_public(schema, staff):
    every = set(operations(schema))
    assert len(every) == 133
    assert every > PUBLIC
    visitor, member = APIClient(), browser(staff)
    for path, method in every - PUBLIC:
        problem(getattr(visitor, method)(path), 401, "not_authenticated")
        problem(getattr(member, method)(path), 403, "permission_denied")


#: Endpoints that ask for a fresh proof, or whose rows are nobody's, before they look for the row.
ASKS_FOR_PROOF_FIRST = (
    "/answer/",
    "/bsn/",
    "/hand-over/",
    "/dismiss/",
    "/confirm/",
    "/archive/",
    "/logs/",
    "/permission/",
)


@pytest.mark.clause("3")
def test_a_row_of_another_account_does_not_exist(schema, account, outsider):
    lives.fill(account, on=date(2026, 11, 2))
    lives.ask_under_the_agreement(account, on=date(2026, 11, 2))
    breached.all_of_it(account, at=lives.moment(date(2026, 11, 2)))
    rows = {
        "users": ColleagueFactory(account=account),
        "corrections": lives.correct(account, clerk=StaffFactory(), at=lives.moment(date(2026, 11, 2))),
        "requests": account.subject_requests.first(), "returns": account.returns.first(),
        "relations": account.relation_set.first(), "employees": account.employee_set.first(),
        "documents": account.document_set.first(), "tokens": tokens.make_token(account.main_user, name="T", at=lives.moment(date(2026, 11, 2)))[0],
        "links": ShareLink.objects.defer("digest").get(account=account), "mailings": Mailing.objects.get(account=account),
        "subscription-invoices": SubscriptionInvoice.objects.filter(account=account).first(),
        "invitations": account.invitations.first(), "breach-reports": account.breach_reports.first(),
        "audits": tested.announced(account), "sub-processors": registers.house(),  # of which there is nothing to prove
        "disclosures": registers.disclosure(account), "breaches": account.affected_by.get().breach, "consultations": account.consultations.get(),
    }  # fmt: skip
    client, mine = device(outsider), device(account.main_user)
    tried = 0
    for path, method in operations(schema):
        kind = path.split("/")[3]
        if NOBODY in path and not path.endswith(ASKS_FOR_PROOF_FIRST):
            problem(getattr(client, method)(path.replace(NOBODY, str(rows[kind].reference)), {}), 404, "not_found")
            tried += 1
    assert tried == 65
    for kind in ("relations", "employees", "documents", "subscription-invoices", "links", "mailings", "invitations"):
        assert client.get(f"{API}/{kind}/").json() == {"next": None, "results": []}
        assert len(mine.get(f"{API}/{kind}/").json()["results"]) in (1, 2)


LISTS = (
    "relations", "employees", "documents", "subscription-invoices", "links", "mailings", "tokens", "holds", "warnings",
    "users", "invitations",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_three_rows_cost_no_more_queries_than_one(account, holder, path):
    def counted():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = client.get(f"{API}/{path}/").json()["results"]
        return len(rows), len(queries)

    def more():
        relation = account.relation_set.create(last_name="Visser")
        account.employee_set.create(last_name="Werk")
        lives.share(lives.issue(account, on=date(2026, 11, 2), relation=relation), on=date(2026, 11, 2))
        bookkeeping.charge_subscription(account, on=date(2026, 11, 2))
        device(holder)
        lives.hold(account, ["relations"], on=date(2026, 11, 2), name=f"Zaak {account.holds.count()}")
        if account.invitations.exists():  # the main user is the first of the users
            ColleagueFactory(account=account)
        inviting.invite(
            account,
            email=f"a{account.invitations.count()}@example.com",
            actor=holder,
            at=lives.moment(date(2026, 11, 2)),
        )
        account.warnings.create(erase_on=date(2028, 1, 1), days=account.warnings.count(), planned_on=date(2027, 1, 1))

    client = browser(holder)
    more()
    one = counted()
    more(), more()
    assert (one[0], counted()) == (1, (3, one[1]))
    assert one[1] <= 6 + 5  # transaction and roles; session, user, account, rows, lines of documents


def test_what_no_endpoint_sees_is_a_problem_too(client):
    for path in (
        "/api/",
        "/api/v1/",
        "/api/v1/nothing/",
        "/api/v2/account/",
        "/api/v1/relations/5/",
        "/api/v1/jan@x.nl",
    ):
        for method in ("get", "post", "delete"):
            told = problem(getattr(client, method)(path), 404, "not_found")
            assert "jan" not in json.dumps(told)
    assert client.get("/nothing/").status_code == 404
    assert client.get("/nothing/")["Content-Type"] == "text/html; charset=utf-8"


def test_a_fault_is_a_500_without_a_trace_that_support_can_find(holder, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("BSN 111222333")

    client = device(holder)
    client.raise_request_exception = False
    monkeypatch.setattr("retention.api.outlook", broken)
    told = problem(client.get(f"{API}/timeline/"), 500, "server_error")
    assert "111222333" not in json.dumps(told)
    assert told["instance"] in caplog.text


def test_a_host_that_is_not_ours_is_a_400(client):
    problem(client.get(f"{API}/account/", headers={"host": "evil.example"}), 400, "bad_request")
    assert "text/html" in client.get("/sign-in/", headers={"host": "evil.example"})["Content-Type"]


def test_what_cannot_be_read_answered_or_done_says_so(holder):
    client = device(holder)
    post = client.generic
    problem(post("POST", f"{API}/relations/", "{", content_type="application/json"), 400, "parse_error")
    problem(
        post("POST", f"{API}/relations/", "a=b", content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    )
    problem(
        post("POST", f"{API}/relations/", "\xff", content_type="application/json; charset=nope"), 400, "parse_error"
    )
    problem(client.get(f"{API}/account/", headers={"accept": "text/html"}), 406, "not_acceptable")
    problem(client.put(f"{API}/account/"), 405, "method_not_allowed")
    for body in (
        "[]",
        "null",
        "5",
        '"x"',
        '{"lines": 5}',
        '{"first_name": "a\\u0000b"}',
        '{"last_name": {}}',
        '{"first_name": NaN}',
    ):
        response = post("POST", f"{API}/relations/", body, content_type="application/json")
        assert response.status_code == 400, body
        problem(response, 400, response.json()["code"])


@pytest.mark.parametrize(
    ("language", "title"), [("nl", "Log eerst in"), ("en-GB", "Sign in first"), ("de", "Log eerst in")]
)
def test_a_problem_speaks_the_callers_language(client, language, title):
    response = client.get(f"{API}/account/", headers={"accept-language": language})
    assert problem(response, 401, "not_authenticated")["title"] == title


def test_no_english_slips_into_dutch(client, holder):
    client = device(holder)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {client.token}", HTTP_ACCEPT_LANGUAGE="nl")
    answers = [
        client.put(f"{API}/account/"), client.get(f"{API}/account/", headers={"accept": "text/html"}),
        client.generic("POST", f"{API}/relations/", "{", content_type="application/json"),
        client.generic("POST", f"{API}/relations/", "{", content_type="text/plain"),
        client.post(f"{API}/documents/", {}), client.post(f"{API}/relations/", {"email": "x", "gender": "?", "a": 1}),
    ]  # fmt: skip
    for answer in answers:
        words = answer.json()["detail"] + answer.json()["title"] + str(answer.json().get("errors", ""))
        assert not re.search(r"\b(the|not|this|is not|field|request)\b", words.lower()), words


@pytest.mark.parametrize(("key", "rate", "allowed"), [("caller", "2/minute", 2), ("caller", "3/hour", 3)])
def test_a_caller_is_throttled_on_all_devices_together_and_told_when_to_come_back(
    holder, colleague, monkeypatch, key, rate, allowed
):
    monkeypatch.setattr("cannonworks.callers.CallerThrottle.rate", rate, raising=False)
    first, second, other = device(holder), device(holder), device(colleague)
    with time_machine.travel("2026-11-22T12:00:00+01:00", tick=False) as now:
        Account.objects.filter(pk=holder.account_id).update()
        assert {first.get(f"{API}/holds/").status_code for _n in range(allowed)} == {200}
        response = second.get(f"{API}/holds/")
        problem(response, 429, "throttled")
        wait = int(response["Retry-After"])
        assert wait == {"2/minute": 60, "3/hour": 3600}[rate]
        assert other.get(f"{API}/holds/").status_code == 200
        now.shift(timedelta(seconds=wait - 1))
        assert second.get(f"{API}/holds/").status_code == 429
        now.shift(timedelta(seconds=1))
        assert second.get(f"{API}/holds/").status_code == 200


def test_visitors_are_throttled_by_address_and_sign_in_sooner(monkeypatch, holder):
    monkeypatch.setattr("cannonworks.callers.VisitorThrottle.rate", "3/minute", raising=False)
    monkeypatch.setattr("cannonworks.callers.SignInThrottle.rate", "2/minute", raising=False)

    def answers(address, **more):
        client = APIClient(REMOTE_ADDR=address, **more)
        tried = [client.post(f"{API}/tokens/", {}) for _n in range(3)] + [
            client.get(f"{API}/schema/") for _n in range(4)
        ]
        return [answer.status_code for answer in tried]

    assert answers("192.0.2.1") == [400, 400, 429, 200, 200, 200, 429]
    assert answers("192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.7") == [429] * 3 + [429] * 4
    assert answers("192.0.2.2") == [400, 400, 429, 200, 200, 200, 429]
    assert answers("192.0.2.3", HTTP_COOKIE="x=y")[:3] == [400, 400, 429]
    blocked = APIClient(REMOTE_ADDR="192.0.2.1")
    blocked.force_login(holder)
    assert blocked.post(f"{API}/tokens/", {"name": "T"}).status_code == 429


def test_a_refusal_has_its_code_and_clause():
    told = problems.problem_of(Refused("read_only", "Not now.", clause="5"), {}).data
    assert (told["status"], told["code"], told["clause"], told["detail"]) == (409, "read_only", "5", "Not now.")
    assert "clause" not in problems.problem_of(Refused("read_only", "Not now."), {}).data


@pytest.mark.clause("6")
def test_the_fence_is_a_refusal(account, holder, monkeypatch):
    """The account is claimed between the check of who asks and the write."""

    def write_late(account, *, actor, **fields):
        Account.objects.filter(pk=account.pk).update(claimed_at=lives.moment(date(2026, 11, 2)))
        return account.relation_set.create(last_name="Laat")

    lifecycle.cancel_account(account, actor=holder, on=date(2026, 11, 2))
    monkeypatch.setattr("relations.api.RelationEndpoint.add", write_late)
    problem(device(holder).post(f"{API}/relations/", {"last_name": "Laat"}), 409, "being_erased")


def test_the_schema_is_valid_openapi_3_1_and_tells_of_problems(client, schema):
    served = client.get(f"{API}/schema/")
    assert served["Content-Type"].startswith("application/vnd.oai.openapi+json")
    told = json.loads(served.content)
    assert told["openapi"].startswith("3.1")
    validate_schema(told)
    assert told["paths"].keys() == schema["paths"].keys()
    for methods in told["paths"].values():
        for operation in methods.values():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert told["components"]["securitySchemes"].keys() == {"deviceToken", "cookieAuth"}


def test_no_key_of_a_row_is_in_any_body(schema):
    for name, part in schema["components"]["schemas"].items():
        assert not {"id", "pk", "account", "digest"} & part.get("properties", {}).keys(), name


@pytest.mark.django_db(transaction=True)
def test_the_documentation_renders_in_a_browser_within_its_policy(chromium, live_server, schema):
    page = chromium.new_context().new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(request.url))
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    answer = page.goto(f"{live_server.url}{API}/docs/")
    assert answer.headers["content-security-policy"] == api.DOCS_POLICY
    assert "unsafe" not in api.DOCS_POLICY
    kinds = {kind for path in schema["paths"].values() for operation in path.values() for kind in operation["tags"]}
    expect(page.locator(".opblock-tag")).to_have_count(len(kinds))
    expect(page.locator(".opblock")).to_have_count(0)  # folded, or it would draw only what is on the screen
    for kind in ("relations", "audits"):
        told = {path for path, made in schema["paths"].items() for each in made.values() if kind in each["tags"]}
        page.locator(f"#operations-tag-{kind}").click()
        for path in told:
            expect(page.locator(f"[data-path='{path}']").first).to_be_visible()
    page.locator(".opblock-summary").first.click()
    page.locator(".opblock-body").first.wait_for()
    assert said == []
    assert {url for url in requested if not url.startswith((live_server.url, "data:", "blob:"))} == set()
    page.context.close()
