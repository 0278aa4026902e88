"""What staff do about breaches: each noun has a module of its own."""

from breaches.admin import consultations, reports

__all__ = ["consultations", "reports"]
