"""No log line has personal data: not ours, not the web server's, the queue's or the database's (§7, §8)."""

from __future__ import annotations

import http.cookiejar
import logging
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts.models import User
from accounts.states import State
from cannonworks import logs
from cannonworks.celery import app
from relations import services as relations
from retention.models import Erasure, ErasureWarning
from tests import processes
from tests.lives import account_in
from tests.processes import until

pytestmark = pytest.mark.clause("7", "8")


def line(msg: str, *args: object, name: str = "x", error: BaseException | None = None, **extra: object) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, msg, args, exc_info)
    vars(record).update(extra)
    return logs.Formatter("{levelname} {message}").format(record)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to jan.de-vries+x@bedrijf.example now", "to …@… now"),
        ("<jan@bedrijf.example>, 'piet@x.nl'", "<…@…>, '…@…'"),
        ("bsn 111222333.", "bsn …."), ("bsn=1112.22.333", "bsn=…"), ("number 1112223334", "number 1112223334"),
        ("3f2b8c1e-1234-4567-89ab-111222333444", "3f2b8c1e-1234-4567-89ab-111222333444"),
        ("from NL91ABNA0417164300 to NL91 ABNA 0417 1643 00", "from … to …"),
        ("GET /zoek/?q=Jansen&naam=Piet HTTP", "GET /zoek/?q=…&naam=… HTTP"),
        ("https://x.example/Jan/?q=1 is bad", "https://x.example/… is bad"),
        ('DETAIL:  Key (email, "naam")=(jan, Jan (de Vries)) already exists.', 'DETAIL:  Key (email, "naam")=(…) already exists.'),
        ("Failing row contains (1, Jan, (x)).", "Failing row contains (…)."),
        ("account 11122233 lapsed on 2026-11-22", "account 11122233 lapsed on 2026-11-22"),
    ],
)  # fmt: skip
def test_the_net_strikes_out_what_looks_like_personal_data(text, shown):
    assert logs.redact(text) == shown


def test_an_exception_is_told_by_kinds_and_places():
    try:
        try:
            raise IntegrityError("Quackelbeen")
        except IntegrityError as error:
            raise ValueError("Vlinderzoon") from error
    except ValueError as error:
        shown = line("failed: %s", error, error=error)
    assert "Quackelbeen" not in shown.replace('raise IntegrityError("Quackelbeen")', "")
    assert shown.splitlines()[0] == "ERROR failed: ValueError"
    assert shown.splitlines()[-1] == "builtins.ValueError"
    assert "django.db.utils.IntegrityError" in shown
    assert shown.count("test_logs.py") == 2


def test_an_exception_that_goes_round_in_a_circle_is_told_as_well():
    one, two = ValueError(), TypeError()
    one.__context__, two.__context__ = two, one
    assert logs.kinds_and_places(one) == "builtins.TypeError\nbuiltins.ValueError"


def test_the_record_itself_stays_as_it_was_for_others():
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "%s", (ValueError("a@b.example"),), None)
    assert logs.Formatter("{message}").format(record) == "ValueError"
    assert record.getMessage() == "a@b.example"


# --- Real processes --------------------------------------------------------------------------------------------

PLANTED = {
    "email": "hoofd.qx@planted.example", "last_name": "Quackelbeen", "company": "Zwoegerspad Holding",
    "password": "wachtwoord-Zqx-geheim", "bsn": "123456782", "iban": "NL91ABNA0417164300", "path": "Relatius-Vlinderzoon",
    "warned": "gewaarschuwd.qx@planted.example",
}  # fmt: skip

#: A database that quotes the row in its refusal, as many a constraint does.
QUOTING = """
CREATE FUNCTION quote_the_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'no: % %', OLD, (SELECT string_agg(email || last_name, ' ') FROM accounts_user)
        USING ERRCODE = 'unique_violation', DETAIL = format('Key (row)=(%s) already exists.', OLD);
END $$;
CREATE TRIGGER quote_the_row BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION quote_the_row();
"""


