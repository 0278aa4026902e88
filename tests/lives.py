"""Whole lives for accounts to have, by the real services on fixed days, on top of ``factories``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from allauth.mfa.totp.internal.auth import TOTP
from dateutil.relativedelta import relativedelta
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.base import ContentFile

from accounts import counting, inviting, newsletter, notices, signing_in, terms, tokens, usage
from accounts import services as lifecycle
from accounts.models import (
    Account,
    MailState,
    Newsletter,
    NewsletterMail,
    Notice,
    PlannedMail,
    Session,
    TermsAnnouncement,
    User,
)
from accounts.models.usage import Device, Kind, Module
from accounts.sessions import SessionStore
from accounts.states import State
from accounts.support import open_account
from cannonworks import datamap, isolation
from cannonworks.datamap import Entry
from cannonworks.deadlines import start_of_day
from finance import bookkeeping, sharing
from finance import services as finance
from finance.models import Document, DocumentKind, ShareLink, ShareOpening
from relations import imports
from relations import services as relations
from retention import aging, erasure, holds, warnings
from retention.models import Ground, Hold
from rights import corrections, scans
from rights import services as rights
from rights.models import Correction, DataReturn, RegisteredLetter, ReturnFile
from tests import breached, registers, tested
from tests.asked import subject_request
from tests.factories import TOTP_SECRET, AccountFactory, ColleagueFactory, StaffFactory

CANCELLED_ON = date(2026, 2, 28)
DUE_ON = date(2028, 2, 28)
#: Passes the 11-test and belongs to nobody.
BSN = "111222333"
#: What a scanned letter begins with, and no more of it.
SCAN = b"%PDF-1.7\n%%EOF\n"
#: What stays when an account is erased; kept by hand, so that nothing comes to stay by itself.
EVIDENCE_AND_BOOKS = {
    "journal_entry", "accounts_erasurerequest", "rights_registeredletter", "retention_hold", "retention_erasure",
    "retention_erasurewarning", "retention_ledgernote", "accounts_supportaccess", "finance_subscriptioninvoice", "finance_payment",
    "accounts_termsacknowledgement", "accounts_termsannouncement", "relations_departure", "breaches_affected", "breaches_notice",
    "breaches_permission", "processors_changemail", "processors_disclosure", "processors_extract", "processors_glassaccount",
    "processors_glasschange",
}  # fmt: skip
EVERYTHING = ("account", "relations", "employees", "documents", "usage", "requests")


def moment(on: date, *, minutes: int = 5) -> datetime:
    """``minutes`` past the midnight with which the Amsterdam day begins."""
    return start_of_day(on) + timedelta(minutes=minutes)


def account_in(state: State, *, on: date, **fields: object) -> Account:
    """An account that came into ``state`` on ``on``, having walked there; ``fields`` go to AccountFactory."""
    if state == State.TRIAL:
        return AccountFactory(signed_up_on=on, **fields)
    if state == State.LAPSED:
        return AccountFactory(state=state, signed_up_on=on - timedelta(days=30), **fields)
    if state == State.ACTIVE:
        account = AccountFactory(signed_up_on=on - timedelta(days=10), **fields)
        return lifecycle.activate_account(account, actor=account.main_user, on=on)
    if state == State.CANCELLED:
        return AccountFactory(state=state, signed_up_on=on - timedelta(days=400), cancelled_on=on, **fields)
    account = account_in(State.CANCELLED, on=on - relativedelta(years=2), **fields)
    return erase(account, on=on)


def erase(account: Account, *, on: date) -> Account:
    """Erase what is due of this account on ``on``, and return what is left of it."""
    erasure.erase_due(on=on, at=moment(on), only=[account.pk])
    return Account.objects.get(pk=account.pk)


def fill(account: Account, *, on: date) -> Account:
    """Work in a running account: people, documents, a sign-in, a device, a click, and CannonWorks' own bookkeeping of ``on``."""
    actor = account.main_user
    relation = relations.add_relation(account, actor=actor, first_name="Noor", last_name="Visser", city="Meppel")
    relations.add_relation(account, actor=actor, company_name="Jansen & Zoon")
    relations.add_employee(account, actor=actor, first_name="Tom", last_name="Werk", bsn=BSN)
    file = ContentFile(b"Achternaam;E-mail\nVisser;geen adres\n")
    found = imports.bring_in(account, actor=actor, what="relations", file=file, takes_known=False, at=moment(on))
    imports.run(found.pk)
    share(issue(account, on=on, relation=relation), on=on)
    draft(account, kind=DocumentKind.QUOTE)
    newsletter.set_subscription(actor, wanted=True, at=moment(on))
    told(actor, at=moment(on))
    sign_in(actor)
    tokens.make_token(actor, name="Telefoon", at=moment(on))
    use(actor, at=moment(on))
    counting.count_day(on)
    signing_in.adopt_address(actor)
    TOTP.activate(actor, TOTP_SECRET)
    inviting.invite(account, email=f"wim{account.pk}@bedrijf.example", actor=actor, at=moment(on))
    invoice = bookkeeping.charge_subscription(account, on=on)
    bookkeeping.record_payment(invoice, on=on, amount=invoice.net + invoice.vat)
    return account


