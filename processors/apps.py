from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcessorsConfig(AppConfig):
    name = "processors"
    verbose_name = _("Sub-processors")

    def ready(self) -> None:
        # Due and mails register themselves.
        from processors import contact_mails, disclosure_mails, due, glass_reports, telling  # noqa: F401
