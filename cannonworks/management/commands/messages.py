"""``manage.py messages``: our messages and their Dutch."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from cannonworks import catalogue
from cannonworks.commands import OneLineCommand


class Command(OneLineCommand):
    help = "Bring the Dutch catalogue up to date with the code and templates, and compile it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument(
            "--check",
            action="store_true",
            help="change nothing; exit 1 with a line for each message that needs work",
        )
        only.add_argument("--compile", action="store_true", help="only compile the catalogue as it is")

    def handle(self, *args: Any, check: bool, compile: bool, **options: Any) -> None:
        try:
            if check:
                self._check()
            elif compile:
                catalogue.compile_catalogue(settings.BASE_DIR)
            else:
                catalogue.update(settings.BASE_DIR)
        except catalogue.BadSource as error:
            raise CommandError(str(error)) from error
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed; install the extra “dev” or “embedded”.") from error

    def _check(self) -> None:
        lines = catalogue.problems(settings.BASE_DIR)
        for line in lines:
            self.stdout.write(line)
        if lines:
            raise CommandError(f"{len(lines)} to mend: run manage.py messages, then translate {catalogue.DUTCH}.")
