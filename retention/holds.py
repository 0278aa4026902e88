"""Holds: placed by one member of staff, confirmed by another, reviewed within a year (§5, last paragraph).

Every confirmation and release locks the account's row, as the claim of an erasure does: one of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import check_staff, lock
from accounts.states import State
from cannonworks.datamap import Category
from cannonworks.errors import Refused
from journal import services as journal
from retention import schedule, tasks
from retention.models import Ground, Hold

REVIEW_WITHIN = relativedelta(years=1)


@transaction.atomic
def place_hold(
    account: Account,
    *,
    actor: User,
    name: str,
    categories: Iterable[str],
    ground: Ground,
    basis: str,
    proportionality: str,
    on: date,
    review_on: date | None = None,
) -> Hold:
    """Propose a hold on categories of an account; it stops nothing until a second member of staff confirms it.

    ``review_on`` is at most a year after ``on`` (default: exactly a year). Refused for categories already erased and
    for an account that is being erased.
    """
    account = lock(account)
    check_staff(actor)
    wanted = [Category(category) for category in categories]
    _check_still_there(account, wanted)
    review_on = review_on or on + REVIEW_WITHIN
    if not on < review_on <= on + REVIEW_WITHIN:
        raise Refused("review_date", _("The review date lies within a year from now."), clause="5")
    if Hold.objects.filter(account=account, name=name, released_on=None).exists():
        raise Refused("hold_name", _("There is already a hold with this name on the account."), clause="5")
    hold = Hold(
        account=account, name=name, categories=wanted, ground=ground, basis=basis, proportionality=proportionality,
        review_on=review_on, placed_on=on, placed_by=actor,
    )  # fmt: skip
    hold.full_clean()
    hold.save(force_insert=True)
    journal.record("hold.placed", account=account, actor=actor, clause="5", categories=wanted, ground=ground)
    return hold


@transaction.atomic
def confirm_hold(hold: Hold, *, actor: User, on: date) -> Hold:
    """Confirm as the second member of staff; from now the held categories are not erased."""
    account = lock(hold.account)
    check_staff(actor)
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    if hold.confirmed_on or hold.released_on:
        raise Refused("hold_settled", _("This hold has been confirmed or released already."), clause="5")
    _check_still_there(account, [Category(name) for name in hold.categories])
    hold.confirm(actor=actor, on=on)
    _look_again(account)
    journal.record("hold.confirmed", account=account, actor=actor, clause="5", categories=hold.categories)
    return hold


@transaction.atomic
def release_hold(hold: Hold, *, actor: User, on: date) -> Hold:
    """End a hold; what it deferred is carried out at once, by the sweep that this queues."""
    account = lock(hold.account)
    check_staff(actor)
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    if hold.released_on:
        raise Refused("hold_released", _("This hold has been released already."), clause="5")
    hold.released_by, hold.released_on = actor, on
    hold.save(update_fields=["released_by", "released_on"])
    _look_again(account)
    journal.record("hold.released", account=account, actor=actor, clause="5", categories=hold.categories)
    transaction.on_commit(lambda: tasks.erase_account.delay(account.pk), robust=True)
    return hold


def _look_again(account: Account) -> None:
    """Let the sweep see the account as its holds are now."""
    account.held_since = None
    if account.state == State.ERASED:
        account.erase_on = schedule.next_due(schedule.history_of(account))
    account.save(update_fields=["held_since", "erase_on"])


def _check_still_there(account: Account, wanted: list[Category]) -> None:
    if account.claimed_at is not None:
        raise Refused("being_erased", _("This account is being erased; that cannot be stopped any more."), clause="5")
    if account.state == State.ERASED:
        left = {fate.category for fate in schedule.schedule(schedule.history_of(account))}
        if not account.erasures.exists():  # the runs themselves are evidence: of an erased account it has gone
            left.discard(Category.EVIDENCE)
        gone = [category.label for category in wanted if category not in left]
        if gone:
            raise Refused(
                "already_erased",
                _("Already erased: %(what)s.") % {"what": ", ".join(map(str, gone))},
                clause="5",
            )
