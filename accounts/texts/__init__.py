"""The terms that come with the product: templates in plain words, with the periods from the rules themselves."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.template import Context, Engine
from django.utils import timezone, translation

from accounts import promises
from cannonworks import deadlines

FOLDER = Path(__file__).parent
LANGUAGES = ("nl", "en")
#: The day from which the first version counts; before it there was no other (see ``terms.in_force``).
BEGAN_ON = date(2026, 1, 1)


def words() -> dict[str, str]:
    """Text and summary in both languages, as Markdown, by the names of ``TermsVersion.WORDS``."""
    return {f"{name}_{language}": render(name, language) for name in ("summary", "text") for language in LANGUAGES}


def render(name: str, language: str) -> str:
    """The template ``name`` (``summary``, ``text``) in a language, filled in from the rules and the data map."""
    with translation.override(language):
        return _engine().get_template(f"{name}.{language}.md").render(Context(_facts())).strip() + "\n"


def publish_first(using: str = "default", **_signal: object) -> None:
    """Publish the first version where there is none: after each ``migrate``, and idempotent."""
    from accounts import terms

    if "accounts_termsversion" in connections[using].introspection.table_names():
        terms.publish_first(words, effective_on=BEGAN_ON, at=timezone.now())


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(FOLDER)], autoescape=False)


def _facts() -> dict[str, Any]:
    return promises.terms_of_rules() | {
        "kinds": [kind for kind in promises.kinds() if kind.fields],
        "trial_days": settings.TRIAL_DAYS,
        "clocks": {kind.name: kind.term for kind in deadlines.KINDS},
        "address": settings.CANNONWORKS_ADDRESS,
    }
