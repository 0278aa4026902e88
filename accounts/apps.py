from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import blocking, receivers, roles, services, terms_due, texts  # noqa: F401 they register themselves
        from cannonworks import storage

        post_migrate.connect(roles.give, dispatch_uid="accounts.roles")
        post_migrate.connect(storage.prepare, sender=self, dispatch_uid="accounts.files")
        post_migrate.connect(texts.publish_first, sender=self, dispatch_uid="accounts.terms")
        storage.keys_come_from(services.file_key)
