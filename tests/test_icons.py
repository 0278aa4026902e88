"""Icons: whatever a page asks for is drawn, each its own."""

from __future__ import annotations

import re

from django.conf import settings
from django.template.loader import render_to_string

from accounts import context
from relations import kinds
from retention.story import vows

ASKED = re.compile(r'{% include "_partials/(?:icon|empty)\.html" with [^%]*?icon="(\w+)"')


def drawn(name: str) -> str:
    return render_to_string("_partials/icon.html", {"icon": name})


def test_every_icon_that_a_page_asks_for_is_drawn_and_no_two_are_the_same():
    parts = [part.icon for part in vars(context).values() if isinstance(part, context.Part)]
    people = [kind.icon for kind in vars(kinds).values() if isinstance(kind, kinds.Kind)]
    pages = [name for page in settings.BASE_DIR.glob("templates/**/*.html") for name in ASKED.findall(page.read_text())]
    names = {*parts, *people, *pages, *(vow.icon for vow in vows())}
    assert len(names) > 10
    nothing = drawn("no such icon")
    assert [name for name in sorted(names) if drawn(name) == nothing] == []
    assert len({drawn(name) for name in names}) == len(names)
