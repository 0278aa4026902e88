"""Every text for everybody is drawn in both languages, as a page and as PDF: new ones come by themselves."""

from __future__ import annotations

import re
from io import BytesIO

import pypdf
import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.context import FOOT
from cannonworks.templatetags.data import address
from tests import registers
from tests.audits import keepers

pytestmark = [pytest.mark.django_db, pytest.mark.clause("7"), pytest.mark.clause("9"), pytest.mark.clause("21")]
#: Addresses with something in them, with a value that there is.
NUMBERED = re.compile(r"<int:\w+>")
#: What public pages are made of that no visitor may open: files behind a sealed link.
SEALED = re.compile(r"<str:\w+>|<slug:\w+>|<uuid:\w+>")


def public(ending: str) -> list[str]:
    """Addresses of the product that end so and ask nobody to sign in."""
    found = []
    for each in get_resolver().url_patterns:
        for page in [each] if isinstance(each, URLPattern) else each.url_patterns if str(each.pattern) == "" else []:
            place = f"/{NUMBERED.sub('1', str(page.pattern))}"
            if place.endswith(ending) and not SEALED.search(place) and "^" not in place:
                found.append(place)
    return [place for place in found if Client().get(place).status_code == 200]


@pytest.fixture(params=["nl", "en"])
def reader(request, client):
    registers.house("Paper Plane", role="mail", country="US", categories=["account"])
    keepers.in_place(keepers.keeper(), at=timezone.now())
    client.cookies["django_language"] = request.param
    return client, request.param


def test_every_public_page_is_there_in_both_languages(reader):
    client, language = reader
    pages = {address(name) for name, _label in FOOT} | {
        place for place in public("/") if "privacy" in place or "record" in place
    }
    assert {"/privacy/", "/record/", "/terms/", "/what-we-do/"} <= pages
    for page in pages:
        response = client.get(page, follow=True)
        shown = response.content.decode()
        assert response.status_code == 200, page
        assert f'lang="{language}"' in shown, page
        assert len(re.findall(r"<h1\b", shown)) == 1, page


def test_every_public_pdf_is_drawn_in_both_languages(reader):
    client, language = reader
    files = public(".pdf")
    assert {"/privacy/privacy.pdf", "/record/record.pdf"} <= set(files)
    for file in files:
        answer = client.get(file)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        read = pypdf.PdfReader(BytesIO(content))
        words = " ".join(page.extract_text() for page in read.pages)
        assert len(words) > 500, file
        assert {"nl": " de ", "en": " the "}[language] in words, file
        assert read.trailer["/Root"]["/Lang"].startswith(language), file


def test_every_page_with_a_pdf_leads_to_it(reader):
    client, _language = reader
    for file in public(".pdf"):
        page = file.rpartition("/")[0] + "/"
        assert f'href="{file}"' in client.get(page).content.decode(), file
