from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcessorsConfig(AppConfig):
    name = "processors"
    verbose_name = _("Sub-processors")

    def ready(self) -> None:
        # Their mails register themselves.
        from processors import contact_mails, glass_reports, telling  # noqa: F401
