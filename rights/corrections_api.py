"""Corrections that the helpdesk proposes: the main user reads them, and says yes or no (§16)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import check_fresh
from cannonworks.api import Endpoint, RowBody
from cannonworks.callers import MainUserOnly
from rights import corrections
from rights.models import Correction


class CorrectionBody(RowBody):
    """``old`` is what it was when it was proposed; nothing becomes ``new`` before the main user has confirmed it."""

    label = serializers.CharField(read_only=True, help_text="What is corrected, in the caller's language.")
    whose = serializers.CharField(source="words.whose", read_only=True)
    old = serializers.CharField(source="words.old", read_only=True)
    new = serializers.CharField(source="words.new", read_only=True)

    class Meta:
        model = Correction
        fields = (
            "reference", "state", "what", "label", "whose", "old", "new", "ticket", "why", "role", "proposed_at",
            "expires_at", "decided_at", "applied_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class CorrectionEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Corrections of the caller's account, the newest first. Main user only, as all of this."""

    permission_classes = [MainUserOnly]
    serializer_class = CorrectionBody
    queryset = Correction.objects.all()

    def get_queryset(self) -> Any:
        return Correction.objects.visible_to(self.request.user).select_related("words", "account")

    @extend_schema(request=None, responses=CorrectionBody, operation_id="corrections_confirm")
    def confirm(self, request: Request, reference: UUID) -> Response:
        """Agree, in a session with a fresh proof of identity; a device cannot. Staff then apply it."""
        check_fresh(request, "correction", reference)
        found = corrections.confirm_correction(self.get_object(), actor=request.user, at=timezone.now())
        return Response(CorrectionBody(found).data)

    @extend_schema(request=None, responses=CorrectionBody, operation_id="corrections_refuse")
    def refuse(self, request: Request, reference: UUID) -> Response:
        """Say no: nothing changes."""
        found = corrections.refuse_correction(self.get_object(), actor=request.user, at=timezone.now())
        return Response(CorrectionBody(found).data)


OF_ONE = "corrections/<uuid:reference>/"
urlpatterns = [
    path("corrections/", CorrectionEndpoint.as_view({"get": "list"}), name="api-corrections"),
    path(OF_ONE, CorrectionEndpoint.as_view({"get": "retrieve"}), name="api-correction"),
    path(f"{OF_ONE}confirm/", CorrectionEndpoint.as_view({"post": "confirm"}), name="api-correction-confirm"),
    path(f"{OF_ONE}refuse/", CorrectionEndpoint.as_view({"post": "refuse"}), name="api-correction-refuse"),
]
