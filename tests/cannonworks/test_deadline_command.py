"""``manage.py deadline``: what it writes is a contract with other tools."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cannonworks.deadlines import CALENDAR

ROOT = Path(__file__).parents[2]
GOOD = "2026-04-02T17:00:00+02:00"


def deadline(*arguments: str) -> list[dict]:
    out = StringIO()
    call_command("deadline", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "deadline", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.clause("13")
def test_each_start_gets_one_line_with_the_whole_computation():
    done = run("breach_consultation", GOOD, "2026-06-01T08:00Z")
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "kind": "breach_consultation",
            "clause": "13",
            "start": GOOD,
            "due_at": "2026-04-09T00:00:00+02:00",
            "calendar": CALENDAR,
            "excluded": [
                {"date": "2026-04-03", "why": "Good Friday"},
                {"date": "2026-04-04", "why": "Saturday"},
                {"date": "2026-04-05", "why": "Sunday"},
                {"date": "2026-04-06", "why": "Easter Monday"},
            ],
        },
        {
            "kind": "breach_consultation",
            "clause": "13",
            "start": "2026-06-01T08:00Z",
            "due_at": "2026-06-04T00:00:00+02:00",
            "calendar": CALENDAR,
            "excluded": [],
        },
    ]


@pytest.mark.parametrize(
    ("kind", "clause", "due_at"),
    [
        pytest.param("breach_notice", "13", "2026-04-04T17:00:00+02:00", marks=pytest.mark.clause("13")),
        pytest.param("subject_request", "15", "2026-04-14T00:00:00+02:00", marks=pytest.mark.clause("15")),
        pytest.param("data_return", "6", "2026-04-18T00:00:00+02:00", marks=pytest.mark.clause("6")),
        pytest.param("audit_notice", "12", "2026-04-17T00:00:00+02:00", marks=pytest.mark.clause("12")),
        pytest.param("correction", "16", "2026-04-17T00:00:00+02:00", marks=pytest.mark.clause("16")),
    ],
)
def test_every_kind_can_be_asked_for(kind, clause, due_at):
    [line] = deadline(kind, GOOD)
    assert (line["kind"], line["clause"], line["due_at"]) == (kind, clause, due_at)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["subject_request", GOOD, GOOD, "tomorrow"], "'tomorrow'"),
        (["subject_request", GOOD, "2026-04-02T17:00"], "'2026-04-02T17:00'"),
        (["subject_request", GOOD, "2026-04-02"], "'2026-04-02'"),
        (["subject_request", GOOD, "2026-02-30T12:00Z"], "'2026-02-30T12:00Z'"),
        (["subject_request", GOOD, "9999-12-31T12:00Z"], "'9999-12-31T12:00Z'"),
        (["subject_request", GOOD, "two\nlines"], r"'two\nlines'"),
        (["subject_request", GOOD, ""], "''"),
        (["birthday", GOOD], "subject_request"),
        (["subject_request", GOOD, "--fast"], "--fast"),
        (["subject_request"], "START"),
        ([], "KIND, START"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(arguments, named):
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("deadline", *arguments, stdout=out)
    assert out.getvalue() == ""
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "english"),
    [
        (["subject_request", GOOD, GOOD, "tomorrow"], "is not a moment"),
        (["subject_request"], "are required"),
        (["birthday", GOOD], "no deadline of that kind"),  # English, whatever language the pages have
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_1(arguments, english):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("deadline: ")
    assert english in line
