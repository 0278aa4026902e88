"""What becomes of the account's data and when, what holds it back, and of what the main user was warned (§5)."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cannonworks.api import Endpoint, RowBody
from cannonworks.datamap import Category
from retention import my_data
from retention.models import ErasureWarning, Hold
from retention.my_record import record_of
from retention.outlook import outlook


class RuleBody(serializers.Serializer):
    name = serializers.CharField()
    clause = serializers.CharField(help_text="Of the agreement.")
    why = serializers.CharField(help_text="In your language.")


class FateBody(serializers.Serializer):
    """One category of data: kept at least until, erased at the start of (null: no end in sight), and why."""

    category = serializers.ChoiceField(choices=Category.choices)
    name = serializers.CharField(source="category.label")
    kept_until = serializers.DateField(allow_null=True)
    erase_on = serializers.DateField(allow_null=True)
    rule = RuleBody()
    losing = RuleBody(many=True, help_text="Rules that would have it otherwise and give way.")
    held_by = serializers.ListField(child=serializers.CharField(), help_text="Names of holds that keep it back.")


class WhatIfBody(serializers.Serializer):
    """A step that the account could take today, and what would then become of its data."""

    title = serializers.CharField()
    note = serializers.CharField()
    is_default = serializers.BooleanField(help_text="This happens if nobody does anything.")
    categories = serializers.SerializerMethodField()

    @extend_schema_field(FateBody(many=True))
    def get_categories(self, what_if: Any) -> Any:
        return FateBody([band.fate for band in what_if.timeline.bands], many=True).data


class TimelineBody(serializers.Serializer):
    """Days are days in Amsterdam. ``state`` is that of the account, or ``going``: nothing stops its erasure now."""

    on = serializers.DateField(help_text="Today.")
    state = serializers.CharField()
    kept_until = serializers.DateField(source="keep_until", allow_null=True)
    erase_on = serializers.DateField(allow_null=True)
    last_chance = serializers.DateField(allow_null=True, help_text="The last day to activate or reactivate.")
    categories = FateBody(source="fates", many=True)
    what_if = WhatIfBody(source="what_ifs", many=True)


class TimelineEndpoint(Endpoint):
    serializer_class = TimelineBody
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Get what becomes of each category of data, and what would after each step; from the rules of the sweep."""
        return Response(self.get_serializer(outlook(request.user.account, on=timezone.localdate())).data)


class HoldBody(RowBody):
    """A stop on the erasure of some categories: why, on which ground, and when we look at it again."""

    class Meta:
        model = Hold
        fields = ("name", "categories", "ground", "basis", "proportionality", "placed_on", "confirmed_on", "review_on")


class HoldEndpoint(mixins.ListModelMixin, Endpoint):
    serializer_class = HoldBody
    queryset = Hold.objects.all()

    def get_queryset(self) -> Any:
        return Hold.objects.visible_to(self.request.user).active()


class WarningBody(RowBody):
    """A mail that erasure comes nearer; ``sent_at`` is null until it went out."""

    class Meta:
        model = ErasureWarning
        fields = ("erase_on", "days", "planned_on", "sent_at")


class WarningEndpoint(mixins.ListModelMixin, Endpoint):
    serializer_class = WarningBody
    queryset = ErasureWarning.objects.all()

    def get_queryset(self) -> Any:
        return ErasureWarning.objects.visible_to(self.request.user)


class KeptBody(serializers.Serializer):
    name = serializers.CharField(source="label")
    number = serializers.IntegerField(help_text="Rows; counted no further than 10,000.")
    is_more = serializers.BooleanField(help_text="There are more than that.")
    removed_after = serializers.CharField(
        source="going.period",
        default=None,
        allow_null=True,
        help_text="Rows go by themselves so long after this; null: they stay with the account.",
    )


class ViewerBody(serializers.Serializer):
    who = serializers.CharField()
    data = serializers.ListField(
        child=serializers.CharField(), source="fields", help_text="Which; none named: all of it."
    )


class HoldingBody(serializers.Serializer):
    """One category of what is kept of the account."""

    category = serializers.ChoiceField(choices=Category.choices)
    name = serializers.CharField(source="category.label")
    purpose = serializers.CharField()
    kept = KeptBody(many=True)
    data = serializers.ListField(child=serializers.CharField(), source="fields", help_text="Personal data in it.")
    clauses = serializers.ListField(child=serializers.CharField(), help_text="Of the agreement.")
    viewers = ViewerBody(many=True)
    kept_until = serializers.DateField(source="fate.kept_until", allow_null=True, default=None)
    erase_on = serializers.DateField(source="fate.erase_on", allow_null=True, default=None)


class MyDataEndpoint(Endpoint):
    serializer_class = HoldingBody
    pagination_class = None

    @extend_schema(responses=HoldingBody(many=True))
    def retrieve(self, request: Request) -> Response:
        """Get all that is kept of the account, by category: how much, which data, why, until when, who may see it."""
        account = request.user.account
        fates = outlook(account, on=timezone.localdate())["fates"]
        return Response(self.get_serializer(my_data.holdings(account, fates), many=True).data)


class RecordBody(serializers.Serializer):
    """Our record of processing for this account (GDPR art. 30(2)); ``docs/record.md`` has each part of it."""

    form = serializers.CharField(help_text="Name and number of this form.")
    on = serializers.DateField(help_text="Today.")
    language = serializers.CharField()
    processor = serializers.DictField(help_text="address, email, data_protection_officer (or null).")
    controllers = serializers.DictField(help_text="Of the account: reference, name, kvk_number, email, state.")
    processing = serializers.ListField(child=serializers.DictField(), help_text="What we do: state, label, what.")
    data = serializers.ListField(
        child=serializers.DictField(), help_text="By category: subjects, fields, encrypted, rows, more."
    )
    sub_processors = serializers.ListField(
        child=serializers.DictField(), help_text="Whom this data reaches: name, role, country, categories, transfer."
    )
    measures = serializers.ListField(child=serializers.DictField(), help_text="title, text, controls, reviewed_on.")
    retention = serializers.DictField(help_text="rules, ages, backups, copies.")


class RecordEndpoint(Endpoint):
    serializer_class = RecordBody
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Get our record of processing as far as it is about this account, with what is really there."""
        record = record_of(request.user.account, on=timezone.localdate())
        return Response(self.get_serializer(record.as_json()).data)


urlpatterns = [
    path("record/", RecordEndpoint.as_view({"get": "retrieve"}), name="api-record"),
    path("my-data/", MyDataEndpoint.as_view({"get": "retrieve"}), name="api-my-data"),
    path("timeline/", TimelineEndpoint.as_view({"get": "retrieve"}), name="api-timeline"),
    path("holds/", HoldEndpoint.as_view({"get": "list"}), name="api-holds"),
    path("warnings/", WarningEndpoint.as_view({"get": "list"}), name="api-warnings"),
]