def told(user: User, *, at: datetime) -> None:
    """An issue of the newsletter that the user got, and a notice that they put away."""
    issue, _new = Newsletter.objects.get_or_create(subject_nl="Nieuw", text_nl="N", subject_en="New", text_en="N")
    NewsletterMail.objects.create(newsletter=issue, subscriber=user.subscriber, state=MailState.SENT, state_at=at)
    notice, _new = Notice.objects.get_or_create(
        title_nl="Nieuw", text_nl="N", title_en="New", text_en="N", shown_from=date(2026, 1, 1)
    )
    notices.dismiss_notice(notice, user=user, at=at)


def use(user: User, *, at: datetime, kind=Kind.VIEW, module=Module.RELATIONS, device=Device.COMPUTER, times=1) -> None:
    """So many clicks, or what else ``kind`` is, as the recorder of usage writes them."""
    event = usage.Event(user.account_id, str(user.reference), at, kind, module, "192.0.2.7", device)
    assert usage.write([event] * times) == (times, [])


def full_life(*, cancelled_on: date = CANCELLED_ON, **fields: object) -> Account:
    """A cancelled account that left something in every declared table on its way."""
    account = AccountFactory(signed_up_on=cancelled_on - timedelta(days=400), **fields)
    ColleagueFactory(account=account)
    clerk, second = StaffFactory.create_batch(2)
    registers.refused(account, clerk=clerk, second=second)
    registers.granted(account, clerk=clerk, second=second)
    registers.looked_into(account, at=moment(account.signed_up_on))
    day = account.signed_up_on + timedelta(days=2)
    letter(account, on=day, clerk=clerk)
    lifecycle.withdraw_erasure(account, actor=account.main_user, on=day)
    lifecycle.activate_account(account, actor=account.main_user, on=day)
    fill(account, on=cancelled_on - timedelta(days=60))
    leaver = relations.add_relation(account, actor=account.main_user, last_name="Weg")
    relations.remove_relation(leaver, actor=account.main_user)
    at = moment(cancelled_on - timedelta(days=60))
    corrections.refuse_correction(correct(account, clerk=clerk, at=at), actor=account.main_user, at=at)
    held = hold(account, ["relations"], on=cancelled_on, name="Over", clerk=clerk, second=second)
    holds.release_hold(held, actor=second, on=cancelled_on)
    tested.withdrawn(account, at=at)
    account = lifecycle.cancel_account(account, actor=account.main_user, on=cancelled_on)
    warnings.plan_warnings(on=account.warn_on, only=[account.pk])
    read_terms(account, on=cancelled_on)
    ask_under_the_agreement(account, on=cancelled_on)
    breached.all_of_it(account, at=moment(cancelled_on))
    registers.objected(account, at=moment(cancelled_on))
    return Account.objects.get(pk=account.pk)


def correct(account: Account, *, clerk: User, at: datetime) -> Correction:
    """The account opened by a clerk, and a correction of a colleague's address that nobody has decided on."""
    open_account(account, actor=clerk, ticket="T-1", reason="Vraag", at=at)
    colleague = account.users.filter(is_main=False).first()
    return corrections.propose_correction(
        account, actor=clerk, what="user.email", of=colleague.reference, new=f"nieuw{colleague.pk}@bedrijf.example",
        why="Postvak kwijt", at=at,
    )  # fmt: skip


def read_terms(account: Account, *, on: date) -> None:
    """The terms in force, accepted by the main user, and a mail that announced them."""
    version = terms.in_force(on)
    terms.accept(version, account.main_user, moment(on))
    TermsAnnouncement.objects.create(
        version=version, account=account, user=account.main_user.reference, sent_at=moment(on)
    )


