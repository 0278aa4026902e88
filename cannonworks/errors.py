"""What may go wrong by design, and how it is told."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, InterfaceError, OperationalError
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError
from psycopg.errors import RestrictViolation


class Refused(Exception):
    """An action that a rule does not allow; it changed nothing.

    ``message`` is translated and says what was wrong and what to do; ``code`` is stable and for machines.
    """

    def __init__(self, code: str, message: str, *, clause: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.clause = clause

    def __str__(self) -> str:
        return str(self.message)


class Changed(Refused):
    """Somebody else saved the row after it was read; ``row`` is how it is now. Nothing was changed."""

    def __init__(self, row: Any) -> None:
        message = _(
            "Somebody else has changed this since you opened it. What you typed is still here; beside it stands what"
            " they saved. Save once more to put yours in its place."
        )
        super().__init__("changed_meanwhile", message)
        self.row = row

    @classmethod
    def check(cls, row: Any, revision: int | None) -> None:
        """Raise it when ``row``, locked, is not the ``revision`` that was read; None: whoever asks did not read one."""
        if revision is not None and revision != row.revision:
            raise cls(row)


def is_fence(error: BaseException | None) -> bool:
    """Whether the database refused a write because the account was claimed for erasure after the request began."""
    return isinstance(error, IntegrityError) and isinstance(error.__cause__, RestrictViolation)


class KeyUnavailable(Exception):
    """A key is missing, wrong or destroyed; nothing was read and nothing was written."""


class BadScenario(Exception):
    """A scenario, a date or a file that a command cannot read; the message names the place."""


#: Errors that a command reports as one line: the surroundings or the input are wrong, not the program.
EXPECTED = (
    ImproperlyConfigured, OperationalError, InterfaceError, BrokerError, Refused, KeyUnavailable, BadScenario
)  # fmt: skip


def one_line(error: BaseException) -> str:
    """The first line of an error, without a stack trace."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
