"""Our record of processing for an account, for staff who have it open (AVG art. 30(2))."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from accounts import support
from accounts.opening import OpenedAdmin, running
from accounts.states import State
from cannonworks.admin import signed_in, today
from cannonworks.downloads import file_response
from cannonworks.errors import Refused
from cannonworks.publications import pdf_of
from retention.my_record import record_for_staff


class RecordedAdmin(OpenedAdmin):
    """For the page of an account: the button with which the record is downloaded while it is open."""

    actions_detail = ("close", "record")

    @action(description=gettext_lazy("Record of processing"), permissions=["view"], icon="description")
    def record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The record as PDF; the account holder sees that it was looked at. Who has not opened it is asked to."""
        account = self.row(request, object_id)
        if account.state == State.ERASED:
            raise Http404
        try:
            support.look(account, actor=signed_in(request), page="record", at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(self.page_of(account))
        paper = record_for_staff(account, on=today()).paper
        name = f"cannonworks-record-{str(account.reference)[:8]}-{paper.on}.pdf"
        return file_response(pdf_of(paper), name, inline=True)

    def possible(self, request: HttpRequest, row: Any) -> list[str]:
        return ["record"] if row.state != State.ERASED and running(request, row) else []
