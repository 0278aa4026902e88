"""The life of an account. A state changes in ``move`` and nowhere else; ``on`` is always an Amsterdam day."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Account, Company, DataKey, ErasureRequest, User
from accounts.states import TRANSITIONS, State
from cannonworks import isolation, rules
from cannonworks.datamap import Role
from cannonworks.encryption import keyring, new_data_key
from cannonworks.errors import KeyUnavailable, Refused
from cannonworks.isolation import Identity
from journal import services as journal

#: No letters or digits that are taken for one another when read from paper.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@transaction.atomic
def sign_up(
    *, company: Mapping[str, Any], main_user: Mapping[str, Any], on: date, trial_days: int | None = None
) -> Account:
    """Open an account in its trial (§1, §2), with its company, its main user and its own data key."""
    days = settings.TRIAL_DAYS if trial_days is None else trial_days
    account = Account(signed_up_on=on, trial_ends_on=on + timedelta(days=days))
    account.full_clean()
    account.save(force_insert=True)
    with _as_holder(account):
        _save_clean(Company(account=account, **company))
        password = main_user.get("password")
        user = User(account=account, is_main=True, **{k: v for k, v in main_user.items() if k != "password"})
        user.email = user.email.lower()
        user.set_password(password)
        _save_clean(user)
        key_id, wrapped = keyring().wrap(new_data_key(), account=str(account.reference))
        DataKey.objects.create(account=account, key_id=key_id, wrapped=wrapped, made_at=timezone.now())
    journal.record("account.signed_up", account=account, actor=user, clause="1", trial_ends_on=account.trial_ends_on)
    return account


@transaction.atomic
def activate_account(account: Account, *, actor: User, on: date) -> Account:
    """Turn a trial, or a trial that ended, into a running account (§2); withdraws a request for erasure."""
    return _resume(account, actor=actor, on=on, allowed=(State.TRIAL, State.LAPSED), event="account.activated")


@transaction.atomic
def reactivate_account(account: Account, *, actor: User, on: date) -> Account:
    """Let a cancelled account run again, until the day before its erasure (§5.4); withdraws a request for erasure."""
    return _resume(account, actor=actor, on=on, allowed=(State.CANCELLED,), event="account.reactivated")


@transaction.atomic
def cancel_account(account: Account, *, actor: User, on: date, erase_immediately: bool = False) -> Account:
    """End the account on ``on``; its data stays two years (§5.4), or until a registered letter comes in (§5.5)."""
    account = lock(account)
    check_decides(actor, account)
    move(account, State.CANCELLED, cancelled_on=on)
    journal.record("account.cancelled", account=account, actor=actor, clause="5.4", erase_on=account.erase_on)
    if erase_immediately:
        _open_request(account, actor=actor, on=on)
    return account


@transaction.atomic
def lapse_account(account: Account, *, on: date) -> Account:
    """Note that the trial ended unactivated (§2, §5.3); done by the sweep. The row is locked by the caller."""
    if on < account.trial_ends_on:
        raise Refused("trial_runs", _("The trial is still running."), clause="2")
    move(account, State.LAPSED)
    journal.record("account.lapsed", account=account, clause="5.3", erase_on=account.erase_on)
    return account


@transaction.atomic
def request_erasure(account: Account, *, actor: User, on: date) -> ErasureRequest:
    """Ask for erasure at once (§5.5, §6). It counts when the registered letter with the request's code is confirmed."""
    account = lock(account)
    check_decides(actor, account)
    if account.state == State.ACTIVE:
        raise Refused(
            "still_active",
            _("Cancel your account first; you can ask for erasure in the same step."),
            clause="5.5",
        )
    check_not_going(account)
    return _open_request(account, actor=actor, on=on)


@transaction.atomic
def withdraw_erasure(account: Account, *, actor: User, on: date) -> None:
    """Take back a request for erasure at once, as long as its letter is not confirmed (§6)."""
    account = lock(account)
    check_decides(actor, account)
    request = open_request(account)
    _withdraw(request, account=account, actor=actor, on=on)


