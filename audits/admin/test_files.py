"""The files of a test by an account holder, as staff take them; each time is journalled (§12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from audits import files, preserving
from audits.appointments import file_for
from audits.models import FileKind
from cannonworks.admin import StaffAdmin, signed_in
from cannonworks.downloads import file_response
from cannonworks.errors import KeyUnavailable, Refused

Base = StaffAdmin if TYPE_CHECKING else object


class FilesOfTests(Base):
    """Actions of the page of a test that give a file."""

    @action(description=gettext_lazy("Announcement"), permissions=["view"], icon="draft")
    def letter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._file(request, object_id, FileKind.LETTER)

    @action(description=gettext_lazy("Report"), permissions=["view"], icon="description")
    def report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._file(request, object_id, FileKind.REPORT)

    @action(description=gettext_lazy("Calendar"), permissions=["view"], icon="calendar_month")
    def calendar(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        if row.agreed_at is None:
            raise Http404
        return file_response(
            file_for(row, address=request.build_absolute_uri(self.page_of(row))), "cannonworks-test.ics"
        )

    @action(description=gettext_lazy("Logs"), permissions=["view"], icon="terminal")
    def take_logs(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The logs up to now, sealed before they are given."""
        row = self.row(request, object_id)
        try:
            found = preserving.take_logs(row, actor=signed_in(request), at=timezone.now())
            return file_response(files.take(found, actor=signed_in(request)), found.name)
        except (Refused, KeyUnavailable) as error:
            messages.error(request, str(error))
            return redirect(self.page_of(row))

    def _file(self, request: HttpRequest, object_id: str, kind: FileKind) -> HttpResponse:
        row = self.row(request, object_id)
        found = files.latest(row, kind)
        if found is None:
            messages.info(request, _("There is no such file of this test."))
            return redirect(self.page_of(row))
        try:
            return file_response(files.take(found, actor=signed_in(request)), found.name)
        except KeyUnavailable as error:
            messages.error(request, str(error))
            return redirect(self.page_of(row))
