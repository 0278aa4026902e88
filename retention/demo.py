"""Demonstration data: accounts in every state, some of them due today, made by the real services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import transaction

from accounts import notices, support, terms
from accounts import services as lifecycle
from accounts.models import Account, Notice, User
from accounts.roles import HelperCategory
from audits import agreeing, announcing
from cannonworks.deadlines import start_of_day
from finance import bookkeeping, sharing
from finance import services as finance
from finance.copying import invoice_from_quote
from finance.models import DocumentKind
from processors import confidentiality, helping, promised
from relations import services as relations
from retention import demo_breach, demo_disclosures, holds
from retention.demo_houses import houses
from retention.demo_measures import make_measures
from retention.models import Ground
from rights import services as rights

#: One word for every demonstration user; the command prints it.
PASSWORD = "showing-cannonworks"  # noqa: S105  of a demonstration, on a machine of one's own
#: Of the authenticator app of its staff, whom nothing lets in without one.
TOTP_SECRET = "CANNONWORKSDEMONSTRATIONSTAFFAPP"  # noqa: S105  the same


@dataclass(frozen=True)
class Company:
    """A made-up customer: how it is called and how far its life has come, in days before today."""

    name: str
    kvk: str
    city: str
    main_user: tuple[str, str]


COMPANIES = (
    Company("Bakkerij De Korenmaat", "10000001", "Assen", ("Anna", "Kuiper")),
    Company("Fietsenwerk Noord", "10000002", "Groningen", ("Bram", "Dekker")),
    Company("Hoveniersbedrijf Groenland", "10000003", "Emmen", ("Chris", "Bos")),
    Company("Loodgieter Van Rijn", "10000004", "Leiden", ("Dina", "Rijn")),
    Company("Studio Lichtblauw", "10000005", "Utrecht", ("Eva", "Smit")),
    Company("Timmerwerkplaats Eik", "10000006", "Zwolle", ("Fred", "Eikelboom")),
    Company("Advies aan Zee", "10000007", "Den Helder", ("Gijs", "Zeeman")),
    Company("Kapsalon Krul", "10000008", "Arnhem", ("Hanna", "Krul")),
    Company("Vertaalbureau Tweetaal", "10000009", "Breda", ("Ines", "Talman")),
)


@transaction.atomic
def make(*, today: date) -> dict[str, Account]:
    """Make one account for every way a life can go, by name of that way. Needs an empty database."""
    clerk = _staff("balie@cannonworks.example", "Bea", "Balie", at=start_of_day(today))
    second = _staff("privacy@cannonworks.example", "Piet", "Privacy", at=start_of_day(today))
    days = relativedelta(days=1)
    lapsed_two_years_ago = today - relativedelta(years=2) - 30 * days
    made = {
        "trial": _account(COMPANIES[0], on=today - 10 * days),
        "trial ends today": _account(COMPANIES[1], on=today - 30 * days),
        "active": _account(COMPANIES[2], on=today - 400 * days, activate=True),
        "cancelled": _account(COMPANIES[3], on=today - 800 * days, activate=True, cancel=today - 200 * days),
        "warned": _account(
            COMPANIES[4],
            on=today - 1200 * days,
            activate=True,
            cancel=today + 30 * days - relativedelta(years=2),
        ),
        "due by cancellation": _account(
            COMPANIES[5], on=today - 1500 * days, activate=True, cancel=today - relativedelta(years=2)
        ),
        "due by trial": _account(COMPANIES[6], on=lapsed_two_years_ago),
        "due, relations held": _account(
            COMPANIES[7], on=today - 1500 * days, activate=True, cancel=today - relativedelta(years=2)
        ),
        "asked for erasure": _account(COMPANIES[8], on=today - 500 * days, activate=True, cancel=today - 20 * days),
    }
    account = made["due, relations held"]
    hold = holds.place_hold(
        account, actor=clerk, name="Geschil 2026-14", categories=["relations", "documents"], ground=Ground.PROOF,
        basis="BW 6:74", proportionality="Alleen wat voor het geschil nodig is.", on=today,
    )  # fmt: skip
    holds.confirm_hold(hold, actor=second, on=today)
    account = made["asked for erasure"]
    main_user = User.objects.get(account=account, is_main=True)
    request = lifecycle.request_erasure(account, actor=main_user, on=today)
    rights.record_letter(
        account, actor=clerk, code=request.code, carrier_number="3SRPKS000000001", received_on=today,
        identity_check="Handtekening vergeleken met de overeenkomst",
    )  # fmt: skip
    _lookers(made["active"], officer=second, today=today)
    for name in ("trial", "active"):
        _at_work(made[name], today=today)
    make_measures(owner=second, second=clerk, at=start_of_day(today))
    _tested(made["active"], officer=second, today=today)
    demo_disclosures.make(made["active"], clerk=clerk, second=second, today=today)
    notices.write_notice(
        Notice(
            title_nl="Nieuw: facturen delen met een link", text_nl="Open een factuur en maak bij **Delen** een link.",
            title_en="New: share invoices by a link", text_en="Open an invoice and choose a link under **Share**.",
            shown_from=today,
        ),
        actor=clerk,
    )  # fmt: skip
    # The account that the demonstration signs in to comes first: it agreed to a moment.
    demo_breach.make([made[name] for name in ("trial", "cancelled", "active")], officer=second, today=today)
    return made


def _tested(account: Account, *, officer: User, today: date) -> None:
    """A penetration test that was announced, for which we propose another date."""
    at, user = start_of_day(today), User.objects.get(account=account, is_main=True)
    starts_at, ends_at = start_of_day(today + timedelta(days=20)), start_of_day(today + timedelta(days=22))
    audit = announcing.announce(
        account, actor=user, at=at, kind="penetration", scope="De app en de API.", starts_at=starts_at, ends_at=ends_at,
        tester={
            "name": "Irene Keur", "company": "Keur & Zoon", "email": "irene@keur.example",
            "qualification": "informaticus",
        },
    )  # fmt: skip
    agreeing.propose(
        audit, actor=officer, at=at, starts_at=starts_at + timedelta(days=7), ends_at=ends_at + timedelta(days=7),
        reason="Dan is er groot onderhoud.",
    )  # fmt: skip


def _at_work(account: Account, *, today: date) -> None:
    """Customers, a quote that became an invoice, and a draft: what an account looks like that is used."""
    user = User.objects.get(account=account, is_main=True)
    terms.accept(terms.in_force(today), user, start_of_day(today))
    customers = [
        relations.add_relation(
            account, actor=user, company_name=name, email=f"info@{house}.example", street="Hoofdstraat",
            house_number=house, postcode="7941 AB", city=city, vat_number="NL822655287B01",
        )
        for name, house, city in (("Bouwbedrijf De Linde", "12", "Meppel"), ("Camping 't Veen", "40", "Beilen"))
    ]  # fmt: skip
    work = {"description": "Onderhoud van de tuin", "quantity": Decimal("6.5"), "unit_price": Decimal("48.00")}
    plants = {"description": "Planten en aarde", "unit_price": Decimal("312.40"), "vat_rate": "9"}
    draft = finance.draft_document(
        account, actor=user, kind=DocumentKind.QUOTE, relation=customers[0], lines=[work, plants],
        valid_until=today + timedelta(days=21),
    )  # fmt: skip
    quote = finance.issue_document(draft, actor=user, on=today - timedelta(days=6))
    invoice = finance.issue_document(invoice_from_quote(quote, actor=user), actor=user, on=today - timedelta(days=2))
    sharing.share_document(invoice, actor=user, at=start_of_day(today))
    finance.draft_document(account, actor=user, kind=DocumentKind.INVOICE, relation=customers[1], lines=[work])


def _lookers(account: Account, *, officer: User, today: date) -> None:
    """Somebody of support who looked into an account, and a helper in a running project."""
    at = start_of_day(today)
    access = support.open_account(account, actor=officer, ticket="T-1042", reason="Vraag over een factuur", at=at)
    support.look(account, actor=officer, page="account", at=at)
    support.close_account(access, actor=officer, at=at + timedelta(minutes=5))
    house = houses(officer=officer, today=today)
    helper = helping.add_helper(
        house, actor=officer, category=HelperCategory.HOSTING, email="hugo@noorderhost.example", password=PASSWORD,
        first_name="Hugo", last_name="Hulp",
    )  # fmt: skip
    confidentiality.sign_here(helper.user, digest=promised.current().digest, at=at)
    helping.start_project(
        house, actor=officer, name="Nieuwe server", purpose="Overzetten op een nieuwe server en alles nagaan.",
        work=HelperCategory.HOSTING, starts_at=at, ends_at=at + timedelta(days=14), helpers=[helper],
    )  # fmt: skip


def _account(company: Company, *, on: date, activate: bool = False, cancel: date | None = None) -> Account:
    first, last = company.main_user
    account = lifecycle.sign_up(
        company={
            "company_name": company.name, "kvk_number": company.kvk, "email": f"info@{company.kvk}.example",
            "street": "Brink", "house_number": "1", "postcode": "9401 HS", "city": company.city,
            "phone": "+31592123456", "vat_number": "NL002342672B42",
        },
        main_user={"email": f"{first.lower()}@{company.kvk}.example", "first_name": first, "last_name": last,
                   "password": PASSWORD},
        on=on,
    )  # fmt: skip
    user = User.objects.get(account=account, is_main=True)
    relation = relations.add_relation(account, actor=user, company_name="Jansen & Zoon", city="Meppel")
    relations.add_relation(account, actor=user, first_name="Noor", last_name="Visser")
    relations.add_employee(account, actor=user, first_name="Tom", last_name="Werk", bsn="111222333")
    if activate:
        account = lifecycle.activate_account(account, actor=user, on=on + relativedelta(days=20))
        draft = finance.draft_document(
            account, actor=user, kind=DocumentKind.INVOICE, relation=relation,
            recipient_address="Markt 2\n7941 AA Meppel",
            lines=[{"description": "Werkzaamheden", "quantity": Decimal(8), "unit_price": Decimal(65)}],
        )  # fmt: skip
        finance.issue_document(draft, actor=user, on=on + relativedelta(days=25))
        invoice = bookkeeping.charge_subscription(account, on=on + relativedelta(days=30))
        bookkeeping.record_payment(invoice, on=on + relativedelta(days=35), amount=invoice.net + invoice.vat)
    if cancel:
        account = lifecycle.cancel_account(account, actor=user, on=cancel)
    return account


def _staff(email: str, first_name: str, last_name: str, *, at: datetime) -> User:
    user = User.objects.create_user(
        email, PASSWORD, first_name=first_name, last_name=last_name, is_staff=True, is_superuser=True
    )
    TOTP.activate(user, TOTP_SECRET)
    confidentiality.sign_here(user, digest=promised.current().digest, at=at)
    return user


def codes(*, at: datetime) -> tuple[str, str]:
    """What the authenticator app of the staff shows at this moment, and half a minute later."""
    step = int(at.timestamp()) // settings.MFA_TOTP_PERIOD
    now, then = (totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, count)) for count in (step, step + 1))
    return now, then
