"""Long lists as a file: read and sent a portion at a time, so that memory stays flat however long the list is.

The request's own transaction and role are over when the answer is sent. Each portion is read in a short transaction of
its own under the same identity: a slow reader keeps none open, and sees nothing that the request would not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import translation

from cannonworks import isolation

#: What makes Excel read it as UTF-8, and what parts cells where a comma is in numbers.
BOM, SEPARATOR = "\ufeff", ";"

Lines = Sequence[Sequence[str]]
#: The lines after a place, and the place to go on from; None as the place: the first or the last.
Portion = Callable[[Any], tuple[Lines, Any]]


def csv_response(name: str, headings: Sequence[str], portion: Portion) -> StreamingHttpResponse:
    """A file for Excel in the Netherlands, to keep under this name; ``portion`` runs as whoever asks now."""
    response = StreamingHttpResponse(
        _pieces(headings, portion, isolation.current(), translation.get_language()),
        content_type="text/csv; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


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
