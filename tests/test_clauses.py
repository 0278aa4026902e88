"""The matrix of clauses and tests notices what is missing."""

from __future__ import annotations

import pytest

from tests import clauses
from tests.clauses import Clause

PAGE = """
# The agreement

| clause | what it asks of us | where it is built |
|---|---|---|
| §5.4 | gone after two years | `rules.py` and `apps/` |
| §5 hold | kept where the law says so | `rules.py` |

Prose about §6 is no row.
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "apps").mkdir()
    (tmp_path / "rules.py").touch()
    return tmp_path


def test_the_page_is_read_row_by_row():
    assert clauses.read(PAGE) == {
        "5.4": Clause("5.4", "gone after two years", ("rules.py", "apps/")),
        "5 hold": Clause("5 hold", "kept where the law says so", ("rules.py",)),
    }


def test_a_number_with_two_rows_is_an_error():
    with pytest.raises(ValueError, match=r"§5\.4 has two rows"):
        clauses.read(PAGE + "| §5.4 | again | `rules.py` |\n")


def test_nothing_is_wrong_when_every_clause_has_a_test_and_a_place(root):
    proofs = {"5.4": ["test_a"], "5 hold": ["test_a", "test_b"]}
    assert list(clauses.problems(clauses.read(PAGE), proofs, root)) == []


def test_everything_wrong_is_told(root):
    (root / "rules.py").unlink()
    rows = clauses.read(PAGE + "| §7 | secure | everywhere |\n")
    assert list(clauses.problems(rows, {"5.4": ["test_a"], "5 hold": [], "99": ["test_z"]}, root)) == [
        "§5.4 names rules.py, which does not exist",
        "§5 hold has no test: kept where the law says so",
        "§5 hold names rules.py, which does not exist",
        "§7 has no test: secure",
        "§7 does not say where it is built",
        "§99 is not on the page, but is named by test_z",
    ]


def test_an_empty_page_is_wrong(root):
    assert list(clauses.problems({}, {}, root)) == ["no clause is listed"]


def test_the_matrix_shows_each_clause_with_its_tests():
    rows = clauses.read(PAGE)
    assert list(clauses.show(rows, {"5.4": ["tests/test_x.py::test_a"]})) == [
        "§5.4      gone after two years",
        "          tests/test_x.py::test_a",
        "§5 hold   kept where the law says so",
    ]


pytest_plugins = ["pytester"]


def test_markers_are_collected_with_all_their_numbers_and_cases_as_one(pytester):
    pytester.makeini("[pytest]\nmarkers = clause(*numbers): proves")
    pytester.makepyfile(
        test_sample="""
        import pytest

        pytestmark = pytest.mark.clause("6")

        @pytest.mark.clause("5.4", "5 hold")
        @pytest.mark.parametrize("case", [1, 2])
        def test_cases(case): pass

        @pytest.mark.clause("5.4")
        def test_single(): pass
        """
    )
    plugin = clauses.Collector()
    pytester.inline_run("--collect-only", "-p", "no:django", plugins=[plugin])
    cases, single = "test_sample.py::test_cases", "test_sample.py::test_single"
    assert plugin.proofs == {"5.4": [cases, single], "5 hold": [cases], "6": [cases, single]}
