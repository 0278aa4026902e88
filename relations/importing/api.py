"""Bringing in a file over the API, and taking one along: the services of the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Body, Endpoint, PDFRenderer, RowBody
from relations import exporting, imports
from relations.importing.checking import PROBLEMS, told
from relations.models import Import, Refusal, What


class ImportBody(RowBody):
    """How far a file is: ``size`` and ``position`` in bytes, counts in rows; ``why`` it stopped, if it did."""

    class Meta:
        model = Import
        fields = (
            "reference",
            "state",
            "why",
            "columns",
            "takes_known",
            "made_at",
            "size",
            "position",
            "lines",
            "added",
            "known",
            "refused",
        )
        read_only_fields = fields  # fmt: skip


class FileBody(Body):
    """A file to bring in at once; ``takes_known``: also who is there already."""

    file = serializers.FileField(
        allow_empty_file=True, help_text="CSV in UTF-8 or Windows-1252; the first line has the headings."
    )
    takes_known = serializers.BooleanField(default=False)


class ProblemBody(Body):
    field = serializers.CharField(help_text="Empty: of the whole row.")
    code = serializers.ChoiceField(choices=list(PROBLEMS))
    detail = serializers.CharField()


class RefusalBody(RowBody):
    """A row that was not taken: its line in the file, and why; never what it says."""

    problems = serializers.SerializerMethodField()

    class Meta:
        model = Refusal
        fields = ("line", "problems")

    @extend_schema_field(ProblemBody(many=True))
    def get_problems(self, refusal: Refusal) -> list[dict[str, str]]:
        return [
            {"field": name, "code": code, "detail": told([(name, code)], refusal.of.what)[0]}
            for name, code in refusal.problems
        ]


class ImportEndpoint(mixins.RetrieveModelMixin, mixins.ListModelMixin, Endpoint):
    """What the caller brought in; colleagues see nothing of it."""

    serializer_class = ImportBody
    queryset = Import.objects.all()
    parser_classes = [MultiPartParser]
    what: Any = None

    def get_queryset(self) -> QuerySet:
        return Import.objects.of(self.request.user).filter(what=self.what).select_related("account")

    @extend_schema(request={"multipart/form-data": FileBody}, responses={201: ImportBody})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Bring in a file; a worker takes it in from now on. Its columns are recognised by their headings."""
        said, actor = self.checked(FileBody), request.user
        found = imports.bring_in(actor.account, actor=actor, what=self.what, at=timezone.now(), **said)
        return Response(self.get_serializer(found).data, status=status.HTTP_201_CREATED)


class RefusalEndpoint(mixins.ListModelMixin, Endpoint):
    """The rows of a file that were not taken, by line."""

    serializer_class = RefusalBody
    queryset = Refusal.objects.all()
    ordering = ("line", "id")
    what: Any = None

    def get_queryset(self) -> QuerySet:
        mine = Import.objects.of(self.request.user).filter(what=self.what)
        found = get_object_or_404(mine, reference=self.kwargs["reference"])
        return Refusal.objects.filter(of=found).select_related("of")


class CSVRenderer(PDFRenderer):
    media_type = "text/csv"
    format = "csv"


class ExportEndpoint(Endpoint):
    """All relations or employees of the caller's account as a file; no citizen service numbers."""

    renderer_classes = [CSVRenderer]
    queryset = Import.objects.none()
    what: Any = None

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def retrieve(self, request: Request, **kwargs: Any) -> Any:
        """Get the file. Each time is journalled, and shown to the main user."""
        return exporting.export(request.user.account, actor=request.user, what=self.what, at=timezone.now())


def _routes(what: What) -> list[Any]:
    return [
        path(
            f"{what}/imports/", ImportEndpoint.as_view({"get": "list", "post": "create"}, what=what),
            name=f"api-{what}-imports",
        ),
        path(
            f"{what}/imports/<uuid:reference>/", ImportEndpoint.as_view({"get": "retrieve"}, what=what),
            name=f"api-{what}-import",
        ),
        path(
            f"{what}/imports/<uuid:reference>/errors/", RefusalEndpoint.as_view({"get": "list"}, what=what),
            name=f"api-{what}-import-errors",
        ),
        path(f"{what}/export.csv", ExportEndpoint.as_view({"get": "retrieve"}, what=what), name=f"api-{what}-export"),
    ]  # fmt: skip


urlpatterns = [route for what in What for route in _routes(what)]
