"""Staff write, preview, publish and announce terms, each behind a question (§21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import terms
from accounts.models import TermsVersion
from tests.cast import member

LIST = "/admin/accounts/termsversion/"
pytestmark = [pytest.mark.django_db, pytest.mark.clause("21")]


@pytest.fixture
def office(client):
    client.force_login(member("Privacy officer"))
    client.cookies["django_language"] = "en"
    return client


def written(office, **other) -> TermsVersion:
    form = dict(office.get(f"{LIST}add/").context["form"].initial)
    form |= {
        "summary_nl": "Korter.",
        "summary_en": "Shorter.",
        "effective_on": timezone.localdate() + timedelta(days=9),
    }
    form["text_nl"] = form["text_nl"].replace("rechter in Assen", "rechter in Emmen")
    assert office.post(f"{LIST}add/", form | other).status_code == 302
    return TermsVersion.objects.latest("id")


def test_a_draft_becomes_a_version_and_is_announced(office, holder, django_capture_on_commit_callbacks):
    row = written(office)
    assert (row.published_at, row.number) == (None, None)
    page = office.get(f"{LIST}{row.pk}/preview/").content.decode()
    assert "<del>Assen,</del> <ins>Emmen,</ins>" in page
    assert "Korter." in page
    assert office.get(f"{LIST}{row.pk}/publish/").status_code == 200
    assert TermsVersion.objects.published().count() == 1  # looking publishes nothing
    assert office.post(f"{LIST}{row.pk}/publish/").status_code == 302
    row.refresh_from_db()
    assert row.number == 2
    assert office.get(f"{LIST}{row.pk}/announce/").context["question"].facts[-1] == ("Mails", 1)
    assert office.post(f"{LIST}{row.pk}/announce/").status_code == 302
    row.refresh_from_db()
    assert row.announced_at is not None


def test_a_draft_can_be_changed_and_html_in_it_is_only_text(office):
    row = written(office)
    form = dict(office.get(f"{LIST}{row.pk}/rewrite/").context["form"].initial)
    form["text_nl"] += "\n\n<script>alert(1)</script>\n"
    assert office.post(f"{LIST}{row.pk}/rewrite/", form).status_code == 302
    page = office.get(f"{LIST}{row.pk}/preview/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_what_is_not_whole_is_refused_and_says_what_to_do(office):
    row = written(office, summary_en="", effective_on="")
    answer = office.post(f"{LIST}{row.pk}/publish/", follow=True)
    assert "Fill in first: in force from, summary of changes, English." in answer.content.decode()
    row.refresh_from_db()
    assert row.published_at is None


def test_the_page_of_a_version_counts_who_knows_it(office, holder, colleague):
    version = TermsVersion.objects.get()
    terms.accept(version, holder, timezone.now())
    terms.see(version, colleague, timezone.now())
    page = office.get(f"{LIST}{version.pk}/change/").content.decode()
    assert "Shown: 1, Read, as the user said: 0, Accepted at sign-up: 1" in page
    assert version.digest in page


def test_the_list_shows_which_one_counts(office):
    written(office)
    page = office.get(LIST).content.decode()
    assert "In force" in page
    assert "Draft" in page
