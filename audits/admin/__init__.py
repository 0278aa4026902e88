"""The staff's pages of tests by account holders (§12)."""

from audits.admin import tests  # noqa: F401  they register themselves
