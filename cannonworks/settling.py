"""How a process that stays settles once it is loaded: the same for web servers, workers and benchmarks."""

from __future__ import annotations

import gc

#: Objects made since the collector last looked: a request, and a row of a batch, leave hundreds that go by themselves.
AT_ONCE = 50_000


def settle(*, with_pages: bool = False) -> None:
    """Tell the collector that what is loaded stays: it would look through all of it while somebody waits.

    ``with_pages`` loads the pages first, which otherwise the first request would do. What is frozen is not copied by a
    collection either, should a process be forked after this.
    """
    if with_pages:
        from django.urls import get_resolver

        _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(AT_ONCE)
