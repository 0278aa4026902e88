"""What is new, in a real browser: a notice is put away, the newsletter is ended from the account and from a mail (§1, §2)."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from accounts import newsletter
from accounts.models import Dismissal, Notice, Subscriber
from accounts.notices import write_notice
from tests.factories import AccountFactory, StaffFactory
from tests.signin import freshly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("1", "2")]

WORDS = {
    "nl": ("Wegklikken", "Afmelden", "Je krijgt geen nieuwsbrief meer.", "Nieuws"),
    "en": ("Put away", "Unsubscribe", "You get no newsletter any more.", "News"),
}


@pytest.mark.parametrize(("language", "width", "scripts"), [("nl", 390, True), ("en", 1280, False)])
def test_a_user_puts_a_notice_away_and_ends_the_newsletter(chromium, live_server, language, width, scripts):
    away, stop, stopped, title = WORDS[language]
    user, at = AccountFactory().main_user, timezone.now()
    newsletter.set_subscription(user, wanted=True, at=at)
    texts = {"title_nl": "Nieuws", "text_nl": "Iets.", "title_en": "News", "text_en": "Something."}
    write_notice(Notice(**texts, shown_from=timezone.localdate()), actor=StaffFactory())
    link = newsletter.stop_address(Subscriber.objects.get()).replace(settings.SITE_URL, live_server.url)
    context = chromium.new_context(viewport={"width": width, "height": 844}, java_script_enabled=scripts)
    session = freshly(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
    context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
    page = context.new_page()
    loaded = []
    page.on("framenavigated", lambda frame: loaded.append(frame.url))

    page.goto(live_server.url)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.get_by_role("button", name=title).click()
    expect(page.get_by_role("heading", name=title)).to_have_count(0)
    assert len(loaded) == (1 if scripts else 2)
    assert Dismissal.objects.count() == 1
    page.reload()
    expect(page.get_by_text(away)).to_have_count(0)

    page.goto(f"{live_server.url}/newsletter/")
    page.get_by_role("button", name=stop).click()
    expect(page.get_by_text(stopped)).to_be_visible()
    assert Subscriber.objects.get().wanted is False

    newsletter.set_subscription(user, wanted=True, at=at, chosen=True)
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # the mail is read elsewhere
    page.goto(link)
    assert Subscriber.objects.get().wanted is True
    page.get_by_role("button", name=stop).click()
    expect(page.get_by_role("heading", name=stopped)).to_be_visible()
    assert Subscriber.objects.get().wanted is False
    context.close()
