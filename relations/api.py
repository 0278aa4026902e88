"""Relations, employees and contractors (§3, §4, §19). Every user of the account works with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import CompanyBody
from accounts.authentication import check_fresh
from cannonworks import dutch
from cannonworks.api import Body, Endpoint, RowBody
from cannonworks.callers import MainUserOnly
from relations import finding, services
from relations.forms import ChoiceForm
from relations.importing import api as importing
from relations.leaving import Trace
from relations.models import Employee, EmployeeKind, Person, Relation

#: What §19 allows to be kept of a person.
PERSON = (
    "reference", *CompanyBody.Meta.fields, "first_name", "initials", "infix", "last_name", "gender",
)  # fmt: skip
#: What the list is narrowed down by and ordered; the words are those of the page.
SEARCH = OpenApiParameter("search", str, description="Words in name, address, e-mail, phone and numbers; all of them.")
RESTRICTED = OpenApiParameter("restricted", str, enum=["no", "yes"], description="Restricted or not (§15).")
ORDER = OpenApiParameter("order", str, enum=[order.name for order in finding.ORDERS], default="name")
KIND = OpenApiParameter("kind", str, enum=EmployeeKind.values)


class PersonBody(RowBody):
    revision = serializers.IntegerField(
        required=False, min_value=1,
        help_text="Goes up with every change. Sent along with a change, one that somebody else made since is a 409.",
    )  # fmt: skip

    class Meta:
        fields = (*PERSON, "restricted_on", "revision")
        read_only_fields = ("restricted_on",)


class RelationBody(PersonBody):
    class Meta(PersonBody.Meta):
        model = Relation


class EmployeeBody(PersonBody):
    bsn = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=20,
        help_text="Citizen service number; empty takes it away. Never shown again but by its own request.",
    )  # fmt: skip
    bsn_masked = serializers.SerializerMethodField()

    class Meta(PersonBody.Meta):
        model = Employee
        fields = (*PersonBody.Meta.fields, "kind", "bsn", "bsn_masked")

    def validate_bsn(self, number: str) -> str:
        return dutch.bsn(number) if number else ""

    def get_bsn_masked(self, employee: Employee) -> str | None:
        return employee.masked_bsn or None


class TraceBody(Body):
    name = serializers.CharField(read_only=True, help_text="``issued``, ``drafts``, ``links``, ``mailings``.")
    number = serializers.IntegerField(read_only=True)
    words = serializers.CharField(read_only=True, help_text="The same as a sentence.")
    clause = serializers.CharField(read_only=True, help_text="By which it stays; empty for what goes.")


class ErasedBody(Body):
    """What went along with somebody, and what stays: issued quotes and invoices keep their own name and address."""

    goes = TraceBody(many=True, read_only=True)
    stays = TraceBody(many=True, read_only=True)


class PersonEndpoint(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    Endpoint,
):
    """People of the caller's account, by name unless told otherwise; whoever is restricted is only kept (§15)."""

    model: ClassVar[type[Person]]
    add: ClassVar[Callable[..., Any]]
    change: ClassVar[Callable[..., Any]]
    remove: ClassVar[Callable[..., Any]]

    def get_queryset(self) -> Any:
        return self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]

    def paginate_queryset(self, queryset: Any) -> Any:
        """The chosen ones, in the order that was asked for; ValidationError (400) on a choice that there is not."""
        form = ChoiceForm(self.request.query_params, with_kind=self.model is Employee)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(errors) for name, errors in form.errors.items()})
        order = form.cleaned_data["order"]
        self.ordering = next(o.columns for o in finding.ORDERS if o.name == (order or finding.ORDERS[0].name))
        return super().paginate_queryset(finding.people(self.model, self.request.user, form.choice()))

    def perform_create(self, body: Any) -> None:
        body.validated_data.pop("revision", None)  # the first
        user = self.request.user
        body.instance = type(self).add(user.account, actor=user, **body.validated_data)

    def perform_update(self, body: Any) -> None:
        body.instance = type(self).change(body.instance, actor=self.request.user, **body.validated_data)

    @extend_schema(responses=ErasedBody)
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Erase somebody, and tell what goes along and what stays; 409 ``held`` while a hold stands on it (§5, §15)."""
        traces: list[Trace] = type(self).remove(self.get_object(), actor=request.user)
        goes, stays = ([trace for trace in traces if trace.goes is gone] for gone in (True, False))
        return Response(ErasedBody({"goes": goes, "stays": stays}).data)

    def mark(self, service: Callable[..., Any]) -> Response:
        person = service(self.get_object(), actor=self.request.user, on=timezone.localdate())
        return Response(self.get_serializer(person).data)


@extend_schema_view(list=extend_schema(parameters=[SEARCH, RESTRICTED, ORDER]))
class RelationEndpoint(PersonEndpoint):
    model = Relation
    serializer_class = RelationBody
    queryset = Relation.objects.all()
    add, change, remove = services.add_relation, services.change_relation, services.remove_relation

    # The schema finds what an endpoint does beside the usual by its own methods alone.
    @extend_schema(request=None, responses=RelationBody, operation_id="relations_restrict")
    def restrict(self, request: Request, **kwargs: Any) -> Response:
        """Restrict somebody from today: nothing is done with the data but keep them (§15)."""
        return self.mark(services.restrict_person)

    @extend_schema(request=None, responses=RelationBody, operation_id="relations_lift")
    def lift(self, request: Request, **kwargs: Any) -> Response:
        """Lift the restriction again (§15)."""
        return self.mark(services.lift_restriction)


class BsnBody(Body):
    bsn = serializers.CharField(read_only=True)


@extend_schema_view(list=extend_schema(parameters=[SEARCH, KIND, RESTRICTED, ORDER]))
class EmployeeEndpoint(PersonEndpoint):
    model = Employee
    serializer_class = EmployeeBody
    queryset = Employee.objects.all()
    add, change, remove = services.add_employee, services.change_employee, services.remove_employee

    @extend_schema(request=None, responses=EmployeeBody, operation_id="employees_restrict")
    def restrict(self, request: Request, **kwargs: Any) -> Response:
        """Restrict somebody from today: nothing is done with the data but keep them (§15)."""
        return self.mark(services.restrict_person)

    @extend_schema(request=None, responses=EmployeeBody, operation_id="employees_lift")
    def lift(self, request: Request, **kwargs: Any) -> Response:
        """Lift the restriction again (§15)."""
        return self.mark(services.lift_restriction)

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.action == "reveal" else super().get_permissions()

    @extend_schema(request=None, responses=BsnBody, auth=[{"cookieAuth": []}], operation_id="employees_bsn")
    def reveal(self, request: Request, **kwargs: Any) -> Response:
        """Show a citizen service number: to the main user, just signed in with a password; never to a device token."""
        check_fresh(request, "employee", self.kwargs["reference"])
        return Response({"bsn": services.reveal_bsn(self.get_object(), actor=request.user)})


ROWS = {"get": "list", "post": "create"}
ROW = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
RESTRICTION = {"post": "restrict", "delete": "lift"}
urlpatterns = [
    *importing.urlpatterns,
    path("relations/", RelationEndpoint.as_view(ROWS), name="api-relations"),
    path("relations/<uuid:reference>/", RelationEndpoint.as_view(ROW), name="api-relation"),
    path(
        "relations/<uuid:reference>/restriction/",
        RelationEndpoint.as_view(RESTRICTION),
        name="api-relation-restriction",
    ),
    path("employees/", EmployeeEndpoint.as_view(ROWS), name="api-employees"),
    path("employees/<uuid:reference>/", EmployeeEndpoint.as_view(ROW), name="api-employee"),
    path(
        "employees/<uuid:reference>/restriction/",
        EmployeeEndpoint.as_view(RESTRICTION),
        name="api-employee-restriction",
    ),
    path("employees/<uuid:reference>/bsn/", EmployeeEndpoint.as_view({"post": "reveal"}), name="api-bsn"),
]
