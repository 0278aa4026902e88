import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pypdf
import pytest
import typst

from cannonworks import documents

LETTER = documents.ROOT / "rights/documents/letter.typ"
CATEGORIES = [
    "account",
    "relations",
    "employees",
    "documents",
    "usage",
    "requests",
    "bookkeeping",
    "evidence",
]
DATA = {
    "kind": "erasure-letter", "version": 1, "language": "nl", "reference": "CW-7F3K-92QD",
    "date": "2026-11-24",
    "cancels": True,
    "sender": {"company": "Bouwbedrijf Jansen & Zn. B.V.", "name": "Š. van der Meijden-Çelik",
               "address": ["Dorpsstraat 12a", "9401 AB Assen"]},
    "recipient": {"name": "CannonWorks", "address": ["Voorbeeldweg 1", "9400 AC Assen"]},
    "erased": CATEGORIES[:6],
    "kept": [{"category": "bookkeeping", "ground": "statutory duty (AWR art. 52)", "clause": "5",
              "until": "2036-01-01"}],
}  # fmt: skip


def letter(company="Jansen", **changes):
    return documents.render(LETTER, {**DATA, **changes, "sender": {**DATA["sender"], "company": company}})


def text(pdf):
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", "\n".join(page.extract_text() for page in pages).replace("\u200b", ""))


@pytest.mark.clause("5.5")
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", ["Verzoek om directe vernietiging", "dinsdag 24 november 2026",
                "Tegelijk zeg ik het account op.",
                "aangetekende post", "wettelijke bewaarplicht (AWR art. 52) (artikel 5)", "1 januari 2036",
                "Plaats", "Datum", "Handtekening",
                "account en gebruikers, relaties, medewerkers en inhuurkrachten"]),
        ("en", ["Request for immediate erasure", "Tuesday 24 November 2026", "I also cancel the account.",
                "registered mail (aangetekend)", "statutory duty (AWR art. 52) (clause 5)", "1 January 2036",
                "Place", "Date", "Signature", "account and users, relations, employees and contractors"]),
    ],
)  # fmt: skip
def test_the_letter_asks_for_erasure_in_either_language(language, expected):
    pdf = letter(company=DATA["sender"]["company"], language=language)
    shown = text(pdf)
    parties = ["CW-7F3K-92QD", "Bouwbedrijf Jansen & Zn. B.V.", "Š. van der Meijden-Çelik", "Dorpsstraat 12a",
               "9401 AB Assen", "CannonWorks Voorbeeldweg 1 9400 AC Assen"]  # fmt: skip
    assert [phrase for phrase in expected + parties if phrase not in shown] == []
    assert len(pypdf.PdfReader(BytesIO(pdf)).pages) == 1


@pytest.mark.clause("5.5")
def test_a_letter_of_an_account_that_need_not_be_cancelled_does_not_cancel_it():
    assert "zeg ik het account op" not in text(letter(cancels=False))


@pytest.mark.clause("6")
def test_a_letter_that_lists_all_categories_stays_on_one_page():
    kept = [{"category": name, "ground": "proof of obligation", "clause": "5", "until": None} for name in CATEGORIES]
    pdf = letter(erased=CATEGORIES, kept=kept)
    assert len(pypdf.PdfReader(BytesIO(pdf)).pages) == 1
    assert text(pdf).count("bewijs van nakoming (artikel 5) de grond vervalt") == 8


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("x")', "*vet* _schuin_ `code`", "$x^2$ en $", "<script>alert(1)</script>",
        "@verwijzing <label>",
        "#import \"@preview/x:1.0.0\"", "// weg /* ook weg */", "= Kop", "- punt",
        "\\ \\u{41}", "[x] {y} ~ --- ...",
        "' OR 1=1 --", "https://example.org/#x", "\"}, \"x\": \"", "%PDF-1.7 (Ł) endobj",
        "Ġużè Ñandú Жуков Ελλάδα",
    ],
)  # fmt: skip
def test_hostile_text_is_printed_as_it_is(hostile):
    assert f"CannonWorks Voorbeeldweg 1 9400 AC Assen {hostile} Š. van" in text(letter(company=hostile))


def test_what_no_font_can_show_becomes_a_mark_and_never_an_error():
    shown = text(letter(company="漢字 Bouw 😀 \x00\x1b[31m\u202etxt.exe\ue000\n= Kop\tx"))
    assert "�� Bouw � ��[31m�txt.exe� = Kop x" in shown


def test_a_word_without_end_stays_on_the_page():
    pdf = letter(company="W" * 150)
    right_edges = []
    for page in pypdf.PdfReader(BytesIO(pdf)).pages:
        page.extract_text(visitor_text=lambda part, _cm, _tm, _font, _size: right_edges.append(part.count("W")))
    assert "W" * 150 in text(pdf).replace(" ", "")
    assert max(right_edges) < 40


def test_the_same_data_gives_the_same_bytes():
    assert letter() == letter()
    assert documents.render(LETTER, dict(reversed(DATA.items()))) == documents.render(LETTER, DATA)
    assert letter() != letter(date="2026-11-25")
    code = f"""
import json, sys
from pathlib import Path
from cannonworks.documents import render
sys.stdout.buffer.write(render(Path({str(LETTER)!r}), json.loads(sys.stdin.read())))
"""
    bare = {"HOME": "/nonexistent", "TZ": "Asia/Tokyo", "LANG": "C.UTF-8"}
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=documents.ROOT, env=bare, capture_output=True, check=True,
        input=documents.canonical(DATA),
    )  # fmt: skip
    assert other.stdout == documents.render(LETTER, DATA)


def test_a_document_is_archival_and_accessible_and_dated_by_its_data():
    reader = pypdf.PdfReader(BytesIO(letter()))
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert set(re.findall(r"<xmp:(?:Create|Modify)Date>([^<]*)<", metadata)) == {"2026-11-24T00:00:00Z"}
    assert reader.metadata.title == "Verzoek om directe vernietiging CW-7F3K-92QD"
    assert reader.trailer["/Root"]["/Lang"] == "nl-NL"


def test_only_the_fonts_of_the_wheel_are_used_and_they_travel_along():
    fonts = set()
    for page in pypdf.PdfReader(BytesIO(letter(company="漢字"))).pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            assert {"/FontFile2", "/FontFile3"} & descendant["/FontDescriptor"].get_object().keys()
            fonts.add(font.get_object()["/BaseFont"].split("+")[1].split("-")[0])
    assert fonts == {"LibertinusSerif", "DejaVuSansMono"}


def test_no_template_downloads_a_package():
    templates = [path for app in documents.ROOT.glob("*/documents") for path in app.rglob("*.typ")]
    assert {path.name for path in templates} >= {"house.typ", "statement.typ", "letter.typ"}
    assert [path for path in templates if re.search(r'"@\w', path.read_text())] == []


def test_floats_and_missing_data_are_errors_not_documents():
    with pytest.raises(TypeError, match=r"\$\.sender\.company: float"):
        letter(company=1.5)
    with pytest.raises(typst.TypstError, match="reference"):
        documents.render(LETTER, {key: value for key, value in DATA.items() if key != "reference"})


def test_threads_draw_side_by_side():
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(letter, ["A", "B", "C", "D"] * 3))
    assert drawn == [letter(name) for name in "ABCD"] * 3


def test_a_fork_after_rendering_is_told_instead_of_hanging():
    letter()
    child = os.fork()
    if child == 0:
        try:
            letter("B")
        except RuntimeError as error:
            os._exit(42 if "Forked" in str(error) else 1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
