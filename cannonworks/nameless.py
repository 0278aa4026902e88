"""Texts that staff type and that are kept as evidence: they may not tell who somebody is."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ADDRESS = re.compile(r"\S@\S")
#: Nine digits, as a citizen service number is written: at one stretch, or with points or spaces between.
NINE_DIGITS = re.compile(r"(?<!\d)\d(?:[ .]?\d){8}(?!\d)")
TICKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]*")


def without_people(text: str) -> None:
    """Refuse an e-mail address or a number of nine digits; names nobody can tell from other words."""
    if ADDRESS.search(text):
        raise ValidationError(
            _("Leave the e-mail address out; this is kept as evidence, without people."), code="people"
        )
    if NINE_DIGITS.search(text):
        raise ValidationError(
            _("Leave the number of nine digits out, it may be a BSN; this is kept as evidence, without people."),
            code="people",
        )


def check_ticket(text: str) -> None:
    """Refuse what is no number of a ticket: one word of letters, digits, dashes, points and slashes."""
    if not TICKET.fullmatch(text):
        raise ValidationError(_("A ticket number is one word of letters and digits."), code="ticket")
