"""The main user's request for erasure at once, and its letter (§5.5, §6)."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.authentication import check_fresh
from accounts.models import ErasureRequest
from cannonworks.api import Endpoint, PDFRenderer, RowBody
from cannonworks.callers import MainUserOnly
from cannonworks.downloads import file_response
from rights.letters import letter_pdf
from rights.models import RegisteredLetter


class ErasureRequestBody(RowBody):
    """``code`` is printed on the letter; ``letter_received_on`` is null until the letter came in."""

    letter_received_on = serializers.SerializerMethodField()

    class Meta:
        model = ErasureRequest
        fields = ("code", "asked_on", "letter_received_on")
        read_only_fields = fields

    def get_letter_received_on(self, asked: ErasureRequest) -> date | None:
        letter = RegisteredLetter.objects.filter(request=asked).first()
        return letter.received_on if letter else None


class ErasureRequestEndpoint(Endpoint):
    """The open request of the caller's account: one at most, so it has no reference in its address."""

    permission_classes = [MainUserOnly]
    serializer_class = ErasureRequestBody
    pagination_class = None

    def get_object(self) -> ErasureRequest:
        """The open request; 404 when there is none."""
        asked = ErasureRequest.objects.visible_to(self.request.user).open().select_related("account").first()
        if asked is None:
            raise Http404
        return asked

    def retrieve(self, request: Request) -> Response:
        """Get the open request. Main user only, as all of this."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses={201: ErasureRequestBody})
    def create(self, request: Request) -> Response:
        """Ask for erasure at once, in a session with a fresh proof of identity; a device cannot.

        It counts when the registered letter is confirmed. Not for an active account.
        """
        check_fresh(request, "erasure")
        asked = services.request_erasure(request.user.account, actor=request.user, on=timezone.localdate())
        return Response(self.get_serializer(asked).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request) -> Response:
        """Withdraw the request, as long as its letter is not confirmed."""
        services.withdraw_erasure(request.user.account, actor=request.user, on=timezone.localdate())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LetterEndpoint(ErasureRequestEndpoint):
    renderer_classes = [PDFRenderer]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, operation_id="erasure_request_letter")
    def retrieve(self, request: Request) -> HttpResponse:
        """Get the letter (PDF) to print, sign and send by registered post."""
        asked = self.get_object()
        return file_response(letter_pdf(asked, on=timezone.localdate()), f"{asked.code}.pdf", inline=True)


urlpatterns = [
    path(
        "erasure-request/",
        ErasureRequestEndpoint.as_view({"get": "retrieve", "post": "create", "delete": "destroy"}),
        name="api-erasure-request",
    ),
    path("erasure-request/letter/", LetterEndpoint.as_view({"get": "retrieve"}), name="api-letter"),
]
