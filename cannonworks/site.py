"""The site of the administration."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    """As the library has it, without asking on every page what its own sidebar would list: see ``sidebar``."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models of one app; no page shows those of all of them."""
        return super().get_app_list(request, app_label) if app_label else []
