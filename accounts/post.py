"""Mails of signing in and joining: in their reader's language, sealed, sent by the worker once all is committed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts import tasks
from cannonworks import mails


def post(template: str, *, to: str, language: str, **context: Any) -> None:
    """Send the mail that ``template`` (without ``.txt``) writes in ``language``, once the transaction is committed.

    Nobody waits for it.
    """
    subject, body = mails.written(template, language=language, **context)
    sealed = tasks.sealed_mail(to=to, subject=subject, body=body)
    transaction.on_commit(lambda: tasks.send_mail.delay(sealed))
