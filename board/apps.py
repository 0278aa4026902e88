from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class BoardConfig(AppConfig):
    name = "board"
    verbose_name = _("Deadlines")

    def ready(self) -> None:
        from board import letters  # noqa: F401  they register themselves
        from board.admin import pages

        admin.site.extra_urls = pages  # type: ignore[attr-defined]  # of the library: pages that are no list of rows
