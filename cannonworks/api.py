"""What every endpoint of the API has in common: bodies, rows by reference, the schema and its page.

Every endpoint is for the users of an account unless it says otherwise; rows are named by their random reference, never
by their key. Who may call is in ``callers``, how pages turn in ``pages``, how errors are told in ``problems``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from cannonworks.problems import PROBLEM, PROBLEM_SCHEMA

#: What the page with the documentation may load; it comes from the same files as the rest, from no other host.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class Body(serializers.Serializer):
    """A body that has the declared fields and no others: there are no custom fields (§4)."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError(
                {str(name): [_("There is no such field.")] for name in sorted(unknown, key=str)}, code="unknown"
            )
        return super().to_internal_value(data)


class RowBody(Body, serializers.ModelSerializer):
    """The same for the fields of a model. It checks; services write."""


class Endpoint(GenericViewSet):
    """Rows of the caller's account, by reference; answers are private and kept nowhere on the way."""

    lookup_field = "reference"
    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    ordering: Sequence[str] = ("-id",)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def checked(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """The body of the request as this serializer has it. Raises ValidationError (400)."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class PDFRenderer(JSONRenderer):
    """What a file is asked for by; the endpoint answers with the file itself, and an error in its place is JSON."""

    media_type = "application/pdf"
    format = "pdf"


class Unknown(APIView):
    """Whatever else is asked under /api/: there is no such endpoint."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def tell_problems(result: dict[str, Any], **_others: object) -> dict[str, Any]:
    """Add to the schema that every endpoint answers errors alike."""
    parts = result["components"]
    parts["schemas"]["Problem"] = PROBLEM_SCHEMA
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    parts["responses"] = {"Problem": {"description": "What was wrong, and what to do.", "content": content}}
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    return result


class Schema(SpectacularJSONAPIView):
    """The OpenAPI document of all this; public, as it tells of nobody."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same document to read and try out; public."""
    response = render(request, "api/docs.html")
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


urlpatterns = [
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
]
