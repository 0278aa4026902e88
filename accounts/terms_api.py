"""The terms over the API: what is in force, and that a user has read it (§21)."""

from __future__ import annotations

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import terms
from accounts.models import TermsVersion
from cannonworks.api import Body, Endpoint, RowBody


class TermsBody(RowBody):
    """Texts are Markdown. ``to_acknowledge``: the caller has yet to read it; null without a sign-in."""

    sha256 = serializers.CharField(source="digest", read_only=True, help_text="Over both texts and their summaries.")
    to_acknowledge = serializers.SerializerMethodField(allow_null=True)

    class Meta:
        model = TermsVersion
        fields = (
            "number", "effective_on", "summary_nl", "summary_en", "text_nl", "text_en", "sha256", "to_acknowledge",
        )  # fmt: skip
        read_only_fields = fields

    def get_to_acknowledge(self, version: TermsVersion) -> bool | None:
        user = self.context["request"].user
        if not user.is_authenticated or user.account_id is None:
            return None
        return terms.to_acknowledge(user, timezone.localdate()) is not None


class ReadBody(Body):
    number = serializers.IntegerField(min_value=1, help_text="Of the version that was shown.")


class TermsEndpoint(Endpoint):
    """The terms in force."""

    serializer_class = TermsBody
    pagination_class = None

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.action == "retrieve" else super().get_permissions()

    def retrieve(self, request: Request) -> Response:
        """Get the terms in force, in both languages. Public."""
        return Response(self.get_serializer(terms.in_force(timezone.localdate())).data)

    @extend_schema(request=ReadBody)
    def acknowledge(self, request: Request) -> Response:
        """Say that the user has read a version (§21); each user for themselves, and as often as one likes."""
        number = self.checked(ReadBody)["number"]
        version = TermsVersion.objects.published().filter(number=number).first()
        if version is None:
            raise Http404
        terms.acknowledge(version, request.user, timezone.now())
        return self.retrieve(request)


urlpatterns = [
    path("terms/", TermsEndpoint.as_view({"get": "retrieve"}), name="api-terms"),
    path("terms/acknowledge/", TermsEndpoint.as_view({"post": "acknowledge"}), name="api-terms-acknowledge"),
]
