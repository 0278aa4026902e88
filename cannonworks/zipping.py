"""Archives (ZIP) put together as they are sent: members are stored as they are, their sizes and sums known beforehand.

So the length of the whole is known before the first byte, nothing is compressed while somebody waits, and nothing grows
with the number of members: the directory at the end is made from a second walk over them. Only what is larger than the
classic format can say is written as ZIP64 (docs/decisions/0030).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

#: What the classic format can say: sizes and places of four bytes, numbers of two.
MOST_BYTES, MOST_MEMBERS = 0xFFFFFFFF, 0xFFFF
#: What stands in those places where ZIP64 says it elsewhere.
_BYTES_ELSEWHERE, _MEMBERS_ELSEWHERE = 0xFFFFFFFF, 0xFFFF
UTF8, UNIX, FILE_MODE = 0x800, 3, 0o100600 << 16

_local = struct.Struct("<4s5H3I2H")
_central = struct.Struct("<4s6H3I5H2I")
_end = struct.Struct("<4s4H2IH")
_end64 = struct.Struct("<4sQ2H2I4Q")
_locator = struct.Struct("<4sIQI")
_local64, _central64 = struct.Struct("<2H2Q"), struct.Struct("<2H3Q")


@dataclass(frozen=True)
class Member:
    """A file in the archive: its name, length in bytes, CRC-32, and when it was made, by the clock of who reads it."""

    name: str
    size: int
    crc: int
    at: datetime


@dataclass(frozen=True)
class Measure:
    """What the length of an archive follows from: how many members, the bytes of their names, and those in them."""

    members: int
    names: int
    sizes: int

    @property
    def is_large(self) -> bool:
        """Whether it takes ZIP64; decided for all members alike, and on the safe side."""
        return self.members >= MOST_MEMBERS or self._length(large=True) > MOST_BYTES

    @property
    def length(self) -> int:
        """Bytes of the whole archive, exactly."""
        return self._length(large=self.is_large)

    def _length(self, *, large: bool) -> int:
        each = _local.size + _central.size + (_local64.size + _central64.size if large else 0)
        end = _end.size + (_end64.size + _locator.size if large else 0)
        return self.members * each + 2 * self.names + self.sizes + end


def archive(
    members: Callable[[], Iterable[Member]], content: Callable[[Member], Iterable[bytes]], *, measure: Measure
) -> Iterator[bytes]:
    """The archive in pieces. ``members`` is walked twice; OSError when one is longer or shorter than it says."""
    large, offset, start = measure.is_large, 0, 0
    for member in members():
        head = _head(member, large)
        yield head
        size = 0
        for piece in content(member):
            size += len(piece)
            yield piece
        if size != member.size:
            raise OSError(f"{member.name} has {size} bytes instead of {member.size}.")
        start += len(head) + size
    directory = count = 0
    for member in members():
        entry = _entry(member, offset, large)
        yield entry
        offset += len(_head(member, large)) + member.size
        directory, count = directory + len(entry), count + 1
    yield _closing(count, directory, start, large)


def _head(member: Member, large: bool) -> bytes:
    name = member.name.encode()
    extra = _local64.pack(1, 16, member.size, member.size) if large else b""
    size = _BYTES_ELSEWHERE if large else member.size
    day, time = _moment(member.at)
    return (
        _local.pack(b"PK\3\4", _version(large), UTF8, 0, time, day, member.crc, size, size, len(name), len(extra))
        + name + extra
    )  # fmt: skip


def _entry(member: Member, offset: int, large: bool) -> bytes:
    name = member.name.encode()
    extra = _central64.pack(1, 24, member.size, member.size, offset) if large else b""
    size, place = (_BYTES_ELSEWHERE, _BYTES_ELSEWHERE) if large else (member.size, offset)
    day, time = _moment(member.at)
    return (
        _central.pack(
            b"PK\1\2", _version(large) | UNIX << 8, _version(large), UTF8, 0, time, day, member.crc, size, size,
            len(name), len(extra), 0, 0, 0, FILE_MODE, place,
        ) + name + extra
    )  # fmt: skip


def _closing(count: int, directory: int, start: int, large: bool) -> bytes:
    if not large:
        return _end.pack(b"PK\5\6", 0, 0, count, count, directory, start, 0)
    version = _version(large)
    whole = _end64.pack(b"PK\6\6", _end64.size - 12, version, version, 0, 0, count, count, directory, start)
    where = _locator.pack(b"PK\6\7", 0, start + directory, 1)
    return (
        whole
        + where
        + _end.pack(b"PK\5\6", 0, 0, _MEMBERS_ELSEWHERE, _MEMBERS_ELSEWHERE, _BYTES_ELSEWHERE, _BYTES_ELSEWHERE, 0)
    )


def _version(large: bool) -> int:
    return 45 if large else 20


def _moment(at: datetime) -> tuple[int, int]:
    """Day and time as this format has them: from 1980 on, in steps of two seconds."""
    day = max(at.year - 1980, 0) << 9 | at.month << 5 | at.day
    return day, at.hour << 11 | at.minute << 5 | at.second // 2
