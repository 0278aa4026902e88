"""Telling very many accounts of a change of sub-processors (§9): planned and handed to a mail server; pages of it."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.board import staff
from bench.importing import _memory
from bench.lists import p95

WORDS = {"words_nl": "Paper Plane bezorgt onze mail.", "words_en": "Paper Plane delivers our mail."}


def announced(_argument: str) -> dict[str, Any]:
    """Announce a new sub-processor, as staff do, and plan its mails; seconds of each, and mails."""
    from django.utils import timezone

    from cannonworks.deadlines import local_date
    from processors import announcing, mailing
    from processors.models import ChangeMail, SubProcessor

    at, user = timezone.now(), staff().signed_in
    house = SubProcessor.objects.create(name="Paper Plane", role="mail", country="NL", categories=["account"])
    begun = time.monotonic()
    announcing.announce(
        house, actor=user, at=at, kind="addition", effective_on=local_date(at) + timedelta(days=40), **WORDS
    )
    told = time.monotonic()
    mailing.plan_announcements(on=local_date(at))
    ended = time.monotonic()
    mails = ChangeMail.objects.count()
    return {"begun": begun, "ended": ended, "announced": told - begun, "planned": ended - told, "mails": mails}


def told(_argument: str) -> dict[str, Any]:
    """Send all that waits, as the job does; seconds, mails, memory over idle in MiB."""
    from django.utils import timezone

    from cannonworks.deadlines import local_date
    from processors import mailing

    at = timezone.now()
    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    begun = time.monotonic()
    mails = mailing.send_announcements(on=local_date(at), at=at)
    return {"begun": begun, "ended": time.monotonic(), "mails": mails, "mib": _memory("VmHWM") - idle}


def read(requests: str) -> dict[str, Any]:
    """Ask so many times for the pages of a change and of an account, and as staff for accounts; p95 in ms by page."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User
    from cannonworks import isolation
    from processors.models import Change

    settings.ALLOWED_HOSTS = ["testserver"]
    client, times = Client(SERVER_NAME="testserver", secure=settings.SECURE), int(requests)
    with isolation.acting_as(isolation.JOBS):
        user = User.objects.filter(is_main=True, account__state="active").select_related("account").order_by("pk")[2]
        client.force_login(user)
        address = f"/sub-processors/changes/{Change.objects.get().reference}/"
    said = {"the page of the change": _asked(client, address, times), "the dashboard": _asked(client, "/", times)}
    desk = staff("bo@cannonworks.example")
    for name, words in (
        ("reference", str(user.account.reference)),
        ("name of a company", f"Bedrijf {user.account_id}"),
    ):
        found = desk.post("/admin/accounts/account/", {"q": words})
        said[f"staff look for an account by {name}"] = _asked(desk, found.url, times)
    return said


def _asked(client: Any, address: str, times: int) -> float:
    assert client.get(address).status_code == 200, address
    return p95(lambda: client.get(address), times)
