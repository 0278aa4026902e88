"""The account, the steps of its main user, and the devices of each user (§1, §2, §5)."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts import news_api, people_api, services, terms_api, tokens, usage_api
from accounts.authentication import check_fresh, sign_in_device
from accounts.models import Account, DeviceToken
from accounts.people_api import CompanyBody, UserBody
from cannonworks.api import Body, Endpoint, RowBody
from cannonworks.callers import HolderOnly, MainUserOnly, SignInThrottle


class DeviceTokenScheme(OpenApiAuthenticationExtension):
    """How the schema of the API tells of it."""

    target_class = "accounts.authentication.DeviceTokenAuthentication"
    name = "deviceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A device token: POST /api/v1/tokens/ makes one."}


class AccountBody(RowBody):
    """``keep_until`` and ``erase_on`` are days (Amsterdam); null: no end in sight."""

    company = CompanyBody(read_only=True)
    user = serializers.SerializerMethodField(help_text="Who asks.")
    is_writable = serializers.BooleanField(read_only=True)

    class Meta:
        model = Account
        fields = (
            "reference", "state", "is_writable", "signed_up_on", "trial_ends_on", "cancelled_on", "ordered_on",
            "keep_until", "erase_on", "company", "user",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(UserBody)
    def get_user(self, account: Account) -> object:
        return UserBody(self.context["request"].user).data


class CancelBody(Body):
    erase_immediately = serializers.BooleanField(
        default=False, help_text="Also ask for erasure at once; it counts when the registered letter is confirmed."
    )


class AccountEndpoint(Endpoint):
    """The caller's own account: one, so it has no reference in its address."""

    serializer_class = AccountBody
    pagination_class = None

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.request.method == "POST" else super().get_permissions()

    def retrieve(self, request: Request) -> Response:
        """Get the account: its state, its days, its company and who asks."""
        return self.now()

    @extend_schema(request=CancelBody)
    def cancel(self, request: Request) -> Response:
        """Cancel the account; its data stays two years (§5.4). Main user only.

        To ask for erasure at once as well takes a session with a fresh proof of identity.
        """
        given = self.checked(CancelBody)
        if given["erase_immediately"]:
            check_fresh(request, "cancel")
        services.cancel_account(request.user.account, actor=request.user, on=timezone.localdate(), **given)
        return self.now()

    def now(self) -> Response:
        """The account as it is now."""
        account = Account.objects.visible_to(self.request.user).select_related("company").get()
        return Response(self.get_serializer(account).data)


class DeviceBody(RowBody):
    """A device that signs in by itself."""

    class Meta:
        model = DeviceToken
        fields = ("reference", "name", "created", "last_used_at", "expiry")
        read_only_fields = fields


class NewDeviceBody(Body):
    """Without a session: e-mail and password, and the code of a second factor where one is set."""

    name = serializers.CharField(max_length=60, help_text="What the device is called.")
    email = serializers.EmailField(required=False, write_only=True)
    password = serializers.CharField(required=False, write_only=True, trim_whitespace=False, max_length=200)
    code = serializers.CharField(required=False, write_only=True, default="", allow_blank=True, max_length=40)


class MadeDeviceBody(DeviceBody):
    token = serializers.CharField(read_only=True, help_text="Shown this once; send it as `Authorization: Bearer …`.")

    class Meta(DeviceBody.Meta):
        fields = (*DeviceBody.Meta.fields, "token")
        read_only_fields = fields


class DeviceEndpoint(mixins.ListModelMixin, mixins.DestroyModelMixin, Endpoint):
    """The caller's own devices; the main user sees and removes no others than their own."""

    serializer_class = DeviceBody

    def get_queryset(self) -> object:
        return DeviceToken.objects.of(self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get_throttles(self) -> list[BaseThrottle]:
        return [SignInThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(request=NewDeviceBody, responses={201: MadeDeviceBody}, auth=[{"cookieAuth": []}, {}])
    def create(self, request: Request) -> Response:
        """Sign a device in: from a session, or with e-mail and password. Public. A token makes no other token."""
        if request.auth is not None:
            raise PermissionDenied(_("A device cannot sign in another one. Use your password."))
        given = self.checked(NewDeviceBody)
        user = request.user
        if user.is_authenticated and "email" not in given:
            self._check_holder(request)
        else:
            missing = {name: [_("This field is required.")] for name in ("email", "password") if name not in given}
            if missing:
                raise serializers.ValidationError(missing, code="required")
            user = sign_in_device(request, email=given["email"], password=given["password"], code=given["code"])
        row, token = tokens.make_token(user, name=given["name"], at=timezone.now())
        return Response({**self.get_serializer(row).data, "token": token}, status=status.HTTP_201_CREATED)

    def _check_holder(self, request: Request) -> None:
        if not (rule := HolderOnly()).has_permission(request, self):
            raise PermissionDenied(rule.message)

    def perform_destroy(self, row: DeviceToken) -> None:
        tokens.revoke_token(row, actor=self.request.user)

    @extend_schema(responses={204: None}, operation_id="tokens_destroy_all")
    def destroy_all(self, request: Request) -> Response:
        """Sign out all devices, this one with them."""
        tokens.revoke_tokens(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    *news_api.urlpatterns,
    *usage_api.urlpatterns,
    *terms_api.urlpatterns,
    path("account/", AccountEndpoint.as_view({"get": "retrieve"}), name="api-account"),
    path("account/cancel/", AccountEndpoint.as_view({"post": "cancel"}), name="api-cancel"),
    path(
        "tokens/",
        DeviceEndpoint.as_view({"get": "list", "post": "create", "delete": "destroy_all"}),
        name="api-tokens",
    ),
    path("tokens/<uuid:reference>/", DeviceEndpoint.as_view({"delete": "destroy"}), name="api-token"),
    *people_api.urlpatterns,
]
