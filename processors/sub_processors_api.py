"""Sub-processors over the API: the public list, proofs of protection, and objections to what is announced (§9, §11)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Body, Endpoint, PDFRenderer
from cannonworks.callers import HolderOnly, MainUserOnly
from cannonworks.datamap import Category
from cannonworks.downloads import file_response
from processors import objecting, proving
from processors.in_public import in_public, is_outside
from processors.models import LONGEST, Change, ChangeKind, Mechanism, Objection, SubProcessor, SubProcessorRole


class AtWorkBody(Body):
    """A company that works for CannonWorks now."""

    reference = serializers.UUIDField(source="house.reference")
    name = serializers.CharField(source="house.name")
    role = serializers.ChoiceField(source="house.role", choices=SubProcessorRole.choices)
    categories = serializers.ListField(
        source="house.categories", child=serializers.ChoiceField(choices=Category.choices)
    )
    country = serializers.CharField(source="house.country", help_text="ISO 3166, two letters.")
    is_in_eea = serializers.BooleanField(source="house.is_in_eea", help_text="EU, Iceland, Liechtenstein or Norway.")
    since = serializers.DateField(source="house.active_from")
    agreement_signed_on = serializers.DateField(source="house.agreement.signed_on")
    agreement_is_over = serializers.BooleanField(help_text="Until a new one is signed, its people have no access.")
    protection = serializers.ChoiceField(
        source="house.transfer.mechanism", choices=Mechanism.choices, default=None, allow_null=True,
        help_text="What protects data outside the EEA; its proof is at `proof/`.",
    )  # fmt: skip
    protection_is_over = serializers.BooleanField()


class ChangeBody(Body):
    """A change of who works for us; texts are in the caller's language."""

    reference = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    name = serializers.CharField(source="sub_processor.name")
    sub_processor = serializers.UUIDField(source="sub_processor.reference")
    replaces = serializers.UUIDField(source="replaces.reference", default=None, allow_null=True)
    role = serializers.ChoiceField(choices=SubProcessorRole.choices)
    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))
    country = serializers.CharField(help_text="From the day on which it takes effect.")
    is_in_eea = serializers.SerializerMethodField()
    words = serializers.CharField()
    sooner = serializers.CharField(help_text="Why it was told later than promised; empty where it was not.")
    announced_at = serializers.DateTimeField()
    effective_on = serializers.DateField()
    in_force_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)

    def get_is_in_eea(self, change: Change) -> bool:
        return not is_outside(change.country)


class SubProcessorsBody(Body):
    """Who works for us: now, announced, and what changed."""

    on: Any = serializers.DateField()
    at_work = AtWorkBody(many=True)
    announced = ChangeBody(many=True)
    history = ChangeBody(many=True)


class ObjectionBody(Body):
    """What the account objected to a change, and our answer."""

    reference = serializers.UUIDField(read_only=True)
    change = serializers.UUIDField(source="change.reference", help_text="Of an announced change.")
    words = serializers.CharField(max_length=LONGEST)
    made_at = serializers.DateTimeField(read_only=True)
    answer = serializers.CharField(read_only=True)
    answered_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SubProcessorEndpoint(Endpoint):
    """Companies that work for CannonWorks."""

    serializer_class = SubProcessorsBody
    pagination_class = None

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.action == "all" else [HolderOnly()]

    @extend_schema(operation_id="sub_processors", responses=SubProcessorsBody)
    def all(self, request: Request) -> Response:
        """Get the whole list: at work, announced, history. Public."""
        today: date = timezone.localdate()
        return Response(SubProcessorsBody(in_public(on=today)).data)

    @extend_schema(
        operation_id="sub_processors_proof", responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )  # fmt: skip
    def proof(self, request: Request, reference: UUID) -> HttpResponse:
        """Get the proof of what protects data with a company outside the EEA (§11); a PDF or a scan."""
        found = proving.proof_of(get_object_or_404(SubProcessor, reference=reference), user=request.user)
        if found is None:
            raise Http404
        return file_response(*found)


@extend_schema_view(list=extend_schema(operation_id="sub_processor_objections_list"))
class ObjectionEndpoint(mixins.ListModelMixin, Endpoint):
    """Objections of the caller's account to announced changes, the newest first."""

    serializer_class = ObjectionBody
    queryset = Objection.objects.all()

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.action == "create" else super().get_permissions()

    def get_queryset(self) -> Any:
        return Objection.objects.visible_to(self.request.user).select_related("change")

    @extend_schema(operation_id="sub_processor_objections_create", responses={201: ObjectionBody})
    def create(self, request: Request) -> Response:
        """Object to an announced change, once, until the day on which it takes effect; main user only."""
        said = self.checked(ObjectionBody)
        change = Change.objects.filter(reference=said["change"]["reference"]).first()
        if change is None:
            raise Http404
        made = objecting.object_to(
            change, request.user.account, actor=request.user, at=timezone.now(), words=said["words"]
        )
        return Response(ObjectionBody(made).data, status=201)


urlpatterns = [
    path("sub-processors/", SubProcessorEndpoint.as_view({"get": "all"}), name="api-sub-processors"),
    path(
        "sub-processors/<uuid:reference>/proof/",
        SubProcessorEndpoint.as_view({"get": "proof"}, renderer_classes=[PDFRenderer]), name="api-sub-processor-proof",
    ),
    path(
        "sub-processor-objections/", ObjectionEndpoint.as_view({"get": "list", "post": "create"}),
        name="api-sub-processor-objections",
    ),
]  # fmt: skip
