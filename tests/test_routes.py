"""Every door is tried by everybody: each route of the product, by each kind of caller, against one table (``doors``)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from accounts import access, services, tokens
from accounts.models import Account, DeviceToken, Notice, Session, User
from accounts.states import State
from backups.models import Drill
from breaches.models import Breach
from finance.models import Document, DocumentKind, Mailing, ShareLink, SubscriptionInvoice
from finance.services import draft_document
from processors.models import Agreement, Glass, Objection, SubProcessor
from relations.models import Employee, Import, Relation, What
from relations.services import add_employee, add_relation
from retention.models import Alarm, AlarmKind, RulesApproval
from rights.models import DataReturn, SubjectRequest
from tests import breached, registers, tested
from tests.asked import subject_request
from tests.audits import keepers
from tests.cast import member, opened
from tests.doors import CALLERS, DEVICES, STAFF, TABLES, Table
from tests.factories import AccountFactory, ColleagueFactory, HelperFactory, StaffFactory
from tests.lives import account_in, correct, fill, full_life
from tests.relations.files import draft
from tests.rights.returns import asked
from tests.routes import Route, routes
from tests.signin import freshly

pytestmark = [pytest.mark.clause("7"), pytest.mark.clause("8"), pytest.mark.clause("10")]

ON = date(2026, 3, 1)
#: Words of the first account that are nowhere else.
PLANTED = {
    "company": "Wilgenroos", "relation": "Ooievaarsbek", "employee": "Zeepkruidje", "recipient": "Klokjesgentiaan",
}  # fmt: skip
#: Who may be shown which: names of companies are the administration itself, the rest is for the account alone.
MAY_KNOW = {word: {"owner", "colleague"} for word in PLANTED}
MAY_KNOW["company"] |= {"inside", "support", "privacy", "administrator"}


#: Pages of one file with people.
FILE_PAGES = ("one", "progress", "refused", "resume", "stop", "remove")


@dataclass
class World:
    """Who calls, and what stands in the addresses that they call."""

    people: dict[str, User]
    sessions: dict[str, str]
    devices: dict[str, str]
    things: dict[str, dict[str, str]]
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def address(self, route: Route, caller: str) -> str:
        """The route to something of the first account; for the one who is being erased or blocked, of their own."""
        found = self.things.get(caller, self.things["owner"])
        return route.address.format_map(found | {"reference": found.get(route.name, ""), **rows_of_staff(route, found)})

    def call(self, route: Route, method: str, caller: str) -> HttpResponse:
        """One request, and nothing is left of it."""
        client, name, headers, body = self.client, caller.removesuffix("@"), {}, {}
        client.cookies.clear()
        if caller in self.devices:
            headers["Authorization"] = f"Bearer {self.devices[caller]}"
        elif name in self.sessions:
            client.cookies["sessionid"] = self.sessions[name]
        if route.address.startswith("/api/") and method != "GET":
            body = {"data": "{}", "content_type": "application/json"}
        cache.clear()  # nobody has called too often
        with transaction.atomic():
            response = getattr(client, method.lower())(self.address(route, name), headers=headers, **body)
            transaction.set_rollback(True)
        return response


def rows_of_staff(route: Route, things: Mapping[str, str]) -> dict[str, str]:
    """What the administration calls ``object_id``: of the table that is named in the address."""
    _root, area, *rest = route.address.split("/")
    if area != "admin" or not {"{object_id}", "{id}"} & set(rest) or "{content_type_id}" in rest:
        return {}
    return dict.fromkeys(("object_id", "id"), things[f"{rest[0]}.{rest[1]}"])


def a_world() -> World:
    """Accounts, helpers and staff; the first account has worked, cancelled, come back and is open to support."""
    # Somebody else, of whom nothing is left. From then on the fence is open in this transaction: close it again.
    account_in(State.ERASED, on=ON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('cannonworks.erasing', '', true)")
    account = full_life(company__company_name=PLANTED["company"])
    services.reactivate_account(account, actor=account.main_user, on=timezone.localdate())
    going = fill(AccountFactory(state=State.ACTIVE), on=ON)
    ColleagueFactory(account=going)
    correct(going, clerk=StaffFactory(), at=timezone.now())
    breached.word(breached.all_of_it(going, at=timezone.now()))
    tested.withdrawn(going, at=timezone.now())
    account, going = Account.objects.get(pk=account.pk), Account.objects.get(pk=going.pk)
    Alarm.objects.create(kind=AlarmKind.CAP, raised_at=timezone.now())
    Drill.objects.create(began_at=timezone.now(), ended_at=timezone.now(), result="proven")
    RulesApproval.objects.get_or_create(digest="x", defaults={"approved_at": timezone.now()})
    keepers.improvement(StaffFactory())
    helpers = [HelperFactory() for _name in ("inside", "outside")]
    let_in(helpers)
    refused = {"refused_by": registers.SOMEBODY, "refused_at": timezone.now()}
    Glass.objects.filter(pk=registers.glass().pk).update(**refused)
    support = member("Support")
    opened(account, support)
    people = {
        "owner": account.main_user,
        "colleague": account.users.exclude(pk=account.main_user.pk).get(),
        "outsider": AccountFactory(state=State.ACTIVE).main_user,
        "inside": helpers[0], "outside": helpers[1],
        "support": support, "privacy": member("Privacy officer"), "administrator": StaffFactory(),
        "going": going.main_user, "blocked": AccountFactory(state=State.ACTIVE).main_user,
    }  # fmt: skip
    world = World(
        people,
        {name: freshly(Client(), person).session.session_key for name, person in people.items()},
        {f"{name}@": tokens.make_token(people[name], name="Tablet", at=timezone.now())[1] for name in DEVICES},
        {"owner": things_of(plant(account)), "going": things_of(plant(going, dict.fromkeys(PLANTED, "Anders")))},
    )
    world.things["blocked"] = world.things["owner"] | block(people["blocked"])
    services.cancel_account(going, actor=going.main_user, on=ON)
    Account.objects.filter(pk=going.pk).update(claimed_at=timezone.now())
    for (
        name
    ) in STAFF:  # a session is told once that there is a second factor; or each of a thousand calls tells it anew
        client = Client()
        client.cookies["sessionid"] = world.sessions[name]
        client.get("/security/")
    return world


def block(user: User) -> dict[str, str]:
    """Block the user's account for a request about a relation; what stands for both in addresses."""
    relation = add_relation(user.account, actor=user, first_name="Cas", last_name="Anders")
    request = subject_request(
        user.account, state="blocked", at=timezone.now() - timedelta(days=30), person_kind="relation",
        person=relation.reference,
    )  # fmt: skip
    breached.all_of_it(user.account, at=timezone.now())
    found = dict.fromkeys(RELATION, str(relation.reference)) | dict.fromkeys(REQUEST, str(request.reference))
    return found | breach_of(user.account)