@transaction.atomic
def order_erasure(request: ErasureRequest, *, actor: User, on: date) -> Account:
    """Make the account due on ``on``: its registered letter was confirmed (§5.5, §6), whatever its state."""
    account = lock(request.account)
    if account.state == State.ACTIVE:
        raise Refused("still_active", _("The account is active; its request was withdrawn with the activation."))
    check_not_going(account)
    if open_request(account) != request:
        raise Refused("request_withdrawn", _("This request is not open any more."), clause="6")
    request.granted_on = on
    request.save(update_fields=["granted_on"])
    account.ordered_on = on
    apply_rules(account)
    account.save()
    journal.record("erasure.ordered", account=account, actor=actor, clause="5.5", code=request.code)
    return account


def move(account: Account, state: State, **dates: date | None) -> None:
    """Set the state and its dates, let the rules set the windows, and save; Refused for a step that does not exist.

    The caller holds the lock on the row (``lock``) and writes the journal, in one transaction with this.
    """
    if state not in TRANSITIONS[State(account.state)]:
        raise Refused(
            "no_such_step",
            _("An account that is “%(from)s” cannot become “%(to)s”.")
            % {"from": State(account.state).label, "to": state.label},
            clause="5",
        )
    account.state = state
    for name, value in dates.items():
        setattr(account, name, value)
    apply_rules(account)
    account.save()


def finish_erasure(ids: Collection[int], *, erased_on: date, erase_on: date | None, deferred: list[str]) -> None:
    """Write what erasure left of claimed accounts that are alike; the database checks each step to erased."""
    Account.objects.filter(pk__among=ids).update(
        state=State.ERASED, claimed_at=None, blocked_at=None, warn_on=None, erased_on=erased_on, erase_on=erase_on,
        deferred=deferred,
    )  # fmt: skip


def apply_rules(account: Account) -> None:
    """Set floor, erasure and first warning of a living account as its rule says; saves nothing."""
    if account.state == State.ERASED:
        return  # what falls due of a tombstone is computed by retention, which knows what is left
    dates = dates_of(account)
    own = rules.rule_for(account.state, {**dates, "ordered_on": None}).window(dates)
    account.keep_until = own.kept_until  # the floor of the state stays visible behind the holder's own word
    account.erase_on = rules.rule_for(account.state, dates).window(dates).erase_on
    account.warn_on = None
    if own.erase_on and not account.ordered_on:  # who asked for it by letter needs no warning
        account.warn_on = own.erase_on - timedelta(days=max(rules.WARNING_DAYS))


def dates_of(account: Any) -> dict[str, date | None]:
    """The dates of an account, or of its bare row, from which rules count."""
    names = ("signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on", "erased_on")
    return {name: getattr(account, name) for name in names}


def lock(account: Account) -> Account:
    """The same account, its row locked against every other change until the transaction ends."""
    try:
        return Account.objects.select_for_update().get(pk=account.pk)
    except Account.DoesNotExist:
        raise Refused("erased", _("This account has been erased.")) from None


def check_writable(account: Account) -> None:
    """Refuse work in an account that is not running (§2, §5.4) or is being erased."""
    check_not_going(account)
    if not account.is_writable:
        raise Refused(
            "read_only",
            _("This account is not running, so nothing can be changed in it. Activate it to go on."),
            clause="5",
        )


def check_staff(actor: User) -> None:
    """Refuse what only members of staff of CannonWorks may do."""
    if not actor.is_staff:
        raise Refused("not_staff", _("Only staff can do this."))


def data_key(account: Account) -> bytes:
    """The account's own data key, unwrapped. KeyUnavailable when it is destroyed or the wrapping key is missing."""
    return _unwrapped(DataKey.objects.filter(account=account).first(), str(account.reference))


def file_key(reference: str, to_write: bool) -> bytes:
    """The key of an account's files, by its reference. KeyUnavailable when there is none any more.

    ``to_write``: Refused when the account is being erased; until the transaction ends it cannot be claimed for that.
    """
    if to_write:
        with connection.cursor() as cursor:  # the same lock as a row that points at the account takes
            cursor.execute(
                "SELECT claimed_at IS NOT NULL OR state = 'erased' FROM accounts_account WHERE reference = %s"
                " FOR KEY SHARE",
                [reference],
            )
            if cursor.fetchone() == (True,):
                raise Refused("being_erased", _("This account is being erased; that cannot be stopped any more."))
    row = DataKey.objects.filter(account__reference=reference).first()
    return _unwrapped(row, reference)


