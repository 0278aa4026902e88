"""The return of all data of an account with very many rows, as a worker makes it, beside COPY of the same rows.

And what the dashboard of another account costs meanwhile, asked for by a process of its own, as a web server is one.
The two are measured apart: the speed while nobody looks, then the dashboard while another return of the same account is
made, of which only what was asked for while that went on counts.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.importing import _memory

#: The accounts with many rows, in the order of their keys: the first is returned, the third looks at its dashboard.
RETURNED, LOOKING = 0, 2


def returned(_argument: str) -> dict[str, Any]:
    """Make the return of one account: seconds, rows, bytes, memory over idle in MiB; seconds of COPY of its rows."""
    from django.utils import timezone

    from accounts.models import Account, User
    from cannonworks import storage
    from rights import making, returning

    account = Account.objects.get(pk=_account(RETURNED))
    _settle(account)
    user = User.objects.filter(account=account, is_main=True).get()
    returning._send = lambda pk: None  # type: ignore[assignment]  # nobody else makes it
    found = returning.ask_return(account, actor=user, at=timezone.now())
    copies = [_copied(account)]
    idle = _memory("VmRSS")
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    begun = time.monotonic()
    rows = making.run(found.pk)
    ended = time.monotonic()
    mib = _memory("VmHWM") - idle
    copies.append(_copied(account))
    found.refresh_from_db()
    if found.state != "ready":
        raise AssertionError(f"{found.state} {found.why}")
    begun_taking = time.monotonic()
    size = sum(len(piece) for piece in returning.archive(found).pieces)
    taken = time.monotonic() - begun_taking
    storage.erase_files(str(account.reference), ["requests"])
    return {
        "begun": begun, "ended": ended, "rows": rows, "mib": mib, "copied": copies, "bytes": size, "taken": taken
    }  # fmt: skip


def looked(seconds: str) -> dict[str, Any]:
    """Ask for the dashboard of another account for so many seconds; when each was there, and its milliseconds."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User
    from cannonworks import isolation

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(SERVER_NAME="testserver", secure=settings.SECURE)
    with isolation.acting_as(isolation.JOBS):
        client.force_login(User.objects.filter(account=_account(LOOKING), is_main=True).get())
    client.get("/")
    found, end = [], time.monotonic() + float(seconds)
    begun = time.monotonic()
    while time.monotonic() < end or len(found) < 20:
        before = time.perf_counter()
        assert client.get("/").status_code == 200
        found.append((time.monotonic(), (time.perf_counter() - before) * 1000))
        time.sleep(0.02)  # somebody who looks at it
    return {"begun": begun, "ended": time.monotonic(), "looks": found}


def p95(looked: dict[str, Any], made: dict[str, Any] | None = None) -> float:
    """Of what ``looked`` says the p95 in milliseconds; only of looks while a return was ``made``, if there are any."""
    looks = looked["looks"]
    during = [look for look in looks if made is None or made["begun"] <= look[0] <= made["ended"]]
    return quantiles([milliseconds for _at, milliseconds in (during if len(during) > 1 else looks)], n=20)[-1]


def _account(place: int) -> int:
    from accounts.models import Account

    return int(Account.objects.filter(state="active").order_by("pk").values_list("pk", flat=True)[place])


def _settle(account: Any) -> None:
    """A folder for files, and the account's key, which rows made by SQL do not have."""
    from django.conf import settings
    from django.utils import timezone

    from accounts.models import DataKey
    from cannonworks import encryption, storage

    settings.FILES_DIR = tempfile.mkdtemp(dir=os.environ["LEDGER_DIR"])
    storage.prepare()
    key_id, wrapped = encryption.keyring().wrap(encryption.new_data_key(), account=str(account.reference))
    DataKey.objects.update_or_create(
        account=account, defaults={"key_id": key_id, "wrapped": wrapped, "made_at": timezone.now()}
    )


def _copied(account: Any) -> float:
    """Seconds for COPY … TO STDOUT of the same rows of all tables, as the worker reads them and with nothing done."""
    from cannonworks import isolation
    from rights.returned import contents

    begun = time.monotonic()
    with isolation.beside() as other, other.cursor() as cursor:
        for table in contents.tables():
            names = ", ".join(f'"{column.source}"' for column in (*table.columns, *table.sealed))
            owner = f"'{account.reference}'" if table.entry.by_reference else str(account.pk)
            rows = f'SELECT {names} FROM "{table.entry.table}" WHERE {table.entry.belonging(f"= {owner}")}'
            with cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
                for _piece in copy:
                    pass
    return time.monotonic() - begun
