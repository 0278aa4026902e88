"""Files as answers: a whole one at once, and a long list read and sent a portion at a time.

So memory stays flat however long a list is. The request's own transaction and role are over when the answer is sent:
each portion is read in a short transaction of its own under the same identity. A slow reader keeps none open, and sees
nothing that the request would not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header

from cannonworks import isolation
from cannonworks.calendars import CONTENT_TYPE as CALENDAR

#: What makes Excel read it as UTF-8, and what parts cells where a comma is in numbers.
BOM, SEPARATOR = "\ufeff", ";"

#: What a file is, by the end of its name.
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "ics": CALENDAR,
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "pem": "application/x-pem-file",
    "png": "image/png",
    "zip": "application/zip",
}
#: What some system takes for a path, a command or the end of a line, and what makes a name read backwards.
UNSAFE = re.compile(r"""[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+""")

Lines = Sequence[Sequence[str]]
#: The lines after a place, and the place to go on from; None as the place: the first or the last.
Portion = Callable[[Any], tuple[Lines, Any]]


def file_response(content: bytes | str, name: str, *, inline: bool = False) -> HttpResponse:
    """A whole file, to keep under this name, or ``inline`` to show where it is; the name ends in one of ``KINDS``."""
    return HttpResponse(content, headers=_headers(name, inline=inline))


def _headers(name: str, *, inline: bool = False) -> dict[str, str]:
    """What a browser has to know: what it is and no guessing, its name, and that no copy stays on the way."""
    safe = UNSAFE.sub("-", name).strip(". ")
    return {
        "Content-Type": KINDS[name.rpartition(".")[2]],
        "Content-Disposition": content_disposition_header(not inline, safe) or "inline",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def stream_response(pieces: Iterable[bytes], name: str, *, length: int) -> StreamingHttpResponse:
    """A large file of so many bytes, made while it is sent; whoever reads slowly keeps no connection of the pool."""
    response = StreamingHttpResponse(_unhurried(pieces), headers=_headers(name))
    response.headers["Content-Length"] = str(length)
    return response


def _unhurried(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        connection = transaction.get_connection()
        # Without a pool it is this thread's own, which nobody else could use.
        if getattr(connection, "pool", None) and not connection.in_atomic_block:
            connection.close()
        yield piece


def csv_response(name: str, headings: Sequence[str], portion: Portion) -> StreamingHttpResponse:
    """A file for Excel in the Netherlands, to keep under this name; ``portion`` runs as whoever asks now."""
    pieces = _pieces(headings, portion, isolation.current(), translation.get_language())
    return StreamingHttpResponse(pieces, headers=_headers(name))


def _pieces(
    headings: Sequence[str], portion: Portion, identity: isolation.Identity, language: str | None
) -> Iterator[bytes]:
    place, lines = None, [headings]
    begin = BOM
    while True:
        outermost = not transaction.get_connection().in_atomic_block
        with (
            transaction.atomic(),
            isolation.acting_as(identity, until_commit=outermost),
            translation.override(language),
        ):
            found, place = portion(place)
        yield (begin + written([*lines, *found])).encode()
        begin, lines = "", []
        if place is None:
            return


def written(lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells as text of such a file."""
    text = io.StringIO()
    csv.writer(text, delimiter=SEPARATOR, lineterminator="\r\n").writerows(lines)
    return text.getvalue()
