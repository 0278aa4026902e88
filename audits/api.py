"""Tests by the account holder over the API: announce, agree on a date, and take what came of it (§12)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import check_fresh
from audits import agreeing, announcing, closing, files, preserving, running
from audits.appointments import file_for
from audits.models import Audit, AuditFile, Auditor, FileKind, Finding, Improvement, Proposal
from audits.showing import shown
from cannonworks.api import Body, Endpoint, PDFRenderer, RowBody
from cannonworks.callers import MainUserOnly
from cannonworks.downloads import file_response


class TesterBody(RowBody):
    class Meta:
        model = Auditor
        fields = (
            "name", "company", "email", "qualification", "qualification_words", "language", "accepted_at",
            "accepted_as", "version",
        )  # fmt: skip
        read_only_fields = ("accepted_at", "accepted_as", "version")


class AuditBody(RowBody):
    """``starts_at`` and ``ends_at`` are the window that was proposed last, or is agreed on: see ``state``."""

    tester = TesterBody(source="auditor", read_only=True, allow_null=True)

    class Meta:
        model = Audit
        fields = (
            "reference", "state", "kind", "scope", "channel", "announced_at", "earliest_at", "starts_at", "ends_at",
            "agreed_at", "accepted_at", "begun_at", "ended_at", "preserved_at", "closed_at", "costs_cents",
            "costs_for", "costs_agreed_at", "tester",
        )  # fmt: skip
        read_only_fields = fields


class AnnounceBody(RowBody):
    """The announcement. The costs of a test are the account holder's."""

    tester = TesterBody()

    class Meta:
        model = Audit
        fields = ("kind", "scope", "starts_at", "ends_at", "tester")


class ProposeBody(Body):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class WithdrawBody(Body):
    why = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class CostsBody(Body):
    cents = serializers.IntegerField(min_value=0, max_value=10**12, help_text="The costs as they were shown.")


class TestReportBody(Body):
    report = serializers.FileField(allow_empty_file=True, help_text="PDF, JPEG or PNG, 10 MB at most.")


class ProposedDateBody(RowBody):
    class Meta:
        model = Proposal
        fields = ("starts_at", "ends_at", "reason", "is_ours", "proposed_at")
        read_only_fields = fields


class TestFileBody(RowBody):
    class Meta:
        model = AuditFile
        fields = ("kind", "number", "name", "size", "upto_at", "lines", "added_at")
        read_only_fields = fields

    name = serializers.CharField(read_only=True)


class ImprovementBody(RowBody):
    """What is done about a finding, by when, and whether it helped."""

    class Meta:
        model = Improvement
        fields = ("text", "due_on", "done_at", "verified_at")
        read_only_fields = fields


class FindingBody(RowBody):
    improvements = ImprovementBody(many=True, read_only=True)

    class Meta:
        model = Finding
        fields = ("title", "text", "severity", "found_at", "accepted_because", "closed_at", "improvements")
        read_only_fields = fields


class TestResultsBody(Body):
    """What stands on the page of a test besides: dates that were proposed, sealed files, and what was found."""

    proposals = ProposedDateBody(many=True, read_only=True)
    files = TestFileBody(many=True, read_only=True)
    findings = FindingBody(many=True, read_only=True)


class AuditEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Tests of the caller's account, the newest first. What is done about them, the main user does."""

    serializer_class = AuditBody
    queryset = Audit.objects.all()

    def get_queryset(self) -> Any:
        rows = Audit.objects.visible_to(self.request.user)
        return rows.select_related("account").prefetch_related("auditors")

    @extend_schema(request=AnnounceBody, responses={201: AuditBody}, operation_id="audits_announce")
    def create(self, request: Request) -> Response:
        """Announce a test, fourteen days before it begins at the earliest, once a calendar year."""
        said = self.checked(AnnounceBody)
        made = announcing.announce(request.user.account, actor=request.user, at=timezone.now(), **said)
        return Response(AuditBody(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=AuditBody, operation_id="audits_accept")
    def accept(self, request: Request, reference: UUID) -> Response:
        """Agree to the date that we propose."""
        return self._told(agreeing.accept(self.get_object(), actor=request.user, at=timezone.now()))

    @extend_schema(request=ProposeBody, responses=AuditBody, operation_id="audits_propose")
    def propose(self, request: Request, reference: UUID) -> Response:
        """Propose another date."""
        found, said = self.get_object(), self.checked(ProposeBody)
        return self._told(agreeing.propose(found, actor=request.user, at=timezone.now(), **said))

    @extend_schema(request=WithdrawBody, responses=AuditBody, operation_id="audits_withdraw")
    def withdraw(self, request: Request, reference: UUID) -> Response:
        """Withdraw it, until it begins."""
        found, said = self.get_object(), self.checked(WithdrawBody)
        return self._told(agreeing.withdraw(found, actor=request.user, at=timezone.now(), **said))

    @extend_schema(request=WithdrawBody, responses=AuditBody, operation_id="audits_stop")
    def stop(self, request: Request, reference: UUID) -> Response:
        """End it while it runs, before its end; its logs are sealed up to now."""
        found, said = self.get_object(), self.checked(WithdrawBody)
        return self._told(running.stop(found, actor=request.user, at=timezone.now(), **said))

    @extend_schema(responses=TestResultsBody, operation_id="audits_results")
    def results(self, request: Request, reference: UUID) -> Response:
        """Get the dates that were proposed, the sealed files, and what was found and is done about it."""
        told = shown(self.get_object(), user=request.user, at=timezone.now())
        findings = [finding for finding, _improvements in told.findings]
        parts = {"proposals": told.proposals, "files": list(told.files.values()), "findings": findings}
        return Response(TestResultsBody(parts).data)

    @extend_schema(request=CostsBody, responses=AuditBody, operation_id="audits_agree_to_costs")
    def costs(self, request: Request, reference: UUID) -> Response:
        """Agree to its costs."""
        found, said = self.get_object(), self.checked(CostsBody)
        return self._told(closing.agree_to_costs(found, actor=request.user, at=timezone.now(), **said))

    @extend_schema(request=TesterBody, responses=AuditBody, operation_id="audits_name_tester")
    def tester(self, request: Request, reference: UUID) -> Response:
        """Name another tester."""
        found = self.get_object()
        announcing.name_tester(found, actor=request.user, at=timezone.now(), **self.checked(TesterBody))
        return self._told(found)

    def _told(self, found: Audit) -> Response:
        return Response(AuditBody(self.get_queryset().get(pk=found.pk)).data)


class CalendarRenderer(PDFRenderer):
    media_type = "text/calendar"
    format = "ics"


class AppointmentEndpoint(AuditEndpoint):
    renderer_classes = [CalendarRenderer]

    @extend_schema(responses={(200, "text/calendar"): OpenApiTypes.BINARY}, operation_id="audits_appointment")
    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Get the agreed date for a calendar."""
        found = self.get_object()
        if found.agreed_at is None:
            raise Http404
        address = request.build_absolute_uri(reverse("audit", args=[found.reference]))
        return file_response(file_for(found, address=address), "cannonworks-test.ics")


class ReportRenderer(PDFRenderer):
    """A PDF, JPEG or PNG: whichever was added."""

    media_type = "*/*"
    format = "report"


class ReportEndpoint(AuditEndpoint):
    permission_classes = [MainUserOnly]
    parser_classes = [MultiPartParser]

    def get_renderers(self) -> list[Any]:
        return [ReportRenderer()] if self.action == "retrieve" else super().get_renderers()

    @extend_schema(
        request={"multipart/form-data": TestReportBody},
        responses={201: TestResultsBody},
        operation_id="audits_add_report",
    )
    def create(self, request: Request, reference: UUID) -> Response:
        """Add the report of the tester; another one is kept beside it."""
        found, said = self.get_object(), self.checked(TestReportBody)
        closing.add_report(found, actor=request.user, at=timezone.now(), **said)
        answer = self.results(request, reference)
        answer.status_code = status.HTTP_201_CREATED
        return answer

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY}, operation_id="audits_report")
    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Get the last report of the tester."""
        row = files.latest(self.get_object(), FileKind.REPORT)
        if row is None:
            raise Http404
        return file_response(files.take(row, actor=request.user), row.name)


class LetterEndpoint(AuditEndpoint):
    renderer_classes = [PDFRenderer]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, operation_id="audits_announcement")
    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Get the announcement as it was sealed."""
        row = files.latest(self.get_object(), FileKind.LETTER)
        if row is None:
            raise Http404
        return file_response(files.take(row, actor=request.user), row.name)


class ZipRenderer(PDFRenderer):
    media_type = "application/zip"
    format = "zip"


class LogsEndpoint(AuditEndpoint):
    permission_classes = [MainUserOnly]
    renderer_classes = [ZipRenderer]

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="audits_logs")
    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Get the system logs (ZIP), in a session with a fresh proof of identity; a device cannot."""
        check_fresh(request, "audit", kwargs["reference"])
        row = preserving.take_logs(self.get_object(), actor=request.user, at=timezone.now())
        return file_response(files.take(row, actor=request.user), row.name)


ONE = "audits/<uuid:reference>/"
urlpatterns = [
    path("audits/", AuditEndpoint.as_view({"get": "list", "post": "create"}), name="api-audits"),
    path(ONE, AuditEndpoint.as_view({"get": "retrieve"}), name="api-audit"),
    *(
        path(f"{ONE}{step}/", AuditEndpoint.as_view({"post": step}), name=f"api-audit-{step}")
        for step in ("accept", "propose", "withdraw", "stop", "costs", "tester")
    ),
    path(f"{ONE}results/", AuditEndpoint.as_view({"get": "results"}), name="api-audit-results"),
    path(f"{ONE}report/", ReportEndpoint.as_view({"get": "retrieve", "post": "create"}), name="api-audit-report"),
    path(f"{ONE}appointment/", AppointmentEndpoint.as_view({"get": "retrieve"}), name="api-audit-appointment"),
    path(f"{ONE}announcement/", LetterEndpoint.as_view({"get": "retrieve"}), name="api-audit-letter"),
    path(f"{ONE}logs/", LogsEndpoint.as_view({"get": "retrieve"}), name="api-audit-logs"),
]
