"""Our own messages and their Dutch, without GNU gettext: extract, update, check, compile.

Messages come from the Python files of the packages beside manage.py and from templates. The Dutch is kept in
one file; English is the message itself and needs none. Babel is not installed in production, so it is
imported only where it is used: an image is built with its compiled catalogue inside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING

from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

#: Where the Dutch is, from the folder of manage.py.
DUTCH = Path("locale/nl/LC_MESSAGES/django.po")

#: function → which arguments are messages (as Babel writes it; "c" is a context)
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}

# No dates, places or line numbers: the file changes when a message does, and at no other time.
HEADER = rb"""# Our messages in Dutch: informal, plain, short. Kept up to date by `manage.py messages`.
msgid ""
msgstr ""
"Language: nl\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""

PLACEHOLDER = re.compile(r"%%|%\([^)]+\)[a-z]|%[a-z]|\{[^{}\s]*\}")


class BadSource(Exception):
    """A file that no messages can be read from; the text names the file and what is wrong."""


def extract(root: Path) -> Catalog:
    """Return every message below ``root`` (the folder of manage.py), untranslated, with the files it is in.

    Raises BadSource for a file that is no valid Python or template.
    """
    from babel.messages import Catalog
    from babel.messages.extract import extract as extract_from

    found = Catalog(locale="nl", charset="utf-8")
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        try:
            source = BytesIO(_as_python(path).encode())
            for _line, message, comments, context in extract_from("python", source, KEYWORDS, ["Translators"]):
                found.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
        except (SyntaxError, TokenError, ValueError) as error:
            raise BadSource(f"{name}: {error}") from error
    return found


def update(root: Path) -> None:
    """Write the Dutch catalogue anew: known translations kept, new messages empty, the rest gone; then
    compile it.

    Running it twice changes nothing more. Raises BadSource.
    """
    from babel.messages.pofile import write_po

    found, known = extract(root), _read(root / DUTCH)
    for message in _messages(found):
        old = known.get(message.id, message.context)
        if old and old.pluralizable == message.pluralizable:
            message.string, message.flags, message.user_comments = old.string, old.flags, old.user_comments
    text = BytesIO(HEADER)
    text.seek(0, os.SEEK_END)
    write_po(text, found, width=0, no_location=True, omit_header=True, sort_output=True)
    _replace(root / DUTCH, text.getvalue().rstrip() + b"\n")
    compile_catalogue(root)


def problems(root: Path) -> list[str]:
    """Return one line for each message without good Dutch and each obsolete one, sorted; writes nothing."""
    found, known = extract(root), _read(root / DUTCH)
    lines = []
    for message in _messages(found):
        old = known.get(message.id, message.context)
        wrong = _wrong_with(message, old)
        if wrong:
            lines.append(f"{wrong}: {_shown(message)} in {', '.join(sorted({name for name, _ in message.locations}))}")
    for old in [*_messages(known), *known.obsolete.values()]:
        current = found.get(old.id, old.context)
        if current is None or current.pluralizable != old.pluralizable:
            lines.append(f"obsolete: {_shown(old)} in {DUTCH}")
    return sorted(lines)


def compile_catalogue(root: Path) -> None:
    """Write the catalogue in the form that is read at run time (django.mo), whole or not at all."""
    from babel.messages.mofile import write_mo

    compiled = BytesIO()
    write_mo(compiled, _read(root / DUTCH))
    _replace((root / DUTCH).with_suffix(".mo"), compiled.getvalue())


def compile_when_stale(root: Path) -> None:
    """Compile the catalogue if it never was or its source is newer; many processes may do so at once."""
    source = root / DUTCH
    compiled = source.with_suffix(".mo")
    if source.exists() and (not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime):
        compile_catalogue(root)


# --- Reading ------------------------------------------------------------------------------------------------
def _sources(root: Path) -> Iterator[Path]:
    folders = sorted(init.parent for init in root.glob("*/__init__.py"))
    for folder in folders:
        if folder.name not in ("tests", "bench"):
            yield from (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)
            yield from _templates(folder.glob("**/templates"))
    yield from _templates([root / "templates"])


def _templates(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in sorted(folders):
        yield from (path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".txt"))


def _as_python(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    # Inside brackets indentation means nothing, and that of a template is not Python's.
    return f"(\n{templatize(text)}\n)"


def _read(path: Path) -> Catalog:
    from babel.messages import Catalog
    from babel.messages.pofile import PoFileError, read_po

    if not path.exists():
        return Catalog(locale="nl", charset="utf-8")
    try:
        return read_po(BytesIO(path.read_bytes()), locale="nl", charset="utf-8", abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise BadSource(f"{path.name}: {error}") from error


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


# --- Checking -----------------------------------------------------------------------------------------------
def _wrong_with(message: Message, old: Message | None) -> str:
    if old is None or old.pluralizable != message.pluralizable or not all(_forms(old.string)):
        return "missing"
    if old.fuzzy:
        return "fuzzy"
    *_, last = _forms(message.id)
    *few, many = _forms(old.string)
    # "één dag" may do without its number; the plural may not.
    if _placeholders(many) != _placeholders(last) or any(_placeholders(text) - _placeholders(last) for text in few):
        return "placeholders differ"
    return ""


def _forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _placeholders(text: str) -> set[tuple[str, int]]:
    """Named placeholders may be repeated; of nameless ones the number counts."""
    found = [part for part in PLACEHOLDER.findall(text) if part != "%%"]
    return {(part, 1 if "(" in part or part[1:-1].isidentifier() else found.count(part)) for part in found}


def _shown(message: Message) -> str:
    text = _forms(message.id)[0].encode("unicode_escape").decode()
    return f'"{text}"' + (f" ({message.context})" if message.context else "")


# --- Writing ------------------------------------------------------------------------------------------------
def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
