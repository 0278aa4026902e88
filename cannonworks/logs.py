"""Log lines without personal data (§7, §8): what went wrong and where, never with what values.

Our own lines name random references only. Other people's lines, and the texts of exceptions, may quote what somebody
typed or what a row holds: so an exception is logged as its kinds and places, a request as its route, and whatever still
looks like an e-mail address, a citizen service number or a bank account is struck out as the last net.
"""

from __future__ import annotations

import copy
import logging
import re
import traceback
from typing import Any

#: What is struck out wherever it stands, and what comes in its place.
NET = (
    (re.compile(r"(Key \([^)\n]*\)=|Failing row contains )\(.*\)"), r"\1(…)"),  # PostgreSQL's details
    (re.compile(r"[^\s@<>\"'=,;:()\[\]{}/]+@[^\s@<>\"',;:()\[\]{}/]+"), "…@…"),
    (re.compile(r"(https?://[^\s/?]+)[/?][^\s'\"]*"), r"\1/…"),
    (re.compile(r"([?&][\w.%-]+)=[^\s&'\"]*"), r"\1=…"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), "…"),  # IBAN
    (re.compile(r"(?<![0-9a-f-])\d{4}[ .]?\d{2}[ .]?\d{3}(?![0-9a-f-])"), "…"),  # BSN
)

#: For whoever starts before the settings are read, and for them.
CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "cannonworks.logs.Formatter", "format": "{asctime} {levelname} {name}: {message}"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}


def redact(text: str) -> str:
    """Strike out what looks like personal data."""
    for pattern, instead in NET:
        text = pattern.sub(instead, text)
    return text


class Formatter(logging.Formatter):
    """Lines as in ``format``, with exceptions as kinds and places, and the net over all of it."""

    def __init__(self, format: str) -> None:
        super().__init__(format, style="{")

    def format(self, record: logging.LogRecord) -> str:
        shown = copy.copy(record)  # other handlers have the record as it was
        shown.exc_text = None
        _without_what_was_asked(shown)
        _without_words_of_errors(shown)
        return redact(super().format(shown))

    def formatException(self, ei: Any) -> str:
        return kinds_and_places(ei[1])


def kinds_and_places(error: BaseException | None) -> str:
    """A traceback without a word of any exception in it: their texts may quote values."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        place = "".join(traceback.format_tb(error.__traceback__))
        lines.insert(0, f"{place}{kind.__module__}.{kind.__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def _without_what_was_asked(record: logging.LogRecord) -> None:
    """The route instead of the address that somebody typed; of a suspicious request its kind alone."""
    request = getattr(record, "request", None)
    if request is None or not hasattr(request, "path"):
        return
    if record.name.startswith("django.security.") and record.name != "django.security.csrf":
        record.msg, record.args = "refused", ()
    elif isinstance(record.args, tuple):
        match = getattr(request, "resolver_match", None)
        route = f"/{match.route}" if match else "no address of ours"
        record.args = tuple(route if value == request.path else value for value in record.args)


def _without_words_of_errors(record: logging.LogRecord) -> None:
    """Errors handed to a line, by us or by the queue, as their kind."""
    if isinstance(record.args, tuple):
        record.args = tuple(type(v).__name__ if isinstance(v, BaseException) else v for v in record.args)
    elif isinstance(record.args, dict) and isinstance(record.args.get("exc"), str):
        record.args = {**record.args, "exc": record.args["exc"].partition("(")[0]}
