from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    name = "backups"
    verbose_name = _("Backups")

    def ready(self) -> None:
        """Have the backups watched with everything else."""
        from backups import drilling, watching
        from retention import alarms
        from retention.models import AlarmKind

        alarms.also(watching.check_backups, AlarmKind.BACKUP, AlarmKind.TOO_LATE)
        alarms.also(watching.check_ledger, AlarmKind.LEDGER)
        alarms.also(drilling.check_drills, AlarmKind.BACKUP)
