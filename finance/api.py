"""The holder's quotes and invoices (§1, §5.2)."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Endpoint, RowBody
from finance import services
from finance.models import Document, Line, Totals
from relations.models import Relation

MOST_LINES = 200


class LineBody(RowBody):
    net = serializers.DecimalField(read_only=True, max_digits=24, decimal_places=2)

    class Meta:
        model = Line
        fields = ("description", "quantity", "unit_price", "vat_rate", "net")


class TotalsBody(serializers.Serializer):
    """Euros: VAT is computed and rounded once per rate."""

    net = serializers.DecimalField(max_digits=24, decimal_places=2)
    vat = serializers.DictField(child=serializers.DecimalField(max_digits=24, decimal_places=2))
    gross = serializers.DecimalField(max_digits=24, decimal_places=2)


@extend_schema_field({"type": ["string", "null"], "format": "uuid"})
class OwnRelation(serializers.SlugRelatedField):
    """A relation of the caller's own account, by reference; another's does not exist."""

    def get_queryset(self) -> Any:
        return Relation.objects.visible_to(self.context["request"].user)


class DocumentBody(RowBody):
    """A quote or invoice; issued it has a number and a day until which the law has the holder keep it."""

    lines = LineBody(many=True, allow_empty=False, max_length=MOST_LINES)
    relation = OwnRelation(
        slug_field="reference", queryset=Relation.objects.all(), required=False, allow_null=True, default=None
    )
    recipient_name = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Empty: the name of the relation."
    )
    totals = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "reference", "kind", "number", "issued_on", "kept_until", "relation",
            "recipient_name", "recipient_address", "recipient_vat_number", "lines", "totals",
        )  # fmt: skip
        read_only_fields = ("number", "issued_on", "kept_until", "recipient_vat_number")

    @extend_schema_field(TotalsBody)
    def get_totals(self, document: Document) -> Any:
        return TotalsBody(Totals.of(list(document.lines.all()))).data


class DocumentEndpoint(
    mixins.ListModelMixin, mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, Endpoint
):
    """Quotes and invoices of the caller's account, the latest first."""

    serializer_class = DocumentBody
    queryset = Document.objects.all()

    def get_queryset(self) -> Any:
        rows = Document.objects.visible_to(self.request.user)
        return rows.select_related("account", "relation").prefetch_related("lines")

    def perform_create(self, body: Any) -> None:
        user = self.request.user
        body.instance = services.draft_document(user.account, actor=user, **body.validated_data)

    def perform_destroy(self, document: Document) -> None:
        """A draft; of what is issued, what is past its seven years."""
        services.delete_document(document, actor=self.request.user, on=timezone.localdate())

    @extend_schema(request=None, responses=DocumentBody, operation_id="documents_issue")
    def issue(self, request: Request, **kwargs: Any) -> Response:
        """Give a draft its number; from now on it never changes (§5.2)."""
        document = services.issue_document(self.get_object(), actor=request.user, on=timezone.localdate())
        return Response(self.get_serializer(document).data, status=status.HTTP_200_OK)


urlpatterns = [
    path("", include("finance.sharing_api")),
    path("", include("finance.subscription_api")),
    path("documents/", DocumentEndpoint.as_view({"get": "list", "post": "create"}), name="api-documents"),
    path(
        "documents/<uuid:reference>/",
        DocumentEndpoint.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-document",
    ),
    path("documents/<uuid:reference>/issue/", DocumentEndpoint.as_view({"post": "issue"}), name="api-issue"),
]
