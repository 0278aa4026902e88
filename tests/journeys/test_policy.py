"""What a page may load: a real browser says of no page that it tried more, or asked anything of another host (§7)."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.states import State
from cannonworks.middleware import STAFF_POLICY
from tests.cast import opened
from tests.factories import PASSWORD, AccountFactory, StaffFactory
from tests.lives import hold, letter
from tests.signin import totp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("7")]

WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation', e => window.refused.push(
    [e.violatedDirective, e.blockedURI, e.sourceFile, e.sample].join(' ')));
"""


@pytest.fixture
def browse(chromium, live_server):
    """Sign in, open each page, do ``act`` there, and return what the browser refused or what broke, by page."""
    contexts, ours = [], (live_server.url, "data:")

    def look(person, paths, act=lambda page: None):
        context = chromium.new_context(locale="nl-NL", base_url=live_server.url)
        contexts.append(context)
        context.add_init_script(WATCH)
        page, said, found = context.new_page(), [], {}
        page.on("request", lambda asked: None if asked.url.startswith(ours) else said.append(f"asked for {asked.url}"))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto("/sign-in/")
        page.fill("[name=login]", person.email)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        if person.is_staff:
            page.wait_for_url("**/sign-in/code/")
            page.fill("[name=code]", totp())
            page.press("[name=code]", "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        for path in paths:
            assert page.goto(path, wait_until="load").ok, path
            act(page)
            page.wait_for_timeout(50)
            if trouble := [*said, *page.evaluate("window.refused")]:
                found[path] = trouble
            said.clear()  # and not later: what a page does when it is left is told with the next
        return found

    yield look
    for context in contexts:
        context.close()


def staff_pages() -> list[str]:
    """Every list, every page of its first row, every page to add something, and the board."""
    pages = ["/admin/"]
    for model, its_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        if (row := model._default_manager.first()) is not None:
            pages.append(reverse(f"{name}_change", args=[row.pk]))
        if "add" in its_admin.may:
            pages.append(reverse(f"{name}_add"))
    return pages


def use(page) -> None:
    """Open the menus that the library computes."""
    for word in ("openUserLinks", "filterOpen = true", "openTheme"):
        for button in page.locator(f'[x-on\\:click*="{word}"]').all()[:1]:
            if button.is_visible():
                button.click()


def test_no_page_of_staff_does_what_its_policy_refuses(browse):
    today = timezone.localdate()
    account = AccountFactory(state=State.CANCELLED, cancelled_on=today)
    clerk = StaffFactory()
    letter(account, on=today, clerk=clerk)
    hold(account, ["relations"], on=today, clerk=clerk)
    opened(account, clerk)
    assert browse(clerk, staff_pages(), use) == {}


def test_no_page_of_a_holder_does_what_its_policy_refuses(browse):
    account = AccountFactory(state=State.ACTIVE)
    assert browse(account.main_user, ["/", "/account/cancel/"]) == {}


def test_a_script_within_a_page_of_staff_is_refused(browse):
    """The policy bites: what somebody smuggled into a page is not run."""

    def smuggle(page):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.smuggled=1\">')")
        page.evaluate(
            "s = document.createElement('script'); s.textContent = 'window.smuggled=1'; document.body.append(s)"
        )
        page.evaluate("s = document.createElement('style'); s.textContent = 'body {}'; document.body.append(s)")
        page.wait_for_timeout(200)
        assert page.evaluate("window.smuggled") is None

    found = browse(StaffFactory(), ["/admin/"], smuggle)["/admin/"]
    directives = {line.split()[0] for line in found}
    assert {"script-src-attr", "script-src-elem", "style-src-elem"} <= directives


def test_what_the_policy_of_staff_still_allows_is_written_down():
    assert STAFF_POLICY.count("unsafe") == 2
    assert "script-src 'self' 'unsafe-eval';" in STAFF_POLICY
    assert "style-src-attr 'unsafe-inline'" in STAFF_POLICY
