"""Deferred responses: made by a thread of a pool, while the server's thread answers others.

Python runs one thread at a time: a single thread that never waits answers more requests, and with
less delay, than eight that take turns. So a layer whose next step may wait returns a ``Deferred``
in place of a body, and the server runs it in the pool that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

Body = Iterable[bytes]
Call = Callable[[], Body]


class Threads(Protocol):
    """What has a thread call a function, sooner or later: an executor is that."""

    def submit(self, step: Callable[..., object], /, *arguments: object) -> object:
        """Have a thread call it."""


class Deferred:
    """The body of a response that is not made yet, nor are its status and headers (PEP 3333).

    Args:
        pool: the threads that make it.
        call: calls the rest of the application, which may defer it once more.
    """

    def __init__(self, pool: Threads, call: Call) -> None:
        self.pool = pool
        self.call = call

    def __iter__(self) -> Iterator[bytes]:
        """Make the response in the thread that iterates, under a server without this class."""
        getattr(self.pool, "block", lambda: None)()  # where it waits for something first
        body = self.call()
        try:
            yield from body
        finally:
            getattr(body, "close", lambda: None)()

    def within(self, layer: Callable[[Call], Body]) -> Deferred:
        """Return the same response, with a layer around its call."""
        return Deferred(self.pool, lambda: layer(self.call))
