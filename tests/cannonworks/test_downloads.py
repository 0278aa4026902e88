"""Files as answers: what a browser is told of them, under what name it keeps them."""

from __future__ import annotations

import pytest

from cannonworks.downloads import file_response


def test_a_file_says_what_it_is_and_that_nobody_keeps_a_copy_or_guesses():
    answer = file_response(b"%PDF-", "Factuur 2026-0001.pdf")
    assert dict(answer.headers) == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="Factuur 2026-0001.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    assert answer.content == b"%PDF-"


def test_a_file_may_be_shown_where_it_is():
    assert file_response(b"", "a.pdf", inline=True)["Content-Disposition"] == 'inline; filename="a.pdf"'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.b.pdf", "application/pdf"),
        ("key.pem", "application/x-pem-file"),
    ],
)
def test_what_a_file_is_follows_from_its_name(name, kind):
    assert file_response("", name)["Content-Type"] == kind


def test_a_file_of_which_we_do_not_know_what_it_is_is_not_sent():
    with pytest.raises(KeyError):
        file_response("", "a.html")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('x"; filename="y.pdf', 'filename="x-; filename=-y.pdf"'),
        ("a\r\nSet-Cookie: b.pdf", 'filename="a-Set-Cookie- b.pdf"'),
        ("../../etc/a.pdf", 'filename="-..-etc-a.pdf"'),
        ("C:\\a.pdf", 'filename="C-a.pdf"'),
        (".hidden.pdf", 'filename="hidden.pdf"'),
        ("fdp\u202e.exe.pdf", 'filename="fdp-.exe.pdf"'),
        ("Café.pdf", "filename*=utf-8''Caf%C3%A9.pdf"),
    ],
)
def test_a_name_leads_nowhere_and_says_nothing_else(name, kept):
    assert file_response("", name)["Content-Disposition"] == f"attachment; {kept}"
