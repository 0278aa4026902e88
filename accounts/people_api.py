"""The company, the users of the account, and those who were invited (§1, §16, §19).

Signing up and joining are for a browser: both go by a link in a mail, and end in a session.
"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import companies, inviting, users
from accounts.authentication import check_fresh
from accounts.models import Company, Invitation, User
from accounts.pace import check_pace
from cannonworks.api import Body, Endpoint, RowBody
from cannonworks.callers import HolderOnly, MainUserOnly


class CompanyBody(RowBody):
    class Meta:
        model = Company
        fields = (
            "company_name", "kvk_number", "vat_number", "sole_trader", "email", "phone",
            "street", "house_number", "postcode", "city", "country",
        )  # fmt: skip


class UserBody(RowBody):
    class Meta:
        model = User
        fields = (
            "reference", "email", "first_name", "initials", "infix", "last_name", "gender", "is_main", "language",
        )  # fmt: skip


class OwnBody(UserBody):
    """What one changes of oneself; the address is changed in a browser."""

    class Meta(UserBody.Meta):
        read_only_fields = ("reference", "email", "is_main")


class InvitationBody(RowBody):
    """Somebody who was asked to join. ``expires_at``: from then on the link in the mail does not work."""

    class Meta:
        model = Invitation
        fields = ("reference", "email", "sent_at", "expires_at")
        read_only_fields = fields


class InviteBody(Body):
    email = serializers.EmailField()


class CompanyEndpoint(Endpoint):
    """The company of the caller's account: one, so it has no reference in its address."""

    serializer_class = CompanyBody
    pagination_class = None

    def get_permissions(self) -> list[BasePermission]:
        return [MainUserOnly()] if self.request.method == "PATCH" else super().get_permissions()

    def get_object(self) -> Company:
        return Company.objects.select_related("account").get(account=self.request.user.account)

    def retrieve(self, request: Request) -> Response:
        """Get the company's details."""
        return Response(self.get_serializer(self.get_object()).data)

    def partial_update(self, request: Request) -> Response:
        """Change details of the company. Main user only."""
        company = self.get_object()
        given = self.get_serializer(company, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changed = companies.change_company(company, actor=request.user, **given.validated_data)
        return Response(self.get_serializer(changed).data)


class OwnEndpoint(Endpoint):
    """Whoever asks."""

    serializer_class = OwnBody
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Get one's own details."""
        return Response(self.get_serializer(request.user).data)

    def partial_update(self, request: Request) -> Response:
        """Change one's own name, gender or language."""
        given = self.get_serializer(request.user, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changed = users.change_user(request.user, actor=request.user, **given.validated_data)
        return Response(self.get_serializer(changed).data)

    def destroy(self, request: Request) -> Response:
        """Leave the account: one's own user is erased, at once and for good. Not for the main user."""
        users.leave(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UserEndpoint(mixins.ListModelMixin, mixins.DestroyModelMixin, Endpoint):
    """Users of the caller's account, the main user first."""

    serializer_class = UserBody
    ordering = ("-is_main", "id")

    def get_queryset(self) -> Any:
        return User.objects.visible_to(self.request.user)

    def get_permissions(self) -> list[BasePermission]:
        return [HolderOnly()] if self.request.method == "GET" else [MainUserOnly()]

    def perform_destroy(self, user: User) -> None:
        """Remove a colleague: signed out everywhere, and erased. Main user only, who cannot go before handing over."""
        users.remove_user(user, actor=self.request.user)

    @extend_schema(request=None)
    def hand_over(self, request: Request, **address: Any) -> Response:
        """Make a colleague the main user. Main user only, in a session with a fresh proof of identity."""
        check_fresh(request, "users")
        after = users.hand_over(request.user.account, to=self.get_object(), actor=request.user)
        return Response(self.get_serializer(after).data)


class InvitationEndpoint(mixins.ListModelMixin, mixins.DestroyModelMixin, Endpoint):
    """Who was asked to join and did not yet. Main user only."""

    serializer_class = InvitationBody
    permission_classes = [MainUserOnly]

    def get_queryset(self) -> Any:
        return Invitation.objects.visible_to(self.request.user)

    @extend_schema(request=InviteBody, responses={201: InvitationBody})
    def create(self, request: Request) -> Response:
        """Invite a colleague by e-mail. An address that works in another account is told why not by mail alone."""
        email = self.checked(InviteBody)["email"]
        check_pace(request._request, account=request.user.account, email=email)
        row = inviting.invite(request.user.account, email=email, actor=request.user, at=timezone.now())
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=InvitationBody)
    def send(self, request: Request, **address: Any) -> Response:
        """Send the invitation again, with a new link; the old one does not work any more."""
        row = self.get_object()
        check_pace(request._request, account=request.user.account, email=row.email)
        return Response(self.get_serializer(inviting.send_again(row, actor=request.user, at=timezone.now())).data)

    def perform_destroy(self, row: Invitation) -> None:
        """Withdraw the invitation."""
        inviting.withdraw(row, actor=self.request.user)


urlpatterns = [
    path("company/", CompanyEndpoint.as_view({"get": "retrieve", "patch": "partial_update"}), name="api-company"),
    path(
        "me/", OwnEndpoint.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}), name="api-me"
    ),
    path("users/", UserEndpoint.as_view({"get": "list"}), name="api-users"),
    path("users/<uuid:reference>/", UserEndpoint.as_view({"delete": "destroy"}), name="api-user"),
    path("users/<uuid:reference>/hand-over/", UserEndpoint.as_view({"post": "hand_over"}), name="api-user-hand-over"),
    path("invitations/", InvitationEndpoint.as_view({"get": "list", "post": "create"}), name="api-invitations"),
    path("invitations/<uuid:reference>/", InvitationEndpoint.as_view({"delete": "destroy"}), name="api-invitation"),
    path(
        "invitations/<uuid:reference>/send/", InvitationEndpoint.as_view({"post": "send"}), name="api-invitation-send"
    ),
]
