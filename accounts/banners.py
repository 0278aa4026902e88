"""What stands above every page of an account as long as it must be seen: each app says its own.

Asked along with the company, which every page shows: a banner costs an index probe in a query that is made anyway.
An app registers its banner where it is started (``AppConfig.ready``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models.expressions import BaseExpression

from accounts.models import Company
from cannonworks.readymade import Readymade


@dataclass(frozen=True)
class Banner:
    """``probe`` makes an expression over rows of companies; where its value is not empty, ``template`` shows it."""

    name: str
    template: str
    probe: Callable[[], BaseExpression]


_banners: dict[str, Banner] = {}


def banner(name: str, *, template: str, probe: Callable[[], BaseExpression]) -> None:
    """Register a banner under a name of its own."""
    _banners[name] = Banner(name, template, probe)


def company_of(account_id: int | None) -> Company | None:
    """The company of an account, with what its banners need to know: one query."""
    return _asked(tuple(_banners.values())).row(account_id)


@cache
def _asked(banners: tuple[Banner, ...]) -> Readymade:
    probes = {f"banner_{each.name}": each.probe() for each in banners}
    return Readymade(lambda account: Company.objects.filter(account=account).annotate(**probes))


def shown(company: Any) -> list[tuple[str, Any]]:
    """Templates and values of the banners that a company, as of ``company_of``, has to see."""
    values = [(each.template, getattr(company, f"banner_{each.name}", None)) for each in _banners.values()]
    return [(template, value) for template, value in values if value]
