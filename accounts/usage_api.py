"""How the account is used (§17): the same numbers as on the page."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import statistics
from accounts.models.usage import Device, Kind, Module
from cannonworks.api import Body, Endpoint

PER = [(per.name, per.label) for per in statistics.PERIODS]


class UsagePeriodBody(Body):
    """Which numbers: the last 30 days, 26 weeks or 12 months, of all parts or of one."""

    per = serializers.ChoiceField(choices=PER, default="day")
    module = serializers.ChoiceField(choices=Module.choices, required=False)


class UsageStepBody(serializers.Serializer):
    starts = serializers.DateField(help_text="First day of the step, in Amsterdam.")
    clicks = serializers.IntegerField()
    sign_ins = serializers.IntegerField()


class ModuleNumberBody(serializers.Serializer):
    module = serializers.ChoiceField(choices=Module.choices)
    clicks = serializers.IntegerField()


class DeviceNumberBody(serializers.Serializer):
    device = serializers.ChoiceField(choices=Device.choices)
    clicks = serializers.IntegerField()


class UsageBody(serializers.Serializer):
    """``is_allowed`` is false when whoever asks refused statistics: nothing is counted of them since (§20)."""

    is_allowed = serializers.BooleanField()
    steps = UsageStepBody(many=True)
    modules = ModuleNumberBody(many=True, help_text="Of the whole period, what is used most first.")
    devices = DeviceNumberBody(many=True, help_text="Of the last 30 days.")
    documents = serializers.IntegerField(help_text="Quotes and invoices issued in the period.")
    payments = serializers.IntegerField(help_text="Payments of the account in the period.")


class UsageEndpoint(Endpoint):
    serializer_class = UsageBody
    pagination_class = None

    @extend_schema(parameters=[UsagePeriodBody])
    def retrieve(self, request: Request) -> Response:
        """Get how the account is used: clicks and sign-ins by step, clicks by part and by kind of device."""
        asked = UsagePeriodBody(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given, on = asked.validated_data, timezone.localdate()
        user: Any = request.user
        per = statistics.period(given["per"])
        found = statistics.usage_of(user.account, per=per, on=on, module=given.get("module", ""))
        return Response(self.get_serializer(_told(user, found, statistics.devices(user.account, on=on))).data)


def _told(user: Any, found: statistics.Usage, devices: list[tuple[Device, int]]) -> dict[str, Any]:
    steps = zip(found.starts, found.clicks, found.sign_ins, strict=True)
    return {
        "is_allowed": user.analytics is not False,
        "steps": [{"starts": day, "clicks": clicks, "sign_ins": sign_ins} for day, clicks, sign_ins in steps],
        "modules": [{"module": module, "clicks": number} for module, number in found.modules],
        "devices": [{"device": device, "clicks": number} for device, number in devices],
        "documents": found.counted.get(Kind.DOCUMENT, 0),
        "payments": found.counted.get(Kind.PAYMENT, 0),
    }


urlpatterns = [path("usage/", UsageEndpoint.as_view({"get": "retrieve"}), name="api-usage")]
