"""Telling very many accounts of a breach (§13): listed, planned and handed to a mail server, beside smtplib alone."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.importing import _memory

#: The list of accounts, as freezing a selection leaves it.
LISTED = """
INSERT INTO breaches_affected (account_id, breach_id, selection_id, noticed_at, due_at)
SELECT account_id, %s, %s, %s, %s FROM accounts_user WHERE is_main
"""
WORDS = "Iemand kon drie uur lang bij reservekopieën. We hebben de sleutel vervangen en alles nagekeken. " * 4


def planned(_argument: str) -> dict[str, Any]:
    """List every account with a main user on a breach, release it and plan the notices; seconds of each."""
    from types import SimpleNamespace
    from uuid import uuid4

    from django.db import connection
    from django.utils import timezone

    from breaches import planning, releasing
    from breaches.models import Breach, Phase, Selection

    at, somebody = timezone.now(), SimpleNamespace(reference=uuid4(), kind="staff")
    planning.queue_batches = lambda batches: None  # nobody else sends them
    planning._queue_plan = lambda pk: None
    breach = Breach.objects.create(
        number=1, kind="leak", title_nl="Reservekopieën bereikbaar", title_en="Backups within reach", noticed_at=at,
        noticed_by="Security officer", recorded_by=somebody.reference, recorded_at=at,
    )  # fmt: skip
    texts = ("fact", "cause", "known_effects", "measures_taken", "advice")
    said = {f"{name}_{language}": WORDS for name in texts for language in ("nl", "en")}
    phase = Phase.objects.create(breach=breach, number=1, recorded_by=somebody.reference, recorded_at=at, **said)
    begun = time.monotonic()
    selection = Selection.objects.create(
        breach=breach, criteria={}, noticed_at=at, found=0, added=0, digest="sha256:" + "0" * 64,
        frozen_by=somebody.reference, frozen_at=at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LISTED, [breach.pk, selection.pk, at, breach.deadline.due_at])
    listed = time.monotonic()
    releasing.release(phase, actor=somebody, at=at)
    notices = planning.plan(breach.pk, at=at)
    ended = time.monotonic()
    return {"begun": begun, "ended": ended, "listed": listed - begun, "planned": ended - listed, "notices": notices}


def handed(turn: str) -> dict[str, Any]:
    """Send batches until none is left, from the first on or from the last; seconds, mails, memory over idle in MiB."""
    from django.utils import timezone

    from breaches import sending
    from breaches.models import Notice

    batches = sorted(set(Notice.objects.values_list("phase", "batch")), reverse=turn == "1")
    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    begun = time.monotonic()
    mails = sum(sending.send_batch(phase, batch, clock=timezone.now) for phase, batch in batches)
    return {"begun": begun, "ended": time.monotonic(), "mails": mails, "mib": _memory("VmHWM") - idle}


def mailed(mails: str) -> dict[str, Any]:
    """Hand a fixed mail over so many times by smtplib alone; seconds."""
    import smtplib

    from django.conf import settings

    text = f"Message-ID: <1@localhost>\r\nSubject: x\r\n\r\n{WORDS * 5}\r\n".encode()
    begun = time.monotonic()
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=20) as server:
        for _number in range(int(mails)):
            server.sendmail("noreply@localhost", ["sanne@bedrijf.example"], text)
    return {"begun": begun, "ended": time.monotonic()}
