"""Lists in a browser: an order to choose, pages back and forth from a place in it (see ``pages``), and a search.

What somebody looks for is a name or number of somebody, and addresses of pages end up in logs: a search is posted, and
stands sealed in the address that it leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.http import urlencode

from cannonworks.pages import Rows, backwards, open_place, place_of, rows_from, seal_place

PAGE = 50


@dataclass(frozen=True)
class Order:
    """An order that a list can have: its name in the address, its label, its columns, of which the last is unique."""

    name: str
    label: str | Promise
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """One page of a list: its rows, and the query (``?…``) of the pages before and after it; empty: there is none."""

    rows: list[Any]
    order: Order
    orders: Sequence[Order]
    previous: str
    next: str

    @property
    def has_pages(self) -> bool:
        return bool(self.previous or self.next)


def listing(
    request: HttpRequest, rows: QuerySet | Rows, orders: Sequence[Order], *, size: int = PAGE, name: str = ""
) -> Listing:
    """The page of ``rows`` that ``?order=…&after=…`` or ``&before=…`` asks for: one query, ``size`` + 1 rows at most.

    A second list on a page has a ``name``, which stands before these words: ``?reports-after=…``.

    The first order is the usual one. What the address says that makes no sense is as if it were not there; its other
    parameters (a search, a filter) stay in the addresses of the pages around.
    """
    prefix = f"{name}-" if name else ""
    order = next((each for each in orders if each.name == request.GET.get(f"{prefix}order")), orders[0])
    whose = f"{request.path} {getattr(request.user, 'pk', '')} {prefix}{order.name}"
    back, place = _place(request, whose, len(order.columns), prefix)
    columns = backwards(order.columns) if back else list(order.columns)
    page = rows_from(rows, columns, place, size + 1)
    more, page = len(page) > size, page[:size]
    if back:
        page.reverse()
    earlier, later = (more, bool(page)) if back else (bool(place) and bool(page), more)
    return Listing(
        page,
        order,
        orders,
        previous=_query(request, prefix, before=seal_place(place_of(page[0], order.columns), whose)) if earlier else "",
        next=_query(request, prefix, after=seal_place(place_of(page[-1], order.columns), whose)) if later else "",
    )


def search_address(request: HttpRequest, said: Mapping[str, Any], name: str = "search") -> str:
    """The address of the list with what was posted to it: what is called ``name`` sealed, the rest as it is if there.

    What is sealed opens in this list for this user alone: ``searched``.
    """
    told = {name: value for name, value in said.items() if value}
    if words := told.get(name):
        told[name] = seal_place([words], _whose_search(request))
    return f"{request.path}?{urlencode(told)}".rstrip("?")


def searched(request: HttpRequest, name: str = "search") -> str:
    """The words that the list in this address is searched for; empty without any, and when sealed elsewhere."""
    try:
        return str(open_place(request.GET.get(name, ""), _whose_search(request))[0])
    except ValueError:
        return ""


def _whose_search(request: HttpRequest) -> str:
    return f"{request.path} {getattr(request.user, 'pk', '')} search"


def _place(request: HttpRequest, whose: str, columns: int, prefix: str) -> tuple[bool, list[Any] | None]:
    for name in ("before", "after"):
        if cursor := request.GET.get(prefix + name):
            try:
                place = open_place(cursor, whose)
            except ValueError:
                continue
            if len(place) == columns:
                return name == "before", place
    return False, None


def _query(request: HttpRequest, prefix: str, **place: str) -> str:
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(prefix + name, None)
    query.update({prefix + name: cursor for name, cursor in place.items()})
    return f"?{query.urlencode()}"
