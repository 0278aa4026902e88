"""The return of all data of an account, over the API; the archive itself only to a session with a fresh proof (§6)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import check_fresh
from cannonworks.api import Endpoint, PDFRenderer, RowBody
from cannonworks.callers import MainUserOnly
from cannonworks.downloads import stream_response
from rights import returning
from rights.models import DataReturn


class ReturnBody(RowBody):
    """How far a return is. ``due_at``: the first moment after the fifteen days of clause 6.

    ``expires_at``: the first moment at which the archive is gone. ``why`` it stopped, if it did: ``failed``,
    ``key_gone``.
    """

    class Meta:
        model = DataReturn
        fields = (
            "reference", "state", "why", "asked_at", "due_at", "ready_at", "expires_at", "taken_at", "rows_done",
            "rows_total",
        )  # fmt: skip
        read_only_fields = fields


class ReturnEndpoint(mixins.RetrieveModelMixin, mixins.ListModelMixin, Endpoint):
    """Returns of all data of the caller's account, the last one first. Main user only, as all of this."""

    permission_classes = [MainUserOnly]
    serializer_class = ReturnBody
    queryset = DataReturn.objects.all()

    def get_queryset(self) -> QuerySet:
        return DataReturn.objects.visible_to(self.request.user).select_related("account")

    @extend_schema(request=None, responses={201: ReturnBody})
    def create(self, request: Request) -> Response:
        """Ask for all data. A worker makes them ready, within fifteen days; one return at a time."""
        found = returning.ask_return(request.user.account, actor=request.user, at=timezone.now())
        return Response(self.get_serializer(found).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ReturnBody)
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Give it up, also when it is ready; its files are removed."""
        found = returning.cancel_return(self.get_object(), actor=request.user)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=None, responses=ReturnBody)
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Go on with one that stopped."""
        found = returning.resume_return(self.get_object(), actor=request.user)
        return Response(self.get_serializer(found).data)


class ZipRenderer(PDFRenderer):
    media_type = "application/zip"
    format = "zip"


class ArchiveEndpoint(ReturnEndpoint):
    renderer_classes = [ZipRenderer]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="return_archive")
    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Get the archive (ZIP), in a session with a fresh proof of identity; a device cannot."""
        check_fresh(request, "export")
        taken = returning.take(self.get_object(), actor=request.user, at=timezone.now())
        return stream_response(taken.pieces, taken.name, length=taken.length)


ONE = "returns/<uuid:reference>/"
urlpatterns = [
    path("returns/", ReturnEndpoint.as_view({"get": "list", "post": "create"}), name="api-returns"),
    path(ONE, ReturnEndpoint.as_view({"get": "retrieve"}), name="api-return"),
    path(f"{ONE}cancel/", ReturnEndpoint.as_view({"post": "cancel"}), name="api-return-cancel"),
    path(f"{ONE}resume/", ReturnEndpoint.as_view({"post": "resume"}), name="api-return-resume"),
    path(f"{ONE}archive/", ArchiveEndpoint.as_view({"get": "retrieve"}), name="api-return-archive"),
]
