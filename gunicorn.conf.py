"""What gunicorn reads by itself: its lines go the way of ours, and no worker goes with what it still has to write."""

from __future__ import annotations

from typing import Any

from cannonworks.logs import CONFIG as logconfig_dict  # noqa: F401


def worker_exit(server: Any, worker: Any) -> None:
    """Write the last events of usage, once the last request is answered."""
    from django.apps import apps

    if apps.ready:
        from accounts.usage import recorder

        recorder.stop()
