"""Pages of the API: a page begins after the last row of the one before, so rows that come in between shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: APIView | None = None) -> list[Any]:
        """The rows of the page that was asked for; ValidationError on a limit or cursor that is none of ours."""
        self.address = request.build_absolute_uri()
        self.place = f"{request.path} {request.user.pk}"
        self.ordering: Sequence[str] = view.ordering  # type: ignore[union-attr]
        limit = self._limit(request)
        rows = queryset.order_by(*self.ordering)
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(after(self.ordering, self._open(cursor)))
        page = list(rows[: limit + 1])
        self.last = page[limit - 1] if len(page) > limit else None
        return page[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        following = None
        if self.last is not None:
            values = [getattr(self.last, name.lstrip("-")) for name in self.ordering]
            following = replace_query_param(self.address, "cursor", self._seal(values))
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

    def _seal(self, values: Sequence[Any]) -> str:
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps(values, cls=DjangoJSONEncoder).encode()
        sealed = nonce + AESGCM(_key()).encrypt(nonce, plain, self.place.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _open(self, cursor: str) -> list[Any]:
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            plain = AESGCM(_key()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self.place.encode())
        except (binascii.Error, ValueError, InvalidTag):
            raise ValidationError({"cursor": [_("This is no cursor of this list. Begin again.")]}, "cursor") from None
        return list(json.loads(plain))


def after(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind the one with these values: greater in the first column where they differ (less, where ``-``)."""
    behind, same = Q(), Q()
    for name, value in zip(ordering, values, strict=True):
        column, way = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        behind |= same & Q(**{f"{column}__{way}": value})
        same &= Q(**{column: value})
    return behind


def _key() -> bytes:
    return salted_hmac("cannonworks.pages", b"cursor", algorithm="sha256").digest()
