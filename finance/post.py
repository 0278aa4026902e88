"""What finance mails: documents that a holder sends (§3), and CannonWorks' own invoices with their reminders (§5).

One transaction for each mail: what is sent is noted with it, so a repeat after a crash has the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction

from cannonworks import mails
from cannonworks.errors import KeyUnavailable, Refused
from finance import printing, sharing
from finance.models import Mailing, MailingState, SubscriptionInvoice
from finance.papers import invoice_pdf
from journal import services as journal

log = logging.getLogger(__name__)

#: So often a mail is tried before its sender is told.
MOST_ATTEMPTS = 4
#: An invoice that is not paid so many days after it was made, is told of again: the first time, the second time.
REMINDER_DAYS = (14, 30)


class NotSent(Exception):
    """A mail could not be sent, and may be tried again."""


def send_mailing(pk: int, *, at: datetime) -> bool:
    """Send a mail that waits; whether it went. NotSent while it may be tried again; safe on many workers at once."""
    with transaction.atomic():
        _keep_account(pk)
        rows = Mailing.objects.select_related("document__account__company", "document__relation")
        mailing = rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, state="waiting").first()
        if mailing is None:
            return False
        error = _sent(mailing, at)
        mailing.save()
    if error is None:
        return True
    log.warning("mail of a document of account %s failed: %s", mailing.account.reference, mailing.failure)
    if mailing.state == MailingState.WAITING:
        raise NotSent(mailing.failure)
    return False


def _keep_account(pk: int) -> None:
    """Let whoever locks the account come before this mail or after it: restricting, erasing, revoking wait for it.

    The mailing is locked after the account, as everywhere. It takes what a link that is made for the mail takes anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM accounts_account WHERE id = (SELECT account_id FROM finance_mailing WHERE id = %s)"
            " FOR KEY SHARE",
            [pk],
        )


def _sent(mailing: Mailing, at: datetime) -> Exception | None:
    """Send it and note that in the row, or note why not."""
    try:
        with transaction.atomic():  # a link that was made for a mail that did not go is none
            sharing.check_shareable(mailing.document.account, mailing.document)
            document_mail(mailing, at=at).send()
    except (*mails.FAILURES, Refused, KeyUnavailable) as error:
        mailing.link = None
        mailing.attempts += 1
        mailing.failure = error.code if isinstance(error, Refused) else type(error).__name__  # no word of the server
        if mailing.attempts >= MOST_ATTEMPTS or not isinstance(error, mails.FAILURES):
            mailing.state = MailingState.FAILED
        return error
    mailing.state, mailing.sent_at, mailing.failure = MailingState.SENT, at, ""
    return None


def document_mail(mailing: Mailing, *, at: datetime) -> EmailMessage:
    """The mail as its receiver gets it: in the document's language, from the company by our address, answers to it."""
    document, company = mailing.document, mailing.document.account.company
    address = sharing.link_for(mailing, at=at) if mailing.days else ""
    message = mails.letter(
        "finance/mail/document", to=mailing.to, language=document.language,
        about=f"document-{mailing.reference}-{mailing.attempts}", document=document, company=company,
        message=mailing.message, address=address, days=mailing.days,
    )  # fmt: skip
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message.from_email = formataddr((" ".join(company.company_name.split()), sender))
    message.reply_to = [company.email] if company.email else []
    if not address:
        message.attach(printing.file_name(document), printing.document_pdf(document), "application/pdf")
    return message


def send_invoice(pk: int, *, at: datetime) -> bool:
    """Mail an invoice for the subscription to the main user, once; whether it went. ``mails.FAILURES``: try later."""
    with transaction.atomic():
        invoice = _taken(pk, mailed_at__isnull=True)
        if invoice is None or (message := invoice_mail("subscription", invoice, about="invoice")) is None:
            return False
        message.send()
        invoice.mailed_at = at
        invoice.save(update_fields=["mailed_at"])
        journal.record("subscription.mailed", account=invoice.account, clause="5", number=invoice.number)
    return True


def send_waiting_invoices(*, at: datetime) -> int:
    """Mail every invoice that was not mailed yet; one that fails waits for the next time. Returns how many went."""
    waiting = SubscriptionInvoice.objects.filter(mailed_at__isnull=True, period_from__isnull=False)
    waiting = waiting.filter(account__erased_on__isnull=True).order_by("id")
    return sum(_tried(send_invoice, pk, at=at) for pk in list(waiting.values_list("pk", flat=True)))


def send_reminders(*, on: date) -> int:
    """Remind main users of what they have not paid ``REMINDER_DAYS`` after it was charged, once for each.

    Nothing else follows from it: no account is blocked or erased by itself for a debt (§5.1). Returns how many went.
    """
    sent = 0
    for count, days in sorted(enumerate(REMINDER_DAYS, 1), reverse=True):  # who is told late gets the last one alone
        due = SubscriptionInvoice.objects.to_remind(on, days=days, sent=count).order_by("id")
        sent += sum(_tried(_remind, pk, count=count, on=on) for pk in list(due.values_list("pk", flat=True)))
    return sent


def _remind(pk: int, *, count: int, on: date) -> bool:
    with transaction.atomic():
        invoice = _taken(pk, reminders__lt=count)
        if invoice is None or invoice.left <= 0:
            return False
        message = invoice_mail("reminder", invoice, about=f"reminder-{count}")
        if message is None:
            return False
        message.send()
        invoice.reminders = count
        invoice.save(update_fields=["reminders"])
        journal.record(
            "subscription.reminded", account=invoice.account, clause="5", number=invoice.number, reminder=count,
            days=(on - invoice.issued_on).days,
        )  # fmt: skip
    return True


def _taken(pk: int, **only: Any) -> SubscriptionInvoice | None:
    rows = SubscriptionInvoice.objects.with_paid().select_related("account")
    return rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, **only).first()


def _tried(send: Callable[..., bool], pk: int, **more: Any) -> bool:
    try:
        return send(pk, **more)
    except mails.FAILURES as error:
        log.warning("the mail of invoice %s failed: %s", pk, type(error).__name__)
        return False


def invoice_mail(template: str, invoice: SubscriptionInvoice, *, about: str) -> EmailMessage | None:
    """A mail about an invoice with its PDF, to the main user in their language; None when there is none any more."""
    user = invoice.account.main_user
    if user is None:
        return None
    message = mails.letter(
        f"finance/mail/{template}", to=user.email, language=user.language, about=f"{about}-{invoice.reference}",
        user=user, invoice=invoice, left=getattr(invoice, "left", invoice.gross), last_day=invoice.last_day,
        iban=settings.SUBSCRIPTION_IBAN,
    )  # fmt: skip
    message.attach(f"{invoice.number}.pdf", invoice_pdf(invoice, language=user.language), "application/pdf")
    return message
