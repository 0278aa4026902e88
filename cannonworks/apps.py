from django.apps import AppConfig
from django.conf import settings

from cannonworks import catalogue


class KernelConfig(AppConfig):
    """The kernel as an app, for its commands; it has no models."""

    name = "cannonworks"

    def ready(self) -> None:
        # A machine of one's own has no build step; elsewhere the image is built with its catalogue compiled.
        if getattr(settings, "EMBEDDED", False):
            catalogue.compile_when_stale(settings.BASE_DIR)
