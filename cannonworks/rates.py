"""How often one network address may ask for a public page. Counts are in the cache under keyed hashes, with an end."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.crypto import salted_hmac


def is_too_often(what: str, who: str | None, *, most: int, seconds: int) -> bool:
    """Count one request of ``who`` (a network address) for ``what``; whether that is more than ``most`` in a window."""
    if not who:
        return False
    digest = salted_hmac("cannonworks.rates", f"{what}:{who}", algorithm="sha256").hexdigest()
    key = f"rate:{digest}"
    if cache.add(key, 1, seconds):
        return False
    try:
        return cache.incr(key) > most
    except ValueError:  # the window ended this moment
        cache.add(key, 1, seconds)
        return False
