"""Reads the whole body of a request before the application is called, up to a size and a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from io import BytesIO


@dataclass(frozen=True)
class UnreadableBody:
    """The ``wsgi.input`` of a request whose body did not arrive: reading it raises the cause."""

    error: OSError

    def read(self, _size: int = -1) -> bytes:
        """Raise the error."""
        raise self.error


async def read_body(
    chunks: AsyncIterable[bytes], limit: int, seconds: float
) -> BytesIO | UnreadableBody:
    """Read a body to its end, or until it has more than ``limit`` bytes.

    No thread waits for it, however slowly the client sends.
    """
    reading = asyncio.ensure_future(_read(chunks, limit))
    await asyncio.wait({reading}, timeout=seconds)
    if not reading.done():
        reading.cancel()
        return UnreadableBody(TimeoutError("The body did not arrive in time"))
    try:
        return BytesIO(reading.result())
    except OSError as error:
        return UnreadableBody(error)


async def _read(chunks: AsyncIterable[bytes], limit: int) -> bytes:
    """Join the chunks.

    Granian ends a body with one empty chunk. Where a chunk is malformed, or the client has closed
    the connection, there are two.
    """
    content = bytearray()
    empty = 0
    async for chunk in chunks:
        content += chunk
        empty += not chunk
        if len(content) > limit:
            break
    if empty > 1:
        raise ConnectionError("The body ended early, or a chunk is malformed")
    return bytes(content)
