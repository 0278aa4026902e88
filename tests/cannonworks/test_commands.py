"""The base of our commands: expected failures are one line, programming errors are not hidden."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError

from cannonworks.commands import OneLineCommand
from cannonworks.errors import KeyUnavailable, Refused


class Failing(OneLineCommand):
    requires_system_checks = ()
    error: Exception

    def handle(self, *args, **options):
        raise self.error


def run(error: Exception, *arguments: str) -> None:
    command = Failing(stdout=StringIO(), stderr=StringIO())
    command.error = error
    command.run_from_argv(["manage.py", "failing", *arguments])


@pytest.mark.parametrize(
    "error",
    [
        CommandError("No such file."),
        Refused("no_file", "No such file."),
        KeyUnavailable("No such file.\nMore of it."),
    ],
)
def test_an_expected_error_is_one_line_and_exit_code_1(error):
    with pytest.raises(SystemExit) as caught:
        run(error)
    assert caught.value.code == "failing: No such file."  # text: written to stderr, with exit code 1


def test_a_wrong_argument_is_one_line_too():
    with pytest.raises(SystemExit) as caught:
        run(ValueError(), "--colour", "red")
    assert caught.value.code == "failing: unrecognized arguments: --colour red"


def test_with_traceback_the_error_itself_is_raised():
    with pytest.raises(Refused):
        run(Refused("no_file", "No such file."), "--traceback")


def test_an_error_of_the_program_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError())