def breach_of(account: Account) -> dict[str, str]:
    """Routes of a breach that the account was told of, and of its own report."""
    breach = Breach.objects.told_to(account).first()
    return {
        **dict.fromkeys(BREACH, str(breach.reference)),
        **dict.fromkeys(TALK, str(account.consultations.get(breach=breach).reference)),
        "api-breach-report": str(account.breach_reports.latest("pk").reference),
    }


def let_in(helpers: list[User]) -> None:
    """Both have signed and work in a project; that of the second is over."""
    registers.house("Paper Plane", role="mail", country="US")  # with proof of its protection
    house, now, day = registers.house(), timezone.now(), timedelta(days=1)
    for person, ends_at in zip(helpers, (now + day, now - day), strict=True):
        helper = registers.helper(house, user=person)
        registers.project(house, helper, starts_at=now - 2 * day, ends_at=ends_at)


def plant(account: Account, words: Mapping[str, str] = PLANTED) -> Account:
    """The words that nobody else may see, in the account."""
    actor = account.main_user
    relation = add_relation(account, actor=actor, first_name="Ada", last_name=words["relation"])
    add_employee(account, actor=actor, first_name="Bo", last_name=words["employee"], bsn="123456782")
    draft_document(
        account, actor=actor, kind=DocumentKind.INVOICE, relation=relation, recipient_name=words["recipient"],
        recipient_address="Brink 1", lines=[{"description": "x", "quantity": Decimal(1), "unit_price": Decimal(1)}],
    )  # fmt: skip
    for what in What:
        draft(account, "Achternaam\nVisser\n", what=what)
    asked(account, at=timezone.now())
    return account


def people(kind: str) -> list[str]:
    """The routes of the pages of somebody."""
    return [kind, *(f"{kind}-{page}" for page in ("change", "erase", "restrict", "bsn"))]


