"""What staff do about requests under the agreement: each noun has a module of its own."""

from rights.admin import letters, returns

__all__ = ["letters", "returns"]
