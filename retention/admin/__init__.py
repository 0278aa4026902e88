"""The staff's pages on retention: accounts with their windows, holds, erasures, warnings, alarms and the rules."""

from retention.admin import accounts, alarms, erasures, holds, rules  # noqa: F401  registered by their import
