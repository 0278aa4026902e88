"""Handing a mail to the mail server, so that it is known afterwards whether the server has it.

Over Django's own mail backend and settings. With a server of SMTP the exchange is ours, step by step: Django's tells
that it failed, and here it matters where. Before the text was sent, the server has nothing; when the connection ends
between the text and the answer, nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from smtplib import SMTP, SMTPDataError

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from cannonworks.mails import FAILURES, Line

ENHANCED = re.compile(rb"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


class NotHanded(Exception):
    """The mail server has not taken a mail; ``str()`` of it is a code or a kind, never the words of the server."""


class Bounced(NotHanded):
    """It refuses this recipient for good."""


class PutOff(NotHanded):
    """It does not take this mail now; for other recipients it may."""


class OutOfReach(NotHanded):
    """It cannot be reached, or takes nothing from us now, whoever it is for."""


class Unknown(NotHanded):
    """The connection ended after the text was sent and before the answer: it may have the mail, or not."""


class MailServer(Line):
    """The mail server of the settings, which is asked step by step."""

    def hand(self, message: EmailMessage, *, envelope: str) -> None:
        """Hand over a mail to its one recipient; returns when the server has it, else raises a ``NotHanded``.

        A server that offers delivery reports is asked for them, under the name ``envelope``. A connection that was
        open already may have been shut meanwhile: then it is opened anew, once.
        """
        is_fresh = self._open()
        try:
            self._hand(message, envelope)
        except OutOfReach:
            self.close()
            if is_fresh:
                raise
            self._open()
            self._hand(message, envelope)

    def _open(self) -> bool:
        try:
            return bool(self.backend.open())
        except FAILURES as error:
            self.close()
            raise OutOfReach(_kind(error)) from error

    def _hand(self, message: EmailMessage, envelope: str) -> None:
        smtp = getattr(self.backend, "connection", None)
        if isinstance(smtp, SMTP):
            self._exchange(smtp, message, envelope)
            return
        try:  # a folder or a list of one's own machine
            self.backend.send_messages([message])
        except FAILURES as error:
            raise OutOfReach(_kind(error)) from error

    def _exchange(self, smtp: SMTP, message: EmailMessage, envelope: str) -> None:
        try:
            to = sanitize_address(message.to[0], "utf-8")
            content = message.message().as_bytes(linesep="\r\n")
        except ValueError as error:  # no address by any rule
            raise Bounced("address") from error
        try:
            smtp.ehlo_or_helo_if_needed()
        except FAILURES as error:
            raise OutOfReach(_kind(error)) from error
        of_mail, of_recipient = _options(smtp, envelope)
        self._ask(OutOfReach, OutOfReach, lambda: smtp.mail(return_path(), of_mail))
        self._ask(Bounced, PutOff, lambda: smtp.rcpt(to, of_recipient))
        self._ask(PutOff, PutOff, lambda: smtp.data(content), lost=Unknown)

    def _ask(
        self,
        permanent: type[NotHanded],
        temporary: type[NotHanded],
        step: Callable[[], tuple[int, bytes]],
        *,
        lost: type[NotHanded] = OutOfReach,
    ) -> None:
        """Do a step of the exchange; raise what its refusal, or a connection lost in it, means."""
        try:
            code, said = step()
        except SMTPDataError as error:  # it did not want to hear the text at all
            code, said = error.smtp_code, _bytes(error.smtp_error)
        except FAILURES as error:
            self.close()
            raise lost(_kind(error)) from error
        if code in (250, 251, 252):
            return
        if code == 421:  # it shuts the door
            self.close()
            raise OutOfReach(_code(code, said))
        with suppress(*FAILURES):
            self.backend.connection.rset()
        raise (permanent if code >= 500 else temporary)(_code(code, said))


def return_path() -> str:
    """Where mail servers report to: the sender of the envelope."""
    return settings.BOUNCE_ADDRESS or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _options(smtp: SMTP, envelope: str) -> tuple[list[str], list[str]]:
    """What is said with the sender and with the recipient: 8 bits, and reports of what becomes of it (RFC 3461)."""
    eight = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []
    if not smtp.has_extn("dsn"):
        return eight, []
    return [*eight, "RET=HDRS", f"ENVID={envelope}"], ["NOTIFY=SUCCESS,FAILURE"]


def _kind(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return _code(code, _bytes(getattr(error, "smtp_error", b""))) if code else type(error).__name__


def _code(code: int, said: bytes) -> str:
    """The codes alone: the words may quote the address."""
    found = ENHANCED.match(said)
    return f"{code} {found[1].decode()}" if found else str(code)


def _bytes(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said
