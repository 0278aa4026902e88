"""Print which tests prove which clause of the agreement; fail on a clause without, or a place that is gone.

``docs/agreement.md`` says in tables what each clause made us build, one row a clause::

    | clause | what it asks of us | where it is built |
    |---|---|---|
    | §5.4 | a cancelled account goes after two years | `cannonworks/rules.py`, `retention/schedule.py` |

The first cell is the number that tests name in ``@pytest.mark.clause("5.4")`` (several in one marker are
fine); every word of the last cell between backticks is a file or a folder of this repository.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent
PAGE = BASE_DIR / "docs" / "agreement.md"
ROW = re.compile(r"^\| *§ *(?P<number>[^|]+?) *\|(?P<cells>.*)\|\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Clause:
    """One row of the page."""

    number: str
    what: str
    places: tuple[str, ...]


def read(page: str) -> dict[str, Clause]:
    """The rows of the page by number. Raises ValueError when a number comes twice."""
    clauses: dict[str, Clause] = {}
    for row in ROW.finditer(page):
        number, cells = row["number"], [cell.strip() for cell in row["cells"].split("|")]
        if number in clauses:
            raise ValueError(f"§{number} has two rows")
        clauses[number] = Clause(number, cells[0], tuple(re.findall(r"`([^`]+)`", cells[-1])))
    return clauses


def problems(clauses: Mapping[str, Clause], proofs: Mapping[str, list[str]], root: Path) -> Iterator[str]:
    """What is wrong, one line each; ``proofs`` has the tests by the number that they name."""
    if not clauses:
        yield "no clause is listed"
    for clause in clauses.values():
        if not proofs.get(clause.number):
            yield f"§{clause.number} has no test: {clause.what}"
        if not clause.places:
            yield f"§{clause.number} does not say where it is built"
        for place in clause.places:
            if not (root / place).exists():
                yield f"§{clause.number} names {place}, which does not exist"
    for number in proofs.keys() - clauses.keys():
        yield f"§{number} is not on the page, but is named by {proofs[number][0]}"


class Collector:
    """A plugin that notes which collected tests name which clauses, the cases of one test as one."""

    def __init__(self) -> None:
        self.proofs: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            test = item.nodeid.partition("[")[0]
            for number in (number for mark in item.iter_markers("clause") for number in mark.args):
                tests = self.proofs.setdefault(number, [])
                if test not in tests:
                    tests.append(test)


def collect(*arguments: str) -> dict[str, list[str]]:
    """The tests by the number that they name. Raises SystemExit when they cannot be collected."""
    collector, said = Collector(), io.StringIO()
    quiet = ["--collect-only", "-qq", "-p", "no:cacheprovider"]
    with contextlib.redirect_stdout(said):
        code = pytest.main([*quiet, *arguments], plugins=[collector])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"{said.getvalue()}\nThe tests cannot be collected.")
    return collector.proofs


def show(clauses: Mapping[str, Clause], proofs: Mapping[str, list[str]]) -> Iterator[str]:
    """The matrix: each clause with its tests below it."""
    for clause in clauses.values():
        yield f"§{clause.number:<8} {clause.what}"
        yield from (f"{'':10}{test}" for test in proofs.get(clause.number, []))


def main() -> None:
    # Collecting asks nothing of a server, so none is started.
    from cannonworks import secrets

    addresses = {"DATABASE_URL": "postgresql://nowhere/x", "REDIS_URL": "redis://nowhere/0"}
    os.environ.update(addresses | secrets.generate() | {"EMAIL_URL": "dummymail://", "BACKUP_RECIPIENTS": "age1"})
    clauses, proofs = read(PAGE.read_text()), collect()
    print("\n".join(show(clauses, proofs)))
    wrong = list(problems(clauses, proofs, BASE_DIR))
    tests = {test for named in proofs.values() for test in named}
    print(f"\n{len(clauses)} clauses, {len(tests)} tests that prove them, {len(wrong)} problems")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
