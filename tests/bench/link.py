"""A slow link on the loopback: a TCP proxy that lets so many bytes a second through, each some milliseconds late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK = 16 << 10
_AHEAD = 4
"""Chunks of one connection that may wait in the link."""


class Link:
    """One direction, shared by all connections.

    Parameters
    ----------
    megabits : float
        Most that passes, in 10⁶ bits a second.
    delay_ms : float
        By how much each byte is late.
    """

    def __init__(self, megabits: float, delay_ms: float) -> None:
        self._bytes_s = megabits * 1e6 / 8
        self._delay_s = delay_ms / 1000
        self._free = 0.0

    def due(self, count: int) -> float:
        """Take the link for so many bytes, and give the time at which they have arrived."""
        self._free = max(self._free, time.monotonic()) + count / self._bytes_s
        return self._free + self._delay_s

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection's bytes to its end."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)

        async def arrive() -> None:
            while True:
                due, chunk = await under_way.get()
                await asyncio.sleep(max(0, due - time.monotonic()))
                if not chunk:
                    return
                writer.write(chunk)
                await writer.drain()

        arriving = asyncio.ensure_future(arrive())
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if arriving.done():
                    break
                await under_way.put((self.due(len(chunk)), chunk))
            await under_way.put((self.due(0), b""))
            await arriving
        arriving.cancel()
        writer.close()


@asynccontextmanager
async def slow_link(port: int, megabits: float, delay_ms: float) -> AsyncIterator[int]:
    """Put a link in front of a port of the loopback, and give the port at its other end.

    Each way is late by ``delay_ms``; only the way to the browser is narrow.
    """
    down, up = Link(megabits, delay_ms), Link(1000, delay_ms)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * delay_ms / 1000)  # the handshake
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(up.carry(reader, to_server), down.carry(from_server, writer), return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
