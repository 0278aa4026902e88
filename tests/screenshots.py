"""``python -m tests.screenshots [FOLDER [NAME]]``: every page, Dutch and English, phone and desktop, light and dark, as PNG.

The real application on a test database of its own, with an account in every state, seen by a real browser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urljoin
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.runner import DiscoverRunner  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from accounts import cookies, inviting, newsletter, services, signing_in, signing_up, terms, unseen  # noqa: E402
from accounts.models import Account, Invitation, Notice, TermsVersion, UsageDay, UsageTotal, User  # noqa: E402
from accounts.models.usage import Device, Kind, Module  # noqa: E402
from accounts.notices import write_notice  # noqa: E402
from accounts.states import State  # noqa: E402
from accounts.support import look, open_account  # noqa: E402
from audits import agreeing, closing  # noqa: E402
from audits import running as auditing  # noqa: E402
from audits.improving import note_done  # noqa: E402
from audits.links import token_of  # noqa: E402
from audits.measuring import put_in_place, review_measure, take_ownership  # noqa: E402
from audits.models import Measure  # noqa: E402
from breaches import conferring, reading, reporting, words  # noqa: E402
from breaches.models import Breach, Meeting  # noqa: E402
from cannonworks import isolation  # noqa: E402
from cannonworks.bearer import digest_of  # noqa: E402
from cannonworks.pages import seal_place  # noqa: E402
from finance import sharing  # noqa: E402
from finance.bookkeeping import Period, charge_subscription, record_payment  # noqa: E402
from finance.copying import credit_invoice, invoice_from_quote  # noqa: E402
from finance.models import Document, DocumentKind, Mailing  # noqa: E402
from finance.services import change_draft, draft_document, issue_document  # noqa: E402
from processors import contact, disclosing, objecting  # noqa: E402
from processors.helping import record_look  # noqa: E402
from processors.models import Change, Disclosure, SubProcessor  # noqa: E402
from relations.models import Import, Relation, What  # noqa: E402
from relations.services import add_employee, add_relation, restrict_person, reveal_bsn  # noqa: E402
from retention import demo_disclosures  # noqa: E402
from retention.demo_houses import houses  # noqa: E402
from retention.models import Ground, Hold  # noqa: E402
from rights import links  # noqa: E402
from rights.corrections import confirm_correction, propose_correction  # noqa: E402
from rights.models import SubjectRequest  # noqa: E402
from rights.services import confirm_letter  # noqa: E402
from tests import breached, registers, tested  # noqa: E402
from tests.asked import subject_request  # noqa: E402
from tests.audits import keepers  # noqa: E402
from tests.browser import FLAGS, find_or_install  # noqa: E402
from tests.factories import TOTP_SECRET, AccountFactory, ColleagueFactory, HelperFactory, StaffFactory  # noqa: E402
from tests.lives import issue, letter, use  # noqa: E402
from tests.processors.glasses import approved  # noqa: E402
from tests.quality import WholeServer  # noqa: E402
from tests.relations.files import begun, draft, taken_in  # noqa: E402
from tests.rights.returns import in_state, made, opened  # noqa: E402
from tests.signin import freshly, second_step, sign_in  # noqa: E402

SIZES = {"phone": (390, 844), "desktop": (1280, 860)}
SCHEMES = ("light", "dark")
LANGUAGES = ("nl", "en")


def people(on: date) -> dict[str, User]:
    """The main user of an account in each state, and others with something of their own to see."""

    def weeks(count: int) -> date:
        return on - timedelta(weeks=count)

    make = partial(AccountFactory, company__company_name="Timmerbedrijf De Vries")
    accounts = {
        "trial": make(signed_up_on=on - timedelta(days=18)),
        "lapsed": make(state=State.LAPSED, signed_up_on=weeks(30)),
        "active": make(state=State.ACTIVE, signed_up_on=weeks(80)),
        "cancelled": make(state=State.CANCELLED, signed_up_on=weeks(120), cancelled_on=weeks(10)),
        "near": make(state=State.CANCELLED, signed_up_on=weeks(200), cancelled_on=on - timedelta(days=719)),
        "asked": make(state=State.CANCELLED, signed_up_on=weeks(60), cancelled_on=weeks(2)),
        "held": make(state=State.CANCELLED, signed_up_on=weeks(160), cancelled_on=weeks(40)),
        "going": make(state=State.CANCELLED, signed_up_on=weeks(60), cancelled_on=weeks(2)),
        "waiting": make(state=State.CANCELLED, signed_up_on=weeks(60), cancelled_on=weeks(2)),
        "testing": make(state=State.ACTIVE, signed_up_on=weeks(70)),
    }
    running = make(state=State.ACTIVE, signed_up_on=weeks(120))
    charge_subscription(running, on=weeks(100), net=Decimal("15.00"))
    charge_subscription(accounts["active"], on=weeks(20))
    services.cancel_account(running, actor=running.main_user, on=weeks(30))
    accounts["charged"] = running
    services.request_erasure(accounts["asked"], actor=accounts["asked"].main_user, on=weeks(1))
    going = services.request_erasure(accounts["going"], actor=accounts["going"].main_user, on=weeks(1))
    services.order_erasure(going, actor=accounts["going"].main_user, on=on)
    _hold(accounts["held"], on)
    users = {name: account.main_user for name, account in accounts.items()}
    _used(users["active"], on)
    cookies.answer(users["charged"], allowed=False)
    return users | {"colleague": ColleagueFactory(account=accounts["cancelled"])} | lookers(accounts["active"])


def subscribed(account: Account, on: date) -> dict[str, object]:
    """Invoices of ours in every state, and a document that was shared: its link and reference."""
    for months in (3, 2, 1, 0):
        start = on - timedelta(days=30 * months)
        period = Period(start, start + timedelta(days=30), start)
        invoice = charge_subscription(account, on=start, period=period)
        if months:
            record_payment(invoice, on=on, amount=Decimal({3: "18.15", 2: "20.00", 1: "8.15"}[months]))
    actor, at = account.main_user, timezone.now()
    relation = add_relation(account, actor=actor, company_name="Bakkerij Noord", email="info@noord.example")
    document = issue(account, on=on, relation=relation)
    for days in (7, 30):
        link, address = sharing.share_document(document, actor=actor, at=at - timedelta(days=days - 1), days=days)
        sharing.open_link(address.split("/")[4], device="phone")
    sharing.revoke_link(link, actor=actor, at=at)
    _link, address = sharing.share_document(document, actor=actor, at=at)
    sharing.mail_document(document, actor=actor, to="info@noord.example", at=at)
    Mailing.objects.update(state="sent", sent_at=at)
    sharing.mail_document(document, actor=actor, to="infoo@noord.example", at=at, days=30)
    Mailing.objects.filter(state="waiting").update(state="failed")
    return {"shared": address.split("/")[4], "document": document.reference}


def documents_of(account: Account, on: date) -> dict[str, object]:
    """A quote with its invoice, a credit note, and drafts, one of which lacks something: their references."""
    user = account.main_user
    relation = add_relation(
        account, actor=user, company_name="Jansen & Zoon Bouw B.V.", vat_number="NL822655287B01", street="Markt",
        house_number="2", postcode="7941 AA", city="Meppel",
    )  # fmt: skip
    for first, last in (("Noor", "Visser"), ("Bas", "van der Meulen"), ("Ingrid", "de Boer")):
        add_relation(account, actor=user, first_name=first, last_name=last, city="Hoogeveen")
    lines = [
        {
            "description": "Dakkapel plaatsen, inclusief materiaal",
            "quantity": Decimal("12.5"),
            "unit_price": Decimal(65),
        },
        {"description": "Schilderwerk aan een oude woning", "unit_price": Decimal("1234.50"), "vat_rate": "9"},
        {
            "description": "Onderaanneming Kerkplein",
            "quantity": Decimal(8),
            "unit_price": Decimal(58),
            "vat_rate": "reverse",
        },
    ]
    make = partial(draft_document, account, actor=user, lines=lines, relation=relation)
    issued = partial(issue_document, actor=user)
    quote = issued(make(kind="quote", valid_until=on + timedelta(days=9)), on=on - timedelta(days=20))
    invoice = issued(
        change_draft(
            invoice_from_quote(quote, actor=user), actor=user, customer_reference="Project Kerkplein",
            remarks="Bedankt voor de fijne opdracht!\nGraag overmaken op de rekening die je van ons kent.",
        ),
        on=on - timedelta(days=6),
    )  # fmt: skip
    made = {
        "quote": quote,
        "invoice": invoice,
        "credit": issued(credit_invoice(invoice, actor=user), on=on),
        "lacking": make(kind="invoice", relation=None, recipient_name="Noor Visser", lines=lines[:1]),
        "draft": make(kind="invoice", payment_days=30),
    }
    return {name: document.reference for name, document in made.items()}


def _used(user: User, on: date) -> None:
    """A year in which an account was used, more and more."""
    parts = (Module.RELATIONS, Module.DOCUMENTS, Module.OVERVIEW, Module.EMPLOYEES, Module.ACCOUNT)
    days = [on - timedelta(days=back) for back in range(3, 365)]
    UsageDay.objects.bulk_create(
        UsageDay(account=user.account, on=day, module=part, kind=Kind.VIEW, count=(day.toordinal() * (n + 3)) % 17 + 2)
        for day in days for n, part in enumerate(parts) if day.weekday() < 5 - n % 2
    )  # fmt: skip
    UsageTotal.objects.bulk_create(
        UsageTotal(on=day, module=part, kind=Kind.VIEW, count=(day.toordinal() * (n + 3)) % 900 + 40)
        for day in days for n, part in enumerate(parts)
    )  # fmt: skip
    UsageTotal.objects.bulk_create(
        UsageTotal(on=day, kind=Kind.ACCOUNT, count=day.toordinal() % 40 + 60) for day in days
    )
    for back, device in ((0, Device.COMPUTER), (1, Device.PHONE), (2, Device.COMPUTER)):
        at = timezone.now() - timedelta(days=back)
        use(user, at=at, kind=Kind.SIGN_IN, module=Module.ACCOUNT, device=device)
        use(user, at=at, times=9 + back, device=device)


def lookers(account: Account) -> dict[str, User]:
    """Staff who have the account open and staff who have not, a helper inside and one outside."""
    now, day = timezone.now(), timedelta(days=1)
    support_, staff = StaffFactory(), StaffFactory()
    access = open_account(
        account, actor=support_, ticket="T-1042", reason="Kan na het nieuwe wachtwoord niet inloggen", at=now
    )
    for page in ("account", "user"):
        look(account, actor=support_, page=page, at=access.opened_at)
    employee = add_employee(account, actor=account.main_user, bsn="111222333", first_name="Tom", last_name="Werk")
    reveal_bsn(employee, actor=account.main_user)
    house = houses(officer=staff, today=now.date())
    SubProcessor.objects.filter(pk=house.pk).update(contact_email="beheer@noorderhost.example")
    inside, outside = registers.helper(house), registers.helper(house)
    registers.project(house, inside, starts_at=now - day, ends_at=now + day)
    record_look(inside, accounts=[account], page="accounts", searched=False)
    masked = registers.helper(house, user=HelperFactory(first_name="Hanna", last_name="Server"))
    for helper, names in ((outside, True), (masked, False)):
        last = now - day / 2 if names else now + day
        registers.project(house, helper, starts_at=now - day, ends_at=last, shows_names=names)
    return {
        "support": support_, "staff": staff, "helper": inside.user, "outside": outside.user, "masked": masked.user,
    }  # fmt: skip


def contracts(users: dict[str, User]) -> dict[str, object]:
    """An announced change with an objection, one whose papers are over, and one that is being prepared."""
    change, at = Change.objects.open().get(), timezone.now()
    asks = "Waarvoor heeft De Vraagbaak de lijst van klanten nodig?"
    made = objecting.object_to(change, users["active"].account, actor=users["active"], at=at, words=asks)
    registers.agreement(registers.house("Westkabel", role="integrations"), valid_until=date(2026, 1, 31))
    draft = SubProcessor.objects.create(name="Zuiderhost", role="hosting", country="US", categories=["account"])
    return {"change": change.reference, "change_row": change.pk, "objection": made.pk, "house": draft.pk}


def crowd(account: Account, on: date) -> dict[str, str]:
    """Relations of an account, one of them restricted; references of some, as the addresses of their pages have them."""
    actor, place = account.main_user, {"street": "Markt", "house_number": "2", "postcode": "7941 AA", "city": "Meppel"}
    names = (
        ("Jansen & Zoon", "Kees", "Jansen"),
        ("", "Noor", "Visser"),
        ("Bakkerij Smit", "", ""),
        ("", "Ali", "Kaya"),
    )
    made = [
        add_relation(
            account, actor=actor, company_name=company, first_name=first, last_name=last, phone="0522123456",
            email=f"{(last or 'info').lower()}@relatie.example", **place,
        )
        for company, first, last in names
    ]  # fmt: skip
    for relation in (made[0], made[0], made[3]):
        paper = issue(account, on=on, relation=relation)
    lines = [{"description": "Werk", "unit_price": 65}]
    draft_document(account, actor=actor, kind=DocumentKind.QUOTE, relation=made[0], lines=lines)
    sharing.share_document(Document.objects.issued().filter(relation=made[0])[0], actor=actor, at=timezone.now())
    restrict_person(made[3], actor=actor, on=on - timedelta(days=9))
    asked = requests_of(account, made[0])
    employee = account.employee_set.get()
    return {
        "relation": str(made[0].reference),
        "restricted": str(made[3].reference),
        "frozen": str(paper.reference),
        "employee": str(employee.reference),
    } | asked


def requests_of(account: Account, relation: Relation) -> dict[str, str]:
    """Requests of data subjects: one to be begun, one under way, one handled; their references."""
    now, day = timezone.now(), timedelta(days=1)
    rows = {
        "asked_new": subject_request(
            account, state="told", at=now - day, wish="erase", name="Noor Visser", email="visser@relatie.example",
            known_as="Bakkerij Smit", details="Ik ben geen klant meer.",
        ),
        "asked_begun": subject_request(
            account, state="told", at=now - 20 * day, name="Kees Jansen", person_kind="relation",
            person=relation.reference, details="Ik ben verhuisd naar Brink 12 in Assen, 9401 AB.",
        ),
        "asked_done": subject_request(account, state="done", at=now - 30 * day, wish="restrict", note="Beperkt."),
    }  # fmt: skip
    return {name: str(row.reference) for name, row in rows.items()}


def blocked() -> tuple[User, dict[str, str]]:
    """The main user of an account that is blocked for a request, and the reference of that."""
    account = AccountFactory(state=State.ACTIVE, company__company_name="Timmerbedrijf De Vries")
    add_relation(account, actor=account.main_user, first_name="Bram", last_name="Smit", email="bram@thuis.example")
    at = timezone.now() - timedelta(days=30)
    request = subject_request(account, state="blocked", at=at, wish="restrict")
    return account.main_user, {"asked_blocked": str(request.reference)}


def _hold(account, on: date) -> None:
    first, second = StaffFactory(), StaffFactory()
    Hold.objects.create(
        account=account, name="Belastingcontrole 2025", categories=["documents", "relations"],
        ground=Ground.STATUTORY, basis="AWR art. 47 en 52",
        proportionality="De inspecteur heeft om deze stukken gevraagd; al het andere wordt gewoon vernietigd.",
        placed_on=on - timedelta(days=20), placed_by=first, review_on=on + timedelta(days=200),
        confirmed_on=on - timedelta(days=19), confirmed_by=second,
    )  # fmt: skip


def files(users: dict[str, User]) -> dict[str, str]:
    """Files with people: one that was taken in, one to be looked at, one under way; their references."""
    account, trial = users["active"].account, users["trial"].account
    done = taken_in(account, LIST + "Fout BV;Piet;;geen adres;12;1234567;\n" * 3)
    employees = begun(trial, "Voornaam;Achternaam\n" + "Tom;Werk\n" * 1500, what=What.EMPLOYEES)
    Import.objects.filter(pk=employees.pk).update(state="running", position=employees.size // 3, added=500)
    found = {"import_draft": draft(account, LIST + "Fout BV;Piet;;geen adres;12;1234567;\n"), "import_done": done}
    return {name: str(each.reference) for name, each in (found | {"import_running": employees}).items()}


def requests(account: Account) -> dict[str, str]:
    """Requests of data subjects in every stage: the links to them, and one that is not used yet."""
    now = timezone.now()
    asked = {"wish": "erase", "known_as": "klantnummer 2041", "details": "Ik heb geen auto meer."}
    rows = {
        "received": subject_request(at=now, **asked),
        "passed_on": subject_request(account, state="told", at=now - timedelta(days=1), **asked),
        "over": subject_request(state="unmatched", at=now - timedelta(days=20), **asked),
        "done": subject_request(account, state="done", at=now - timedelta(days=6)),
        "checking": subject_request(account, state="checking", at=now - timedelta(days=20)),
        "closed": subject_request(account, state="closed", at=now - timedelta(days=40), **asked),
        "answered": subject_request(
            state="closed", at=now, closed_at=now, outcome="answered", wish="inform", company="", details="",
            wants_agreement=True,
        ),
    }  # fmt: skip
    blocked = AccountFactory(state=State.ACTIVE)
    rows["blocked"] = subject_request(blocked, state="blocked", at=now - timedelta(days=20))
    found = {f"request_{name}": links.seal(links.Link(row.reference, row.email, "nl")) for name, row in rows.items()}
    return found | {"request_new": links.seal(links.Link(uuid4(), "bram@thuis.example", "nl"), at=now)}


def of_staff(account: Account, clerk: User) -> dict[str, object]:
    """Rows of the administration: requests that wait for staff, corrections that wait for the holder and for staff."""
    now = timezone.now()
    waits, agreed = (
        propose_correction(
            account, actor=clerk, what="user.email", new=f"{name}@nieuw.example", why="Postvak kwijt", at=now,
            of=ColleagueFactory(account=account, first_name=name.title(), email=f"{name}@oud.example").reference,
        )
        for name in ("wim", "karin")
    )  # fmt: skip
    confirm_correction(agreed, actor=account.main_user, at=now)
    late = AccountFactory(state=State.ACTIVE, company__company_name="Fietsen Smit")
    return {
        "correction": waits.pk,
        "correction_confirmed": agreed.pk,
        "asked_loose_row": subject_request(at=now, name="Gerda Mulder", company="Fietsen Smit").pk,
        "asked_late_row": subject_request(late, state="checking", at=now - timedelta(days=30), name="Henk Vos").pk,
    }


def measured() -> dict[str, object]:
    """Measures in place and planned, and what a review of one found: under way, done, and long in the past."""
    now, person = timezone.now(), StaffFactory(first_name="Petra")
    for number, measure in enumerate(Measure.objects.order_by("pk")[:9]):
        at = now - timedelta(days=30 * number)
        take_ownership(measure, actor=person)
        put_in_place(measure, actor=person, at=at, review_on=(at + timedelta(days=180)).date())
    measure = Measure.objects.get(code="backups")
    review = {"actor": person, "review_on": (now + timedelta(days=90)).date()}
    review_measure(measure, at=now - timedelta(days=40), works=True, seen="Teruggezet en nagekeken.", **review)
    review_measure(
        measure, at=now - timedelta(days=12), works=False, seen="De proef van deze week is niet gelopen.",
        title="Proef met terugzetten overgeslagen", severity="high", **review,
    )  # fmt: skip
    finding = measure.findings.get()
    improvement = keepers.improvement(person, finding, at=now - timedelta(days=10), days=14)
    note_done(improvement, actor=person, at=now - timedelta(days=1), result="De taak loopt weer, met een alarm.")
    keepers.improvement(person, at=now - timedelta(days=20), days=12)
    keepers.finding(person, severity="low", at=now)
    planned = Measure.objects.filter(state="planned").first()
    return {
        "measure_row": measure.pk, "measure_planned": planned and planned.pk, "finding_row": finding.pk,
        "improvement_row": improvement.pk,
    }  # fmt: skip


def archives() -> str:
    """The first page of all data of an account, in a folder for each language; where those are."""
    folder, on = Path(mkdtemp(prefix="screenshots-")), timezone.localdate()
    for language in LANGUAGES:
        account = AccountFactory(
            state=State.ACTIVE, company__company_name="Timmerbedrijf De Vries", main_user__language=language
        )
        documents_of(account, on)
        add_employee(account, actor=account.main_user, bsn="111222333", first_name="Tom", last_name="Werk")
        (folder / language).mkdir()
        opened(made(account)).extract("index.html", folder / language)
    return folder.as_uri()


def register_of_breaches(*accounts: Account) -> dict[str, str]:
    """Breaches: one of which some are told and more became known since, one that was noticed just now; their keys."""
    now = timezone.now()
    row = breached.told(accounts[0], at=now - timedelta(hours=30))
    breached.affected(row, *accounts[1:])
    breached.phase(row, fact_nl="Iemand kon vijf uur lang bij reservekopieën.", cause_en="", harms=["confidentiality"])
    return {"breach_row": str(row.pk), "breach_fresh": str(breached.breach(at=now - timedelta(hours=1)).pk)}


def disclosures_of(account: Account, *, on: date) -> dict[str, object]:
    """What others asked: given, refused, waiting, told after a gag, with a file to download and one to be made."""
    clerk, second, at = StaffFactory(), StaffFactory(), timezone.now()
    demo_disclosures.make(account, clerk=clerk, second=second, today=on)
    given, refused, waiting = Disclosure.objects.filter(account_reference=account.reference).order_by("received_at")
    ready = registers.granted(account, clerk=clerk, second=second)
    told = registers.ordered(account, clerk=clerk, at=at - timedelta(days=9))
    until = {"gag_basis": "Sv art. 126bb lid 5", "gag_until": on - timedelta(days=1)}
    disclosing.decide(told, actor=second, decision="give", reason="x", at=at - timedelta(days=9), **until)
    disclosing.end_gags(at=at)
    return {
        "disclosure_given": given.reference, "disclosure_refused": refused.reference,
        "disclosure_waiting": waiting.reference, "disclosure_told": told.reference,
        "disclosure_row": ready.disclosure_id, "disclosure_asked_row": waiting.pk, "disclosure_to_make": told.pk,
    }  # fmt: skip


def audits_of(account: Account, other: Account) -> dict[str, object]:
    """Tests by account holders: another date by us and costs, one that is over with findings; one of another runs."""
    now, clerk, day = timezone.now(), StaffFactory(), timedelta(days=1)
    first = tested.announced(account, at=now - day, starts_at=now + 20 * day, ends_at=now + 22 * day)
    said = {"starts_at": now + 27 * day, "ends_at": now + 29 * day, "reason": "Dan is er groot onderhoud."}
    agreeing.propose(first, actor=clerk, at=now, **said)
    closing.note_costs(first, actor=clerk, at=now, cents=125_000, what="Begeleiding, tien uur")
    second = tested.announced(account, at=now - 420 * day, starts_at=now - 400 * day, ends_at=now - 398 * day)
    agreeing.accept(second, actor=clerk, at=now - 419 * day)
    tested.accepted(second, at=now - 418 * day)
    third = tested.announced(other, at=now - 30 * day, starts_at=now - day, ends_at=now + 2 * day)
    agreeing.accept(third, actor=clerk, at=now - 29 * day)
    tested.accepted(third, at=now - 28 * day)
    auditing.tend(at=now)
    found = {"title": "Oude versie", "text": "Een bibliotheek is verouderd.", "severity": "medium"}
    closing.enter_finding(second, actor=clerk, at=now, **found)
    closing.add_report(second, actor=account.main_user, at=now, report=tested.file())
    link = token_of(agreeing.tester_of(first))
    return {
        "audit_offered": first.reference, "audit_over": second.reference, "audit_link": link, "audit": second.pk,
        "audit_running": third.reference, "audit_runs": third.pk,
    }  # fmt: skip


#: As somebody exports it from another program.
LIST = (
    "Bedrijf;Voornaam;Achternaam;Mail;Postcode;KvK;Opmerking\n"
    "Bakkerij Jansen;Noor;Visser;noor@bakkerij-jansen.example;9401 HS;12345678;vaste klant\n"
    "Hoveniersbedrijf Groen;Jan;de Boer;jan@groen.example;7941 AA;23456789;\n"
    "Fietsen Smit;Anna;Smit;anna@smit.example;9712 CP;34567890;belt graag\n"
)

#: How a request of a data subject may stand, as the one who made it sees it.
STAGES = ("received", "passed_on", "over", "done", "checking", "blocked", "closed", "answered")

DASHBOARDS = (
    "trial", "lapsed", "active", "cancelled", "near", "held", "going", "charged", "asked", "colleague",
)  # fmt: skip

#: name of the picture → who looks (None: nobody signed in) and where
PAGES = {
    "join-ask": (None, "/sign-up/"),
    "join-finish": (None, "/sign-up/{link}/"),
    "join-link-over": (None, "/sign-up/key/"),
    "join-invitation": (None, "/invitation/{token}/"),
    "join-invitation-over": (None, "/invitation/key/"),
    "company": ("active", "/account/company/"),
    "company-read": ("cancelled", "/account/company/"),
    "users": ("active", "/account/users/"),
    "users-read": ("colleague", "/account/users/"),
    "user-leave": ("colleague", "/account/users/leave/"),
    "user-remove": ("active", "/account/users/{colleague}/remove/"),
    "user-hand-over": ("active", "/account/users/{colleague}/hand-over/"),
    "you": ("active", "/account/you/"),
    "sign-in": (None, "/sign-in/"),
    "password-forgotten": (None, "/password/forgotten/"),
    "password-forgotten-sent": (None, "/password/forgotten/sent/"),
    "password-link-old": (None, "/password/new/1-key/"),
    "password-done": (None, "/password/new/done/"),
    "sign-in-closed": (None, "/sign-in/closed/"),
    "email-first": (None, "/sign-in/confirm/"),
    "email-link-old": (None, "/email/key/"),
    "second-step": ("halfway", "/sign-in/code/"),
    "security": ("active", "/security/"),
    "security-factors": ("charged", "/security/"),
    "security-staff": ("unsecured", "/security/"),
    "password-change": ("active", "/security/password/"),
    "email-change": ("active", "/security/email/"),
    "email-waiting": ("charged", "/security/email/"),
    "app-add": ("active", "/security/app/"),
    "app-remove": ("charged", "/security/app/remove/"),
    "passkey-add": ("active", "/security/passkeys/add/"),
    "codes": ("charged", "/security/codes/"),
    "codes-new": ("charged", "/security/codes/new/"),
    "prove": ("charged", "/security/prove/"),
    "prove-code": ("charged", "/security/prove/code/"),
    **{f"dashboard-{name}": (name, "/") for name in DASHBOARDS},
    **{f"account-{name}": (name, "/account/") for name in ("trial", "lapsed", "active", "asked", "going", "colleague")},
    "subscription": ("active", "/account/invoices/"),
    "subscription-none": ("trial", "/account/invoices/"),
    "links": ("active", "/documents/links/"),
    "links-none": ("trial", "/documents/links/"),
    "document-mail": ("active", "/documents/{document}/mail/"),
    "shared": (None, "/d/{shared}/"),
    "shared-gone": (None, "/d/nothing/"),
    "activate": ("trial", "/account/activate/"),
    "cancel": ("active", "/account/cancel/"),
    "reactivate": ("cancelled", "/account/reactivate/"),
    "devices": ("active", "/devices/"),
    "documents": ("active", "/documents/"),
    "documents-drafts": ("active", "/documents/?show=drafts"),
    "documents-none": ("trial", "/documents/"),
    "documents-not-found": ("active", "/documents/?search={nothing}"),
    "document-add": ("trial", "/documents/new/"),
    "document-quote-add": ("active", "/documents/new/?kind=quote"),
    "document-change": ("active", "/documents/{draft}/change/"),
    "document-draft": ("active", "/documents/{lacking}/"),
    "document-issued": ("active", "/documents/{invoice}/"),
    "document-quote": ("active", "/documents/{quote}/"),
    "document-issue": ("active", "/documents/{draft}/issue/"),
    "document-delete": ("active", "/documents/{draft}/delete/"),
    "document-lost-issued": ("active", "/documents/{draft}/change/"),
    "document-lost-deleted": ("active", "/documents/{draft}/change/"),
    "export-ask": ("trial", "/my-data/export/"),
    "export-running": ("active", "/my-data/export/"),
    "export-stopped": ("near", "/my-data/export/"),
    "export-ready": ("charged", "/my-data/export/"),
    "export-prove": ("unproven", "/my-data/export/"),
    "export-expired": ("lapsed", "/my-data/export/"),
    "export-going": ("going", "/my-data/export/"),
    "export-colleague": ("colleague", "/my-data/export/"),
    "export-index": ("file", "{archive}/{language}/index.html"),
    "erasure-ask": ("lapsed", "/erasure/"),
    "erasure-open": ("asked", "/erasure/"),
    "erasure-active": ("active", "/erasure/"),
    "erasure-going": ("going", "/erasure/"),
    "erasure-waiting": ("waiting", "/erasure/"),
    "newsletter": ("active", "/newsletter/"),
    "newsletter-none": ("trial", "/newsletter/"),
    "newsletter-visitor": (None, "/newsletter/"),
    "newsletter-confirm": (None, "/newsletter/confirm/{confirm}/"),
    "newsletter-stop": (None, "/newsletter/stop/{stop}/"),
    "newsletter-old-link": (None, "/newsletter/stop/old/"),
    "relations": ("active", "/relations/"),
    "relations-none": ("trial", "/relations/"),
    "relations-restricted": ("active", "/relations/?restricted=yes"),
    "relation-add": ("active", "/relations/add/"),
    "relation-one": ("active", "/relations/{relation}/"),
    "relation-change": ("active", "/relations/{relation}/change/"),
    "relation-erase": ("active", "/relations/{relation}/erase/"),
    "relation-restrict": ("active", "/relations/{relation}/restrict/"),
    "relation-restricted": ("active", "/relations/{restricted}/"),
    "relation-restricted-paper": ("active", "/documents/{frozen}/"),
    "relation-erase-not": ("active", "/relations/{restricted}/erase/"),
    "employees": ("active", "/employees/"),
    "employee-one": ("active", "/employees/{employee}/"),
    "employee-change": ("active", "/employees/{employee}/change/"),
    "my-data": ("active", "/my-data/"),
    "my-data-cancelled": ("held", "/my-data/"),
    "my-data-colleague": ("colleague", "/my-data/"),
    "requests": ("active", "/requests/"),
    "requests-none": ("trial", "/requests/"),
    "requests-blocked": ("blocked", "/requests/"),
    "request-new": ("active", "/requests/{asked_new}/"),
    "request-begun": ("active", "/requests/{asked_begun}/"),
    "request-done": ("active", "/requests/{asked_done}/"),
    "request-blocked": ("blocked", "/requests/{asked_blocked}/"),
    "breaches": ("near", "/breaches/"),
    "breaches-none": ("trial", "/breaches/"),
    "breach": ("near", "/breaches/{breach_new}/"),
    "breach-read": ("near", "/breaches/{breach_old}/"),
    "breach-colleague": ("colleague", "/breaches/{breach_colleague}/"),
    "consultation": ("near", "/consultations/{consultation}/"),
    "consultation-agreed": ("near", "/consultations/{consultation_agreed}/"),
    "consultation-minutes": ("near", "/consultations/{consultation_held}/"),
    "consultation-colleague": ("colleague", "/consultations/{consultation_colleague}/"),
    "breach-permission": ("near", "/breaches/{breach_new}/permission/"),
    "breach-permission-stands": ("near", "/breaches/{breach_old}/permission/"),
    "staff-consultations": ("staff", "/admin/breaches/consultation/"),
    "staff-consultation": ("staff", "/admin/breaches/consultation/{talk}/change/"),
    "staff-consultation-offer": ("staff", "/admin/breaches/consultation/{talk}/offer/"),
    "staff-consultation-accept": ("staff", "/admin/breaches/consultation/{talk}/accept/"),
    "staff-consultation-record": ("staff", "/admin/breaches/consultation/{talk}/record/"),
    "staff-meetings": ("staff", "/admin/breaches/meeting/"),
    "staff-meeting": ("staff", "/admin/breaches/meeting/{meeting}/change/"),
    "staff-meeting-minutes": ("staff", "/admin/breaches/meeting/{meeting}/write_up/"),
    "staff-words": ("staff", "/admin/breaches/directword/"),
    "breach-banner": ("colleague", "/devices/"),
    "audits": ("active", "/audits/"),
    "audits-none": ("trial", "/audits/"),
    "audit-announce": ("active", "/audits/announce/"),
    "audit-offered": ("active", "/audits/{audit_offered}/"),
    "audit-over": ("active", "/audits/{audit_over}/"),
    "audit-running": ("testing", "/audits/{audit_running}/"),
    "audit-tester": ("active", "/audits/{audit_offered}/tester/"),
    "audit-procedures": (None, "/test/{audit_link}/"),
    "staff-audits": ("staff", "/admin/audits/audit/"),
    "staff-audit": ("staff", "/admin/audits/audit/{audit}/change/"),
    "staff-audit-letter": ("staff", "/admin/audits/audit/add/"),
    "staff-audit-running": ("staff", "/admin/audits/audit/{audit_runs}/change/"),
    "staff-audit-answer": ("staff", "/admin/audits/audit/{audit_runs}/answer/"),
    "staff-audit-stop": ("staff", "/admin/audits/audit/{audit_runs}/stop/"),
    "staff-audit-offer": ("staff", "/admin/audits/audit/{audit}/offer/"),
    "disclosures": ("active", "/my-data/disclosures/"),
    "disclosures-none": ("trial", "/my-data/disclosures/"),
    "disclosure-asked": ("active", "/my-data/disclosures/{disclosure_waiting}/"),
    "disclosure-given": ("active", "/my-data/disclosures/{disclosure_given}/"),
    "disclosure-refused": ("active", "/my-data/disclosures/{disclosure_refused}/"),
    "disclosure-told-later": ("active", "/my-data/disclosures/{disclosure_told}/"),
    "disclosure-counts": (None, "/disclosures/"),
    "staff-disclosures": ("staff", "/admin/processors/disclosure/"),
    "staff-disclosure": ("staff", "/admin/processors/disclosure/{disclosure_row}/change/"),
    "staff-disclosure-add": ("staff", "/admin/processors/disclosure/add/"),
    "staff-disclosure-decide": ("staff", "/admin/processors/disclosure/{disclosure_asked_row}/decide/"),
    "staff-disclosure-make": ("staff", "/admin/processors/disclosure/{disclosure_to_make}/make_file/"),
    "staff-disclosure-download": ("staff", "/admin/processors/disclosure/{disclosure_row}/download/"),
    "breach-report": ("active", "/breaches/report/"),
    "breach-blocked": ("blocked", "/breaches/"),
    "staff-breach-reports": ("staff", "/admin/breaches/breachreport/"),
    "staff-breach-report": ("staff", "/admin/breaches/breachreport/{breach_report}/change/"),
    "staff-breach-judge": ("staff", "/admin/breaches/breachreport/{breach_report}/judge/"),
    "staff-breach-enter": ("staff", "/admin/breaches/breachreport/add/"),
    "usage": ("active", "/my-data/usage/"),
    "usage-months": ("active", "/my-data/usage/?per=month&module=relations"),
    "usage-refused": ("charged", "/my-data/usage/"),
    "cookies": (None, "/cookies/"),
    "cookies-refused": ("charged", "/cookies/"),
    "cookies-asked": (None, "/sign-in/"),
    "cookies-asked-inside": ("trial", "/"),
    "staff-usage": ("staff", "/admin/accounts/usagetotal/"),
    "looks": ("active", "/my-data/looks/"),
    "looks-none": ("trial", "/my-data/looks/?since=2020-01-01&until=2020-01-31"),
    "import": ("active", "/relations/import/"),
    "import-draft": ("active", "/relations/import/{import_draft}/"),
    "import-done": ("active", "/relations/import/{import_done}/"),
    "import-running": ("trial", "/employees/import/{import_running}/"),
    "terms": (None, "/terms/"),
    "terms-first": ("active", "/terms/1/"),
    "terms-compared": (None, "/terms/1-2/"),
    "terms-changes": ("active", "/terms/changes/"),
    "terms-up-to-date": ("trial", "/terms/changes/"),
    "terms-banner": ("told", "/devices/"),
    "request-ask": (None, "/request/"),
    "request-ask-holder": ("active", "/request/"),
    "request-link-over": (None, "/request/key/"),
    "request-form": (None, "/request/{request_new}/"),
    **{f"request-{stage}": (None, f"/request/{{request_{stage}}}/") for stage in STAGES},
    "privacy": (None, "/privacy/"),
    "record": (None, "/record/"),
    "my-record": ("active", "/my-data/record/"),
    "sub-processors": (None, "/sub-processors/"),
    "sub-processors-holder": ("active", "/sub-processors/"),
    "sub-processor-change": (None, "/sub-processors/changes/{change}/"),
    "sub-processor-objected": ("active", "/sub-processors/changes/{change}/"),
    "sub-processor-object": ("charged", "/sub-processors/changes/{change}/object/"),
    "staff-sub-processors": ("staff", "/admin/processors/subprocessor/"),
    "staff-sub-processor": ("staff", "/admin/processors/subprocessor/{house}/change/"),
    "staff-sub-processor-announce": ("staff", "/admin/processors/subprocessor/{house}/begin/"),
    "staff-changes": ("staff", "/admin/processors/change/"),
    "staff-change": ("staff", "/admin/processors/change/{change_row}/change/"),
    "staff-objection-answer": ("staff", "/admin/processors/objection/{objection}/answer/"),
    "what-we-do": (None, "/what-we-do/"),
    "what-we-do-holder": ("active", "/what-we-do/"),
    "verify": (None, "/verify/"),
    "helpers": ("helper", "/helpers/"),
    "helpers-masked": ("masked", "/helpers/"),
    "helpers-outside": ("outside", "/helpers/"),
    "access-ask": (None, "/sub-processors/access/"),
    "access": (None, "/sub-processors/access/{access}/"),
    "access-left": (None, "/sub-processors/access/{access}/left/{helper}/"),
    "access-over": (None, "/sub-processors/access/x/"),
    "staff-backups": ("staff", "/admin/backups/all/"),
    "staff-backups-now": ("staff", "/admin/backups/now/"),
    "staff-deadlines": ("staff", "/admin/deadlines/"),
    "staff-deadlines-calendar": ("staff", "/admin/deadlines/calendar/"),
    "staff-accounts": ("support", "/admin/accounts/account/"),
    "staff-account-closed": ("staff", "/admin/accounts/account/{active}/change/"),
    "staff-account-open": ("support", "/admin/accounts/account/{active}/change/"),
    "staff-opened": ("support", "/admin/accounts/supportaccess/"),
    "staff-helpers": ("support", "/admin/processors/helper/"),
    "staff-glass": ("staff", "/admin/processors/glass/"),
    "staff-glass-approved": ("staff", "/admin/processors/glass/{glass}/change/"),
    "staff-glass-add": ("staff", "/admin/processors/glass/add/"),
    "staff-project": ("support", "/admin/processors/project/add/"),
    "staff-breaches": ("staff", "/admin/breaches/breach/"),
    "staff-breach": ("staff", "/admin/breaches/breach/{breach_row}/change/"),
    "staff-breach-new": ("staff", "/admin/breaches/breach/{breach_fresh}/change/"),
    "staff-breach-add": ("staff", "/admin/breaches/breach/add/"),
    "staff-breach-phase": ("staff", "/admin/breaches/breach/{breach_row}/record/"),
    "staff-breach-choose": ("staff", "/admin/breaches/breach/{breach_row}/choose/"),
    "staff-breach-close": ("staff", "/admin/breaches/breach/{breach_row}/close/"),
    "staff-breach-finding": ("staff", "/admin/breaches/breach/{breach_row}/finding/"),
    "staff-measures": ("staff", "/admin/audits/measure/"),
    "staff-measure": ("staff", "/admin/audits/measure/{measure_row}/change/"),
    "staff-measure-planned": ("staff", "/admin/audits/measure/{measure_planned}/change/"),
    "staff-measure-review": ("staff", "/admin/audits/measure/{measure_row}/review/"),
    "staff-measure-add": ("staff", "/admin/audits/measure/add/"),
    "staff-measure-coverage": ("staff", "/admin/audits/measure/coverage/"),
    "staff-findings": ("staff", "/admin/audits/finding/"),
    "staff-finding": ("staff", "/admin/audits/finding/{finding_row}/change/"),
    "staff-finding-plan": ("staff", "/admin/audits/finding/{finding_row}/plan/"),
    "staff-improvements": ("staff", "/admin/audits/improvement/"),
    "staff-improvement": ("staff", "/admin/audits/improvement/{improvement_row}/change/"),
    "staff-improvement-verify": ("staff", "/admin/audits/improvement/{improvement_row}/verify/"),
    "staff-affected": ("staff", "/admin/breaches/affected/"),
    "staff-terms": ("staff", "/admin/accounts/termsversion/"),
    "staff-requests": ("staff", "/admin/rights/subjectrequest/"),
    "staff-request-add": ("staff", "/admin/rights/subjectrequest/add/"),
    "staff-request-told": ("staff", "/admin/rights/subjectrequest/{asked_begun_row}/change/"),
    "staff-request-find": ("staff", "/admin/rights/subjectrequest/{asked_loose_row}/find/"),
    "staff-request-blocked": ("staff", "/admin/rights/subjectrequest/{asked_blocked_row}/change/"),
    "staff-request-block": ("staff", "/admin/rights/subjectrequest/{asked_late_row}/block/"),
    "staff-corrections": ("support", "/admin/rights/correction/"),
    "staff-correction-add": ("support", "/admin/rights/correction/add/?account={active}"),
    "staff-correction-open": ("support", "/admin/rights/correction/{correction}/change/"),
    "staff-correction-apply": ("support", "/admin/rights/correction/{correction_confirmed}/apply/"),
    "staff-correction-closed": ("staff", "/admin/rights/correction/{correction}/change/"),
    "staff-terms-preview": ("staff", "/admin/accounts/termsversion/{terms}/preview/"),
    "403": ("colleague", "/account/cancel/"),
    "404": ("active", "/gone/"),
    "409": ("active", "/account/activate/"),
}

#: Pages that only come of saving: name → where the form is sent to instead of where it came from.
SAVED_AS = {
    "document-lost-issued": "/documents/{invoice}/change/",
    "document-lost-deleted": "/documents/{nowhere}/change/",
}
SAVE = """to => {
  const form = document.querySelector('#editor');
  form.action = to;
  HTMLFormElement.prototype.submit.call(form);
}"""


@contextmanager
def site() -> Iterator[str]:
    """The application on a database of its own; its address."""
    settings.ALLOWED_HOSTS, settings.USAGE_SECONDS = ["localhost", "testserver"], 0
    unseen.MOST_A_MINUTE = 10_000
    runner = DiscoverRunner(verbosity=0, interactive=False)
    with isolation.as_owner():  # who makes databases; requests take their roles by themselves
        databases = runner.setup_databases()
        try:
            with WholeServer() as address:
                yield address
        finally:
            runner.teardown_databases(databases)


def take(
    browser: Browser, address: str, sessions: dict[str, str], places: dict[str, object], folder: Path, only: str = ""
) -> int:
    """Take all pictures, or those whose name begins with ``only``, each as whoever has that session; their number.

    ``places`` has what stands in braces in the addresses: keys of accounts by whose they are, links of mails.
    """
    pages = {name: place for name, place in PAGES.items() if name.startswith(only)}
    count = 0
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            for language, (name, (who, path)) in product(LANGUAGES, pages.items()):
                context.clear_cookies()
                kept = {settings.LANGUAGE_COOKIE_NAME: language, settings.SESSION_COOKIE_NAME: sessions.get(who, "")}
                if not name.startswith("cookies-asked"):
                    kept[settings.ANALYTICS_COOKIE_NAME] = "yes"
                context.add_cookies([{"name": k, "value": v, "url": address} for k, v in kept.items()])
                page.set_viewport_size({"width": width, "height": height})
                page.goto(urljoin(address, path.format(**places, language=language)))
                if name in SAVED_AS:
                    with page.expect_navigation():
                        page.evaluate(SAVE, SAVED_AS[name].format(**places))
                whole = page.evaluate("document.documentElement.scrollHeight")  # bars that stick go to the real end
                page.set_viewport_size({"width": width, "height": max(whole, height)})
                page.screenshot(path=folder / f"{name}-{language}-{size}-{scheme}.png")
                count += 1
            context.close()
    return count


def _new_terms(users: dict[str, User]) -> TermsVersion:
    """A second version of the terms, which all but one knew the first of, and nobody but that one knows."""
    first = TermsVersion.objects.get()
    at = timezone.now()
    for user in (users["active"], users["charged"]):
        terms.accept(first, user, at)
    words = {name: getattr(first, name) for name in ("text_nl", "text_en")}
    words["text_nl"] = (
        words["text_nl"].replace("binnen 48 uur", "binnen 24 uur").replace("je proef is voorbij", "je proef is om")
    )
    words["text_en"] = words["text_en"].replace("within 48 hours", "within 24 hours")
    words["text_nl"] += "\n\nKom je er met ons niet uit, dan kun je ook naar een geschillencommissie.\n"
    words["text_en"] += "\n\nYou can also go to a disputes committee.\n"
    words |= {
        "summary_nl": "- Je hoort een inbreuk voortaan binnen **24 uur**.\n- Je kunt naar een geschillencommissie.",
        "summary_en": "- You hear of a breach within **24 hours** from now on.\n- You can go to a disputes committee.",
    }
    draft = terms.write_draft({**words, "effective_on": timezone.localdate(at)}, actor=users["staff"])
    made = terms.publish(draft, users["staff"], at)
    terms.acknowledge(made, users["trial"], at)
    return made


def _session(user: User, *, minutes_ago: int = 0) -> str:
    return freshly(Client(), user, minutes_ago=minutes_ago).cookies[settings.SESSION_COOKIE_NAME].value


def _secured(user: User) -> None:
    """A second factor, recovery codes, another browser, and a new address that waits."""
    TOTP.activate(user, TOTP_SECRET)
    RecoveryCodes.activate(user)
    signing_in.adopt_address(user)
    EmailAddress.objects.create(user=user, email="sanne@nieuw.example")
    for agent in ("Firefox/140 (Android 16)", "Chrome/140 (Windows NT 10.0)"):
        client = Client(headers={"user-agent": agent})
        sign_in(client, user.email)
        second_step(client)


def _joining(account: Account) -> dict[str, str]:
    """A colleague, somebody who was invited and somebody who signs up: what stands in the addresses of their pages."""
    now = timezone.now()
    for email in ("wim@bedrijf.example", "een.heel.lange.naam.met.punten@administratiekantoor-noord.example"):
        inviting.invite(account, email=email, actor=account.main_user, at=now - timedelta(days=5))
    Invitation.objects.filter(email="wim@bedrijf.example").update(digest=digest_of("token"))
    return {
        "link": signing_up.seal(signing_up.Link("anna@example.nl", "nl"), at=now),
        "token": "token",
        "colleague": str(ColleagueFactory(account=account).reference),
    }


def _signed_in(user: User) -> str:
    """Signed in by the page, which looks whether there are new terms."""
    client = Client()
    sign_in(client, user.email)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _halfway(user: User) -> str:
    client = Client()
    sign_in(client, user.email)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visitors() -> tuple[dict[str, str], dict[str, object]]:
    """Sessions by who has them, and what stands in braces in the addresses of ``PAGES``."""
    users = people(timezone.localdate())
    users["blocked"], of_blocked = blocked()
    _secured(users["charged"])
    version = _new_terms(users)
    sessions = {name: _session(user) for name, user in users.items()}
    sessions["told"] = _signed_in(users["active"])
    sessions["unproven"] = _session(users["held"], minutes_ago=30)
    sessions["halfway"] = _halfway(users["charged"])
    sessions["unsecured"] = _session(StaffFactory(second_factor=False))
    active, on = users["active"], timezone.localdate()
    places: dict[str, object] = {name: user.account_id for name, user in users.items()} | {"terms": version.pk}
    places |= documents_of(active.account, on) | subscribed(active.account, on) | crowd(active.account, on)
    _taking_along(users)
    places |= of_staff(active.account, users["support"]) | {"nowhere": uuid4(), "archive": archives()}
    places["nothing"] = seal_place(["niets"], f"/documents/ {active.pk} search")
    places |= audits_of(active.account, users["testing"].account) | disclosures_of(active.account, on=on)
    places["glass"] = approved(StaffFactory(), StaffFactory(), active.account).pk
    places |= requests(active.account) | register_of_breaches(active.account, users["charged"].account)
    places |= of_blocked | measured()
    at_house = SubProcessor.objects.get(contact_email="beheer@noorderhost.example")
    places |= {"access": contact.seal(at_house, at=timezone.now()), "helper": users["helper"].reference}
    places |= {
        f"{name}_row": SubjectRequest.objects.get(reference=places[name]).pk
        for name in ("asked_begun", "asked_blocked")
    }
    places |= breaches(users["near"].account, users["cancelled"].account) | contracts(users)
    return sessions, places | files(users) | _told(active) | _joining(active.account)


def breaches(account: Account, other: Account) -> dict[str, object]:
    """Breaches that an account was told of, old and new, and its reports; one of which another account was told."""
    at = timezone.now()
    old = breached.told(account, at=at - timedelta(days=40))
    reading.acknowledge(old, user=account.main_user, at=at - timedelta(days=39))
    new = breached.told(account, at=at - timedelta(hours=40))
    shapes = {"people": ["relations", "users"], "people_least": 40, "people_most": 120, "harms": ["confidentiality"]}
    more = breached.phase(
        new, is_released=True, measures_proposed_nl="Morgen krijgt iedereen een nieuwe sleutel.", protection="part",
        measures_proposed_en="Tomorrow everybody gets a new key.", data_kinds=["names", "contact", "financial"],
        cause_nl="Een sleutel stond in een logbestand dat een leverancier kon lezen.", **shapes,
    )  # fmt: skip
    breached.notice(more, account, handed_at=more.released_at)
    answered = breached.report(account, at=at - timedelta(days=10))
    reporting.judge_report(
        answered, actor=StaffFactory(), at=at - timedelta(days=9), answer="De laptop was versleuteld."
    )
    waiting = breached.report(
        account, at=at - timedelta(hours=3), which_data="Offertes van 40 klanten", done="Aangifte"
    )
    breached.consultation(None, account, opened_at=waiting.reported_at, report=waiting)
    others = breached.told(other, at=at - timedelta(hours=5))
    return conferred(account, old, new, at=at) | {
        "consultation_colleague": others.consultations.get().reference,
        "breach_old": old.reference, "breach_new": new.reference, "breach_colleague": others.reference,
        "breach_report": waiting.pk,
    }  # fmt: skip


def conferred(account: Account, old: Breach, new: Breach, *, at: datetime) -> dict[str, object]:
    """Consultations of an account: moments to choose from, one agreed on, one with minutes; and a word to others."""
    clerk, user, hour = StaffFactory(), account.main_user, timedelta(hours=1)

    def offer(row: Breach, at: datetime, place: str = "0522 123 456") -> Meeting:
        said = {"starts_at": at + hour, "ends_at": at + 1.5 * hour, "place": place}
        return conferring.offer_to(row.consultations.get(account=account), actor=clerk, at=at, **said)

    talk, past = new.consultations.get(account=account), old.consultations.get(account=account)
    offer(new, at)
    conferring.offer_to_all(
        new, actor=clerk, at=at, starts_at=at + 3 * hour, ends_at=at + 4 * hour,
        place="https://bel.cannonworks.example/inbreuk-2",
    )  # fmt: skip
    conferring.ask_for(talk, actor=user, at=at, starts_at=at + 5 * hour, place="06 12345678")
    then = past.opened_at + hour
    held = offer(old, then)
    conferring.choose(past, held, actor=user, at=then)
    minutes = {
        "nature": "Iemand kon drie uur lang bij reservekopieën.\n\nEr is één bestand opgehaald.",
        "risk": "Klein: het bestand is versleuteld.", "measures": "De sleutel is vervangen.",
    }  # fmt: skip
    conferring.write_up(held, actor=clerk, at=then + 2 * hour, **minutes)
    met = breached.told(account, at=at - 9 * hour)
    meeting = offer(met, at - 2 * hour)
    conferring.choose(met.consultations.get(), meeting, actor=user, at=at - 2 * hour)
    given = words.give_permission(
        account, old, actor=user, at=at, to_subjects=True, to_others="Onze verzekeraar (Noorderpolis)"
    )
    breached.word(old, permission=given.reference)
    return {
        "consultation": talk.reference, "consultation_agreed": met.consultations.get().reference,
        "consultation_held": past.reference, "talk": talk.pk, "meeting": meeting.pk,
    }  # fmt: skip


def _taking_along(users: dict[str, User]) -> None:
    """Returns of data in each state; one who asks for it has just shown who they are, another did so long ago."""
    at = timezone.now()
    # The job that removes what expired comes by for all: that one first.
    states = {
        "lapsed": "expired", "active": "running", "near": "stopped", "charged": "ready", "held": "ready",
        "waiting": "ready",
    }  # fmt: skip
    for name, state in states.items():
        in_state(users[name].account, state, at=at - timedelta(days=4))
    on = timezone.localdate(at)
    confirm_letter(letter(users["waiting"].account, on=on), actor=StaffFactory(), on=on, at=at)


def _told(user: User) -> dict[str, object]:
    """A subscription and a notice; the links that its mails would have."""
    newsletter.set_subscription(user, wanted=True, at=timezone.now())
    write_notice(
        Notice(
            title_nl="Nieuw: wie heeft er gekeken?", title_en="New: who looked?", shown_from=timezone.localdate(),
            text_nl="Bij **Mijn gegevens** zie je wie van ons in je account heeft gekeken, wanneer en waarom.",
            text_en="At **My data** you see who of us looked into your account, when and why.",
        ),
        actor=StaffFactory(),
    )  # fmt: skip
    asked = seal_place(["lezer@buiten.example", "nl", timezone.now().isoformat()], newsletter.CONFIRM)
    return {"confirm": asked, "stop": newsletter.stop_address(user.subscriber).rstrip("/").rpartition("/")[2]}


def main(folder: Path, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with site() as address:
        sessions, places = visitors()
        with sync_playwright() as playwright:  # inside, an event loop runs, and Django would refuse every query
            browser = playwright.chromium.launch(executable_path=find_or_install(), args=FLAGS)
            count = take(browser, address, sessions, places, folder, only)
            browser.close()
    print(f"{count} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else settings.BASE_DIR / "screenshots", *sys.argv[2:3])
