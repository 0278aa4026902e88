#!/usr/bin/env python
"""Run a management command; what goes wrong is told in one clear line and exit code 1."""

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
    gc.disable()  # what a start imports stays to the end: to look for garbage among it takes a fifth of the start
    import django
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from cannonworks.errors import EXPECTED, one_line

    try:
        settings.INSTALLED_APPS  # noqa: B018  Django would take a broken setting for an unknown command
        from cannonworks import isolation

        with isolation.starting_as(isolation.JOBS):  # whoever may run commands here, does the work of the jobs
            django.setup()
            gc.freeze()
            gc.enable()
            execute_from_command_line(sys.argv)
    except EXPECTED as error:
        sys.exit(f"{sys.argv[1] if len(sys.argv) > 1 else 'manage.py'}: {one_line(error)}")


if __name__ == "__main__":
    main()