RELATION = ("api-relation", "api-relation-restriction", *people("relation"))
BREACH = (
    "breach", "breach-acknowledge", "breach-json", "breach-pdf", "api-breach", "api-breach-acknowledge",
    "api-breach-supervisor", "api-breach-permission", "breach-permission", "breach-permission-withdraw",
)  # fmt: skip
TALK = (
    *(f"consultation{act}" for act in ("", "-choose", "-ask", "-waive", "-sign-off", "-appointment")),
    *(f"api-consultation{act}" for act in ("", "-choose", "-propose", "-waive", "-sign-off")),
)
AUDIT = (
    "audit", *(f"audit-{act}" for act in ("accept", "propose", "withdraw", "stop", "tester", "costs", "report", "report-file")),
    *(f"audit-{act}" for act in ("letter", "appointment", "prove", "logs")), "api-audit",
    *(f"api-audit-{act}" for act in ("accept", "propose", "withdraw", "stop", "costs", "tester")),
    *(f"api-audit-{act}" for act in ("letter", "logs", "results", "report", "appointment")),
)  # fmt: skip
REQUEST = [f"{area}{page}" for area in ("", "api-") for page in ("request", "request-choose", "request-finish")]


def things_of(account: Account) -> dict[str, str]:
    """Route, table or word in an address → what belongs there."""
    user = account.main_user
    device = str(DeviceToken.objects.filter(user=user).first().reference)
    issued = Document.objects.issued().filter(account=account).first()
    link, mailing, invoice = (
        str(model.objects.filter(account=account).values_list("reference", flat=True).first())
        for model in (ShareLink, Mailing, SubscriptionInvoice)
    )
    asked = SubjectRequest.objects.filter(account=account).first()
    correction = str(account.corrections.latest("pk").reference)
    colleague = str(account.users.filter(is_main=False).first().reference)
    invitation = str(account.invitations.first().reference)
    relation, employee, document = (
        str(model.objects.filter(account=account).latest("pk").reference) for model in (Relation, Employee, Document)
    )
    returned = str(DataReturn.objects.filter(account=account).latest("pk").reference)
    files = {found.what: str(found.reference) for found in Import.objects.filter(account=account)}
    return {
        **dict.fromkeys(("api-token", "device-revoke"), device),
        **dict.fromkeys(("api-user", "api-user-hand-over", "user-remove", "user-hand-over"), colleague),
        **dict.fromkeys(
            ("api-invitation", "api-invitation-send", "invitation-send", "invitation-withdraw"), invitation
        ),
        **dict.fromkeys(("api-notice-dismiss", "notice-dismiss"), str(Notice.objects.filter(shown_until__isnull=True).latest("pk").reference)),
        **dict.fromkeys(RELATION, relation),
        **breach_of(account),
        **dict.fromkeys(AUDIT, str(account.audits.latest("pk").reference)),
        **dict.fromkeys(REQUEST, str(asked.reference if asked else account.reference)),
        **dict.fromkeys(("api-employee", "api-employee-restriction", "api-bsn", *people("employee")), employee),
        **{f"{what}-import-{page}": file for what, file in files.items() for page in FILE_PAGES},
        **{f"api-{what}-import{page}": file for what, file in files.items() for page in ("", "-errors")},
        **dict.fromkeys(("api-document", "api-issue", "api-invoice", "api-credit", "api-document-pdf"), document),
        **{f"document-{act}": document for act in ("change", "issue", "delete", "invoice", "credit", "pdf")},
        **dict.fromkeys(("document", "document-share", "document-mail"), str(issued.reference)),
        **dict.fromkeys(("link-revoke", "api-link"), link),
        **dict.fromkeys(("mailing-retry", "api-mailing", "api-mailing-retry"), mailing),
        **{f"{place}correction{act}": correction for place in ("", "api-") for act in ("", "-confirm", "-refuse")},
        **{f"export-{act}": returned for act in ("progress", "cancel", "resume", "prove", "archive")},
        **{f"api-return{act}": returned for act in ("", "-cancel", "-resume", "-archive")},
        **dict.fromkeys(("subscription-pdf", "api-subscription-pdf"), invoice),
        **dict.fromkeys(
            ("sub-processor-change", "sub-processor-object"), str(Objection.objects.latest("pk").change.reference)
        ),
        **dict.fromkeys(
            ("sub-processor-proof", "api-sub-processor-proof"),
            str(SubProcessor.objects.get(transfer__isnull=False).reference),
        ),
        "admin:processors_paper": str(Agreement.objects.first().reference),
        "content_type_id": str(ContentType.objects.get_for_model(Account).pk), "object_id": str(account.pk),
        "app_label": "accounts", "url": "nothing/", "uidb36": "1", "key": "key", "pk": "1", "token": "token",
        "number": "1", "one": "1", "other": "1", "review": str(UUID(int=0)),
        "helpers-access-left": str(account.reference),
        **dict.fromkeys(
            ("disclosure", "api-disclosure", "api-disclosure-answer"), str(registers.disclosure(account).reference)
        ),
        "handle": Session.objects.filter(user=user).first().handle,
        **rows_by_table(account),
    }  # fmt: skip


