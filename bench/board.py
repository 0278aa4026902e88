"""What the board of deadlines costs with very many clocks of all kinds, beside its bare statement; and telling them."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bench.lists import p95

#: So many of every hundred clocks are of each kind of row; ``k`` numbers them, and is the key of an account.
MADE = {
    "rights_subjectrequest (reference, account_id, state, outcome, wish, channel, language, name, email, address,"
    " identity_check, company, known_as, details, wants_agreement, received_at, told_at, due_at, check_asked_at,"
    " person_kind, note)": (
        30,
        "gen_random_uuid(), k, (ARRAY['received', 'told', 'checking'])[1 + k % 3], '',"
        " 'change', 'form', 'nl', 'Bram Smit', 'bram@thuis.example', '', '', 'Bedrijf', '', '', false, {began},"
        " {began}, {ends}, {began}, '', ''",
    ),
    "rights_datareturn (reference, account_id, asked_by, language, state, why, asked_at, due_at, moved_at, rows_done,"
    " rows_total)": (
        10, "gen_random_uuid(), k, gen_random_uuid(), 'nl', 'queued', '', {began}, {ends}, {began}, 0, 0"
    ),
    "rights_correction (reference, account_id, state, what, of, ticket, why, role, proposed_by_id, proposed_at,"
    " expires_at, decided_by, decided_at)": (
        10,
        "gen_random_uuid(), k, (ARRAY['proposed', 'confirmed'])[1 + k % 2], 'user.email', gen_random_uuid(), 'T-1',"
        " 'x', 'x', 1, {began}, {ends}, gen_random_uuid(), {began}",
    ),
    "breaches_breach (reference, number, kind, title_nl, title_en, noticed_at, noticed_by, recorded_by, recorded_at)": (
        10, "gen_random_uuid(), k, 'leak', 'x', 'x', {began}, 'x', gen_random_uuid(), {began}"
    ),
    "breaches_breachreport (reference, account_id, channel, reported_at, kind, noticed_at, is_ongoing, what,"
    " which_data, done, contact, answer)": (
        10, "gen_random_uuid(), k, 'app', {began}, 'leak', {began}, true, 'x', '', '', '', ''"
    ),
    "breaches_consultation (reference, account_id, opened_at, due_at)": (10, "gen_random_uuid(), k, {began}, {ends}"),
    "retention_hold (account_id, name, categories, ground, basis, proportionality, review_on, placed_on, placed_by_id,"
    " confirmed_on, confirmed_by_id)": (
        5, "k, 'x', '{{usage}}', 'statutory', 'x', 'x', ({ends})::date + 1, ({began})::date, 1, ({began})::date, 2"
    ),
    "retention_erasure (reference, account_id, rule, clause, rules_digest, due_on, claimed_on, categories, held, step,"
    " rows, attempts, parked_at, failure)": (
        5,
        "gen_random_uuid(), k, 'cancelled', '5.4', 'x', ({began})::date, ({began})::date, '{{}}', '{{}}', 1, '{{}}', 5,"
        " {began}, 'x'",
    ),
    "retention_alarm (kind, about, detail, raised_at)": (10, "'parked', k::text, '', {began}"),
}  # fmt: skip
BEGAN, ENDS = "(now() - k % 9000 * interval '1 minute')", "(now() + (1 + (k * 7) % 9000) * interval '1 minute')"
#: Accounts that wait for a notice of one breach: one line.
CROWD = """
INSERT INTO breaches_selection (id, breach_id, criteria, reason, noticed_at, found, added, digest, frozen_by, frozen_at)
VALUES (1, 1, '{{}}', '', now() - interval '1 hour', {crowd}, {crowd}, 'x', gen_random_uuid(), now());
INSERT INTO breaches_affected (account_id, breach_id, selection_id, noticed_at, due_at)
SELECT k, 1, 1, now() - interval '1 hour', now() + interval '47 hours' FROM generate_series(1, {crowd}) AS k
"""


def clocks(count: int, crowd: int) -> list[str]:
    """Statements that make so many clocks, and a breach that touches a crowd of accounts, who are not there."""
    made = [
        f"INSERT INTO {into} SELECT {said.format(began=BEGAN, ends=ENDS)}"
        f" FROM generate_series(1, {max(1, count * part // 100)}) AS k"
        for into, (part, said) in MADE.items()
    ]
    return [*made, CROWD.format(crowd=crowd)]


def board(requests: str) -> dict[str, Any]:
    """Ask for the board so many times, and tell what is to be told; milliseconds, lines and queries by what it is."""
    from django.utils import timezone

    from board.escalating import escalate
    from board.running import Clocks
    from cannonworks.clocks import kinds

    client, told = staff(), {}
    lines = sum(Clocks(kinds(), timezone.now()).counts().values())
    first = "/admin/deadlines/"
    pages = {"the board": first, "page 2": first + _next(client, first), "one urgency": f"{first}?urgency=50"}
    pages |= {"one kind, ours": f"{first}?kind=request_match&who=us", "the start page": "/admin/"}
    for name, address in pages.items():
        told[name] = _page(client, address, int(requests))
    for name in ("telling all of it", "telling nothing new"):
        begun = time.perf_counter()
        found = escalate(at=timezone.now() + timedelta(seconds=1))
        told[name] = {"page": (time.perf_counter() - begun) * 1000, "told": found}
    return {"lines": lines, "told": told}


def staff(address: str = "nora@cannonworks.example") -> Any:
    """A client with a member of staff signed in, who is ``client.signed_in``."""
    from allauth.mfa.totp.internal.auth import TOTP
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from processors import confidentiality, promised

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(SERVER_NAME="testserver", secure=settings.SECURE)
    user = User.objects.create_superuser(address, first_name="Nora", last_name="Smit")
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    confidentiality.sign_here(user, digest=promised.current().digest, at=timezone.now())
    client.force_login(user)
    client.signed_in = user
    return client


def _next(client: Any, address: str) -> str:
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()  # so that pages tell what they were drawn from
    found = client.get(address).context["page"].next
    teardown_test_environment()
    return found


def _page(client: Any, address: str, times: int) -> dict[str, Any]:
    """The page beside its statement, said by the owner of the tables, whom row security does not concern."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from board.running import COLUMNS, Clocks
    from cannonworks import isolation
    from cannonworks.clocks import kinds

    assert client.get(address).status_code == 200, address
    found = {"page": p95(lambda: client.get(address), times)}
    with CaptureQueriesContext(connection) as heard:
        client.get(address)
    stated = Clocks(kinds(), timezone.now()).statement(f"SELECT {COLUMNS} FROM clocks ORDER BY due, kind LIMIT 51")
    with isolation.as_owner(), connection.cursor() as cursor:
        found["bare"] = p95(lambda: (cursor.execute(*stated), cursor.fetchall()), times)
    return {**found, "queries": len(heard)}
