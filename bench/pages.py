"""What roles and row security cost a page: the same list, as it is asked for, and with the database's guards away.

Without them the application logs in as the owner of the tables, whom row security does not concern, and no request says
as whom it comes; all else is the same. Both take turns in one process.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack, nullcontext
from statistics import median
from typing import Any
from unittest.mock import patch

#: A page of the API with fifty relations, and the dashboard.
PAGES = ("/api/v1/relations/?limit=50", "/")
TURNS = 9


def pages(requests: str) -> dict[str, Any]:
    """Ask for each page so many times in each turn; milliseconds of a request, by page, with the guards and without."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(SERVER_NAME="testserver", secure=settings.SECURE)
    _sign_in(client)
    told: dict[str, dict[str, list[float]]] = {page: {"guarded": [], "open": []} for page in PAGES}
    for turn in range(TURNS):
        for kind in ("guarded", "open") if turn % 2 else ("open", "guarded"):
            with _open() if kind == "open" else nullcontext():
                for page in PAGES:
                    told[page][kind].append(_milliseconds(client, page, int(requests)))
    return told


def _sign_in(client: Any) -> None:
    from accounts.models import User
    from cannonworks import isolation

    with isolation.acting_as(isolation.JOBS):
        user = User.objects.filter(account__state="active").order_by("pk")[2]
        client.force_login(user)


def _open() -> AbstractContextManager[Any]:
    from cannonworks import isolation

    away = ExitStack()
    away.enter_context(isolation.as_owner())
    away.enter_context(patch.object(isolation, "_tell", lambda *args, **options: None))
    return away


def _milliseconds(client: Any, page: str, requests: int) -> float:
    assert client.get(page).status_code == 200, page
    found = []
    for _request in range(requests):
        begun = time.perf_counter()
        client.get(page)
        found.append(time.perf_counter() - begun)
    return median(found) * 1000
