"""Emergency access, and real logins with it."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
from django.db import connection
from django.utils import timezone

from cannonworks import isolation
from processors import glass as glasses
from processors.models import Glass


def asked(by, *accounts, **more) -> Glass:
    said = {"ground": "calamity", "reason": "Schijf kapot", "may_write": False, "hours": 2, "at": timezone.now()}
    with isolation.acting_as(isolation.of(by)):
        return glasses.ask(actor=by, accounts=accounts, **{"is_whole": not accounts, **said, **more})


def approved(by, second, *accounts, **more) -> Glass:
    made = asked(by, *accounts, **more)
    with isolation.acting_as(isolation.of(second)):
        return glasses.approve(made, actor=second, at=timezone.now())


def opened(by, second, *accounts, **more) -> tuple[Glass, glasses.Login]:
    made = approved(by, second, *accounts, **more)
    with isolation.acting_as(isolation.of(by)):
        login = glasses.open_login(made, actor=by, at=timezone.now())
    made.refresh_from_db()
    return made, login


@contextmanager
def connected(login: glasses.Login, **more):
    """A session of its own, as from a terminal."""
    known = connection.settings_dict
    with psycopg.connect(
        host=known["HOST"] or None, port=known["PORT"] or None, dbname=known["NAME"], user=login.name, password=login.password,
        **{"autocommit": True, **more},
    ) as session:  # fmt: skip
        yield session
