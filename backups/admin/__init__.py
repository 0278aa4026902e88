"""The staff's pages on backups."""

from backups.admin import drills  # noqa: F401  registered by its import