class Browser:
    """Just enough of one, that keeps every address and cookie."""

    def __init__(self, port: int) -> None:
        self.root, self.jar, self.seen = f"http://127.0.0.1:{port}", http.cookiejar.CookieJar(), []
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, *, host: str = "", referer: str = "", **fields: str) -> int:
        headers = {"Referer": referer, "Host": host} if host else {"Referer": referer or self.root}
        if fields:
            token = next((c.value for c in self.jar if "csrf" in c.name), "")
            fields["csrfmiddlewaretoken"] = self.token if token else ""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(self.root + path, data, headers)
        try:
            with self.opener.open(request, timeout=30) as answer:
                status, body, where = answer.status, answer.read().decode(errors="replace"), answer.geturl()
        except urllib.error.HTTPError as error:
            status, body, where = error.code, error.read().decode(errors="replace"), path
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body):
            self.token = found[1]
        if not any(urllib.parse.quote(value) in path for value in PLANTED.values()):  # else it is what was typed
            self.seen += [where, *re.findall(r'(?:href|action|src)="([^"]*)"', body)]
        return status


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_nothing_planted_is_in_any_log_cookie_or_address(tmp_path):
    today = timezone.localdate()
    two_years_ago = today - relativedelta(years=2, days=1)
    due = account_in(State.CANCELLED, on=two_years_ago, main_user__last_name=PLANTED["last_name"])
    living = account_in(State.ACTIVE, on=today, company__company_name=PLANTED["company"])
    user = living.main_user
    user.email, user.last_name = PLANTED["email"], PLANTED["last_name"]
    user.set_password(PLANTED["password"])
    user.save()
    relations.add_employee(living, actor=user, first_name="Tom", last_name=PLANTED["last_name"], bsn=PLANTED["bsn"])
    relation = relations.add_relation(living, actor=user, last_name=PLANTED["last_name"])
    account_in(
        State.CANCELLED, on=today - relativedelta(years=2, days=-5), main_user__email=PLANTED["warned"],
        main_user__last_name=PLANTED["last_name"],
    )  # fmt: skip
    server = Path(settings.LOCAL_DIR) / "postgres.log"
    begun = server.stat().st_size if server.exists() else 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = {name: str(tmp_path / f"{name}.log") for name in ("web", "worker", "beat")}
    celery = ("-m", "celery", "--quiet", "--app", "cannonworks.celery")
    with (
        processes.running(
            "-m", "gunicorn", "cannonworks.wsgi", "--no-control-socket", "--bind", f"127.0.0.1:{port}", log=files["web"],
            ALLOWED_HOSTS="127.0.0.1",
        ),
        processes.running(*celery, "worker", "--loglevel", "INFO", "--concurrency", "1", log=files["worker"], EMAIL_URL="smtp://127.0.0.1:9"),
        processes.running(*celery, "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", str(tmp_path / "beat"), log=files["beat"]),
    ):  # fmt: skip
        browser = Browser(port)
        until(lambda: _listens(port), "the web server")
        visit(browser)
        with connection.cursor() as cursor:
            cursor.execute(QUOTING.format(verb="UPDATE OR DELETE", table="accounts_account"))
            cursor.execute(
                "CREATE TRIGGER quote_the_row BEFORE DELETE ON accounts_company FOR EACH ROW EXECUTE FUNCTION quote_the_row()"
            )
        try:
            assert browser.ask("/account/cancel/", company_name=PLANTED["company"]) == 500
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER quote_the_row ON accounts_account")
            app.send_task("retention.tasks.sweep")
            until(lambda: Erasure.objects.filter(account=due, attempts__gte=1).exists(), "the failing erasure")
            app.send_task("retention.tasks.send_post")
            until(lambda: ErasureWarning.objects.filter(attempts__gte=1).exists(), "the failing mail")
            app.send_task("retention.tasks.erase_account", args=[PLANTED["last_name"]])

            until(lambda: "raised unexpected" in Path(files["worker"]).read_text(), "the failing task's line")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION quote_the_row() CASCADE")
    assert relation.last_name == User.objects.get(email=PLANTED["email"]).last_name  # all of it is really there
    said = {name: Path(file).read_text() for name, file in files.items()}
    said["addresses"] = "\n".join(browser.seen)
    said["cookies"] = "\n".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    if server.exists():
        with server.open() as log:
            log.seek(begun)
            said["database"] = log.read()
    assert "Internal Server Error: /account/cancel/" in said["web"]
    assert "IntegrityError" in said["web"]
    assert "IntegrityError" in said["worker"]
    found = {
        (place, what)
        for place, text in said.items()
        for what, value in PLANTED.items()
        if value.lower() in text.lower()
    }
    assert found == set()


def visit(browser: Browser) -> None:
    """Pages that are there and not there, sign-in that fails and succeeds, and input that is refused."""
    assert browser.ask("/sign-in/") == 200
    assert browser.ask("/sign-in/", login=PLANTED["email"], password=PLANTED["password"] + "x") == 200
    assert browser.ask(f"/{PLANTED['path']}/?q={PLANTED['email']}&bsn={PLANTED['bsn']}") in (200, 404)
    assert browser.ask("/sign-in/", host=f"{PLANTED['path']}.example") == 400
    browser.token, kept = "x", browser.token
    assert (
        browser.ask(
            "/sign-in/",
            referer=f"http://{PLANTED['path']}/?q={PLANTED['iban']}",
            login=PLANTED["email"],
            password="x",
        )
        == 403
    )
    browser.token = kept
    assert browser.ask("/sign-in/", login=PLANTED["email"], password=PLANTED["password"]) == 200
    assert browser.ask("/") == 200
    assert browser.ask(f"/{PLANTED['path']}/{PLANTED['iban']}/") == 404
    assert browser.ask("/account/cancel/", company_name=PLANTED["iban"]) in (200, 409)
    assert browser.ask("/account/cancel/") == 200


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
