"""Who may see what, held by the database: a role for every request and task, and row security on every table.

The application logs in as a role that owns nothing and may do nothing, except become one of ``datamap.Role``. From the
data map follow the columns and verbs that each of these is granted, and the rows that it sees: a holder those of his
own account. So a bug in a view, even a raw ``SELECT *``, shows nobody what is not theirs (§7, §8, §10).

Inside a transaction role and account are set for that transaction only, in one round trip, so a pooled connection
cannot carry them over to the next request. A task or command has transactions of its own: there they are set for the
connection, again on every new one, and taken back at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import pq

from cannonworks.datamap import Role


@dataclass(frozen=True)
class Identity:
    """As whom the database is spoken to: the role, the account and user by their keys, the link by its digest."""

    role: str = ""
    account: int | None = None
    user: int | None = None
    link: str = ""


class SignedIn(Protocol):
    """A user, as far as isolation looks at one."""

    pk: int
    account_id: int | None

    @property
    def kind(self) -> str:
        """``holder``, ``staff`` or ``helper``."""


NOBODY = Identity()  # the login itself, which may do nothing
VISITOR = Identity(Role.VISITOR)  # who asks, before it is known
JOBS = Identity(Role.JOBS)
_identity: ContextVar[Identity] = ContextVar("identity", default=NOBODY)


def database_role(role: str) -> str:
    """The name of a role in the database, where roles are shared by all databases of a server."""
    return f"cannonworks_{role}"


def current() -> Identity:
    """As whom this thread speaks to the database now."""
    return _identity.get()


def of(user: SignedIn) -> Identity:
    """The identity of a signed-in user: holders have their account, staff and helpers none."""
    return Identity(Role(user.kind), user.account_id, user.pk)


@contextmanager
def acting_as(identity: Identity, *, until_commit: bool = False) -> Iterator[None]:
    """Speak to the database as ``identity``, and as before again at the end.

    ``until_commit`` spares the way back where the transaction ends with the block: its end takes all back anyway.
    """
    before = _identity.get()
    assume(identity)
    try:
        yield
    finally:
        if until_commit or _is_broken():
            _identity.set(before)
        else:
            assume(before)


@contextmanager
def starting_as(identity: Identity) -> Iterator[None]:
    """Make ``identity`` that of every connection still to be made: for a process that has none yet."""
    token = _identity.set(identity)
    try:
        yield
    finally:
        _identity.reset(token)


def reader(digest: str) -> Identity:
    """The identity of whoever shows a link: of all rows it sees those of what the link is of, while that works."""
    return Identity(Role.READER, link=digest)


@contextmanager
def beside() -> Iterator[BaseDatabaseWrapper]:
    """Another connection under the same identity, with a snapshot of its own: every read in it sees the same moment.

    Nothing is written through it. Within a transaction it is that very connection: what is not committed is seen too.
    """
    if connection.in_atomic_block:
        yield connection
        return
    other = connection.copy()  # introduced by the signal below, as every new one
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield other
    finally:
        if other.connection is not None and not other.connection.closed:
            other.rollback()
            other.set_autocommit(True)
            _tell(other, NOBODY, for_transaction=False)  # a pool may hand it on
        other.close()


def become(user: SignedIn) -> None:
    """Be this user for the rest of the request: as soon as a session, a token or a sign-in tells who it is."""
    assume(of(user))


def assume(identity: Identity) -> None:
    """Be ``identity`` from now on, until the transaction, or the block of ``acting_as`` around this, ends."""
    _identity.set(identity)
    if connection.connection is not None or connection.in_atomic_block:
        _tell(connection, identity, for_transaction=connection.in_atomic_block)


def _tell(on: BaseDatabaseWrapper, identity: Identity, *, for_transaction: bool) -> None:
    with on.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, %s), set_config('cannonworks.account', %s, %s),"
            " set_config('cannonworks.user', %s, %s), set_config('cannonworks.link', %s, %s)",
            [
                *(database_role(identity.role) if identity.role else "none", for_transaction),
                *(str(identity.account or ""), for_transaction),
                *(str(identity.user or ""), for_transaction),
                *(identity.link, for_transaction),
            ],
        )


def _is_broken() -> bool:
    # The transaction will be rolled back, and with it what was set within it; until then it takes no statement.
    if not connection.in_atomic_block:
        return False
    status = connection.connection and connection.connection.info.transaction_status
    return connection.needs_rollback or status in (None, pq.TransactionStatus.INERROR, pq.TransactionStatus.UNKNOWN)


@receiver(connection_created, dispatch_uid="cannonworks.isolation")
def _introduce(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Tell a new connection as whom it is used: a task may lose one and go on with another."""
    if (identity := _identity.get()) != NOBODY and connection.alias == DEFAULT_DB_ALIAS:
        _tell(connection, identity, for_transaction=False)


# --- The owner -----------------------------------------------------------------------------------------------


@contextmanager
def as_owner(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Log in as the owner of the tables, who migrates, and as the application again at the end."""
    chosen = connections[using]
    before, identity = dict(chosen.settings_dict), _identity.get()
    keep = {"NAME": chosen.settings_dict["NAME"], "TEST": chosen.settings_dict["TEST"]}
    chosen.close()
    chosen.settings_dict.update(settings.DATABASE_OWNER | keep)
    _identity.set(NOBODY)
    try:
        yield
    finally:
        chosen.close()
        chosen.settings_dict.clear()
        chosen.settings_dict.update(before)
        _identity.set(identity)
