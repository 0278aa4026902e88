"""Archives beyond what the classic format can say: ZIP64, read back by Python and by a program of others."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from datetime import datetime

import pytest

from cannonworks import zipping
from cannonworks.zipping import Measure, Member
from tests.programs import find_or_install

pytestmark = pytest.mark.clause("6")
AT = datetime(2026, 3, 2, 10, 30, 8)  # noqa: DTZ001 a clock on a wall: the format knows no zones
TEXTS = {"a.txt": b"hamer", "map/b\u00eb.txt": b"", "c.txt": b"spijkers" * 9}
CLASSIC, LARGE = 20, 45


def members(texts=TEXTS):
    return [Member(name, len(text), zlib.crc32(text), AT) for name, text in texts.items()]


def measure(found):
    return Measure(len(found), sum(len(each.name.encode()) for each in found), sum(each.size for each in found))


def written(texts=TEXTS):
    found = members(texts)
    data = b"".join(zipping.archive(lambda: found, lambda each: [texts[each.name]], measure=measure(found)))
    assert len(data) == measure(found).length
    return data


def told_twice(data, info):
    """Length, packed length and place by the ZIP64 field of the directory, and those of the file's own head."""
    kind, size, *numbers = struct.unpack("<2H3Q", info.extra)
    assert (kind, size) == (1, 24)
    name, extra = struct.unpack_from("<2H", data, info.header_offset + 26)
    head = struct.unpack_from("<2H2Q", data, info.header_offset + 30 + name)
    assert (extra, *head[:2]) == (20, 1, 16)
    return tuple(numbers), head[2:]


@pytest.mark.parametrize(("most_bytes", "most_members"), [(0, 0xFFFF), (0xFFFFFFFF, 3)])
def test_a_large_archive_says_each_length_and_place_in_a_field_of_its_own(monkeypatch, most_bytes, most_members):
    monkeypatch.setattr(zipping, "MOST_BYTES", most_bytes)
    monkeypatch.setattr(zipping, "MOST_MEMBERS", most_members)
    data = written()
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == TEXTS
    for info in archive.infolist():
        assert (info.extract_version, info.date_time) == (LARGE, (2026, 3, 2, 10, 30, 8))
        size = len(TEXTS[info.filename])
        assert told_twice(data, info) == ((size, size, info.header_offset), (size, size))


def test_at_the_limit_an_archive_is_classic_and_one_byte_or_member_more_is_not(monkeypatch):
    found = measure(members())
    for name, limit in (("MOST_BYTES", found._length(large=True)), ("MOST_MEMBERS", found.members + 1)):
        with monkeypatch.context() as patch:
            patch.setattr(zipping, name, limit)
            assert {info.extract_version for info in zipfile.ZipFile(io.BytesIO(written())).infolist()} == {CLASSIC}
            patch.setattr(zipping, name, limit - 1)
            assert {info.extract_version for info in zipfile.ZipFile(io.BytesIO(written())).infolist()} == {LARGE}


def test_what_lies_beyond_four_gigabytes_is_found(tmp_path):
    """The archive is a file with a hole in it, so that it takes no room."""
    nothing, last = bytes(1 << 26), b"the last one"
    found = [Member("huge", len(nothing) * 65, 0, AT), Member("last.txt", len(last), zlib.crc32(last), AT)]
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        for piece in zipping.archive(
            lambda: found, lambda each: [last] if each.name != "huge" else [nothing] * 65, measure=measure(found)
        ):
            if piece is nothing:
                file.seek(len(piece), io.SEEK_CUR)
            else:
                file.write(piece)
    assert path.stat().st_size == measure(found).length > 4_362_000_000
    with zipfile.ZipFile(path) as archive:
        huge, info = archive.infolist()
        assert (huge.file_size, info.header_offset > zipping.MOST_BYTES) == (65 << 26, True)
        assert archive.read("last.txt") == last
    unzip = find_or_install("unzip", package="unzip")
    assert subprocess.run([unzip, "-p", path, "last.txt"], capture_output=True, check=True).stdout == last


def test_more_files_than_the_classic_format_counts():
    texts = {f"{number}": b"" for number in range(0xFFFF)}
    archive = zipfile.ZipFile(io.BytesIO(written(texts)))
    assert archive.namelist() == [*texts]


@pytest.mark.parametrize("content", [b"hame", b"hamers"])
def test_a_file_that_is_not_as_long_as_was_said_stops_the_archive(content):
    found = members({"a.txt": b"hamer"})
    with pytest.raises(OSError, match=r"a\.txt has [46] bytes instead of 5"):
        b"".join(zipping.archive(lambda: found, lambda _each: [content], measure=measure(found)))
