"""Verify a statement of erasure: exit 0 only when it is proven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typst
from django.core.management.base import BaseCommand, CommandParser

from cannonworks import documents, signing
from cannonworks.signing import NotProven

TEMPLATE = Path(__file__).resolve().parents[2] / "documents" / "statement.typ"
LARGEST_FILE = 10 * 2**20  # bytes; a statement has a few thousand


class Command(BaseCommand):
    """One line and exit 0 for a proven statement (§5, §6); one line and exit 1 for everything else."""

    help = "Verify a statement of erasure, the JSON file or the PDF; exit 0 only when it is proven."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the statement: JSON, or the PDF that carries it")
        parser.add_argument("--public-key", type=Path, help="trust this PEM file, not this installation's own key")
        parser.add_argument(
            "--attachment-only", action="store_true",
            help="of a PDF, prove the attached statement and not its page (drawn by an earlier version)",
        )  # fmt: skip

    def handle(self, *, file: Path, public_key: Path | None, attachment_only: bool, **options: Any) -> None:
        trusted = signing.from_pem(_read(public_key)) if public_key else signing.public_key()
        content = _read(file)
        is_pdf = content.startswith(b"%PDF-")
        envelope = documents.attached(content) if is_pdf else signing.parse(content)
        statement = _erasure(signing.verify(envelope, trusted))
        if is_pdf and not attachment_only and not _is_its_page(content, envelope):
            raise NotProven(
                "other-page",
                "the attached statement is genuine but the page is not the one this version draws of it: "
                "altered, or drawn by another version; --attachment-only proves the attachment alone",
            )
        scope = " (the attachment only; the page was not compared)" if is_pdf and attachment_only else ""
        self.stdout.write(
            f"Proven: statement of erasure {statement['reference']}, erased on {statement['erased_on']}, "
            f"signed with key {signing.key_id(trusted)}{scope}"
        )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NotProven("no-file", f"cannot read {path}: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise NotProven("too-large", f"{path} is too large to be a statement")
    return content


def _erasure(statement: dict[str, Any]) -> dict[str, Any]:
    """The key may come to sign other things; only a statement of erasure proves an erasure."""
    named = (statement.get("reference"), statement.get("erased_on"))
    if statement.get("kind") != "erasure-statement" or not all(isinstance(value, str) for value in named):
        raise NotProven("other-kind", "genuinely signed, but not a statement of erasure")
    return statement


def _is_its_page(pdf: bytes, envelope: dict[str, Any]) -> bool:
    """Whether the PDF is what we draw of this envelope: the signature covers the file, not the page."""
    try:
        return documents.render(TEMPLATE, envelope) == pdf
    except typst.TypstError:
        return False
