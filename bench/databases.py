"""Scratch databases beside the product's own: migrated once, filled by SQL, copied file by file for every run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
from django.conf import settings
from psycopg import sql

BASE_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Database:
    """One database of the server: its addresses, as the settings read them, and its name."""

    url: str
    owner_url: str
    name: str

    def connect(self) -> psycopg.Connection:
        """A connection of our own to it, as its owner, in autocommit."""
        known = environ.Env.db_url_config(self.owner_url)
        address = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "password": known["PASSWORD"]}
        address["options"] = settings.SEARCH_PATH
        return psycopg.connect(dbname=self.name, autocommit=True, **{k: v for k, v in address.items() if v})


class Server:
    """The server that the settings name, on which databases with a prefix of our own come and go."""

    def __init__(self) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
        self.urls = (settings.DATABASE_URL, settings.DATABASE_OWNER_URL)  # starts the servers where there are none
        self.prefix = f"bench_{os.getpid()}"
        self.admin = self.admin_connection()
        self.version = self.admin.info.server_version // 10_000

    def admin_connection(self) -> psycopg.Connection:
        """A connection to the product's own database, in which nothing is touched."""
        return self.database(urlsplit(self.urls[1]).path.rpartition("/")[2]).connect()

    def database(self, name: str) -> Database:
        """The database of that name, whether it exists or not."""
        parts = [urlsplit(url) for url in self.urls]
        return Database(*(urlunsplit(p._replace(path=f"{p.path.rpartition('/')[0]}/{name}")) for p in parts), name)

    def migrated(self, ledger: Path) -> Database:
        """A new database with every table, index and trigger of the product, and no rows."""
        made = self._create("empty")
        run = [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(run, env=environment(made, ledger), check=True, stdout=subprocess.DEVNULL)
        return made

    def template(self, name: str, empty: Database, *statements: str) -> Database:
        """A copy of ``empty`` filled by SQL past triggers and foreign keys, vacuumed, and closed to connections."""
        made = self._create(name, empty)
        with made.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]
            connection.execute("VACUUM (FREEZE, ANALYZE)")
        return made

    @contextmanager
    def copy(self, template: Database) -> Iterator[Database]:
        """The same files under another name, for one run; dropped after it. A checkpoint lies just before the run."""
        made = self._create("run", template)
        self.admin.execute("CHECKPOINT")
        try:
            yield made
        finally:
            self.drop(made)

    def drop(self, database: Database) -> None:
        """Remove the database, whoever is connected to it."""
        self.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def drop_all(self) -> None:
        """Remove every database that this run made."""
        found = self.admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.prefix])
        for (name,) in found.fetchall():
            self.drop(self.database(name))

    def _create(self, name: str, template: Database | None = None) -> Database:
        made = self.database(f"{self.prefix}_{name}")
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        source = template.name if template else "template1"
        self.admin.execute(command.format(sql.Identifier(made.name), sql.Identifier(source)))
        return made


def environment(database: Database, ledger: Path) -> dict[str, str]:
    """The environment of a process of the product that works in this database and writes to this ledger."""
    addresses = {"DATABASE_URL": database.url, "DATABASE_OWNER_URL": database.owner_url}
    addresses["API_RATE"] = "1000000/minute"  # pages are asked for as fast as they come
    return {**os.environ, **addresses, "LEDGER_DIR": str(ledger), "LOG_LEVEL": "WARNING"}
