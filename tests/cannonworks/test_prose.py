"""Markdown becomes safe HTML, and two texts are compared word by word."""

from __future__ import annotations

import pytest

from cannonworks.prose import Piece, blocks, contents, differences, html_of

pytestmark = pytest.mark.clause("21")


def test_html_in_a_text_is_shown_as_it_was_typed():
    html = html_of("# Kop\n\n<b onclick=x>vet</b> en **vet** ![x](http://e.example/x.png)")
    assert "<h2>Kop</h2>" in html
    assert "&lt;b onclick=x&gt;" in html
    assert "<strong>vet</strong>" in html
    assert "<img" not in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_an_address_that_runs_something_is_no_link(address):
    assert "href" not in html_of(f"[klik]({address})")


def test_headings_have_ids_that_the_contents_point_at():
    text = "## Een\n\nx\n\n### Onder\n\n## Twee *en* drie"
    assert contents(text, ids="part") == [("part-1", "Een"), ("part-2", "Twee en drie")]
    assert '<h2 id="part-2">' in html_of(text, ids="part")


def test_a_text_is_taken_apart_in_plain_words():
    assert blocks("## Kop\n\nEen **vet**\nwoord\n\n- a\n- b [c](/x)\n") == [
        ("h", "Kop"), ("p", "Een vet woord"), ("li", "a"), ("li", "b c"),
    ]  # fmt: skip


def test_equal_texts_differ_in_nothing_whatever_their_marks():
    assert differences("## A\n\nwoord woord", "## A\n\n**woord**\nwoord") == []


def test_a_changed_word_stands_in_its_paragraph_under_its_heading():
    [section] = differences("## A\n\neen twee drie\n\nblijft", "## A\n\neen vier drie\n\nblijft")
    assert section.heading == "A"
    assert [change.pieces for change in section.changes] == [
        (Piece("same", "een"), Piece("gone", "twee"), Piece("new", "vier"), Piece("same", "drie"))
    ]


def test_another_paragraph_goes_as_a_whole_and_another_comes_in():
    [section] = differences("oude woorden hier", "iets heel anders")
    assert [change.pieces for change in section.changes] == [
        (Piece("gone", "oude woorden hier"),), (Piece("new", "iets heel anders"),),
    ]  # fmt: skip


def test_nothing_of_either_text_is_lost():
    old = "## A\n\nx y z\n\n## B\n\np q r\n\n- een\n- twee"
    new = "## A\n\nx y w\n\nnieuw\n\n## C\n\n- twee\n- drie"
    pieces = [piece for section in differences(old, new) for change in section.changes for piece in change.pieces]
    assert "nieuw" in [piece.text for piece in pieces if piece.kind == "new"]
    assert {"B", "p q r", "een"} <= {piece.text for piece in pieces if piece.kind == "gone"}
