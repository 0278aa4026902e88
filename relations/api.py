"""Relations, employees and contractors (§3, §4, §19). Every user of the account works with them."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import CompanyBody
from accounts.authentication import check_fresh
from cannonworks import dutch
from cannonworks.api import Body, Endpoint, RowBody
from cannonworks.callers import MainUserOnly
from relations import services
from relations.importing import api as importing
from relations.models import Employee, Relation

#: What §19 allows to be kept of a person.
PERSON = (
    "reference", *CompanyBody.Meta.fields, "first_name", "initials", "infix", "last_name", "gender",
)  # fmt: skip


class RelationBody(RowBody):
    class Meta:
        model = Relation
        fields = PERSON


class EmployeeBody(RowBody):
    bsn = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=20,
        help_text="Citizen service number; empty takes it away. Never shown again but by its own request.",
    )  # fmt: skip
    bsn_masked = serializers.SerializerMethodField()

    class Meta:
        model = Employee
        fields = (*PERSON, "kind", "bsn", "bsn_masked")

    def validate_bsn(self, number: str) -> str:
        return dutch.bsn(number) if number else ""

    def get_bsn_masked(self, employee: Employee) -> str | None:
        return employee.masked_bsn or None


class PersonEndpoint(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    Endpoint,
):
    """People of the caller's account, by last name."""

    ordering = ("last_name", "id")


class RelationEndpoint(PersonEndpoint):
    serializer_class = RelationBody
    queryset = Relation.objects.all()

    def get_queryset(self) -> Any:
        return Relation.objects.visible_to(self.request.user)

    def perform_create(self, body: Any) -> None:
        user = self.request.user
        body.instance = services.add_relation(user.account, actor=user, **body.validated_data)

    def perform_update(self, body: Any) -> None:
        body.instance = services.change_relation(body.instance, actor=self.request.user, **body.validated_data)

    def perform_destroy(self, relation: Relation) -> None:
        services.remove_relation(relation, actor=self.request.user)


class BsnBody(Body):
    bsn = serializers.CharField(read_only=True)


class EmployeeEndpoint(PersonEndpoint):
    serializer_class = EmployeeBody
    queryset = Employee.objects.all()

    def get_queryset(self) -> Any:
        return Employee.objects.visible_to(self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.action == "reveal" else super().get_permissions()

    def perform_create(self, body: Any) -> None:
        user = self.request.user
        body.instance = services.add_employee(user.account, actor=user, **body.validated_data)

    def perform_update(self, body: Any) -> None:
        body.instance = services.change_employee(body.instance, actor=self.request.user, **body.validated_data)

    def perform_destroy(self, employee: Employee) -> None:
        services.remove_employee(employee, actor=self.request.user)

    @extend_schema(request=None, responses=BsnBody, auth=[{"cookieAuth": []}], operation_id="employees_bsn")
    def reveal(self, request: Request, **kwargs: Any) -> Response:
        """Show a citizen service number: to the main user, just signed in with a password; never to a device token."""
        check_fresh(request)
        return Response({"bsn": services.reveal_bsn(self.get_object(), actor=request.user)})


ROWS = {"get": "list", "post": "create"}
ROW = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
urlpatterns = [
    *importing.urlpatterns,
    path("relations/", RelationEndpoint.as_view(ROWS), name="api-relations"),
    path("relations/<uuid:reference>/", RelationEndpoint.as_view(ROW), name="api-relation"),
    path("employees/", EmployeeEndpoint.as_view(ROWS), name="api-employees"),
    path("employees/<uuid:reference>/", EmployeeEndpoint.as_view(ROW), name="api-employee"),
    path("employees/<uuid:reference>/bsn/", EmployeeEndpoint.as_view({"post": "reveal"}), name="api-bsn"),
]
