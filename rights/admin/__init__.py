"""What staff do about requests under the agreement: each noun has a module of its own."""

from rights.admin import corrections, letters

__all__ = ["corrections", "letters"]
