"""The public texts that are made of the rules, the data map and the registers: nothing in them is written twice."""

from processors.publishing.parts import ages, periods
from processors.publishing.processing import of_account, record
from processors.publishing.statement import privacy

__all__ = ["ages", "of_account", "periods", "privacy", "record"]
