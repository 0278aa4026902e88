"""``python -m tests.screenshots [FOLDER [NAME]]``: every page, Dutch and English, phone and desktop, light and dark, as PNG.

The real application on a test database of its own, with an account in every state, seen by a real browser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import product
from pathlib import Path

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
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from accounts import services, signing_in, terms  # noqa: E402
from accounts.models import Account, TermsVersion, User  # noqa: E402
from accounts.states import State  # noqa: E402
from accounts.support import look, open_account  # noqa: E402
from cannonworks import isolation  # noqa: E402
from finance.services import charge_subscription  # noqa: E402
from processors.models import Helper, Project, SubProcessor  # noqa: E402
from processors.services import record_look  # noqa: E402
from relations.services import add_employee, reveal_bsn  # noqa: E402
from retention.models import Ground, Hold  # noqa: E402
from tests.browser import FLAGS, find_or_install  # noqa: E402
from tests.factories import TOTP_SECRET, AccountFactory, ColleagueFactory, HelperFactory, StaffFactory  # noqa: E402
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
    return users | {"colleague": ColleagueFactory(account=accounts["cancelled"])} | lookers(accounts["active"])


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
    house = SubProcessor.objects.create(name="Noorderhost", role="hosting")
    SubProcessor.objects.create(name="Paper Plane Mail Inc.", role="mail", country="US")
    inside, outside = (
        Helper.objects.create(
            user=HelperFactory(), sub_processor=house, category="hosting", statement_signed_on=timezone.localdate()
        )
        for _i in range(2)
    )
    project = Project.objects.create(sub_processor=house, name="Nieuwe server", starts_at=now - day, ends_at=now + day)
    project.helpers.add(inside)
    record_look(inside, accounts=[account], page="accounts", searched=False)
    return {"support": support_, "staff": staff, "helper": inside.user, "outside": outside.user}


def _hold(account, on: date) -> None:
    first, second = StaffFactory(), StaffFactory()
    Hold.objects.create(
        account=account, name="Belastingcontrole 2025", categories=["documents", "relations"],
        ground=Ground.STATUTORY, basis="AWR art. 47 en 52",
        proportionality="De inspecteur heeft om deze stukken gevraagd; al het andere wordt gewoon vernietigd.",
        placed_on=on - timedelta(days=20), placed_by=first, review_on=on + timedelta(days=200),
        confirmed_on=on - timedelta(days=19), confirmed_by=second,
    )  # fmt: skip


DASHBOARDS = (
    "trial", "lapsed", "active", "cancelled", "near", "held", "going", "charged", "asked", "colleague",
)  # fmt: skip

#: name of the picture → who looks (None: nobody signed in) and where
PAGES = {
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
    "activate": ("trial", "/account/activate/"),
    "cancel": ("active", "/account/cancel/"),
    "reactivate": ("cancelled", "/account/reactivate/"),
    "devices": ("active", "/devices/"),
    "erasure-ask": ("lapsed", "/erasure/"),
    "erasure-open": ("asked", "/erasure/"),
    "erasure-active": ("active", "/erasure/"),
    "erasure-going": ("going", "/erasure/"),
    "looks": ("active", "/my-data/looks/"),
    "looks-none": ("trial", "/my-data/looks/?since=2020-01-01&until=2020-01-31"),
    "terms": (None, "/terms/"),
    "terms-first": ("active", "/terms/1/"),
    "terms-compared": (None, "/terms/1-2/"),
    "terms-changes": ("active", "/terms/changes/"),
    "terms-up-to-date": ("trial", "/terms/changes/"),
    "terms-banner": ("told", "/devices/"),
    "privacy": (None, "/privacy/"),
    "record": (None, "/record/"),
    "what-we-do": (None, "/what-we-do/"),
    "what-we-do-holder": ("active", "/what-we-do/"),
    "verify": (None, "/verify/"),
    "helpers": ("helper", "/helpers/"),
    "helpers-outside": ("outside", "/helpers/"),
    "staff-accounts": ("support", "/admin/accounts/account/"),
    "staff-account-closed": ("staff", "/admin/accounts/account/{active}/change/"),
    "staff-account-open": ("support", "/admin/accounts/account/{active}/change/"),
    "staff-opened": ("support", "/admin/accounts/supportaccess/"),
    "staff-helpers": ("support", "/admin/processors/helper/"),
    "staff-project": ("support", "/admin/processors/project/add/"),
    "staff-terms": ("staff", "/admin/accounts/termsversion/"),
    "staff-terms-preview": ("staff", "/admin/accounts/termsversion/{terms}/preview/"),
    "403": ("colleague", "/account/cancel/"),
    "404": ("active", "/gone/"),
    "409": ("active", "/account/activate/"),
}


@contextmanager
def site() -> Iterator[str]:
    """The application on a database of its own; its address."""
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    runner = DiscoverRunner(verbosity=0, interactive=False)
    with isolation.as_owner():  # who makes databases; requests take their roles by themselves
        databases = runner.setup_databases()
        server = LiveServer("localhost:0")
        try:
            yield server.url
        finally:
            server.stop()
            runner.teardown_databases(databases)


def take(
    browser: Browser, address: str, sessions: dict[str, str], accounts: dict[str, int], folder: Path, only: str = ""
) -> int:
    """Take all pictures, or those whose name begins with ``only``, each as whoever has that session; their number.

    ``accounts`` has the keys of accounts by whose they are, for the addresses that name one.
    """
    pages = {name: place for name, place in PAGES.items() if name.startswith(only)}
    count = 0
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            for language, (name, (who, path)) in product(LANGUAGES, pages.items()):
                cookies = {settings.LANGUAGE_COOKIE_NAME: language, settings.SESSION_COOKIE_NAME: sessions.get(who, "")}
                context.add_cookies([{"name": k, "value": v, "url": address} for k, v in cookies.items()])
                page.set_viewport_size({"width": width, "height": height})
                page.goto(address + path.format(**accounts))
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


def _session(user: User) -> str:
    return freshly(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value


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


def _told(user: User) -> str:
    """Signed in by the page, which looks whether there are new terms."""
    client = Client()
    sign_in(client, user.email)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _halfway(user: User) -> str:
    client = Client()
    sign_in(client, user.email)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def main(folder: Path, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with site() as address:
        users = people(timezone.localdate())
        _secured(users["charged"])
        version = _new_terms(users)
        sessions = {name: _session(user) for name, user in users.items()}
        sessions["halfway"] = _halfway(users["charged"])
        sessions["unsecured"] = _session(StaffFactory(second_factor=False))
        sessions["told"] = _told(users["active"])
        accounts = {name: user.account_id for name, user in users.items()} | {"terms": version.pk}
        with sync_playwright() as playwright:  # inside, an event loop runs, and Django would refuse every query
            browser = playwright.chromium.launch(executable_path=find_or_install(), args=FLAGS)
            count = take(browser, address, sessions, accounts, folder, only)
            browser.close()
    print(f"{count} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else settings.BASE_DIR / "screenshots", *sys.argv[2:3])