def rows_by_table(account: Account) -> dict[str, str]:
    """A row of the account for each table; where it has none, somebody's."""
    found = {"accounts.account": account.pk, "accounts.user": account.main_user.pk}
    for model in apps.get_models():
        names = {field.name for field in model._meta.local_concrete_fields}
        rows = model._default_manager.order_by("pk")
        row = (rows.filter(account=account).first() if "account" in names else None) or rows.first()
        found.setdefault(model._meta.label_lower, row and row.pk)
    return {name: str(key) for name, key in found.items()}


def told(response: HttpResponse, person: User | None) -> str:
    """An answer in a word: its status, or where it sends: the door, one's home, or a page by its name."""
    if response.status_code not in (301, 302):
        return str(response.status_code)
    path, _question, query = response.url.partition("?")
    name = resolve(path).view_name
    if name in ("account_login", "admin:login", "cannonworks.urls.admin_door") or path == "/admin/login/":
        return "door" if query.startswith("next=") else "signed-out"
    if person and name == access.home(person):
        return "home"
    return "→" + (name.rpartition("_")[2] if name.startswith("admin:") else name)


def tried(world: World, table: Table) -> Iterator[tuple[Route, str, str, HttpResponse]]:
    """Route, method, caller and answer, of everything in the table."""
    for route in routes():
        for method, answers in table.answers.get(route.name, {}).items():
            for caller in answers:
                yield route, method, caller, world.call(route, method, caller)


@pytest.fixture
def world(db, settings) -> Iterator[World]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    logging.disable(logging.ERROR)
    yield a_world()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_every_door_answers_everybody_as_the_table_says(world, table):
    wrong, shown = [], set()
    for route, method, caller, response in tried(world, table):
        person = caller.removesuffix("@")
        answer, expected = told(response, world.people.get(person)), table.answers[route.name][method][caller]
        if answer != expected:
            fault = f" ({response.exc_info[1]})" if response.status_code >= 500 and response.exc_info else ""
            wrong.append(f"{method} {route.name} by {caller}: {answer}{fault} instead of {expected}")
        text = response.getvalue().decode(errors="replace") + str(response.headers)
        seen = {what for what, word in PLANTED.items() if word in text}
        wrong += [
            f"{method} {route.name} shows the {what} to {caller}" for what in seen if person not in MAY_KNOW[what]
        ]
        shown |= seen
    assert not wrong, "\n".join(wrong)
    assert shown == table.shows  # or nothing was looked for


def test_every_route_is_in_the_table_once_and_nothing_else_is():
    known = Counter(name for table in TABLES for name in table.names)
    named = Counter(route.name for route in routes())
    assert [name for name, times in named.items() if times > 1] == [], "two routes of one name: name them apart"
    assert sorted(named.keys() - known.keys()) == [], (
        "say in tests/doors.py what these routes answer to everybody: add each to the kind that it is like"
    )
    assert sorted(known.keys() - named.keys()) == [], "these are in tests/doors.py, and no route any more"
    assert [name for name, times in known.items() if times > 1] == [], "these are in tests/doors.py twice"


def test_every_kind_says_what_each_method_answers_to_each_caller():
    for table in TABLES:
        devices = {f"{name}@" for name in DEVICES} if table.title == "API" else set()
        for name, answers in table.answers.items():
            assert answers.keys() == {*table.methods}, name
            assert all(row.keys() == {*CALLERS} | devices for row in answers.values()), name
            assert not any(answer.startswith("5") for row in answers.values() for answer in row.values())
