"""Consultation about a breach over the API: the clock, moments to choose from, and the minutes (§13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from breaches import conferring
from breaches.models import Consultation, Meeting
from cannonworks.api import Body, Endpoint, RowBody


class MeetingBody(RowBody):
    class Meta:
        model = Meeting
        fields = ("reference", "starts_at", "ends_at", "place", "nature", "risk", "measures", "minuted_at")
        read_only_fields = fields


class ConsultationBody(RowBody):
    """``meeting`` is the moment agreed on, with its minutes afterwards; ``offered`` are those to choose from."""

    breach = serializers.UUIDField(source="breach.reference", read_only=True, allow_null=True, default=None)
    meeting = MeetingBody(read_only=True)
    offered = serializers.SerializerMethodField()

    class Meta:
        model = Consultation
        fields = (
            "reference", "breach", "opened_at", "due_at", "meeting", "offered", "agreed_at", "held_at", "waived_at",
            "lapsed_at", "signed_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_offered(self, consultation: Consultation) -> list[dict[str, Any]]:
        """Shown of one consultation, not in the list of them."""
        if "at" not in self.context:
            return []
        return MeetingBody(Meeting.objects.open_to(consultation, self.context["at"]), many=True).data


class ChoiceBody(Body):
    meeting = serializers.UUIDField(help_text="The reference of an offered moment.")


class ProposalBody(Body):
    starts_at = serializers.DateTimeField()
    place = serializers.CharField(max_length=200, help_text="The phone number on which we reach you.")


class ConsultationEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Consultations of the caller's account, the newest first."""

    serializer_class = ConsultationBody
    queryset = Consultation.objects.all()

    def get_queryset(self) -> Any:
        return Consultation.objects.visible_to(self.request.user).select_related("meeting", "breach", "account")

    @extend_schema(responses=ConsultationBody, operation_id="consultations_retrieve")
    def retrieve(self, request: Request, reference: UUID) -> Response:
        return self._told(self.get_object())

    @extend_schema(request=ChoiceBody, responses=ConsultationBody, operation_id="consultations_choose")
    def choose(self, request: Request, reference: UUID) -> Response:
        """Take one of the moments offered."""
        found = self.get_object()
        meeting = get_object_or_404(Meeting.objects.all(), reference=self.checked(ChoiceBody)["meeting"])
        return self._told(conferring.choose(found, meeting, actor=request.user, at=timezone.now()))

    @extend_schema(request=ProposalBody, responses=ConsultationBody, operation_id="consultations_propose")
    def propose(self, request: Request, reference: UUID) -> Response:
        """Propose another moment; staff agree to it, or offer others."""
        found = self.get_object()
        conferring.ask_for(found, actor=request.user, at=timezone.now(), **self.checked(ProposalBody))
        return self._told(found)

    @extend_schema(request=None, responses=ConsultationBody, operation_id="consultations_waive")
    def waive(self, request: Request, reference: UUID) -> Response:
        """Need no consultation; main user only."""
        return self._told(conferring.waive(self.get_object(), actor=request.user, at=timezone.now()))

    @extend_schema(request=None, responses=ConsultationBody, operation_id="consultations_sign_off")
    def sign_off(self, request: Request, reference: UUID) -> Response:
        """Say that the minutes are right; main user only."""
        return self._told(conferring.sign_off(self.get_object(), actor=request.user, at=timezone.now()))

    def _told(self, found: Consultation) -> Response:
        return Response(ConsultationBody(found, context={"at": timezone.now()}).data)


OF_ONE = "consultations/<uuid:reference>/"
urlpatterns = [
    path("consultations/", ConsultationEndpoint.as_view({"get": "list"}), name="api-consultations"),
    path(OF_ONE, ConsultationEndpoint.as_view({"get": "retrieve"}), name="api-consultation"),
    path(f"{OF_ONE}choose/", ConsultationEndpoint.as_view({"post": "choose"}), name="api-consultation-choose"),
    path(f"{OF_ONE}propose/", ConsultationEndpoint.as_view({"post": "propose"}), name="api-consultation-propose"),
    path(f"{OF_ONE}waive/", ConsultationEndpoint.as_view({"post": "waive"}), name="api-consultation-waive"),
    path(f"{OF_ONE}sign-off/", ConsultationEndpoint.as_view({"post": "sign_off"}), name="api-consultation-sign-off"),
]
