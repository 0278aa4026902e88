"""What staff do about breaches: each noun has a module of its own."""

from breaches.admin import affected, consultations, notices, register, reports

__all__ = ["affected", "consultations", "notices", "register", "reports"]
