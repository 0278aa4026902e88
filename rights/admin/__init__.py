"""What staff do about requests under the agreement: each noun has a module of its own."""

from rights.admin import corrections, letters, requests, returns

__all__ = ["corrections", "letters", "requests", "returns"]
