from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FinanceConfig(AppConfig):
    name = "finance"
    verbose_name = _("Documents and bookkeeping")

    def ready(self) -> None:
        from accounts.counting import measure
        from finance import leaving, measures
        from relations.leaving import keeps_something

        measure(measures.DOCUMENTS)
        measure(measures.PAYMENTS)
        keeps_something(leaving.KEEPER)
