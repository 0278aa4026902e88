"""Tokens that open something for whoever has them, as in the address of a link; what we keep is a digest."""

from __future__ import annotations

import secrets
from hashlib import sha256


def new_token() -> str:
    """256 random bits for an address; kept nowhere."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """SHA-256 of a token in hexadecimal. Nothing of 256 random bits can be guessed, so no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
