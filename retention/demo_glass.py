"""Emergency access in the demonstration: one that was used and told of, one that waits for a second person (§10)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Account, User
from cannonworks import isolation
from processors import glass as glasses
from processors import glass_reports
from processors.models import Glass, Ground


def make(account: Account, *, first: User, second: User, at: datetime) -> Glass:
    """Have ``first`` look into the account with the approval of ``second``, and tell its holder; return that access.

    ``at`` is now: the database makes the login by its own clock. Nobody ever has its password.
    """
    with isolation.acting_as(isolation.of(first)):
        used = glasses.ask(
            actor=first, ground=Ground.CALAMITY, reason="De schijf van de database liep vol.", accounts=[account],
            is_whole=False, may_write=False, hours=1, at=at,
        )  # fmt: skip
    with isolation.acting_as(isolation.of(second)):
        glasses.approve(used, actor=second, at=at)
    with isolation.acting_as(isolation.of(first)):
        glasses.open_login(used, actor=first, at=at)
        used = glasses.account_for(
            used, actor=first, at=at, done="De schijf is vergroot. In de gegevens is niets veranderd."
        )
    with isolation.acting_as(isolation.JOBS):
        while glass_reports.report(used, at=at):
            pass
    with isolation.acting_as(isolation.of(second)):
        glasses.ask(
            actor=second, ground=Ground.UPGRADE, reason="De database gaat over op een nieuwe versie.", accounts=(),
            is_whole=True, may_write=False, hours=4, at=at,
        )  # fmt: skip
    return used
