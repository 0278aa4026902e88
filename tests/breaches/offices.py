"""A mail server that can be asked to do what mail servers do at bad moments, and tells what it was handed."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings


@dataclass
class Office:
    """What it ``has``, in the order in which it came; what it says to recipients and texts, and how long it takes."""

    has: list[tuple[str, bytes]] = field(default_factory=list)
    #: Recipient → answer; and to everybody.
    refuses: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    seconds: float = 0.0
    #: Whether it takes the mail of this number and ends the connection before its answer.
    hangs_up: Callable[[int], bool] = lambda number: False
    #: Numbers of mails after whose answer it ends the connection.
    shuts_after: set[int] = field(default_factory=set)
    #: Called with the number of a mail that it has, before its answer.
    on_mail: Callable[[int], Any] = lambda number: None
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer:
            return self.answer
        self.has.append((envelope.rcpt_tos[0], envelope.original_content))
        number = len(self.has)
        self.on_mail(number)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.hangs_up(number):
            server.transport.abort()
        if number in self.shuts_after:
            asyncio.get_running_loop().call_later(0.001, server.transport.close)
            await asyncio.sleep(0)
        return "250 OK"

    @property
    def letters(self) -> list[Message]:
        return [message_from_bytes(text, policy=default) for _to, text in self.has]

    @property
    def per_reader(self) -> dict[str, set[bytes]]:
        """Address → the different mails that it got, to the last byte."""
        found: dict[str, set[bytes]] = {}
        for to, text in self.has:
            found.setdefault(to, set()).add(text)
        return found

    @property
    def repeats(self) -> int:
        """How many mails came more than once."""
        return sum(count - 1 for count in Counter(self.has).values())


@contextmanager
def open_office(office: Office) -> Iterator[Office]:
    """Open it on its port, or on one that is free; the product of this test mails through it."""
    if not office.port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            office.port = free.getsockname()[1]
    server = Controller(office, hostname="127.0.0.1", port=office.port)
    server.start()
    mail_through(office.port)
    try:
        yield office
    finally:
        server.stop()


def mail_through(port: int) -> None:
    """Have this test mail through a server of SMTP on that port of this machine; the settings end with the test."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
