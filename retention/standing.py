"""How living accounts stand, by the ledger: state, order, block, holds; so that a restored backup has them too (§14).

A backup is of the past: without this a customer who came back since would be erased by it, a hold that was placed since
would not stand in the door, and one that was released would keep what is gone. A line tells the whole standing of one
account by random references, so that the last line of an account counts and the ones before it need not be read. The
words of a hold (name, legal basis, proportionality) are people's own and stay out of a file that nothing is ever
erased from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.services import apply_rules, lock, move
from accounts.states import State
from cannonworks import turns
from cannonworks.deadlines import in_amsterdam, local_date
from journal import services as journal
from retention import ledger, schedule
from retention.models import Hold, LedgerNote

#: What the ledger calls such a line.
LINE = "standing"
#: Accounts that are told in one transaction, with one write to the ledger.
PORTION = 1_000
#: A hold whose words a backup does not have is looked at by people within so long.
REVIEW_WITHIN = timedelta(days=7)


def tell(*, at: datetime) -> int:
    """Tell the ledger how every account stands of which something changed; return how many lines it got.

    One worker at a time, so that of two lines about an account the later one is the newer. A worker killed behind its
    write tells the same again.
    """
    told = 0
    while lines := _tell(at):
        told += lines
    return told


@transaction.atomic
def _tell(at: datetime) -> int:
    turns.wait_for("standing in the ledger")
    notes = list(LedgerNote.objects.order_by("pk").values_list("pk", "account")[:PORTION])
    newest = {account: pk for pk, account in notes}
    holds = _holds(newest)
    accounts = Account.objects.filter(pk__in=newest).order_by("pk")
    ledger.append([_line(account, holds.get(account.pk, []), newest[account.pk], at) for account in accounts])
    LedgerNote.objects.filter(pk__in=[pk for pk, _account in notes]).delete()
    return len(newest)


def _holds(accounts: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for hold in Hold.objects.active().filter(account__in=accounts).select_related("placed_by", "confirmed_by"):
        found.setdefault(hold.account_id, []).append(
            {
                "hold": str(hold.reference),
                "categories": sorted(hold.categories),
                "ground": hold.ground,
                "review_on": hold.review_on.isoformat(),
                "placed_on": hold.placed_on.isoformat(),
                "placed_by": str(hold.placed_by.reference),
                "confirmed_on": hold.confirmed_on.isoformat(),  # type: ignore[union-attr]  # it is active
                "confirmed_by": str(hold.confirmed_by.reference),  # type: ignore[union-attr]
            }
        )
    return {pk: sorted(holds, key=lambda hold: hold["hold"]) for pk, holds in found.items()}


def _line(account: Account, holds: list[dict[str, Any]], note: int, at: datetime) -> dict[str, Any]:
    days = {name: getattr(account, name) for name in ("cancelled_on", "ordered_on")}
    return {
        "kind": LINE,
        "account": str(account.reference),
        "categories": [],  # nothing of it is gone: who looks for that passes by
        "state": account.state,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "blocked_at": account.blocked_at.isoformat() if account.blocked_at else None,
        "holds": holds,
        "note": note,
        "at": in_amsterdam(at).isoformat(timespec="seconds"),
    }


# --- After a restore -----------------------------------------------------------------------------------------


@dataclass
class Restored:
    """What was set as the ledger has it: numbers of accounts, and of holds by what became of them."""

    states: int = 0
    blocked: int = 0
    unblocked: int = 0
    holds_placed: int = 0
    holds_released: int = 0


@transaction.atomic
def set_again(line: Mapping[str, Any], done: Restored, *, at: datetime) -> None:
    """Bring an account to what its last line in the ledger says, and count in ``done`` what that changed.

    An account that is not in this database, or that is newer here than the line, stays as it is; so does what an
    erasure has in hand, or did: that is told by lines of its own. The rules set its windows.
    """
    account = Account.objects.filter(reference=line["account"]).first()
    if account is None or LedgerNote.objects.filter(account=account, pk__gt=line["note"]).exists():
        return
    account = lock(account)
    before = Restored(**vars(done))
    if account.state != State.ERASED and account.claimed_at is None:
        _walk(account, line, done)
    _set_holds(account, line["holds"], done, at=at)
    if done != before:
        facts = {"state": line["state"], "blocked": bool(line["blocked_at"]), "holds": len(line["holds"])}
        journal.record("standing.restored", account=account, clause="14", **facts)


def _walk(account: Account, line: Mapping[str, Any], done: Restored) -> None:
    """Along the only steps between states, so that database and rules have their say."""
    wanted, cancelled_on, ordered_on = State(line["state"]), _day(line["cancelled_on"]), _day(line["ordered_on"])
    stood = (account.state, account.cancelled_on, account.ordered_on, account.blocked_at)
    if wanted in (State.ACTIVE, State.CANCELLED) and (account.state, account.cancelled_on) != (wanted, cancelled_on):
        if account.state != State.ACTIVE:
            account.ordered_on = None
            move(account, State.ACTIVE, cancelled_on=None, held_since=None)
        if wanted == State.CANCELLED:
            move(account, State.CANCELLED, cancelled_on=cancelled_on)
    account.ordered_on = ordered_on if account.state != State.ACTIVE else None
    account.blocked_at = datetime.fromisoformat(line["blocked_at"]) if line["blocked_at"] else None
    if stood == (account.state, account.cancelled_on, account.ordered_on, account.blocked_at):
        return
    apply_rules(account)
    account.save()
    done.states += stood[:3] != (account.state, account.cancelled_on, account.ordered_on)
    done.blocked += stood[3] is None and account.blocked_at is not None
    done.unblocked += stood[3] is not None and account.blocked_at is None


def _set_holds(account: Account, wanted: Collection[Mapping[str, Any]], done: Restored, *, at: datetime) -> None:
    there = {str(hold.reference): hold for hold in Hold.objects.filter(account=account)}
    named = {hold["hold"] for hold in wanted}
    over = [hold for name, hold in there.items() if hold.confirmed_on and not hold.released_on and name not in named]
    for hold in over:  # by whom, the journal of before knew; that it was released is what the ledger says
        hold.released_on = max(local_date(at), hold.placed_on)
        hold.save(update_fields=["released_on"])
    for said in wanted:
        found = there.get(said["hold"])
        if found is None or found.confirmed_on is None or found.released_on is not None:
            _place(account, found, said, at=at)
            done.holds_placed += 1
    done.holds_released += len(over)
    if over or done.holds_placed:
        account.held_since = None
        if account.state == State.ERASED and account.claimed_at is None:
            account.erase_on = schedule.next_due(schedule.history_of(account))
        account.save(update_fields=["held_since", "erase_on"])


def _place(account: Account, hold: Hold | None, said: Mapping[str, Any], *, at: datetime) -> None:
    """As it stood; where the backup has not its words, with words that say so, and soon to be looked at."""
    if hold is None:
        words = _("Set again from the erasure ledger after a restore. Add the words that were given for it.")
        soon = max(date.fromisoformat(said["placed_on"]), local_date(at)) + REVIEW_WITHIN
        hold = Hold(
            reference=said["hold"], account=account, name=_("Restored %(hold)s") % {"hold": said["hold"][:8]},
            categories=said["categories"], ground=said["ground"], basis=words, proportionality=words,
            review_on=min(soon, max(date.fromisoformat(said["review_on"]), local_date(at) + timedelta(days=1))),
            placed_on=said["placed_on"], placed_by=_staff(said["placed_by"]),
        )  # fmt: skip
    hold.confirmed_by, hold.confirmed_on = _staff(said["confirmed_by"]), date.fromisoformat(said["confirmed_on"])
    hold.released_by = hold.released_on = None
    hold.save()


def _staff(reference: str) -> User:
    """The member of staff of this reference; one whom the backup does not know is there by that alone, and shut out."""
    user = User.objects.filter(reference=reference).first()
    if user is None:
        user = User(
            reference=UUID(reference),
            email=f"{reference}@restored.invalid",
            is_staff=True,
            is_active=False,
            language="nl",
        )
        user.set_unusable_password()
        user.save(force_insert=True)
    return user


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
