"""What staff do about breaches: each noun has a module of its own."""

from breaches.admin import affected, notices, register, reports

__all__ = ["affected", "notices", "register", "reports"]
