"""Documents: typst templates and data become PDF/A-3a, the same bytes for the same data, with no network.

Text of people reaches a template as JSON through ``sys.inputs``, never as typst source, so that a company
called ``#panic()`` or ``*Bold*`` is printed as just that. The strings of a document live in a dictionary at
the top of its template, not in gettext: the page of a signed statement follows from its template and its data
alone, whatever happened to a catalogue, and so it can be drawn again and compared.

PDF/A-3a with PDF/UA-1: archival, readable by a screen reader, and with the data itself as an attachment. Only
the fonts inside the typst wheel are used, so a machine without fonts draws the same page.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import typst

from cannonworks.signing import NotProven, canonical, parse

ROOT = Path(__file__).resolve().parent.parent
STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]
ATTACHMENT = "statement.json"
REPLACEMENT = "\ufffd"

_local = threading.local()  # holds compilers by template; a Compiler refuses to be shared by threads
_first_user: int | None = None
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a file is told once, by us


def render(template: Path, data: dict[str, Any]) -> bytes:
    """Return ``data`` drawn with the typst ``template`` as PDF/A-3a; equal data gives equal bytes.

    The template sees ``sys.inputs.data`` (JSON), ``source`` (the canonical JSON, for an attachment) and
    ``digest`` (SHA-256 of ``source`` in hexadecimal). Control characters and what no embedded font can show
    are drawn as U+FFFD; the attachment keeps them. ``data`` is limited as for ``signing.canonical``; dates in
    the PDF come from the data. Raises TypstError when data and template do not fit, RuntimeError in a process
    forked after rendering. Safe in threads; about 20 ms a page.
    """
    source = canonical(data)
    inputs = {"source": source.decode(), "digest": hashlib.sha256(source).hexdigest()}
    shown = _each_text(data, _without_controls)
    try:
        return _compile(template, {**inputs, "data": canonical(shown).decode()})
    except typst.TypstError:
        drawable = _each_text(shown, _drawable)  # letter by letter only now: seldom needed, and slow
        if drawable == shown:
            raise
        return _compile(template, {**inputs, "data": canonical(drawable).decode()})


def attached(pdf: bytes) -> Any:
    """Return the JSON in the one attachment ``statement.json`` of a PDF, or raise NotProven."""
    import pypdf  # a twentieth of the time to start, for what is seldom asked

    try:
        attachments = pypdf.PdfReader(BytesIO(pdf)).attachments
        files = [content for contents in attachments.values() for content in contents]
        named = ATTACHMENT in attachments
    except Exception:  # a hostile file can break a reader in any way
        raise NotProven("not-pdf", "this PDF cannot be read") from None
    if not named or len(files) != 1:
        raise NotProven("no-statement", "this PDF holds no signed statement")
    return parse(files[0])


def _compile(template: Path, inputs: dict[str, str]) -> bytes:
    _refuse_after_fork()
    compilers: dict[Path, typst.Compiler] = _local.__dict__.setdefault("compilers", {})
    if template not in compilers:
        compilers[template] = typst.Compiler(template, root=ROOT, ignore_system_fonts=True)
    pdf = compilers[template].compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=0)
    return cast(bytes, pdf)


def _refuse_after_fork() -> None:
    """Typst's threads do not survive a fork, and waiting for them would hang for ever: say so instead."""
    global _first_user
    _first_user = _first_user or os.getpid()
    if _first_user != os.getpid():
        raise RuntimeError("Forked after a document was rendered: render in a fresh process.")


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _each_text(item, change) for name, item in value.items()}
    return value


def _without_controls(text: str) -> str:
    """Blanks for all white space; U+FFFD for controls, also those that reverse the text around them."""
    return "".join(
        " " if char.isspace() else REPLACEMENT if unicodedata.category(char).startswith("C") else char for char in text
    )


def _drawable(text: str) -> str:
    return "".join(char if char.isascii() or _can_draw(char) else REPLACEMENT for char in text)


@lru_cache(maxsize=4096)
def _can_draw(char: str) -> bool:
    """Ask typst itself whether the house fonts have this character."""
    source = f'#import "/cannonworks/documents/house.typ": face\n#show: face\n#"\\u{{{ord(char):x}}}"'
    try:
        probe = typst.Compiler(source.encode(), root=ROOT, ignore_system_fonts=True)
        probe.compile(format="pdf", pdf_standards=STANDARDS[:1])
    except typst.TypstError:
        return False
    return True
