"""Reads the body of a request whole, within a size and a time, before the application is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from io import BytesIO


@dataclass(frozen=True)
class Unreadable:
    """The input of a request whose body did not come as it should: whoever reads it is told."""

    error: OSError

    def read(self, _size: int = -1) -> bytes:
        """Raise what happened."""
        raise self.error


async def read_body(
    chunks: AsyncIterable[bytes], most: int, seconds: float
) -> BytesIO | Unreadable:
    """Read a body to its end, or until there are more than ``most`` bytes.

    A client that sends too slowly or breaks off costs no thread.
    """
    reading = asyncio.ensure_future(_read(chunks, most))
    await asyncio.wait({reading}, timeout=seconds)
    if not reading.done():
        reading.cancel()
        return Unreadable(TimeoutError("The body did not come in time"))
    try:
        return BytesIO(reading.result())
    except OSError as error:
        return Unreadable(error)


async def _read(chunks: AsyncIterable[bytes], most: int) -> bytes:
    """Collect the chunks.

    Granian shows the end of a body by one empty chunk, and a fault in it, such as a chunk that is
    none or a client that hung up, by another one before.
    """
    content = bytearray()
    empty = 0
    async for chunk in chunks:
        content += chunk
        empty += not chunk
        if len(content) > most:
            break
    if empty > 1:
        raise ConnectionError("The body broke off, or its chunks cannot be read")
    return bytes(content)
