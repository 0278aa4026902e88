"""Mail sent by a worker: a page does not wait for it, nor tell by its pace who is known; and what is done at night."""

from __future__ import annotations

import json

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts import outbox
from cannonworks import mails
from cannonworks.encryption import seal_secret, unseal_secret

#: What a mail in the queue is sealed for: nobody reads an address or a link there.
MAIL_PURPOSE = "mail"


def sealed_mail(*, to: str, subject: str, body: str) -> str:
    """A mail as the queue may have it."""
    return seal_secret(json.dumps({"to": to, "subject": subject, "body": body}), purpose=MAIL_PURPOSE)


@shared_task(acks_late=True)
def count_usage() -> int:
    """Beat, every few hours: count the days of usage that are over; return how many were counted."""
    from accounts.counting import count_days

    return count_days(on=timezone.localdate())


@shared_task(acks_late=True, autoretry_for=mails.FAILURES, retry_backoff=30, max_retries=6, expires=7200)
def send_mail(sealed: str) -> int:
    """Send one sealed mail (``to``, ``subject``, ``body``); tried again for half an hour. Returns 1."""
    mail = json.loads(unseal_secret(sealed, purpose=MAIL_PURPOSE))
    return EmailMessage(mail["subject"], mail["body"], to=[mail["to"]]).send()


@shared_task(acks_late=True)
def send_planned(*keys: int) -> int:
    """Send mails from the outbox; how many went."""
    return sum(outbox.send(pk, at=timezone.now()) for pk in keys)


@shared_task(acks_late=True)
def empty_outbox() -> int:
    """Beat, every ten minutes: send mails that could not be sent before, or whose message was lost."""
    return outbox.send_waiting(at=timezone.now())


@shared_task(acks_late=True, autoretry_for=mails.FAILURES, retry_backoff=30, max_retries=6)
def send_newsletters() -> int:
    """Beat, every ten minutes, and as soon as staff send one: mail a batch of what is being sent; how many went."""
    from accounts.issues import carry_on  # which asks for this task

    sent, has_more = carry_on(at=timezone.now())
    if has_more:
        send_newsletters.delay()
    return sent


@shared_task(acks_late=True, autoretry_for=mails.FAILURES, retry_backoff=30, max_retries=3)
def send_newsletter_test(newsletter: int, user: int) -> int:
    """Mail an issue, in both languages, to the member of staff who tries it."""
    from accounts.issues import mail_test

    return mail_test(newsletter, user)


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def announce_terms() -> int:
    """Beat: send what waits of announced terms (§21); returns how many mails went."""
    from accounts.announcements import send_announcements

    at = timezone.now()
    return send_announcements(on=timezone.localdate(at), at=at)
