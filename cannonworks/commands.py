"""Management commands that other tools read: bad input is one line on stderr and exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import (
    BaseCommand,
    CommandError,
    SystemCheckError,
    handle_default_options,
)
from django.db import connections

from cannonworks.errors import EXPECTED, one_line


class OneLineCommand(BaseCommand):
    """A command whose every expected failure, its own arguments included, is told in one line.

    A ``CommandError`` says what was wrong and what to do; ``call_command`` raises it as ever. With
    ``--traceback`` it is raised here too.
    """

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Run as ``argv`` says; exit 1 with ``name: what was wrong`` on stderr after an expected error."""
        # Django's own leaves arguments to argparse, which prints its usage and exits with 2.
        options: dict[str, Any] = {}
        try:
            parsed = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
            options = dict(vars(parsed))
            handle_default_options(parsed)
            self.execute(*options.pop("args", ()), **options)
        except (CommandError, *EXPECTED) as error:
            if options.get("traceback"):
                raise
            text = str(error) if isinstance(error, SystemCheckError) else one_line(error)
            sys.exit(f"{argv[1]}: {text.removeprefix('Error: ')}")
        finally:
            with suppress(ImproperlyConfigured):
                connections.close_all()
