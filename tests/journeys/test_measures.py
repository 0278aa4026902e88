"""Staff in a real browser: a measure that does not work becomes a finding, and is followed until it helped (§7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from audits.models import Finding, Measure
from tests.audits import keepers
from tests.cast import member
from tests.journeys.conftest import DESKTOP, PHONE
from tests.quality import accessible

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("7")]


def in_days(days: int) -> str:
    return str(timezone.localdate() + timedelta(days=days))


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_a_measure_to_an_improvement_that_helped(browsers, viewport):
    petra, sven = member("Privacy officer", first_name="Petra"), member("Security officer", first_name="Sven")
    measure = Measure.objects.get(code="backups")
    page = browsers("nl", viewport, petra)

    page.goto(f"/admin/audits/measure/{measure.pk}/change/")
    expect(page.get_by_text("Nog niemand")).to_be_visible()
    assert accessible(page) == []
    page.goto(f"/admin/audits/measure/{measure.pk}/own/")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("De eigenaar is vastgelegd.")).to_be_visible()
    page.goto(f"/admin/audits/measure/{measure.pk}/put_in_place/")
    page.locator("[name=review_on]").fill(in_days(90))
    page.get_by_role("button", name="Ze is ingevoerd").click()
    expect(page.get_by_text("De maatregel is ingevoerd.")).to_be_visible()
    page.goto("/record/")
    expect(page.get_by_text(measure.title_nl)).to_be_visible()  # from now everybody may read of it

    page.goto(f"/admin/audits/measure/{measure.pk}/review/")
    page.get_by_label("Werkt niet").check()
    page.locator("[name=seen]").fill("De proef van deze week is niet gelopen.")
    page.get_by_role("button", name="Bewaar de controle").click()
    expect(page.get_by_text("dus is het een bevinding").first).to_be_visible()
    expect(page.locator("[name=seen]")).to_have_value("De proef van deze week is niet gelopen.")
    page.locator("[name=title]").fill("Proef overgeslagen")
    page.locator("[name=severity]").select_option("high")
    page.get_by_role("button", name="Bewaar de controle").click()
    expect(page.get_by_text("De controle is bewaard.")).to_be_visible()
    assert accessible(page) == []

    page.get_by_role("link", name="Proef overgeslagen").click()
    expect(page.get_by_text("Niets gepland")).to_be_visible()
    finding = page.url
    page.goto(finding.replace("/change/", "/plan/"))
    page.locator("[name=text]").fill("Een alarm als de proef niet loopt.")
    page.locator("[name=due_on]").fill(in_days(5))
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text("De verbetering is gepland.")).to_be_visible()
    page.get_by_role("link", name="Een alarm als de proef niet loopt.").click()
    expect(page.get_by_text("Of het hielp")).to_be_visible()
    improvement = page.url
    page.goto(improvement.replace("/change/", "/done/"))
    page.locator("[name=result]").fill("Het alarm staat aan.")
    page.get_by_role("button", name="Het is gedaan").click()
    expect(page.get_by_text("Nu kijkt een ander ernaar.")).to_be_visible()

    other = browsers("nl", viewport, sven)
    other.goto(improvement.replace("/change/", "/verify/"))
    other.get_by_label("Het hielp").check()
    other.locator("[name=seen]").fill("Ik zette de proef stil: het alarm ging.")
    other.get_by_role("button", name="Bewaar wat ik zag").click()
    expect(other.get_by_text("Wat je zag, is bewaard.")).to_be_visible()
    assert accessible(other) == []
    assert Finding.objects.open().count() == 1  # nothing closes by itself
    other.goto(finding.replace("/change/", "/close/"))
    other.get_by_role("button", name="Sluit de bevinding").click()
    expect(other.get_by_text("De bevinding is gesloten.")).to_be_visible()
    assert Finding.objects.open().count() == 0


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_inspector_is_shown_what_is_covered(browsers, viewport):
    keepers.in_place(keepers.keeper(), at=timezone.now())
    page = browsers("en", viewport, member("Security officer"))
    page.goto("/admin/audits/measure/coverage/")
    expect(page.get_by_text("3 of 93 controls have a measure in place")).to_be_visible()
    assert accessible(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download as CSV").click()
    assert taken.value.suggested_filename.startswith("coverage-")