def ask_under_the_agreement(account: Account, *, on: date) -> None:
    """A request of a data subject with its mail, and a return of data that is ready."""
    at = moment(on)
    request = subject_request(account, state="told", at=at)
    subject_request(account, state="closed", at=at - timedelta(days=30))
    PlannedMail.objects.create(account=account, about=request.reference, template="told", planned_at=at)
    returned = DataReturn.objects.create(
        account=account, asked_by=account.main_user.reference, asked_at=at, due_at=at + timedelta(days=16), moved_at=at,
        state="ready", ready_at=at, expires_at=at + timedelta(days=14),
    )  # fmt: skip
    file = ReturnFile(account=account, of=returned, name="relations.csv", size=4, digest="0" * 64)
    file.file.save("relations.csv", ContentFile(b"Naam"))


def draft(
    account: Account, *, kind: DocumentKind = DocumentKind.INVOICE, relation=None, description="Werk"
) -> Document:
    """A draft with one line of 8 × € 65.00."""
    return finance.draft_document(
        account, actor=account.main_user, kind=kind, relation=relation, recipient_name="Noor Visser",
        recipient_address="Markt 2\n7941 AA Meppel",
        lines=[{"description": description, "quantity": Decimal(8), "unit_price": Decimal(65)}],
    )  # fmt: skip


def issue(account: Account, *, on: date, kind: DocumentKind = DocumentKind.INVOICE, relation=None) -> Document:
    """An issued document with one line."""
    return finance.issue_document(draft(account, kind=kind, relation=relation), actor=account.main_user, on=on)


def share(document: Document, *, on: date) -> ShareLink:
    """A link to an issued document, made and opened on ``on``, and a mail with it that waits."""
    actor = document.account.main_user
    link, _address = sharing.share_document(document, actor=actor, at=moment(on), days=90)
    ShareOpening.objects.create(account=link.account, link=link, opened_at=moment(on), device="phone")
    sharing.mail_document(document, actor=actor, to="noor@visser.example", at=moment(on))
    return link


def sign_in(user: User) -> Session:
    """A session as the sign-in page leaves one."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store: SessionBase = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return Session.objects.get(pk=store.session_key)


def hold(
    account: Account,
    categories: Iterable[str],
    *,
    on: date,
    name: str = "Geschil",
    clerk=None,
    second=None,
    confirm=True,
) -> Hold:
    """A hold on categories, confirmed by a second member of staff unless told otherwise."""
    placed = holds.place_hold(
        account, actor=clerk or StaffFactory(), name=name, categories=categories, ground=Ground.PROOF, basis="BW 6:74",
        proportionality="Alleen wat voor het geschil nodig is.", on=on,
    )  # fmt: skip
    return holds.confirm_hold(placed, actor=second or StaffFactory(), on=on) if confirm else placed


def letter(account: Account, *, on: date, clerk=None) -> RegisteredLetter:
    """The main user's registered letter, asked for and recorded on ``on``, not yet confirmed."""
    request = lifecycle.request_erasure(account, actor=account.main_user, on=on)
    clerk = clerk or StaffFactory()
    found = rights.record_letter(
        account, actor=clerk, code=request.code, carrier_number="3SRPKS000000001", received_on=on,
        identity_check="Handtekening vergeleken met de overeenkomst",
    )  # fmt: skip
    scans.add_scan(found, actor=clerk, file=ContentFile(SCAN), at=moment(on))
    return found


def confirmed_letter(account: Account, *, on: date) -> RegisteredLetter:
    """The same, confirmed by a second member of staff: the account is due."""
    return rights.confirm_letter(letter(account, on=on), actor=StaffFactory(), on=on)


def age(on: date) -> int:
    """Let the night of ``on`` take the rows that are over by themselves; how many, as jobs."""
    with isolation.acting_as(isolation.JOBS):
        return aging.let_age(on=on, at=moment(on))


def rows(account: Account, *entries: Entry) -> dict[str, int]:
    """Rows of the account by declared table, those without any left out; every table that can be erased by default."""
    owner = {True: account.reference, False: account.pk}
    found = {
        entry.table: entry.model._default_manager.filter(**{entry.account: owner[entry.by_reference]}).count()
        for entry in entries or [entry for entry in datamap.entries() if entry.category]
    }
    return {table: count for table, count in found.items() if count}
