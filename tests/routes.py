"""Every address of the product, from the URL configuration itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

#: What stands in an address for something else: ``<uuid:reference>``, ``(?P<key>.+)``.
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
PAGE, API = ("GET", "POST"), ("GET", "POST", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """An address and its name, or the address itself where it has none; arguments read ``{reference}``."""

    name: str
    address: str

    @property
    def methods(self) -> tuple[str, ...]:
        return API if self.address.startswith("/api/") else PAGE


def routes() -> list[Route]:
    """All of them."""
    return list(_within(get_resolver(), "/", ""))


def _within(resolver: URLResolver, before: str, space: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        address = before + ARGUMENT.sub(lambda found: "{%s}" % (found[1] or found[2]), str(each.pattern)).strip("^$")
        if isinstance(each, URLPattern):
            yield Route(f"{space}{each.name}" if each.name else address, address)
        else:
            yield from _within(each, address, f"{each.namespace}:" if each.namespace else space)
