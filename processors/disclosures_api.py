"""What others asked about the caller's account, over the API: the list, and the main user's answer (§8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import check_fresh
from cannonworks.api import Body, Endpoint
from cannonworks.callers import MainUserOnly
from processors import disclosing
from processors.models import Disclosure
from processors.models.disclosures import Asker, Consent, Decision


class DisclosureBody(Body):
    """A request of somebody else for data of the account, as far as its holder may know."""

    reference = serializers.UUIDField()
    asker = serializers.ChoiceField(choices=Asker.choices)
    office = serializers.CharField()
    received_at = serializers.DateTimeField()
    basis = serializers.CharField(help_text="The legal basis that they named; empty where there is none.")
    given = serializers.SerializerMethodField(help_text="Exactly the fields that are given, or would be.")
    records = serializers.ListField(
        source="given_records", child=serializers.UUIDField(), help_text="Of these records alone; empty: of all."
    )
    consent_asked_at = serializers.DateTimeField(allow_null=True)
    consent_until = serializers.DateTimeField(allow_null=True, help_text="Until then the main user can answer.")
    consent = serializers.ChoiceField(choices=Consent.choices, allow_blank=True)
    consent_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.ChoiceField(choices=Decision.choices, allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    handed_at = serializers.DateTimeField(allow_null=True)
    handed_to = serializers.CharField(help_text="By function, never by name.")

    def get_given(self, row: Disclosure) -> list[dict[str, str]]:
        known = disclosing.known_fields()
        return [{"name": name, "label": known.get(name, name)} for name in row.given_fields]


class AnswerBody(Body):
    """The main user's answer, final for this request."""

    consent = serializers.ChoiceField(choices=Consent.choices)


class DisclosureEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Requests of others about the caller's account, the newest first; what may not be known yet is not there."""

    serializer_class = DisclosureBody
    queryset = Disclosure.objects.all()

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.action == "answer" else super().get_permissions()

    def get_queryset(self) -> Any:
        return Disclosure.objects.visible_to(self.request.user)

    @extend_schema(request=AnswerBody, responses=DisclosureBody, operation_id="disclosures_answer")
    def answer(self, request: Request, reference: UUID) -> Response:
        """Consent to giving exactly these data, or refuse; once, in a session with a fresh proof of identity."""
        check_fresh(request, "disclosure", reference)
        found, said = self.get_object(), self.checked(AnswerBody)
        answered = disclosing.answer(found, actor=request.user, at=timezone.now(), **said)
        return Response(DisclosureBody(answered).data)


urlpatterns = [
    path("disclosures/", DisclosureEndpoint.as_view({"get": "list"}), name="api-disclosures"),
    path("disclosures/<uuid:reference>/", DisclosureEndpoint.as_view({"get": "retrieve"}), name="api-disclosure"),
    path(
        "disclosures/<uuid:reference>/answer/", DisclosureEndpoint.as_view({"post": "answer"}),
        name="api-disclosure-answer",
    ),
]  # fmt: skip
