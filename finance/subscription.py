"""The subscription (§5): an account that is activated is charged, and again for each period as long as it is active.

Activating is the accounts' own affair (``accounts.services``); here it is done together with the invoice that goes with
it, by which page and API activate.
"""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from accounts.models import Account, User
from accounts.services import activate_account, lock, reactivate_account
from accounts.states import State
from finance.bookkeeping import Period, charge_subscription
from finance.models import SubscriptionInvoice

#: Accounts that one run of the job charges at most; the next one goes on.
PORTION = 5000


@transaction.atomic
def activate(account: Account, *, actor: User, on: date) -> Account:
    """Activate an account (§2) and charge its first period, in one transaction; Refused as ``activate_account``."""
    account = activate_account(account, actor=actor, on=on)
    charge_period(account, on=on, actor=actor, anew=True)
    return account


@transaction.atomic
def reactivate(account: Account, *, actor: User, on: date) -> Account:
    """Let a cancelled account run again (§5.4); charged from ``on``, unless what it paid for before still runs."""
    account = reactivate_account(account, actor=actor, on=on)
    charge_period(account, on=on, actor=actor, anew=True)
    return account


@transaction.atomic
def charge_period(
    account: Account, *, on: date, actor: User | None = None, anew: bool = False
) -> SubscriptionInvoice | None:
    """Charge the period that has to be charged on ``on``, and mail the invoice; None when none has (any more).

    ``anew``: the account did not run until now, so what is charged begins on ``on``.
    Locks the account, so of two that do this at the same moment one finds it done; the database holds it as well.
    """
    account = lock(account)
    period = next_period(account, on=on, anew=anew)
    if period is None:
        return None
    invoice = charge_subscription(account, on=on, period=period, actor=actor)
    _queue(invoice)
    return invoice


def next_period(account: Account, *, on: date, anew: bool = False) -> Period | None:
    """The period to charge on ``on``: it follows the last one, unless that is a whole period ago, or ``anew``.

    None while the last one runs. Months count from the first day of the run, so 31 January is followed by 28 February
    and 31 March.
    """
    last = (
        SubscriptionInvoice.objects.filter(account=account, period_until__isnull=False).order_by("period_until").last()
    )
    if last is None:
        return _period(on, first=on)
    if last.period_until > on:
        return None
    following = _period(last.period_until, first=last.counted_from)
    return _period(on, first=on) if anew or following.end <= on else following


def charged_until(account: Account, *, on: date) -> date | None:
    """The first day that is not charged yet, where it lies after ``on``; None: reactivating today is charged today."""
    runs = SubscriptionInvoice.objects.filter(account=account, period_until__gt=on).order_by("period_until").last()
    return runs.period_until if runs else None


def charge_due(*, on: date) -> int:
    """Charge every active account whose period is over on ``on``, each by itself; return how many were charged."""
    running = SubscriptionInvoice.objects.filter(account=OuterRef("pk"), period_until__gt=on)
    due = Account.objects.filter(~Exists(running), state=State.ACTIVE).order_by("pk")[:PORTION]
    return sum(_charged(account, on) for account in due)


def _charged(account: Account, on: date) -> bool:
    try:
        with transaction.atomic():
            account = lock(account)
            return account.state == State.ACTIVE and charge_period(account, on=on) is not None
    except IntegrityError:  # somebody else did it at this very moment
        return False


def _period(start: date, *, first: date) -> Period:
    months = settings.SUBSCRIPTION_MONTHS
    count = 1
    while (end := first + relativedelta(months=months * count)) <= start:
        count += 1
    return Period(start, end, first)


def _queue(invoice: SubscriptionInvoice) -> None:
    from finance.tasks import send_invoice

    # A lost message costs a day: the daily run sends what was not sent.
    transaction.on_commit(lambda: send_invoice.delay(invoice.pk), robust=True)
