"""Requests of data subjects over the API, for the account that they are about (§15). All its users work with them."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Body, Endpoint, RowBody
from relations.models import PEOPLE, PersonKind
from rights import fulfilling
from rights.forms.requests import NOTE, OUTCOMES
from rights.models import SubjectRequest

#: What the account is told of a request; how it was shown who asks is one of them.
FIELDS = (
    "reference", "state", "outcome", "wish", "channel", "language", "name", "email", "address", "identity_check",
    "known_as", "details", "received_at", "told_at", "due_at", "done_at", "check_asked_at", "blocked_at", "closed_at",
    "person_kind", "person", "note",
)  # fmt: skip


class SubjectRequestBody(RowBody):
    class Meta:
        model = SubjectRequest
        fields = FIELDS
        read_only_fields = FIELDS


class CandidateBody(Body):
    kind = serializers.ChoiceField(choices=PersonKind.choices, read_only=True)
    person = serializers.UUIDField(source="person.reference", read_only=True)
    name = serializers.CharField(source="person", read_only=True)
    why = serializers.ListField(child=serializers.CharField(), read_only=True)


class OneRequestBody(SubjectRequestBody):
    waits_for_holder = serializers.BooleanField(read_only=True)
    still_to_do = serializers.SerializerMethodField(help_text="What is missing before it can be marked done.")
    candidates = serializers.SerializerMethodField(help_text="Who may be meant, as long as nobody was chosen.")

    class Meta(SubjectRequestBody.Meta):
        fields = (*FIELDS, "waits_for_holder", "still_to_do", "candidates")

    def get_still_to_do(self, found: SubjectRequest) -> str:
        return fulfilling.still_to_do(found) if found.waits_for_holder else ""

    @extend_schema_field(CandidateBody(many=True))
    def get_candidates(self, found: SubjectRequest) -> Any:
        if not found.waits_for_holder or found.person:
            return []
        return CandidateBody(fulfilling.candidates(found, user=self.context["request"].user), many=True).data


class ChooseBody(Body):
    kind = serializers.ChoiceField(choices=PersonKind.choices)
    person = serializers.UUIDField(help_text="Reference of the relation or employee.")


class FinishBody(Body):
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=NOTE, help_text="What was done; for “declined” the ground in law."
    )  # fmt: skip


@extend_schema_view(
    list=extend_schema(operation_id="requests_list"),
    retrieve=extend_schema(operation_id="requests_retrieve", responses=OneRequestBody),
)
class SubjectRequestEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Requests of data subjects that were passed on to the caller's account; the newest first."""

    serializer_class = SubjectRequestBody
    queryset = SubjectRequest.objects.all()

    def get_queryset(self) -> Any:
        return SubjectRequest.objects.visible_to(self.request.user).select_related("account")

    def get_serializer_class(self) -> Any:
        return SubjectRequestBody if self.action == "list" else OneRequestBody

    @extend_schema(request=ChooseBody, responses=OneRequestBody, operation_id="requests_choose")
    def choose(self, request: Request, **kwargs: Any) -> Response:
        """Say who it is. The account keeps working with the person by the usual endpoints."""
        found, body = self.get_object(), self.checked(ChooseBody)
        rows = PEOPLE[body["kind"]]._default_manager.visible_to(request.user)
        person = get_object_or_404(rows, reference=body["person"])
        return self._answer(fulfilling.choose(found, person=person, actor=request.user))

    @extend_schema(request=FinishBody, responses=OneRequestBody, operation_id="requests_finish")
    def finish(self, request: Request, **kwargs: Any) -> Response:
        """Mark it done. A 409 says what is missing: ``not_done_yet``, ``say_why``, or ``not_waiting`` any more."""
        found, body = self.get_object(), self.checked(FinishBody)
        return self._answer(fulfilling.finish(found, actor=request.user, at=timezone.now(), **body))

    def _answer(self, found: SubjectRequest) -> Response:
        return Response(OneRequestBody(found, context=self.get_serializer_context()).data)


urlpatterns = [
    path("requests/", SubjectRequestEndpoint.as_view({"get": "list"}), name="api-requests"),
    path("requests/<uuid:reference>/", SubjectRequestEndpoint.as_view({"get": "retrieve"}), name="api-request"),
    path(
        "requests/<uuid:reference>/choose/",
        SubjectRequestEndpoint.as_view({"post": "choose"}),
        name="api-request-choose",
    ),
    path(
        "requests/<uuid:reference>/finish/",
        SubjectRequestEndpoint.as_view({"post": "finish"}),
        name="api-request-finish",
    ),
]
