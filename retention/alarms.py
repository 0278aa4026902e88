"""The two-sided alarm: erased before its floor, or there after its ceiling (§5). "Could not check" is never zero."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Account
from accounts.states import State
from cannonworks import datamap, rules, storage, turns
from cannonworks.datamap import Category
from journal import services as journal
from journal.models import Entry
from relations.models import Departure
from retention import aging, evidence, sweep
from retention.lookups import end_of
from retention.models import Alarm, AlarmKind, Erasure, ErasureWarning, Hold, StatementMail
from rights import tending

log = logging.getLogger(__name__)

Found = tuple[AlarmKind, str, str]  # kind, about (a random reference or a table), detail
#: Rows of one kind that are worth a line of their own; the rest is the same trouble.
MOST = 100
#: Folders of accounts that are looked up at once.
FOLDERS = 5_000
TRIES = 3
STATEMENT_LATE = timedelta(days=3)
#: A person who was erased is proven gone by then; what came back of one stays on the board so long.
PROVEN_WITHIN, SHOWN_FOR = timedelta(hours=2), timedelta(days=7)


def check_everything(*, on: date, at: datetime) -> int:
    """Run every check, raise what is new, clear what is over, and return how many alarms stand."""
    found: dict[tuple[AlarmKind, str], str] = {}
    unknown: set[AlarmKind] = set()
    for kinds, check in CHECKS:
        try:
            with transaction.atomic():
                found.update({(kind, about): detail for kind, about, detail in check(on, at)})
        except Exception as error:
            log.exception("the check %s failed", check.__name__)
            found[AlarmKind.NOT_CHECKED, check.__name__] = type(error).__name__
            unknown.update(kinds)
    return _settle(found, unknown, at)


@transaction.atomic
def _settle(found: dict[tuple[AlarmKind, str], str], unknown: set[AlarmKind], at: datetime) -> int:
    turns.wait_for("alarms")
    standing = {(AlarmKind(alarm.kind), alarm.about): alarm for alarm in Alarm.objects.filter(cleared_at=None)}
    for (kind, about), detail in found.items():
        if (kind, about) not in standing:
            _raise(kind, about, detail, at)
    for (kind, about), alarm in standing.items():
        if (kind, about) not in found and kind not in unknown:  # what could not be checked is not over
            alarm.cleared_at = at
            alarm.save(update_fields=["cleared_at"])
            journal.record("alarm.cleared", clause="5", kind=kind, about=about)
    return Alarm.objects.filter(cleared_at=None).count()


@transaction.atomic
def sound(kind: AlarmKind, about: str, detail: str, *, at: datetime) -> None:
    """Raise an alarm at once, for what does not wait for the next check; a check must find it too, or clears it."""
    turns.wait_for("alarms")
    if not Alarm.objects.filter(kind=kind, about=about, cleared_at=None).exists():
        _raise(kind, about, detail, at)


def _raise(kind: AlarmKind, about: str, detail: str, at: datetime) -> None:
    Alarm.objects.create(kind=kind, about=about, detail=detail, raised_at=at)
    journal.record("alarm.raised", clause="5", kind=kind, about=about)


# --- The checks: each says what it finds; none of them trusts erase_on, which the sweep goes by -----------------


def still_there(on: date, at: datetime) -> Iterator[Found]:
    """Accounts a day past their ceiling that no hold keeps back."""
    for rule in rules.RULES:
        if rule.state in State.values and rule.erase:
            late = Account.objects.filter(state=rule.state, held_since=None, ordered_on=None)
            for account in late.annotate(ceiling=end_of(rule.erase, rule.counted_from)).filter(ceiling__lt=on)[:MOST]:
                yield AlarmKind.TOO_LATE, str(account.reference), f"§{rule.clause}: {account.ceiling}"
    for account in Account.objects.filter(ordered_on__lt=on, held_since=None).exclude(state=State.ERASED)[:MOST]:
        yield AlarmKind.TOO_LATE, str(account.reference), f"§5.5: {account.ordered_on}"
    for account in Account.objects.filter(state=State.TRIAL, trial_ends_on__lt=on, claimed_at=None)[:MOST]:
        yield AlarmKind.TOO_LATE, str(account.reference), f"§2: {account.trial_ends_on}"


def outlived(on: date, at: datetime) -> Iterator[Found]:
    """Books, evidence and deferred data of erased accounts, a day past their own end and past any hold on them."""
    tombstones = Account.objects.filter(state=State.ERASED, claimed_at=None)
    evidence = rules.rule("evidence").erase
    assert evidence is not None  # noqa: S101  it has an end
    late = {
        Category.EVIDENCE: tombstones.annotate(ceiling=end_of(evidence, "erased_on")).filter(
            ceiling__lt=on, erasures__isnull=False
        )
    }
    for category in rules.WITH_THE_ACCOUNT:
        late[category] = tombstones.filter(deferred__contains=[category], erased_on__lt=on)
    for category, accounts in late.items():
        yield from _without_hold(accounts, category, on)
    for entry in datamap.entries(Category.BOOKKEEPING):
        over = entry.model._default_manager.filter(**{f"{entry.until}__lt": on})
        yield from _without_hold(tombstones.filter(pk__in=over.values(entry.account)), Category.BOOKKEEPING, on)


def overaged(on: date, at: datetime) -> Iterator[Found]:
    """Tables with rows that should have gone by themselves a day ago, and that no hold keeps."""
    for age in rules.AGES:
        if aging.left_over(age, on - timedelta(days=1)):
            yield AlarmKind.TOO_LATE, aging.entry_of(age).table, str(age.keep)


def _without_hold(accounts: QuerySet[Account], category: Category, on: date) -> Iterator[Found]:
    until_yesterday = Q(released_on__isnull=True) | Q(released_on__gte=on)
    holds = Hold.objects.filter(until_yesterday, confirmed_on__isnull=False, categories__contains=[category])
    for account in accounts.exclude(pk__in=holds.values("account")).distinct()[:MOST]:
        yield AlarmKind.TOO_LATE, str(account.reference), category.value


def gone_too_early(on: date, at: datetime) -> Iterator[Found]:
    """Erased accounts whose floor had not come, without a letter of the holder."""
    tombstones = Account.objects.filter(state=State.ERASED, ordered_on=None)
    for name in ("lapsed", "cancelled"):
        rule = rules.rule(name)
        assert rule.keep is not None  # noqa: S101  both have a floor
        ended = Q(cancelled_on__isnull=False) if name == "cancelled" else Q(cancelled_on__isnull=True)
        early = tombstones.filter(ended).annotate(floor=end_of(rule.keep, rule.counted_from))
        for account in early.filter(erased_on__lt=F("floor"))[:MOST]:
            yield (
                AlarmKind.TOO_EARLY,
                str(account.reference),
                f"§{rule.clause}: {account.erased_on} < {account.floor}",
            )


def residue(on: date, at: datetime) -> Iterator[Found]:
    """Rows of erased accounts in tables from which everything of theirs should be gone."""
    with connection.cursor() as cursor:
        for entry in datamap.erasable(*rules.WITH_THE_ACCOUNT):
            cursor.execute(
                f'SELECT count(*) FROM accounts_account a JOIN "{entry.table}" ON {entry.owner} = a.id'
                " WHERE a.state = 'erased' AND a.claimed_at IS NULL AND NOT %s = ANY(a.deferred)",
                [entry.category],
            )
            if count := cursor.fetchone()[0]:
                yield AlarmKind.RESIDUE, entry.table, str(count)


def files_left(on: date, at: datetime) -> Iterator[Found]:
    """Folders of erased accounts with files that no hold keeps, and folders of accounts that are not there."""
    for about, categories in islice(_left_behind(), MOST):
        yield AlarmKind.RESIDUE, about, ", ".join(["files", *categories])


def _left_behind() -> Iterator[tuple[str, list[str]]]:
    folders = storage.folders()
    while some := dict(islice(folders, FOLDERS)):
        references = [name for name in some if storage.is_reference(name)]
        accounts = Account.objects.filter(reference__among=references)
        known = {str(account.reference): account for account in accounts}
        for name, categories in some.items():
            account = known.get(name)
            if account is None:
                yield name[:80], categories
            elif account.state != State.ERASED or account.claimed_at:
                continue
            elif left := sorted({*categories} - {*account.deferred}):
                yield name, left


def came_back(on: date, at: datetime) -> Iterator[Found]:
    """People of whom something was found after they were erased, until a week after they are proven gone."""
    lasting = Q(proven_at=None) | Q(proven_at__gt=at - SHOWN_FOR)
    for row in Departure.objects.filter(lasting, found__gt=0).order_by("pk")[:MOST]:
        yield AlarmKind.RESIDUE, str(row.person), f"{row.kind}: {row.found}"


def not_proven(on: date, at: datetime) -> Iterator[Found]:
    """People who were erased, and of whom that is not proven though a job should long have done it."""
    for row in Departure.objects.filter(proven_at=None, removed_at__lt=at - PROVEN_WITHIN).order_by("pk")[:MOST]:
        yield AlarmKind.NOT_CHECKED, str(row.person), row.kind


def vanished(on: date, at: datetime) -> Iterator[Found]:
    """Accounts that signed up, whose row is gone while their evidence is still here."""
    known = Account.objects.values("reference")
    for entry in Entry.objects.filter(event="account.signed_up").exclude(account_reference__in=known)[:MOST]:
        yield AlarmKind.VANISHED, str(entry.account_reference), ""


def stopped(on: date, at: datetime) -> Iterator[Found]:
    """The kill switch, rules that wait for approval, the cap."""
    why = sweep.why_stopped(at)
    if why == "switched off":
        yield AlarmKind.STOPPED, "", ""
    elif why:
        yield AlarmKind.RULES, "", rules.digest()
    if Account.objects.due(on).exists() and not sweep.left_under_cap(on):
        yield AlarmKind.CAP, "", str(settings.RETENTION_NIGHTLY_CAP)


def parked(on: date, at: datetime) -> Iterator[Found]:
    """Erasures that failed too often."""
    for run in Erasure.objects.parked()[:MOST]:
        yield AlarmKind.PARKED, str(run.reference), run.failure


def undelivered(on: date, at: datetime) -> Iterator[Found]:
    """Mail that keeps failing."""
    for warning in ErasureWarning.objects.filter(sent_at=None, attempts__gte=TRIES).select_related("account")[:MOST]:
        yield AlarmKind.WARNING, str(warning.account.reference), f"{warning.days}: {warning.failure}"
    late = StatementMail.objects.filter(made_on__lt=on - STATEMENT_LATE, erasure__statement__isnull=False)
    for mail in late.select_related("account")[:MOST]:
        yield AlarmKind.STATEMENT, str(mail.account.reference), ""


def unreviewed(on: date, at: datetime) -> Iterator[Found]:
    """Holds past their review date."""
    for hold in Hold.objects.active().filter(review_on__lte=on).select_related("account")[:MOST]:
        yield AlarmKind.REVIEW, str(hold.account.reference), f"{hold.review_on}"


def unproven(on: date, at: datetime) -> Iterator[Found]:
    """A journal that was found broken, was not looked at for long, or is not sealed any more."""
    for about, detail in evidence.complaints():
        yield AlarmKind.JOURNAL, about, detail


def waiting(on: date, at: datetime) -> Iterator[Found]:
    """Requests and returns of data that wait too long, and mails about them that keep failing (§6, §15)."""
    for kind, about, detail in tending.troubles(at):
        yield AlarmKind(kind), about, detail


Check = Callable[[date, datetime], Iterator[Found]]
CHECKS: list[tuple[tuple[AlarmKind, ...], Check]] = [
    ((AlarmKind.TOO_LATE,), still_there),
    ((AlarmKind.TOO_LATE,), outlived),
    ((AlarmKind.TOO_LATE,), overaged),
    ((AlarmKind.TOO_EARLY,), gone_too_early),
    ((AlarmKind.RESIDUE,), residue),
    ((AlarmKind.RESIDUE,), files_left),
    ((AlarmKind.RESIDUE,), came_back),
    ((AlarmKind.NOT_CHECKED,), not_proven),
    ((AlarmKind.VANISHED,), vanished),
    ((AlarmKind.STOPPED, AlarmKind.RULES, AlarmKind.CAP), stopped),
    ((AlarmKind.PARKED,), parked),
    ((AlarmKind.WARNING, AlarmKind.STATEMENT), undelivered),
    ((AlarmKind.REVIEW,), unreviewed),
    ((AlarmKind.JOURNAL,), unproven),
    ((AlarmKind.REQUEST, AlarmKind.RETURN, AlarmKind.MAIL), waiting),
]


def also(check: Check, *kinds: AlarmKind) -> None:
    """Run this check with the others: for an app above this one, once it is ready. It alone raises these kinds."""
    CHECKS.append((kinds, check))
