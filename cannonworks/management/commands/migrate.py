from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from cannonworks import isolation


class Command(migrate.Command):
    """Django's own, as the owner of the tables; then every right and every row rule as the data map says."""

    def handle(self, *args: Any, **options: Any) -> None:
        with isolation.as_owner(options["database"]):
            isolation.make_roles(options["database"])
            super().handle(*args, **options)
            if not (options["plan"] or options["check_unapplied"]):
                isolation.lay_down(options["database"])
