"""Issues of the newsletter (§2): written by staff, tried on themselves, sent in batches, each at most once to anybody.

A mail is noted as begun, and that is committed, before the mail server hears of it. Whoever is killed in between leaves
one of which nobody knows whether it went: it is counted as such and not sent again. The rest is still waiting, and goes
with the next batch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import newsletter as subscriptions
from accounts import tasks
from accounts.models import MailState, Newsletter, NewsletterMail, NewsletterState, Subscriber, User
from accounts.services import check_staff
from cannonworks import mails
from cannonworks.errors import Refused, is_fence
from cannonworks.prose import html_of
from journal import services as journal

#: Mails that one task sends; mail servers want a new connection now and then.
BATCH = 500
MAILS_A_CONNECTION = 50
#: A mail server that says "not now" is asked again after these; then the mail counts as refused.
BACK_OFF = (timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12))


# --- Staff -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def write_newsletter(newsletter: Newsletter, *, actor: User) -> Newsletter:
    """Save a draft, new or changed. Refused once its sending began; ValidationError when a text is missing."""
    check_staff(actor)
    if newsletter.pk:
        _draft(newsletter)
    newsletter.full_clean()
    newsletter.save()
    journal.record("newsletter.written", actor=actor, clause="2", newsletter=newsletter.reference)
    return newsletter


@transaction.atomic
def try_newsletter(newsletter: Newsletter, *, actor: User) -> None:
    """Mail an issue to the member of staff who asks, in both languages."""
    check_staff(actor)
    journal.record("newsletter.tested", actor=actor, clause="2", newsletter=newsletter.reference)
    transaction.on_commit(lambda: tasks.send_newsletter_test.delay(newsletter.pk, actor.pk))


@transaction.atomic
def send_newsletter(newsletter: Newsletter, *, actor: User, at: datetime) -> Newsletter:
    """Begin to send a draft to everybody who wants it: once, which cannot be undone. Refused when it has begun."""
    check_staff(actor)
    newsletter = _draft(newsletter)
    newsletter.state, newsletter.started_at = NewsletterState.SENDING, at
    newsletter.save(update_fields=["state", "started_at"])
    journal.record("newsletter.sending", actor=actor, clause="2", newsletter=newsletter.reference)
    transaction.on_commit(lambda: tasks.send_newsletters.delay())
    return newsletter


def totals(newsletter: Newsletter) -> dict[str, int]:
    """How many mails there are in each ``MailState``."""
    if newsletter.totals is not None:
        return newsletter.totals
    counted = newsletter.mails.values_list("state").annotate(Count("pk")).order_by()
    return {state.value: dict(counted).get(state.value, 0) for state in MailState}


def readers() -> int:
    """How many would get an issue that is sent now; as staff see it, who do not see whose sign-in is closed."""
    return Subscriber.objects.filter(wanted=True).exclude(account__claimed_at__isnull=False).count()


def _draft(newsletter: Newsletter) -> Newsletter:
    locked = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
    if locked.state != NewsletterState.DRAFT:
        raise Refused("newsletter_begun", _("This newsletter is being sent, or has been; it stays as it is."))
    return locked


def _readers() -> QuerySet[Subscriber]:
    living = Q(account__isnull=True) | Q(account__claimed_at__isnull=True, user__is_active=True)
    return Subscriber.objects.filter(living, wanted=True)


# --- Jobs ------------------------------------------------------------------------------------------------------------


def carry_on(*, at: datetime, batch: int = BATCH) -> tuple[int, bool]:
    """Send at most ``batch`` mails of the issues that are being sent; how many went, and whether more wait for now.

    Safe on many workers at once. Raises one of ``mails.FAILURES`` when the mail server is away; then all waits.
    """
    sent, has_more = 0, False
    for newsletter in Newsletter.objects.filter(state=NewsletterState.SENDING).order_by("pk"):
        plan(newsletter, at=at)
        went, left = _send_batch(newsletter, at=at, size=batch - sent)
        sent, has_more = sent + went, has_more or left
        if not left:
            _finish(newsletter, at=at)
    return sent, has_more


@transaction.atomic
def plan(newsletter: Newsletter, *, at: datetime) -> None:
    """Note a mail for everybody who wants it at this moment, in one statement; once."""
    locked = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
    if locked.planned_at is not None:
        return
    chosen, params = _readers().order_by("pk").values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_newslettermail (newsletter_id, subscriber_id, state, state_at, attempts)"
            f" SELECT %s, chosen.id, 'waiting', %s, 0 FROM ({chosen}) AS chosen(id)",
            [newsletter.pk, at, *params],
        )
    Newsletter.objects.filter(pk=newsletter.pk).update(planned_at=at)


def _send_batch(newsletter: Newsletter, *, at: datetime, size: int) -> tuple[int, bool]:
    sent, door = 0, get_connection()
    try:
        for number in range(size):
            if number % MAILS_A_CONNECTION == 0:
                door.close()
            door.open()  # before a mail is begun: a server that is away costs nobody theirs
            mail = _begin(newsletter, at)
            if mail is None:
                return sent, False
            if mail.state == MailState.BEGUN:
                sent += _deliver(mail, door, at)
    finally:
        door.close()
    return sent, _waiting(newsletter, at).exists()


def _waiting(newsletter: Newsletter, at: datetime) -> QuerySet[NewsletterMail]:
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=at)
    rows = NewsletterMail.objects.filter(ready, newsletter=newsletter, state=MailState.WAITING)
    return rows.exclude(subscriber__account__claimed_at__isnull=False)  # being erased: these rows go by themselves


@transaction.atomic
def _begin(newsletter: Newsletter, at: datetime) -> NewsletterMail | None:
    rows = _waiting(newsletter, at).select_related("newsletter", "subscriber__user").order_by("pk")
    mail = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if mail is not None:
        wanted = mail.subscriber.wanted and not subscriptions.is_suppressed(mail.subscriber.address)
        _note(mail, MailState.BEGUN if wanted else MailState.SKIPPED, at)
    return mail


def _deliver(mail: NewsletterMail, door: BaseEmailBackend, at: datetime) -> bool:
    """Whether the mail server took it. What it says it will not take has not gone; of anything else nobody knows."""
    try:
        door.send_messages([_message(mail.newsletter, mail.subscriber)])
    except SMTPSenderRefused:  # us, not them
        _note(mail, MailState.WAITING, at)
        raise
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        _refused(mail, _code(error), at)
        return False
    except mails.FAILURES:
        door.close()
        return False
    _note(mail, MailState.SENT, at)
    return True


def _code(error: SMTPRecipientsRefused | SMTPResponseException) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return min(code for code, _words in error.recipients.values())
    return error.smtp_code


def _refused(mail: NewsletterMail, code: int, at: datetime) -> None:
    mail.attempts += 1
    if code >= 500 or mail.attempts > len(BACK_OFF):
        _note(mail, MailState.REFUSED, at)
    else:
        mail.retry_at = at + BACK_OFF[mail.attempts - 1]
        _note(mail, MailState.WAITING, at)


def _note(mail: NewsletterMail, state: MailState, at: datetime) -> None:
    mail.state, mail.state_at = state, at
    try:
        with transaction.atomic():
            mail.save(update_fields=["state", "state_at", "attempts", "retry_at"])
    except IntegrityError as error:
        if not is_fence(error):
            raise
        mail.state = MailState.SKIPPED  # the account was claimed for erasure a moment ago; the row goes with it


@transaction.atomic
def _finish(newsletter: Newsletter, *, at: datetime) -> None:
    locked = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
    later = locked.mails.filter(state=MailState.WAITING).exclude(subscriber__account__claimed_at__isnull=False)
    if locked.state != NewsletterState.SENDING or later.exists():
        return
    locked.state, locked.finished_at = NewsletterState.SENT, at
    locked.totals = totals(locked) | {MailState.WAITING.value: 0}  # what waits still goes with its account
    locked.save(update_fields=["state", "finished_at", "totals"])
    journal.record("newsletter.sent", clause="2", newsletter=locked.reference, mails=locked.totals)


def mail_test(newsletter: int, user: int) -> int:
    """Mail an issue to a member of staff in both languages; how many mails went."""
    issue, reader = Newsletter.objects.get(pk=newsletter), User.objects.get(pk=user)
    messages = [_compose(issue, reader.email, language, None) for language, _name in settings.LANGUAGES]
    return get_connection().send_messages(messages)


# --- The mail itself -------------------------------------------------------------------------------------------------


def _message(newsletter: Newsletter, subscriber: Subscriber) -> EmailMultiAlternatives:
    language = subscriber.user.language if subscriber.user else subscriber.language
    return _compose(newsletter, subscriber.address, language, subscriber)


def _compose(newsletter: Newsletter, to: str, language: str, subscriber: Subscriber | None) -> EmailMultiAlternatives:
    stop = subscriptions.stop_address(subscriber)
    written = {"nl": (newsletter.subject_nl, newsletter.text_nl), "en": (newsletter.subject_en, newsletter.text_en)}
    subject, text = written[language]
    context: dict[str, Any] = {
        "subject": subject, "text": text, "html": html_of(text), "stop": stop, "language": language,
        "site_url": settings.SITE_URL, "is_test": subscriber is None,
    }  # fmt: skip
    with translation.override(language):
        body = render_to_string("accounts/mail/newsletter.txt", context)
        page = render_to_string("accounts/mail/newsletter.html", context)
    headers = {
        "List-Id": f"CannonWorks <newsletter.{mails.domain()}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if subscriber is not None:
        headers["Message-ID"] = mails.message_id(f"newsletter-{newsletter.reference}-{subscriber.reference}")
    message = EmailMultiAlternatives(" ".join(subject.split()), body.strip() + "\n", to=[to], headers=headers)
    message.attach_alternative(page, "text/html")
    return message
