"""Breaches over the API: what the account was told, its own 72 hours, the supervisor's form, its own reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import check_fresh
from breaches import consultations_api, reading, reporting, words
from breaches.filing import LANGUAGES, export, filing
from breaches.models import Breach, BreachKind, BreachReport, DataKind, Harm, People, Phase, Protection
from breaches.reading import TEXTS, Told
from breaches.story import listed
from cannonworks.api import Body, Endpoint, RowBody
from cannonworks.callers import MainUserOnly
from cannonworks.deadlines import explain
from cannonworks.left import hours_left


class BreachBody(Body):
    """A breach that the account was told of; texts are in the caller's language."""

    reference = serializers.UUIDField(source="breach.reference")
    number = serializers.IntegerField(source="breach.number")
    kind = serializers.ChoiceField(source="breach.kind", choices=BreachKind.choices)
    title = serializers.CharField(source="breach.title")
    noticed_at = serializers.DateTimeField(source="breach.noticed_at", help_text="When CannonWorks noticed it.")
    closed_at = serializers.DateTimeField(source="breach.closed_at", allow_null=True)
    told_at = serializers.DateTimeField(allow_null=True, help_text="Our first word to the account.")
    supervisor_due_at = serializers.DateTimeField(
        source="clock.due_at", default=None, allow_null=True,
        help_text="The end of the account holder's own 72 hours (AVG 33(1)), if a report is due at all.",
    )  # fmt: skip
    is_read = serializers.BooleanField(help_text="Whether the main user has read all of it.")


class PhaseBody(RowBody):
    """What the account was told at a moment. A later phase says it anew; nothing of an earlier one changes."""

    changed = serializers.SerializerMethodField(help_text="Names of the texts that differ from the phase before.")
    harms = serializers.ListField(child=serializers.ChoiceField(choices=Harm.choices), read_only=True)
    data_kinds = serializers.ListField(child=serializers.ChoiceField(choices=DataKind.choices), read_only=True)
    people = serializers.ListField(child=serializers.ChoiceField(choices=People.choices), read_only=True)
    protection = serializers.ChoiceField(choices=Protection.choices, read_only=True)
    read_at = serializers.SerializerMethodField()
    acknowledged_at = serializers.SerializerMethodField()
    texts = serializers.SerializerMethodField(help_text=f"In the caller's language: {', '.join(TEXTS)}.")

    class Meta:
        model = Phase
        fields = (
            "number", "released_at", "texts", "changed", "began_at", "ended_at", "is_ongoing", "harms", "data_kinds",
            "people", "people_least", "people_most", "records_least", "records_most", "protection", "crosses_borders",
            "read_at", "acknowledged_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_texts(self, phase: Phase) -> dict[str, str]:
        return {name: phase.said(name) for name in TEXTS}

    def get_changed(self, phase: Phase) -> list[str]:
        return dict(self.context["changed"])[phase.pk]

    def get_read_at(self, phase: Phase) -> datetime | None:
        notice = self.context["told"].notices.get(phase.pk)
        return notice and notice.read_at

    def get_acknowledged_at(self, phase: Phase) -> datetime | None:
        notice = self.context["told"].notices.get(phase.pk)
        return notice and notice.acknowledged_at


class ClockBody(Body):
    """The account holder's own 72 hours, explained."""

    start = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    hours_left = serializers.IntegerField(help_text="Whole hours.")
    is_over = serializers.BooleanField()
    explained = serializers.ListField(child=serializers.CharField())


class OneBreachBody(BreachBody):
    sub_processor = serializers.CharField(source="breach.sub_processor.name", default=None, allow_null=True)
    can_be_acknowledged = serializers.BooleanField()
    phases = serializers.SerializerMethodField(help_text="The newest first.")
    supervisor = serializers.SerializerMethodField(help_text="Null as long as nothing was told.")

    @extend_schema_field(PhaseBody(many=True))
    def get_phases(self, told: Told) -> Any:
        changed = [(phase.pk, names) for phase, names in told.steps()]
        return PhaseBody(told.phases, many=True, context={"told": told, "changed": changed}).data

    @extend_schema_field(ClockBody(allow_null=True))
    def get_supervisor(self, told: Told) -> Any:
        if told.clock is None:
            return None
        left = hours_left(told.clock.due_at, at=self.context["at"])
        said = {"start": told.clock.start, "due_at": told.clock.due_at, "explained": explain(told.clock)}
        return ClockBody({**said, "hours_left": left.hours, "is_over": left.is_over}).data


class QuestionBody(Body):
    key = serializers.CharField(help_text="Stable; the same in every language.")
    label = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="The answer for people; empty where you fill it in.")
    value = serializers.JSONField(allow_null=True, help_text="The same for machines: text, yes or no, codes, numbers.")
    hint = serializers.CharField(allow_blank=True)
    to_fill = serializers.BooleanField(help_text="Only the account holder knows this.")


