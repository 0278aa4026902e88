import base64
import hashlib
import json
import re
import subprocess
import sys
from io import BytesIO
from itertools import pairwise

import pypdf
import pytest

import manage
from cannonworks import documents, signing
from retention.management.commands.verify_statement import LARGEST_FILE, TEMPLATE
from tests.programs import find_or_install

pytestmark = [pytest.mark.clause("5.4"), pytest.mark.clause("6")]
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
STATEMENT = {
    "kind": "erasure-statement", "version": 1, "language": "nl",
    "reference": "6f1c2f0e-8b0a-4f55-9c53-0f5b2a1f7d10", "account": "d0a1c9de-41f3-4c57-a3b5-2f1f6c1b9a77",
    "reason": {"rule": "cancelled", "clause": "5.4"}, "claimed_on": "2028-02-28", "erased_on": "2028-02-28",
    "erased": [{"category": "relations", "rows": 1204, "files": 0},
               {"category": "documents", "rows": 37, "files": 5}],
    "kept": [{"category": "bookkeeping", "ground": "statutory duty (AWR art. 52)", "clause": "5",
              "until": "2036-01-01"},
             {"category": "evidence", "ground": "proof of obligations", "clause": "5", "until": None}],
    "key_destroyed": True, "rescan": {"places": 17, "found": 0, "at": "2028-02-28T00:05:12.25+01:00"},
    "rules": "sha256:" + "ab12" * 16, "last_backup_expires_on": "2029-02-28",
    "issued_at": "2028-02-28T00:05:13+01:00",
}  # fmt: skip
PROVEN = f"Proven: statement of erasure {STATEMENT['reference']}, erased on 2028-02-28, signed with key "


@pytest.fixture(autouse=True)
def key(settings):
    settings.STATEMENT_SIGNING_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def files(tmp_path):
    """One genuine statement, as JSON and as PDF."""
    envelope = signing.sign(STATEMENT)
    (tmp_path / "statement.json").write_bytes(signing.canonical(envelope))
    (tmp_path / "statement.pdf").write_bytes(documents.render(TEMPLATE, envelope))
    return tmp_path


