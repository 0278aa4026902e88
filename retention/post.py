"""The post: warnings and erasure statements by mail, tried again while the mail server fails, sent once (§5, §6)."""

from __future__ import annotations

import logging
from datetime import date, datetime

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from accounts.services import dates_of
from cannonworks import mails, rules, signing
from journal import services as journal
from retention import schedule, statements
from retention.models import ErasureWarning, StatementMail

log = logging.getLogger(__name__)


def send_waiting(*, on: date, at: datetime) -> int:
    """Send every warning and statement that waits; return how many went. Safe on many workers at once."""
    drop_pointless_warnings()
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    warnings = ErasureWarning.objects.filter(ready, sent_at__isnull=True).order_by("id").values_list("pk", flat=True)
    sent = sum(_send_warning(pk, at) for pk in list(warnings))
    waiting = StatementMail.objects.filter(ready, erasure__statement__isnull=False).order_by("id")
    return sent + sum(_send_statement(pk, on, at) for pk in list(waiting.values_list("pk", flat=True)))


def drop_pointless_warnings() -> None:
    """Forget warnings not yet sent of an erasure that is off: reactivated, or set on another day since."""
    waiting = ErasureWarning.objects.filter(sent_at__isnull=True)
    still_so = Q(account__erase_on=F("erase_on"), account__erased_on__isnull=True, account__claimed_at__isnull=True)
    waiting.exclude(still_so).delete()


@transaction.atomic
def _send_warning(pk: int, at: datetime) -> bool:
    warning = _take(ErasureWarning.objects.select_related("account").filter(sent_at__isnull=True), pk)
    if warning is None:
        return False
    user = warning.account.main_user
    if user is None:
        return False
    try:
        _warning_mail(warning, user).send()
    except mails.FAILURES as error:
        mails.put_off(warning, error, at=at)
        return False
    warning.sent_at, warning.failure = at, ""
    warning.save(update_fields=["sent_at", "failure"])
    journal.record("warning.sent", account=warning.account, clause="5", days=warning.days)
    return True


@transaction.atomic
def _send_statement(pk: int, on: date, at: datetime) -> bool:
    mail = _take(StatementMail.objects.select_related("erasure", "account"), pk)
    if mail is None:
        return False
    try:
        _statement_mail(mail).send()
    except mails.FAILURES as error:
        if on < rules.age("retention.StatementMail").keep.after(mail.made_on):
            _try_later(mail, error, at)
            return False
        mail.delete()  # an address that takes no statement for so long is forgotten all the same; staff hear of it
        journal.record("statement.undelivered", account=mail.account, clause="6", run=mail.erasure.reference)
        return False
    mail.delete()  # the address has served its last purpose
    journal.record("statement.mailed", account=mail.account, clause="6", run=mail.erasure.reference)
    return True


def _take(rows, pk):  # type: ignore[no-untyped-def]
    return rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()


def _try_later(mail: StatementMail, error: Exception, at: datetime) -> None:
    mail.attempts += 1
    mail.retry_at = mails.next_try(mail.attempts, at=at)
    mail.save(update_fields=["attempts", "retry_at"])
    log.warning("the statement of run %s was not mailed: %s", mail.erasure.reference, type(error).__name__)


def _warning_mail(warning: ErasureWarning, user: User) -> EmailMessage:
    account = warning.account
    fates = schedule.schedule(schedule.history_of(account))
    stays = [fate for fate in fates if fate.category not in rules.WITH_THE_ACCOUNT or fate.held_by]
    return mails.letter(
        "retention/mail/warning", to=user.email, language=user.language, about=f"warning-{warning.pk}",
        user=user, company=account.company, erase_on=warning.erase_on,
        rule=rules.rule_for(account.state, dates_of(account)),
        goes=[fate for fate in fates if fate not in stays], stays=stays,
    )  # fmt: skip


def _statement_mail(mail: StatementMail) -> EmailMessage:
    name = f"statement-{mail.erasure.reference}"
    message = mails.letter("retention/mail/statement", to=mail.email, language=mail.language, about=name, mail=mail)
    message.attach(f"{name}.pdf", statements.statement_pdf(mail.erasure), "application/pdf")
    message.attach(f"{name}.json", signing.canonical(mail.erasure.statement), "application/json")
    return message
