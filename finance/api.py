"""The holder's quotes and invoices (§1, §5.2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiTypes,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)  # fmt: skip
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Body, Endpoint, PDFRenderer, RowBody
from cannonworks.downloads import file_response
from finance import copying, services
from finance.models import Document, DocumentKind, Line, Totals
from finance.printing import document_pdf, file_name
from relations.models import Relation

MOST_LINES = 200
#: The sender, as it was when the document was issued.
SELLER = (
    "seller_name", "seller_address", "seller_kvk_number", "seller_vat_number", "seller_email", "seller_phone",
)  # fmt: skip


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
    """A quote, invoice or credit note. Issued it has a number, its sender, and a day until which the law wants it."""

    lines = LineBody(many=True, allow_empty=False, max_length=MOST_LINES)
    kind = serializers.ChoiceField(
        choices=[(kind.value, kind.label) for kind in DocumentKind],
        help_text="Of a new draft `quote` or `invoice`; a credit note is made from its invoice.",
    )
    relation = OwnRelation(
        slug_field="reference", queryset=Relation.objects.all(), required=False, allow_null=True, default=None
    )
    recipient_name = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Empty in a new draft: the name of the relation."
    )
    revision = serializers.IntegerField(
        required=False,
        help_text="When changing, the one that was read: then nothing that was saved since is overwritten (409).",
    )
    credits = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    from_quote = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    totals = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "reference", "kind", "number", "issued_on", "due_on", "kept_until", "revision", "relation",
            "recipient_name", "recipient_address", "recipient_vat_number", "customer_reference", "supplied_on",
            "supplied_until", "payment_days", "valid_until", "exemption_ground", "remarks", "language", "credits",
            "credited_number", "credited_on", "from_quote", *SELLER, "lines", "totals",
        )  # fmt: skip
        read_only_fields = ("number", "issued_on", "due_on", "kept_until", "credited_number", "credited_on", *SELLER)

    def validate_kind(self, kind: str) -> str:
        if kind != (self.instance.kind if self.instance else kind):
            raise serializers.ValidationError(_("The kind of a document does not change."), code="kind")
        if self.instance is None and kind == DocumentKind.CREDIT:
            raise serializers.ValidationError(_("Make a credit note from its invoice."), code="kind")
        return kind

    @extend_schema_field(TotalsBody)
    def get_totals(self, document: Document) -> Any:
        return TotalsBody(Totals.of(list(document.lines.all()))).data


class AgainBody(Body):
    again = serializers.BooleanField(required=False, default=False, help_text="Another one, on purpose.")


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("kind", enum=DocumentKind.values, description="Only these."),
            OpenApiParameter("state", enum=["draft", "issued"], description="Only these."),
            OpenApiParameter("search", description="A piece of the number, the recipient or the customer's reference."),
        ]
    )
)
class DocumentEndpoint(
    mixins.ListModelMixin, mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin,
    mixins.DestroyModelMixin, Endpoint,
):  # fmt: skip
    """Quotes, invoices and credit notes of the caller's account, the latest first."""

    serializer_class = DocumentBody
    queryset = Document.objects.all()

    def get_queryset(self) -> Any:
        rows = Document.objects.visible_to(self.request.user)
        return rows.select_related("account", "relation", "credits", "from_quote").prefetch_related("lines")

    def filter_queryset(self, queryset: Any) -> Any:
        if self.action != "list":
            return queryset
        asked = self.request.query_params
        if (kind := asked.get("kind")) is not None:
            queryset = queryset.filter(kind=kind)
        if (state := asked.get("state")) is not None:
            queryset = queryset.filter(issued_on__isnull=state != "issued")
        return queryset.found(asked.get("search", "").replace("\0", ""))

    def perform_create(self, body: Any) -> None:
        user, said = self.request.user, body.validated_data
        said.pop("revision", None)
        body.instance = services.draft_document(user.account, actor=user, **said)

    def perform_update(self, body: Any) -> None:
        """Of a draft; ``lines`` replace all that there are."""
        said = body.validated_data
        said.pop("kind", None)
        body.instance = services.change_draft(body.instance, actor=self.request.user, **said)

    def perform_destroy(self, document: Document) -> None:
        """A draft; of what is issued, what is past its seven years."""
        services.delete_document(document, actor=self.request.user, on=timezone.localdate())

    @extend_schema(request=None, responses=DocumentBody, operation_id="documents_issue")
    def issue(self, request: Request, **kwargs: Any) -> Response:
        """Give a draft its number; from now on it never changes (§5.2). 409 says what it lacks."""
        document = services.issue_document(self.get_object(), actor=request.user, on=timezone.localdate())
        return Response(self.get_serializer(document).data, status=status.HTTP_200_OK)

    @extend_schema(request=AgainBody, responses={201: DocumentBody}, operation_id="documents_invoice")
    def invoice(self, request: Request, **kwargs: Any) -> Response:
        """Draft an invoice of an issued quote; a second one only with ``again``."""
        draft = copying.invoice_from_quote(self.get_object(), actor=request.user, **self.checked(AgainBody))
        return Response(self.get_serializer(draft).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AgainBody, responses={201: DocumentBody}, operation_id="documents_credit")
    def credit(self, request: Request, **kwargs: Any) -> Response:
        """Draft a credit note for the whole of an issued invoice; a second one only with ``again``."""
        draft = copying.credit_invoice(self.get_object(), actor=request.user, **self.checked(AgainBody))
        return Response(self.get_serializer(draft).data, status=status.HTTP_201_CREATED)


class DocumentFileEndpoint(DocumentEndpoint):
    renderer_classes = [PDFRenderer]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, operation_id="documents_pdf")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Get it as a PDF; a draft says that it is one."""
        document = self.get_object()
        return file_response(document_pdf(document), file_name(document), inline=True)


urlpatterns = [
    path("", include("finance.sharing_api")),
    path("", include("finance.subscription_api")),
    path("documents/", DocumentEndpoint.as_view({"get": "list", "post": "create"}), name="api-documents"),
    path(
        "documents/<uuid:reference>/",
        DocumentEndpoint.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api-document",
    ),
    path("documents/<uuid:reference>/issue/", DocumentEndpoint.as_view({"post": "issue"}), name="api-issue"),
    path("documents/<uuid:reference>/invoice/", DocumentEndpoint.as_view({"post": "invoice"}), name="api-invoice"),
    path("documents/<uuid:reference>/credit/", DocumentEndpoint.as_view({"post": "credit"}), name="api-credit"),
    path(
        "documents/<uuid:reference>/document.pdf",
        DocumentFileEndpoint.as_view({"get": "retrieve"}),
        name="api-document-pdf",
    ),
]
