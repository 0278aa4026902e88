"""What a file is, by how it begins: its name may say anything."""

from __future__ import annotations

import pytest

from cannonworks.uploads import ending_of


@pytest.mark.parametrize(
    ("begin", "ending"),
    [
        (b"%PDF-1.7\n", "pdf"), (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpg"), (b"\x89PNG\r\n\x1a\n\x00\x00", "png"),
        (b"%PDX-1.7", ""), (b" %PDF-1.7", ""), (b"\x89PNG\n", ""), (b"naam;plaats\n", ""), (b"", ""),
    ],
)  # fmt: skip
def test_a_file_is_what_its_first_bytes_say(begin, ending):
    assert ending_of(begin) == ending
