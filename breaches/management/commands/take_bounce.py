"""Take in what a mail server reports of a notice of a breach."""

from __future__ import annotations

import sys
from typing import Any

from django.utils import timezone

from breaches import bounces
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    """Read one delivery report (RFC 3464) from standard input (§13); exit 0 only when it says something of a notice."""

    help = "Note what a delivery report on standard input says of a notice of a breach; a mail server pipes it in."

    def handle(self, **options: Any) -> None:
        text = sys.stdin.buffer.read(bounces.MOST_BYTES + 1)
        self.stdout.write(bounces.take(text, at=timezone.now()))
