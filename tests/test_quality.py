"""Every page of holders and of the public, in a real browser: on a telephone in the dark, on a screen in the light."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.quality import CHECKS, FIRST_VIEW, SECOND_LOOK, Watch, WholeServer
from tests.screenshots import PAGES, visitors

#: Staff have pages of a library, tried in tests/journeys/test_policy.py.
STAFF = ("staff", "support")
VIEWS = {
    "phone-dark-nl": ((390, 844), "dark", "nl", CHECKS),
    "desktop-light-en": ((1280, 860), "light", "en", SECOND_LOOK),
}


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_fit_to_use(chromium, view):
    (width, height), scheme, language, checks = VIEWS[view]
    sessions, places = visitors()
    pages = {name: place for name, place in PAGES.items() if place[0] not in STAFF}
    faults, weights = {}, {}
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
    )  # axe is a script that is put into the page; what the policy refuses is looked for elsewhere
    with WholeServer() as home, context:
        watch = Watch(context.new_page(), home, checks)
        for name, (who, path) in pages.items():
            cookies = {settings.LANGUAGE_COOKIE_NAME: language, settings.SESSION_COOKIE_NAME: sessions.get(who, "")}
            context.add_cookies([{"name": k, "value": v, "url": home} for k, v in cookies.items()])
            if found := watch.open(path.format(**places)):
                faults[name] = found
            weights[name] = watch.weight
    assert not faults, "\n".join(f"{name}: {each}" for name, found in faults.items() for each in found)
    assert max(weights.values()) <= FIRST_VIEW
    print(f"heaviest: {max(weights.items(), key=lambda each: each[1])}")


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
