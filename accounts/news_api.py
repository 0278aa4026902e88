"""The newsletter and the notices, for an app (§1, §2)."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import newsletter as subscriptions
from accounts.models import Notice
from accounts.notices import dismiss_notice, notices_for
from cannonworks.api import Body, Endpoint, RowBody

SUBSCRIPTION = inline_serializer(
    "Subscription",
    {
        "wanted": serializers.BooleanField(),
        "since": serializers.DateTimeField(allow_null=True, help_text="null: never asked for or refused."),
    },
)


class WantedBody(Body):
    wanted = serializers.BooleanField()


class NoticeBody(RowBody):
    """In the language of the request; ``text`` is Markdown."""

    title = serializers.CharField(read_only=True)
    text = serializers.CharField(read_only=True)

    class Meta:
        model = Notice
        fields = ("reference", "title", "text", "shown_from", "shown_until")
        read_only_fields = fields


class NewsletterEndpoint(Endpoint):
    """The caller's own subscription; the state of the account does not matter to it."""

    serializer_class = WantedBody
    pagination_class = None

    @extend_schema(responses=SUBSCRIPTION)
    def retrieve(self, request: Request) -> Response:
        """Tell whether the caller gets the newsletter."""
        return self._now()

    @extend_schema(request=WantedBody, responses=SUBSCRIPTION)
    def partial_update(self, request: Request) -> Response:
        """Subscribe or unsubscribe the caller (§2)."""
        given = self.checked(WantedBody)
        subscriptions.set_subscription(request.user, **given, at=timezone.now(), chosen=True)
        return self._now()

    def _now(self) -> Response:
        row = subscriptions.subscription_of(self.request.user)
        return Response({"wanted": bool(row and row.wanted), "since": row and row.changed_at})


class NoticeEndpoint(mixins.ListModelMixin, Endpoint):
    """What the caller is still to be told, the newest first."""

    serializer_class = NoticeBody
    ordering = ("-shown_from", "-id")

    def get_queryset(self) -> object:
        return notices_for(self.request.user, timezone.localdate())

    @extend_schema(request=None, responses={204: None})
    def dismiss(self, request: Request, reference: object) -> Response:
        """Put a notice away; it does not come back."""
        at = timezone.now()
        notice = get_object_or_404(Notice.objects.shown(timezone.localdate(at)), reference=reference)
        dismiss_notice(notice, user=request.user, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path(
        "newsletter/",
        NewsletterEndpoint.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="api-newsletter",
    ),
    path("notices/", NoticeEndpoint.as_view({"get": "list"}), name="api-notices"),
    path("notices/<uuid:reference>/dismiss/", NoticeEndpoint.as_view({"post": "dismiss"}), name="api-notice-dismiss"),
]
