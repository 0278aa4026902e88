"""What every page is held to, looked at in a real browser: access, sizes, names, targets, weight, and no strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from django.test.testcases import LiveServerThread
from playwright.sync_api import ConsoleMessage, Error, Page, Request

#: Bytes that the first view of a page may cost, with nothing kept from before.
FIRST_VIEW = 100_000
WIDTHS = (320, 390)
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
#: What axe may find on one size or in one scheme and not on another; names and structure are the same in each.
OF_LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size", "meta-viewport")

#: Fields without a name; targets under 24 px that others are near to (WCAG 2.2, 2.5.8; a link within a line may be);
#: places where the keyboard is and nothing shows it.
LOOK = """() => {
  const name = el => el.tagName.toLowerCase() + (el.id ? '#' + el.id : '') + ' "' + (el.name || el.textContent || '').trim().slice(0, 40) + '"';
  const shown = el => el.checkVisibility({visibilityProperty: true, opacityProperty: true}) && el.getClientRects().length > 0;
  const faults = [];
  const h1 = document.querySelectorAll('h1').length;
  if (h1 !== 1) faults.push(`${h1} headings of the first level`);
  for (const el of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!(el.labels && el.labels.length) && !el.ariaLabel && !el.getAttribute('aria-labelledby'))
      faults.push('no label: ' + name(el));
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(shown)
    .filter(el => !el.matches('.skip'));
  const boxes = all.map(el => el.getBoundingClientRect());
  const centre = box => [box.x + box.width / 2, box.y + box.height / 2];
  const away = ([x, y], box) => Math.hypot(x - Math.max(box.left, Math.min(x, box.right)), y - Math.max(box.top, Math.min(y, box.bottom)));
  all.forEach((el, i) => {
    const box = boxes[i];
    if (box.width >= 23.9 && box.height >= 23.9) return;
    if (el.labels && [...el.labels].some(label => label.getBoundingClientRect().height >= 23.9)) return;
    const own = el.textContent.trim().length, around = el.parentElement.textContent.trim().length;
    if (getComputedStyle(el).display === 'inline' && around > own) return;
    if (getComputedStyle(el, '::after').position === 'absolute') return;
    const near = boxes.find((other, j) => j !== i && !all[j].contains(el) && away(centre(box), other) < 12);
    if (near) faults.push(`small target: ${name(el)} ${Math.round(box.width)}×${Math.round(box.height)}`);
  });
  for (const el of all) {
    el.focus({preventScroll: true});
    if (document.activeElement !== el) continue;
    const style = getComputedStyle(el);
    if (!(style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)) faults.push('no focus to be seen: ' + name(el));
  }
  document.activeElement.blur();
  return faults;
}"""
IN_PRINT = """() => [...document.querySelectorAll('.nav, .tabs, .top .menu, .skip, .languages')]
  .filter(el => el.checkVisibility()).map(el => 'printed: ' + el.className)"""
# From the top: further down, a bar that sticks lies over what is just passing under it. Rules that axe calls light need
# not run: what they find never counts here, since a rule's own weight goes before that of what it found.
AXE_RUN = """only => { scrollTo(0, 0);
  const light = axe._audit.rules.filter(rule => ['minor', 'moderate'].includes(rule.impact)).map(rule => [rule.id, {enabled: false}]);
  const wanted = only ? {runOnly: {type: 'rule', values: only}} : {rules: Object.fromEntries(light)};
  return axe.run(document, {resultTypes: ['violations'], iframes: false, ...wanted}).then(found => found.violations
  .filter(each => ['serious', 'critical'].includes(each.impact))
  .map(each => each.id + ': ' + each.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', '))); }"""


class WholeServer(LiveServerThread):
    """The application with everything before it as it runs: files too come by its own middleware, compressed."""

    def __init__(self) -> None:
        super().__init__("localhost", static_handler=lambda application: application)
        self.daemon = True

    def __enter__(self) -> str:
        self.start()
        self.is_ready.wait()
        if self.error:
            raise self.error
        return f"http://localhost:{self.port}"

    def __exit__(self, *_error: object) -> None:
        self.terminate()


@dataclass
class Watch:
    """What a page did while it was looked at."""

    page: Page
    home: str
    checks: Sequence[Callable[[Page], Any]] = ()
    faults: list[str] = field(default_factory=list)
    weight: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._asked)
        wire = self.page.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.on("Network.loadingFinished", self._loaded)

    def _said(self, message: ConsoleMessage) -> None:
        is_the_page = message.location.get("url") == self.page.url and "status of" in message.text  # a 404 is one
        if message.type == "error" and not is_the_page:
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.faults.append(f"of another host: {request.url}")

    def _loaded(self, event: dict[str, Any]) -> None:
        self.weight += int(event["encodedDataLength"])

    def open(self, path: str) -> list[str]:
        """Everything that is wrong with the page at ``path``, at the size that the window has."""
        self.faults.clear()
        self.weight = 0
        self.page.goto(self.home + path, wait_until="load")
        weight = self.weight
        for check in self.checks:
            self.faults += check(self.page)
        if weight > FIRST_VIEW:
            self.faults.append(f"weighs {weight} bytes")
        if not weight:
            self.faults.append("was not weighed")
        return list(self.faults)


def usable(page: Page) -> list[str]:
    page.keyboard.press("Tab")  # from here on the browser shows where the keyboard is
    return page.evaluate(LOOK)


def fits(page: Page) -> Iterator[str]:
    """Nothing is wider than the narrowest telephones; the window stays as wide as the last of them that was tried."""
    size = page.viewport_size
    if size and size["width"] in WIDTHS:
        for width in sorted(WIDTHS, key=lambda width: width != size["width"]):
            if width != size["width"]:
                page.set_viewport_size({"width": width, "height": size["height"]})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                yield f"{wide} px wide on a telephone of {width} px"


def prints(page: Page) -> list[str]:
    """Paper has no menus."""
    page.emulate_media(media="print")
    try:
        return page.evaluate(IN_PRINT)
    finally:
        page.emulate_media(media="screen")


def accessible(page: Page) -> list[str]:
    """Nothing serious or critical for axe, once all of the page is there."""
    page.wait_for_load_state()
    try:
        return _found(page)
    except Error as error:
        if "Execution context was destroyed" not in error.message:
            raise
    page.wait_for_load_state()  # that was the page before, which was just being left
    return _found(page)


def _found(page: Page) -> list[str]:
    _bring_axe(page)
    return page.evaluate(AXE_RUN)


def _bring_axe(page: Page) -> None:
    """Put axe into a page of which the context does not do that by itself (``add_init_script``)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())


def legible(page: Page) -> list[str]:
    """The same, of what depends on size and scheme: a third of the time."""
    _bring_axe(page)
    return page.evaluate(AXE_RUN, list(OF_LOOKS))


@cache
def _axe() -> str:
    return AXE.read_text()


#: All there is; and for a second look at a page whose names and structure were looked at already.
CHECKS: tuple[Callable[[Page], Any], ...] = (usable, fits, prints, accessible)
SECOND_LOOK = (usable, prints, legible)
