"""What staff do about breaches: each noun has a module of its own."""

from breaches.admin import notices, register

__all__ = ["notices", "register"]
