from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import receivers, roles  # noqa: F401 connects itself

        post_migrate.connect(roles.give, dispatch_uid="accounts.roles")
