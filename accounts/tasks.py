"""Mail sent by a worker: a page does not wait for it, nor tell by its pace who is known; and what is done at night."""

from __future__ import annotations

import json
from smtplib import SMTPException

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cannonworks.encryption import unseal_secret

#: What a mail in the queue is sealed for: nobody reads an address or a link there.
MAIL_PURPOSE = "mail"


@shared_task(acks_late=True)
def forget_expired_tokens() -> int:
    """Beat, nightly: remove the device tokens that expired."""
    from accounts.tokens import remove_expired_tokens  # which sends mail by this module

    return remove_expired_tokens(at=timezone.now())


@shared_task(acks_late=True, autoretry_for=(SMTPException, OSError), retry_backoff=30, max_retries=6, expires=7200)
def send_mail(sealed: str) -> int:
    """Send one sealed mail (``to``, ``subject``, ``body``); tried again for half an hour. Returns 1."""
    mail = json.loads(unseal_secret(sealed, purpose=MAIL_PURPOSE))
    return EmailMessage(mail["subject"], mail["body"], to=[mail["to"]]).send()


@shared_task(acks_late=True, autoretry_for=(OperationalError, InterfaceError), retry_backoff=30, max_retries=6)
def announce_terms() -> int:
    """Beat: send what waits of announced terms (§21); returns how many mails went."""
    from accounts.announcements import send_announcements

    at = timezone.now()
    return send_announcements(on=timezone.localdate(at), at=at)
