"""What is shown of usage (§17): numbers of days, weeks or months, and where they come from."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Count, DateField, Func, QuerySet, Sum, Value
from django.db.models.functions import TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.counting import ANEW, measures
from accounts.models import Account, UsageDay, UsageEvent, UsageTotal, User
from accounts.models.usage import CLICKS, Device, Kind, Module
from cannonworks.deadlines import AMSTERDAM, start_of_day

#: Sign-ins that are listed.
LATEST = 10


@dataclass(frozen=True)
class Per:
    """A way to lay out a period that ends today: so many steps of a day, a week or a month."""

    name: str
    label: str | Promise
    steps: int

    def starts(self, on: date) -> list[date]:
        """First days of the steps, the last of which has today in it."""
        if self.name == "month":
            this = on.replace(day=1)
            return [this - relativedelta(months=back) for back in reversed(range(self.steps))]
        days = 7 if self.name == "week" else 1
        this = on - timedelta(days=on.weekday()) if days == 7 else on
        return [this - timedelta(days=days * back) for back in reversed(range(self.steps))]


PERIODS = (Per("day", _("30 days"), 30), Per("week", _("26 weeks"), 26), Per("month", _("12 months"), 12))


def period(name: str | None) -> Per:
    """The period of that name, or the first one."""
    return next((per for per in PERIODS if per.name == name), PERIODS[0])


@dataclass(frozen=True)
class Usage:
    """Numbers of a period: ``starts`` of its steps, ``clicks`` and ``sign_ins`` by step, ``modules`` as a whole.

    ``counted`` has what is counted from other rows, by kind and as a whole.
    """

    starts: list[date]
    clicks: list[int]
    sign_ins: list[int]
    modules: list[tuple[Module, int]]
    counted: dict[Kind, int]


class FirstDay(Func):
    """The first day of the day, week or month in which a day lies; without the time zones of ``Trunc``."""

    template = "DATE_TRUNC(%(expressions)s::timestamp)::date"
    output_field = DateField()


Numbers = Mapping[tuple[date, str, str], int]


def usage_of(account: Account, *, per: Per, on: date, module: str = "") -> Usage:
    """The usage of an account in a period that ends on ``on``; ``module`` narrows the clicks to one part.

    Two queries and one for each measure. The last days come from the events, so that today is in it already.
    """
    starts = per.starts(on)
    numbers = _of_account(account, per, starts[0], on)
    counted = {each.kind: sum(each.of_account(account, starts[0], on).values()) for each in measures()}
    return _usage(starts, numbers, counted, module)


def usage_of_all(*, per: Per, on: date) -> tuple[Usage, list[int]]:
    """The same of all accounts together (small groups apart), and the accounts in use: the most on a day of a step."""
    starts = per.starts(on)
    rows = UsageTotal.objects.filter(on__gte=starts[0], on__lte=on)
    numbers: dict[tuple[date, str, str], int] = {}
    counted, most = Counter[Kind](), [0] * len(starts)
    for day, module, kind, number in rows.values_list("on", "module", "kind", "count"):
        if kind == Kind.ACCOUNT:
            step = _step(starts, day)
            most[step] = max(most[step], number)
        elif kind in (Kind.DOCUMENT, Kind.PAYMENT):
            counted[Kind(kind)] += number
        else:
            numbers[day, module, kind] = number
    return _usage(starts, numbers, dict(counted), ""), most


def devices(account: Account, *, on: date, days: int = 30) -> list[tuple[Device, int]]:
    """Kinds of devices by clicks, in so many days up to and including ``on``; what is used most comes first."""
    since = start_of_day(on - timedelta(days=days - 1))
    found = UsageEvent.objects.filter(account=account, at__gte=since, kind__in=CLICKS).values_list("device")
    return [(Device(name), number) for name, number in found.annotate(number=Count("*")).order_by("-number", "device")]


@dataclass(frozen=True)
class SignIn:
    """One sign-in, as it is listed: who, when, from where and with what."""

    who: str
    at: datetime
    ip_address: str | None
    device: Device


def sign_ins(user: User) -> list[SignIn]:
    """The latest sign-ins: of the whole account for the main user, for others their own. Two queries."""
    found = UsageEvent.objects.filter(account=user.account_id, kind=Kind.SIGN_IN)
    if not user.is_main:
        found = found.filter(user=user.reference)
    rows = list(found.order_by("-at")[:LATEST])
    people = User.objects.filter(account=user.account_id, reference__in={row.user for row in rows})
    names = {person.reference: person.full_name for person in people}
    return [SignIn(names.get(row.user, ""), row.at, row.ip_address, Device(row.device)) for row in rows]


def _of_account(account: Account, per: Per, since: date, on: date) -> Numbers:
    """By first day of a step or, of the last days, by day."""
    # Days that may not have been counted yet, or not for good, are counted here from their events.
    anew = max(since, on - timedelta(days=ANEW))
    days: QuerySet[Any] = UsageDay.objects.filter(account=account, on__gte=since, on__lt=anew)
    steps = days.annotate(step=FirstDay(Value(per.name), "on")).values_list("step", "module", "kind")
    numbers = {row[:3]: row[3] for row in steps.annotate(number=Sum("count"))}
    events: QuerySet[Any] = UsageEvent.objects.filter(account=account, at__gte=start_of_day(anew))
    fresh = events.annotate(day=TruncDate("at", tzinfo=AMSTERDAM)).values_list("day", "module", "kind")
    return numbers | {row[:3]: row[3] for row in fresh.annotate(number=Count("*"))}


def _usage(starts: list[date], numbers: Numbers, counted: dict[Kind, int], module: str) -> Usage:
    clicks, sign_ins_, modules = [0] * len(starts), [0] * len(starts), Counter[str]()
    for (day, where, kind), number in numbers.items():
        if kind == Kind.SIGN_IN:
            sign_ins_[_step(starts, day)] += number
        elif kind in CLICKS:
            modules[where] += number
            if module in ("", where):
                clicks[_step(starts, day)] += number
    named = [(Module(name), number) for name, number in modules.most_common()]
    return Usage(starts, clicks, sign_ins_, named, counted)


def _step(starts: list[date], day: date) -> int:
    return max(bisect_right(starts, day) - 1, 0)
