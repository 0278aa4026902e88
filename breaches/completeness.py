"""What a notice of a breach must say before it can go out (§13): the fact, its cause, its effect, the solution.

Said once, here: forms, the service and a constraint of the database all take it from this table.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Required(NamedTuple):
    """One thing that must be told, and the texts of a phase of which at least one tells it, in each language."""

    name: str
    label: Promise
    texts: tuple[str, ...]


LANGUAGES = ("nl", "en")
REQUIRED = (
    Required("fact", _("what happened"), ("fact",)),
    Required("cause", _("the (alleged) cause"), ("cause",)),
    Required("effect", _("a known or expected effect"), ("known_effects", "expected_effects")),
    Required("solution", _("a measure, taken or proposed"), ("measures_taken", "measures_proposed")),
)


def missing(phase: Any) -> list[tuple[Required, str]]:
    """What ``phase`` does not tell yet: pairs of what it is and the language (``nl``, ``en``) that lacks it."""
    return [
        (required, language)
        for required in REQUIRED
        for language in LANGUAGES
        if not any(getattr(phase, f"{text}_{language}").strip() for text in required.texts)
    ]


def is_complete_in_database() -> Q:
    """The same as a condition of the database, for a constraint: no way around the service sends less."""
    whole = Q()
    for required in REQUIRED:
        for language in LANGUAGES:
            said = Q()
            for text in required.texts:
                said |= Q(**{f"{text}_{language}__regex": r"\S"})
            whole &= said
    return whole
