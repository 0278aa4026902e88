"""A real SMTP server for the tests, which takes mail or refuses it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller


class PostOffice:
    """Keeps the ``letters`` it gets; answers ``refusal`` instead when there is one, which quotes the address."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refusal = ""
        self.url = ""
        self.sessions: set[object] = set()

    @property
    def connections(self) -> int:
        """Over how many connections its letters came."""
        return len(self.sessions)

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refusal:
            return f"{self.refusal} {envelope.rcpt_tos[0]}"
        self.sessions.add(session.peer)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def post_office(settings) -> Iterator[PostOffice]:
    """The product of this test mails through a server of its own."""
    office = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as free:
        host, port = free.getsockname()
    server = Controller(office, hostname=host, port=port)
    server.start()
    office.url = f"smtp://{host}:{port}"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = host, port, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield office
    server.stop()
