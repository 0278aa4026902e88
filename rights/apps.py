from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RightsConfig(AppConfig):
    name = "rights"
    verbose_name = _("Rights")

    def ready(self) -> None:
        # They register themselves.
        from rights import (  # noqa: F401
            corrections_due,
            due,
            fulfilling,
            letters_to_holder,
            letters_to_main_user,
            letters_to_requester,
            return_mails,
            returns_due,
            while_blocked,
        )
