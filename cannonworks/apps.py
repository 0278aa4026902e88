from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import sites
from django.core.exceptions import ImproperlyConfigured

from cannonworks import catalogue


class AdministrationConfig(AppConfig):
    """The library of the administration, with a site of our own."""

    name = "unfold"
    default = False  # of this module that is the kernel

    def ready(self) -> None:
        from cannonworks.site import Site

        admin.site = sites.site = Site()


class KernelConfig(AppConfig):
    """The kernel as an app: no models, only the data map's check and the commands."""

    name = "cannonworks"

    def ready(self) -> None:
        from cannonworks import clocks, datamap, encryption, grants, lookups  # noqa: F401 register themselves

        # A machine of one's own has no build step; elsewhere the image is built with its catalogue compiled.
        if settings.EMBEDDED:
            catalogue.compile_when_stale(settings.BASE_DIR)
        datamap.autodiscover()
        clocks.autodiscover()
        # Web and workers run no system checks of their own, so the start itself refuses an incomplete map.
        if errors := datamap.check_data_map(None):
            raise ImproperlyConfigured(" ".join(str(error.msg) for error in errors))
        encryption.keyring(), encryption.lookup_keys()  # keys that cannot be read stop the start, and not a request
