"""The kind of device behind a request, of what it calls itself; no version and no model."""

from __future__ import annotations

import re

#: What programs call themselves.
ROBOTS = r"bot|crawl|spider|preview|scan|curl|wget|python|http-?client|monitor|headless"
#: The first that fits: many claim to be others too.
KINDS = (
    ("robot", re.compile(ROBOTS, re.IGNORECASE)),
    ("tablet", re.compile(r"iPad|Tablet|Android(?!.*Mobile)")),
    ("phone", re.compile(r"iPhone|Mobile|Android")),
    ("computer", re.compile(r"Windows|Mac OS|Linux|CrOS|Mozilla|Opera")),
)


def kind_of(user_agent: str) -> str:
    """``robot`` (also who says nothing), ``tablet``, ``phone``, ``computer`` or ``unknown``."""
    if not user_agent:
        return "robot"
    return next((kind for kind, sign in KINDS if sign.search(user_agent)), "unknown")
