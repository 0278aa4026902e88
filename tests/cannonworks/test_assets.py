"""Our own files under names with their digest, and texts compressed so that their length tells nothing (0027)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from cannonworks.assets import Assets, CompressionMiddleware

STYLE = "body { background: url(dot.svg) }\n" + "p { color: red }\n" * 99
DOT = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='1'/></svg>"
WORDS = b"Wat we van je bewaren. " * 99


@pytest.fixture
def assets(tmp_path, settings) -> Assets:
    settings.DEBUG = False
    return Assets(location=tmp_path, base_url="/static/")


def collected(assets: Assets) -> dict[str, str]:
    """Two files as ``collectstatic`` leaves them: name → name with digest."""
    files = {"site.css": STYLE, "dot.svg": DOT}
    for name, text in files.items():
        assets.save(name, ContentFile(text))
    list(assets.post_process({name: (assets, name) for name in files}))
    return {name: assets.stored_name(name) for name in files}


# --- Files -------------------------------------------------------------------------------------------------------
def test_a_collected_file_is_asked_for_by_its_digest_and_so_is_what_it_names(assets):
    names = collected(assets)
    assert re.fullmatch(r"site\.[0-9a-f]{12}\.css", names["site.css"])
    assert assets.url("site.css") == f"/static/{names['site.css']}"
    kept = Path(assets.path(names["site.css"])).read_text()
    assert kept == STYLE.replace("dot.svg", f'"{names["dot.svg"]}"')


def test_another_text_has_another_name(assets, tmp_path):
    before = collected(assets)
    other = Assets(location=tmp_path / "later", base_url="/static/")
    other.save("dot.svg", ContentFile(DOT.replace("1", "2")))
    list(other.post_process({"dot.svg": (other, "dot.svg")}))
    assert other.stored_name("dot.svg") != before["dot.svg"]


def test_beside_a_file_lies_what_goes_over_the_line(assets):
    path = Path(assets.path(collected(assets)["site.css"]))
    small = path.with_name(path.name + ".gz")
    assert gzip.decompress(small.read_bytes()) == path.read_bytes()
    assert small.stat().st_size < path.stat().st_size / 4


def test_where_nothing_was_collected_files_have_their_own_names(assets):
    assert assets.url("site.css") == "/static/site.css"


def test_a_file_that_was_forgotten_when_others_were_collected_is_an_error(assets):
    collected(assets)
    with pytest.raises(ValueError, match=r"forgotten\.css"):
        assets.url("forgotten.css")


# --- Answers -----------------------------------------------------------------------------------------------------
def answered(response, *, accepts: str = "gzip, br"):
    request = RequestFactory(headers={"accept-encoding": accepts}).get("/")
    return CompressionMiddleware(lambda _request: response)(request)


@pytest.mark.parametrize(
    ("kind", "is_smaller"),
    [
        ("text/html; charset=utf-8", True),
        ("text/csv", True),
        ("application/json", True),
        ("application/problem+json", True),
        ("application/javascript", True),
        ("image/svg+xml", True),
        ("application/pdf", False),
        ("application/zip", False),
        ("application/octet-stream", False),
        ("image/png", False),
    ],
)
def test_texts_are_compressed_and_nothing_else(kind, is_smaller):
    answer = answered(HttpResponse(WORDS, content_type=kind))
    assert answer.headers.get("Content-Encoding") == ("gzip" if is_smaller else None)
    assert (gzip.decompress(answer.content) if is_smaller else answer.content) == WORDS
    assert ("Accept-Encoding" in answer.headers.get("Vary", "")) is is_smaller


def test_a_browser_that_cannot_read_it_gets_it_as_it_is():
    assert answered(HttpResponse(WORDS), accepts="br").content == WORDS


def test_a_download_that_streams_is_compressed_on_its_way():
    answer = answered(StreamingHttpResponse(iter([WORDS, WORDS]), content_type="text/csv"))
    assert gzip.decompress(b"".join(answer.streaming_content)) == WORDS + WORDS


def test_the_length_of_the_same_text_differs_each_time():
    lengths = {len(answered(HttpResponse(WORDS)).content) for _n in range(40)}
    assert len(lengths) > 5


@pytest.mark.django_db
def test_pages_go_through_it(client):
    page = client.get("/privacy/", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(page.content)
