"""Who is restricted is kept and nothing else: every route that comes near a person or a document is tried (§15).

Each is called while the person is restricted, and must change nothing; and once more when that is lifted, and must
change something: so a route without a body that works, or a service that does not look, is found here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from cannonworks.errors import Refused
from finance import copying, services, sharing
from finance.models import Document, DocumentKind, Line, Mailing, ShareLink, ShareOpening
from journal.models import Entry
from relations.models import Employee, Relation
from relations.services import add_employee, add_relation, lift_restriction, restrict_person
from tests import lives
from tests.routes import Route, routes
from tests.signin import freshly

pytestmark = [pytest.mark.django_db, pytest.mark.clause("15")]

NEAR = re.compile(r"/(relations|employees|documents|links|mailings)/.*\{")
#: Not about somebody who is there: files with people who may come.
ELSEWHERE = re.compile(r"import")
#: What restricting is for: setting and lifting it; and what shares less.
MAY = {
    "relation-restrict", "employee-restrict", "api-relation-restriction", "api-employee-restriction", "link-revoke",
    "api-link",
}  # fmt: skip
MODELS = (Relation, Employee, Document, Line, ShareLink, ShareOpening, Mailing)


@dataclass
class World:
    """A restricted relation and employee, and documents of the relation in every stage."""

    account: Account
    relation: Relation
    employee: Employee
    draft: Document
    invoice: Document
    quote: Document
    link: ShareLink
    path: str
    mailing: Mailing

    @classmethod
    def make(cls, account: Account) -> World:
        user, on, at = account.main_user, timezone.localdate(), timezone.now()
        relation = add_relation(account, actor=user, last_name="Visser", email="noor@visser.example", city="Meppel")
        employee = add_employee(account, actor=user, last_name="Werk", bsn=lives.BSN)
        invoice = lives.issue(account, on=on, relation=relation)
        quote = lives.issue(account, on=on, relation=relation, kind=DocumentKind.QUOTE)
        link, address = sharing.share_document(invoice, actor=user, at=at)
        mailing = sharing.mail_document(invoice, actor=user, to="noor@visser.example", at=at - timedelta(days=1))
        draft = lives.draft(account, relation=relation)
        Mailing.objects.filter(pk=mailing.pk).update(state="failed", failure="SMTPException")
        path = "/" + address.split("/", 3)[3]
        return cls(account, relation, employee, draft, invoice, quote, link, path, mailing)

    def restrict(self, step: Callable[..., Any] = restrict_person) -> None:
        for person in (self.relation, self.employee):
            step(person, actor=self.account.main_user, on=timezone.localdate())

    def thing(self, route: Route) -> Any:
        kind = NEAR.search(route.address)[1]  # type: ignore[index]
        if "mailing" in route.name and "{document}" not in route.address:
            return self.mailing
        if "link" in route.name and "{document}" not in route.address:
            return self.link
        if kind in ("relations", "employees"):
            return getattr(self, kind[:-1])
        if route.name.endswith("invoice"):
            return self.quote
        return self.draft if route.name in DRAFTS else self.invoice


DRAFTS = {
    "document-change", "document-issue", "document-delete", "api-document", "api-issue",
}  # fmt: skip
PERSON = {"last_name": "Anders", "country": "NL", "kind": "employee"}
LINES = {
    "line-0-description": "Anders", "line-0-quantity": "1", "line-0-unit_price": "10", "line-0-vat_rate": "21",
}  # fmt: skip
#: What is posted where an empty body does nothing.
BODIES: dict[str, dict[str, Any]] = {
    "relation-change": PERSON,
    "employee-change": PERSON,
    "api-relation": {"last_name": "Anders"},
    "api-employee": {"last_name": "Anders"},
    "api-document": {"remarks": "Anders"},
    "document-change": {
        "do": "save", "lines": "1", "recipient_name": "Anders", "payment_days": "14", "language": "nl", "revision": "1",
        **LINES,
    },
    "document-share": {"days": "30"},
    "document-mail": {"to": "a@b.example", "how": "pdf"},
    "api-document-links": {"days": 30},
    "api-document-mailings": {"to": "a@b.example"},
}  # fmt: skip


def near() -> list[tuple[Route, str]]:
    """Every route with somebody or a document in its address, by each method that is no mere look."""
    found = [each for each in routes() if NEAR.search(each.address) and not ELSEWHERE.search(each.name)]
    return [(each, method) for each in found for method in each.methods if method != "GET"]


def rows() -> dict[str, Any]:
    """All that there is, and what the journal tells but for refusals."""
    told = Entry.objects.exclude(event__in=("erasure.refused", "relation.restricted", "employee.restricted"))
    kept: dict[str, Any] = {model.__name__: list(model.objects.order_by("pk").values()) for model in MODELS}
    return kept | {"journal": list(told.order_by("id").values_list("event", flat=True))}


def called(client: Client, world: World, route: Route, method: str) -> Any:
    thing = world.thing(route)
    address = re.sub(r"\{\w+\}", str(thing.reference), route.address)
    body = dict(BODIES.get(route.name, {}))
    if route.name in ("relation-change", "employee-change"):
        thing.refresh_from_db()
        body["revision"] = thing.revision
    more = {"content_type": "application/json"} if route.address.startswith("/api/") else {}
    return getattr(client, method.lower())(address, body, **more)


@pytest.fixture
def world(account) -> World:
    made = World.make(account)
    made.restrict()
    return made


@pytest.fixture
def browser(client, world) -> Client:
    client.cookies["django_language"] = "en"
    return freshly(client, world.account.main_user)


@pytest.mark.parametrize(("route", "method"), near(), ids=lambda value: getattr(value, "name", value))
def test_nothing_is_done_by_any_route_with_who_is_restricted(browser, world, route, method):
    before = rows()
    answer = called(browser, world, route, method)
    assert answer.status_code < 500
    if route.name in MAY:
        return
    assert rows() == before
    world.restrict(lift_restriction)
    free = rows()
    again = called(browser, world, route, method)
    assert again.status_code == 405 or rows() != free, (again.status_code, again.content.decode()[:2000])


def test_the_walk_comes_by_everything_that_there_is():
    names = {route.name for route, _method in near()}
    assert names > {"relation-change", "employee-bsn", "document-credit", "document-mail", "mailing-retry", "api-bsn"}
    assert names >= MAY
    assert set(BODIES) <= names


def refused(step: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        step(*arguments, **more)
    return caught.value.code


@pytest.mark.clause("16")
def test_the_holder_still_sees_everything(browser, world):
    for path in (
        f"/relations/{world.relation.reference}/", f"/employees/{world.employee.reference}/",
        f"/documents/{world.invoice.reference}/", f"/documents/{world.invoice.reference}/document.pdf",
        f"/documents/{world.draft.reference}/",
    ):  # fmt: skip
        assert browser.get(path).status_code == 200
    assert "restricted" in browser.get("/relations/").content.decode()
    assert browser.get(f"/api/v1/relations/{world.relation.reference}/").json()["last_name"] == "Visser"


def test_the_pages_that_would_do_something_say_why_not(browser, world):
    for path in ("change", "issue", "delete"):
        page = browser.get(f"/documents/{world.draft.reference}/{path}/")
        assert page.status_code == 409
        assert "Visser is restricted since" in page.content.decode()
    for path in ("change", "erase"):
        assert browser.get(f"/relations/{world.relation.reference}/{path}/").status_code == 409
    page = browser.get(f"/documents/{world.draft.reference}/").content.decode()
    for name in ("change", "issue", "delete"):
        assert f"/documents/{world.draft.reference}/{name}/" not in page
    assert "this document is only kept" in page


@pytest.mark.clause("3")
def test_a_link_shows_nothing_while_the_relation_is_restricted(browser, world):
    assert browser.get(world.path).status_code == 404
    assert browser.get(f"{world.path}document.pdf").status_code == 404
    assert ShareOpening.objects.count() == 0
    world.restrict(lift_restriction)
    assert browser.get(world.path).status_code == 200


def test_a_draft_is_not_taken_away_from_who_is_restricted_to_go_on_without(world):
    user = world.account.main_user
    assert refused(services.change_draft, world.draft, actor=user, relation=None) == "restricted"
    other = services.draft_document(
        world.account, actor=user, kind=DocumentKind.QUOTE, lines=[{"description": "W", "unit_price": 1}],
        recipient_name="Ander",
    )  # fmt: skip
    assert refused(services.change_draft, other, actor=user, relation=world.relation) == "restricted"


def test_who_was_read_before_the_restriction_is_looked_at_again(account):
    user = account.main_user
    relation = add_relation(account, actor=user, last_name="Visser")
    employee = add_employee(account, actor=user, last_name="Werk", bsn=lives.BSN)
    for person in (Relation.objects.get(pk=relation.pk), Employee.objects.get(pk=employee.pk)):
        restrict_person(person, actor=user, on=timezone.localdate())
    assert relation.restricted_on is None
    more = {"kind": DocumentKind.INVOICE, "lines": [{"description": "W", "unit_price": 1}]}
    assert refused(services.draft_document, account, actor=user, relation=relation, **more) == "restricted"
    from relations.services import reveal_bsn

    assert refused(reveal_bsn, employee, actor=user) == "restricted"
    assert not Entry.objects.filter(event="bsn.revealed").exists()


@pytest.mark.clause("5.2")
def test_a_credit_note_waits_until_the_restriction_is_lifted(world):
    user = world.account.main_user
    assert refused(copying.credit_invoice, world.invoice, actor=user) == "restricted"
    world.restrict(lift_restriction)
    assert copying.credit_invoice(world.invoice, actor=user).is_credit


@pytest.mark.parametrize("what", ["relations", "employees"])
def test_who_is_restricted_is_not_in_the_file_for_others_and_the_page_says_how_many(browser, world, what):
    user = world.account.main_user
    (add_relation if what == "relations" else add_employee)(world.account, actor=user, last_name="Vrij")
    file = b"".join(browser.get(f"/{what}/export.csv").streaming_content).decode()
    assert "Vrij" in file
    assert "Visser" not in file
    assert "Werk" not in file
    assert Entry.objects.filter(event="export.downloaded").latest("id").facts == {"what": what, "restricted": 1}
    page = browser.get(f"/{what}/").content.decode()
    assert "One person is restricted and is not in the export" in page
    world.restrict(lift_restriction)
    assert "is not in the export" not in browser.get(f"/{what}/").content.decode()


def test_the_page_says_since_when_and_at_whose_request(browser, world):
    from rights.models import SubjectRequest
    from tests.asked import subject_request

    address = f"/relations/{world.relation.reference}/"
    assert "They asked for it themselves" not in browser.get(address).content.decode()
    request = subject_request(world.account, state="done", at=timezone.now() - timedelta(minutes=1))
    SubjectRequest.objects.filter(pk=request.pk).update(
        wish="restrict", outcome="fulfilled", person_kind="relation", person=world.relation.reference
    )
    page = browser.get(address).content.decode()
    assert "They asked for it themselves" in page
    assert "these data are only kept" in page
    SubjectRequest.objects.update(outcome="declined", note="AVG 18")
    assert "They asked for it themselves" not in browser.get(address).content.decode()
