"""A mail server that takes everything and keeps nothing but how often it saw each Message-ID: the end of a bench.

As little work as can be, in one process: what it costs is taken from whoever is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter

ID = re.compile(rb"\r\nMessage-ID: <([^>]+)>", re.IGNORECASE)


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, seen: Counter[bytes]) -> None:
        self.seen, self.buffer, self.in_text = seen, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.in_text else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            self.transport.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        if self.in_text:
            self.in_text = False
            found = ID.search(b"\r\n" + line)
            self.seen[found[1] if found else b""] += 1
            return b"250 OK\r\n"
        word = line[:4].upper()
        if word == b"DATA":
            self.in_text = True
            return b"354 go on\r\n"
        return {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 OK\r\n")


async def serve() -> None:
    """Tell the port; for every line of standard input tell what came since the last: mails, and different ones."""
    seen: Counter[bytes] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(seen), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps({"mails": seen.total(), "different": len(seen)}), flush=True)
            seen.clear()


if __name__ == "__main__":
    asyncio.run(serve())
