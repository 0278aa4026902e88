from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = _("Audits and measures")

    def ready(self) -> None:
        # Due and letters register themselves.
        from audits import brought, due, letters  # noqa: F401

        post_migrate.connect(brought.put_in_register, sender=self, dispatch_uid="audits.measures")