def open_request(account: Account) -> ErasureRequest:
    """The account's open request for erasure at once; Refused when there is none."""
    request = ErasureRequest.objects.open().filter(account=account).first()
    if request is None:
        raise Refused("no_request", _("There is no open request for erasure."), clause="6")
    return request


def _unwrapped(row: DataKey | None, reference: str) -> bytes:
    if row is None:
        raise KeyUnavailable("The data key of this account does not exist any more.")
    return keyring().unwrap(row.key_id, bytes(row.wrapped), account=reference)


def _resume(account: Account, *, actor: User, on: date, allowed: tuple[State, ...], event: str) -> Account:
    account = lock(account)
    check_decides(actor, account)
    check_not_going(account)
    if account.state == State.TRIAL and on >= account.trial_ends_on:
        lapse_account(account, on=on)  # the sweep has not come by yet; its windows count all the same
    if account.erase_on and on >= account.erase_on:
        raise Refused(
            "too_late",
            _("This account was due for erasure on %(day)s and cannot be activated any more.")
            % {"day": date_format(account.erase_on, "j F Y")},
            clause="5.4",
        )
    if account.state not in allowed:
        raise Refused(
            "no_such_step",
            _("An account that is “%(from)s” cannot become “%(to)s”.")
            % {"from": State(account.state).label, "to": State.ACTIVE.label},
            clause="5",
        )
    for request in ErasureRequest.objects.open().filter(account=account):
        _withdraw(request, account=account, actor=actor, on=on)
    move(account, State.ACTIVE, cancelled_on=None, held_since=None)
    journal.record(event, account=account, actor=actor, clause="5.1")
    return account


def _open_request(account: Account, *, actor: User, on: date) -> ErasureRequest:
    if ErasureRequest.objects.open().filter(account=account).exists():
        raise Refused("already_asked", _("You already asked for erasure; send us the letter."), clause="6")
    symbols = "".join(secrets.choice(CODE_ALPHABET) for _i in range(8))
    request = ErasureRequest.objects.create(
        account=account, code=f"CW-{symbols[:4]}-{symbols[4:]}", asked_on=on, asked_by=actor.reference
    )
    journal.record("erasure.requested", account=account, actor=actor, clause="5.5", code=request.code)
    return request


def _withdraw(request: ErasureRequest, *, account: Account, actor: User, on: date) -> None:
    request.withdrawn_on = on
    request.save(update_fields=["withdrawn_on"])
    journal.record("erasure.withdrawn", account=account, actor=actor, clause="6", code=request.code)


def check_decides(actor: User, account: Account) -> None:
    """Refuse what only the main user of the account decides."""
    if not (actor.is_main and actor.account_id == account.pk):
        raise Refused("not_main_user", _("Only the main user of the account can do this."))


def check_not_going(account: Account) -> None:
    """Refuse what an account cannot do any more that is erased, being erased, or ordered to be (§5.5, §6)."""
    if account.state == State.ERASED:
        raise Refused("erased", _("This account has been erased."), clause="5")
    if account.claimed_at is not None:
        raise Refused("being_erased", _("This account is being erased; that cannot be stopped any more."), clause="5")
    if account.ordered_on is not None:
        raise Refused(
            "erasure_confirmed",
            _("Your registered letter was confirmed; this account is being erased."),
            clause="5.5",
        )


def _as_holder(account: Account) -> AbstractContextManager[None]:
    """Let a visitor, who may open an account and no more, write what is in it: the rows of this one account."""
    if isolation.current() != isolation.VISITOR:
        return nullcontext()
    return isolation.acting_as(Identity(Role.HOLDER, account.pk))


def _save_clean(row: Company | User) -> None:
    row.full_clean()
    row.save(force_insert=True)
