"""A web application beside ours that tells how its process has settled."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from cannonworks.wsgi import application as ours  # noqa: F401  loaded as in a web process


def application(_request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Objects that are frozen, the threshold of the collector, and whether the pages are loaded."""
    start("200 OK", [("Content-Type", "application/json")])
    has_pages = "relations.views" in sys.modules and "django.contrib.admin.sites" in sys.modules
    return [json.dumps([gc.get_freeze_count(), gc.get_threshold()[0], has_pages]).encode()]