class SectionBody(Body):
    number = serializers.IntegerField(min_value=0, max_value=9, help_text="Of the section in the supervisor's form.")
    title = serializers.CharField()
    questions = QuestionBody(many=True)


class FilingBody(Body):
    """What the Dutch supervisor's form asks about a breach, with what we know filled in. As the download has it."""

    kind = serializers.CharField(help_text="`breach-report`")
    version = serializers.IntegerField(help_text="Of this form; goes up when something in it changes its meaning.")
    language = serializers.CharField(help_text="`nl` or `en`.")
    made_at = serializers.DateTimeField()
    number = serializers.IntegerField(help_text="Of the breach.")
    phase = serializers.IntegerField()
    title = serializers.CharField()
    sections = SectionBody(many=True)


class PermissionBody(Body):
    """Whom beside the account we may tell of a breach (§13); at least one of both."""

    to_subjects = serializers.BooleanField(help_text="The people whose data it is: relations and employees.")
    to_others = serializers.CharField(
        max_length=200, allow_blank=True, required=False, default="", help_text="Companies or offices, no people."
    )


@extend_schema_view(list=extend_schema(operation_id="breaches_list", responses=BreachBody(many=True)))
class BreachEndpoint(mixins.ListModelMixin, Endpoint):
    """Breaches that the caller's account was told of, the newest first. Open to lapsed and blocked accounts too."""

    serializer_class = BreachBody
    queryset = Breach.objects.all()
    ordering = ("-number",)

    def get_queryset(self) -> Any:
        return reading.breaches_of(self.request.user.account).select_related("sub_processor")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset) or []
        return listed(page, self.request.user.account, at=timezone.now())

    @extend_schema(operation_id="breaches_retrieve", responses=OneBreachBody)
    def retrieve(self, request: Request, reference: UUID) -> Response:
        """All phases and the clock. For the main user it is read by this."""
        found, at = self.get_object(), timezone.now()
        reading.read(found, user=request.user, at=at)
        return self._answer(found, at)

    @extend_schema(request=None, responses=OneBreachBody, operation_id="breaches_acknowledge")
    def acknowledge(self, request: Request, reference: UUID) -> Response:
        """Say to have read it; main user only, and safe to repeat."""
        found, at = self.get_object(), timezone.now()
        reading.acknowledge(found, user=request.user, at=at)
        return self._answer(found, at)

    @extend_schema(
        responses=FilingBody, operation_id="breaches_supervisor",
        parameters=[OpenApiParameter("language", str, enum=LANGUAGES, description="Else that of the caller.")],
    )  # fmt: skip
    def supervisor(self, request: Request, reference: UUID) -> Response:
        """What the supervisor's form asks, with what we know filled in."""
        language = request.query_params.get("language") or get_language() or LANGUAGES[0]
        if language not in LANGUAGES:
            raise serializers.ValidationError({"language": [f"{' or '.join(LANGUAGES)}."]})
        told = reading.told(self.get_object(), request.user.account)
        made = filing(told, reporter=request.user, language=language, at=timezone.now())
        export(made, told, "json", user=request.user)
        return Response(FilingBody(made.as_data()).data)

    @extend_schema(request=PermissionBody, responses=PermissionBody, operation_id="breaches_permit")
    def permit(self, request: Request, reference: UUID) -> Response:
        """Let us tell others of it; main user only, with a fresh proof of identity. Replaces an earlier permission."""
        found, said = self.get_object(), self.checked(PermissionBody)
        check_fresh(request, "breach-permission", reference)
        given = words.give_permission(request.user.account, found, actor=request.user, at=timezone.now(), **said)
        return Response(PermissionBody(given).data)

    @extend_schema(request=None, responses={204: None}, operation_id="breaches_permission_withdraw")
    def withdraw(self, request: Request, reference: UUID) -> Response:
        """Take the permission back; main user only. What was told under it stays recorded."""
        words.withdraw_permission(request.user.account, self.get_object(), actor=request.user, at=timezone.now())
        return Response(status=204)

    def get_permissions(self) -> list[Any]:
        return [MainUserOnly()] if self.action in ("permit", "withdraw") else super().get_permissions()

    def _answer(self, found: Breach, at: datetime) -> Response:
        told = reading.told(found, self.request.user.account)
        return Response(OneBreachBody(told, context={"at": at}).data)


