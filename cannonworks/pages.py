"""Pages of lists, of the API and in a browser: a page begins after the last row of the one before.

So rows that come in between shift nothing, and the thousandth page costs what the first one does.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    from rest_framework.views import APIView

NONCE_BYTES = 12


class Pages(BasePagination):
    """``?limit=50&cursor=…``, in the view's ``ordering`` (columns of which the last is unique).

    The cursor is the place where the page ends, sealed: it has names and keys in it, and addresses end up in logs.
    """

    usual, most = 50, 200

    def paginate_queryset(self, queryset: QuerySet | Rows, request: Request, view: APIView | None = None) -> list[Any]:
        """The rows of the page that was asked for; ValidationError on a limit or cursor that is none of ours."""
        self.address = request.build_absolute_uri()
        self.place = f"{request.path} {request.user.pk}"
        self.ordering: Sequence[str] = view.ordering  # type: ignore[union-attr]
        self.place += f" {self.ordering}"  # a cursor of another order names another place
        limit = self._limit(request)
        cursor = request.query_params.get("cursor")
        page = rows_from(queryset, self.ordering, self._open(cursor) if cursor else None, limit + 1)
        self.last = page[limit - 1] if len(page) > limit else None
        return page[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        following = None
        if self.last is not None:
            cursor = seal_place(place_of(self.last, self.ordering), self.place)
            following = replace_query_param(self.address, "cursor", cursor)
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "format": "uri", "description": "The next page; null on the last."}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": following, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        number = {"type": "integer", "minimum": 1, "maximum": self.most, "default": self.usual}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "Rows a page.", "schema": number},
            {
                "name": "cursor", "in": "query", "required": False, "description": "As `next` has it.",
                "schema": {"type": "string"},
            },
        ]  # fmt: skip

    def _limit(self, request: Request) -> int:
        given = request.query_params.get("limit", str(self.usual))
        if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= self.most):
            raise ValidationError({"limit": [_("A number from 1 to %(most)s.") % {"most": self.most}]}, code="limit")
        return int(given)

    def _open(self, cursor: str) -> list[Any]:
        try:
            return open_place(cursor, self.place)
        except ValueError:
            raise ValidationError({"cursor": [_("This is no cursor of this list. Begin again.")]}, "cursor") from None


class Rows(Protocol):
    """Rows that know a way of their own to a page of them."""

    def page(self, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> list[Any]:
        """The first ``most`` rows in this order, behind the place if there is one."""


def rows_from(rows: QuerySet | Rows, ordering: Sequence[str], place: Sequence[Any] | None, most: int) -> list[Any]:
    """The first ``most`` rows in this order, behind the place (as of ``place_of``) if there is one."""
    if not isinstance(rows, QuerySet):
        return rows.page(ordering, place, most)
    found = rows.order_by(*ordering)
    return list((found.filter(after(ordering, place)) if place else found)[:most])


def place_of(row: Any, ordering: Sequence[str]) -> list[Any]:
    """The values of a row in the columns of the ordering: where it stands in the list."""
    return [getattr(row, name.lstrip("-")) for name in ordering]


def seal_place(values: Sequence[Any], whose: str) -> str:
    """A place in a list, for an address: sealed, as it has names in it; ``whose`` list it is, is sealed along."""
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(values, cls=DjangoJSONEncoder).encode()
    sealed = nonce + AESGCM(_key()).encrypt(nonce, plain, whose.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def open_place(cursor: str, whose: str) -> list[Any]:
    """The values sealed by ``seal_place``; ValueError when they are not, or of another list."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return list(json.loads(AESGCM(_key()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], whose.encode())))
    except (binascii.Error, ValueError, InvalidTag):
        raise ValueError("no cursor of this list") from None


def after(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind the one with these values: greater in the first column where they differ (less, where ``-``)."""
    behind, same = Q(), Q()
    for name, value in zip(ordering, values, strict=True):
        column, way = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        behind |= same & Q(**{f"{column}__{way}": value})
        same &= Q(**{column: value})
    # The same once more for the first column alone: an index begins there instead of at the first row.
    first = ordering[0]
    return Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]}) & behind


def backwards(ordering: Sequence[str]) -> list[str]:
    """The same columns, the other way round."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in ordering]


def _key() -> bytes:
    return salted_hmac("cannonworks.pages", b"cursor", algorithm="sha256").digest()