@pytest.fixture
def command(monkeypatch, capsys):
    """Run manage.py; return its exit code and all it said."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["manage.py", *map(str, args)])
        try:
            manage.main()
        except SystemExit as end:
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
            said = capsys.readouterr()
            return (end.code if isinstance(end.code, int) else 1), said.out + said.err
        said = capsys.readouterr()
        return 0, said.out + said.err

    return run


def text(pdf):
    return re.sub(r"\s+", " ", "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages))


def with_other_attachments(pdf, *contents, name="statement.json"):
    """The same page with other files attached."""
    writer = pypdf.PdfWriter()
    writer.append(BytesIO(pdf))
    for content in contents:
        writer.add_attachment(name, content)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def page_alone(pdf):
    """The page without what was attached to it."""
    writer = pypdf.PdfWriter()
    for page in pypdf.PdfReader(BytesIO(pdf)).pages:
        writer.add_page(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("name", ["statement.json", "statement.pdf"])
def test_a_genuine_statement_is_proven_in_one_line(files, command, name):
    assert command("verify_statement", files / name) == (0, f"{PROVEN}56475aa75463474c\n")


def test_the_layout_of_the_json_does_not_matter(files, command):
    file = files / "statement.json"
    file.write_text(json.dumps(json.loads(file.read_text()), indent=4))
    assert command("verify_statement", file)[0] == 0


@pytest.mark.parametrize("name", ["statement.json", "statement.pdf"])
def test_anyone_verifies_with_the_printed_public_key(files, command, settings, name):
    code, pem = command("statement_key")
    assert code == 0
    (files / "key.pem").write_text(pem)
    settings.STATEMENT_SIGNING_KEY = ""  # a machine that has no key of its own
    assert command("verify_statement", files / name, "--public-key", files / "key.pem")[0] == 0
    code, said = command("verify_statement", files / name)
    assert (code, "STATEMENT_SIGNING_KEY is not set" in said, said.count("\n")) == (1, True, 1)


@pytest.mark.parametrize("name", ["statement.json", "statement.pdf"])
def test_another_key_proves_nothing(files, command, settings, name):
    settings.STATEMENT_SIGNING_KEY = base64.b64encode(bytes(32)).decode()
    ours = signing.key_id(signing.public_key())
    said = f"verify_statement: signed with another key: 56475aa75463474c, not the trusted {ours}\n"
    assert command("verify_statement", files / name) == (1, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"", "not a JSON statement"),
        (b"no json", "not a JSON statement"),
        (b"\x00\xff\xfe", "not a JSON statement"),
        (b"{}", "not a signed statement"),
        (b'{"statement": {}, "signature": {}}', "malformed signature"),
        (b"%PDF-1.7\nnot really", "this PDF cannot be read"),
        (b" " * (LARGEST_FILE + 1), "too large"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_1(tmp_path, command, content, said):
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    code, line = command("verify_statement", file)
    assert (code, line.count("\n"), line.startswith("verify_statement: ")) == (1, 1, True)
    assert said in line


def test_a_folder_or_a_bad_public_key_is_one_clear_line(files, command):
    assert command("verify_statement", files) == (
        1,
        f"verify_statement: cannot read {files}: Is a directory\n",
    )
    said = command("verify_statement", files / "statement.json", "--public-key", files / "statement.pdf")
    assert said == (1, "verify_statement: This is no public key in PEM form.\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [('"rows":1204', '"rows":1205'), ('"found":0', '"found":1'), ("2028-02-28", "2028-02-27"), ("5.4", "5.3"),
     ("6f1c2f0e", "6f1c2f0f"), ("true", "false"), ('"value":"', '"value":"A')],
)  # fmt: skip
def test_an_altered_statement_is_refused(files, command, old, new):
    file = files / "statement.json"
    altered = file.read_text().replace(old, new)
    assert altered != file.read_text()
    file.write_text(altered)
    assert command("verify_statement", file)[0] == 1


def test_another_signed_thing_is_no_statement_of_erasure(tmp_path, command):
    for body in (
        {"kind": "letter", "reference": "x", "erased_on": "2028-02-28"},
        {"kind": "erasure-statement"},
    ):
        (tmp_path / "other.json").write_bytes(signing.canonical(signing.sign(body)))
        code, said = command("verify_statement", tmp_path / "other.json")
        assert (code, "not a statement of erasure" in said) == (1, True)


def test_the_pdf_carries_exactly_the_signed_file(files):
    pdf = (files / "statement.pdf").read_bytes()
    attachments = pypdf.PdfReader(BytesIO(pdf)).attachments
    assert {name: list(contents) for name, contents in attachments.items()} == {
        "statement.json": [(files / "statement.json").read_bytes()]
    }
    fingerprint = hashlib.sha256((files / "statement.json").read_bytes()).hexdigest()
    assert fingerprint in text(pdf).replace(" ", "")


def test_a_page_that_says_something_else_than_its_statement_is_refused(files, command):
    """The forger's best try: a genuine attachment under a page that claims nothing was kept."""
    page = documents.render(TEMPLATE, signing.sign({**STATEMENT, "kept": []}))
    forged = with_other_attachments(page_alone(page), (files / "statement.json").read_bytes())
    (files / "forged.pdf").write_bytes(forged)
    code, said = command("verify_statement", files / "forged.pdf")
    assert (code, "the page is not the one" in said, said.count("\n")) == (1, True, 1)


