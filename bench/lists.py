"""What pages cost in an account with very many people, by whole requests; lists of people beside their bare SQL.

Bare is what the page asks of the database, said by the owner of the tables, whom row security does not concern.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from bench.data import LOOKED_AT

ROWS = "SELECT * FROM relations_relation WHERE account_id = {account}"
FIRST = "ORDER BY sort_name, id LIMIT 51"
#: What is asked for → its words, its other parameters, and its bare SQL.
ASKED: dict[str, tuple[str, dict[str, str], str]] = {
    "a list": ("", {}, FIRST),
    "a list by town": ("", {"order": "town"}, "ORDER BY sort_town, sort_name, id LIMIT 51"),
    "a list, newest first": ("", {"order": "newest"}, "ORDER BY sort_newest LIMIT 51"),
    "those restricted": ("", {"restricted": "yes"}, f"AND restricted_on IS NOT NULL {FIRST}"),
    "a search that many rows fit": ("dorpsstraat", {}, f"AND search_text LIKE '%dorpsstraat%' {FIRST}"),
    "a search for somebody": (".4242@", {}, f"AND search_text LIKE '%.4242@%' {FIRST}"),
    "a search for two words": (
        "postma zwolle", {}, f"AND search_text LIKE '%postma%' AND search_text LIKE '%zwolle%' {FIRST}"
    ),
    "a search for two words, by town": (
        "zwolle dorpsstraat", {"order": "town"},
        "AND search_text LIKE '%zwolle%' AND search_text LIKE '%dorpsstraat%'"
        " ORDER BY sort_town, sort_name, id LIMIT 51",
    ),
    "a search for two letters": ("zo", {}, f"AND search_text LIKE '% zo%' {FIRST}"),
    "a search in vain": ("xyzzy", {}, f"AND search_text LIKE '%xyzzy%' {FIRST}"),
}  # fmt: skip
#: So many pages further.
DEEP = 40
#: Pages that look over the whole account.
LOOKED = {
    "the dashboard": "/",
    "what we keep": "/my-data/",
    "usage by day": "/my-data/usage/",
    "usage by month": "/my-data/usage/?per=month",
}
#: What a request waits for its own event to be counted, in ms at most; the others may take as much as a page.
NOTING = ("noting a request", 0.5)


def lists(requests: str) -> dict[str, Any]:
    """Ask for each so many times; milliseconds by what is asked for: p95 of the page, p95 of its bare SQL, queries.

    And that of counting a request, which is no page.
    """
    from django.conf import settings
    from django.test import Client

    from accounts.models import User
    from cannonworks import isolation

    settings.ALLOWED_HOSTS = ["testserver"]
    client, times = Client(SERVER_NAME="testserver", secure=settings.SECURE), int(requests)
    with isolation.acting_as(isolation.JOBS):
        user = User.objects.get(account=LOOKED_AT)
        client.force_login(user)
    told = {}
    for name, (words, parameters, bare) in ASKED.items():
        address = client.post("/relations/", {"search": words, **parameters}).url
        told[name] = _both(client, address, f"{ROWS.format(account=user.account_id)} {bare}", times)
    deep, place = _deep(client)
    row = f"AND (sort_name, id) > ('{place[0]}', {place[1]}) {FIRST}"
    told[f"page {DEEP + 1}"] = _both(client, deep, f"{ROWS.format(account=user.account_id)} {row}", times)
    for name, address in LOOKED.items():
        told[name] = _both(client, address, "", times)
    told[NOTING[0]] = _noting(user, times)
    return told


def _noting(user: Any, times: int) -> dict[str, Any]:
    from django.db import connection
    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext
    from django.urls import resolve
    from django.utils import timezone

    from accounts import usage

    request = RequestFactory().get("/relations/")
    request.user, request.resolver_match = user, resolve("/relations/")
    usage.recorder.forget()  # a place for each of them
    with CaptureQueriesContext(connection) as heard:
        found = p95(lambda: usage.note(request, HttpResponse(), at=timezone.now()), times)
    usage.recorder.forget()
    return {"page": found, "bound": NOTING[1], "queries": len(heard)}


def _both(client: Any, address: str, bare: str, times: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from cannonworks import isolation

    found = {"page": p95(lambda: client.get(address), times)}
    with CaptureQueriesContext(connection) as heard:
        assert client.get(address).status_code == 200, address
    if bare:
        with isolation.as_owner(), connection.cursor() as cursor:
            found["bare"] = p95(lambda: (cursor.execute(bare), cursor.fetchall()), times)
    return {**found, "queries": len(heard)}


def _deep(client: Any) -> tuple[str, tuple[str, int]]:
    """The address of a page far down the list, and the place behind which it begins."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    address = "/relations/"
    setup_test_environment()  # so that pages tell what they were drawn from
    for _page in range(DEEP):
        page = client.get(address).context["page"]
        if not page.next:
            break
        address, last = f"/relations/{page.next}", page.rows[-1]
    teardown_test_environment()
    return address, (last.sort_name, last.pk)


def p95(work: Callable[[], Any], times: int) -> float:
    """What nineteen of twenty runs take at most, in ms."""
    work()
    found = []
    for _time in range(times):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return quantiles(found, n=20)[-1] if len(found) > 1 else found[0]
