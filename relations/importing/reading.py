"""The text of a file: how it is written, and its rows one by one with the place of each, however long it is.

What is uploaded is stored as UTF-8 with plain line ends, whatever it was. A row is read from a place in bytes and says
where the next one begins, so an import can go on anywhere. Nothing but the row is in memory.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

from cannonworks.errors import Refused

PIECE = 64 * 1024
SEPARATORS = ";,\t"
#: A row that is longer, in lines or in characters, has a quotation mark too many.
LINES_OF_ROW, LENGTH_OF_ROW = 50, 16 * 1024
MOST_COLUMNS = 100
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
#: How a workbook of Excel begins, new and old.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class Writes(Protocol):
    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True)
class Head:
    """What stands above the rows: the separator, the headings, and the place and the line at which rows begin."""

    separator: str
    headings: list[str]
    position: int
    line: int


@dataclass(frozen=True)
class Row:
    """One row: where it stands, where the next one begins, and its cells; None when it cannot be read."""

    line: int
    position: int
    next_line: int
    next_position: int
    cells: list[str] | None


def encoding_of(file: BinaryIO) -> str:
    """UTF-8, UTF-16 or, as Excel in the Netherlands writes it, Windows-1252. Refused when it is no text at all."""
    file.seek(0)
    start = file.read(8)
    if start.startswith(WORKBOOKS):
        words = _("This is a workbook of Excel. Save it in Excel as “CSV UTF-8” and choose that file.")
        raise Refused("workbook", words)
    for bom, encoding in BOMS:
        if start.startswith(bom):
            return encoding
    for encoding in ("utf-8", "cp1252"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while piece := file.read(PIECE):
                if "\0" in decoder.decode(piece):
                    break
            else:
                decoder.decode(b"", final=True)
                return encoding
        except UnicodeDecodeError:
            continue
    raise Refused("not_text", _("This is not a text file. Save it in your program as CSV and choose that file."))


def store(file: BinaryIO, to: Writes) -> tuple[int, int]:
    """Write the text as UTF-8 with plain line ends, in pieces; return its length in bytes and its lines.

    Raises Refused when it is no text.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding_of(file))(), translate=True)
    size = lines = 0
    text, piece = "", b"."
    file.seek(0)
    try:
        while piece:
            piece = file.read(PIECE)
            if more := decoder.decode(piece, final=not piece):
                text = more
                raw = text.encode()
                to.write(raw)
                size, lines = size + len(raw), lines + text.count("\n")
    except UnicodeError:
        not_text = _("This is not a text file. Save it in your program as CSV and choose that file.")
        raise Refused("not_text", not_text) from None
    return size, lines + (size > 0 and not text.endswith("\n"))


def head_of(file: BinaryIO) -> Head:
    """Separator and headings of a stored text. Refused when there is no row of headings, or it cannot be one."""
    line, separator, position = 1, "", 0
    first = _first_line(file, 0)
    if first.lower().startswith("sep=") and len(first.rstrip("\n")) == 5:  # meant for Excel alone
        separator, line, position = first[4], 2, len(first.encode())
        first = _first_line(file, position)
    separator = separator or separator_of(first)
    row = next(read(file, separator=separator, position=position, line=line), None)
    headings = [cell.strip() for cell in row.cells or []] if row else []
    if row is None or not any(headings):
        raise Refused("no_headings", _("The first line is empty. It must have the names of the columns."))
    if len(headings) > MOST_COLUMNS:
        raise Refused(
            "too_many_columns", _("There are more than %(count)s columns. Leave out what is not needed.")
            % {"count": MOST_COLUMNS},
        )  # fmt: skip
    return Head(separator, headings, row.next_position, row.next_line)


def _first_line(file: BinaryIO, position: int) -> str:
    file.seek(position)
    return file.readline(LENGTH_OF_ROW).decode(errors="ignore")


def separator_of(line: str) -> str:
    """What stands most often between the headings, outside of quotation marks."""
    outside = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def read(file: BinaryIO, *, separator: str, position: int, line: int) -> Iterator[Row]:
    """The rows of a stored text from this place on; empty lines are passed by."""
    lines = _Lines(file, position, line)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        start, number = lines.begin()
        cells: list[str] | None
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (csv.Error, _TooLong):
            lines.skip(start, number)
            cells, rows = None, csv.reader(lines, delimiter=separator, strict=True)
        if cells != []:
            yield Row(number, start, lines.line, lines.position, cells)


class _TooLong(Exception):
    """A row does not end."""


class _Lines:
    """The lines of a file, and how far they were read."""

    def __init__(self, file: BinaryIO, position: int, line: int) -> None:
        self._file, self.position, self.line = file, position, line
        file.seek(position)

    def begin(self) -> tuple[int, int]:
        """A row begins here: its place and line."""
        self._last_line, self._last_position = self.line + LINES_OF_ROW, self.position + LENGTH_OF_ROW
        return self.position, self.line

    def skip(self, position: int, line: int) -> None:
        """Go on after the first line of the row that began here."""
        self._file.seek(position)
        while not (piece := self._file.readline(PIECE)).endswith(b"\n") and piece:
            pass
        self.position, self.line = self._file.tell(), line + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LENGTH_OF_ROW + 1)
        if not raw:
            raise StopIteration
        self.position += len(raw)
        self.line += 1
        if self.position > self._last_position or self.line > self._last_line:
            raise _TooLong
        return raw.decode()
