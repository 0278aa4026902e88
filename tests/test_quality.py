"""Every page of holders and of the public, in a real browser: on a telephone in the dark, on a screen in the light."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.quality import AXE, CHECKS, SECOND_LOOK, Watch, WholeServer
from tests.screenshots import PAGES, SAVED_AS, visitors

#: Staff have pages of a library, tried in tests/journeys/test_policy.py; what is in a file is not sent by the product.
OTHERS = ("staff", "support", "file")
VIEWS = {
    "phone-dark-nl": ((390, 844), "dark", "nl", CHECKS),
    "desktop-light-en": ((1280, 860), "light", "en", SECOND_LOOK),
}


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_every_page_is_fit_to_use(chromium):
    sessions, places = visitors()
    pages = {name: place for name, place in PAGES.items() if place[0] not in OTHERS and name not in SAVED_AS}
    faults = [
        f"{view}, {name}: {fault}"
        for view in VIEWS
        for name, found in looked_at(chromium, view, pages, sessions, places)
        for fault in found
    ]
    assert not faults, "\n".join(faults)


def looked_at(chromium, view, pages, sessions, places):
    """Name of each page and what is wrong with it, as one kind of visitor sees them."""
    (width, height), scheme, language, checks = VIEWS[view]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
    )  # axe is a script that is put into the page; what the policy refuses is looked for elsewhere
    context.add_init_script(path=AXE)
    with WholeServer() as home, context:
        watch, heaviest = Watch(context.new_page(), home, checks), (0, "")
        for name, (who, path) in pages.items():
            cookies = {settings.LANGUAGE_COOKIE_NAME: language, settings.SESSION_COOKIE_NAME: sessions.get(who, "")}
            context.add_cookies([{"name": k, "value": v, "url": home} for k, v in cookies.items()])
            yield name, watch.open(path.format(**places))
            heaviest = max(heaviest, (watch.weight, name))
    print(f"{view}, heaviest: {heaviest}")


BAD = """<!doctype html><html lang="nl"><title>x</title><main><h1>A</h1><h1>B</h1><div style="width: 500px">wide</div>
<form><input name="nameless"></form><button style="width: 12px; height: 12px; padding: 0; outline: 0 !important"></button><button
 style="width: 12px; height: 12px; padding: 0">y</button><nav class="nav">menu</nav><p style="color: #bbb">pale</p></main></html>"""


def test_the_checks_find_what_is_wrong(chromium):
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.set_content(BAD)
        found = "\n".join(fault for check in CHECKS for fault in check(page))
    for fault in (
        "2 headings", "no label: input", "small target: button", "no focus to be seen: button", "500 px", "px wide",
        "printed: nav", "color-contrast", "button-name",
    ):  # fmt: skip
        assert fault in found.replace("508 px", "500 px"), (fault, found)
