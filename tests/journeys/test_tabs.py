"""On a phone the tab of the page one is on stands in view, though its row is wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.states import State
from tests.factories import AccountFactory
from tests.journeys.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("path", "is_last"), [("/account/", False), ("/erasure/", True)])
def test_the_tab_of_this_page_is_in_view_on_a_phone(browsers, path, is_last):
    page = browsers("nl", PHONE, AccountFactory(state=State.ACTIVE).main_user)
    page.goto(path)
    row, current = page.locator("nav.tabs"), page.locator("nav.tabs [aria-current]")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    expect(current).to_be_in_viewport(ratio=0.99)  # scrolling is in whole pixels
    assert (row.evaluate("row => row.scrollLeft") > 0) is is_last
    assert browsers.complaints == []


def test_where_all_have_room_nothing_moves(browsers):
    page = browsers("en", DESKTOP, AccountFactory(state=State.ACTIVE).main_user)
    page.goto("/erasure/")
    expect(page.locator("nav.tabs [aria-current]")).to_be_in_viewport(ratio=1)
    assert page.locator("nav.tabs").evaluate("row => row.scrollLeft") == 0
