"""Counts of what is asked too often, in the cache."""

from __future__ import annotations

from django.core.cache import cache

from cannonworks import rates
from cannonworks.rates import is_too_often


def asked(who: str | None, what: str = "mail") -> bool:
    return is_too_often(what, who, most=2, seconds=60)


def test_what_is_asked_more_often_than_it_may_is_too_often_for_that_one_alone():
    assert [asked("a@b.example") for _n in range(4)] == [False, False, True, True]
    assert asked("c@d.example") is False
    assert asked("a@b.example", "page") is False


def test_of_nobody_known_nothing_is_counted():
    assert [asked(None) for _n in range(4)] == [False] * 4


def test_a_count_ends_with_its_window_and_begins_anew():
    assert [rates.count("x", seconds=60) for _n in range(3)] == [1, 2, 3]
    cache.delete("x")
    assert rates.count("x", seconds=60) == 1


def test_a_window_that_ends_while_it_is_counted_begins_anew(monkeypatch):
    rates.count("x", seconds=60)
    incr = cache.incr
    monkeypatch.setattr(cache, "incr", lambda key: cache.delete(key) and incr(key))
    assert rates.count("x", seconds=60) == 1
    monkeypatch.undo()
    assert rates.count("x", seconds=60) == 2


def test_who_asks_stands_in_no_key_of_the_cache(settings):
    asked("anna@example.nl")
    (key,) = cache._cache.get_client().scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}*")
    assert b"anna" not in key


def test_a_count_has_an_end(settings):
    asked("a@b.example")
    client = cache._cache.get_client()
    (key,) = client.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}*")
    assert 0 < client.ttl(key) <= 60
