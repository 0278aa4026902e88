"""What the parts of the register of sub-processors have in common: entered by way of a question, then shown."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from cannonworks.admin import StaffAdmin


class RegisterAdmin(StaffAdmin):
    """A part of the register: entered by way of a question, then shown."""

    may = frozenset({"add"})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Ask what is to be entered, and enter it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.enter(request)
