"""What the holder shares: links to documents and mails with them (§3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Body, Endpoint, RowBody
from finance import sharing
from finance.models import Document, Mailing, ShareDays, ShareLink


class LinkBody(RowBody):
    """A link to a document. Its address is told when it is made, and never again."""

    document = serializers.SlugRelatedField(slug_field="reference", read_only=True)

    class Meta:
        model = ShareLink
        fields = ("reference", "document", "made_at", "expires_at", "revoked_at", "openings", "last_opened_at")
        read_only_fields = fields


class MadeLinkBody(LinkBody):
    address = serializers.URLField(read_only=True, help_text="Shown this once; whoever has it reads the document.")

    class Meta(LinkBody.Meta):
        fields = (*LinkBody.Meta.fields, "address")
        read_only_fields = fields


class NewLinkBody(Body):
    days = serializers.ChoiceField(choices=ShareDays.choices, default=ShareDays.MONTH, help_text="How long it works.")


class MailingBody(RowBody):
    """A document on its way by mail; with ``days`` as a link that works so long, without as PDF."""

    document = serializers.SlugRelatedField(slug_field="reference", read_only=True)

    class Meta:
        model = Mailing
        fields = ("reference", "document", "to", "message", "days", "state", "asked_at", "sent_at")
        read_only_fields = ("state", "asked_at", "sent_at")


class OfDocument(Endpoint):
    """Rows of one document of the caller's account, or of all of them."""

    def document(self) -> Document:
        rows = Document.objects.visible_to(self.request.user).select_related("account", "relation")
        return get_object_or_404(rows, reference=self.kwargs["document"])

    def get_queryset(self) -> Any:
        rows = self.queryset.visible_to(self.request.user).select_related("document")
        return rows.filter(document=self.document()) if "document" in self.kwargs else rows


class LinkEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, OfDocument):
    """Links, the newest first."""

    serializer_class = LinkBody
    queryset = ShareLink.objects.defer("digest")

    @extend_schema(request=NewLinkBody, responses={201: MadeLinkBody})
    def create(self, request: Request, document: UUID) -> Response:
        """Make a link to an issued document (§3)."""
        found, days = self.document(), self.checked(NewLinkBody)["days"]
        link, address = sharing.share_document(found, actor=request.user, at=timezone.now(), days=days)
        return Response({**LinkBody(link).data, "address": address}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, link: ShareLink) -> None:
        """Revoke it; the row stays for a while, to look back on."""
        sharing.revoke_link(link, actor=self.request.user, at=timezone.now())


class MailingEndpoint(mixins.ListModelMixin, mixins.RetrieveModelMixin, OfDocument):
    """Mails with documents, the newest first."""

    serializer_class = MailingBody
    queryset = Mailing.objects.all()

    @extend_schema(request=MailingBody, responses={201: MailingBody})
    def create(self, request: Request, document: UUID) -> Response:
        """Mail an issued document (§3)."""
        found, given = self.document(), self.checked(MailingBody)
        mailing = sharing.mail_document(found, actor=request.user, at=timezone.now(), **given)
        return Response(MailingBody(mailing).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=MailingBody, operation_id="mailings_retry")
    def retry(self, request: Request, reference: UUID) -> Response:
        """Send again what could not be sent."""
        mailing = sharing.retry_mailing(self.get_object(), actor=request.user, at=timezone.now())
        return Response(MailingBody(mailing).data)


LIST = {"get": "list", "post": "create"}
urlpatterns = [
    path("documents/<uuid:document>/links/", LinkEndpoint.as_view(LIST), name="api-document-links"),
    path("documents/<uuid:document>/mailings/", MailingEndpoint.as_view(LIST), name="api-document-mailings"),
    path("links/", LinkEndpoint.as_view({"get": "list"}), name="api-links"),
    path("links/<uuid:reference>/", LinkEndpoint.as_view({"get": "retrieve", "delete": "destroy"}), name="api-link"),
    path("mailings/", MailingEndpoint.as_view({"get": "list"}), name="api-mailings"),
    path("mailings/<uuid:reference>/", MailingEndpoint.as_view({"get": "retrieve"}), name="api-mailing"),
    path("mailings/<uuid:reference>/retry/", MailingEndpoint.as_view({"post": "retry"}), name="api-mailing-retry"),
]
