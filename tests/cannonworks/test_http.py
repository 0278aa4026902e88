"""What every answer says of itself, and what is public (§7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from accounts.states import State
from cannonworks import middleware
from tests import processes
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7")]


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/nothing-here/", "/erasure/", "/account/cancel/"])
def test_a_page_is_not_kept_and_not_for_others(client, path):
    client.force_login(AccountFactory(state=State.ACTIVE).main_user)
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Permissions-Policy"] == middleware.PERMISSIONS


def test_a_file_is_kept_but_not_for_others(client):
    answer = client.get("/static/cannonworks.css")
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_nothing_is_asked_of_the_device_but_a_passkey():
    asked = [rule for rule in middleware.PERMISSIONS.split(", ") if not rule.endswith("=()")]
    assert asked == ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"]


def test_a_message_leaves_no_cookie(client):
    account = AccountFactory(state=State.TRIAL)
    client.force_login(account.main_user)
    client.post("/account/activate/")
    assert {*client.cookies} <= {"sessionid", "csrftoken", "django_language"}


SHOW = """
import json, django; django.setup()
from django.conf import settings as s
from django.test import Client
answer = Client(headers={"X-Forwarded-Proto": "https"}).get("/sign-in/")
plain = Client().get("/sign-in/")
print(json.dumps({
    "names": [s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME],
    "cookies": {name: [bool(c["secure"]), bool(c["httponly"]), c["samesite"], c["path"], c["domain"]]
                for name, c in answer.cookies.items()},
    "hsts": answer.headers.get("Strict-Transport-Security"), "plain": [plain.status_code, plain["Location"]],
    "session": [s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_COOKIE_DOMAIN],
}))
"""


@pytest.mark.django_db(transaction=True)
def test_over_tls_cookies_are_bound_to_this_host():
    done = processes.run("-c", SHOW, SECURE="true", ALLOWED_HOSTS="testserver")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["names"] == ["__Host-session", "__Host-csrf", "__Host-language"]
    assert told["cookies"]["__Host-csrf"] == [True, True, "Lax", "/", ""]
    assert told["session"] == [True, True, "Lax", None]
    assert told["hsts"] == "max-age=63072000; includeSubDomains; preload"
    assert told["plain"] == [301, "https://testserver/sign-in/"]


def test_who_finds_a_weakness_is_told_where_to_go(client, settings):
    settings.SITE_URL, settings.SECURITY_CONTACT = "https://cannonworks.example", "mailto:security@cannonworks.example"
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    expires = datetime.fromisoformat(lines.pop("Expires"))
    assert timedelta(days=100) < expires - datetime.now(UTC) < timedelta(days=365)
    assert lines == {
        "Contact": "mailto:security@cannonworks.example", "Preferred-Languages": "nl, en",
        "Canonical": "https://cannonworks.example/.well-known/security.txt",
        "Policy": "https://cannonworks.example/security.md",
    }  # fmt: skip
    assert "48 hours" in client.get("/security.md").content.decode()