class ReportBody(RowBody):
    """A breach that the account reported; ``answer`` and ``judged_at`` are ours."""

    channel = serializers.CharField(read_only=True, help_text="`app`, `phone`, `e-mail` or `letter`.")
    is_breach = serializers.SerializerMethodField(help_text="Whether it is a breach; null until we have judged it.")
    consultation_due_at = serializers.DateTimeField(
        source="consultation.due_at", read_only=True, default=None, allow_null=True,
        help_text="Before this we confer with the account about it.",
    )  # fmt: skip

    class Meta:
        model = BreachReport
        fields = (
            "reference", "channel", "reported_at", "kind", "noticed_at", "is_ongoing", "what", "which_data", "done",
            "contact", "consultation_due_at", "judged_at", "is_breach", "answer",
        )  # fmt: skip
        read_only_fields = ("reference", "channel", "reported_at", "judged_at", "answer")

    def get_is_breach(self, report: BreachReport) -> bool | None:
        return report.breach_id is not None if report.judged_at else None


@extend_schema_view(
    list=extend_schema(operation_id="breach_reports_list"),
    retrieve=extend_schema(operation_id="breach_reports_retrieve"),
)
class ReportEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, Endpoint):
    """Breaches that the caller's account reported, the newest first."""

    serializer_class = ReportBody
    queryset = BreachReport.objects.all()

    def get_queryset(self) -> Any:
        return BreachReport.objects.visible_to(self.request.user).select_related("consultation")

    @extend_schema(operation_id="breach_reports_create", responses={201: ReportBody})
    def create(self, request: Request) -> Response:
        """Report a breach: our people are mailed at once. A 409 ``too_often`` after many in an hour."""
        said = self.checked(ReportBody)
        made = reporting.report_breach(request.user.account, actor=request.user, at=timezone.now(), **said)
        return Response(ReportBody(self.get_queryset().get(pk=made.pk)).data, status=201)


OF_ONE = "breaches/<uuid:reference>/"
urlpatterns = [
    *consultations_api.urlpatterns,
    path("breaches/", BreachEndpoint.as_view({"get": "list"}), name="api-breaches"),
    path(OF_ONE, BreachEndpoint.as_view({"get": "retrieve"}), name="api-breach"),
    path(f"{OF_ONE}acknowledge/", BreachEndpoint.as_view({"post": "acknowledge"}), name="api-breach-acknowledge"),
    path(
        f"{OF_ONE}permission/",
        BreachEndpoint.as_view({"post": "permit", "delete": "withdraw"}),
        name="api-breach-permission",
    ),
    path(f"{OF_ONE}supervisor/", BreachEndpoint.as_view({"get": "supervisor"}), name="api-breach-supervisor"),
    path("breach-reports/", ReportEndpoint.as_view({"get": "list", "post": "create"}), name="api-breach-reports"),
    path("breach-reports/<uuid:reference>/", ReportEndpoint.as_view({"get": "retrieve"}), name="api-breach-report"),
]
