"""What gunicorn reads by itself: its lines go the way of ours, its workers settle before they serve, and none goes with
what it still has to write.

Each worker loads the application itself: made ready before they are forked, all would share one pool of connections.
"""

from __future__ import annotations

from typing import Any

from cannonworks.logs import CONFIG as logconfig_dict  # noqa: F401


def post_worker_init(worker: Any) -> None:
    """Settle, as workers of the queue and benchmarks do: the application is loaded, and no request has come."""
    from cannonworks.settling import settle

    settle(with_pages=True)


def worker_exit(server: Any, worker: Any) -> None:
    """Write the last events of usage, once the last request is answered."""
    from django.apps import apps

    if apps.ready:
        from accounts.usage import recorder

        recorder.stop()
