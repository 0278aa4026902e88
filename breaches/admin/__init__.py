"""What staff do about breaches: each noun has a module of its own."""

from breaches.admin import reports

__all__ = ["reports"]
