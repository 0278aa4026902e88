from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = _("Audits and measures")

    def ready(self) -> None:
        from audits import brought

        post_migrate.connect(brought.put_in_register, sender=self, dispatch_uid="audits.measures")
