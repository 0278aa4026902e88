from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BreachesConfig(AppConfig):
    name = "breaches"
    verbose_name = _("Breaches")

    def ready(self) -> None:
        # They register themselves.
        from breaches import banner, breaches_due, letters, while_blocked  # noqa: F401
