"""What staff do about measures, findings and tests: each noun has a module of its own."""

from audits.admin import findings, improvements, measures, tests

__all__ = ["findings", "improvements", "measures", "tests"]
