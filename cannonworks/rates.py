"""How often something may be asked, or tried. Counts are in the cache under keyed hashes, with an end."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def is_too_often(what: str, who: str | None, *, most: int, seconds: int) -> bool:
    """Count one request of ``who`` for ``what``; whether that is more than ``most`` within so many ``seconds``.

    ``who`` is a network address, or the e-mail that would be written to; of nobody known nothing is counted.
    """
    if not who:
        return False
    digest = salted_hmac("cannonworks.rates", f"{what}:{who}", algorithm="sha256").hexdigest()
    return count(f"rate:{digest}", seconds=seconds) > most


def count(key: str, *, seconds: int) -> int:
    """How often this was called for ``key`` within so many seconds of the first time, this time included."""
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window ended this moment
        cache.add(key, 1, seconds)
        return 1