def test_the_attachment_of_a_pdf_by_another_version_can_be_proven_alone(files, command):
    genuine = (files / "statement.json").read_bytes()
    file = files / "older.pdf"
    file.write_bytes(with_other_attachments(page_alone((files / "statement.pdf").read_bytes()), genuine))
    assert command("verify_statement", file)[0] == 1
    code, said = command("verify_statement", file, "--attachment-only")
    assert (code, said) == (0, f"{PROVEN}56475aa75463474c (the attachment only; the page was not compared)\n")


def test_no_byte_of_the_pdf_can_change(files, command):
    pdf = (files / "statement.pdf").read_bytes()
    file = files / "altered.pdf"
    for at in range(0, len(pdf), len(pdf) // 40):
        file.write_bytes(pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :])
        assert command("verify_statement", file)[0] == 1, at
    file.write_bytes(pdf + b"\n")
    assert command("verify_statement", file)[0] == 1


def test_a_pdf_with_none_or_two_statements_proves_nothing(files, command):
    bare = page_alone((files / "statement.pdf").read_bytes())
    genuine = (files / "statement.json").read_bytes()
    file = files / "odd.pdf"
    for pdf in (bare, with_other_attachments(bare, genuine, genuine),
                with_other_attachments(bare, genuine, name="other.json")):  # fmt: skip
        file.write_bytes(pdf)
        code, said = command("verify_statement", file, "--attachment-only")
        assert (code, said) == (1, "verify_statement: this PDF holds no signed statement\n")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", ["Vernietigingsverklaring", "maandag 28 februari 2028",
                "twee jaar na opzegging (artikel 5.4)",
                "Relaties 1 204 0", "Offertes en facturen 37 5", "Totaal 1 241 5",
                "Boekhouding van CannonWorks wettelijke bewaarplicht (AWR art. 52) (artikel 5) 1 jan",
                "Bewijsstukken zonder namen bewijs van nakoming (artikel 5) de grond vervalt",
                "17 plaatsen, 0 gevonden (maandag 28 februari 2028, 00:05)", "woensdag 28 februari 2029"]),
        ("en", ["Statement of erasure", "Monday 28 February 2028",
                "two years after cancellation (clause 5.4)",
                "Relations 1 204 0", "Quotes and invoices 37 5", "Total 1 241 5",
                "Bookkeeping of CannonWorks statutory duty (AWR art. 52) (clause 5) 1 January 2036",
                "Evidence without names proof of obligations (clause 5) the ground ends",
                "17 places, 0 found (Monday 28 February 2028, 00:05)", "Wednesday 28 February 2029"]),
    ],
)  # fmt: skip
def test_the_page_says_what_the_statement_says(language, expected):
    envelope = signing.sign({**STATEMENT, "language": language})
    shown = text(documents.render(TEMPLATE, envelope))
    expected = [*expected, STATEMENT["reference"], STATEMENT["account"], envelope["signature"]["key_id"]]
    assert [phrase for phrase in expected if phrase not in shown] == []
    assert envelope["signature"]["value"] in shown.replace(" ", "")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("rule", ["cancelled", "lapsed", "letter", "release"])
@pytest.mark.parametrize("count", [0, 1, 8])
def test_every_statement_fits_one_page(language, rule, count):
    body = {
        **STATEMENT, "language": language, "reason": {"rule": rule, "clause": "5"},
        "key_destroyed": count == 0,
        "erased": [{"category": name, "rows": 123_456_789, "files": 0} for name in CATEGORIES[:count]],
        "kept": [{**STATEMENT["kept"][1], "category": name} for name in CATEGORIES[:count]],
    }  # fmt: skip
    pdf = documents.render(TEMPLATE, signing.sign(body))
    assert len(pypdf.PdfReader(BytesIO(pdf)).pages) == 1
    assert ("123 456 789" in text(pdf)) == (count > 0)
    empty = {"nl": "Er blijft niets bewaard.", "en": "Nothing is kept."}[language]
    assert (empty in text(pdf)) == (count == 0)


