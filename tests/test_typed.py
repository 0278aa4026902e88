"""What somebody typed is not lost: every form of the product answers bad input at its place, and changes nothing.

``FORMS`` lists every form that one types in; whoever adds one is told by the second test to add it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from types import MappingProxyType
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from accounts import inviting, signing_up
from accounts.models import Account, Invitation, Session
from accounts.states import State
from cannonworks.bearer import digest_of
from finance.models import DocumentKind
from finance.services import draft_document, issue_document
from journal.models import Entry
from relations.services import add_employee, add_relation
from rights import links
from tests.asked import subject_request
from tests.factories import PASSWORD, TOTP_SECRET, AccountFactory
from tests.relations.files import draft
from tests.routes import Route, routes
from tests.signin import freshly, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("19")]

#: Field → what is typed wrong, and a part of what stands at it in Dutch and in English.
Wrong = Mapping[str, tuple[str, str, str]]
NOTHING_WRONG: Wrong = MappingProxyType({})
#: Too much for any field, and a character that no database keeps. Each is refused with words of its own.
NUL, ENDLESS = "x\0y", "x" * 70_000
SECRET = frozenset({"password", "oldpassword", "password1", "password2", "bsn"})
#: What the journal does note: that somebody tried to sign in, and could not.
TRIED = frozenset({"sign_in.failed", "sign_in.locked"})


@dataclass(frozen=True)
class Form:
    """A form by the name of its route: who fills it in, what was typed rightly, and what wrongly.

    ``free``: fields in which anything may be typed, as in a search. ``page``: on which page it stands, if on another.
    """

    name: str
    who: str
    typed: Mapping[str, str]
    wrong: Wrong
    free: frozenset[str] = field(default=frozenset())
    page: str = ""


CONTACT = {
    "company_name": "Anna's Atelier", "kvk_number": "1234 5678", "vat_number": "NL 0023 42672 B42",
    "email": "info@atelier.example", "phone": "0592 123456", "street": "Brink", "house_number": "12 a",
    "postcode": "9401ab", "city": "Assen", "country": "NL",
}  # fmt: skip
CONTACT_WRONG: Wrong = {
    "kvk_number": ("1234567", "acht cijfers", "eight digits"),
    "vat_number": ("NL123", "btw", "VAT"),
    "email": ("info.atelier", "e-mailadres", "email address"),
    "phone": ("12", "nummer", "number"),
    "postcode": ("94A1", "postcode", "postcode"),
    "country": ("XX", "XX", "XX"),
}
COMPANY_WRONG = {**CONTACT_WRONG, "company_name": ("", "Vul dit veld in", "required")}
NAME = {"first_name": "Anna", "initials": "A.", "infix": "de", "last_name": "Wit", "gender": "f"}
NEW = {**NAME, "password": PASSWORD}
NEW_WRONG: Wrong = {
    "first_name": ("", "Vul dit veld in", "required"),
    "last_name": ("", "Vul dit veld in", "required"),
    "password": ("kort", "10", "10"),
}
EMAIL: Wrong = {"email": ("anna@", "e-mailadres", "email address")}
LINES = {
    "lines": "2",
    "line-0-description": "Kozijn", "line-0-quantity": "2", "line-0-unit_price": "12,50", "line-0-vat_rate": "21",
    "line-1-description": "Deur", "line-1-quantity": "1,5", "line-1-unit_price": "100", "line-1-vat_rate": "9",
}  # fmt: skip
DOCUMENT = {
    "do": "save", "recipient_name": "Noor Visser", "recipient_address": "Markt 1\nMeppel",
    "recipient_vat_number": "", "customer_reference": "PO 12", "language": "nl", "exemption_ground": "",
    "remarks": "Dank je wel", **LINES,
}  # fmt: skip
DOCUMENT_WRONG: Wrong = {
    "recipient_name": ("", "Vul dit veld in", "required"),
    "line-0-unit_price": ("veel", "geen getal", "not a number"),
    "line-0-quantity": ("1.2.3,4", "geen getal", "not a number"),
}
INVOICE = {**DOCUMENT, "kind": "invoice", "supplied_on": "2026-03-01", "supplied_until": "", "payment_days": "14"}
INVOICE_WRONG = {
    **DOCUMENT_WRONG,
    "supplied_on": ("31-2", "datum", "date"),
    "payment_days": ("veertien", "getal", "number"),
}
REQUEST = {
    "wish": "change", "name": "Bram Smit", "known_as": "klant 12", "company": "De Vries", "details": "Nieuw adres",
    "wants_agreement": "on",
}  # fmt: skip
REQUEST_WRONG: Wrong = {
    "wish": ("", "Kies wat je wilt", "Choose what you want"),
    "name": ("", "Vul dit veld in", "required"),
    "company": ("", "Vul het bedrijf in", "Fill in the company"),
    "details": ("", "wat er moet veranderen", "what has to change"),
}
CODE: Wrong = {"code": ("000", "code", "code")}

FORMS = (
    Form("sign-up", "visitor", {"email": "anna@example.nl", "language": "nl", "old_enough": "on"},
         {**EMAIL, "old_enough": ("", "jonger dan 16", "younger than 16")}),
    Form("sign-up-finish", "visitor", {**CONTACT, **NEW, "terms": "on", "newsletter": "on"},
         {**COMPANY_WRONG, **NEW_WRONG, "terms": ("", "voorwaarden", "terms")}),
    Form("invitation", "visitor", {**NEW, "old_enough": "on"},
         {**NEW_WRONG, "old_enough": ("", "jonger dan 16", "younger than 16")}),
    Form("company", "holder", {**CONTACT, "revision": "0"}, COMPANY_WRONG),
    Form("you", "holder", {**NAME, "language": "nl"}, {"first_name": ("", "Vul dit veld in", "required")}),
    Form("users", "holder", {"email": "tim@example.nl"}, EMAIL),
    *(Form(f"relation-{act}", "holder", {**NAME, **CONTACT}, CONTACT_WRONG) for act in ("add", "change")),
    *(Form(f"employee-{act}", "holder", {**NAME, **CONTACT, "kind": "employee", "bsn": "111222333"},
           {**CONTACT_WRONG, "bsn": ("123456789", "BSN", "BSN")}) for act in ("add", "change")),
    *(Form(f"{kind}s", "holder", {"search": "visser"}, NOTHING_WRONG, frozenset({"search"}))
      for kind in ("relation", "employee")),
    Form("request", "holder", {"search": "visser"}, NOTHING_WRONG, frozenset({"search"})),
    Form("request-finish", "holder", {"outcome": "declined", "note": "Fiscale bewaarplicht"},
         {"note": ("", "Zeg op welke grond", "Say which ground")}, page="request"),
    Form("documents", "holder", {"search": "visser"}, NOTHING_WRONG, frozenset({"search"})),
    Form("document-add", "holder", INVOICE, INVOICE_WRONG, frozenset({"q"})),
    Form("document-change", "holder", {**INVOICE, "revision": "0"}, INVOICE_WRONG, frozenset({"q"})),
    Form("document-mail", "holder", {"to": "noor@visser.example", "message": "Hierbij.", "how": "pdf", "days": "30"},
         {"to": ("noor", "e-mailadres", "email address"), "how": ("fax", "fax", "fax")}),
    Form("breach-report", "holder",
         {"kind": "leak", "what": "Laptop gestolen", "noticed_at": "2026-11-17T09:00", "which_data": "Offertes",
          "done": "Aangifte gedaan", "contact": "06 12345678", "is_ongoing": "on"},
         {"what": ("", "Vertel wat er is gebeurd", "Tell what happened"),
          "noticed_at": ("2099-01-01T12:00", "Dit moet nog komen", "still to come")}),
    Form("audit-announce", "holder",
         {"kind": "penetration", "scope": "De app", "starts_at": "2027-02-01T09:00", "ends_at": "2027-02-03T17:00",
          "name": "Tess Ter", "company": "Testers", "email": "tess@testers.example", "qualification": "auditor",
          "qualification_words": "CISA", "language": "nl", "knows_costs": "on"},
         {**EMAIL, "scope": ("", "Vul dit veld in", "required")}),
    Form("cancel", "holder", {"company_name": "Timmerbedrijf", "erase_immediately": "on"},
         {"company_name": ("Iets anders", "niet de naam", "not the name")}),
    Form("erasure", "trial", {"company_name": "Timmerbedrijf"},
         {"company_name": ("Iets anders", "niet de naam", "not the name")}),
    Form("devices", "holder", {"name": "Mijn telefoon"}, {"name": ("", "Vul dit veld in", "required")}),
    Form("your-rights", "visitor", {"email": "bram@thuis.example"}, EMAIL),
    Form("helpers-access", "visitor", {"email": "contact@noorderhost.example"}, EMAIL),
    Form("your-request", "visitor", REQUEST, REQUEST_WRONG),
    Form("newsletter", "visitor", {"email": "anna@example.nl"}, EMAIL),
    *(Form(f"{what}-import", "holder", {"file": ""}, {"file": ("", "Kies eerst", "Choose a file first")})
      for what in ("relations", "employees")),
    Form("account_login", "visitor", {"login": "anna@example.nl", "password": PASSWORD},
         {"login": ("anna", "e-mailadres", "email address"), "password": ("", "Vul dit veld in", "required")}),
    Form("mfa_authenticate", "halfway", {"code": "123456"}, CODE),
    Form("account_reset_password", "visitor", {"email": "anna@example.nl"}, EMAIL),
    Form("account_reset_password_from_key", "resetting", {"password1": PASSWORD + "s", "password2": PASSWORD + "s"},
         {"password1": ("kort", "10", "10"), "password2": ("anders-dan-dat", "niet hetzelfde", "not the same")}),
    Form("account_change_password", "holder",
         {"oldpassword": PASSWORD, "password1": PASSWORD + "s", "password2": PASSWORD + "s"},
         {"oldpassword": ("fout", "wachtwoord", "password"), "password1": ("kort", "10", "10"),
          "password2": ("anders-dan-dat", "niet hetzelfde", "not the same")}),
    Form("account_email", "holder", {"email": "anna@example.nl", "action_add": "1"}, EMAIL),
    Form("account_reauthenticate", "holder", {"password": PASSWORD}, {"password": ("fout", "wachtwoord", "password")}),
    Form("mfa_reauthenticate", "secured", {"code": "123456"}, CODE),
    Form("mfa_activate_totp", "holder", {"code": "123456"}, CODE),
    Form("mfa_add_webauthn", "holder", {"name": "Laptop", "credential": "{}"}, NOTHING_WRONG, frozenset({"name"})),
)  # fmt: skip
BY_NAME = {form.name: form for form in FORMS}
TYPED_IN = {"text", "email", "password", "tel", "date", "number", "search", "url", "file", "datetime-local", "time"}


class Page(HTMLParser):
    """The forms of a page that are posted: where to, what stands in them, and what is said at which field."""

    def __init__(self, html: str, path: str) -> None:
        super().__init__()
        self.path, self.action = path, ""
        self.shown: dict[str, dict[str, str]] = {}  # address of the form → field → what stands in it
        self.typed_in: dict[str, set[str]] = {}  # address of the form → fields that one types in
        self.ids: dict[str, str] = {}  # field → its id, without what tells one option from another
        self.said: dict[str, str] = {}  # id of a list of errors → words; "above": above the form
        self._select = self._area = self._errors = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self.action = urlsplit(given.get("action", "")).path or self.path if posts else ""
        elif given.get("id", "").endswith("_error") or "note-error" in given.get("class", ""):
            self._errors = given.get("id", "above")
        elif self.action and tag in ("input", "select", "textarea"):
            self._field(tag, name, given)
        elif self.action and tag == "option" and self._select and "selected" in given:
            self._put(self._select, given.get("value", ""))

    def _field(self, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        if kind in TYPED_IN or tag == "textarea":
            self.typed_in.setdefault(self.action, set()).add(name)
        if kind in ("radio", "checkbox"):
            self.ids.setdefault(name, given.get("id", "").removesuffix("_0"))
            if "checked" in given:
                self._put(name, given.get("value", "on"))
            return
        if kind != "hidden":
            self.ids[name] = given.get("id", "")
        self._select = name if tag == "select" else ""
        self._area = name if tag == "textarea" else ""
        if tag != "select":
            self._put(name, given.get("value", ""))

    def _put(self, name: str, value: str) -> None:
        self.shown.setdefault(self.action, {})[name] = value

    def handle_data(self, data: str) -> None:
        if self._errors:
            self.said[self._errors] = self.said.get(self._errors, "") + data
        elif self._area:
            self._put(self._area, self.shown[self.action][self._area] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == ("p" if self._errors == "above" else "ul"):
            self._errors = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "form":
            self.action = ""

    def at(self, name: str) -> str:
        """What is said at a field."""
        return self.said.get(f"{self.ids.get(name)}_error", "").strip()


@dataclass
class World:
    """An account that works, the addresses of its pages, and clients of whoever fills in forms."""

    account: Account
    places: dict[str, str]
    clients: dict[str, Client]

    def path(self, route: Route) -> str | None:
        """The address of a page of the account; None where something stands in it that is not known here."""
        if route.name in self.places:
            return self.places[route.name]
        kind = route.name.partition("-")[0]
        return route.address.replace("{reference}", self.places.get(f"{kind}:", "")) if route.address else None


@pytest.fixture
def world(settings) -> World:
    settings.AXES_ENABLED = False
    account = AccountFactory(state=State.ACTIVE, company__company_name="Timmerbedrijf")
    user, now = account.main_user, timezone.now()
    relation = add_relation(account, actor=user, last_name="Visser", email="noor@visser.example")
    employee = add_employee(account, actor=user, last_name="Bakker")
    said = {
        "actor": user, "recipient_name": "Noor", "recipient_address": "Markt 1",
        "lines": [{"description": "x", "quantity": Decimal(1), "unit_price": Decimal(1)}],
    }  # fmt: skip
    ours = draft_document(account, kind=DocumentKind.INVOICE, relation=relation, **said)
    issued = draft_document(account, kind=DocumentKind.INVOICE, relation=relation, **said)
    issued = issue_document(issued, actor=user, on=date(2026, 3, 1))
    inviting.invite(account, email="tim@bedrijf.example", actor=user, at=now)
    Invitation.objects.update(digest=digest_of("token"), expires_at=now + timedelta(days=3))
    file = draft(account, "Achternaam\nVisser\n")
    asked = subject_request(account, state="told", at=now, wish="erase")
    link = signing_up.seal(signing_up.Link("anna@example.nl", "nl"), at=now)
    reset = AccountFactory(state=State.ACTIVE).main_user
    trial = AccountFactory(signed_up_on=timezone.localdate(), company__company_name="Timmerbedrijf").main_user
    halfway, resetting, secured = Client(), Client(), AccountFactory(state=State.ACTIVE).main_user
    TOTP.activate(secured, TOTP_SECRET)
    sign_in(halfway, secured.email)
    key = [user_pk_to_url_str(reset), default_token_generator.make_token(reset)]
    sent = resetting.get(reverse("account_reset_password_from_key", args=key))
    places = {
        "relation:": str(relation.reference), "employee:": str(employee.reference), "document:": str(ours.reference),
        "request:": str(asked.reference),
        "relations:": str(file.reference), "employees:": str(file.reference),
        "your-request": reverse(
            "your-request", args=[links.seal(links.Link(uuid4(), "bram@thuis.example", "nl"), at=now)]
        ),
        "sign-up-finish": reverse("sign-up-finish", args=[link]),
        "invitation": reverse("invitation", args=["token"]),
        "document-mail": reverse("document-mail", args=[issued.reference]),
        "document-share": reverse("document-share", args=[issued.reference]),
        "account_reset_password_from_key": sent.url,
    }  # fmt: skip
    clients = {
        "visitor": Client(), "holder": freshly(Client(), user), "halfway": halfway, "resetting": resetting,
        "secured": freshly(Client(), secured), "trial": freshly(Client(), trial),
    }  # fmt: skip
    return World(account, places, clients)


def kept() -> dict[str, tuple[int, int]]:
    """Of every table how many rows there are and what stands in them; of sessions nothing, they are used."""
    tables = [model._meta.db_table for model in apps.get_models() if model is not Session and model is not Entry]
    each = [f"SELECT '{name}', count(*), coalesce(sum(hashtext(t::text)), 0) FROM \"{name}\" t" for name in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        found = {name: (count, digest) for name, count, digest in cursor.fetchall()}
    return found | {"journal_entry": (Entry.objects.exclude(event__in=TRIED).count(), 0)}


def attempts(form: Form, page: Page) -> Iterator[tuple[str, str, str, str]]:
    """Field and what is typed wrong in it, with a part of the words that belong at it in both languages."""
    for name, (value, dutch, english) in form.wrong.items():
        assert name in page.ids, name
        yield name, value, dutch, english
    for name in sorted(page.typed_in[page.path] - {"file"}):
        for value in (NUL, ENDLESS):
            yield name, value, "", ""


def faults(form: Form, page: Page, name: str, sent: Mapping[str, str], words: str) -> Iterator[str]:
    """What is not as it should be on a page that comes back."""
    shown = page.shown.get(page.path, {})
    for other, value in sent.items():
        if other not in page.ids or other == name:
            continue
        expected = "" if other in SECRET else value
        if shown.get(other, "").strip() != expected.strip() and other != "file":
            yield f"{other} came back as {shown.get(other)!r}"
    if name in SECRET and shown.get(name):
        yield f"{name} came back"
    said = page.at(name) if words else " ".join(page.said.values()).strip()
    if name not in form.free and not (said and words.lower() in said.lower()):
        yield f"it is said at the field: {said!r}"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_bad_input_loses_nothing_says_what_to_do_and_changes_nothing(world, form):
    found = [f"{language}, {fault}" for language in ("nl", "en") for fault in tried(world, form, language)]
    assert not found, "\n".join(found)


def tried(world: World, form: Form, language: str) -> Iterator[str]:
    """What goes wrong with a form in which each field once is filled in badly, in each way."""
    path, stands_on = (
        world.path(next(r for r in routes() if r.name == name)) for name in (form.name, form.page or form.name)
    )
    client = world.clients[form.who]
    client.cookies["django_language"] = language
    client.raise_request_exception = False
    page, before = Page(client.get(stands_on).content.decode(), path), kept()
    for name, value, dutch, english in attempts(form, page):
        cache.clear()
        sent = {**form.typed, name: value}
        if language == "en":
            sent = {key: said.replace("12,50", "12.50").replace("1,5", "1.5") for key, said in sent.items()}
        if "file" in sent:
            sent["file"] = SimpleUploadedFile("x.csv", value.encode()) if value else ""
        response = client.post(path, sent)
        where = f"{name}={value[:12]!r}: "
        if response.status_code >= 500:
            yield f"{where}{response.status_code} {response.exc_info and response.exc_info[1]!r}"
        elif response.status_code != 302 or name not in form.free:
            page = Page(response.content.decode(errors="replace"), path)
            if response.status_code == 302:
                yield f"{where}status {response.status_code}"
            words = dutch if language == "nl" else english
            yield from (where + fault for fault in faults(form, page, name, sent, words))
        after = kept()
        if after != before and name not in form.free:
            yield f"{where}something changed in {[table for table in after if after[table] != before[table]]}"
        before = after


def forms_of(world: World, route: Route) -> set[str]:
    """The names of the routes that the forms of this page are posted to, of those that one types in."""
    path, found = world.path(route), set()
    if path is None or route.address.startswith(("/admin/", "/api/")) or "{" in path:
        return found
    for client in world.clients.values():
        response = client.get(path)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            found |= Page(response.content.decode(), path).typed_in.keys()
    return {name_of(address) for address in found}


def name_of(address: str) -> str:
    try:
        return resolve(address).view_name
    except Resolver404:
        return address


def test_no_form_is_forgotten(world):
    found = {name for route in routes() for name in forms_of(world, route)}
    assert found - BY_NAME.keys() == set(), "add these forms to FORMS, with what may be typed wrong in them"
    assert BY_NAME.keys() - found == set(), "there is no such form any more"
