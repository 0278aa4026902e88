"""Mails of signing in and joining: in their reader's language, sealed, sent by the worker once all is committed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts import tasks


def post(template: str, *, to: str, language: str, **context: Any) -> None:
    """Send the mail that ``template`` (without ``.txt``) writes in ``language``: subject, blank line, body.

    Only when the transaction is committed; nobody waits for it.
    """
    with translation.override(language):
        text = render_to_string(f"{template}.txt", {**context, "site_url": settings.SITE_URL})
    subject, _blank, body = text.partition("\n\n")
    sealed = tasks.sealed_mail(to=to, subject=subject, body=body)
    transaction.on_commit(lambda: tasks.send_mail.delay(sealed))