@pytest.mark.parametrize(
    ("at", "shown"),
    [("2028-06-30T23:05:00+02:00", "vrijdag 30 juni 2028, 23:05)"),
     ("2028-06-30T21:05:00.123456+00:00", "vrijdag 30 juni 2028, 21:05 UTC)"),
     ("2028-06-30T21:05:00Z", "vrijdag 30 juni 2028, 21:05 UTC)"),
     ("2028-06-30T16:05:00-05:00", "vrijdag 30 juni 2028, 16:05 -05:00)")],
)  # fmt: skip
def test_a_moment_outside_dutch_time_says_so(at, shown):
    body = {**STATEMENT, "rescan": {**STATEMENT["rescan"], "at": at}}
    assert shown in text(documents.render(TEMPLATE, signing.sign(body)))


def blocks(kind):
    guide = (documents.ROOT / "docs/verify-a-statement.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```$", guide, re.M | re.S)


@pytest.fixture
def outsider(files, command):
    """A folder with what an outsider has: the JSON and the public key, and nothing of ours."""
    (files / "statement-key.pem").write_text(command("statement_key")[1])
    (files / "statement.pdf").rename(files.parent / "kept.pdf")
    return files


def run(script, folder):
    return subprocess.run(["bash", "-euc", script], cwd=folder, capture_output=True, text=True, check=False)


def spoil(folder):
    file = folder / "statement.json"
    file.write_text(file.read_text().replace('"rows":1204', '"rows":1205'))


def test_the_guide_verifies_with_openssl(outsider):
    (script,) = blocks("sh openssl")
    done = run(script, outsider)
    assert (done.returncode, "Signature Verified Successfully" in done.stdout) == (0, True), done.stderr
    spoil(outsider)
    assert run(script, outsider).returncode != 0


def test_the_guide_verifies_with_ten_lines_of_python(outsider):
    (script,) = blocks("python")
    assert len(script.strip().splitlines()) <= 10
    call = [sys.executable, "-c", script]
    done = subprocess.run(call, cwd=outsider, capture_output=True, text=True, check=True)
    assert done.stdout == "genuine: 6f1c2f0e-8b0a-4f55-9c53-0f5b2a1f7d10 2028-02-28\n"
    spoil(outsider)
    assert subprocess.run(call, cwd=outsider, capture_output=True, check=False).returncode != 0


def test_the_guide_takes_the_file_out_of_the_pdf(files):
    find_or_install("pdfdetach", package="poppler-utils")
    (script,) = blocks("sh pdf")
    genuine = (files / "statement.json").read_bytes()
    (files / "statement.json").unlink()
    assert run(script, files).returncode == 0
    assert (files / "statement.json").read_bytes() == genuine


def test_the_guide_names_commands_that_exist(outsider, command):
    (script,) = blocks("sh")
    calls = [line.split(" > ")[0].split()[2:] for line in script.strip().splitlines()]
    (outsider.parent / "kept.pdf").rename(outsider / "statement.pdf")
    for name, *args in calls:
        assert command(name, *[outsider / arg if "." in arg else arg for arg in args])[0] == 0


def test_numbers_are_grouped_by_thousands():
    rows = [0, 7, 999, 1_000, 65_536, 1_234_567]
    erased = [{"category": name, "rows": number, "files": 0} for name, number in zip(CATEGORIES, rows, strict=False)]
    shown = text(documents.render(TEMPLATE, signing.sign({**STATEMENT, "erased": erased})))
    names = ["Account en gebruikers", "Relaties", "Medewerkers en inhuurkrachten", "Offertes en facturen",
             "Gebruiksgegevens", "Verzoeken van betrokkenen", "Totaal"]  # fmt: skip
    assert [shown.split(a)[1].split(b)[0].strip() for a, b in pairwise(names)] == [
        "0 0", "7 0", "999 0", "1 000 0", "65 536 0", "1 234 567 0",
    ]  # fmt: skip
